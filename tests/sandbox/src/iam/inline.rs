//! Inline policies of roles and users.

use super::{Grants, PolicyText, changeable_role, limit_exceeded, listing, no_such_entity, required, role, user};
use crate::cloud::{Answer, Call, Cloud};
use crate::value::Value;

/// The inline policies of a role, together.
const ROLE_QUOTA: usize = 10_240;

pub(super) fn list_of_role(cloud: &Cloud, call: &Call<'_>) -> Answer {
    list(call, "ListRolePolicies", &role(cloud, call)?.1.grants)
}

pub(super) fn list_of_user(cloud: &Cloud, call: &Call<'_>) -> Answer {
    list(call, "ListUserPolicies", &user(cloud, call)?.1.grants)
}

fn list(call: &Call<'_>, operation: &str, grants: &Grants) -> Answer {
    listing(call, operation, "PolicyNames", grants.inline.keys().map(|name| (name.clone(), name.into())))
}

pub(super) fn get_of_role(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let (name, role) = role(cloud, call)?;
    get(call, ("RoleName", "role", name), &role.grants)
}

pub(super) fn get_of_user(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let (name, user) = user(cloud, call)?;
    get(call, ("UserName", "user", name), &user.grants)
}

fn get(call: &Call<'_>, (member, kind, name): (&str, &str, &str), grants: &Grants) -> Answer {
    let policy_name = required(call.input, "PolicyName")?;
    let not_found = || no_such_entity(format!("The {kind} policy with name {policy_name} cannot be found."));
    let policy = grants.inline.get(policy_name).ok_or_else(not_found)?;
    Ok(Value::map([
        (member, name.into()),
        ("PolicyName", policy_name.into()),
        ("PolicyDocument", policy.encoded().into()), // E-01
    ]))
}

pub(super) fn put_on_role(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let name = required(call.input, "PolicyName")?;
    let policy = PolicyText::of_identity(required(call.input, "PolicyDocument")?)?;
    let role_name = required(call.input, "RoleName")?;
    let inline = &mut changeable_role(cloud, call)?.grants.inline;
    let others: usize = inline.iter().filter(|(other, _)| *other != name).map(|(_, policy)| policy.size()).sum();
    if others + policy.size() > ROLE_QUOTA {
        return Err(limit_exceeded(format!("Maximum policy size of {ROLE_QUOTA} bytes exceeded for role {role_name}")));
    }
    inline.insert(name.to_owned(), policy);
    Ok(Value::empty())
}

pub(super) fn delete_from_role(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let name = required(call.input, "PolicyName")?;
    let removed = changeable_role(cloud, call)?.grants.inline.remove(name);
    removed.ok_or_else(|| no_such_entity(format!("The role policy with name {name} cannot be found.")))?;
    Ok(Value::empty())
}
