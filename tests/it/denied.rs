//! Each needed action, denied in each way: what is said is right, and what it says to do helps.

use std::fmt::Write as _;

use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::controller::object::Passed;
use ecs_scaling::controller::once::Session;
use ecs_scaling::diagnose::near_miss::{self, Findings};
use ecs_scaling::diagnose::needs::{CALLS, Call, Caller, Feature, Need, On, need};
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::{AlarmName, TargetKey};
use ecs_scaling_sandbox::elastic_load_balancing::{load_balancer_arn, target_group_arn};
use ecs_scaling_sandbox::founding::{ROLE, member, search_api};
use serde_json::{Value, json};

use crate::harness::{ALARM, Bench, POLICY, condition, said};
use crate::member::{founding_objects, member_account};
use crate::somebody::on_target;

/// How an action is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Absent,
    WrongResource,
    WrongCondition,
    ExplicitDeny,
    Boundary,
}

const WAYS: [Way; 5] = [Way::Absent, Way::WrongResource, Way::WrongCondition, Way::ExplicitDeny, Way::Boundary];

impl Way {
    /// What the status says of the cause.
    fn cause(self) -> &'static str {
        match self {
            Self::ExplicitDeny => "an identity-based policy denies it explicitly",
            Self::Boundary => "no permissions boundary allows it",
            _ => "no identity-based policy allows it",
        }
    }

    /// The statement that is nearest: none, where no other action of the service is allowed.
    fn to_blame(self, call: &Call) -> Option<&'static str> {
        let service = |action: &'static str| action.split(':').next();
        let is_only_one = !others(call).into_iter().any(|other| service(other) == service(call.action));
        match self {
            Self::Absent | Self::Boundary => (!is_only_one).then_some("Others"),
            Self::WrongResource | Self::WrongCondition => Some("One"),
            Self::ExplicitDeny => Some("No"),
        }
    }

    /// The role's own statements, and its boundary.
    fn policies(self, needed: &Need) -> (Value, Option<Value>) {
        let (others, granted) = (granting(&others(needed.call)), json!({"Action": needed.call.action}));
        let statement = |more: Value| crate::somebody::merged(allow(granted.clone()), more);
        let own = match self {
            Self::Absent => vec![others],
            Self::WrongResource => vec![others, statement(json!({"Resource": wrong_resource(needed.call.on)}))],
            Self::WrongCondition => vec![others, statement(json!({"Condition": wrong_condition(needed)}))],
            Self::ExplicitDeny => {
                let deny = json!({"Sid": "No", "Effect": "Deny", "Action": needed.call.action, "Resource": "*"});
                vec![others, allow(granted), deny]
            }
            Self::Boundary => return (document(&[others.clone(), allow(granted)]), Some(document(&[others]))),
        };
        (document(&own), None)
    }
}

fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(more: Value) -> Value {
    crate::somebody::merged(json!({"Sid": "One", "Effect": "Allow", "Resource": "*"}), more)
}

fn granting(actions: &[&str]) -> Value {
    json!({"Sid": "Others", "Effect": "Allow", "Action": actions, "Resource": "*"})
}

/// Every other needed action, and those that read the role's own policies.
fn others(but: &Call) -> Vec<&'static str> {
    let needed = CALLS.iter().map(|call| call.action);
    let own = ecs_scaling::diagnose::least_privilege::OF_OWN_ROLE.iter().copied();
    let policies = ecs_scaling::diagnose::least_privilege::OF_POLICIES.iter().copied();
    needed.chain(own).chain(policies).filter(|action| *action != but.action).collect()
}

