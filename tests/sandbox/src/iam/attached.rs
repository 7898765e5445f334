//! Managed policies on roles and users.

use ecs_scaling::model::arn::Arn;

use super::managed::{not_found, policy};
use super::{Grants, changeable_role, invalid_input, limit_exceeded, listing, required, role, user};
use crate::cloud::{Answer, Call, Cloud};
use crate::value::Value;

/// Attached policies of one role.
const ATTACHED_QUOTA: usize = 10;

pub(super) fn list_of_role(cloud: &Cloud, call: &Call<'_>) -> Answer {
    list(cloud, call, "ListAttachedRolePolicies", &role(cloud, call)?.1.grants)
}

pub(super) fn list_of_user(cloud: &Cloud, call: &Call<'_>) -> Answer {
    list(cloud, call, "ListAttachedUserPolicies", &user(cloud, call)?.1.grants)
}

fn list(cloud: &Cloud, call: &Call<'_>, operation: &str, grants: &Grants) -> Answer {
    let attached = grants.attached.iter().filter_map(|arn| cloud.managed_policy(arn));
    let items = attached.map(|policy| {
        let value = Value::map([("PolicyName", (&policy.name).into()), ("PolicyArn", (&policy.arn).into())]);
        (policy.arn.clone(), value)
    });
    listing(call, operation, "AttachedPolicies", items)
}

pub(super) fn attach(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let arn = policy(cloud, call)?.arn.clone();
    let attached = &mut changeable_role(cloud, call)?.grants.attached;
    if attached.len() >= ATTACHED_QUOTA && !attached.contains(&arn) {
        return Err(limit_exceeded(format!("Cannot exceed quota for PoliciesPerRole: {ATTACHED_QUOTA}")));
    }
    attached.insert(arn);
    Ok(Value::empty())
}

pub(super) fn detach(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let arn = required(call.input, "PolicyArn")?;
    if Arn::parse(arn).is_none() {
        return Err(invalid_input(format!("ARN {arn} is not valid.")));
    }
    if !changeable_role(cloud, call)?.grants.attached.remove(arn) {
        return Err(not_found(arn));
    }
    Ok(Value::empty())
}
