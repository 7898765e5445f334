//! Drift: every managed field that somebody changes is put back in the next pass, counted and told; what an object
//! leaves unset stays as others set it.

use std::collections::BTreeSet;

use ecs_scaling::api::status::EventReason;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::fields::Fields;
use serde_json::{Value, json};

use crate::harness::{ALARM, Bench, POLICY, SEARCH_API, corrections, desired, with_spec};
use crate::somebody::on_target;

const OURS: &str = "arn:aws:sns:ap-northeast-2:111122223333:ours";
const OTHERS: &str = "arn:aws:sns:ap-northeast-2:111122223333:others";

/// What the controller manages, as text that shows every field.
fn held(bench: &Bench) -> String {
    let target = bench.target();
    format!("{:#?}", (target.range, target.suspended, target.policies, bench.alarm().spec))
}

/// Lets somebody change what was in place, and holds that the next pass puts it back; gives the fields it put back.
async fn put_back(yaml: &str, change: impl FnOnce(&Bench)) -> BTreeSet<String> {
    let bench = Bench::new().await;
    let mut session = bench.session(yaml).await;
    bench.converge(&mut session).await;
    let before = held(&bench);
    change(&bench);
    assert_ne!(held(&bench), before, "nothing drifted");
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!(held(&bench), before);
    assert_eq!((corrections(&passed), written.len()), (1, 1), "{written:?}");
    assert!(passed.kept.status.events.iter().any(|event| event.reason == EventReason::DriftCorrected));
    assert!(passed.kept.status.is_ready());
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0], "a pass after it writes nothing");
    let actions = passed.plan.expect("a plan").actions;
    actions.into_iter().flat_map(|action| action.changes).map(|change| change.field).collect()
}

fn names(fields: &[&str]) -> BTreeSet<String> {
    fields.iter().map(|field| (*field).to_owned()).collect()
}

// tfecs#372: a min that was lowered in silence is put back.
#[tokio::test(start_paused = true)]
async fn min_and_max_are_put_back() {
    for (change, field) in [(json!({"MinCapacity": 1}), "minCapacity"), (json!({"MaxCapacity": 30}), "maxCapacity")] {
        assert_eq!(put_back(SEARCH_API, |bench| bench.register(change)).await, names(&[field]));
    }
}

#[tokio::test(start_paused = true)]
async fn each_suspended_flag_that_the_object_sets_is_put_back() {
    for (flag, member) in [
        ("dynamicScalingInSuspended", "DynamicScalingInSuspended"),
        ("dynamicScalingOutSuspended", "DynamicScalingOutSuspended"),
        ("scheduledScalingSuspended", "ScheduledScalingSuspended"),
    ] {
        let yaml = with_spec(&format!("  suspendedState: {{{flag}: true}}\n"));
        let off = json!({"SuspendedState": {member: false}});
        assert_eq!(put_back(&yaml, |bench| bench.register(off)).await, names(&[&format!("suspendedState.{flag}")]));
    }
}

// tf#9945, boto3#4468; S-009: the flag that the object sets goes out together with the others as they are.
#[tokio::test(start_paused = true)]
async fn a_suspended_flag_that_the_object_leaves_unset_stays_as_others_set_it() {
    let bench = Bench::new().await;
    let mut session = bench.session(&with_spec("  suspendedState: {dynamicScalingInSuspended: true}\n")).await;
    bench.converge(&mut session).await;
    bench.register(json!({"SuspendedState": {"ScheduledScalingSuspended": true}}));
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
    bench.register(json!({"SuspendedState": {"DynamicScalingInSuspended": false}}));
    assert_eq!(bench.next_pass(&mut session).await.1, ["RegisterScalableTarget"]);
    let suspended = bench.target().suspended;
    assert!(suspended.dynamic_scaling_in_suspended && suspended.scheduled_scaling_suspended);
    assert!(!suspended.dynamic_scaling_out_suspended);
}

