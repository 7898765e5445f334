//! Operations against their facts, past the wire; and the real SDK against the whole.

mod alarms;
mod gate;
mod http;
mod iam;
mod identity;
mod policies;
mod scheduled_actions;
mod scoping;
mod sdk;
mod services;
mod simulate;
mod steps;
mod story;
mod targets;

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::{ScopeId, ServiceId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use crate::error::AwsError;
use crate::seed::{ServiceSeed, scope};
use crate::value::Value;
use crate::wire::to_json;
use crate::world::World;

/// A world with the service B/api (desired 4), a caller, and a clock.
struct Sandbox {
    world: World,
    scope: ScopeId,
    api: ServiceId,
    now: Timestamp,
}

impl Sandbox {
    fn new() -> Self {
        let (mut world, scope, now) = (World::new(), scope("111122223333", "eu-west-1"), Timestamp::UNIX_EPOCH);
        world.add_service(&scope, "B", &ServiceSeed::new("api", 4), now);
        Self { world, scope, api: ServiceId::new("B", "api"), now }
    }

    /// With the target 2/10 on B/api.
    fn with_target() -> Self {
        let mut sandbox = Self::new();
        sandbox.aas("RegisterScalableTarget", json!({"MinCapacity": 2, "MaxCapacity": 10})).unwrap();
        sandbox
    }

    fn call(&mut self, service: AwsService, operation: &str, input: Json) -> Result<Json, AwsError> {
        self.world.advance(self.now);
        self.world.call_as_admin(&self.scope, service, operation, input, self.now).map(|v: Value| to_json(&v))
    }

    /// Calls Application Auto Scaling about B/api.
    fn aas(&mut self, operation: &str, input: Json) -> Result<Json, AwsError> {
        let mut members = json!({
            "ServiceNamespace": "ecs", "ResourceId": "service/B/api", "ScalableDimension": "ecs:service:DesiredCount"
        });
        if let (Some(all), Json::Object(more)) = (members.as_object_mut(), input) {
            all.extend(more);
        }
        self.call(AwsService::ApplicationAutoScaling, operation, members)
    }

    /// Describes in the namespace, without naming a resource.
    fn list(&mut self, operation: &str, input: Json) -> Result<Json, AwsError> {
        let mut members = json!({"ServiceNamespace": "ecs"});
        if let (Some(all), Json::Object(more)) = (members.as_object_mut(), input) {
            all.extend(more);
        }
        self.call(AwsService::ApplicationAutoScaling, operation, members)
    }

    fn ecs(&mut self, operation: &str, input: Json) -> Result<Json, AwsError> {
        self.call(AwsService::Ecs, operation, input)
    }

    fn cloudwatch(&mut self, operation: &str, input: Json) -> Result<Json, AwsError> {
        self.call(AwsService::CloudWatch, operation, input)
    }

    /// Puts a step policy of one step; its ARN.
    fn put_policy(&mut self, name: &str) -> String {
        let reply = self.aas("PutScalingPolicy", step_policy(name)).unwrap();
        reply["PolicyARN"].as_str().unwrap().to_owned()
    }

    fn put_alarm(&mut self, name: &str, more: Json) -> Result<Json, AwsError> {
        let mut input = json!({
            "AlarmName": name, "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Statistic": "Average",
            "Period": 60, "EvaluationPeriods": 1, "Threshold": 30.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        });
        if let (Some(all), Json::Object(more)) = (input.as_object_mut(), more) {
            all.extend(more);
            all.retain(|_, value| !value.is_null());
        }
        self.cloudwatch("PutMetricAlarm", input)
    }

    fn alarm(&mut self, name: &str) -> Json {
        self.cloudwatch("DescribeAlarms", json!({"AlarmNames": [name]})).unwrap()["MetricAlarms"][0].clone()
    }

    fn desired(&self) -> i32 {
        self.world.service(&self.scope, &self.api).unwrap().desired
    }

    fn wait(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        self.world.advance(self.now);
    }
}

fn step_policy(name: &str) -> Json {
    json!({
        "PolicyName": name, "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]
        }
    })
}

/// The code and text of a refusal.
fn refusal(result: Result<Json, AwsError>) -> (&'static str, String) {
    let error = result.unwrap_err();
    (error.code, error.message)
}
