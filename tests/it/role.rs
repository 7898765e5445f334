//! The service-linked role: made, waited for, required, and unknown.

use std::time::Duration;

use ecs_scaling::api::desired::Mode;
use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::controller::RolePolicy;
use ecs_scaling::controller::object::Passed;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::role::SLR_SERVICE;
use ecs_scaling_sandbox::{Fault, ServiceSeed};
use serde_json::json;

use crate::harness::{Bench, SEARCH_API, condition, home, said};

const FALSE: ConditionStatus = ConditionStatus::False;
const SLR: ConditionType = ConditionType::ServiceLinkedRoleReady;

/// A world without the role.
async fn without_role() -> Bench {
    let bench = Bench::new().await;
    bench.world.world().remove_service_linked_role(&home().account).unwrap();
    bench
}

fn somebody_makes_it(bench: &Bench) {
    bench.somebody(AwsService::Iam, "CreateServiceLinkedRole", json!({"AWSServiceName": SLR_SERVICE}));
}

#[tokio::test(start_paused = true)]
async fn an_absent_role_is_made_before_anything_else_is_written() {
    let bench = without_role().await;
    let mut session = bench.session(SEARCH_API).await;
    let passed = bench.pass(&mut session).await;
    assert_eq!(bench.written_since(0)[..2], ["CreateServiceLinkedRole", "RegisterScalableTarget"]);
    assert!(passed.kept.status.is_ready(), "{:#?}", passed.kept.status);
    bench.converge(&mut session).await;
    assert_eq!(bench.calls("CreateServiceLinkedRole"), 1);
}

#[tokio::test(start_paused = true)]
async fn require_makes_no_role_and_writes_nothing_until_somebody_has_made_it() {
    let mut bench = without_role().await;
    bench.settings.role_policy = RolePolicy::Require;
    let mut session = bench.session(SEARCH_API).await;
    for minute in 0..4 {
        let passed = bench.pass(&mut session).await;
        assert_eq!(said(&passed, SLR), (FALSE, Reason::ServiceLinkedRoleMissing));
        let told = condition(&passed, SLR);
        assert!(told.message.contains("--service-linked-role=require"), "{told:?}");
        assert!(told.hint.contains("aws iam create-service-linked-role --aws-service-name"), "{told:?}");
        assert_eq!(said(&passed, ConditionType::TargetSynced), (FALSE, Reason::ServiceLinkedRoleMissing));
        let is_stalled = passed.kept.status.condition(ConditionType::Stalled).is_some();
        assert_eq!(is_stalled, minute >= 2, "after {minute} minutes: {:#?}", passed.kept.status);
        bench.sleep(60).await;
    }
    assert_eq!(bench.written_since(0), [""; 0], "AWS would have made it by itself");
    assert_eq!((bench.calls("RegisterScalableTarget"), bench.calls("CreateServiceLinkedRole")), (0, 0));
    somebody_makes_it(&bench);
    bench.sleep(60).await;
    assert!(bench.pass(&mut session).await.kept.status.is_ready());
}

#[tokio::test(start_paused = true)]
async fn an_observer_makes_no_role() {
    let mut bench = without_role().await;
    bench.settings.mode = Mode::Observe;
    let passed = bench.pass(&mut bench.session(SEARCH_API).await).await;
    assert_eq!((bench.writes(), said(&passed, SLR).0), (0, FALSE));
}

#[tokio::test(start_paused = true)]
async fn where_the_role_may_not_be_seen_it_is_unknown_and_work_goes_on() {
    let bench = Bench::new().await;
    bench.deny("iam:GetRole");
    let mut session = bench.session(SEARCH_API).await;
    let passed = bench.pass(&mut session).await;
    assert!(passed.kept.status.is_ready());
    assert!(passed.kept.status.condition(ConditionType::Stalled).is_none());
    assert_eq!(bench.written_since(0)[0], "RegisterScalableTarget");
    assert_eq!(said(&passed, ConditionType::PermissionsGranted).0, ConditionStatus::True, "no call for the object");
    not_seen(&passed);
    bench.converge(&mut session).await;
    bench.allow("iam:GetRole");
    bench.sleep(60).await;
    assert_eq!(said(&bench.pass(&mut session).await, SLR), (ConditionStatus::True, Reason::AsWanted));
}

