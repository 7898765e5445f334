//! `alarmRef`: our policy on an alarm of somebody else, which keeps everything but that one ARN.

use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::{AlarmName, ScopeId};
use ecs_scaling_sandbox::Fault;
use ecs_scaling_sandbox::cloudwatch::{Alarm, AlarmSpec};
use serde_json::{Value as Json, json};

use crate::harness::{ALARM, Bench, POLICY, SEARCH_API, condition, home, said};
use crate::somebody::merged;

/// The alarm of somebody else.
pub(crate) const THEIRS: &str = "shop-cpu-high";

/// search-api's object with `alarmRef` instead of its alarm; the steps are in values of the metric.
pub(crate) fn object(alarm: &str) -> String {
    let (before, rest) = SEARCH_API.split_once("    alarm:\n").expect("the alarm");
    let (_, steps) = rest.split_once("    steps:").expect("the steps");
    format!("{before}    alarmRef: {{alarmName: {alarm}}}\n    steps:{steps}")
}

/// Everything that an alarm can have, the newest blocks included, and two actions of their own.
fn full() -> Json {
    let topic = |name: &str| format!("arn:aws:sns:ap-northeast-2:111122223333:{name}");
    json!({
        "AlarmDescription": "the shop's own", "ActionsEnabled": true,
        "AlarmActions": [topic("z-page"), topic("a-mail")], "OKActions": [topic("ok"), topic("fine")],
        "InsufficientDataActions": [topic("blind")], "Unit": "Percent", "DatapointsToAlarm": 2, "EvaluationPeriods": 3,
        "TreatMissingData": "ignore", "Statistic": Json::Null, "ExtendedStatistic": "p95",
        "EvaluateLowSampleCountPercentile": "ignore",
        "EvaluationWindow": {"WallClockWindow": {"Timezone": "Asia/Seoul"}},
        "WarmUpConfiguration": {
            "WarmUpPeriodDurationInMinutes": 5, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": true
        },
        "ActionConfiguration": {"AlarmTagsPropagation": {"Enabled": true, "IncludedTagKeys": ["team"]}}
    })
}

/// Metric math, spelled in the order that its author likes.
fn math() -> Json {
    let dimensions = json!([{"Name": "ServiceName", "Value": "x"}, {"Name": "ClusterName", "Value": "B"}]);
    let metric = json!({"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": dimensions});
    json!({
        "Namespace": Json::Null, "MetricName": Json::Null, "Statistic": Json::Null, "Period": Json::Null,
        "Dimensions": Json::Null,
        "Metrics": [
            {"Id": "z", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "p90", "Unit": "Percent"},
             "ReturnData": false, "AccountId": "111122223333"},
            {"Id": "e", "Expression": "z * 2", "Label": "twice", "Period": 60, "ReturnData": true}
        ]
    })
}

impl Bench {
    /// Somebody makes the alarm on the service's CPU, threshold 30.
    fn put_theirs(&self, more: Json) {
        self.put_in(&home(), more);
    }

    /// The same in another scope.
    pub(crate) fn put_theirs_at(&self, scope: &ScopeId) {
        self.put_in(scope, json!({}));
    }

    fn put_in(&self, scope: &ScopeId, more: Json) {
        let mut input = merged(
            json!({
                "AlarmName": THEIRS, "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Statistic": "Average",
                "Period": 60, "EvaluationPeriods": 1, "Threshold": 30.0,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "Dimensions": [{"Name": "ClusterName", "Value": "B"}, {"Name": "ServiceName", "Value": "search-api"}]
            }),
            more,
        );
        input.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let now = self.world.now();
        let put = self.world.world().call_as_admin(scope, AwsService::CloudWatch, "PutMetricAlarm", input, now);
        put.expect("an alarm");
    }

    fn theirs(&self) -> Alarm {
        self.world.world().alarm(&home(), THEIRS).cloned().expect("their alarm")
    }

    fn tag_theirs(&self, key: &str, value: &str) {
        let mut world = self.world.world();
        let alarm = world.cloud.scope_mut(&home()).alarms.get_mut(&AlarmName::new(THEIRS)).expect("their alarm");
        alarm.tags.insert(key.to_owned(), value.to_owned());
    }

