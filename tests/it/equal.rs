//! Nothing is written where nothing differs, however AWS or the user orders and spells it.

use ecs_scaling::model::failure::AwsService;
use serde_json::json;

use crate::harness::{Bench, POLICY, SEARCH_API};
use crate::somebody::on_target;

/// Converges on one text; a controller with the other one then writes nothing.
async fn assert_same(one: &str, other: &str) {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(one).await).await;
    let before = bench.writes();
    let mut session = bench.session(other).await;
    for _ in 0..2 {
        bench.sleep(60).await;
        assert!(bench.pass(&mut session).await.kept.status.is_ready());
    }
    assert_eq!(bench.written_since(before), [""; 0]);
}

// S-094, S-096, upjet-aws#706
#[tokio::test(start_paused = true)]
async fn the_order_of_steps_dimensions_and_actions_makes_no_difference() {
    let steps = "    - {lower: 30, upper: 40, adjustment: 2}\n    - {lower: 40, upper: 50, adjustment: 2}\n";
    let turned = "    - {lower: 40, upper: 50, adjustment: 2}\n    - {lower: 30, upper: 40, adjustment: 2}\n";
    let topic = |name: &str| format!("arn:aws:sns:ap-northeast-2:111122223333:{name}");
    let with = |first: &str, second: &str, dimensions: &str| {
        let more = format!(
            "\n      okActions: [{}, {}]\n      dimensions: {{{dimensions}}}\n      statistic: Average",
            topic(first),
            topic(second)
        );
        SEARCH_API.replace("\n      statistic: Average", &more)
    };
    let one = with("a", "b", "ClusterName: B, ServiceName: search-api");
    let other = with("b", "a", "ServiceName: search-api, ClusterName: B").replace(steps, turned);
    assert_ne!(one, other);
    assert_same(&one, &other).await;
}

