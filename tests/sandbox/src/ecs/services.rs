//! Services: desired and running counts, and what vanishes with a service.

use ecs_scaling::model::arn;
use ecs_scaling::model::names::{ClusterName, ScopeId, ServiceId, ServiceName};
use jiff::Timestamp;

use super::{
    Service, Status, arn_page, cluster, cluster_name, cluster_not_found, failure, invalid_parameter, read_tags,
    tag_list,
};
use crate::cloud::{Answer, Call, Cloud, regional_arn};
use crate::error::AwsError;
use crate::value::Value;

/// S-056
const DESCRIBE_LIMIT: usize = 10;

/// What a new service starts as.
pub(crate) struct NewService {
    pub(crate) desired: i32,
    pub(crate) running: i32,
    pub(crate) scheduling_strategy: String,
}

/// A service that is not in its cluster yet.
pub(crate) fn new_service(scope: &ScopeId, id: &ServiceId, new: NewService, now: Timestamp) -> Service {
    Service {
        arn: regional_arn(scope, "ecs", &id.resource_id()),
        status: Status::Active,
        desired: new.desired,
        running: new.running,
        settles_at: now,
        scheduling_strategy: new.scheduling_strategy,
        launch_type: "FARGATE".into(),
        task_definition: format!("{}:1", id.service),
        deployment_controller: "ECS".into(),
        load_balancers: vec![],
        tags: std::collections::BTreeMap::new(),
        created: now,
    }
}

pub(super) fn create(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let start_delay = cloud.knobs.start_delay;
    let input = call.input;
    let name = input.text("serviceName")?.filter(|n| !n.is_empty()).ok_or_else(|| required("Service name"))?;
    let id = ServiceId { cluster: cluster_name(input), service: ServiceName::new(name) };
    let desired = input.int("desiredCount")?.unwrap_or(0);
    if desired < 0 {
        return Err(invalid_parameter("Desired count cannot be less than 0."));
    }
    let scheduling_strategy = input.text("schedulingStrategy")?.unwrap_or("REPLICA").to_owned();
    let mut service = new_service(call.scope, &id, NewService { desired, running: 0, scheduling_strategy }, call.now);
    service.set_desired(desired, call.now, start_delay);
    service.tags = read_tags(input)?;
    if let Some(task_definition) = input.text("taskDefinition")? {
        service.task_definition = task_definition.to_owned();
    }
    if let Some(launch_type) = input.text("launchType")? {
        service.launch_type = launch_type.to_owned();
    }
    service.load_balancers = input.list("loadBalancers")?.to_vec();
    if let Some(controller) = input.get("deploymentController").text("type")? {
        service.deployment_controller = controller.to_owned();
    }
    let cluster = cloud.scope_mut(call.scope).clusters.get_mut(&id.cluster).ok_or_else(cluster_not_found)?;
    if cluster.services.get(&id.service).is_some_and(|s| s.status == Status::Active) {
        return Err(invalid_parameter("Creation of service was not idempotent."));
    }
    let reply = describe_one(call.scope, &id, &service, true);
    cluster.services.insert(id.service.clone(), service);
    Ok(Value::map([("service", reply)]))
}

pub(super) fn describe(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let names = call.input.texts("services")?;
    if names.is_empty() {
        return Err(invalid_parameter("Services cannot be empty."));
    }
    if names.len() > DESCRIBE_LIMIT {
        return Err(invalid_parameter("Services cannot have more than 10 elements.")); // S-056
    }
    let with_tags = call.input.texts("include")?.iter().any(|i| i == "TAGS");
    let cluster_name = cluster_name(call.input);
    let cluster = cluster(cloud.scope(call.scope), call)?;
    let (mut found, mut failures) = (vec![], vec![]);
    for text in names {
        let id = ServiceId { cluster: cluster_name.clone(), service: service_name(&text, &cluster_name)? };
        match cluster.services.get(&id.service) {
            Some(service) => found.push(describe_one(call.scope, &id, service, with_tags)),
            // S-098
            None => failures.push(failure(regional_arn(call.scope, "ecs", &id.resource_id()))),
        }
    }
    Ok(Value::map([("services", found.into()), ("failures", failures.into())]))
}

pub(super) fn list(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let services = &cluster(cloud.scope(call.scope), call)?.services;
    let strategy = call.input.text("schedulingStrategy")?;
    let arns = services
        .iter()
        .filter(|(_, s)| s.status != Status::Inactive)
        .filter(|(_, s)| strategy.is_none_or(|strategy| s.scheduling_strategy == strategy))
        .map(|(name, s)| (name.to_string(), (&s.arn).into()))
        .collect();
    arn_page(call, "ListServices", "serviceArns", 10, arns)
}

