//! Why AWS scales or does not: its activities, read within a budget, as conditions, events and a list.

use std::time::Duration;

use ecs_scaling::api::status::{Condition, ConditionStatus, ConditionType, EventType, Reason, Status};
use ecs_scaling::model::capacity::SuspendedState;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::AccountId;
use ecs_scaling_sandbox::autoscaling::{Activity, NotScaledReason};
use ecs_scaling_sandbox::{DenialStyle, Fault, Load};
use serde_json::json;

use crate::estate::{Item, plant, yaml};
use crate::harness::{ACCOUNT, Bench, SEARCH_API, home, said};
use crate::harness_daemon::{Field, Running, Verdict};

const MINUTE: Duration = Duration::from_secs(60);
const OPERATION: &str = "DescribeScalingActivities";

/// One service, scaled by the daemon, at rest.
async fn one() -> (Field, Item, Running) {
    let field = Field::new();
    let item = Item { cooldown: 0, ..Item::new("api") };
    plant(&field, std::slice::from_ref(&item));
    let running = field.start(&yaml(std::slice::from_ref(&item))).await;
    running.until_ready(MINUTE).await;
    running.run(2 * MINUTE).await;
    (field, item, running)
}

/// From now on the service's tasks share this much CPU, in percent of one.
fn load(field: &Field, item: &Item, cpu: f64) {
    field.world.world().set_load(&item.scope(), &item.id(), Load { cpu, memory: 0.0 });
}

fn status(running: &Running) -> Status {
    running.view("api").status
}

fn condition(running: &Running, kind: ConditionType) -> Option<Condition> {
    status(running).condition(kind).cloned()
}

fn is_limited(running: &Running) -> bool {
    condition(running, ConditionType::ScalingLimited).is_some()
}

fn active(running: &Running) -> (ConditionStatus, Reason) {
    let active = condition(running, ConditionType::ScalingActive).expect("ScalingActive is there");
    (active.status, active.reason)
}

fn events(running: &Running, kind: EventType) -> Vec<String> {
    status(running).events.into_iter().filter(|event| event.kind == kind).map(|event| event.message).collect()
}

// paasta#500, ecs_deploy PR#78: an alert where a service is pinned at its maximum. S-054, S-084
#[tokio::test(start_paused = true)]
async fn a_service_pinned_at_its_maximum_is_limited_until_the_load_is_gone() {
    let (field, item, running) = one().await;
    assert_eq!(active(&running), (ConditionStatus::True, Reason::AsWanted));
    assert!(!is_limited(&running));
    load(&field, &item, 2000.0);
    running.until(15 * MINUTE, is_limited).await;
    let limited = condition(&running, ConditionType::ScalingLimited).unwrap();
    assert_eq!((limited.status, limited.reason), (ConditionStatus::True, Reason::AlreadyAtMaxCapacity));
    assert!(limited.message.contains("at the maximum of 10") && limited.message.contains("A-api-high"), "{limited:?}");
    assert!(limited.hint.contains("maxCapacity"), "{limited:?}");
    assert!(status(&running).is_ready(), "it is information");
    let scrape = running.metrics.scrape(&running.state).unwrap();
    let series = "ecs_scaling_status_condition{object=\"default/api\",reason=\"AlreadyAtMaxCapacity\",status=\"True\",\
                  type=\"ScalingLimited\"} 1";
    assert!(scrape.contains(series), "{scrape}");
    // AWS's record says the same, and is listed.
    running.until(3 * MINUTE, |running| !newest(running).not_scaled_reasons.is_empty()).await;
    assert_eq!(newest(&running).not_scaled_reasons, ["AlreadyAtMaxCapacity (max 10, current 10)"]);
    assert_eq!(newest(&running).cause, "monitor alarm A-api-high in state ALARM triggered policy out");
    let told = events(&running, EventType::Warning);
    assert!(told.iter().any(|message| message.starts_with("ScalingLimited is True")), "{told:?}");
    assert!(told.iter().any(|message| message.ends_with("AlreadyAtMaxCapacity (max 10, current 10)")), "{told:?}");
    load(&field, &item, 10.0);
    running.until(5 * MINUTE, |running| !is_limited(running)).await;
    assert!(events(&running, EventType::Normal).contains(&"ScalingLimited by the maximum is over".to_owned()));
    running.stop().await;
}

