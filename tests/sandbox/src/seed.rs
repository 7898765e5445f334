//! What a world starts with: from Rust, from a file, or the story's three clusters.

use std::collections::BTreeMap;

use ecs_scaling::model::alarm::AlarmState;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::{AccountId, AlarmName, ClusterName, Region, ScopeId, ServiceId};
use ecs_scaling::model::tasks::TaskTimes;
use jiff::Timestamp;
use serde::Deserialize;

use crate::autoscaling::{Policy, Target};
use crate::caller::{Caller, DEFAULT_ACCOUNT};
use crate::cloudwatch::{Alarm, CompositeAlarm, Datapoint, MetricKey};
use crate::ecs::{NewService, Service, new_cluster, new_service};
use crate::error::AwsError;
use crate::iam::add_role;
use crate::time::Load;
use crate::value::Value;
use crate::wire::from_json;
use crate::world::World;

/// The region of the default seed.
pub const DEFAULT_REGION: &str = "ap-northeast-2";

/// A service to start with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceSeed {
    /// The service's name.
    pub name: String,
    /// Tasks wanted, and running.
    pub desired_count: i32,
    /// Tasks running, where they are other than wanted.
    #[serde(default)]
    pub running_count: Option<i32>,
    /// `REPLICA` or `DAEMON`.
    #[serde(default = "replica")]
    pub scheduling_strategy: String,
}

fn replica() -> String {
    "REPLICA".into()
}

impl ServiceSeed {
    /// A REPLICA service all of whose tasks run.
    pub fn new(name: &str, desired_count: i32) -> Self {
        Self { name: name.into(), desired_count, running_count: None, scheduling_strategy: replica() }
    }
}

/// A cluster to start with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterSeed {
    /// Twelve digits.
    pub account: String,
    /// The region.
    pub region: String,
    /// The cluster's name.
    pub name: String,
    /// Its services.
    #[serde(default)]
    pub services: Vec<ServiceSeed>,
}

/// A role that callers of other accounts may assume.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleSeed {
    /// The account that holds the role.
    pub account: String,
    /// The role's name.
    pub name: String,
    /// Accounts whose callers may assume it.
    pub trusted_accounts: Vec<String>,
    /// What they must send.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Its inline policies by name; with none, it may do everything.
    #[serde(default)]
    pub policies: BTreeMap<String, serde_json::Value>,
    /// Its permissions boundary.
    #[serde(default)]
    pub boundary: Option<serde_json::Value>,
}

/// A whole seed, as a file holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seed {
    /// Roles to assume.
    #[serde(default)]
    pub roles: Vec<RoleSeed>,
    /// Clusters with their services.
    #[serde(default)]
    pub clusters: Vec<ClusterSeed>,
}

/// A scope by its account and region.
pub fn scope(account: &str, region: &str) -> ScopeId {
    ScopeId { account: AccountId::new(account), region: Region::new(region) }
}

impl World {
    /// Puts everything of a seed in its place.
    ///
    /// # Errors
    /// `MalformedPolicyDocument`, where a role's policies are not ones that IAM would take.
    pub fn plant(&mut self, seed: &Seed, now: Timestamp) -> Result<(), AwsError> {
        for role in &seed.roles {
            self.plant_role(role, now)?;
        }
        for cluster in &seed.clusters {
            let scope = scope(&cluster.account, &cluster.region);
            self.add_cluster(&scope, &cluster.name);
            for service in &cluster.services {
                self.add_service(&scope, &cluster.name, service, now);
            }
        }
        Ok(())
    }

    fn plant_role(&mut self, seed: &RoleSeed, now: Timestamp) -> Result<(), AwsError> {
        let account = AccountId::new(seed.account.as_str());
        let trusted: Vec<AccountId> = seed.trusted_accounts.iter().map(|a| AccountId::new(a.as_str())).collect();
        add_role(&mut self.cloud, &account, &seed.name, &trusted, seed.external_id.as_deref(), now);
        for (name, document) in &seed.policies {
            self.put_role_policy(&account, &seed.name, name, document)?;
        }
        if let Some(document) = &seed.boundary {
            self.put_boundary(&account, &seed.name, document, now)?;
        }
        Ok(())
    }

