//! The service-linked role with which Application Auto Scaling scales ECS services.

use super::arn::partition;
use super::names::{AccountId, Region};

/// The service that the service-linked role is for. It is the same in every partition.
pub const SLR_SERVICE: &str = "ecs.application-autoscaling.amazonaws.com";

/// The service-linked role's name.
pub const SLR_NAME: &str = "AWSServiceRoleForApplicationAutoScaling_ECSService";

/// What makes the role once and for all, by hand.
pub const CREATE_SLR_COMMAND: &str =
    "aws iam create-service-linked-role --aws-service-name ecs.application-autoscaling.amazonaws.com";

/// The ARN of an account's service-linked role: one an account, not one a region.
pub fn service_linked_role_arn(account: &AccountId, region: &Region) -> String {
    format!("arn:{}:iam::{account}:role/aws-service-role/{SLR_SERVICE}/{SLR_NAME}", partition(region))
}