fn newest(running: &Running) -> ecs_scaling::api::status::ActivityStatus {
    status(running).activities.expect("activities were read").newest.first().cloned().expect("one activity")
}

// catalogue-pipeline PR#2293: AWS's own reason is shown.
#[tokio::test(start_paused = true)]
async fn a_failed_activity_is_said_in_awss_words_until_one_succeeds() {
    let (field, item, running) = one().await;
    let refuse = |reason: Option<&str>| {
        let mut world = field.world.world();
        let service = world.cloud.scope_mut(&item.scope()).service_mut(&item.id()).unwrap();
        service.refuses_scaling = reason.map(str::to_owned);
    };
    refuse(Some("The ECS service is not in a scalable state since it has an ACTIVE deployment."));
    load(&field, &item, 150.0);
    running.until(5 * MINUTE, |running| active(running).1 == Reason::ActivityFailed).await;
    let told = condition(&running, ConditionType::ScalingActive).unwrap();
    assert_eq!(told.status, ConditionStatus::False);
    assert!(told.message.contains("not in a scalable state since it has an ACTIVE deployment"), "{told:?}");
    assert!(told.message.contains("monitor alarm A-api-high") && !told.hint.is_empty(), "{told:?}");
    assert!(status(&running).is_ready());
    assert_eq!(newest(&running).status_code, "Failed");
    let warned = events(&running, EventType::Warning);
    assert!(warned.iter().any(|message| message.contains("not in a scalable state")), "{warned:?}");
    refuse(None);
    running.until(5 * MINUTE, |running| active(running).0 == ConditionStatus::True).await;
    assert_eq!(newest(&running).status_code, "Successful");
    running.stop().await;
}

