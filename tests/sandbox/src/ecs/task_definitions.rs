//! Task definitions: families and revisions, and nothing of what runs.

use std::collections::BTreeSet;

use super::arn_page;
use crate::cloud::{Answer, Call, Cloud, regional_arn};
use crate::error::AwsError;
use crate::value::Value;

/// A family of task definitions.
#[derive(Clone, Debug, Default)]
pub struct TaskFamily {
    /// The newest revision.
    pub newest: i32,
    /// The revisions that are not deregistered.
    pub active: BTreeSet<i32>,
}

/// Registers nothing but the family's next revision: no task is ever started.
pub(super) fn register(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let family =
        call.input.text("family")?.filter(|f| !f.is_empty()).ok_or_else(|| super::services::required("Family"))?;
    let containers = call.input.list("containerDefinitions")?;
    if containers.is_empty() {
        return Err(AwsError::sender("ClientException", "Container list cannot be empty."));
    }
    let known = cloud.scope_mut(call.scope).task_definitions.entry(family.to_owned()).or_default();
    known.newest += 1;
    known.active.insert(known.newest);
    Ok(described(call, family, known.newest, "ACTIVE", containers.to_vec()))
}

/// Makes a revision inactive. What is named is `FAMILY:REVISION`, or its ARN.
pub(super) fn deregister(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let text = call.input.text("taskDefinition")?.unwrap_or_default();
    let named = text.rsplit('/').next().unwrap_or(text);
    let (family, revision) = named.split_once(':').unwrap_or((named, ""));
    let known = cloud.scope_mut(call.scope).task_definitions.get_mut(family);
    let revision = revision.parse().ok().filter(|revision| known.is_some_and(|known| known.active.remove(revision)));
    let missing = || AwsError::sender("ClientException", "The specified task definition does not exist.");
    Ok(described(call, family, revision.ok_or_else(missing)?, "INACTIVE", vec![]))
}

/// The families that begin so and have an active revision.
pub(super) fn list_families(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let prefix = call.input.text("familyPrefix")?.unwrap_or_default();
    let families = &cloud.scope(call.scope).task_definitions;
    let wanted = families.iter().filter(|(family, known)| family.starts_with(prefix) && !known.active.is_empty());
    let items = wanted.map(|(family, _)| (family.clone(), family.into())).collect();
    arn_page(call, "ListTaskDefinitionFamilies", "families", 100, items)
}

fn described(call: &Call<'_>, family: &str, revision: i32, status: &str, containers: Vec<Value>) -> Value {
    let arn = regional_arn(call.scope, "ecs", &format!("task-definition/{family}:{revision}"));
    let described = Value::map([
        ("taskDefinitionArn", arn.into()),
        ("family", family.into()),
        ("revision", revision.into()),
        ("status", status.into()),
        ("containerDefinitions", containers.into()),
    ]);
    Value::map([("taskDefinition", described)])
}
