//! ECS: reading services. Nothing of ECS is ever written.

use std::collections::BTreeMap;

use aws_sdk_ecs::types::{DeploymentController, DeploymentControllerType, SchedulingStrategy};

use super::call::Operation;
use super::scope::{Scope, unreadable};
use crate::model::failure::{AwsService, Failure};
use crate::model::names::{ClusterName, ServiceName};
use crate::model::observed::Service;

const DESCRIBE_SERVICES: Operation = Operation::read(AwsService::Ecs, "DescribeServices");

impl Scope {
    /// Up to ten services of one cluster. `None` is AWS's own "MISSING"; a missing cluster has no services.
    pub async fn services(
        &self,
        cluster: &ClusterName,
        names: &[ServiceName],
    ) -> Result<BTreeMap<ServiceName, Option<Service>>, Failure> {
        let request = self
            .ecs
            .describe_services()
            .cluster(cluster.as_str())
            .set_services(Some(names.iter().map(|name| name.as_str().to_owned()).collect()));
        let reply = match self.call(DESCRIBE_SERVICES, request.send()).await {
            Ok(reply) => reply,
            Err(failure) if failure.code() == Some("ClusterNotFoundException") => {
                return Ok(names.iter().map(|name| (name.clone(), None)).collect());
            }
            Err(failure) => return Err(failure),
        };
        let mut found: BTreeMap<ServiceName, Option<Service>> = BTreeMap::new();
        for failure in reply.failures() {
            let name = failure.arn().and_then(|arn| arn.rsplit('/').next()).map(ServiceName::new);
            if failure.reason() == Some("MISSING") {
                found.extend(name.map(|name| (name, None)));
            }
        }
        for service in reply.services() {
            let name = ServiceName::new(service.service_name().unwrap_or_default());
            found.insert(name, Some(convert(service)));
        }
        match names.iter().find(|name| !found.contains_key(*name)) {
            None => Ok(found),
            Some(name) => {
                Err(unreadable(DESCRIBE_SERVICES, format!("the reply says nothing about the service {name}")))
            }
        }
    }
}

fn convert(service: &aws_sdk_ecs::types::Service) -> Service {
    Service {
        arn: service.service_arn().unwrap_or_default().to_owned(),
        status: service.status().unwrap_or_default().to_owned(),
        desired_count: service.desired_count(),
        running_count: service.running_count(),
        pending_count: service.pending_count(),
        daemon: service.scheduling_strategy() == Some(&SchedulingStrategy::Daemon),
        code_deploy: service.deployment_controller().map(DeploymentController::r#type)
            == Some(&DeploymentControllerType::CodeDeploy),
        target_groups: target_groups(service),
    }
}

/// Each once. A service that is deployed by task sets has its load balancers there.
fn target_groups(service: &aws_sdk_ecs::types::Service) -> Vec<String> {
    let of_task_sets = service.task_sets().iter().flat_map(aws_sdk_ecs::types::TaskSet::load_balancers);
    let groups = service.load_balancers().iter().chain(of_task_sets).flat_map(|balancer| {
        let alternate = balancer.advanced_configuration().and_then(|c| c.alternate_target_group_arn());
        balancer.target_group_arn().into_iter().chain(alternate).map(str::to_owned)
    });
    groups.collect::<std::collections::BTreeSet<String>>().into_iter().collect()
}
