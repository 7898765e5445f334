//! IAM: roles, users, managed policies, and the operations that read and change them.
//!
//! Owns who exists and which policies stand where. What the policies mean for a call is decided in `permissions`.

mod attached;
mod grants;
mod inline;
mod managed;
mod policy_text;
mod roles;
mod seed;
mod service_linked;
mod simulate;
mod trust;
mod users;

pub use grants::Grants;
pub use managed::{ManagedPolicy, PolicyVersion};
pub use policy_text::PolicyText;
pub use roles::Role;
pub(crate) use seed::add_role;
pub use service_linked::Deletion;
pub(crate) use service_linked::{ensure_service_linked_role, service_linked_role_arn};
pub(crate) use trust::{Grade, Trusting, grade};
pub use users::User;

use crate::cloud::{Account, Answer, Call, Cloud, Handler};
use crate::error::AwsError;
use crate::value::Value;

pub(crate) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "GetRole" => Handler::Read(roles::get),
        "CreateRole" => Handler::Write(roles::create),
        "UpdateAssumeRolePolicy" => Handler::Write(roles::update_trust),
        "PutRolePermissionsBoundary" => Handler::Write(roles::put_boundary),
        "DeleteRolePermissionsBoundary" => Handler::Write(roles::delete_boundary),
        "CreateServiceLinkedRole" => Handler::Write(service_linked::create),
        "DeleteServiceLinkedRole" => Handler::Write(service_linked::delete),
        "GetServiceLinkedRoleDeletionStatus" => Handler::Read(service_linked::deletion_status),
        "ListRolePolicies" => Handler::Read(inline::list_of_role),
        "GetRolePolicy" => Handler::Read(inline::get_of_role),
        "PutRolePolicy" => Handler::Write(inline::put_on_role),
        "DeleteRolePolicy" => Handler::Write(inline::delete_from_role),
        "ListUserPolicies" => Handler::Read(inline::list_of_user),
        "GetUserPolicy" => Handler::Read(inline::get_of_user),
        "ListAttachedRolePolicies" => Handler::Read(attached::list_of_role),
        "ListAttachedUserPolicies" => Handler::Read(attached::list_of_user),
        "AttachRolePolicy" => Handler::Write(attached::attach),
        "DetachRolePolicy" => Handler::Write(attached::detach),
        "CreatePolicy" => Handler::Write(managed::create),
        "GetPolicy" => Handler::Read(managed::get),
        "GetPolicyVersion" => Handler::Read(managed::get_version),
        "ListPolicyVersions" => Handler::Read(managed::list_versions),
        "CreatePolicyVersion" => Handler::Write(managed::create_version),
        "DeletePolicyVersion" => Handler::Write(managed::delete_version),
        "SetDefaultPolicyVersion" => Handler::Write(managed::set_default_version),
        "SimulatePrincipalPolicy" => Handler::Read(simulate::simulate),
        _ => return None,
    })
}

fn no_such_entity(message: impl Into<String>) -> AwsError {
    AwsError::with_status("NoSuchEntity", 404, message)
}

fn already_exists(message: impl Into<String>) -> AwsError {
    AwsError::with_status("EntityAlreadyExists", 409, message)
}

fn limit_exceeded(message: impl Into<String>) -> AwsError {
    AwsError::with_status("LimitExceeded", 409, message)
}

fn invalid_input(message: impl Into<String>) -> AwsError {
    AwsError::sender("InvalidInput", message)
}

/// A member that must be sent.
fn required<'a>(input: &'a Value, member: &str) -> Result<&'a str, AwsError> {
    input.text(member)?.ok_or_else(|| {
        let at = member.chars().next().map(|c| c.to_ascii_lowercase()).into_iter().chain(member.chars().skip(1));
        AwsError::cloudwatch(format!(
            "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
            at.collect::<String>()
        ))
    })
}

fn account<'a>(cloud: &'a Cloud, call: &Call<'_>) -> Option<&'a Account> {
    cloud.accounts.get(&call.scope.account)
}

fn role<'a>(cloud: &'a Cloud, call: &Call<'_>) -> Result<(&'a str, &'a Role), AwsError> {
    let name = required(call.input, "RoleName")?;
    let found = account(cloud, call).and_then(|account| account.roles.get_key_value(name));
    found.map(|(name, role)| (name.as_str(), role)).ok_or_else(|| role_not_found(name))
}

pub(crate) fn role_not_found(name: &str) -> AwsError {
    no_such_entity(format!("The role with name {name} cannot be found."))
}

fn user<'a>(cloud: &'a Cloud, call: &Call<'_>) -> Result<(&'a str, &'a User), AwsError> {
    let name = required(call.input, "UserName")?;
    let found = account(cloud, call).and_then(|account| account.users.get_key_value(name));
    let not_found = || no_such_entity(format!("The user with name {name} cannot be found."));
    found.map(|(name, user)| (name.as_str(), user)).ok_or_else(not_found)
}

/// A role to change, where anybody but AWS may.
fn changeable_role<'a>(cloud: &'a mut Cloud, call: &Call<'_>) -> Result<&'a mut Role, AwsError> {
    let name = required(call.input, "RoleName")?;
    let role = cloud.account_mut(&call.scope.account).roles.get_mut(name).ok_or_else(|| role_not_found(name))?;
    if role.is_protected() {
        let message = format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        );
        return Err(AwsError::sender("UnmodifiableEntity", message));
    }
    Ok(role)
}

/// A new id, by its kind: `AROA` for roles, `AIDA` for users, `ANPA` for policies.
fn new_id(cloud: &mut Cloud, kind: &str, name: &str) -> String {
    let id = cloud.new_id(name).to_uppercase().replace('-', "");
    format!("{kind}{}", id.chars().take(17).collect::<String>())
}

/// The path that is sent with a new entity; `/` when none is.
fn path(input: &Value) -> Result<String, AwsError> {
    let path = input.text("Path")?.unwrap_or("/");
    if !path.starts_with('/') || !path.ends_with('/') {
        let must = r"satisfy regular expression pattern: (\u002F)|(\u002F[\u0021-\u007E]+\u002F)";
        return Err(AwsError::cloudwatch(AwsError::constraint(path, "path", must)));
    }
    Ok(path.to_owned())
}

/// A page of a listing, in IAM's spelling: `MaxItems` and `Marker` in, `IsTruncated` and `Marker` out.
fn listing(call: &Call<'_>, operation: &str, member: &str, items: impl Iterator<Item = (String, Value)>) -> Answer {
    let size = crate::pages::size(call.input.int("MaxItems")?, "maxItems", 100, 1000, AwsError::cloudwatch)?;
    let page = crate::pages::page(operation, items, call.input.text("Marker")?, size)
        .ok_or_else(|| AwsError::cloudwatch("Invalid Marker."))?;
    Ok(Value::map([
        (member, page.values(Value::clone)),
        ("IsTruncated", page.next_token.is_some().into()),
        ("Marker", page.next_token.clone().into()),
    ]))
}
