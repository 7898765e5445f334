//! Roles: who may assume them, and their boundary.

use jiff::Timestamp;

use super::{Grants, PolicyText, already_exists, changeable_role, new_id, path, required, role};
use crate::cloud::{Answer, Call, Cloud, iam_arn};
use crate::error::AwsError;
use crate::value::Value;

/// An IAM role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its ARN, with the path.
    pub arn: String,
    /// Begins and ends with `/`.
    pub path: String,
    /// IAM's own id.
    pub id: String,
    /// Free text.
    pub description: Option<String>,
    /// Who may assume it, and on which conditions.
    pub trust: PolicyText,
    /// The longest session, in seconds.
    pub max_session_seconds: i32,
    /// When it was created.
    pub created: Timestamp,
    /// What it may do.
    pub grants: Grants,
}

impl Role {
    /// Whether AWS alone may change it: a service-linked role, or one of IAM Identity Center (iam.md §2, §4).
    pub fn is_protected(&self) -> bool {
        self.path.starts_with("/aws-service-role/") || self.path.starts_with("/aws-reserved/")
    }
}

/// As IAM describes a role.
pub(super) fn describe(name: &str, role: &Role) -> Value {
    let boundary =
        role.grants.boundary.as_ref().map(|arn| {
            Value::map([("PermissionsBoundaryType", "Policy".into()), ("PermissionsBoundaryArn", arn.into())])
        });
    Value::map([
        ("Path", (&role.path).into()),
        ("RoleName", name.into()),
        ("RoleId", (&role.id).into()),
        ("Arn", (&role.arn).into()),
        ("CreateDate", role.created.into()),
        ("AssumeRolePolicyDocument", role.trust.encoded().into()), // E-01
        ("Description", role.description.clone().into()),
        ("MaxSessionDuration", role.max_session_seconds.into()),
        ("PermissionsBoundary", boundary.into()),
    ])
}

pub(super) fn get(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let (name, role) = role(cloud, call)?;
    Ok(Value::map([("Role", describe(name, role))]))
}

pub(super) fn create(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let name = required(call.input, "RoleName")?.to_owned();
    let trust = PolicyText::of_trust(required(call.input, "AssumeRolePolicyDocument")?)?;
    let path = path(call.input)?;
    let max_session_seconds = session_limit(call.input)?;
    let boundary = call.input.text("PermissionsBoundary")?.map(|arn| existing_policy(cloud, arn)).transpose()?;
    if cloud.account_mut(&call.scope.account).roles.contains_key(&name) {
        return Err(already_exists(format!("Role with name {name} already exists.")));
    }
    let role = Role {
        arn: iam_arn(call.scope, &format!("role{path}{name}")),
        path,
        id: new_id(cloud, "AROA", &name),
        description: call.input.text("Description")?.map(str::to_owned),
        trust,
        max_session_seconds,
        created: call.now,
        grants: Grants { boundary, ..Grants::default() },
    };
    let described = describe(&name, &role);
    cloud.account_mut(&call.scope.account).roles.insert(name, role);
    Ok(Value::map([("Role", described)]))
}

fn session_limit(input: &Value) -> Result<i32, AwsError> {
    let seconds = input.int("MaxSessionDuration")?.unwrap_or(3600);
    if (3600..=43_200).contains(&seconds) {
        return Ok(seconds);
    }
    let must = "have value between 3600 and 43200";
    Err(AwsError::cloudwatch(AwsError::constraint(&seconds.to_string(), "maxSessionDuration", must)))
}

pub(super) fn update_trust(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let trust = PolicyText::of_trust(required(call.input, "PolicyDocument")?)?;
    changeable_role(cloud, call)?.trust = trust;
    Ok(Value::empty())
}

pub(super) fn put_boundary(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let arn = existing_policy(cloud, required(call.input, "PermissionsBoundary")?)?;
    changeable_role(cloud, call)?.grants.boundary = Some(arn);
    Ok(Value::empty())
}

pub(super) fn delete_boundary(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    changeable_role(cloud, call)?.grants.boundary = None;
    Ok(Value::empty())
}

fn existing_policy(cloud: &Cloud, arn: &str) -> Result<String, AwsError> {
    let policy = cloud.managed_policy(arn).ok_or_else(|| super::managed::not_found(arn))?;
    Ok(policy.arn.clone())
}