/// A StepScalingPolicyConfiguration with steps of 2, 2 and 4 tasks, and members put over it.
fn step_scaling(over: Value) -> Value {
    let step = |lower: f64, upper: Option<f64>, adjustment: i32| {
        let bounds = json!({"MetricIntervalLowerBound": lower, "MetricIntervalUpperBound": upper});
        crate::somebody::merged(bounds, json!({"ScalingAdjustment": adjustment}))
    };
    let config = json!({
        "AdjustmentType": "ChangeInCapacity", "Cooldown": 300, "MetricAggregationType": "Average",
        "StepAdjustments": [step(0.0, Some(10.0), 2), step(10.0, Some(20.0), 2), step(20.0, None, 4)]
    });
    crate::somebody::merged(config, over)
}

// S-025, S-026, S-036
#[tokio::test(start_paused = true)]
async fn each_member_of_a_step_scaling_policy_is_put_back() {
    let steps = |steps: Value| json!({"StepAdjustments": steps});
    let cases = [
        (json!({"AdjustmentType": "ExactCapacity"}), &["adjustmentType"][..]),
        (json!({"Cooldown": 60}), &["cooldown"]),
        (json!({"MetricAggregationType": "Maximum"}), &["metricAggregationType"]),
        (
            json!({"AdjustmentType": "PercentChangeInCapacity", "MinAdjustmentMagnitude": 3}),
            &["adjustmentType", "minAdjustmentMagnitude"],
        ),
        (steps(json!([{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 9}])), &["stepAdjustments"]),
        (steps(json!([{"MetricIntervalLowerBound": 1.0, "ScalingAdjustment": 2}])), &["stepAdjustments"]),
    ];
    let mut covered = BTreeSet::new();
    for (change, fields) in cases {
        let put = on_target(json!({
            "PolicyName": POLICY, "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": step_scaling(change)
        }));
        let put_back = put_back(SEARCH_API, |bench| {
            bench.somebody(AwsService::ApplicationAutoScaling, "PutScalingPolicy", put);
        });
        let put_back = put_back.await;
        assert_eq!(put_back, names(fields));
        covered.extend(put_back);
    }
    let object = desired(SEARCH_API);
    let config = object.services.values().flat_map(|service| &service.policies).map(|policy| &policy.config);
    let managed: BTreeSet<String> = config.flat_map(Fields::fields).map(|field| field.name).collect();
    assert_eq!(covered, managed, "a managed field without a case");
}

/// search-api with its alarm's three action lists set, the policy beside one of ours.
fn with_actions() -> String {
    let lists = format!("\n      alarmActions: [{OURS}]\n      okActions: [{OURS}]\n      insufficientDataActions: []");
    SEARCH_API.replace("\n      statistic: Average", &format!("{lists}\n      statistic: Average"))
}

