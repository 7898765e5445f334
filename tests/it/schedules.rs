//! Scheduled actions in virtual time: windows open and close, and the controller does not fight them.

use ecs_scaling::api::resource::{Metadata, Resource};
use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::api::types::API_VERSION;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling_sandbox::Fault;
use ecs_scaling_sandbox::autoscaling::ScheduledAction;
use ecs_scaling_sandbox::founding::search_api;
use serde_json::json;

use crate::harness::{Bench, SEARCH_API, condition, desired, home, said};
use crate::somebody::on_target;

/// By day 10 to 40 from 10:00 on, by night 1 to 5 from 20:00 on; the spec says 2 to 20, and the world begins at 09:00.
const SCHEDULES: &str = "  scheduledActions:
  - scheduledActionName: day
    schedule: cron(0 19 ? * MON-FRI *)
    timezone: Asia/Seoul
    scalableTargetAction: {minCapacity: 10, maxCapacity: 40}
  - scheduledActionName: night
    schedule: cron(0 20 * * ? *)
    endTime: \"2030-01-01T00:00:00Z\"
    scalableTargetAction: {minCapacity: 1, maxCapacity: 5}
";

const MINUTES: u64 = 60;
const HOURS: u64 = 3600;

fn with_schedules() -> String {
    SEARCH_API.replace("  stepScaling:\n", &format!("{SCHEDULES}  stepScaling:\n"))
}

fn range(bench: &Bench) -> (i32, i32) {
    let range = bench.target().range;
    (range.min(), range.max())
}

/// A bench on which everything is in place, at five minutes past ten: inside the day's window.
async fn inside_the_window() -> Bench {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&with_schedules()).await).await;
    bench.sleep(65 * MINUTES).await;
    bench.somebody(AwsService::ApplicationAutoScaling, "DescribeScalableTargets", json!({"ServiceNamespace": "ecs"}));
    assert_eq!(range(&bench), (10, 40), "the sandbox plays time with a call");
    bench
}

#[tokio::test(start_paused = true)]
async fn schedules_are_made_last_with_every_parameter_and_a_second_pass_writes_nothing() {
    let bench = Bench::new().await;
    let mut session = bench.session(&with_schedules()).await;
    bench.converge(&mut session).await;
    let written = bench.written_since(0);
    let expected =
        ["RegisterScalableTarget", "PutScalingPolicy", "PutMetricAlarm", "PutScheduledAction", "PutScheduledAction"];
    assert_eq!(written, expected); // S-106
    let target = bench.target();
    assert_eq!(target.tags["ecs-scaling.dev/range"], "2-20");
    assert_eq!(target.tags["ecs-scaling.dev/schedules"].split(' ').count(), 2);
    let night = &target.scheduled_actions["night"];
    assert_eq!((night.timezone.as_deref(), night.min, night.max), (Some("UTC"), Some(1), Some(5)));
    // S-043: what is taken out of the object is deleted, the zone by sending UTC; the rest is sent again.
    let yaml = with_schedules()
        .replace("    timezone: Asia/Seoul\n", "")
        .replace("    endTime: \"2030-01-01T00:00:00Z\"\n", "");
    let before = bench.writes();
    bench.sleep(60).await;
    bench.converge(&mut bench.session(&yaml).await).await;
    assert_eq!(bench.written_since(before), ["PutScheduledAction", "PutScheduledAction"]);
    let target = bench.target();
    assert_eq!(target.scheduled_actions["night"].end, None);
    assert_eq!(target.scheduled_actions["day"].timezone.as_deref(), Some("UTC"));
}

// S-095, S-096: order, spelling and defaults are no difference.
#[tokio::test(start_paused = true)]
async fn another_spelling_and_order_never_cause_a_write() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&with_schedules()).await).await;
    let (day, night) = SCHEDULES.split_once("  - scheduledActionName: night").unwrap();
    let (head, day) = day.split_once('\n').unwrap();
    let other = format!("{head}\n  - scheduledActionName: night{night}{day}")
        .replace("cron(0 19 ? * MON-FRI *)", "cron( 00 19 ? 1-12 mon,tue,wed,thu,fri )")
        .replace("cron(0 20 * * ? *)", "cron(0 20 ? * * *)\n    timezone: UTC");
    let yaml = SEARCH_API.replace("  stepScaling:\n", &format!("{other}  stepScaling:\n"));
    let before = bench.writes();
    bench.sleep(60).await;
    bench.converge(&mut bench.session(&yaml).await).await;
    assert_eq!(bench.written_since(before), [""; 0]);
}