pub(super) fn update(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let start_delay = cloud.knobs.start_delay;
    let (id, service) = existing(cloud, call)?;
    if service.status != Status::Active {
        return Err(AwsError::sender("ServiceNotActiveException", "Service was not ACTIVE."));
    }
    if let Some(desired) = call.input.int("desiredCount")? {
        if desired < 0 {
            return Err(invalid_parameter("Desired count cannot be less than 0."));
        }
        service.set_desired(desired, call.now, start_delay);
    }
    if let Some(task_definition) = call.input.text("taskDefinition")? {
        service.task_definition = task_definition.to_owned();
    }
    if call.input.has("loadBalancers") {
        service.load_balancers = call.input.list("loadBalancers")?.to_vec();
    }
    Ok(Value::map([("service", describe_one(call.scope, &id, service, false))]))
}

/// The scalable target goes with its policies and scheduled actions; alarms stay (S-050).
pub(super) fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let force = call.input.bool("force")?.unwrap_or(false);
    let start_delay = cloud.knobs.start_delay;
    let (id, service) = existing(cloud, call)?;
    if service.desired > 0 && !force {
        return Err(invalid_parameter("The service cannot be stopped while it is scaled above 0."));
    }
    service.set_desired(0, call.now, start_delay);
    service.status = if service.running > 0 { Status::Draining } else { Status::Inactive };
    let reply = describe_one(call.scope, &id, service, false);
    cloud.scope_mut(call.scope).remove_target(&id);
    Ok(Value::map([("service", reply)]))
}

/// Registers nothing but the family's next revision: no task is ever started.
pub(super) fn register_task_definition(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let family = call.input.text("family")?.filter(|f| !f.is_empty()).ok_or_else(|| required("Family"))?;
    let containers = call.input.list("containerDefinitions")?;
    if containers.is_empty() {
        return Err(AwsError::sender("ClientException", "Container list cannot be empty."));
    }
    let revision = cloud.scope_mut(call.scope).task_definitions.entry(family.to_owned()).or_insert(0);
    *revision += 1;
    let arn = regional_arn(call.scope, "ecs", &format!("task-definition/{family}:{revision}"));
    Ok(Value::map([(
        "taskDefinition",
        Value::map([
            ("taskDefinitionArn", arn.into()),
            ("family", family.into()),
            ("revision", (*revision).into()),
            ("status", "ACTIVE".into()),
            ("containerDefinitions", containers.to_vec().into()),
        ]),
    )]))
}

fn existing<'a>(cloud: &'a mut Cloud, call: &Call<'_>) -> Result<(ServiceId, &'a mut Service), AwsError> {
    let text = call.input.text("service")?.ok_or_else(|| required("Service"))?;
    let cluster_name = cluster_name(call.input);
    let id = ServiceId { service: service_name(text, &cluster_name)?, cluster: cluster_name };
    let cluster = cloud.scope_mut(call.scope).clusters.get_mut(&id.cluster).ok_or_else(cluster_not_found)?;
    let service = cluster
        .services
        .get_mut(&id.service)
        .ok_or_else(|| AwsError::sender("ServiceNotFoundException", "Service not found."))?;
    Ok((id, service))
}

/// A name, or an ARN in the same cluster (S-104).
fn service_name(text: &str, in_cluster: &ClusterName) -> Result<ServiceName, AwsError> {
    let (named, cluster) =
        arn::service(text).ok_or_else(|| invalid_parameter(format!("Unsupported service name: {text}")))?;
    if cluster.is_some_and(|cluster| cluster != *in_cluster) {
        return Err(invalid_parameter("Cluster name does not match the service's ARN."));
    }
    Ok(named.name)
}

fn required(what: &str) -> AwsError {
    invalid_parameter(format!("{what} cannot be blank."))
}

fn describe_one(scope: &ScopeId, id: &ServiceId, service: &Service, with_tags: bool) -> Value {
    let counts = |status: &str| {
        Value::map([
            ("id", format!("ecs-svc/{}", service.created.as_millisecond()).into()),
            ("status", status.into()),
            ("taskDefinition", (&service.task_definition).into()),
            ("desiredCount", service.desired.into()),
            ("pendingCount", (service.desired - service.running).max(0).into()),
            ("runningCount", service.running.into()),
            ("createdAt", service.created.into()),
            ("rolloutState", "COMPLETED".into()),
        ])
    };
    let deployments = if service.status == Status::Active { vec![counts("PRIMARY")] } else { vec![] };
    Value::map([
        ("serviceArn", (&service.arn).into()),
        ("serviceName", id.service.as_str().into()),
        ("clusterArn", regional_arn(scope, "ecs", &format!("cluster/{}", id.cluster)).into()),
        ("status", service.status.as_str().into()),
        ("desiredCount", service.desired.into()),
        ("runningCount", service.running.into()),
        ("pendingCount", (service.desired - service.running).max(0).into()),
        ("launchType", (&service.launch_type).into()),
        ("schedulingStrategy", (&service.scheduling_strategy).into()),
        ("taskDefinition", (&service.task_definition).into()),
        ("deployments", deployments.into()),
        ("events", Value::List(vec![])),
        ("loadBalancers", service.load_balancers.clone().into()),
        ("deploymentController", Value::map([("type", (&service.deployment_controller).into())])),
        ("createdAt", service.created.into()),
        ("tags", if with_tags { tag_list(&service.tags) } else { Value::Null }),
    ])
}
