//! The policy that `iam-policy` prints is enough, and nothing in it is too much.

use std::collections::BTreeSet;

use ecs_scaling::api::desired::Mode;
use ecs_scaling::api::fix::{Fix, PolicyEdit};
use ecs_scaling::api::status::{ConditionStatus, ConditionType};
use ecs_scaling::aws::Limits;
use ecs_scaling::controller::object::Passed;
use ecs_scaling::controller::once::Session;
use ecs_scaling::diagnose::least_privilege::{OF_OWN_ROLE, OF_POLICIES, documents, own_policy_statements, statements};
use ecs_scaling::diagnose::near_miss;
use ecs_scaling::diagnose::needs::{Feature, Privilege, calls, need};
use ecs_scaling::model::capacity::CapacityRange;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::{AlarmName, ServiceId, TargetKey};
use ecs_scaling::model::role::SLR_SERVICE;
use ecs_scaling_sandbox::elastic_load_balancing::{load_balancer_arn, target_group_arn};
use ecs_scaling_sandbox::founding::{ROLE, member, search_api};
use ecs_scaling_sandbox::{ServiceSeed, World};
use serde_json::{Value, json};

use crate::alarm_ref;
use crate::harness::{ALARM, Bench, SEARCH_API, condition, start};
use crate::member::{Log, ROLE_ARN, member_account};

const SEARCH_WORKER: &str = include_str!("../../deploy/examples/search-worker.yaml");

fn objects() -> String {
    let search_api = SEARCH_API.replace("  stepScaling:\n", &format!("{SCHEDULES}  stepScaling:\n"));
    format!("{search_api}---\n{SEARCH_WORKER}---\n{SEARCH_WEB}")
}

/// What search-api has beside its example.
const SCHEDULES: &str = "  scheduledActions:
  - scheduledActionName: night
    schedule: cron(0 23 * * ? *)
    scalableTargetAction: {minCapacity: 1}
";

/// Target tracking of a load balancer's requests: the target group is looked up.
const SEARCH_WEB: &str = include_str!("../../deploy/tracking/search-web.yaml");

/// What `iam-policy` prints for the objects, without one action.
fn policy(privilege: Privilege, without: &str) -> Vec<Value> {
    let own = own_policy_statements(ROLE_ARN).unwrap();
    documents([of_objects(privilege, without), own].concat())
}

/// The statements about the objects, without one action.
fn of_objects(privilege: Privilege, without: &str) -> Vec<Value> {
    let services = [search_api(), ServiceId::new("C", "search-worker"), ServiceId::new("C", "search-web")];
    let keys: BTreeSet<TargetKey> =
        services.into_iter().map(|service| TargetKey { scope: member(), service }).collect();
    lacking(statements(&member_account(), &keys, &Feature::all(), privilege), without)
}

fn lacking(mut statements: Vec<Value>, without: &str) -> Vec<Value> {
    for statement in &mut statements {
        statement["Action"].as_array_mut().unwrap().retain(|action| action != without);
    }
    statements.retain(|statement| statement["Action"] != json!([]));
    statements
}

/// A world in which the controller is the role, and the role may do everything.
async fn bench() -> Bench {
    let (clock, mut world) = (start(), World::new());
    world.plant_founding_story(clock.now()).unwrap();
    world.add_service(&member(), "C", &ServiceSeed::new("search-worker", 3), clock.now());
    add_search_web(&mut world, clock.now());
    let key = world.credentials_for_role(&member_account(), ROLE, "it").unwrap().access_key_id;
    let bench = Bench::over(world, clock, Limits::none(), &key).await;
    grant(
        &bench,
        &[json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})],
    );
    bench
}