// S-045: tfecs#422, tf#17100
#[tokio::test(start_paused = true)]
async fn a_window_opens_and_closes_and_is_not_fought() {
    let bench = Bench::new().await;
    let mut session = bench.session(&with_schedules()).await;
    bench.converge(&mut session).await;
    let before = bench.writes();
    let mut seen = Vec::new();
    for _ in 0..(24 * 12) {
        bench.sleep(5 * MINUTES).await;
        let passed = bench.pass(&mut session).await;
        assert!(passed.kept.status.is_ready(), "{:#?}", passed.kept.status);
        seen.push(range(&bench));
    }
    seen.dedup();
    assert_eq!(seen, [(2, 20), (10, 40), (1, 5)]);
    assert_eq!(bench.written_since(before), [""; 0]);
    assert_eq!(bench.calls("DescribeScalingActivities"), 0, "our reckoning explains everything");
}

#[tokio::test(start_paused = true)]
async fn the_status_says_what_rules_and_what_comes_next_on_both_clocks() {
    let bench = inside_the_window().await;
    let passed = bench.pass(&mut bench.session(&with_schedules()).await).await;
    let schedule = passed.kept.status.schedule.clone().unwrap();
    let (last, next) = (schedule.last.unwrap(), schedule.next.unwrap());
    assert_eq!((&*last.scheduled_action_name, &*last.local_time), ("day", "2026-03-02 19:00:00 Asia/Seoul"));
    assert_eq!(last.time.to_string(), "2026-03-02T10:00:00Z");
    assert_eq!((&*next.scheduled_action_name, &*next.local_time), ("night", "2026-03-02 20:00:00 UTC"));
    assert_eq!((next.min_capacity, next.max_capacity), (Some(1), Some(5)));
    // S-047: the reply to a put has no ARN; the next read has.
    let arns: Vec<&str> = passed.kept.status.resources.iter().filter_map(|resource| resource.arn.as_deref()).collect();
    let is_of_day = |arn: &&&str| arn.ends_with(":resource/ecs/service/B/search-api:scheduledActionName/day");
    assert_eq!(arns.iter().filter(is_of_day).count(), 1, "{arns:?}");
}