    /// Adds a role that callers of these accounts may assume, and that may do everything; its ARN.
    pub fn add_role(
        &mut self,
        account: &str,
        name: &str,
        accounts: Vec<AccountId>,
        external_id: Option<String>,
        now: Timestamp,
    ) -> String {
        add_role(&mut self.cloud, &AccountId::new(account), name, &accounts, external_id.as_deref(), now)
    }

    /// Adds an empty cluster where there is none of the name.
    pub fn add_cluster(&mut self, scope: &ScopeId, name: &str) {
        let name = ClusterName::new(name);
        let cluster = new_cluster(scope, &name);
        self.cloud.scope_mut(scope).clusters.entry(name).or_insert(cluster);
    }

    /// Adds a service, and its cluster where that is missing.
    pub fn add_service(&mut self, scope: &ScopeId, cluster: &str, seed: &ServiceSeed, now: Timestamp) {
        self.add_cluster(scope, cluster);
        let id = ServiceId::new(cluster, seed.name.as_str());
        let new = NewService {
            desired: seed.desired_count,
            running: seed.running_count.unwrap_or(seed.desired_count),
            scheduling_strategy: seed.scheduling_strategy.clone(),
        };
        let (running, desired) = (new.running, new.desired);
        let mut service = new_service(scope, &id, new, now);
        service.moves.aim(running, desired, now, TaskTimes::default());
        if let Some(cluster) = self.cloud.scope_mut(scope).clusters.get_mut(&id.cluster) {
            cluster.services.insert(id.service, service);
        }
    }

    /// Puts one sample of a service's `AWS/ECS` metric, as ECS does every minute.
    pub fn put_service_metric(&mut self, scope: &ScopeId, id: &ServiceId, name: &str, at: Timestamp, value: f64) {
        let dimensions = [("ClusterName", id.cluster.as_str()), ("ServiceName", id.service.as_str())]
            .map(|(n, v)| (n.into(), v.into()));
        let key = MetricKey { namespace: "AWS/ECS".into(), name: name.into(), dimensions: dimensions.into() };
        self.cloud.scope_mut(scope).metrics.put(key, Datapoint::sample(at, value));
    }

    /// Sets what a service has to carry from now on. Every minute its utilisation is put as ECS puts it.
    pub fn set_load(&mut self, scope: &ScopeId, id: &ServiceId, load: Load) {
        self.cloud.scope_mut(scope).clock.set_load(id.clone(), load);
    }

    /// Calls an operation as the administrator of the scope's account: somebody else than the controller. The input is
    /// written as JSON.
    ///
    /// # Errors
    /// What AWS would answer.
    pub fn call_as_admin(
        &mut self,
        scope: &ScopeId,
        service: AwsService,
        operation: &str,
        input: serde_json::Value,
        now: Timestamp,
    ) -> Result<Value, AwsError> {
        let caller = Caller::admin(&scope.account, &scope.region);
        self.call(&caller, service, operation, from_json(input), now)
    }

    /// An ECS service.
    pub fn service(&self, scope: &ScopeId, id: &ServiceId) -> Option<&Service> {
        self.cloud.scope(scope).service(id)
    }

    /// A scalable target.
    pub fn target(&self, scope: &ScopeId, id: &ServiceId) -> Option<&Target> {
        self.cloud.scope(scope).targets.get(id)
    }

    /// A scaling policy.
    pub fn policy(&self, scope: &ScopeId, id: &ServiceId, name: &str) -> Option<&Policy> {
        self.target(scope, id)?.policies.get(name)
    }

    /// An alarm.
    pub fn alarm(&self, scope: &ScopeId, name: &str) -> Option<&Alarm> {
        self.cloud.scope(scope).alarms.get(&AlarmName::new(name))
    }

