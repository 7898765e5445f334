//! The founding story: a role in another account whose policy allows everything but, by one value, the one role that
//! Application Auto Scaling needs.

use ecs_scaling::model::names::{ScopeId, ServiceId};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::caller::DEFAULT_ACCOUNT;
use crate::error::AwsError;
use crate::seed::{ClusterSeed, DEFAULT_REGION, RoleSeed, Seed, ServiceSeed, scope};
use crate::world::World;

/// The account that holds the role and the service.
pub const MEMBER_ACCOUNT: &str = "444455556666";
/// The role that the hub assumes.
pub const ROLE: &str = "search-test-role";
/// What the hub must send.
pub const EXTERNAL_ID: &str = "tools";
/// The role's inline policy.
pub const POLICY: &str = "search-ecs";
/// The statement that lacks a value.
pub const STATEMENT: &str = "AllowServiceLinkedRoles";

/// Where the story's service lives.
pub fn member() -> ScopeId {
    scope(MEMBER_ACCOUNT, DEFAULT_REGION)
}

/// The story's service, in cluster B.
pub fn search_api() -> ServiceId {
    ServiceId::new("B", "search-api")
}

impl Seed {
    /// The hub is the default account. There is no service-linked role in the other one.
    pub fn founding_story() -> Self {
        let role = RoleSeed {
            account: MEMBER_ACCOUNT.into(),
            name: ROLE.into(),
            trusted_accounts: vec![DEFAULT_ACCOUNT.into()],
            external_id: Some(EXTERNAL_ID.into()),
            policies: [(POLICY.to_owned(), policy())].into(),
            boundary: None,
        };
        let cluster = ClusterSeed {
            account: MEMBER_ACCOUNT.into(),
            region: DEFAULT_REGION.into(),
            name: "B".into(),
            services: vec![ServiceSeed::new("search-api", 2)],
        };
        Self { roles: vec![role], clusters: vec![cluster] }
    }
}

impl World {
    /// Plants [`Seed::founding_story`].
    ///
    /// # Errors
    /// Never with this seed.
    pub fn plant_founding_story(&mut self, now: Timestamp) -> Result<(), AwsError> {
        self.plant(&Seed::founding_story(), now)
    }
}

/// What the role's owner wrote: two services' roles, and not the one that is needed.
fn policy() -> Json {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AllowEcsScaling", "Effect": "Allow", "Resource": "*",
                "Action": [
                    "ecs:DescribeServices", "ecs:UpdateService", "application-autoscaling:*",
                    "cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms",
                    "cloudwatch:TagResource", "cloudwatch:UntagResource", "cloudwatch:ListTagsForResource"
                ]
            },
            {
                "Sid": "AllowReadingIam", "Effect": "Allow", "Resource": "*",
                "Action": [
                    "iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
                    "iam:GetPolicy", "iam:GetPolicyVersion", "iam:SimulatePrincipalPolicy"
                ]
            },
            {
                "Sid": STATEMENT, "Effect": "Allow", "Resource": "*",
                "Action": "iam:CreateServiceLinkedRole",
                "Condition": {"StringEquals": {"iam:AWSServiceName": ["cloud9.amazonaws.com", "ecs.amazonaws.com"]}}
            }
        ]
    })
}
