//! What is left alone and said: services that cannot be scaled, policies no longer wanted, modes,
//! and objects in each other's way.

use ecs_scaling::api::desired::Mode;
use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::controller::object::Passed;
use ecs_scaling_sandbox::ServiceSeed;

use crate::harness::{ALARM, Bench, SEARCH_API, condition, home, said, with_spec};

const FALSE: ConditionStatus = ConditionStatus::False;

/// One pass over an object that must lead to no write.
async fn pass_without_writes(bench: &Bench, yaml: &str) -> Passed {
    let before = bench.writes();
    let passed = bench.pass(&mut bench.session(yaml).await).await;
    assert_eq!(bench.written_since(before), [""; 0]);
    passed
}

// S-098
#[tokio::test(start_paused = true)]
async fn a_daemon_service_is_not_scaled() {
    let bench = Bench::new().await;
    let seed = ServiceSeed { scheduling_strategy: "DAEMON".to_owned(), ..ServiceSeed::new("search-api", 2) };
    bench.world.world().add_service(&home(), "B", &seed, bench.clock.now());
    let passed = pass_without_writes(&bench, SEARCH_API).await;
    assert_eq!(said(&passed, ConditionType::ServiceFound), (FALSE, Reason::ServiceIsDaemon));
}

// S-098: MISSING, and a cluster that is not there at all.
#[tokio::test(start_paused = true)]
async fn a_missing_service_and_a_missing_cluster_are_said() {
    let bench = Bench::new().await;
    for (from, to) in [("service: search-api", "service: other"), ("cluster: B", "cluster: elsewhere")] {
        let passed = pass_without_writes(&bench, &SEARCH_API.replace(from, to)).await;
        let found = condition(&passed, ConditionType::ServiceFound);
        assert_eq!((found.status, found.reason), (FALSE, Reason::ServiceMissing));
        assert!(passed.kept.status.condition(ConditionType::Stalled).is_some());
    }
}

fn account(spec: &str) -> String {
    let account = "apiVersion: ecs-scaling.dev/v1alpha1\nkind: AwsAccount\nmetadata: {name: default}\nspec:\n";
    format!("{account}{spec}---\n{SEARCH_API}")
}

#[tokio::test(start_paused = true)]
async fn what_the_account_does_not_allow_is_left_alone() {
    let bench = Bench::new().await;
    for allow in ["{clusters: [A, 'C*']}", "{services: ['web-*']}"] {
        let passed = pass_without_writes(&bench, &account(&format!("  allow: {allow}\n"))).await;
        assert_eq!(said(&passed, ConditionType::ServiceFound), (FALSE, Reason::NotAllowed));
    }
    bench.converge(&mut bench.session(&account("  allow: {clusters: [B], services: ['search-*']}\n")).await).await;
}

// A foreign policy on our target is nobody's business.
#[tokio::test(start_paused = true)]
async fn a_policy_of_others_on_our_target_is_left_alone_in_silence() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    bench.put_policy("theirs");
    let (passed, written) = bench.next_pass(&mut session).await;
    assert!(written.is_empty() && passed.kept.status.is_ready());
}

// ack#1905: pause.
#[tokio::test(start_paused = true)]
async fn observe_at_each_level_writes_nothing_and_shows_the_plan() {
    let mut bench = Bench::new().await;
    let observing = [
        (Mode::Observe, SEARCH_API.to_owned()),
        (Mode::Apply, account("  mode: Observe\n")),
        (Mode::Apply, with_spec("  mode: Observe\n")),
    ];
    for (mode, yaml) in observing {
        bench.settings.mode = mode;
        let passed = pass_without_writes(&bench, &yaml).await;
        let plan = passed.plan.as_ref().expect("a plan");
        assert_eq!((plan.actions.len(), plan.mode), (3, Mode::Observe));
        assert_eq!(said(&passed, ConditionType::TargetSynced), (FALSE, Reason::ObserveMode));
    }
    bench.converge(&mut bench.session(SEARCH_API).await).await; // nothing lingers
}

// A converged object under Observe is simply Ready.
#[tokio::test(start_paused = true)]
async fn observe_without_a_difference_is_ready() {
    let mut bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.settings.mode = Mode::Observe;
    let passed = pass_without_writes(&bench, SEARCH_API).await;
    assert!(passed.kept.status.is_ready());
}

/// search-api's object once more, under another name.
fn second(from: &str, to: &str) -> String {
    SEARCH_API.replace("name: search-api\n  labels", "name: second\n  labels").replace(from, to)
}

// Which region an object without one lives in is known at run time alone.
#[tokio::test(start_paused = true)]
async fn two_objects_for_one_target_or_one_alarm_stand_back_both() {
    let bench = Bench::new().await;
    bench.world.world().add_service(&home(), "B", &ServiceSeed::new("web", 2), bench.clock.now());
    let same_target = second("  region: ap-northeast-2\n", "").replace(ALARM, "another");
    let same_alarm = second("  region: ap-northeast-2\n", "").replace("service: search-api", "service: web");
    for (other, says) in [(same_target, "manages the same service"), (same_alarm, "an alarm of the same name")] {
        let mut session = bench.session(&format!("{SEARCH_API}---\n{other}")).await;
        assert_eq!(session.troubles.len(), 2, "neither is more right than the other");
        for trouble in session.troubles.values() {
            assert_eq!(trouble.reason, Reason::Conflict);
            assert!(trouble.message.contains(says), "{}", trouble.message);
        }
        assert!(bench.round(&mut session).await.is_empty());
    }
    assert_eq!(bench.writes(), 0);
}

// S-099: one policy name on two services is normal.
#[tokio::test(start_paused = true)]
async fn two_objects_with_one_policy_name_are_no_conflict() {
    let bench = Bench::new().await;
    bench.world.world().add_service(&home(), "B", &ServiceSeed::new("web", 2), bench.clock.now());
    let other = second("service: search-api", "service: web").replace(ALARM, "another");
    bench.converge(&mut bench.session(&format!("{SEARCH_API}---\n{other}")).await).await;
}
