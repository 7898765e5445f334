//! Elastic Load Balancing: which load balancers a target group is behind. Nothing of it is ever written.

use super::call::Operation;
use super::scope::{Scope, unreadable};
use crate::model::failure::{AwsService, Failure};

const DESCRIBE_TARGET_GROUPS: Operation = Operation::read(AwsService::ElasticLoadBalancing, "DescribeTargetGroups");

impl Scope {
    /// The ARNs of the load balancers that a target group is behind.
    pub async fn load_balancers(&self, target_group: &str) -> Result<Vec<String>, Failure> {
        let request = self.load_balancing.describe_target_groups().target_group_arns(target_group);
        let reply = self.call(DESCRIBE_TARGET_GROUPS, request.send()).await?;
        let [group] = reply.target_groups() else {
            let message = format!("the reply says nothing about the target group {target_group}");
            return Err(unreadable(DESCRIBE_TARGET_GROUPS, message));
        };
        Ok(group.load_balancer_arns().to_vec())
    }
}