/// What `describe` says of min and max, of the last firing and of the next.
async fn told(bench: &Bench, yaml: &str) -> Vec<String> {
    let mut session = bench.session(yaml).await;
    let status = bench.pass(&mut session).await.kept.status;
    let item = Resource {
        api_version: API_VERSION.to_owned(),
        kind: "ServiceScaling".to_owned(),
        metadata: Metadata {
            namespace: "default".to_owned(),
            name: "search-api".to_owned(),
            labels: Default::default(),
            generation: 1,
            source: "a.yaml:1:1".to_owned(),
        },
        spec: desired(yaml).services.into_values().next().unwrap().spec,
        status,
        target: None,
        last_plan: None,
    };
    let text = ecs_scaling::cli::description(&item, bench.clock.now()).unwrap();
    let is_told =
        |line: &&str| ["In force", "Last schedule", "Next schedule"].iter().any(|title| line.starts_with(title));
    text.lines().filter(is_told).map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn describe_says_who_set_min_and_max_and_what_comes_next() {
    const NEXT: &str = "Next schedule: night at 2026-03-02 20:00:00 UTC (2026-03-02T20:00:00Z): min 1, max 5";
    const LAST: &str = "Last schedule: day at 2026-03-02 19:00:00 Asia/Seoul (2026-03-02T10:00:00Z): min 10, max 40";
    let bench = inside_the_window().await;
    let in_force = "In force:    min 10 by the scheduled action day, max 40 by the scheduled action day";
    assert_eq!(told(&bench, &with_schedules()).await, [in_force, LAST, NEXT]);
    // An edit of one of the two inside the window.
    let edited = with_schedules().replace("minCapacity: 2\n", "minCapacity: 4\n");
    bench.sleep(60).await;
    bench.converge(&mut bench.session(&edited).await).await;
    let in_force = "In force:    min 4 by the object, max 40 by the scheduled action day";
    assert_eq!(told(&bench, &edited).await, [in_force, LAST, NEXT]);
    // A value of nobody's, which waits for AWS's record.
    bench.deny("application-autoscaling:DescribeScalingActivities");
    bench.register(json!({"MinCapacity": 3}));
    bench.sleep(60).await;
    let in_force = "In force:    min 3 by neither the object nor a scheduled action that is there now, max 40 by the \
                    scheduled action day";
    assert_eq!(told(&bench, &edited).await, [in_force, LAST, NEXT]);
}

// S-045: AWS takes days of the week by number, which are read in two ways; what such a schedule did cannot be told.
#[tokio::test(start_paused = true)]
async fn beside_a_foreign_schedule_that_cannot_be_read_a_stray_value_is_left_alone_and_said() {
    let bench = inside_the_window().await;
    let mut session = bench.session(&with_schedules()).await;
    bench.converge(&mut session).await;
    let foreign = |schedule: &str| {
        let mut world = bench.world.world();
        let target = world.cloud.scope_mut(&home()).targets.get_mut(&search_api()).unwrap();
        let action = ScheduledAction { schedule: schedule.to_owned(), ..target.scheduled_actions["night"].clone() };
        target.scheduled_actions.insert("theirs".to_owned(), action);
    };
    foreign("cron(0 8 ? * 2 *)");
    bench.register(json!({"MinCapacity": 3, "MaxCapacity": 33}));
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!((written, range(&bench)), (vec![], (3, 33)));
    assert_eq!(said(&passed, ConditionType::TargetSynced), (ConditionStatus::False, Reason::TargetHasSchedules));
    assert!(condition(&passed, ConditionType::TargetSynced).message.contains("cannot be read"));
    // Once it can be read, the day's values are put back.
    foreign("cron(0 8 ? * MON *)");
    let (_, written) = bench.next_pass(&mut session).await;
    assert_eq!((written, range(&bench)), (vec!["RegisterScalableTarget".to_owned()], (10, 40)));
}

#[tokio::test(start_paused = true)]
async fn an_edit_inside_a_window_is_applied_once_and_never_again() {
    let bench = inside_the_window().await;
    let yaml = with_schedules().replace("minCapacity: 2\n", "minCapacity: 4\n");
    let before = bench.writes();
    bench.converge(&mut bench.session(&yaml).await).await;
    assert_eq!(bench.written_since(before), ["RegisterScalableTarget", "TagResource"]);
    assert_eq!(range(&bench), (4, 40), "what the window did to max stays");
    assert!(bench.target().tags["ecs-scaling.dev/range"].starts_with("4-20 2026-03-02T10:"));
    // The night, the next day's window, and a restart in it: all as the schedules say.
    let before = bench.writes();
    for hours in [10, 14] {
        bench.sleep(hours * HOURS).await;
        bench.converge(&mut bench.session(&yaml).await).await;
    }
    assert_eq!((range(&bench), bench.written_since(before)), ((10, 40), vec![]));
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_crashed_before_its_note_is_noted_and_not_repeated() {
    let bench = inside_the_window().await;
    let yaml = with_schedules().replace("minCapacity: 2\n", "minCapacity: 4\n");
    bench.fail("TagResource", 1, Fault::Throttle);
    bench.pass(&mut bench.session(&yaml).await).await;
    assert_eq!(range(&bench), (4, 40));
    bench.sleep(60).await;
    let before = bench.writes();
    bench.converge(&mut bench.session(&yaml).await).await;
    assert_eq!(bench.written_since(before), ["TagResource"]);
}

#[tokio::test(start_paused = true)]
async fn a_restart_inside_a_window_changes_nothing() {
    let bench = inside_the_window().await;
    let before = bench.writes();
    bench.converge(&mut bench.session(&with_schedules()).await).await;
    assert_eq!(bench.written_since(before), [""; 0]);
    assert_eq!(range(&bench), (10, 40));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_nobody_asked_for_is_put_back_to_what_ruled() {
    let bench = inside_the_window().await;
    let mut session = bench.session(&with_schedules()).await;
    bench.converge(&mut session).await;
    bench.register(json!({"MinCapacity": 3, "MaxCapacity": 33}));
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!((written, range(&bench)), (vec!["RegisterScalableTarget".to_owned()], (10, 40)));
    assert!(passed.kept.status.is_ready());
    bench.next_pass(&mut session).await;
    assert_eq!(bench.calls("DescribeScalingActivities"), 1, "one call for one stray value");
    // Before any window: the spec's.
    let bench = Bench::new().await;
    let mut session = bench.session(&with_schedules()).await;
    bench.converge(&mut session).await;
    bench.register(json!({"MinCapacity": 3, "MaxCapacity": 33}));
    bench.next_pass(&mut session).await;
    assert_eq!(range(&bench), (2, 20));
}

#[tokio::test(start_paused = true)]
async fn what_awss_record_explains_stays_and_is_asked_for_once() {
    let bench = inside_the_window().await;
    // The day's values are edited after it ran: what it did then is still its work.
    let yaml = with_schedules().replace("minCapacity: 10, maxCapacity: 40", "minCapacity: 12, maxCapacity: 44");
    let mut session = bench.session(&yaml).await;
    let before = bench.writes();
    bench.converge(&mut session).await;
    for _ in 0..5 {
        bench.next_pass(&mut session).await;
    }
    assert_eq!(bench.written_since(before), ["PutScheduledAction"]);
    assert_eq!((range(&bench), bench.calls("DescribeScalingActivities")), ((10, 40), 1));
}

#[tokio::test(start_paused = true)]
async fn without_awss_record_a_stray_value_is_left_alone_and_said() {
    let bench = inside_the_window().await;
    let mut session = bench.session(&with_schedules()).await;
    bench.converge(&mut session).await;
    bench.deny("application-autoscaling:DescribeScalingActivities");
    bench.register(json!({"MinCapacity": 3, "MaxCapacity": 33}));
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!((written, range(&bench)), (vec![], (3, 33)));
    assert_eq!(said(&passed, ConditionType::TargetSynced), (ConditionStatus::Unknown, Reason::AccessDenied));
}

#[tokio::test(start_paused = true)]
async fn right_after_a_firing_a_late_answer_is_no_stray_value() {
    let bench = Bench::new().await;
    let mut session = bench.session(&with_schedules()).await;
    bench.converge(&mut session).await;
    bench.world.world().set_read_lag(std::time::Duration::from_secs(45));
    let before = bench.writes();
    for _ in 0..(12 * 60) {
        bench.sleep(60).await;
        bench.pass(&mut session).await;
    }
    assert_eq!(bench.written_since(before), [""; 0]);
    assert_eq!(range(&bench), (1, 5));
}

// S-045: those of others count as ours do, and stay.
#[tokio::test(start_paused = true)]
async fn schedules_of_others_are_obeyed_and_left_alone() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    let foreign = json!({
        "ScheduledActionName": "theirs", "Schedule": "at(2026-03-02T10:00:00)",
        "ScalableTargetAction": {"MinCapacity": 6, "MaxCapacity": 9}
    });
    bench.somebody(AwsService::ApplicationAutoScaling, "PutScheduledAction", on_target(foreign));
    bench.converge(&mut session).await;
    bench.sleep(2 * HOURS).await;
    let before = bench.writes();
    bench.converge(&mut session).await;
    assert_eq!((range(&bench), bench.written_since(before)), ((6, 9), vec![]));
    // One of theirs with the name of one of ours is a conflict.
    let yaml = with_schedules().replace("scheduledActionName: day", "scheduledActionName: theirs");
    let passed = bench.pass(&mut bench.session(&yaml).await).await;
    assert_eq!(said(&passed, ConditionType::SchedulesSynced), (ConditionStatus::False, Reason::Conflict));
    let theirs = bench.target().scheduled_actions["theirs"].clone();
    assert_eq!((theirs.min, theirs.max), (Some(6), Some(9)));
    // Unless it is to be taken over.
    let adopting = yaml.replace("  cluster: B\n", "  cluster: B\n  adoption: Unowned\n");
    bench.sleep(60).await;
    bench.converge(&mut bench.session(&adopting).await).await;
    assert_eq!(bench.target().scheduled_actions["theirs"].min, Some(10));
}

#[tokio::test(start_paused = true)]
async fn a_schedule_changed_by_hand_is_put_back() {
    let bench = Bench::new().await;
    let mut session = bench.session(&with_schedules()).await;
    bench.converge(&mut session).await;
    let change = json!({"ScheduledActionName": "night", "Schedule": "cron(0 21 * * ? *)"});
    bench.somebody(AwsService::ApplicationAutoScaling, "PutScheduledAction", on_target(change));
    let (_, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, ["PutScheduledAction"]);
    let night = bench.target().scheduled_actions["night"].clone();
    assert_eq!((&*night.schedule, night.end.is_some()), ("cron(0 20 * * ? *)", true));
}
