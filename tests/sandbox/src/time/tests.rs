//! Time played: the founding example, AWS's worked examples, and what must not happen.

use ecs_scaling::model::alarm::AlarmState;
use ecs_scaling::model::failure::AwsService::{self, ApplicationAutoScaling, CloudWatch, Ecs};
use ecs_scaling::model::names::{ScopeId, ServiceId};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::Load;
use crate::seed::{ServiceSeed, scope};
use crate::value::Value;
use crate::world::World;

/// One service on a scalable target, and the time.
struct Stage {
    world: World,
    scope: ScopeId,
    id: ServiceId,
    now: Timestamp,
}

/// `{lower, upper, adjustment}`, relative to the threshold.
type Step = (Option<f64>, Option<f64>, i32);

impl Stage {
    fn new(tasks: i32, min: i32, max: i32) -> Self {
        let now = "2026-11-25T10:00:00Z".parse().unwrap();
        let scope = scope("111122223333", "ap-northeast-2");
        let mut world = World::new();
        world.cloud.knobs.start_delay = std::time::Duration::from_secs(30);
        world.add_service(&scope, "B", &ServiceSeed::new("search-api", tasks), now);
        let mut stage = Self { world, scope, id: ServiceId::new("B", "search-api"), now };
        stage.register(json!({ "MinCapacity": min, "MaxCapacity": max }));
        stage
    }

    fn call(&mut self, service: AwsService, operation: &str, input: Json) -> Value {
        self.world.call_as_admin(&self.scope, service, operation, input, self.now).unwrap()
    }

    /// Calls Application Auto Scaling on the service.
    fn on_target(&mut self, operation: &str, mut input: Json) -> Value {
        input["ServiceNamespace"] = "ecs".into();
        input["ResourceId"] = self.id.resource_id().into();
        input["ScalableDimension"] = "ecs:service:DesiredCount".into();
        self.call(ApplicationAutoScaling, operation, input)
    }

    fn register(&mut self, input: Json) {
        self.on_target("RegisterScalableTarget", input);
    }

    /// Puts a policy; its ARN.
    fn policy(&mut self, name: &str, adjustment_type: &str, cooldown: i32, steps: &[Step]) -> String {
        let step = |(lower, upper, adjustment): &Step| {
            let mut step = json!({ "ScalingAdjustment": adjustment });
            let bounds = [("MetricIntervalLowerBound", lower), ("MetricIntervalUpperBound", upper)];
            for (member, bound) in bounds.into_iter().filter_map(|(member, bound)| Some((member, (*bound)?))) {
                step[member] = bound.into();
            }
            step
        };
        let config = json!({
            "AdjustmentType": adjustment_type, "Cooldown": cooldown,
            "StepAdjustments": steps.iter().map(step).collect::<Vec<_>>(),
        });
        let reply = self.on_target(
            "PutScalingPolicy",
            json!({ "PolicyName": name, "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": config }),
        );
        reply.get("PolicyARN").as_text().unwrap().to_owned()
    }

    /// Puts an alarm of one minute on the service's average CPU, with further members.
    fn alarm(&mut self, name: &str, operator: &str, threshold: i32, action: &str, more: Json) {
        let mut input = json!({
            "AlarmName": name, "AlarmActions": [action], "Namespace": "AWS/ECS", "MetricName": "CPUUtilization",
            "Dimensions": dimensions(), "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1,
            "Threshold": threshold, "ComparisonOperator": operator,
        });
        for (member, value) in more.as_object().unwrap() {
            input[member] = value.clone();
        }
        self.call(CloudWatch, "PutMetricAlarm", input);
    }

    fn alarm_above(&mut self, threshold: i32, action: &str) {
        self.alarm("high", "GreaterThanOrEqualToThreshold", threshold, action, json!({}));
    }

