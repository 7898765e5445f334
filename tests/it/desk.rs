//! What an account's desk keeps together: denied calls by a schedule, and the service-linked role.
//!
//! The tags of every resource are read round and round, which is most of an hour's work here: tests under which resources
//! come to be have few objects.

use std::time::Duration;

use ecs_scaling::api::status::{ConditionStatus, ConditionType};
use ecs_scaling::aws::Limits;
use ecs_scaling_sandbox::founding::{ROLE, member};
use ecs_scaling_sandbox::{ServiceSeed, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::{Bench, SEARCH_API, start};
use crate::member::{Loop, assert_no_secret, member_account};

const MANY: usize = 50;
const FEW: usize = 3;
const HALF_AN_HOUR: Duration = Duration::from_secs(1800);
const TWO_HOURS: Duration = Duration::from_secs(7200);
/// Of one pattern in two hours: four at once at the start, one a minute for ten minutes, one in five for the rest.
const MOST: u64 = 4 + 11 + 23;
/// Sweeps in two hours, each up to a tenth early.
const SWEEPS: u64 = 134;

const READS: [(&str, &str); 4] = [
    ("application-autoscaling:DescribeScalableTargets", "DescribeScalableTargets"),
    ("application-autoscaling:DescribeScalingPolicies", "DescribeScalingPolicies"),
    ("cloudwatch:DescribeAlarms", "DescribeAlarms"),
    ("ecs:DescribeServices", "DescribeServices"),
];

/// Services in one account and as many objects, by a role that may do everything.
async fn services(count: usize) -> (Bench, String) {
    let (clock, mut world) = (start(), World::new());
    world.plant_founding_story(clock.now()).unwrap();
    world.put_role_policy(&member_account(), ROLE, "search-ecs", &everything_but(&[])).unwrap();
    let object = |i: usize| {
        let named = SEARCH_API.replace("search-api", &format!("api-{i:02}"));
        named.replace("ECSPersonalScaleOutAlarmProd", &format!("api-{i:02}"))
    };
    for i in 0..count {
        world.add_service(&member(), "B", &ServiceSeed::new(&format!("api-{i:02}"), 2), clock.now());
    }
    let key = world.credentials_for_role(&member_account(), ROLE, "it").unwrap().access_key_id;
    let yaml: Vec<String> = (0..count).map(object).collect();
    (Bench::over(world, clock, Limits::none(), &key).await, yaml.join("---\n"))
}

/// What the role may do: everything, but for these actions.
fn everything_but(actions: &[&str]) -> Value {
    let mut statements = vec![json!({"Effect": "Allow", "Action": "*", "Resource": "*"})];
    if !actions.is_empty() {
        statements.push(json!({"Effect": "Deny", "Action": actions, "Resource": "*"}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn put(bench: &Bench, policy: &Value) {
    bench.world.world().put_role_policy(&member_account(), ROLE, "search-ecs", policy).unwrap();
}

/// When a write was refused last.
fn last_refused(bench: &Bench, operation: &str) -> Timestamp {
    let records = bench.records_since(0).into_iter();
    let refused = records.filter(|record| record.call.operation == operation && record.result.is_err());
    refused.map(|record| record.at).next_back().expect("a refused call")
}

/// Runs under a denial.
async fn denied(count: usize, actions: &[&str], how_long: Duration) -> (Bench, Loop) {
    let (bench, yaml) = services(count).await;
    put(&bench, &everything_but(actions));
    let running = bench.run(&yaml);
    tokio::time::sleep(how_long).await;
    assert_eq!(running.count(ConditionType::PermissionsGranted, ConditionStatus::False), count, "{actions:?}");
    assert_eq!(running.count(ConditionType::Stalled, ConditionStatus::True), count, "{actions:?}");
    assert!(bench.calls("SimulatePrincipalPolicy") <= 4 * 13, "an edit is proved for all objects at once");
    assert!(bench.calls("GetRolePolicy") <= 121, "the role's policies are read for all objects at once");
    assert_no_secret(&bench, &running.json());
    (bench, running)
}

/// A write that is denied for two hours and then granted.
async fn is_probed_by_the_schedule(count: usize, action: &str, operation: &str) {
    let (bench, running) = denied(count, &[action], TWO_HOURS).await;
    let tried = bench.calls(operation);
    assert!((30..=MOST).contains(&tried), "{action}: {tried}");
    let (targets, services) = (bench.calls("DescribeScalableTargets"), bench.calls("DescribeServices"));
    let chunks = count.div_ceil(10) as u64;
    assert!(targets <= SWEEPS + 6 && services <= (SWEEPS + 6) * chunks, "reads for nothing: {targets}, {services}");
    // ack#2098: what waits for a person is still looked at, and still counted.
    let stalled = running.state.objects().into_iter().filter(|view| {
        view.status.condition(ConditionType::Stalled).is_some_and(|stalled| stalled.status == ConditionStatus::True)
    });
    assert_eq!(stalled.count(), count, "{action}");
    let next_probe = last_refused(&bench, operation) + SignedDuration::from_mins(5) - bench.clock.now();
    put(&bench, &everything_but(&[]));
    // The probe comes with the pass after it is due; the other objects follow with theirs.
    tokio::time::sleep(next_probe.try_into().unwrap_or_default()).await;
    tokio::time::sleep(Duration::from_secs(130)).await;
    assert_eq!(running.ready(), count, "{action}: at the next probe all are Ready");
    running.end().await;
}

#[tokio::test(start_paused = true)]
async fn fifty_objects_try_what_a_probe_of_awss_denies_by_the_schedule() {
    is_probed_by_the_schedule(MANY, "ecs:UpdateService", "RegisterScalableTarget").await;
}

#[tokio::test(start_paused = true)]
async fn objects_try_a_denied_write_by_the_schedule_and_not_each() {
    is_probed_by_the_schedule(FEW, "application-autoscaling:PutScalingPolicy", "PutScalingPolicy").await;
}

#[tokio::test(start_paused = true)]
async fn objects_wait_for_one_service_linked_role() {
    is_probed_by_the_schedule(FEW, "iam:CreateServiceLinkedRole", "CreateServiceLinkedRole").await;
}

#[tokio::test(start_paused = true)]
async fn fifty_objects_ask_for_denied_lists_by_the_schedule() {
    let (bench, running) = denied(MANY, &READS.map(|(action, _)| action), TWO_HOURS).await;
    for (action, operation) in READS {
        let tried = bench.calls(operation);
        println!("{operation}: {tried} calls in two hours");
        assert!((30..=MOST).contains(&tried), "{action}: {tried}");
    }
    assert_eq!(bench.writes(), 1, "the role; nothing else is written from what is not known");
    put(&bench, &everything_but(&[]));
    tokio::time::sleep(Duration::from_secs(300 + 130)).await;
    assert_eq!(running.ready(), MANY, "at the next probe all are Ready");
    running.end().await;
}

#[tokio::test(start_paused = true)]
async fn one_denied_list_alone_is_probed_by_the_schedule_and_the_others_are_read() {
    for (action, operation) in READS {
        let (bench, running) = denied(1, &[action], HALF_AN_HOUR).await;
        for (_, other) in READS {
            let (tried, is_denied) = (bench.calls(other), other == operation);
            println!("{operation} denied: {tried} times {other}");
            let expected = if is_denied { 13..=1 + 11 + 5 } else { 27..=34 + 6 };
            assert!(expected.contains(&tried), "{action}: {tried} times {other}");
        }
        running.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_who_has_granted_it_need_not_wait_for_the_probe() {
    for action in ["cloudwatch:DescribeAlarms", "ecs:UpdateService"] {
        let (bench, running) = denied(FEW, &[action], HALF_AN_HOUR).await;
        put(&bench, &everything_but(&[]));
        running.kick.notify_one();
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(running.ready() >= 1, "{action}: the probe goes at once");
        running.kick.notify_one();
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(running.ready(), FEW, "{action}");
        running.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn objects_ask_for_denied_tags_by_the_schedule() {
    let (bench, yaml) = services(FEW).await;
    let running = bench.run(&yaml);
    tokio::time::sleep(Duration::from_secs(90)).await;
    running.end().await;
    put(&bench, &everything_but(&["application-autoscaling:ListTagsForResource"]));
    bench.world.world().reset_counters();
    let running = bench.run(&yaml.replace("maxCapacity: 20", "maxCapacity: 21"));
    tokio::time::sleep(TWO_HOURS).await;
    running.end().await;
    let world = bench.world.world();
    let calls = world.counters().calls().iter();
    let of_it = calls.filter(|(key, _)| {
        key.service.iam_prefix() == "application-autoscaling" && key.operation == "ListTagsForResource"
    });
    let asked: u64 = of_it.map(|(_, count)| count).sum();
    assert!((30..=MOST).contains(&asked), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn two_denied_actions_that_differ_only_in_cluster_do_not_hide_each_other() {
    for action in ["ecs:DescribeServices", "ecs:UpdateService"] {
        let (bench, yaml) = services(1).await;
        let (now, clusters) = (bench.clock.now(), ["C", "D"]);
        let placed = |cluster: &str| {
            let (name, alarm) = (format!("name: in-{}", cluster.to_lowercase()), format!("alarmName: {cluster}"));
            let named = yaml.replace("alarmName: api-00", &alarm).replacen("  name: api-00", &format!("  {name}"), 1);
            named.replace("cluster: B", &format!("cluster: {cluster}"))
        };
        for cluster in clusters {
            bench.world.world().add_service(&member(), cluster, &ServiceSeed::new("api-00", 2), now);
        }
        let on = |cluster: &str| format!("arn:aws:ecs:*:*:service/{cluster}/*");
        let mut policy = everything_but(&[action]);
        policy["Statement"][1]["Resource"] = json!([on("C"), on("D")]);
        put(&bench, &policy);
        let running = bench.run(&[yaml.clone(), placed("C"), placed("D")].join("---\n"));
        tokio::time::sleep(Duration::from_secs(300)).await;
        assert_eq!(running.ready(), 1, "{action}: cluster B is allowed");
        for cluster in clusters {
            let view =
                running.state.objects().into_iter().find(|view| view.desired.service.cluster.as_str() == cluster);
            let status = view.expect("the object").status;
            let said = status.condition(ConditionType::PermissionsGranted).expect("what is missing");
            assert!(said.message.contains(action) || said.hint.contains(action), "{action}: {said:#?}");
            // Of what Application Auto Scaling tries by itself, AWS names no resource.
            let names_it = said.message.contains(&format!("service/{cluster}/")) || action == "ecs:UpdateService";
            assert!(names_it, "{action} in {cluster}: {said:#?}");
        }
        // One is granted: it alone becomes Ready.
        policy["Statement"][1]["Resource"] = json!([on("D")]);
        put(&bench, &policy);
        tokio::time::sleep(Duration::from_secs(130)).await;
        let ready = running.state.objects().into_iter().filter(|view| view.status.is_ready());
        let ready: Vec<String> = ready.map(|view| view.desired.service.cluster.to_string()).collect();
        assert_eq!(ready, ["B", "C"], "{action}");
        running.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_of_one_alarm_holds_no_other_back() {
    const SERVICES: usize = 12;
    let (bench, yaml) = services(SERVICES).await;
    let mut policy = everything_but(&["cloudwatch:PutMetricAlarm"]);
    policy["Statement"][1]["Resource"] =
        json!(["arn:aws:cloudwatch:*:*:alarm:api-00", "arn:aws:cloudwatch:*:*:alarm:api-01"]);
    put(&bench, &policy);
    let running = bench.run(&yaml);
    tokio::time::sleep(Duration::from_secs(190)).await;
    assert_eq!(running.ready(), SERVICES - 2, "all but the two whose alarms are denied");
    let denied = running.state.objects().into_iter().find(|view| !view.status.is_ready()).expect("one that is denied");
    let said = denied.status.condition(ConditionType::PermissionsGranted).expect("what is missing");
    assert!(said.message.contains("statement 2 of policy search-ecs"), "the Deny is found: {said:#?}");
    let refused = |bench: &Bench| {
        let records = bench.records_since(0).into_iter();
        records.filter(|record| record.call.operation == "PutMetricAlarm" && record.result.is_err()).count()
    };
    let before = refused(&bench);
    tokio::time::sleep(HALF_AN_HOUR).await;
    let (asked, most) = (refused(&bench) - before, 2 * (10 + 5));
    assert!((10..=most).contains(&asked), "{asked}: each by its own schedule");
    // One is granted: it alone becomes Ready, at its next probe.
    policy["Statement"][1]["Resource"] = json!("arn:aws:cloudwatch:*:*:alarm:api-01");
    put(&bench, &policy);
    tokio::time::sleep(Duration::from_secs(310)).await;
    assert_eq!(running.ready(), SERVICES - 1);
    running.end().await;
}
