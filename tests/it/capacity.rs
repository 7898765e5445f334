//! Moving capacity: desiredCount is never written, what a register moves is said before, and what is dangerous waits.

use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::plan::{CapacityMove, text};
use serde_json::json;

use crate::harness::{Bench, SEARCH_API, condition, home, said, search_api, with_spec};

const WITHHELD: (ConditionStatus, Reason) = (ConditionStatus::False, Reason::CapacityMoveWithheld);

impl Bench {
    fn desired_count(&self) -> i32 {
        self.world.world().service(&home(), &search_api()).expect("a service").desired
    }
}

fn allowed() -> String {
    with_spec("  allowCapacityMove: true\n")
}

// road#2626, S-010
#[tokio::test(start_paused = true)]
async fn a_move_is_said_in_the_plan_before_it_comes_about() {
    let mut bench = Bench::new().await;
    bench.set_desired(1);
    bench.settings.mode = ecs_scaling::api::desired::Mode::Observe;
    let passed = bench.pass(&mut bench.session(SEARCH_API).await).await;
    let plan = passed.plan.expect("a plan");
    assert_eq!(plan.actions[0].capacity_move, Some(CapacityMove { from: 1, to: 2 }));
    let object = crate::harness::desired(SEARCH_API).services.into_values().next().unwrap();
    let shown = text(&[(&object, &plan)], 0);
    assert!(shown.contains("1 → 2"), "{shown}");
    assert_eq!(bench.desired_count(), 1);
    bench.settings.mode = ecs_scaling::api::desired::Mode::Apply;
    bench.sleep(60).await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    assert_eq!(bench.desired_count(), 2, "as the plan said");
}

// cc#7067: what is not done is said, and why.
#[tokio::test(start_paused = true)]
async fn a_service_parked_at_zero_is_not_started() {
    let bench = Bench::new().await;
    bench.set_desired(0);
    let mut session = bench.session(SEARCH_API).await;
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, [""; 0], "and no policy or alarm without the target");
    assert_eq!(said(&passed, ConditionType::TargetSynced), WITHHELD);
    assert!(condition(&passed, ConditionType::TargetSynced).message.contains("0 → 2"));
    assert_eq!(said(&passed, ConditionType::PoliciesSynced).1, Reason::TargetNotReady);
    assert_eq!(said(&passed, ConditionType::Ready).1, Reason::CapacityMoveWithheld);
}

// tf#372's fear, and DESIGN's: a lowered maximum takes away more than max(2, 50 %) at once.
#[tokio::test(start_paused = true)]
async fn more_than_half_of_the_tasks_is_not_taken_away_and_half_is() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.set_desired(20);
    let lower = |max: &str| SEARCH_API.replace("maxCapacity: 20", &format!("maxCapacity: {max}"));
    let mut session = bench.session(&lower("9")).await;
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!((written.len(), said(&passed, ConditionType::TargetSynced)), (0, WITHHELD));
    assert_eq!(said(&passed, ConditionType::PoliciesSynced).0, ConditionStatus::True, "policies go on");
    assert_eq!(bench.desired_count(), 20);
    let mut session = bench.session(&lower("10")).await;
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, ["RegisterScalableTarget"]);
    assert!(passed.kept.status.is_ready());
    assert_eq!(bench.desired_count(), 10);
}

#[tokio::test(start_paused = true)]
async fn allow_capacity_move_lets_it_pass() {
    let bench = Bench::new().await;
    bench.set_desired(0);
    bench.converge(&mut bench.session(&allowed()).await).await;
    assert_eq!(bench.desired_count(), 2);
    bench.set_desired(20);
    bench.sleep(60).await;
    bench.converge(&mut bench.session(&allowed().replace("maxCapacity: 20", "maxCapacity: 3")).await).await;
    assert_eq!(bench.desired_count(), 3);
}

// S-009, S-010: only what changed is sent, but any register moves a count that lies outside.
#[tokio::test(start_paused = true)]
async fn a_register_of_suspended_flags_alone_counts_as_a_move_too() {
    let suspending = with_spec("  suspendedState: {dynamicScalingInSuspended: true}\n");
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.set_desired(0);
    let mut session = bench.session(&suspending).await;
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!((written.len(), said(&passed, ConditionType::TargetSynced)), (0, WITHHELD));
    bench.set_desired(2);
    let before = bench.writes();
    let (passed, _) = bench.next_pass(&mut session).await;
    assert!(passed.kept.status.is_ready());
    let [register] = &bench.records_since(before)[..] else { panic!("one write") };
    assert!(!register.input.has("MinCapacity") && !register.input.has("MaxCapacity"));
    let suspended = register.input.members("SuspendedState").unwrap().expect("a suspended state");
    assert_eq!(suspended.len(), 3, "S-006: all three members, the unset ones as observed");
}

#[tokio::test(start_paused = true)]
async fn a_register_of_min_and_max_sends_no_suspended_flags() {
    let bench = Bench::new().await;
    let mut session = bench.session(&with_spec("  suspendedState: {dynamicScalingInSuspended: true}\n")).await;
    bench.converge(&mut session).await;
    bench.register(json!({"MinCapacity": 1}));
    let before = bench.writes();
    bench.next_pass(&mut session).await;
    let [register] = &bench.records_since(before)[..] else { panic!("one write") };
    assert_eq!((register.input.int("MinCapacity"), register.input.int("MaxCapacity")), (Ok(Some(2)), Ok(Some(20))));
    assert!(!register.input.has("SuspendedState"));
}

// road#493, cdk#3919, tf#335, cdk-real-drift#688: the count is the service's own; tf#5023, pulumi-aws#718, S-005: the role
// is AWS's own.
#[tokio::test(start_paused = true)]
async fn no_desired_count_and_no_role_is_ever_written() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    for count in [0, 1, 7, 40] {
        bench.set_desired(count);
        let (passed, written) = bench.next_pass(&mut session).await;
        assert_eq!(written, [""; 0]);
        let inside = if (2..=20).contains(&count) { ConditionStatus::True } else { ConditionStatus::False };
        assert_eq!(said(&passed, ConditionType::CapacityInRange).0, inside, "road#2626");
        assert!(passed.kept.status.is_ready(), "information, and no failure of ours");
    }
    assert_eq!(bench.calls("UpdateService"), 0, "over the wire there was none");
    let writes = bench.records_since(0);
    let registers = writes.iter().filter(|write| write.call.operation == "RegisterScalableTarget");
    assert!(registers.clone().count() > 0);
    for register in registers {
        assert!(!register.input.has("RoleARN"));
    }
}