    /// Puts a datapoint for the minute that begins now, as ECS would.
    fn cpu(&mut self, percent: f64) {
        let datum = json!({ "MetricName": "CPUUtilization", "Dimensions": dimensions(), "Value": percent });
        self.call(CloudWatch, "PutMetricData", json!({ "Namespace": "AWS/ECS", "MetricData": [datum] }));
    }

    fn load(&mut self, cpu: f64) {
        self.world.set_load(&self.scope, &self.id, Load { cpu, memory: 0.0 });
    }

    fn wait(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        self.world.advance(self.now);
    }

    /// A minute of this utilisation, and the time for tasks to start, but no second call of the alarm.
    fn minute_of(&mut self, percent: f64) -> i32 {
        self.cpu(percent);
        self.wait(60);
        self.desired()
    }

    fn desired(&self) -> i32 {
        self.world.service(&self.scope, &self.id).unwrap().desired
    }

    fn running(&self) -> i32 {
        self.world.service(&self.scope, &self.id).unwrap().running
    }

    fn state(&self, alarm: &str) -> AlarmState {
        self.world.alarm(&self.scope, alarm).unwrap().state
    }

    fn causes(&self) -> Vec<String> {
        self.world.cloud.scope(&self.scope).activities.iter().map(|activity| activity.cause.clone()).collect()
    }
}

fn dimensions() -> Json {
    json!([{ "Name": "ClusterName", "Value": "B" }, { "Name": "ServiceName", "Value": "search-api" }])
}

/// 30 to 40: +2, 40 to 50: +2, from 50: +4, above a threshold of 30.
const FOUNDING: [Step; 3] = [(Some(0.0), Some(10.0), 2), (Some(10.0), Some(20.0), 2), (Some(20.0), None, 4)];

fn founding(tasks: i32, cooldown: i32) -> Stage {
    let mut stage = Stage::new(tasks, 2, 20);
    let arn = stage.policy("out", "ChangeInCapacity", cooldown, &FOUNDING);
    stage.alarm_above(30, &arn);
    stage
}

// The founding example, S-020, S-078, S-079, S-082, S-084.
#[test]
fn load_arrives_and_tasks_grow_by_the_steps() {
    let mut stage = founding(4, 300);
    stage.load(80.0);
    stage.wait(300);
    assert_eq!((stage.state("high"), stage.desired()), (AlarmState::Ok, 4), "20 % on each of 4 tasks");
    stage.load(140.0);
    stage.wait(60);
    assert_eq!((stage.state("high"), stage.desired(), stage.running()), (AlarmState::Alarm, 6, 4), "35 %: +2");
    stage.wait(60);
    assert_eq!((stage.state("high"), stage.running()), (AlarmState::Ok, 6), "23 %");
    stage.wait(600);
    stage.load(360.0);
    stage.wait(60);
    assert_eq!(stage.desired(), 10, "60 %: +4");
    stage.wait(300);
    assert_eq!(stage.desired(), 12, "36 %: +2, once the cooldown is over");
    stage.wait(3600);
    assert_eq!((stage.desired(), stage.state("high")), (14, AlarmState::Ok), "30 % still fires, 25.7 % does not");
    assert_eq!(stage.causes(), vec!["monitor alarm high in state ALARM triggered policy out"; 4]);
}

#[test]
fn each_step_is_chosen_by_its_bounds() {
    for (percent, expected) in [(29.9, 4), (30.0, 6), (39.9, 6), (45.0, 6), (50.0, 8), (99.0, 8)] {
        let mut stage = founding(4, 300);
        assert_eq!(stage.minute_of(percent), expected, "{percent} %");
    }
}

