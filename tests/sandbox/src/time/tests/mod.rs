//! Time played on one service: a stage, and what is played on it.

mod alarms;
mod passing;
mod policies;

use ecs_scaling::model::alarm::AlarmState;
use ecs_scaling::model::failure::AwsService::{self, ApplicationAutoScaling, CloudWatch};
use ecs_scaling::model::names::{ScopeId, ServiceId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::Load;
use crate::message::{Outcome, Request};
use crate::seed::{ServiceSeed, scope};
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

    /// A call as an HTTP request of a client that speaks awsJson: the worked examples are played through the wire.
    fn call(&mut self, service: AwsService, operation: &str, input: Json) -> Json {
        let (target, signing_name) = match service {
            ApplicationAutoScaling => ("AnyScaleFrontendService", "application-autoscaling"),
            CloudWatch => ("GraniteServiceVersion20100801", "monitoring"),
            AwsService::Ecs => ("AmazonEC2ContainerServiceV20141113", "ecs"),
            AwsService::Iam | AwsService::S3 | AwsService::Sts | AwsService::ElasticLoadBalancing => {
                panic!("{operation} speaks no awsJson")
            }
        };
        let (account, region) = (&self.scope.account, &self.scope.region);
        let credential = format!("Credential={account}/20261125/{region}/{signing_name}/aws4_request");
        let header = |name: &str, value: String| (name.to_owned(), value);
        let version = if service == CloudWatch { "1.0" } else { "1.1" };
        let request = Request {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            headers: vec![
                header("content-type", format!("application/x-amz-json-{version}")),
                header("x-amz-target", format!("{target}.{operation}")),
                header("authorization", format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=00")),
            ],
            body: input.to_string().into_bytes(),
        };
        let Outcome::Answer(response) = self.world.handle(&request, self.now).outcome else { panic!("no answer") };
        let text = String::from_utf8(response.body).unwrap();
        assert_eq!(response.status, 200, "{operation}: {text}");
        if text.is_empty() { Json::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// Calls Application Auto Scaling on the service.
    fn on_target(&mut self, operation: &str, mut input: Json) -> Json {
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
        reply["PolicyARN"].as_str().unwrap().to_owned()
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