// S-096: the same from AWS's side.
#[tokio::test(start_paused = true)]
async fn aws_may_give_steps_dimensions_and_actions_in_any_order() {
    let topic = |name: &str| format!("arn:aws:sns:ap-northeast-2:111122223333:{name}");
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    let steps = json!([
        {"MetricIntervalLowerBound": 20.0, "ScalingAdjustment": 4},
        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 2},
        {"MetricIntervalLowerBound": 10.0, "MetricIntervalUpperBound": 20.0, "ScalingAdjustment": 2}
    ]);
    let config = json!({"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps});
    let put = json!({"PolicyName": POLICY, "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": config});
    bench.somebody(AwsService::ApplicationAutoScaling, "PutScalingPolicy", on_target(put)); // S-095: no Cooldown
    bench.put_alarm(json!({
        "AlarmActions": [topic("z"), bench.policy_arn(), topic("a")], "OKActions": [topic("z"), topic("a")],
        "Dimensions": [{"Name": "ServiceName", "Value": "search-api"}, {"Name": "ClusterName", "Value": "B"}]
    }));
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
}

// S-095, tf#8777: spelling a default changes nothing, in the YAML or in AWS.
#[tokio::test(start_paused = true)]
async fn a_default_may_be_spelled_or_not() {
    let spelled = SEARCH_API
        .replace("    cooldown: 300\n", "    cooldown: 300\n    metricAggregationType: Average\n")
        .replace(
            "\n      statistic: Average",
            "\n      statistic: Average\n      namespace: AWS/ECS\n      actionsEnabled: true\n      datapointsToAlarm: 1\n      \
             treatMissingData: missing\n      alarmDescription: ''\n      evaluationWindow: {slidingWindow: {}}\n      \
             dimensions: {ClusterName: B, ServiceName: search-api}",
        );
    let bare = SEARCH_API
        .replace("    cooldown: 300\n", "")
        .replace("\n      statistic: Average", "")
        .replace("\n      period: 60", "")
        .replace("\n      evaluationPeriods: 1", "");
    assert!(spelled.len() > SEARCH_API.len() && bare.len() < SEARCH_API.len());
    assert_same(&spelled, &bare).await;
    assert_same(&bare, &spelled).await;
}

#[tokio::test(start_paused = true)]
async fn a_number_may_be_spelled_in_any_way() {
    for spelling in ["30.0", "3e1", "30.00"] {
        let other = SEARCH_API.replace("threshold: 30", &format!("threshold: {spelling}"));
        let other = other.replace("lower: 30,", &format!("lower: {spelling},"));
        assert_same(SEARCH_API, &other).await;
    }
}

// tf#2662, S-093: in binary floats 0.3 − 0.1 is not 0.2, which would be a step that never matches and a drift without end.
#[tokio::test(start_paused = true)]
async fn steps_of_a_tenth_are_exact() {
    let tenths = SEARCH_API
        .replace("threshold: 30", "threshold: 0.1")
        .replace("lower: 30, upper: 40", "lower: 0.1, upper: 0.3")
        .replace("lower: 40, upper: 50", "lower: 0.3, upper: 0.7")
        .replace("lower: 50", "lower: 0.7");
    let bench = Bench::new().await;
    let mut session = bench.session(&tenths).await;
    bench.converge(&mut session).await;
    let writes = bench.records_since(0);
    let put = writes.iter().find(|write| write.call.operation == "PutScalingPolicy").expect("a policy is put");
    let steps = put.input.get("StepScalingPolicyConfiguration").list("StepAdjustments").unwrap();
    let bounds: Vec<Option<f64>> = steps.iter().map(|step| step.float("MetricIntervalLowerBound").unwrap()).collect();
    assert_eq!(bounds, [Some(0.0), Some(0.2), Some(0.6)]);
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
}

// S-058: an empty token ends a listing.
#[tokio::test(start_paused = true)]
async fn an_empty_token_is_no_token() {
    let bench = Bench::new().await;
    bench.world.world().cloud.knobs.empty_final_token = true;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    assert_eq!(bench.calls("DescribeScalableTargets"), 2, "one call a sweep");
}

/// The object with metric math instead of its metric.
fn with_metrics(metrics: &str) -> String {
    let object = SEARCH_API.replace("\n      metricName: CPUUtilization", &format!("\n      metrics: [{metrics}]"));
    let object = object.replace("\n      statistic: Average", "").replace("\n      period: 60", "");
    let lines = object.lines().map(|line| line.split(" # ").next().unwrap_or(line).trim_end());
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

// S-096: queries are a set, by id; and their defaults may be spelled or not.
#[tokio::test(start_paused = true)]
async fn the_order_and_the_defaults_of_metrics_make_no_difference() {
    let one = with_metrics(
        "{id: m1, returnData: false, metricStat: {metric: {metricName: CPUUtilization}}}, \
         {id: e1, expression: m1 * m2 / 100}, \
         {id: m2, returnData: false, metricStat: {metric: {metricName: MemoryUtilization}}}",
    );
    let other = with_metrics(
        "{id: m2, returnData: false, accountId: \"111122223333\", metricStat: {metric: {metricName: MemoryUtilization, \
         namespace: AWS/ECS, dimensions: {ServiceName: search-api, ClusterName: B}}, stat: Average, period: 60}}, \
         {id: m1, returnData: false, metricStat: {metric: {metricName: CPUUtilization}}}, \
         {id: e1, expression: m1 * m2 / 100, returnData: true}",
    );
    assert_same(&one, &other).await;
    assert_same(&other, &one).await;
}

// A query that somebody took out, changed or added is put back.
#[tokio::test(start_paused = true)]
async fn a_query_that_differs_is_put_back() {
    use ecs_scaling_sandbox::value::Value;
    let bench = Bench::new().await;
    let yaml = with_metrics(
        "{id: m1, returnData: false, metricStat: {metric: {metricName: CPUUtilization}}}, {id: e1, expression: m1 * 2}",
    );
    let mut session = bench.session(&yaml).await;
    bench.converge(&mut session).await;
    let wanted = bench.alarm().spec;
    let extra = Value::map([("Id", "e9".into()), ("Expression", "m1 * 3".into()), ("ReturnData", false.into())]);
    bench.change_alarm(|alarm| alarm.spec.queries.push(extra));
    assert_eq!(bench.next_pass(&mut session).await.1, ["PutMetricAlarm"]);
    assert_eq!(bench.alarm().spec, wanted);
    bench.sleep(120).await;
    bench.put_alarm(json!({"AlarmActions": [bench.policy_arn()]})); // a single metric in its place
    assert_eq!(bench.next_pass(&mut session).await.1, ["PutMetricAlarm"]);
    assert_eq!(bench.alarm().spec, wanted);
}
