//! Clusters.

use std::collections::BTreeMap;

use ecs_scaling::model::names::{ClusterName, ScopeId};

use super::{
    Cluster, Status, arn_page, cluster, cluster_name, cluster_not_found, failure, invalid_parameter, read_tags,
    tag_list,
};
use crate::cloud::{Answer, Call, Cloud, regional_arn};
use crate::value::Value;

/// An empty cluster.
pub(crate) fn new_cluster(scope: &ScopeId, name: &ClusterName) -> Cluster {
    Cluster {
        arn: regional_arn(scope, "ecs", &format!("cluster/{name}")),
        tags: BTreeMap::new(),
        services: BTreeMap::new(),
    }
}

/// Creating a cluster that exists gives the one that exists.
pub(super) fn create(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let name = ClusterName::new(call.input.text("clusterName")?.unwrap_or("default"));
    let tags = read_tags(call.input)?;
    let cluster = cloud.scope_mut(call.scope).clusters.entry(name.clone()).or_insert_with(|| {
        let mut cluster = new_cluster(call.scope, &name);
        cluster.tags = tags;
        cluster
    });
    Ok(Value::map([("cluster", describe_one(&name, cluster))]))
}

pub(super) fn describe(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let mut names = call.input.texts("clusters")?;
    if names.len() > 100 {
        return Err(invalid_parameter("Clusters cannot have more than 100 elements."));
    }
    if names.is_empty() {
        names.push("default".into());
    }
    let scope = cloud.scope(call.scope);
    let (mut found, mut failures) = (vec![], vec![]);
    for name in names {
        let name = cluster_name(&Value::map([("cluster", name.into())]));
        match scope.clusters.get(&name) {
            Some(cluster) => found.push(describe_one(&name, cluster)),
            None => failures.push(failure(new_cluster(call.scope, &name).arn)),
        }
    }
    Ok(Value::map([("clusters", found.into()), ("failures", failures.into())]))
}

pub(super) fn list(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let clusters = &cloud.scope(call.scope).clusters;
    let arns = clusters.iter().map(|(name, cluster)| (name.to_string(), (&cluster.arn).into())).collect();
    arn_page(call, "ListClusters", "clusterArns", 100, arns)
}

pub(super) fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let name = cluster_name(call.input);
    let scope = cloud.scope_mut(call.scope);
    let active = cluster(scope, call)?.services.values().any(|s| s.status != Status::Inactive);
    if active {
        return Err(crate::error::AwsError::sender(
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        ));
    }
    let cluster = scope.clusters.remove(&name).ok_or_else(cluster_not_found)?;
    Ok(Value::map([("cluster", describe_one(&name, &cluster))]))
}

fn describe_one(name: &ClusterName, cluster: &Cluster) -> Value {
    let services = cluster.services.values().filter(|s| s.status == Status::Active).count();
    let running: i32 = cluster.services.values().map(|s| s.running).sum();
    Value::map([
        ("clusterArn", (&cluster.arn).into()),
        ("clusterName", name.as_str().into()),
        ("status", "ACTIVE".into()),
        ("registeredContainerInstancesCount", 0.into()),
        ("runningTasksCount", running.into()),
        ("pendingTasksCount", 0.into()),
        ("activeServicesCount", i64::try_from(services).unwrap_or_default().into()),
        ("tags", tag_list(&cluster.tags)),
    ])
}
