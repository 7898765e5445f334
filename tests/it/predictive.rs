//! Predictive scaling: made, left alone where equal, each field changed and put back.

use ecs_scaling::model::failure::AwsService;
use ecs_scaling_sandbox::autoscaling::PolicyConfig;
use serde_json::{Value, json};

use crate::harness::{Bench, corrections};
use crate::somebody::on_target;

const OBJECT: &str = "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {name: search-api}
spec:
  cluster: B
  service: search-api
  minCapacity: 2
  maxCapacity: 20
  predictiveScaling:
  - policyName: forecast
    metricSpecifications:
    - targetValue: 40
      predefinedMetricPairSpecification: {predefinedMetricType: ECSServiceCPUUtilization}
";

fn held(bench: &Bench) -> Value {
    let target = bench.target();
    match &target.policies["forecast"].config {
        PolicyConfig::Predictive(config) => config.to_json(),
        other => panic!("{other:?}"),
    }
}

fn put(bench: &Bench, config: &Value) {
    let more = json!({"PolicyName": "forecast", "PolicyType": "PredictiveScaling",
        "PredictiveScalingPolicyConfiguration": config});
    bench.somebody(AwsService::ApplicationAutoScaling, "PutScalingPolicy", on_target(more));
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_made_with_its_defaults_and_equal_ones_cause_no_write() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(OBJECT).await).await;
    assert_eq!((&held(&bench)["Mode"], &held(&bench)["SchedulingBufferTime"]), (&json!("ForecastOnly"), &json!(300)));
    let spelled = format!(
        "{OBJECT}    mode: ForecastOnly\n    schedulingBufferTime: 300\n    maxCapacityBreachBehavior: HonorMaxCapacity\n"
    );
    let before = bench.writes();
    bench.pass(&mut bench.session(&spelled).await).await;
    // Somebody's put leaves the defaults out.
    put(
        &bench,
        &json!({"MetricSpecifications": [{"TargetValue": 40.0,
        "PredefinedMetricPairSpecification": {"PredefinedMetricType": "ECSServiceCPUUtilization"}}]}),
    );
    let theirs = bench.writes();
    bench.pass(&mut bench.session(OBJECT).await).await;
    assert_eq!((bench.written_since(before).len(), bench.written_since(theirs)), (1, vec![]));
}

#[tokio::test(start_paused = true)]
async fn each_field_that_changes_is_one_write_and_drift_in_it_is_put_back() {
    let query = |id: &str| {
        format!(
            "{{metricDataQueries: [{{id: {id}, metricStat: {{stat: Sum, metric: {{namespace: N, metricName: M}}}}}}]}}"
        )
    };
    let pair = "predefinedMetricPairSpecification: {predefinedMetricType: ECSServiceCPUUtilization}";
    let predefined = "predefinedLoadMetricSpecification: {predefinedMetricType: ECSServiceTotalCPUUtilization}\n      \
                      predefinedScalingMetricSpecification: {predefinedMetricType: ECSServiceAverageCPUUtilization}";
    let customized = format!(
        "customizedLoadMetricSpecification: {}\n      customizedScalingMetricSpecification: {}\n      \
         customizedCapacityMetricSpecification: {}",
        query("load"),
        query("scaling"),
        query("capacity")
    );
    let end = "ECSServiceCPUUtilization}\n";
    for (from, to) in [
        ("targetValue: 40", "targetValue: 41".to_owned()),
        (pair, pair.replace("CPU", "Memory")),
        (pair, predefined.to_owned()),
        (pair, customized),
        (end, format!("{end}    mode: ForecastAndScale\n")),
        (end, format!("{end}    schedulingBufferTime: 0\n")),
        (end, format!("{end}    maxCapacityBreachBehavior: IncreaseMaxCapacity\n    maxCapacityBuffer: 0\n")),
    ] {
        let bench = Bench::new().await;
        bench.converge(&mut bench.session(OBJECT).await).await;
        let was = held(&bench);
        bench.sleep(120).await;
        let mut session = bench.session(&OBJECT.replace(from, &to)).await;
        let writes = bench.writes();
        bench.pass(&mut session).await;
        assert_eq!(bench.written_since(writes), ["PutScalingPolicy"], "{to}");
        let wanted = held(&bench);
        assert_ne!(wanted, was);
        bench.converge(&mut session).await;
        bench.sleep(120).await;
        put(&bench, &was);
        let (passed, written) = bench.next_pass(&mut session).await;
        assert_eq!((corrections(&passed), written.len()), (1, 1), "{to}");
        assert_eq!(held(&bench), wanted);
        assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
    }
}