// S-084: the reasons that only AWS's record tells.
#[tokio::test(start_paused = true)]
async fn what_only_awss_record_tells_is_said_as_long_as_it_is_new() {
    let (field, item, running) = one().await;
    let record = |code: &str| {
        let now = field.world.now();
        let mut world = field.world.world();
        world.cloud.scope_mut(&item.scope()).activities.push(Activity {
            id: code.to_owned(),
            service: item.id(),
            capacity: (2, 2),
            bounds: None,
            cause: "monitor alarm theirs in state ALARM triggered policy theirs".to_owned(),
            policy_arn: None,
            at: now,
            not_scaled_reasons: vec![NotScaledReason { code: code.to_owned(), max: None, min: None, current: Some(2) }],
            failure: None,
        });
    };
    record("TargetServicePutResourceAsUnscalable");
    let unscalable = (ConditionStatus::False, Reason::TargetServicePutResourceAsUnscalable);
    running.until(12 * MINUTE, |running| active(running) == unscalable).await;
    running.until(70 * MINUTE, |running| active(running).0 == ConditionStatus::True).await;
    record("AutoScalingAnticipatedFlapping");
    running.until(12 * MINUTE, is_limited).await;
    let limited = condition(&running, ConditionType::ScalingLimited).unwrap();
    assert_eq!(limited.reason, Reason::AutoScalingAnticipatedFlapping);
    assert_eq!(active(&running).0, ConditionStatus::True);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_denied_record_leaves_only_scaling_active_unknown_and_says_what_to_do() {
    let field = Field::new();
    let item = Item::new("api");
    plant(&field, std::slice::from_ref(&item));
    let action = "application-autoscaling:DescribeScalingActivities";
    field.world.world().deny(&AccountId::new(ACCOUNT), action, "*", DenialStyle::NoIdentityPolicy);
    let running = field.start(&yaml(std::slice::from_ref(&item))).await;
    running.until_ready(MINUTE).await;
    let denied = (ConditionStatus::Unknown, Reason::AccessDenied);
    running.until(3 * MINUTE, |running| active(running) == denied).await;
    let told = condition(&running, ConditionType::ScalingActive).unwrap();
    assert!(told.message.contains(action) && told.hint.contains(action), "{told:?}");
    assert!(status(&running).is_ready());
    let granted = condition(&running, ConditionType::PermissionsGranted).unwrap();
    assert_eq!(granted.status, ConditionStatus::True, "nothing that the object needs is denied");
    let start = field.tap.elapsed();
    running.run(10 * MINUTE).await;
    let probes = field.tap.count(start, start + 10 * MINUTE, |attempt| attempt.operation == OPERATION);
    assert!((1..=11).contains(&probes), "{probes} probes in ten minutes");
    field.world.world().allow(&AccountId::new(ACCOUNT), action);
    running.until(20 * MINUTE, |running| active(running).0 == ConditionStatus::True).await;
    running.stop().await;
}

/// How often activities were read, by minute and by object.
fn readings(field: &Field, from: Duration, to: Duration) -> (usize, std::collections::BTreeMap<String, usize>) {
    let all = field.tap.attempts();
    let all: Vec<_> = all.iter().filter(|a| a.operation == OPERATION && a.at >= from && a.at < to).collect();
    let most = all.iter().map(|first| {
        let within = |a: &&&crate::harness_daemon::Attempt| a.at >= first.at && a.at < first.at + MINUTE;
        all.iter().filter(within).count()
    });
    let mut by_object = std::collections::BTreeMap::new();
    for attempt in &all {
        let body: serde_json::Value = serde_json::from_str(&attempt.body).unwrap();
        *by_object.entry(body["ResourceId"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    (most.max().unwrap_or(0), by_object)
}

// S-054
#[tokio::test(start_paused = true)]
async fn activities_are_read_ten_times_a_minute_at_most_and_pressed_objects_first() {
    let field = Field::new();
    let items = Item::many(30);
    plant(&field, &items);
    let running = field.start(&yaml(&items)).await;
    running.until_ready(MINUTE).await;
    running.run(5 * MINUTE).await;
    let start = field.tap.elapsed();
    load(&field, &items[7], 2000.0); // to the maximum, and held there
    running.run(20 * MINUTE).await;
    let (most, by_object) = readings(&field, start, start + 20 * MINUTE);
    println!("30 objects in 20 minutes: {most} readings a minute at most, {by_object:?}");
    assert!(most <= 10, "{most} in a minute");
    let pressed = by_object[&items[7].id().resource_id()];
    assert!(pressed >= 15, "{pressed} readings of the pressed one");
    for item in items.iter().filter(|item| item.name != "s-7") {
        let count = by_object.get(&item.id().resource_id()).copied().unwrap_or_default();
        assert!((1..=3).contains(&count), "{}: {count} in twenty minutes", item.name);
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn no_activity_is_read_while_aws_throttles() {
    let (field, _, running) = one().await;
    field.tap.set(|_| Verdict::Go(Fault::Throttle));
    running.run(2 * MINUTE).await; // until that is noticed
    let start = field.tap.elapsed();
    running.run(15 * MINUTE).await;
    assert_eq!(field.tap.count(start, start + 15 * MINUTE, |attempt| attempt.operation == OPERATION), 0);
    field.tap.heal();
    running
        .until(20 * MINUTE, |running| {
            status(running).activities.is_some_and(|read| read.read_time > running.view("api").status.events[0].time)
        })
        .await;
    running.stop().await;
}

// tf#9945
#[tokio::test(start_paused = true)]
async fn what_keeps_a_service_from_scaling_is_said_from_what_is_seen_alone() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    bench.change_target(|target| {
        target.suspended = SuspendedState { dynamic_scaling_out_suspended: true, ..SuspendedState::default() };
    });
    let (passed, _) = bench.next_pass(&mut session).await;
    assert_eq!(said(&passed, ConditionType::ScalingActive), (ConditionStatus::False, Reason::ScalingSuspended));
    assert!(passed.kept.status.is_ready(), "the object leaves suspendedState as it is");
    let range = "apiVersion: ecs-scaling.dev/v1alpha1\nkind: ServiceScaling\nmetadata: {name: search-api}\n\
                 spec: {cluster: B, service: search-api, minCapacity: 2, maxCapacity: 20}\n";
    let bench = Bench::new().await;
    let mut session = bench.session(range).await;
    bench.converge(&mut session).await;
    let (passed, _) = bench.next_pass(&mut session).await;
    assert_eq!(said(&passed, ConditionType::ScalingActive), (ConditionStatus::False, Reason::NothingScales));
}

// S-050, cc#7067: an alarm that fires and is not heard.
#[tokio::test(start_paused = true)]
async fn an_alarm_that_fires_into_nothing_is_named() {
    let mut bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.settings.mode = ecs_scaling::api::desired::Mode::Observe;
    let mut session = bench.session(SEARCH_API).await;
    for is_gone in [true, false] {
        bench.change_alarm(|alarm| alarm.spec.actions_enabled = is_gone);
        if is_gone {
            bench.change_target(|target| target.policies.clear());
            let more = json!({"PolicyName": "other", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration":
                {"AdjustmentType": "ChangeInCapacity",
                 "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]}});
            let put = crate::somebody::on_target(more);
            bench.somebody(AwsService::ApplicationAutoScaling, "PutScalingPolicy", put);
        }
        let state = json!({"AlarmName": crate::harness::ALARM, "StateValue": "ALARM", "StateReason": "test"});
        bench.somebody(AwsService::CloudWatch, "SetAlarmState", state);
        let passed = bench.pass(&mut session).await;
        assert_eq!(said(&passed, ConditionType::ScalingActive), (ConditionStatus::False, Reason::AlarmNotHeard));
        let told = crate::harness::condition(&passed, ConditionType::ScalingActive);
        assert!(told.message.contains(if is_gone { "is gone" } else { "switched off" }), "{told:?}");
    }
}

// S-017
#[tokio::test(start_paused = true)]
async fn a_service_without_tasks_that_nothing_can_start_is_named() {
    let bench = Bench::new().await;
    let parked = SEARCH_API.replace("minCapacity: 2", "minCapacity: 0");
    let mut session = bench.session(&parked).await;
    bench.converge(&mut session).await;
    bench.somebody(
        AwsService::Ecs,
        "UpdateService",
        json!({"cluster": "B", "service": "search-api", "desiredCount": 0}),
    );
    let (passed, _) = bench.next_pass(&mut session).await;
    assert_eq!(said(&passed, ConditionType::ScalingActive), (ConditionStatus::False, Reason::NoMetricWithoutTasks));
    assert_eq!(bench.world.world().service(&home(), &crate::harness::search_api()).unwrap().running, 0);
}

// One cache: what a plan has asked for of scheduled actions is shown too, and not read again at once.
#[tokio::test(start_paused = true)]
async fn a_record_that_a_plan_has_read_is_shown_as_well() {
    let bench = Bench::new().await;
    let scheduled = SEARCH_API.replace(
        "  stepScaling:\n",
        "  scheduledActions:\n  - {scheduledActionName: night, schedule: cron(0 23 * * ? *), scalableTargetAction: \
         {minCapacity: 1}}\n  stepScaling:\n",
    );
    let mut session = bench.session(&scheduled).await;
    bench.converge(&mut session).await;
    let register = crate::somebody::on_target(json!({"MinCapacity": 3, "MaxCapacity": 33}));
    bench.somebody(AwsService::ApplicationAutoScaling, "RegisterScalableTarget", register);
    let (passed, _) = bench.next_pass(&mut session).await;
    let shown = passed.kept.status.activities.expect("the record was read");
    assert_eq!(shown.newest[0].cause, "minimum capacity was set to 3");
    assert_eq!((bench.calls(OPERATION), shown.read_time <= bench.clock.now()), (1, true));
}