/// The role could not be seen, who may not see it, and what to do about that.
fn not_seen(passed: &Passed) {
    assert_eq!(said(passed, SLR), (ConditionStatus::Unknown, Reason::ServiceLinkedRoleNotSeen));
    let told = condition(passed, SLR);
    assert!(told.message.starts_with("whether the role exists could not be seen, and work goes on"), "{told:?}");
    assert!(told.message.contains("iam:GetRole") && told.hint.contains("Allow iam:GetRole"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn every_object_of_an_account_whose_role_may_not_be_seen_says_so() {
    let bench = Bench::new().await;
    bench.deny("iam:GetRole");
    let mut worker = SEARCH_API.replace("search-api", "search-worker").replace("Prod", "Worker");
    worker.insert_str(0, "---\n");
    bench.world.world().add_service(&home(), "B", &ServiceSeed::new("search-worker", 2), bench.clock.now());
    let mut session = bench.session(&format!("{SEARCH_API}{worker}")).await;
    let passed = bench.round(&mut session).await;
    assert_eq!(passed.len(), 2);
    passed.values().for_each(not_seen);
    assert_eq!(bench.calls("GetRole"), 1, "it is asked once for the account");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_was_seen_and_may_be_seen_no_more_is_no_longer_said_to_exist() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    assert_eq!(said(&bench.pass(&mut session).await, SLR), (ConditionStatus::True, Reason::AsWanted));
    bench.deny("iam:GetRole");
    bench.sleep(601).await;
    let passed = bench.pass(&mut session).await;
    not_seen(&passed);
    assert!(passed.kept.status.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_look_at_the_role_that_fails_takes_nothing_back() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.pass(&mut session).await;
    bench.sleep(601).await;
    bench.fail("GetRole", 3, Fault::Throttle);
    assert_eq!(said(&bench.pass(&mut session).await, SLR), (ConditionStatus::True, Reason::AsWanted));
}

// What AWS says itself is said, whatever could be seen.
#[tokio::test(start_paused = true)]
async fn a_role_that_may_be_neither_seen_nor_made_is_said_as_aws_says_it() {
    let bench = without_role().await;
    for action in ["iam:GetRole", "iam:CreateServiceLinkedRole"] {
        bench.deny(action);
    }
    let passed = bench.pass(&mut bench.session(SEARCH_API).await).await;
    assert_eq!(said(&passed, SLR), (FALSE, Reason::ServiceLinkedRoleMissing));
    let told = condition(&passed, ConditionType::PermissionsGranted);
    assert_eq!((told.status, told.reason), (FALSE, Reason::AccessDenied));
    assert!(told.message.contains("iam:CreateServiceLinkedRole") && told.hint.contains(SLR_SERVICE), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_somebody_made_meanwhile_is_as_good_as_ours() {
    let bench = without_role().await;
    bench.world.world().set_read_lag(Duration::from_secs(30)); // so that the look sees none
    somebody_makes_it(&bench);
    bench.world.world().reset_counters();
    let passed = bench.pass(&mut bench.session(SEARCH_API).await).await;
    assert_eq!(bench.calls("CreateServiceLinkedRole"), 1);
    assert!(passed.kept.status.is_ready(), "{:#?}", passed.kept.status);
}

#[tokio::test(start_paused = true)]
async fn a_new_role_that_cannot_be_assumed_yet_is_propagating_and_then_it_serves() {
    let bench = without_role().await;
    bench.world.world().cloud.knobs.role_propagation = Duration::from_secs(90);
    let mut session = bench.session(SEARCH_API).await;
    let passed = bench.pass(&mut session).await;
    assert_eq!(said(&passed, SLR), (FALSE, Reason::Propagating));
    assert!(passed.kept.status.condition(ConditionType::Stalled).is_none());
    bench.sleep(60).await;
    assert_eq!(said(&bench.pass(&mut session).await, SLR), (FALSE, Reason::Propagating));
    bench.sleep(60).await;
    assert!(bench.pass(&mut session).await.kept.status.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_new_role_that_still_cannot_be_assumed_after_two_minutes_is_no_longer_propagating() {
    let bench = without_role().await;
    bench.world.world().cloud.knobs.role_propagation = Duration::from_secs(3600);
    let mut session = bench.session(SEARCH_API).await;
    for _ in 0..2 {
        assert_eq!(said(&bench.pass(&mut session).await, SLR), (FALSE, Reason::Propagating));
        bench.sleep(60).await;
    }
    bench.sleep(30).await;
    let passed = bench.pass(&mut session).await;
    assert_eq!(said(&passed, SLR), (FALSE, Reason::ServiceLinkedRoleMissing), "{:#?}", passed.kept.status);
}
