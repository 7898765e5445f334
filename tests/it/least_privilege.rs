//! The policy that `iam-policy` prints is enough, and nothing in it is too much.

use std::collections::BTreeSet;

use ecs_scaling::api::desired::Mode;
use ecs_scaling::api::status::{ConditionStatus, ConditionType};
use ecs_scaling::aws::Limits;
use ecs_scaling::controller::once::Session;
use ecs_scaling::diagnose::least_privilege::{documents, statements};
use ecs_scaling::diagnose::needs::{For, Privilege, calls};
use ecs_scaling::model::capacity::CapacityRange;
use ecs_scaling::model::names::{AlarmName, ServiceId, TargetKey};
use ecs_scaling_sandbox::founding::{ROLE, member, search_api};
use ecs_scaling_sandbox::{ServiceSeed, World};
use serde_json::{Value, json};

use crate::harness::{ALARM, Bench, SEARCH_API, start};
use crate::member::{Log, member_account};

const SEARCH_WORKER: &str = include_str!("../../deploy/examples/search-worker.yaml");

fn objects() -> String {
    let schedules = "  scheduledActions:
  - scheduledActionName: night
    schedule: cron(0 23 * * ? *)
    scalableTargetAction: {minCapacity: 1}
";
    let search_api = SEARCH_API.replace("  stepScaling:\n", &format!("{schedules}  stepScaling:\n"));
    format!("{search_api}---\n{SEARCH_WORKER}")
}

/// What `iam-policy` prints for the objects, without one action.
fn policy(privilege: Privilege, without: &str) -> Vec<Value> {
    let services = [search_api(), ServiceId::new("C", "search-worker")];
    let keys: BTreeSet<TargetKey> =
        services.into_iter().map(|service| TargetKey { scope: member(), service }).collect();
    let mut statements = statements(&member_account(), &keys, privilege, For::Schedules);
    for statement in &mut statements {
        statement["Action"].as_array_mut().unwrap().retain(|action| action != without);
    }
    statements.retain(|statement| statement["Action"] != json!([]));
    documents(statements)
}

/// A world in which the controller is the role, and the role may do everything.
async fn bench() -> Bench {
    let (clock, mut world) = (start(), World::new());
    world.plant_founding_story(clock.now()).unwrap();
    world.add_service(&member(), "C", &ServiceSeed::new("search-worker", 3), clock.now());
    let key = world.credentials_for_role(&member_account(), ROLE, "it").unwrap().access_key_id;
    let bench = Bench::over(world, clock, Limits::none(), &key).await;
    grant(
        &bench,
        &[json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})],
    );
    bench
}

/// These documents, and no other, are the role's policies.
fn grant(bench: &Bench, documents: &[Value]) {
    let mut world = bench.world.world();
    let role = world.cloud.accounts.get_mut(&member_account()).unwrap().roles.get_mut(ROLE).unwrap();
    role.grants = Default::default();
    for (i, document) in documents.iter().enumerate() {
        world.put_role_policy(&member_account(), ROLE, &format!("least-{i}"), document).unwrap();
    }
}

/// Changes of others that make the controller read and write whatever it can.
const SCENARIOS: [fn(&Bench); 4] = [drift, alarm_drift, tags_gone, tags_stale];

fn drift(bench: &Bench) {
    let mut world = bench.world.world();
    let targets = &mut world.cloud.scope_mut(&member()).targets;
    let target = targets.get_mut(&search_api()).expect("a target");
    target.range = CapacityRange::new(2, 30).unwrap();
    target.policies.clear();
}

fn alarm_drift(bench: &Bench) {
    let mut world = bench.world.world();
    let alarms = &mut world.cloud.scope_mut(&member()).alarms;
    alarms.get_mut(&AlarmName::new(ALARM)).expect("an alarm").spec.threshold = Some(80.0);
}

fn tags_gone(bench: &Bench) {
    drift(bench);
    let mut world = bench.world.world();
    let scope = world.cloud.scope_mut(&member());
    scope.targets.get_mut(&search_api()).unwrap().tags.remove("ecs-scaling.dev/deletion-policy");
    let alarm = scope.alarms.get_mut(&AlarmName::new(ALARM)).unwrap();
    alarm.tags.remove("ecs-scaling.dev/deletion-policy");
    alarm.spec.threshold = Some(80.0);
}

fn tags_stale(bench: &Bench) {
    drift(bench);
    let mut world = bench.world.world();
    let target = world.cloud.scope_mut(&member()).targets.get_mut(&search_api()).unwrap().clone();
    let stale = [("ecs-scaling.dev/policies-1".to_owned(), "0123456789".to_owned())];
    let tags = target.tags.into_iter().chain(stale).collect();
    world.cloud.scope_mut(&member()).targets.get_mut(&search_api()).unwrap().tags = tags;
}

/// Three passes, each of which must say of no call that it was denied. Gives whether that was so.
async fn nothing_denied(bench: &Bench, session: &mut Session) -> bool {
    for _ in 0..3 {
        bench.sleep(120).await;
        let results = bench.round(session).await;
        let granted = results.values().all(|passed| {
            let condition = passed.kept.status.condition(ConditionType::PermissionsGranted);
            condition.is_some_and(|condition| condition.status == ConditionStatus::True)
        });
        if !granted {
            return false;
        }
    }
    true
}

/// Creates, updates and puts back under a policy. Gives whether nothing was denied.
async fn reconciles(without: &str) -> bool {
    let (log, _guard) = Log::capture();
    let bench = bench().await;
    grant(&bench, &policy(Privilege::ReconcileSlr, without));
    let mut well = nothing_denied(&bench, &mut bench.session(&objects()).await).await;
    let larger = objects().replace("maxCapacity: 20", "maxCapacity: 21");
    for yaml in [objects(), larger, objects()] {
        well = well && nothing_denied(&bench, &mut bench.session(&yaml).await).await;
    }
    for change in SCENARIOS {
        if well {
            change(&bench);
            let mut session = bench.session(&objects()).await;
            well = nothing_denied(&bench, &mut session).await;
            assert!(!well || bench.round(&mut session).await.values().all(|passed| passed.kept.status.is_ready()));
        }
    }
    well && log.lines("a permission is missing").is_empty()
}

/// Looks at what somebody else has made, and has changed, under a policy that only reads.
async fn observes(without: &str) -> bool {
    let (log, _guard) = Log::capture();
    let mut bench = bench().await;
    bench.converge(&mut bench.session(&objects()).await).await;
    grant(&bench, &policy(Privilege::ReadOnly, without));
    bench.settings.mode = Mode::Observe;
    let before = bench.writes();
    let mut well = true;
    for change in SCENARIOS {
        change(&bench);
        well = well && nothing_denied(&bench, &mut bench.session(&objects()).await).await;
    }
    assert_eq!(bench.written_since(before), [""; 0]);
    well && log.lines("a permission is missing").is_empty()
}

#[tokio::test(start_paused = true)]
async fn under_exactly_the_least_policy_everything_is_made_and_put_back() {
    assert!(reconciles("").await);
}

#[tokio::test(start_paused = true)]
async fn no_action_of_the_least_policy_is_unused() {
    for call in calls(Privilege::ReconcileSlr, For::Schedules) {
        assert!(!reconciles(call.action).await, "{} is granted and nothing needs it", call.action);
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_needs_the_reads_and_each_of_them() {
    assert!(observes("").await);
    for call in calls(Privilege::ReadOnly, For::Schedules) {
        assert!(!observes(call.action).await, "{} is granted and nothing needs it", call.action);
    }
}