// S-080, S-081: AWS's example in percent: threshold 60 and 40, 10 tasks, then 11, 14, 13 and 10.
#[test]
fn the_example_in_percent_goes_up_and_down_again() {
    let mut stage = Stage::new(10, 5, 15);
    let steps = [(Some(0.0), Some(10.0), 10), (Some(10.0), None, 30)];
    let out = stage.policy("out", "PercentChangeInCapacity", 0, &steps);
    let steps = [(Some(-10.0), Some(0.0), -10), (None, Some(-10.0), -30)];
    let back = stage.policy("in", "PercentChangeInCapacity", 0, &steps);
    stage.alarm("high", "GreaterThanOrEqualToThreshold", 60, &out, json!({}));
    stage.alarm("low", "LessThanOrEqualToThreshold", 40, &back, json!({}));
    let minutes = [(60.0, 11), (50.0, 11), (70.0, 14), (50.0, 14), (40.0, 13), (50.0, 13), (30.0, 10), (50.0, 10)];
    for (percent, expected) in minutes {
        assert_eq!(stage.minute_of(percent), expected, "{percent} %");
    }
}

// S-082: AWS's example: 2, then 3 within the cooldown, adds 1.
#[test]
fn a_larger_step_within_the_cooldown_adds_the_difference() {
    let mut stage = Stage::new(10, 2, 20);
    let steps = [(Some(0.0), Some(10.0), 2), (Some(10.0), None, 3)];
    let arn = stage.policy("out", "ChangeInCapacity", 300, &steps);
    stage.alarm_above(30, &arn);
    let counts: Vec<i32> = [35.0, 35.0, 45.0, 45.0].map(|percent| stage.minute_of(percent)).into();
    assert_eq!(counts, [12, 12, 13, 13]);
}

// S-078: with a period of five minutes the policy is still called every minute.
#[test]
fn a_policy_is_called_every_minute_while_the_alarm_lasts() {
    let mut stage = Stage::new(2, 2, 20);
    let arn = stage.policy("out", "ChangeInCapacity", 0, &[(Some(0.0), None, 1)]);
    stage.alarm("high", "GreaterThanOrEqualToThreshold", 30, &arn, json!({ "Period": 300 }));
    let counts: Vec<i32> = (0..4).map(|_| stage.minute_of(50.0)).collect();
    assert_eq!(counts, [3, 4, 5, 6]);
}

// S-084
#[test]
fn at_the_maximum_it_is_said_once_why_nothing_scales() {
    let mut stage = founding(20, 0);
    for _ in 0..5 {
        assert_eq!(stage.minute_of(90.0), 20);
    }
    let query = json!({ "IncludeNotScaledActivities": true });
    let mut input = query;
    input["ServiceNamespace"] = "ecs".into();
    input["ResourceId"] = stage.id.resource_id().into();
    let reply = stage.call(ApplicationAutoScaling, "DescribeScalingActivities", input);
    let [activity] = reply.list("ScalingActivities").unwrap() else { panic!("one activity: {reply:?}") };
    let reason = &activity.list("NotScaledReasons").unwrap()[0];
    assert_eq!(reason.get("Code").as_text(), Some("AlreadyAtMaxCapacity"));
    assert_eq!(reason.int("MaxCapacity").unwrap(), Some(20));
}

// S-076, S-077: the state, its reason and its data as DescribeAlarms shows them.
#[test]
fn an_alarm_says_why_it_changed() {
    let mut stage = founding(4, 300);
    stage.minute_of(42.0);
    let alarm = stage.world.alarm(&stage.scope, "high").unwrap();
    assert_eq!(
        alarm.state_reason,
        "Threshold Crossed: 1 out of the last 1 datapoints [42.0 (25/11/26 10:00:00)] was greater than or equal to the \
         threshold (30.0) (minimum 1 datapoint for OK -> ALARM transition)."
    );
    let data: Json = serde_json::from_str(alarm.state_reason_data.as_deref().unwrap()).unwrap();
    assert_eq!(data["recentDatapoints"], json!([42.0]));
    assert_eq!(alarm.state_transitioned, "2026-11-25T10:01:00Z".parse().unwrap());
    stage.wait(180);
    assert_eq!(stage.state("high"), AlarmState::InsufficientData, "the evaluation range has run dry");
}

