//! Policies of every type.

use aws_sdk_applicationautoscaling::types::{PolicyType, ScalableDimension, ScalingPolicy, ServiceNamespace};

use super::super::ground::{Ground, ask};
use super::super::{Probe, Stop};
use crate::rules::Rule;

impl Ground {
    pub(super) async fn policies(&self) -> Result<Vec<ScalingPolicy>, Stop> {
        let describe = self.scaling.describe_scaling_policies().service_namespace(ServiceNamespace::Ecs);
        let described = ask(describe.resource_id(self.place.resource()).send()).await?;
        Ok(described.scaling_policies.unwrap_or_default())
    }

    pub(super) async fn described_policy(&self, suffix: &str) -> Result<ScalingPolicy, Stop> {
        let name = self.named(suffix);
        let found = self.policies().await?.into_iter().find(|policy| policy.policy_name() == name);
        found.ok_or_else(|| Stop::Refused("the policy is not described".into()))
    }
}

pub(super) fn probes() -> Vec<Probe> {
    let mut all = puts();
    all.extend(reads());
    all
}

fn puts() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::PolicyNameIsBounded,
            "a policy's name has a tabulator",
            |g| Box::pin(async move { g.put_policy(g.policy("a\tb").policy_type(PolicyType::StepScaling)).await }),
            "ValidationException: 1 validation error detected: Value '{name}-a\tb' at 'policyName' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: \\p{Print}+",
        ),
        Probe::rule(
            Rule::PolicyTypeIsRequired,
            "a new policy has no type",
            |g| Box::pin(async move { g.put_policy(g.policy("type")).await }),
            "ValidationException: PolicyType must be specified",
        ),
        Probe::rule(
            Rule::PolicyTypeIsKnown,
            "a policy is of the type Guessing",
            |g| Box::pin(async move { g.put_policy(g.policy("type").policy_type("Guessing".into())).await }),
            "ValidationException: 1 validation error detected: Value 'Guessing' at 'policyType' failed to satisfy \
             constraint: Member must satisfy enum value set: [StepScaling, TargetTrackingScaling, PredictiveScaling]",
        ),
        Probe::rule(
            Rule::ConfigurationIsRequired,
            "a new step policy has no configuration",
            |g| Box::pin(async move { g.put_policy(g.policy("type").policy_type(PolicyType::StepScaling)).await }),
            "ValidationException: StepScaling policy configuration must be specified",
        ),
        Probe::rule(
            Rule::PolicyArnIsKept,
            "a policy is put twice",
            |g| {
                Box::pin(async move {
                    let first = g.put_a_step_policy("twice").await?;
                    let second = g.put_a_step_policy("twice").await?;
                    Ok(if first == second { "the same ARN" } else { "another ARN" }.to_owned())
                })
            },
            "the same ARN",
        ),
        Probe::rule(
            Rule::TargetIsRegistered,
            "a policy is put where no target is",
            |g| Box::pin(async move { g.put_a_step_policy("none").await }),
            "ObjectNotFoundException: No scalable target registered for service namespace: ecs, resource ID: \
             {resource}, scalable dimension: ecs:service:DesiredCount",
        )
        .without_target(),
        Probe::rule(
            Rule::PolicyIsThere,
            "a policy that is not there is deleted",
            |g| {
                Box::pin(async move {
                    g.delete_policy("none").await?;
                    Ok("accepted".into())
                })
            },
            "ObjectNotFoundException: No scaling policy {name}-none found for service namespace: ecs, resource ID: \
             {resource}, scalable dimension: ecs:service:DesiredCount",
        ),
    ]
}

impl Ground {
    pub(super) async fn delete_policy(&self, suffix: &str) -> Result<(), Stop> {
        let delete = self.scaling.delete_scaling_policy().service_namespace(ServiceNamespace::Ecs);
        let delete = delete.resource_id(self.place.resource());
        let delete = delete.scalable_dimension(ScalableDimension::EcsServiceDesiredCount);
        ask(delete.policy_name(self.named(suffix)).send()).await.map(drop)
    }
}

fn reads() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::PolicyNamesItsAlarms,
            "an alarm calls a step policy",
            |g| {
                Box::pin(async move {
                    let arn = g.put_a_step_policy("called").await?;
                    g.put_alarm(g.alarm("calls").alarm_actions(arn)).await?;
                    let policy = g.described_policy("called").await?;
                    let alarms: Vec<&str> = policy.alarms().iter().map(|alarm| alarm.alarm_name()).collect();
                    Ok(format!("alarms: {}", alarms.join(", ")))
                })
            },
            "alarms: {name}-calls",
        ),
        Probe::rule(
            Rule::DeletedPolicyLeavesAlarms,
            "a step policy is deleted that an alarm calls",
            |g| {
                Box::pin(async move {
                    let arn = g.put_a_step_policy("called").await?;
                    g.put_alarm(g.alarm("calls").alarm_actions(arn)).await?;
                    g.delete_policy("called").await?;
                    let alarm = g.described_alarm("calls").await?;
                    Ok(format!("the alarm is there, actions {}", alarm.alarm_actions().len()))
                })
            },
            "the alarm is there, actions 0",
        ),
        Probe::rule(
            Rule::PolicyPageIsTen,
            "a target has eleven policies",
            |g| {
                Box::pin(async move {
                    for number in 0..11 {
                        g.put_a_step_policy(&format!("page-{number:02}")).await?;
                    }
                    let describe = g.scaling.describe_scaling_policies().service_namespace(ServiceNamespace::Ecs);
                    let page = ask(describe.resource_id(g.place.resource()).send()).await?;
                    let more = page.next_token().is_some_and(|token| !token.is_empty());
                    let more = if more { "and more" } else { "and no more" };
                    Ok(format!("{} policies {more}", page.scaling_policies().len()))
                })
            },
            "10 policies and more",
        ),
        Probe::rule(
            Rule::DimensionNeedsResource,
            "policies are described by dimension alone",
            |g| {
                Box::pin(async move {
                    let describe = g.scaling.describe_scaling_policies().service_namespace(ServiceNamespace::Ecs);
                    let describe = describe.scalable_dimension(ScalableDimension::EcsServiceDesiredCount);
                    ask(describe.send()).await.map(|_| "accepted".to_owned())
                })
            },
            "ValidationException: ResourceId must be specified when ScalableDimension is specified",
        ),
        Probe::doubt(
            &["S-054"],
            "activities that did not scale are described without a resource",
            |g| {
                Box::pin(async move {
                    let describe = g.scaling.describe_scaling_activities().service_namespace(ServiceNamespace::Ecs);
                    let describe = describe.max_results(1).include_not_scaled_activities(true);
                    ask(describe.send()).await.map(|_| "accepted".to_owned())
                })
            },
            "accepted",
        ),
    ]
}