fn wrong_resource(on: On) -> &'static str {
    match on {
        On::Everything => "arn:aws:application-autoscaling:ap-northeast-2:444455556666:scalable-target/*",
        On::Targets => "arn:aws:application-autoscaling:eu-west-1:444455556666:scalable-target/*",
        On::ClusterServices => "arn:aws:ecs:ap-northeast-2:444455556666:service/C/*",
        On::Alarms => "arn:aws:cloudwatch:ap-northeast-2:444455556666:alarm:TargetTracking-*",
        On::ServiceLinkedRole => "arn:aws:iam::444455556666:role/aws-service-role/ecs.amazonaws.com/*",
    }
}

fn wrong_condition(needed: &Need) -> Value {
    match needed.call.on {
        On::ServiceLinkedRole if needed.call.action == "iam:CreateServiceLinkedRole" => {
            json!({"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}})
        }
        On::ServiceLinkedRole => json!({"StringEquals": {"aws:RequestedRegion": "ap-northeast-2"}}),
        _ => json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
    }
}

/// What must have happened for the controller to make a call.
fn prepare(bench: &Bench, action: &str) {
    let now = bench.clock.now();
    let mut world = bench.world.world();
    match action {
        "application-autoscaling:ListTagsForResource" => {
            let register = on_target(json!({"MaxCapacity": 30}));
            let service = AwsService::ApplicationAutoScaling;
            world.call_as_admin(&member(), service, "RegisterScalableTarget", register, now).unwrap();
        }
        "application-autoscaling:TagResource" | "application-autoscaling:UntagResource" => {
            let targets = &mut world.cloud.scope_mut(&member()).targets;
            let target = targets.get_mut(&search_api()).unwrap();
            if action.ends_with(":TagResource") {
                target.tags.remove("ecs-scaling.dev/deletion-policy");
            } else {
                target.tags.insert("ecs-scaling.dev/policies-1".to_owned(), "0123456789".to_owned());
            }
            target.range = ecs_scaling::model::capacity::CapacityRange::new(2, 30).unwrap();
        }
        "application-autoscaling:DescribeScalingActivities" => {
            let target = world.cloud.scope_mut(&member()).targets.get_mut(&search_api()).unwrap();
            target.range = ecs_scaling::model::capacity::CapacityRange::new(2, 30).unwrap();
        }
        "elasticloadbalancing:DescribeTargetGroups" => {
            let group = target_group_arn(&member(), "search");
            let balancers =
                json!({"cluster": "B", "service": "search-api", "loadBalancers": [{"targetGroupArn": group.clone()}]});
            world.call_as_admin(&member(), AwsService::Ecs, "UpdateService", balancers, now).unwrap();
            let scope = world.cloud.scope_mut(&member());
            scope.target_groups.insert(group, vec![load_balancer_arn(&member(), "search")]);
        }
        "cloudwatch:ListTagsForResource" => {
            let alarms = &mut world.cloud.scope_mut(&member()).alarms;
            alarms.get_mut(&AlarmName::new(ALARM)).unwrap().spec.threshold = Some(80.0);
        }
        _ => {}
    }
}

/// Calls that only come once everything was in place.
fn comes_later(action: &str) -> bool {
    action.ends_with(":ListTagsForResource")
        || action.ends_with(":DescribeScalingActivities")
        || action.contains(":DeleteSc")
        || action.ends_with(":DeregisterScalableTarget")
        || ["application-autoscaling:TagResource", "application-autoscaling:UntagResource"].contains(&action)
}

struct Row {
    action: &'static str,
    way: Way,
    edit: String,
    passes: usize,
}

const SCHEDULES: &str = "  scheduledActions:
  - scheduledActionName: night
    schedule: cron(0 23 * * ? *)
    scalableTargetAction: {minCapacity: 1}
";

const REQUESTS: &str = "  targetTracking:
  - policyName: busy
    targetValue: 1000
    predefinedMetricSpecification: {predefinedMetricType: ALBRequestCountPerTarget}
";

/// The objects of the story, with what the call is about.
fn objects(call: &Call) -> String {
    let beside = match call.feature {
        Some(Feature::Schedules) => SCHEDULES,
        None if call.action.ends_with(":DeleteScheduledAction") => SCHEDULES,
        Some(Feature::TargetGroups) => REQUESTS,
        _ if call.action.ends_with(":DescribeScalingActivities") => SCHEDULES,
        _ => "",
    };
    founding_objects().replace("  stepScaling:\n", &format!("{beside}  stepScaling:\n"))
}

/// The same, once everything is in place: a policy or a scheduled action has gone, or all of it.
fn objects_later(call: &Call) -> String {
    let now = objects(call);
    match call.action.split_once(':').map(|(_, operation)| operation) {
        Some("DeleteScalingPolicy") => now.replace(POLICY, "Another"),
        Some("DeleteScheduledAction") => now.replace(SCHEDULES, ""),
        Some("DeregisterScalableTarget") => now.replace("  stepScaling:\n", "  state: Absent\n  stepScaling:\n"),
        _ => now,
    }
}

async fn denied(call: &'static Call, way: Way) -> Row {
    let bench = Bench::founding().await;
    let key = TargetKey { scope: member(), service: search_api() };
    let needed = need(&key, call.action).unwrap();
    let everything = document(&[granting(&others(call)), granting(&[call.action])]);
    let put = |policy: &Value| bench.world.world().put_role_policy(&member_account(), ROLE, "search-ecs", policy);
    put(&everything).unwrap();
    if comes_later(call.action) {
        bench.converge(&mut bench.session(&objects(call)).await).await;
        bench.sleep(180).await;
    } else if call.action != "iam:CreateServiceLinkedRole" && call.action != "iam:GetRole" {
        let role = json!({"AWSServiceName": "ecs.application-autoscaling.amazonaws.com"});
        let now = bench.clock.now();
        bench.world.world().call_as_admin(&member(), AwsService::Iam, "CreateServiceLinkedRole", role, now).unwrap();
    }
    prepare(&bench, call.action);
    let (own, boundary) = way.policies(&needed);
    put(&own).unwrap();
    if let Some(boundary) = boundary {
        let now = bench.clock.now();
        bench.world.world().put_boundary(&member_account(), ROLE, &boundary, now).unwrap();
    }
    let mut session = bench.session(&objects_later(call)).await;
    let before = bench.writes();
    let passed = bench.pass(&mut session).await;
    let findings = near_miss::find(&bench.policies(), &needed.request(), &[]);
    let nearest = findings.near_misses.first().and_then(|near| near.sid.as_deref());
    assert_eq!(nearest, way.to_blame(call), "{way:?} {}: {findings:#?}", call.action);
    if call.action == "iam:GetRole" {
        // Without it nothing but the role's standing is unknown.
        assert!(passed.kept.status.is_ready(), "{:#?}", passed.kept.status);
        let told = condition(&passed, ConditionType::ServiceLinkedRoleReady);
        let steps: Vec<String> = findings.steps.iter().map(near_miss::Step::sentence).collect();
        assert_eq!((told.status, told.reason), (ConditionStatus::Unknown, Reason::ServiceLinkedRoleNotSeen));
        assert!(told.message.contains(way.cause()) && told.message.contains(ROLE), "{told:#?}");
        // Where its own role may not be read either, no edit can be proved.
        assert!(
            told.hint == steps.join(" ") || told.fix.notes.iter().any(|n| n.contains("could not be read")),
            "{told:#?}"
        );
        return Row { action: call.action, way, edit: "(work goes on without it)".to_owned(), passes: 0 };
    }
    tells(&passed, &needed, way, &findings);
    if call.privilege == ecs_scaling::diagnose::needs::Privilege::ReadOnly {
        unread(&passed, &bench.written_since(before), call.action);
    }
    bench.mend(&findings.remedy());
    let passes = passes_until_ready(&bench, &mut session, call.action, way).await;
    Row { action: call.action, way, edit: findings.remedy_line().unwrap(), passes }
}

/// What Application Auto Scaling tries as well, before we do it.
const TRIED: [&str; 2] = ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"];

fn tells(passed: &Passed, needed: &Need, way: Way, findings: &Findings) {
    let told = condition(passed, ConditionType::PermissionsGranted);
    let what = format!("{way:?} {}: {} → {}", needed.call.action, told.message, told.hint);
    assert_eq!((told.status, told.reason), (ConditionStatus::False, Reason::AccessDenied), "{what}");
    assert!(told.message.contains(ROLE) && !told.message.contains("assumed-role"), "who: {what}");
    assert!(told.message.contains(needed.call.action), "the action: {what}");
    // Application Auto Scaling tries the writing of alarms as well, and says no reason.
    let is_reason_given = needed.call.caller != Caller::Probe && !TRIED.contains(&needed.call.action);
    assert!(!is_reason_given || told.message.contains(way.cause()), "the cause: {what}");
    let edit = findings.remedy_line().unwrap_or_else(|| panic!("no remedy: {what}"));
    assert!(told.hint.to_lowercase().contains(&edit.to_lowercase()), "the edit {edit:?}: {what}");
    let resource = needed.resource.trim_end_matches('*');
    assert!(told.message.contains(resource) || told.hint.contains(resource), "the resource {resource}: {what}");
    if let Some(near) = findings.near_misses.first() {
        assert!(told.message.contains(&near.lacks), "what the nearest statement lacks: {what}");
    }
}

/// What could not be read is unknown and never absent.
fn unread(passed: &Passed, written: &[String], action: &str) {
    let unknown = |kind| {
        said(passed, kind) == (ConditionStatus::Unknown, Reason::AccessDenied)
            || said(passed, kind) == (ConditionStatus::Unknown, Reason::ReadFailed)
    };
    let (kind, forbidden): (_, &[&str]) = match action {
        "application-autoscaling:DescribeScalingPolicies" => (ConditionType::PoliciesSynced, &["PutScalingPolicy"]),
        "application-autoscaling:DescribeScheduledActions" => (ConditionType::SchedulesSynced, &[]),
        "elasticloadbalancing:DescribeTargetGroups" => (ConditionType::PoliciesSynced, &[]),
        "ecs:DescribeServices" => {
            (ConditionType::ServiceFound, &["RegisterScalableTarget", "PutScalingPolicy", "PutMetricAlarm"])
        }
        "cloudwatch:DescribeAlarms" | "cloudwatch:ListTagsForResource" => {
            (ConditionType::AlarmsSynced, &["PutMetricAlarm"])
        }
        _ => (ConditionType::TargetSynced, &["RegisterScalableTarget"]),
    };
    assert!(unknown(kind), "{action}: {kind} {:?}", said(passed, kind));
    assert!(!written.iter().any(|operation| forbidden.contains(&operation.as_str())), "{action}: {written:?}");
}

async fn passes_until_ready(bench: &Bench, session: &mut Session, action: &str, way: Way) -> usize {
    for passes in 1..=4 {
        bench.sleep(61).await;
        let passed = bench.pass(session).await;
        if passed.kept.status.is_ready() {
            bench.converge(session).await;
            return passes;
        }
        assert!(passes < 4, "{way:?} {action} never ends: {:#?}", passed.kept.status);
    }
    unreachable!()
}

#[tokio::test(start_paused = true)]
async fn each_needed_action_denied_in_each_way_is_explained_and_its_edit_applied_to_the_letter_ends_it() {
    let mut table = String::new();
    for call in CALLS.iter().filter(|call| !call.feature.is_some_and(Feature::is_of_person)) {
        for way in WAYS {
            let Row { action, way, edit, passes } = Box::pin(denied(call, way)).await;
            writeln!(table, "{action:<50} {:<15} {passes}  {edit}", format!("{way:?}")).unwrap();
        }
    }
    println!("{:<50} {:<15} passes until Ready, edit\n{table}", "ACTION", "DENIED BY");
}