// S-017: no task, no datapoint, no alarm, no task.
#[test]
fn a_service_at_zero_is_not_woken_by_its_cpu() {
    let mut stage = Stage::new(0, 0, 20);
    let arn = stage.policy("out", "ChangeInCapacity", 60, &FOUNDING);
    stage.alarm_above(30, &arn);
    stage.load(500.0);
    stage.wait(3600);
    assert_eq!((stage.state("high"), stage.desired()), (AlarmState::InsufficientData, 0));
}

// S-050: the service is made anew, and its alarm calls a policy that is gone.
#[test]
fn an_alarm_that_names_a_dead_policy_does_nothing_and_says_nothing() {
    let mut stage = founding(4, 0);
    stage.call(Ecs, "DeleteService", json!({ "cluster": "B", "service": "search-api", "force": true }));
    stage.wait(60);
    stage.world.add_service(&stage.scope, "B", &ServiceSeed::new("search-api", 4), stage.now);
    stage.register(json!({ "MinCapacity": 2, "MaxCapacity": 20 }));
    assert_eq!(stage.minute_of(90.0), 4);
    assert_eq!(stage.state("high"), AlarmState::Alarm);
    assert_eq!(stage.causes(), Vec::<String>::new());
    let anew = stage.policy("out", "ChangeInCapacity", 0, &FOUNDING);
    stage.alarm_above(30, &anew);
    assert_eq!(stage.minute_of(90.0), 8);
}

// ecs-watchbot PR#187: the alarm fires and no step matches.
#[test]
fn a_value_that_no_step_covers_moves_nothing() {
    let mut stage = Stage::new(4, 2, 20);
    let arn = stage.policy("out", "ChangeInCapacity", 0, &[(Some(15.0), None, 2)]);
    stage.alarm_above(30, &arn);
    assert_eq!((stage.minute_of(40.0), stage.state("high")), (4, AlarmState::Alarm));
    assert_eq!(stage.minute_of(45.0), 6);
}

// S-006, and actions that are switched off.
#[test]
fn what_is_suspended_or_switched_off_does_not_scale() {
    let mut stage = founding(4, 0);
    stage.register(json!({ "SuspendedState": { "DynamicScalingOutSuspended": true } }));
    assert_eq!(stage.minute_of(90.0), 4);
    stage.register(json!({ "SuspendedState": { "DynamicScalingOutSuspended": false } }));
    stage.call(CloudWatch, "DisableAlarmActions", json!({ "AlarmNames": ["high"] }));
    assert_eq!(stage.minute_of(90.0), 4);
    stage.call(CloudWatch, "EnableAlarmActions", json!({ "AlarmNames": ["high"] }));
    assert_eq!(stage.minute_of(90.0), 8);
}

// S-073
#[test]
fn a_state_that_is_set_by_hand_fires_with_its_data_and_not_without() {
    let mut stage = founding(4, 0);
    let set = |data: Json| {
        let mut input = json!({ "AlarmName": "high", "StateValue": "ALARM", "StateReason": "by hand" });
        if !data.is_null() {
            input["StateReasonData"] = data.to_string().into();
        }
        input
    };
    stage.call(CloudWatch, "SetAlarmState", set(Json::Null));
    assert_eq!(stage.desired(), 4);
    stage.call(CloudWatch, "SetAlarmState", json!({ "AlarmName": "high", "StateValue": "OK", "StateReason": "back" }));
    stage.call(CloudWatch, "SetAlarmState", set(json!({ "recentDatapoints": [55.0] })));
    assert_eq!(stage.desired(), 8);
}