#[tokio::test(start_paused = true)]
async fn each_member_of_an_alarm_is_put_back() {
    let percentile = json!({"Statistic": null, "ExtendedStatistic": "p90"});
    let low_sample = json!({
        "Statistic": null, "ExtendedStatistic": "p90", "EvaluateLowSampleCountPercentile": "ignore"
    });
    let cases = [
        (json!({"AlarmDescription": "changed"}), &["alarmDescription"][..]),
        (json!({"ActionsEnabled": false}), &["actionsEnabled"]),
        (json!({"Namespace": "Custom"}), &["namespace"]),
        (json!({"MetricName": "MemoryUtilization"}), &["metricName"]),
        (json!({"Dimensions": [{"Name": "ClusterName", "Value": "B"}]}), &["dimensions"]),
        (json!({"Statistic": "Maximum"}), &["statistic"]),
        (percentile, &["statistic", "extendedStatistic"]),
        (json!({"Period": 120}), &["period"]),
        (json!({"Unit": "Percent"}), &["unit"]),
        (json!({"EvaluationPeriods": 3, "DatapointsToAlarm": 1}), &["evaluationPeriods"]),
        (json!({"EvaluationPeriods": 3}), &["evaluationPeriods", "datapointsToAlarm"]),
        (json!({"Threshold": 31.0}), &["threshold"]),
        (json!({"ComparisonOperator": "GreaterThanThreshold"}), &["comparisonOperator"]),
        (json!({"TreatMissingData": "ignore"}), &["treatMissingData"]),
        (low_sample, &["statistic", "extendedStatistic", "evaluateLowSampleCountPercentile"]),
        (json!({"EvaluationWindow": {"WallClockWindow": {"Timezone": "Asia/Seoul"}}}), &["evaluationWindow"]),
        (json!({"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 5}}), &["warmUpConfiguration"]), // S-071
        (json!({"ActionConfiguration": {"AlarmTagsPropagation": {"Enabled": true}}}), &["actionConfiguration"]),
        (json!({"AlarmActions": [OURS, OTHERS]}), &["alarmActions"]),
        (json!({"OKActions": [OURS, OTHERS]}), &["okActions"]),
        (json!({"InsufficientDataActions": [OTHERS]}), &["insufficientDataActions"]),
    ];
    let (yaml, mut covered) = (with_actions(), BTreeSet::new());
    for (change, fields) in cases {
        let put_back = put_back(&yaml, |bench| {
            let lists = json!({"AlarmActions": [OURS, bench.policy_arn()], "OKActions": [OURS]});
            bench.put_alarm(crate::somebody::merged(lists, change));
        });
        let put_back = put_back.await;
        assert_eq!(put_back, names(fields));
        covered.extend(put_back);
    }
    let object = desired(SEARCH_API);
    let alarms = object.services.values().flat_map(|service| &service.policies).flat_map(|policy| &policy.alarms);
    let managed: BTreeSet<String> = alarms.flat_map(|alarm| alarm.config.fields()).map(|field| field.name).collect();
    let managed = &managed | &names(&["alarmActions", "okActions", "insufficientDataActions"]);
    assert_eq!(covered, managed, "a managed field without a case");
}

// airship-ecs-service PR#82: what others act on is theirs, and our policy goes back among it.
#[tokio::test(start_paused = true)]
async fn actions_that_the_object_leaves_unset_stay_and_the_policy_goes_back_among_them() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    bench.put_alarm(json!({"AlarmActions": [OTHERS], "OKActions": [OTHERS], "InsufficientDataActions": [OTHERS]}));
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!((written, corrections(&passed)), (vec!["PutMetricAlarm".to_owned()], 1));
    let spec = bench.alarm().spec;
    let both = BTreeSet::from([OTHERS.to_owned(), bench.policy_arn()]);
    assert_eq!(spec.alarm_actions.into_iter().collect::<BTreeSet<_>>(), both);
    assert_eq!((spec.ok_actions, spec.insufficient_data_actions), (vec![OTHERS.to_owned()], vec![OTHERS.to_owned()]));
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
}

// S-050, S-069: actions of dead policies make room; living ones of others leave none, and that is said.
#[tokio::test(start_paused = true)]
async fn an_alarm_without_room_for_the_policy_is_said_and_left_alone() {
    use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    let topics: Vec<String> = (0..5).map(|i| format!("{OTHERS}-{i}")).collect();
    bench.put_alarm(json!({"AlarmActions": topics}));
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, [""; 0]);
    let said = crate::harness::said(&passed, ConditionType::AlarmsSynced);
    assert_eq!(said, (ConditionStatus::False, Reason::Conflict));
    assert_eq!(bench.world.world().alarm(&crate::harness::home(), ALARM).unwrap().spec.alarm_actions, topics);
}

// An object whose spec changes is no drift, and neither is the way back to it; tf#240: its policies stay as they are.
#[tokio::test(start_paused = true)]
async fn a_changed_object_is_an_update_and_no_drift() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    let mut session = bench.session(&SEARCH_API.replace("maxCapacity: 20", "maxCapacity: 10")).await;
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!((written, corrections(&passed)), (vec!["RegisterScalableTarget".to_owned()], 0));
    let reasons: Vec<EventReason> = passed.kept.status.events.iter().map(|event| event.reason).collect();
    assert!(reasons.contains(&EventReason::Updated) && !reasons.contains(&EventReason::DriftCorrected), "{reasons:?}");
}
