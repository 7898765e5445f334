//! Elastic Load Balancing: target groups and the load balancers that they are behind. Read-only, but for what tests plant.

use ecs_scaling::model::names::ScopeId;

use crate::cloud::{Answer, Call, Cloud, Handler, regional_arn};
use crate::error::AwsError;
use crate::value::Value;

pub(crate) fn handler(operation: &str) -> Option<Handler> {
    (operation == "DescribeTargetGroups").then_some(Handler::Read(describe))
}

/// The ARN of a target group.
pub fn target_group_arn(scope: &ScopeId, name: &str) -> String {
    regional_arn(scope, "elasticloadbalancing", &format!("targetgroup/{name}/0123456789abcdef"))
}

/// The ARN of an Application Load Balancer.
pub fn load_balancer_arn(scope: &ScopeId, name: &str) -> String {
    regional_arn(scope, "elasticloadbalancing", &format!("loadbalancer/app/{name}/fedcba9876543210"))
}

fn describe(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let groups = &cloud.scope(call.scope).target_groups;
    let named = call.input.texts("TargetGroupArns")?;
    if let Some(unknown) = named.iter().find(|arn| !groups.contains_key(*arn)) {
        let message = format!("One or more target groups not found: {unknown}");
        return Err(AwsError::sender("TargetGroupNotFound", message));
    }
    let wanted = groups.iter().filter(|(arn, _)| named.is_empty() || named.contains(arn));
    let group = |(arn, balancers): (&String, &Vec<String>)| {
        let name = arn.rsplit('/').nth(1).unwrap_or_default();
        Value::map([
            ("TargetGroupArn", arn.into()),
            ("TargetGroupName", name.into()),
            ("LoadBalancerArns", balancers.clone().into()),
        ])
    };
    Ok(Value::map([("TargetGroups", wanted.map(group).collect::<Vec<_>>().into())]))
}
