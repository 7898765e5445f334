//! Application Auto Scaling's service-linked role for ECS (iam.md §2): one an account, not one a region.

use std::collections::BTreeMap;

use ecs_scaling::model::names::ScopeId;
use jiff::Timestamp;

use super::managed::SERVICE_ROLE_POLICY;
use super::roles::describe;
use super::trust::trust_of_service;
use super::{Grants, Role, account, invalid_input, new_id, no_such_entity, required, role_not_found};
use crate::autoscaling::{SERVICE_LINKED_ROLE, SERVICE_PRINCIPAL};
use crate::cloud::{Answer, Call, Cloud, iam_arn};
use crate::value::Value;

/// How the deletion of a service-linked role ended. It is tried at once.
#[derive(Clone, Debug, Default)]
pub struct Deletion {
    /// What still uses the role, by region; empty when the role is gone.
    pub in_use: BTreeMap<String, Vec<String>>,
}

pub(crate) fn service_linked_role_arn(scope: &ScopeId) -> String {
    iam_arn(scope, &format!("role{}{SERVICE_LINKED_ROLE}", service_linked_path()))
}

fn service_linked_path() -> String {
    format!("/aws-service-role/{SERVICE_PRINCIPAL}/")
}

/// Creates the role where it does not exist.
pub(crate) fn ensure_service_linked_role(cloud: &mut Cloud, scope: &ScopeId, now: Timestamp) {
    if cloud.has_service_linked_role(&scope.account) {
        return;
    }
    let role = Role {
        arn: service_linked_role_arn(scope),
        path: service_linked_path(),
        id: new_id(cloud, "AROA", SERVICE_LINKED_ROLE),
        description: None,
        trust: trust_of_service(SERVICE_PRINCIPAL),
        max_session_seconds: 3600,
        created: now,
        grants: Grants { attached: [SERVICE_ROLE_POLICY.to_owned()].into(), ..Grants::default() },
    };
    cloud.account_mut(&scope.account).roles.insert(SERVICE_LINKED_ROLE.into(), role);
}

pub(super) fn create(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let principal = required(call.input, "AWSServiceName")?;
    if principal != SERVICE_PRINCIPAL {
        return Err(invalid_input(format!("Service {principal} is not known to this double of AWS.")));
    }
    if call.input.has("CustomSuffix") {
        return Err(invalid_input(format!("Custom suffix is not allowed for {principal}")));
    }
    if cloud.has_service_linked_role(&call.scope.account) {
        return Err(invalid_input(format!(
            "Service role name {SERVICE_LINKED_ROLE} has been taken in this account, please try a different suffix."
        )));
    }
    ensure_service_linked_role(cloud, call.scope, call.now);
    let description = call.input.text("Description")?.map(str::to_owned);
    let role = cloud.account_mut(&call.scope.account).roles.get_mut(SERVICE_LINKED_ROLE);
    let role = role.ok_or_else(|| role_not_found(SERVICE_LINKED_ROLE))?;
    role.description = description;
    Ok(Value::map([("Role", describe(SERVICE_LINKED_ROLE, role))]))
}

/// Deletes the role, unless a scalable target uses it.
pub(super) fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let name = required(call.input, "RoleName")?;
    if name != SERVICE_LINKED_ROLE || !cloud.has_service_linked_role(&call.scope.account) {
        return Err(role_not_found(name));
    }
    let mut in_use: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (scope, held) in cloud.scopes.iter().filter(|(scope, _)| scope.account == call.scope.account) {
        let users = held.targets.iter().map(|(id, target)| target.arn.clone().unwrap_or_else(|| id.resource_id()));
        in_use.entry(scope.region.to_string()).or_default().extend(users);
    }
    in_use.retain(|_, resources| !resources.is_empty());
    let task = format!("task{}{name}/{}", service_linked_path(), cloud.new_id(name));
    let account = cloud.account_mut(&call.scope.account);
    if in_use.is_empty() {
        account.roles.remove(SERVICE_LINKED_ROLE);
    }
    account.deletions.insert(task.clone(), Deletion { in_use });
    Ok(Value::map([("DeletionTaskId", task.into())]))
}

pub(super) fn deletion_status(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let task = required(call.input, "DeletionTaskId")?;
    let deletion = account(cloud, call).and_then(|account| account.deletions.get(task));
    let deletion = deletion.ok_or_else(|| no_such_entity(format!("Deletion task {task} was not found.")))?;
    if deletion.in_use.is_empty() {
        return Ok(Value::map([("Status", "SUCCEEDED".into())]));
    }
    let usage = |(region, resources): (&String, &Vec<String>)| {
        Value::map([("Region", region.into()), ("Resources", resources.into())])
    };
    let reason = Value::map([
        ("Reason", "One or more resources still use the role.".into()),
        ("RoleUsageList", deletion.in_use.iter().map(usage).collect::<Vec<_>>().into()),
    ]);
    Ok(Value::map([("Status", "FAILED".into()), ("Reason", reason)]))
}
