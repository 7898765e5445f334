//! What the fault tests scale: services in two accounts and two clusters, and what belongs to others beside them.
//!
//! The oracle: it compares the world with what was written down here, and uses nothing of the controller's planning.

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::{AccountId, PolicyName, ScopeId, ServiceId};
use ecs_scaling::model::policy::StepAdjustment;
use ecs_scaling::plan::policy_digest;
use ecs_scaling_sandbox::autoscaling::PolicyConfig;
use ecs_scaling_sandbox::seed::scope;
use ecs_scaling_sandbox::{ServiceSeed, World};
use serde_json::json;

use crate::harness::{ACCOUNT, REGION};
use crate::harness_daemon::Field;

pub(crate) const OTHER_ACCOUNT: &str = "444455556666";
const OWNER: &str = "ecs-scaling.dev/owner";

/// One object, in numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) cluster: &'static str,
    pub(crate) is_remote: bool,
    pub(crate) max: i32,
    pub(crate) threshold: i32,
    pub(crate) cooldown: i32,
}

impl Item {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), cluster: "A", is_remote: false, max: 10, threshold: 60, cooldown: 120 }
    }

    /// Items `s-0`, `s-1`, … in the home account's cluster A.
    pub(crate) fn many(count: usize) -> Vec<Self> {
        (0..count).map(|i| Self::new(&format!("s-{i}"))).collect()
    }

    pub(crate) fn scope(&self) -> ScopeId {
        scope(if self.is_remote { OTHER_ACCOUNT } else { ACCOUNT }, REGION)
    }

    pub(crate) fn id(&self) -> ServiceId {
        ServiceId::new(self.cluster, self.name.as_str())
    }

    pub(crate) fn alarm(&self) -> String {
        format!("{}-{}-high", self.cluster, self.name)
    }

    pub(crate) fn yaml(&self) -> String {
        let Self { name, cluster, max, threshold, cooldown, .. } = self;
        let account = if self.is_remote { "account: remote, " } else { "" };
        let (alarm, upper) = (self.alarm(), threshold + 20);
        format!(
            "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {{name: {name}}}
spec:
  {{{account}region: {REGION}, cluster: {cluster}, service: {name}, minCapacity: 1, maxCapacity: {max},
  stepScaling: [{{policyName: out, adjustmentType: ChangeInCapacity, cooldown: {cooldown},
    alarm: {{alarmName: {alarm}, metricName: CPUUtilization, statistic: Average, period: 60, evaluationPeriods: 1,
      threshold: {threshold}, comparisonOperator: GreaterThanOrEqualToThreshold}},
    steps: [{{lower: {threshold}, upper: {upper}, adjustment: 1}}, {{lower: {upper}, adjustment: 3}}]}}]}}
---
"
        )
    }

    /// Everything as wanted, or the first thing that is not.
    pub(crate) fn check(&self, world: &World) -> Result<(), String> {
        let (scope, id) = (self.scope(), self.id());
        let not = |what: &str| Err(format!("{id}: {what}"));
        let Some(target) = world.target(&scope, &id) else { return not("no target") };
        if (target.range.min(), target.range.max()) != (1, self.max) {
            return not(&format!("range {:?}", target.range));
        }
        if target.tags.get(OWNER).map(String::as_str) != Some("it") {
            return not(&format!("target tags {:?}", target.tags));
        }
        let names: Vec<&String> = target.policies.keys().collect();
        let Some(policy) = target.policies.get("out").filter(|_| names == ["out"]) else {
            return not(&format!("policies {names:?}"));
        };
        let PolicyConfig::Step(config) = &policy.config else { return not("the policy's kind") };
        let step = |(lower, upper, adjustment): (f64, Option<f64>, i32)| StepAdjustment {
            lower: ecs_scaling::model::number::Number::new(lower),
            upper: upper.and_then(ecs_scaling::model::number::Number::new),
            adjustment,
        };
        let steps = [(0.0, Some(20.0), 1), (20.0, None, 3)].map(step);
        if config.steps != steps || config.cooldown != Some(self.cooldown) {
            return not(&format!("policy {config:?}"));
        }
        self.check_alarm(world, &policy.arn)
    }

    fn check_alarm(&self, world: &World, policy_arn: &str) -> Result<(), String> {
        let not = |what: String| Err(format!("{}: {what}", self.alarm()));
        let Some(alarm) = world.alarm(&self.scope(), &self.alarm()) else { return not("no alarm".into()) };
        if alarm.spec.alarm_actions != [policy_arn] || alarm.spec.threshold != Some(f64::from(self.threshold)) {
            return not(format!("{:?}", alarm.spec));
        }
        let metric = alarm.spec.metric.as_ref();
        let dimensions = metric.map(|metric| metric.dimensions.values().map(String::as_str).collect::<Vec<_>>());
        if dimensions != Some(vec![self.cluster, self.name.as_str()]) {
            return not(format!("{metric:?}"));
        }
        if alarm.tags.get(OWNER).map(String::as_str) == Some("it") { Ok(()) } else { not(format!("{:?}", alarm.tags)) }
    }
}

