//! Tags of clusters and services.

use std::collections::BTreeMap;

use ecs_scaling::model::arn;
use ecs_scaling::model::names::ServiceId;

use super::{invalid_parameter, read_tags, tag_list};
use crate::cloud::{Answer, Call, Cloud, Scope};
use crate::error::AwsError;
use crate::value::Value;

pub(super) fn tag(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let tags = read_tags(call.input)?;
    tags_mut(cloud.scope_mut(call.scope), call)?.extend(tags);
    Ok(Value::empty())
}

pub(super) fn untag(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let keys = call.input.texts("tagKeys")?;
    tags_mut(cloud.scope_mut(call.scope), call)?.retain(|key, _| !keys.contains(key));
    Ok(Value::empty())
}

pub(super) fn list(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let scope = cloud.scope(call.scope);
    let tags = match tagged(call)? {
        Tagged::Cluster(name) => scope.clusters.get(&name).map(|c| &c.tags),
        Tagged::Service(id) => scope.service(&id).map(|s| &s.tags),
    };
    Ok(Value::map([("tags", tag_list(tags.ok_or_else(not_found)?))]))
}

enum Tagged {
    Cluster(ecs_scaling::model::names::ClusterName),
    Service(ServiceId),
}

fn tagged(call: &Call<'_>) -> Result<Tagged, AwsError> {
    let text = call.input.text("resourceArn")?.unwrap_or_default();
    if let Some((named, Some(cluster))) = arn::service(text) {
        return Ok(Tagged::Service(ServiceId { cluster, service: named.name }));
    }
    match arn::cluster(text) {
        Some(named) if named.account.is_some() => Ok(Tagged::Cluster(named.name)),
        _ => Err(invalid_parameter(format!("Invalid resource ARN: {text}"))),
    }
}

fn tags_mut<'a>(scope: &'a mut Scope, call: &Call<'_>) -> Result<&'a mut BTreeMap<String, String>, AwsError> {
    match tagged(call)? {
        Tagged::Cluster(name) => scope.clusters.get_mut(&name).map(|c| &mut c.tags),
        Tagged::Service(id) => scope.service_mut(&id).map(|s| &mut s.tags),
    }
    .ok_or_else(not_found)
}

fn not_found() -> AwsError {
    invalid_parameter("The specified resource cannot be found.")
}