// S-018, S-019: the desired count was set by hand.
#[test]
fn a_desired_count_outside_the_range_is_brought_back_by_the_policy_that_moves_that_way() {
    let by_hand = |stage: &mut Stage, count: i32| {
        stage.call(Ecs, "UpdateService", json!({ "cluster": "B", "service": "search-api", "desiredCount": count }));
        stage.wait(60);
    };
    let mut stage = founding(4, 0);
    by_hand(&mut stage, 1);
    assert_eq!(stage.minute_of(35.0), 4, "the minimum, 2, and then +2");
    by_hand(&mut stage, 25);
    assert_eq!(stage.minute_of(35.0), 25);
}

// S-037
#[test]
fn target_tracking_follows_in_proportion_and_goes_back_slowly() {
    let mut stage = Stage::new(4, 2, 20);
    let config = json!({
        "TargetValue": 50.0, "ScaleOutCooldown": 60, "ScaleInCooldown": 60,
        "PredefinedMetricSpecification": { "PredefinedMetricType": "ECSServiceAverageCPUUtilization" },
    });
    stage.on_target(
        "PutScalingPolicy",
        json!({
            "PolicyName": "track", "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": config,
        }),
    );
    stage.load(400.0);
    stage.wait(60);
    assert_eq!(stage.desired(), 4, "three datapoints make the alarm");
    stage.wait(240);
    assert_eq!(stage.desired(), 8, "100 % of 4 is 50 % of 8");
    stage.load(200.0);
    stage.wait(600);
    assert_eq!(stage.desired(), 8, "fifteen datapoints bring it back");
    stage.wait(1200);
    assert_eq!(stage.desired(), 4);
}

// S-045
#[test]
fn a_schedule_changes_min_and_max_for_good() {
    let mut stage = Stage::new(4, 2, 20);
    let mut put = |name: &str, schedule: &str, action: Json| {
        let input = json!({ "ScheduledActionName": name, "Schedule": schedule, "ScalableTargetAction": action });
        stage.on_target("PutScheduledAction", input);
    };
    put("day", "at(2026-11-25T10:10:00)", json!({ "MinCapacity": 6 }));
    put("night", "cron(30 10 * * ? *)", json!({ "MinCapacity": 0, "MaxCapacity": 3 }));
    stage.wait(599);
    assert_eq!(stage.desired(), 4);
    stage.wait(1);
    assert_eq!(stage.desired(), 6);
    stage.wait(1200);
    let range = stage.world.target(&stage.scope, &stage.id).unwrap().range;
    assert_eq!((range.min(), range.max(), stage.desired()), (0, 3, 3));
    assert_eq!(stage.causes(), ["minimum capacity was set to 6", "maximum capacity was set to 3"]);
}