    fn lower_bounds(&self) -> Vec<Option<f64>> {
        use ecs_scaling_sandbox::autoscaling::PolicyConfig;
        match &self.target().policies[POLICY].config {
            PolicyConfig::Step(config) => {
                config.canonical().steps.iter().map(|step| step.lower.map(|lower| lower.get())).collect()
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The specification without the policy's ARN.
fn without(mut spec: AlarmSpec, arn: &str) -> AlarmSpec {
    spec.alarm_actions.retain(|action| action != arn);
    spec
}

#[tokio::test(start_paused = true)]
async fn the_policy_is_attached_and_every_other_field_is_kept() {
    for more in [json!({}), full(), math()] {
        let bench = Bench::new().await;
        bench.put_theirs(more);
        bench.tag_theirs("team", "shop");
        let before = bench.theirs();
        let mut session = bench.session(&object(THEIRS)).await;
        bench.converge(&mut session).await;
        let (arn, after) = (bench.policy_arn(), bench.theirs());
        assert_eq!(after.spec.alarm_actions.last(), Some(&arn), "behind theirs, in their order");
        assert_eq!((without(after.spec, &arn), after.tags), (before.spec, before.tags));
        assert_eq!((after.state, after.state_reason), (before.state, before.state_reason));
        assert_eq!(bench.lower_bounds(), [Some(0.0), Some(10.0), Some(20.0)]);
        assert_eq!(bench.next_pass(&mut session).await.1, [""; 0], "and not written again");
        let mut restarted = bench.session(&object(THEIRS)).await;
        assert_eq!(bench.next_pass(&mut restarted).await.1, [""; 0], "nor by a controller that was just started");
    }
}

// The record of the attachment stands in AWS before the attachment.
#[tokio::test(start_paused = true)]
async fn the_targets_tags_hold_the_attachment_before_it_is_made() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.put_theirs(json!({}));
    let before = bench.writes();
    bench.round(&mut bench.session(&object(THEIRS)).await).await;
    // The alarm of its own that it had before goes.
    assert_eq!(bench.written_since(before), ["TagResource", "PutMetricAlarm", "DeleteAlarms"]);
    assert!(bench.target().tags.contains_key("ecs-scaling.dev/attached"), "{:?}", bench.target().tags);
}

// S-071: what the SDK drops, the write would take away.
#[tokio::test(start_paused = true)]
async fn an_alarm_with_a_member_that_nobody_here_knows_is_left_alone() {
    let bench = Bench::new().await;
    bench.put_theirs(full());
    assert!(bench.world.world().add_alarm_member(&home(), THEIRS, "SnoozeUntil", "tomorrow"));
    let before = bench.theirs();
    let mut session = bench.session(&object(THEIRS)).await;
    bench.round(&mut session).await;
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, [""; 0]);
    let found = condition(&passed, ConditionType::AlarmsSynced);
    assert_eq!((found.status, found.reason), (ConditionStatus::False, Reason::AlarmHasUnknownFields));
    assert!(found.message.contains("SnoozeUntil"), "{}", found.message);
    assert_eq!(bench.theirs().spec, before.spec);
}

#[tokio::test(start_paused = true)]
async fn what_a_stack_or_another_owner_holds_is_left_alone() {
    for (key, value) in [("aws:cloudformation:stack-name", "shop"), ("ecs-scaling.dev/owner", "other")] {
        let bench = Bench::new().await;
        bench.put_theirs(json!({}));
        bench.tag_theirs(key, value);
        let before = bench.theirs();
        let mut session = bench.session(&object(THEIRS)).await;
        bench.round(&mut session).await;
        let (passed, written) = bench.next_pass(&mut session).await;
        assert_eq!(written, [""; 0], "{key}");
        assert_eq!(said(&passed, ConditionType::AlarmsSynced), (ConditionStatus::False, Reason::Conflict));
        assert_eq!(bench.theirs().spec, before.spec);
        assert!(!bench.target().tags.contains_key("ecs-scaling.dev/attached"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_alarm_that_cannot_fire_a_policy_is_left_alone_and_says_why() {
    let actions: Vec<String> = (0..5).map(|n| format!("arn:aws:sns:ap-northeast-2:111122223333:t{n}")).collect();
    let band = json!({
        "Threshold": Json::Null, "ComparisonOperator": "GreaterThanUpperThreshold", "ThresholdMetricId": "ad",
        "Namespace": Json::Null, "MetricName": Json::Null, "Statistic": Json::Null, "Period": Json::Null,
        "Dimensions": Json::Null,
        "Metrics": [
            {"Id": "m", "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"}},
            {"Id": "ad", "Expression": "ANOMALY_DETECTION_BAND(m, 2)", "ReturnData": false}
        ]
    });
    for (more, why) in [(json!({"AlarmActions": actions}), "five actions"), (band, "anomaly band")] {
        let bench = Bench::new().await;
        bench.put_theirs(more);
        let mut session = bench.session(&object(THEIRS)).await;
        bench.round(&mut session).await;
        let (passed, written) = bench.next_pass(&mut session).await;
        assert_eq!(written, [""; 0], "{why}");
        let found = condition(&passed, ConditionType::AlarmsSynced);
        assert_eq!((found.status, found.reason), (ConditionStatus::False, Reason::Conflict));
        assert!(found.message.contains(why), "{}", found.message);
    }
    let bench = Bench::new().await;
    bench.world.world().add_composite_alarm(&home(), THEIRS, bench.clock.now());
    let passed = bench.pass(&mut bench.session(&object(THEIRS)).await).await;
    let found = condition(&passed, ConditionType::AlarmsSynced);
    assert!(found.message.contains("no metric alarm"), "{}", found.message);
}

#[tokio::test(start_paused = true)]
async fn a_missing_alarm_is_said_and_found_once_it_is_there() {
    let bench = Bench::new().await;
    let mut session = bench.session(&object(THEIRS)).await;
    let passed = bench.pass(&mut session).await;
    for kind in [ConditionType::AlarmsSynced, ConditionType::PoliciesSynced] {
        assert_eq!(said(&passed, kind), (ConditionStatus::False, Reason::AlarmMissing), "{kind}");
    }
    bench.put_theirs(json!({}));
    bench.sleep(60).await;
    bench.converge(&mut session).await;
    assert!(bench.theirs().spec.alarm_actions.contains(&bench.policy_arn()));
}

#[tokio::test(start_paused = true)]
async fn steps_in_values_of_the_metric_follow_the_threshold() {
    let bench = Bench::new().await;
    bench.put_theirs(json!({}));
    let mut session = bench.session(&object(THEIRS)).await;
    bench.converge(&mut session).await;
    let arn = bench.policy_arn();
    bench.put_theirs(json!({"Threshold": 25.0, "AlarmActions": [arn]}));
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, ["PutScalingPolicy"]);
    assert!(passed.kept.status.is_ready());
    assert_eq!(bench.lower_bounds(), [Some(5.0), Some(15.0), Some(25.0)]);
    assert_eq!(bench.theirs().spec.threshold, Some(25.0), "their threshold is theirs");
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
    // Above the lowest step AWS would refuse the steps: they stay as they are, and the policy says why.
    bench.put_theirs(json!({"Threshold": 35.0, "AlarmActions": [arn]}));
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, [""; 0]);
    assert_eq!(said(&passed, ConditionType::PoliciesSynced), (ConditionStatus::False, Reason::Refused));
}

#[tokio::test(start_paused = true)]
async fn the_policy_is_taken_out_once_the_object_no_longer_names_the_alarm() {
    let bench = Bench::new().await;
    bench.put_theirs(full());
    let before = bench.theirs();
    bench.converge(&mut bench.session(&object(THEIRS)).await).await;
    assert!(bench.theirs().spec.alarm_actions.contains(&bench.policy_arn()));
    bench.sleep(120).await;
    let mut session = bench.session(SEARCH_API).await; // restarted: nothing but AWS remembers
    bench.converge(&mut session).await;
    assert_eq!(bench.theirs().spec, before.spec);
    assert!(!bench.target().tags.contains_key("ecs-scaling.dev/attached"), "{:?}", bench.target().tags);
    assert!(bench.alarm().spec.alarm_actions.contains(&bench.policy_arn()), "its own alarm fires it now");
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
}

// Whoever attached it by hand wants it so.
#[tokio::test(start_paused = true)]
async fn what_somebody_attached_by_hand_stays() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.put_theirs(json!({"AlarmActions": [bench.policy_arn()]}));
    let before = bench.theirs();
    let mut session = bench.session(SEARCH_API).await;
    let larger = SEARCH_API.replace("maxCapacity: 20", "maxCapacity: 21");
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
    bench.converge(&mut bench.session(&larger).await).await; // with the target's tags read
    assert_eq!(bench.theirs().spec, before.spec);
}

// A change between reading and writing: nothing is lost, and the next pass goes on from what is there.
#[tokio::test(start_paused = true)]
async fn a_change_between_reading_and_writing_is_not_overwritten() {
    let bench = Bench::new().await;
    bench.put_theirs(json!({}));
    let mut session = bench.session(&object(THEIRS)).await;
    bench.fail("PutScalingPolicy", 1, Fault::Delay(2000));
    let before = bench.writes();
    let (passed, ()) = tokio::join!(bench.pass(&mut session), async {
        bench.sleep(1).await; // while the policy is put, behind the reading that the plan is made from
        bench.put_theirs(json!({"AlarmDescription": "changed meanwhile"}));
    });
    assert!(bench.written_since(before).contains(&"PutScalingPolicy".to_owned()));
    assert!(bench.theirs().spec.alarm_actions.is_empty());
    assert!(!passed.kept.status.is_ready());
    bench.sleep(60).await;
    bench.converge(&mut session).await;
    let spec = bench.theirs().spec;
    assert_eq!(spec.description.as_deref(), Some("changed meanwhile"));
    assert_eq!(spec.alarm_actions, [bench.policy_arn()]);
}

// airship-ecs-service PR#82: a policy that was made anew has another ARN; the old one fails in silence.
#[tokio::test(start_paused = true)]
async fn the_arn_of_a_policy_made_anew_takes_the_place_of_the_old_one() {
    let bench = Bench::new().await;
    bench.put_theirs(json!({}));
    let mut session = bench.session(&object(THEIRS)).await;
    bench.converge(&mut session).await;
    let old = bench.policy_arn();
    bench.change_target(|target| target.policies.clear());
    bench.sleep(120).await;
    bench.converge(&mut session).await;
    assert_ne!(bench.policy_arn(), old);
    assert_eq!(bench.theirs().spec.alarm_actions, [bench.policy_arn()]);
}

// An alarm of ours cannot take the place of another kind of alarm.
#[tokio::test(start_paused = true)]
async fn a_composite_alarm_of_our_alarms_name_is_a_conflict() {
    let bench = Bench::new().await;
    bench.world.world().add_composite_alarm(&home(), ALARM, bench.clock.now());
    let mut session = bench.session(SEARCH_API).await;
    let passed = bench.pass(&mut session).await;
    assert_eq!(said(&passed, ConditionType::AlarmsSynced), (ConditionStatus::False, Reason::Conflict));
    assert_eq!(bench.calls("PutMetricAlarm"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failed_write_leaves_the_alarm_and_is_made_again() {
    let bench = Bench::new().await;
    bench.put_theirs(json!({}));
    bench.fail("PutMetricAlarm", 1, Fault::ResetBeforeEffect);
    let mut session = bench.session(&object(THEIRS)).await;
    let passed = bench.pass(&mut session).await;
    assert!(!passed.kept.status.is_ready() && bench.theirs().spec.alarm_actions.is_empty());
    bench.sleep(60).await;
    bench.converge(&mut session).await;
    assert_eq!(bench.theirs().spec.alarm_actions, [bench.policy_arn()]);
}