    /// Adds a composite alarm, which is there to be found.
    pub fn add_composite_alarm(&mut self, scope: &ScopeId, name: &str, now: Timestamp) {
        let name = AlarmName::new(name);
        let arn = crate::cloudwatch::alarm_arn(scope, &name);
        let alarm = CompositeAlarm { arn, rule: "FALSE".to_owned(), configured: now };
        self.cloud.scope_mut(scope).composite_alarms.insert(name, alarm);
    }

    /// Gives an alarm a member that no SDK knows, until the alarm is put again. Whether there is such an alarm.
    pub fn add_alarm_member(&mut self, scope: &ScopeId, alarm: &str, member: &str, value: &str) -> bool {
        let alarm = self.cloud.scope_mut(scope).alarms.get_mut(&AlarmName::new(alarm));
        alarm.map(|alarm| alarm.spec.unknown.insert(member.to_owned(), value.into())).is_some()
    }

    /// Sets an alarm's state, as a test needs it.
    pub fn set_alarm_state(&mut self, scope: &ScopeId, name: &str, state: AlarmState, now: Timestamp) {
        if let Some(alarm) = self.cloud.scope_mut(scope).alarms.get_mut(&AlarmName::new(name)) {
            alarm.set_state(state, "set by a test".into(), None, now);
        }
    }

    /// The story: clusters A, B and C with the same services; A's `search-api` was set up by hand in the console.
    ///
    /// # Errors
    /// Never with this seed; the error is that of the operation that was refused.
    pub fn plant_story(&mut self, now: Timestamp) -> Result<(), AwsError> {
        let scope = scope(DEFAULT_ACCOUNT, DEFAULT_REGION);
        for cluster in ["A", "B", "C"] {
            for (name, desired) in [("search-api", 2), ("search-worker", 3), ("web", 4)] {
                self.add_service(&scope, cluster, &ServiceSeed::new(name, desired), now);
            }
        }
        for (service, operation, input) in by_hand() {
            self.call_as_admin(&scope, service, operation, input, now)?;
        }
        let policy = self.policy(&scope, &ServiceId::new("A", "search-api"), "search-api-scale-out");
        let arn = policy.map(|p| p.arn.clone()).unwrap_or_default();
        self.call_as_admin(&scope, AwsService::CloudWatch, "PutMetricAlarm", console_alarm(&arn), now)?;
        self.reset_counters();
        Ok(())
    }
}

/// What a console user did to A's `search-api`.
fn by_hand() -> [(AwsService, &'static str, serde_json::Value); 2] {
    let register = serde_json::json!({
        "ServiceNamespace": "ecs", "ResourceId": "service/A/search-api",
        "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 2, "MaxCapacity": 10
    });
    let put = serde_json::json!({
        "PolicyName": "search-api-scale-out", "PolicyType": "StepScaling", "ServiceNamespace": "ecs",
        "ResourceId": "service/A/search-api", "ScalableDimension": "ecs:service:DesiredCount",
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": "ChangeInCapacity", "Cooldown": 300, "MetricAggregationType": "Average",
            "StepAdjustments": [
                {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 20.0, "ScalingAdjustment": 1},
                {"MetricIntervalLowerBound": 20.0, "ScalingAdjustment": 2}
            ]
        }
    });
    [
        (AwsService::ApplicationAutoScaling, "RegisterScalableTarget", register),
        (AwsService::ApplicationAutoScaling, "PutScalingPolicy", put),
    ]
}

fn console_alarm(policy_arn: &str) -> serde_json::Value {
    serde_json::json!({
        "AlarmName": "search-api-cpu-high", "AlarmActions": [policy_arn], "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization", "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 50.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Dimensions": [
            {"Name": "ClusterName", "Value": "A"}, {"Name": "ServiceName", "Value": "search-api"}
        ]
    })
}