/// search-web, behind a load balancer.
fn add_search_web(world: &mut World, now: jiff::Timestamp) {
    world.add_service(&member(), "C", &ServiceSeed::new("search-web", 3), now);
    let group = target_group_arn(&member(), "web");
    let scope = world.cloud.scope_mut(&member());
    scope.target_groups.insert(group.clone(), vec![load_balancer_arn(&member(), "web")]);
    let balancers = json!({"cluster": "C", "service": "search-web", "loadBalancers": [{"targetGroupArn": group}]});
    world.call_as_admin(&member(), AwsService::Ecs, "UpdateService", balancers, now).unwrap();
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
    let renamed = objects().replace("policyName: requests", "policyName: renamed");
    let unscheduled = objects().replace(SCHEDULES, "");
    let absent = objects().replace("  service: search-web\n", "  service: search-web\n  state: Absent\n");
    for yaml in [objects(), larger, renamed, unscheduled, absent, objects()] {
        well = well && nothing_denied(&bench, &mut bench.session(&yaml).await).await;
    }
    if well {
        bench.put_theirs_at(&member());
        let mut session = bench.session(&alarm_ref::object(alarm_ref::THEIRS)).await;
        well = nothing_denied(&bench, &mut session).await;
        let passed = bench.round(&mut session).await;
        let attached = |passed: &Passed| condition(passed, ConditionType::AlarmsSynced).status == ConditionStatus::True;
        assert!(!well || passed.values().all(attached), "the policy is on somebody else's alarm");
        well = well && nothing_denied(&bench, &mut bench.session(&objects()).await).await;
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

// cc#9409, ack-appautoscaling PR#61: what is documented is complete, and nothing more.
#[tokio::test(start_paused = true)]
async fn under_exactly_the_least_policy_everything_is_made_and_put_back() {
    assert!(reconciles("").await);
}

#[tokio::test(start_paused = true)]
async fn no_action_of_the_least_policy_is_unused() {
    for call in calls(Privilege::ReconcileSlr, &Feature::all()) {
        assert!(!reconciles(call.action).await, "{} is granted and nothing needs it", call.action);
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_needs_the_reads_and_each_of_them() {
    assert!(observes("").await);
    for call in calls(Privilege::ReadOnly, &Feature::all()) {
        assert!(!observes(call.action).await, "{} is granted and nothing needs it", call.action);
    }
}

const CREATE: &str = "iam:CreateServiceLinkedRole";

/// Lets somebody attach a policy of the account to the role that almost allows the service-linked role.
fn attach_near_miss(bench: &Bench) -> Value {
    let statement = json!({
        "Sid": "TeamRoles", "Effect": "Allow", "Action": CREATE, "Resource": "*",
        "Condition": {"StringEquals": {"iam:AWSServiceName": ["ecs.amazonaws.com"]}}
    });
    let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let (now, mut world) = (bench.clock.now(), bench.world.world());
    let mut call = |operation, input| world.call_as_admin(&member(), AwsService::Iam, operation, input, now).unwrap();
    call("CreatePolicy", json!({"PolicyName": "team-roles", "PolicyDocument": document}));
    let arn = "arn:aws:iam::444455556666:policy/team-roles";
    call("AttachRolePolicy", json!({"RoleName": ROLE, "PolicyArn": arn}));
    statement
}

/// What is said of a role that may do all but make the service-linked role, and lacks one of the actions by which it reads
/// its own policies. The organization refuses as well, which only the simulator sees.
async fn told_without(own_action: &str) -> Fix {
    let bench = bench().await;
    let own = lacking(own_policy_statements(ROLE_ARN).unwrap(), own_action);
    grant(&bench, &documents([of_objects(Privilege::ReconcileSlr, CREATE), own].concat()));
    attach_near_miss(&bench);
    let deny = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": CREATE, "Resource": "*"}});
    bench.world.world().add_scp(&member_account(), "no-roles", &deny).unwrap();
    let mut session = bench.session(&objects()).await;
    let passed = bench.pass(&mut session).await;
    condition(&passed, ConditionType::ServiceLinkedRoleReady).fix.clone()
}

#[tokio::test(start_paused = true)]
async fn under_exactly_the_least_policy_a_denial_holds_the_exact_edit() {
    let bench = bench().await;
    grant(&bench, &policy(Privilege::ReconcileSlr, CREATE));
    let mut edited = attach_near_miss(&bench);
    let mut session = bench.session(&objects()).await;
    let passed = bench.pass(&mut session).await;
    for kind in [ConditionType::PermissionsGranted, ConditionType::ServiceLinkedRoleReady] {
        let told = condition(&passed, kind);
        let edit = "In statement \"TeamRoles\" of policy team-roles: add ecs.application-autoscaling.amazonaws.com to \
                    iam:AWSServiceName.";
        edited["Condition"]["StringEquals"]["iam:AWSServiceName"] = json!(["ecs.amazonaws.com", SLR_SERVICE]);
        assert_eq!(told.hint, edit);
        let edits = vec![PolicyEdit { edit: edit.to_owned(), edited_statements: vec![edited.clone()] }];
        assert_eq!((&told.fix.edits, told.fix.notes.len(), told.fix.still_needed.len()), (&edits, 0, 0), "{told:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn under_exactly_the_least_policy_each_action_that_is_taken_out_is_put_back_by_the_edit() {
    for call in calls(Privilege::Reconcile, &Feature::all()).filter(|call| !comes_later(call.action)) {
        let bench = bench().await;
        let now = bench.clock.now();
        let role = json!({"AWSServiceName": SLR_SERVICE});
        bench.world.world().call_as_admin(&member(), AwsService::Iam, "CreateServiceLinkedRole", role, now).unwrap();
        grant(&bench, &policy(Privilege::ReconcileSlr, call.action));
        let passed = bench.round(&mut bench.session(&objects()).await).await;
        let denied =
            |passed: &&Passed| condition(passed, ConditionType::PermissionsGranted).status == ConditionStatus::False;
        let denied: Vec<&Passed> = passed.values().filter(denied).collect();
        assert!(!denied.is_empty(), "{} is granted and nothing needs it", call.action);
        for passed in denied {
            let target = &passed.plan.as_ref().unwrap().key;
            let request = need(target, call.action).unwrap().request();
            let proved = near_miss::find(&bench.policies(), &request, &[]);
            let told = &condition(passed, ConditionType::PermissionsGranted).fix;
            let statements = |fix: &Fix| fix.edits.iter().flat_map(|e| e.edited_statements.clone()).collect::<Vec<_>>();
            let expected: Vec<Value> = proved.steps.iter().flat_map(near_miss::Step::statements).collect();
            assert!(!expected.is_empty(), "{}", call.action);
            assert_eq!(statements(told), expected, "{}", call.action);
        }
    }
}

/// Calls that the first pass over an object does not make, and the one that work goes on without.
fn comes_later(action: &str) -> bool {
    let later = [
        ":TagResource",
        ":UntagResource",
        ":ListTagsForResource",
        ":DescribeScalingActivities",
        ":DeleteScalingPolicy",
        ":DeleteScheduledAction",
        ":DeregisterScalableTarget",
    ];
    action == "iam:GetRole" || later.iter().any(|later| action.ends_with(later))
}

#[tokio::test(start_paused = true)]
async fn each_action_by_which_the_role_reads_its_own_policies_is_needed_for_the_hint() {
    let simulated = |fix: &Fix| fix.notes.iter().any(|note| note.contains("simulator still denies"));
    let all = told_without("").await;
    assert!(all.edits.len() == 1 && simulated(&all), "{all:#?}");
    for action in OF_OWN_ROLE.iter().chain(OF_POLICIES) {
        let told = told_without(action).await;
        if *action == "iam:SimulatePrincipalPolicy" {
            assert!(told.edits.len() == 1 && !simulated(&told), "{told:#?}");
        } else {
            assert!(told.edits.is_empty() && told.notes.iter().any(|n| n.contains("could not be read")), "{told:#?}");
        }
    }
}
