//! Conditions over time: what passes by itself, what a person must end, and what becomes of it.

use ecs_scaling::api::status::{ConditionStatus, ConditionType, EventReason, Reason};
use ecs_scaling::controller::object::Passed;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::role::CREATE_SLR_COMMAND;
use ecs_scaling::status::EVENTS_KEPT;
use ecs_scaling_sandbox::Fault;
use serde_json::json;

use crate::harness::{ALARM, Bench, SEARCH_API, condition, corrections, home, said};

/// Which of the two says what comes next.
fn progress(passed: &Passed) -> Option<ConditionType> {
    let status = &passed.kept.status;
    [ConditionType::Reconciling, ConditionType::Stalled].into_iter().find(|kind| status.condition(*kind).is_some())
}

// IAM is eventually consistent: crossplane#3789's 800 tries are not made, and nobody is alarmed at once.
#[tokio::test(start_paused = true)]
async fn two_minutes_of_denial_are_reconciling_then_stalled_until_it_is_allowed() {
    let bench = Bench::new().await;
    bench.deny("application-autoscaling:PutScalingPolicy");
    let mut session = bench.session(SEARCH_API).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(progress(&bench.pass(&mut session).await).expect("either"));
        bench.sleep(59).await;
    }
    use ConditionType::{Reconciling, Stalled};
    assert_eq!(seen, [Reconciling, Reconciling, Reconciling, Stalled], "at 0, 59, 118 and 177 s");
    bench.allow("application-autoscaling:PutScalingPolicy");
    let passed = bench.pass(&mut session).await;
    assert!(passed.kept.status.is_ready() && progress(&passed).is_none());
}

// cdk#4108, amazon-bedrock-samples#253, openemr-on-ecs#8, S-015
#[tokio::test(start_paused = true)]
async fn a_missing_service_linked_role_is_named_and_so_is_the_command_that_makes_it() {
    let bench = Bench::new().await;
    bench.world.world().remove_service_linked_role(&home().account).unwrap();
    bench.deny("iam:CreateServiceLinkedRole");
    let passed = bench.pass(&mut bench.session(SEARCH_API).await).await;
    assert!(bench.written_since(0).iter().all(|operation| operation == "CreateServiceLinkedRole"));
    let role = condition(&passed, ConditionType::ServiceLinkedRoleReady);
    assert_eq!((role.status, role.reason), (ConditionStatus::False, Reason::ServiceLinkedRoleMissing));
    assert!(role.hint.contains("iam:CreateServiceLinkedRole"), "{}", role.hint);
    assert_eq!(role.fix.command.as_deref(), Some(CREATE_SLR_COMMAND));
}

// road#2614, S-016
#[tokio::test(start_paused = true)]
async fn a_role_that_was_just_made_is_waited_for() {
    let bench = Bench::new().await;
    bench.world.world().cloud.knobs.role_propagation = std::time::Duration::from_secs(100);
    let mut session = bench.session(SEARCH_API).await;
    for _ in 0..2 {
        let passed = bench.pass(&mut session).await;
        assert_eq!(progress(&passed), Some(ConditionType::Reconciling), "{:#?}", passed.kept.status);
        bench.sleep(60).await;
    }
    assert!(bench.pass(&mut session).await.kept.status.is_ready());
}

#[tokio::test(start_paused = true)]
async fn drift_that_comes_back_five_times_an_hour_is_contention_until_the_hour_is_over() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    for _ in 0..5 {
        bench.register(json!({"MinCapacity": 1}));
        bench.sleep(60).await;
        assert_eq!(corrections(&bench.next_pass(&mut session).await.0), 1);
    }
    bench.register(json!({"MinCapacity": 1}));
    bench.somebody(AwsService::CloudWatch, "DeleteAlarms", json!({"AlarmNames": [ALARM]}));
    bench.sleep(60).await;
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, ["PutMetricAlarm"], "the other parts go on");
    assert_eq!(said(&passed, ConditionType::TargetSynced), (ConditionStatus::False, Reason::DriftContention));
    assert_eq!(progress(&passed), Some(ConditionType::Stalled));
    bench.sleep(3600).await;
    let passed = bench.pass(&mut session).await;
    assert_eq!(corrections(&passed), 1);
    assert!(passed.kept.status.is_ready());
}

// tf#17915, tf#422: one write at a time; what somebody else holds up passes by itself.
#[tokio::test(start_paused = true)]
async fn a_concurrent_update_is_no_matter_for_a_person() {
    for operation in ["RegisterScalableTarget", "PutScalingPolicy", "PutMetricAlarm"] {
        let bench = Bench::new().await;
        let mut session = bench.session(SEARCH_API).await;
        bench.fail(operation, 1, Fault::Conflict);
        let passed = bench.pass(&mut session).await;
        assert_eq!(progress(&passed), Some(ConditionType::Reconciling), "{operation}");
        assert_eq!(passed.again, ecs_scaling::controller::object::Again::Soon);
        bench.sleep(60).await;
        bench.converge(&mut session).await;
    }
}

// upjet-aws#1164: Ready follows a bad update.
#[tokio::test(start_paused = true)]
async fn ready_goes_false_with_a_change_that_aws_refuses_and_its_time_moves_once() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    bench.register(json!({"MinCapacity": 1}));
    bench.fail("RegisterScalableTarget", 3, Fault::Throttle);
    let (passed, _) = bench.next_pass(&mut session).await;
    let since = condition(&passed, ConditionType::Ready).last_transition_time;
    assert_eq!(said(&passed, ConditionType::Ready), (ConditionStatus::False, Reason::Throttled));
    let synced_before = passed.kept.status.last_successful_sync_time;
    let (passed, _) = bench.next_pass(&mut session).await;
    assert_eq!(condition(&passed, ConditionType::Ready).last_transition_time, since);
    assert_eq!(passed.kept.status.last_successful_sync_time, synced_before);
    bench.next_pass(&mut session).await;
    let (passed, _) = bench.next_pass(&mut session).await;
    assert!(passed.kept.status.is_ready());
    assert!(condition(&passed, ConditionType::Ready).last_transition_time > since);
}

#[tokio::test(start_paused = true)]
async fn an_object_keeps_its_last_twenty_events_and_counts_repetitions() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    for minute in 0..30 {
        bench.set_desired(0);
        bench.register(json!({"MinCapacity": 0, "MaxCapacity": 21 + minute}));
        bench.next_pass(&mut session).await;
        let (passed, _) = bench.next_pass(&mut session).await;
        assert!(passed.kept.status.events.len() <= EVENTS_KEPT);
    }
    bench.set_desired(2);
    let (passed, _) = bench.next_pass(&mut session).await;
    let events = &passed.kept.status.events;
    let withheld = events.iter().find(|event| event.reason == EventReason::Withheld).expect("withheld");
    assert_eq!(withheld.count, 60, "the same event is counted, not kept again");
    let last = events.last().expect("an event");
    assert!(last.time >= withheld.time);
}