/// The objects of all items, and the other account.
pub(crate) fn yaml(items: &[Item]) -> String {
    let account = format!(
        "apiVersion: ecs-scaling.dev/v1alpha1
kind: AwsAccount
metadata: {{name: remote}}
spec: {{accountId: \"{OTHER_ACCOUNT}\", roleArn: \"arn:aws:iam::{OTHER_ACCOUNT}:role/scaling\", regions: [{REGION}]}}
---
"
    );
    items.iter().fold(account, |text, item| text + &item.yaml())
}

/// Every item is as wanted.
pub(crate) fn check(field: &Field, items: &[Item]) -> Result<(), String> {
    let world = field.world.world();
    items.iter().try_for_each(|item| item.check(&world))
}

/// Puts the items' services, and the role of the other account, into the world.
pub(crate) fn plant(field: &Field, items: &[Item]) {
    let now = field.world.now();
    let mut world = field.world.world();
    world.add_role(OTHER_ACCOUNT, "scaling", vec![AccountId::new(ACCOUNT)], None, now);
    for item in items {
        world.add_service(&item.scope(), item.cluster, &ServiceSeed::new(&item.name, 2), now);
    }
}

/// What others have in each of both accounts: a target with policy and alarm without an owner, and one with another.
pub(crate) fn plant_foreign(field: &Field) {
    let now = field.world.now();
    let mut world = field.world.world();
    for scope in scopes() {
        for (name, tags) in [("f-nobody", json!({"team": "x"})), ("f-other", json!({OWNER: "somebody"}))] {
            world.add_service(&scope, "A", &ServiceSeed::new(name, 3), now);
            let item = Item { is_remote: scope.account.as_str() == OTHER_ACCOUNT, max: 5, ..Item::new(name) };
            put_by_hand(&mut world, &item, &tags, now);
        }
    }
}

/// Puts everything of these items in its place, as a controller would have: no call of one is needed.
pub(crate) fn plant_done(field: &Field, items: &[Item]) {
    let now = field.world.now();
    put_done(&mut field.world.world(), items, now);
}

/// The same in a world.
pub(crate) fn put_done(world: &mut World, items: &[Item], now: jiff::Timestamp) {
    let digest = policy_digest(&PolicyName::new("out"));
    for item in items {
        let tags = json!({OWNER: "it", "ecs-scaling.dev/object": format!("default/{}", item.name),
            "ecs-scaling.dev/deletion-policy": "Delete", "ecs-scaling.dev/policies": digest});
        put_by_hand(world, item, &tags, now);
    }
}

fn put_by_hand(world: &mut World, item: &Item, tags: &serde_json::Value, now: jiff::Timestamp) {
    let (scope, id) = (item.scope(), item.id());
    let scaling = AwsService::ApplicationAutoScaling;
    let resource = json!({"ServiceNamespace": "ecs", "ResourceId": id.resource_id(),
        "ScalableDimension": "ecs:service:DesiredCount"});
    let with = |more: serde_json::Value| {
        let mut input = resource.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let register = with(json!({"MinCapacity": 1, "MaxCapacity": item.max, "Tags": tags}));
    world.call_as_admin(&scope, scaling, "RegisterScalableTarget", register, now).unwrap();
    let put = with(json!({"PolicyName": "out", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration":
        {"AdjustmentType": "ChangeInCapacity", "Cooldown": item.cooldown, "MetricAggregationType": "Average",
        "StepAdjustments": [
            {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 20.0, "ScalingAdjustment": 1},
            {"MetricIntervalLowerBound": 20.0, "ScalingAdjustment": 3}]}}));
    world.call_as_admin(&scope, scaling, "PutScalingPolicy", put, now).unwrap();
    let arn = world.policy(&scope, &id, "out").unwrap().arn.clone();
    let pairs = tags.as_object().unwrap().iter().filter(|(key, _)| !key.ends_with("/policies"));
    let tags: Vec<_> = pairs.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let alarm = json!({"AlarmName": item.alarm(), "AlarmActions": [arn], "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization", "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": item.threshold, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Tags": tags,
        "Dimensions": [{"Name": "ClusterName", "Value": item.cluster}, {"Name": "ServiceName", "Value": item.name}]});
    world.call_as_admin(&scope, AwsService::CloudWatch, "PutMetricAlarm", alarm, now).unwrap();
}

fn scopes() -> [ScopeId; 2] {
    [scope(ACCOUNT, REGION), scope(OTHER_ACCOUNT, REGION)]
}

/// Everything that is not ours, to the byte: when it was last configured too, but not the state that time gives it.
pub(crate) fn foreign(field: &Field) -> String {
    let world = field.world.world();
    let mut text = String::new();
    for scope in scopes() {
        let held = world.cloud.scope(&scope);
        for (id, target) in held.targets.iter().filter(|(id, _)| id.service.as_str().starts_with("f-")) {
            text += &format!("{scope} {id} {target:?}\n");
        }
        for (name, alarm) in held.alarms.iter().filter(|(name, _)| name.as_str().contains("f-")) {
            text += &format!("{scope} {name} {} {:?} {:?} {}\n", alarm.arn, alarm.spec, alarm.tags, alarm.configured);
        }
        let services = held.clusters.values().flat_map(|cluster| cluster.services.iter());
        for (name, service) in services {
            text += &format!("{scope} {name} {}\n", service.desired);
        }
    }
    text
}
