//! What an account's desk keeps together: denied calls by a schedule, and the service-linked role.

use std::time::Duration;

use ecs_scaling::api::status::{ConditionStatus, ConditionType};
use ecs_scaling::aws::Limits;
use ecs_scaling_sandbox::counters::{CallKey, CallRecord};
use ecs_scaling_sandbox::founding::{ROLE, member};
use ecs_scaling_sandbox::{ServiceSeed, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::{Bench, SEARCH_API, start};
use crate::member::{assert_no_secret, member_account};

const OBJECTS: usize = 50;
const HOUR: Duration = Duration::from_secs(3600);

/// Fifty services in one account and as many objects, by a role that may do everything.
async fn fifty() -> (Bench, String) {
    let (clock, mut world) = (start(), World::new());
    world.plant_founding_story(clock.now()).unwrap();
    world.put_role_policy(&member_account(), ROLE, "search-ecs", &everything_but(None)).unwrap();
    let object = |i: usize| {
        let named = SEARCH_API.replace("search-api", &format!("api-{i:02}"));
        named.replace("ECSPersonalScaleOutAlarmProd", &format!("api-{i:02}"))
    };
    for i in 0..OBJECTS {
        world.add_service(&member(), "B", &ServiceSeed::new(&format!("api-{i:02}"), 2), clock.now());
    }
    let key = world.credentials_for_role(&member_account(), ROLE, "it").unwrap().access_key_id;
    let yaml: Vec<String> = (0..OBJECTS).map(object).collect();
    (Bench::over(world, clock, Limits::none(), &key).await, yaml.join("---\n"))
}

fn refused(bench: &Bench, operation: &str) -> Vec<Timestamp> {
    let refused = |record: &CallRecord| record.call.operation == operation && record.result.is_err();
    bench.records_since(0).into_iter().filter(refused).map(|record| record.at).collect()
}

/// What the role may do: everything, but for one action.
fn everything_but(action: Option<&str>) -> Value {
    let mut statements = vec![json!({"Effect": "Allow", "Action": "*", "Resource": "*"})];
    statements.extend(action.map(|action| json!({"Effect": "Deny", "Action": action, "Resource": "*"})));
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn put(bench: &Bench, policy: &Value) {
    bench.world.world().put_role_policy(&member_account(), ROLE, "search-ecs", policy).unwrap();
}

/// Runs an hour under a denial, then takes it back: how many refused calls, and how soon all are Ready.
async fn an_hour_denied(action: &str, operation: &str) -> Vec<Timestamp> {
    let (bench, yaml) = fifty().await;
    put(&bench, &everything_but(Some(action)));
    let running = bench.run(&yaml);
    tokio::time::sleep(HOUR).await;
    let refused = refused(&bench, operation);
    assert_eq!(running.count(ConditionType::PermissionsGranted, ConditionStatus::False), OBJECTS, "{action}");
    assert_eq!(running.count(ConditionType::Stalled, ConditionStatus::True), OBJECTS, "{action}");
    assert!(bench.calls("SimulatePrincipalPolicy") <= 7, "an edit is proved for all objects at once");
    assert!(bench.calls("GetRolePolicy") <= 61, "the role's policies are read for all objects at once");
    assert_no_secret(&bench, &running.json());
    put(&bench, &everything_but(None));
    let last = *refused.last().expect("a refused call");
    let next_probe = last + SignedDuration::from_mins(5) - bench.clock.now();
    // The probe comes with the pass after it is due; the other objects follow with theirs.
    tokio::time::sleep(next_probe.try_into().unwrap_or_default()).await;
    tokio::time::sleep(Duration::from_secs(70)).await;
    let ready = running.ready();
    assert_eq!(ready, OBJECTS, "{action}: at the next probe all are Ready");
    running.end().await;
    refused
}

/// Four at once at the start, one a minute for ten minutes, one in five for the other fifty.
async fn is_probed_by_the_schedule(action: &str, operation: &str) {
    let refused = an_hour_denied(action, operation).await;
    assert!((18..=4 + 11 + 10).contains(&refused.len()), "{action}: {refused:#?}");
}

#[tokio::test(start_paused = true)]
async fn fifty_objects_try_a_denied_write_by_the_schedule_and_not_each() {
    is_probed_by_the_schedule("application-autoscaling:PutScalingPolicy", "PutScalingPolicy").await;
}

#[tokio::test(start_paused = true)]
async fn fifty_objects_try_what_a_probe_of_awss_denies_by_the_schedule() {
    is_probed_by_the_schedule("ecs:UpdateService", "RegisterScalableTarget").await;
}

#[tokio::test(start_paused = true)]
async fn fifty_objects_wait_for_one_service_linked_role() {
    is_probed_by_the_schedule("iam:CreateServiceLinkedRole", "CreateServiceLinkedRole").await;
}

/// How often an hour of a denied read asks for it.
async fn an_hour_unread(action: &str) -> u64 {
    let (bench, yaml) = fifty().await;
    let running = bench.run(&yaml);
    tokio::time::sleep(Duration::from_secs(90)).await;
    running.end().await;
    put(&bench, &everything_but(Some(action)));
    bench.world.world().reset_counters();
    let running = bench.run(&yaml.replace("maxCapacity: 20", "maxCapacity: 21"));
    tokio::time::sleep(HOUR).await;
    running.end().await;
    let (service, operation) = action.split_once(':').unwrap();
    let world = bench.world.world();
    let of_it = |key: &&CallKey| key.service.iam_prefix() == service && key.operation == operation;
    world.counters().calls().iter().filter(|(key, _)| of_it(key)).map(|(_, count)| count).sum()
}

#[tokio::test(start_paused = true)]
async fn fifty_objects_ask_for_a_denied_list_with_each_sweep_and_not_each() {
    let asked = an_hour_unread("application-autoscaling:DescribeScalingPolicies").await;
    assert!(asked <= 3 * 70, "{asked}: once a sweep, which is tried earlier while it fails");
}

#[tokio::test(start_paused = true)]
async fn fifty_objects_ask_for_denied_tags_by_the_schedule() {
    let asked = an_hour_unread("application-autoscaling:ListTagsForResource").await;
    assert!(asked <= 4 + 11 + 10, "{asked}");
}
