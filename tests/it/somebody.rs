//! What others do to the world while the controller looks away: colleagues, consoles, stacks, and AWS itself.

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::{AccountId, AlarmName};
use ecs_scaling_sandbox::autoscaling::Target;
use ecs_scaling_sandbox::cloudwatch::Alarm;
use ecs_scaling_sandbox::{DenialStyle, Fault, FaultRule};

use crate::harness::{ACCOUNT, ALARM, Bench, POLICY, home, search_api};

impl Bench {
    /// A call by somebody else, with all permissions, in the home scope.
    pub(crate) fn somebody(&self, service: AwsService, operation: &str, input: serde_json::Value) {
        let now = self.world.now();
        let reply = self.world.world().call_as_admin(&home(), service, operation, input, now);
        reply.unwrap_or_else(|error| panic!("{operation}: {error:?}"));
    }

    /// Denies the account an action on everything.
    pub(crate) fn deny(&self, action: &str) {
        self.world.world().deny(&AccountId::new(ACCOUNT), action, "*", DenialStyle::NoIdentityPolicy);
    }

    pub(crate) fn allow(&self, action: &str) {
        self.world.world().allow(&AccountId::new(ACCOUNT), action);
    }

    /// Lets the next calls of an operation go wrong.
    pub(crate) fn fail(&self, operation: &str, times: u64, fault: Fault) {
        self.world.world().inject(FaultRule { times, ..FaultRule::next(operation, fault) });
    }

    /// search-api's target, which must be there.
    pub(crate) fn target(&self) -> Target {
        self.world.world().target(&home(), &search_api()).cloned().expect("a target")
    }

    /// search-api's alarm, which must be there.
    pub(crate) fn alarm(&self) -> Alarm {
        self.world.world().alarm(&home(), ALARM).cloned().expect("an alarm")
    }

    /// search-api's policy's ARN.
    pub(crate) fn policy_arn(&self) -> String {
        self.target().policies[POLICY].arn.clone()
    }

    /// Changes search-api's target past AWS's own rules.
    pub(crate) fn change_target(&self, change: impl FnOnce(&mut Target)) {
        let mut world = self.world.world();
        change(world.cloud.scope_mut(&home()).targets.get_mut(&search_api()).expect("a target"));
    }

    /// Changes search-api's alarm past AWS's own rules.
    pub(crate) fn change_alarm(&self, change: impl FnOnce(&mut Alarm)) {
        let mut world = self.world.world();
        change(world.cloud.scope_mut(&home()).alarms.get_mut(&AlarmName::new(ALARM)).expect("an alarm"));
    }

    /// Somebody sets the desired count.
    pub(crate) fn set_desired(&self, count: i32) {
        let input = serde_json::json!({"cluster": "B", "service": "search-api", "desiredCount": count});
        self.somebody(AwsService::Ecs, "UpdateService", input);
    }

    /// Somebody registers search-api's target.
    pub(crate) fn register(&self, more: serde_json::Value) {
        self.somebody(AwsService::ApplicationAutoScaling, "RegisterScalableTarget", on_target(more));
    }

    /// Somebody puts a policy of one step on search-api's target.
    pub(crate) fn put_policy(&self, name: &str) {
        let steps = serde_json::json!([{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]);
        let config = serde_json::json!({"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps});
        let more = serde_json::json!({
            "PolicyName": name, "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": config
        });
        self.somebody(AwsService::ApplicationAutoScaling, "PutScalingPolicy", on_target(more));
    }

    /// Somebody puts an alarm of search-api's alarm's name, with these further members.
    pub(crate) fn put_alarm(&self, more: serde_json::Value) {
        let input = merged(
            serde_json::json!({
                "AlarmName": ALARM, "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Statistic": "Average",
                "Period": 60, "EvaluationPeriods": 1, "Threshold": 30.0,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "Dimensions": [{"Name": "ClusterName", "Value": "B"}, {"Name": "ServiceName", "Value": "search-api"}]
            }),
            more,
        );
        self.somebody(AwsService::CloudWatch, "PutMetricAlarm", input);
    }
}

/// The input of a call about search-api's target.
pub(crate) fn on_target(more: serde_json::Value) -> serde_json::Value {
    let target = serde_json::json!({
        "ServiceNamespace": "ecs", "ResourceId": "service/B/search-api",
        "ScalableDimension": "ecs:service:DesiredCount"
    });
    merged(target, more)
}

/// A JSON object with the members of another one put over it; `null` is no member.
pub(crate) fn merged(base: serde_json::Value, over: serde_json::Value) -> serde_json::Value {
    let (serde_json::Value::Object(mut base), serde_json::Value::Object(over)) = (base, over) else {
        panic!("two objects");
    };
    base.extend(over);
    base.into()
}