/// What AWS's tables say of a row, by missing, ignore, breaching and notBreaching. `None` keeps the state.
type Row = (&'static str, [Option<AlarmState>; 4]);

/// Puts the five datapoints of each row through PutMetricData, makes the alarm a second before the last of them ends,
/// and looks at its first evaluation.
fn assert_table(needed: i32, rows: &[Row]) {
    for (marks, states) in rows {
        for (treat, expected) in ["missing", "ignore", "breaching", "notBreaching"].into_iter().zip(states) {
            let mut stage = Stage::new(4, 2, 20);
            for mark in marks.split(' ') {
                match mark {
                    "X" => stage.cpu(42.0),
                    "0" => stage.cpu(20.0),
                    _ => {}
                }
                let pause = if stage.now == "2026-11-25T10:04:00Z".parse().unwrap() { 59 } else { 60 };
                stage.wait(pause);
            }
            let more = json!({ "EvaluationPeriods": 3, "DatapointsToAlarm": needed, "TreatMissingData": treat });
            let topic = "arn:aws:sns:ap-northeast-2:111122223333:topic";
            stage.alarm("high", "GreaterThanOrEqualToThreshold", 30, topic, more);
            stage.wait(1);
            let before = AlarmState::InsufficientData;
            assert_eq!(stage.state("high"), expected.unwrap_or(before), "{marks}, {treat}");
        }
    }
}

const OK: Option<AlarmState> = Some(AlarmState::Ok);
const ALARM: Option<AlarmState> = Some(AlarmState::Alarm);
const INSUFFICIENT: Option<AlarmState> = Some(AlarmState::InsufficientData);

// S-077: "Configuring how CloudWatch alarms treat missing data", first table, and the two rows of the text behind it.
#[test]
fn three_of_three_plays_awss_table() {
    assert_table(
        3,
        &[
            ("0 - X - X", [OK; 4]),
            ("0 - - - -", [OK; 4]),
            ("- - - - -", [INSUFFICIENT, None, ALARM, OK]),
            ("0 X X - X", [ALARM; 4]),
            ("- - X - -", [ALARM, None, ALARM, OK]),
            ("- - - - X", [INSUFFICIENT, None, ALARM, OK]),
            ("- - - X -", [INSUFFICIENT, None, ALARM, OK]),
        ],
    );
}

// S-077: second table.
#[test]
fn two_of_three_plays_awss_table() {
    assert_table(
        2,
        &[
            ("0 - X - X", [ALARM; 4]),
            ("0 0 X 0 X", [ALARM; 4]),
            ("0 - X - -", [OK, OK, ALARM, OK]),
            ("- - - - 0", [OK, OK, ALARM, OK]),
            ("- - - X -", [ALARM, None, ALARM, OK]),
        ],
    );
}

proptest! {
    // Whatever load comes and however time is cut: the count stays in the range, tasks follow, and only time counts.
    #[test]
    fn counts_stay_in_the_range_and_only_time_counts(
        loads in proptest::collection::vec((0..2000u32, 1..900i64), 1..8), cut in 1..120i64,
    ) {
        let (mut jumping, mut stepping) = (both_ways(), both_ways());
        for (cpu, seconds) in loads {
            jumping.load(cpu.into());
            stepping.load(cpu.into());
            jumping.wait(seconds);
            let end = stepping.now + SignedDuration::from_secs(seconds);
            while stepping.now < end {
                stepping.wait(cut.min(end.duration_since(stepping.now).as_secs()));
                prop_assert!((2..=20).contains(&stepping.desired()));
            }
            prop_assert_eq!((jumping.desired(), jumping.running()), (stepping.desired(), stepping.running()));
        }
        prop_assert_eq!(jumping.causes(), stepping.causes());
    }
}

/// Scales out above 30 % and in below 10 %.
fn both_ways() -> Stage {
    let mut stage = founding(4, 120);
    let arn = stage.policy("in", "ChangeInCapacity", 120, &[(None, Some(0.0), -1)]);
    stage.alarm("low", "LessThanThreshold", 10, &arn, json!({}));
    stage
}

#[test]
fn a_jump_of_hours_gives_what_waiting_gives() {
    let play = |jumps: &[i64]| {
        let mut stage = founding(4, 300);
        stage.load(400.0);
        jumps.iter().for_each(|seconds| stage.wait(*seconds));
        let activities = &stage.world.cloud.scope(&stage.scope).activities;
        activities.iter().map(|activity| (activity.at, activity.capacity)).collect::<Vec<_>>()
    };
    let waited = play(&[7; 2058]);
    assert_eq!(play(&[14_406]), waited);
    assert!(waited.len() > 2, "{waited:?}");
}

#[test]
fn time_never_goes_back() {
    let mut stage = founding(4, 0);
    stage.minute_of(90.0);
    let desired = stage.desired();
    stage.world.advance(stage.now - SignedDuration::from_hours(1));
    stage.world.advance(stage.now);
    assert_eq!(stage.desired(), desired);
}

#[test]
fn a_jump_of_decades_does_not_stop_the_world() {
    let mut stage = founding(4, 300);
    stage.load(400.0);
    stage.wait(1_000_000_000);
    assert_eq!(stage.desired(), 14);
}
