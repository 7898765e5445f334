//! ECS: reading services. Nothing of ECS is ever written.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{DeploymentController, DeploymentControllerType, SchedulingStrategy};

use super::call::Operation;
use super::scope::{Pages, Scope, unreadable};
use crate::model::arn;
use crate::model::failure::{AwsService, Failure};
use crate::model::names::{ClusterName, ServiceName};
use crate::model::observed::Service;

const DESCRIBE_SERVICES: Operation = Operation::read(AwsService::Ecs, "DescribeServices");
const LIST_CLUSTERS: Operation = Operation::read(AwsService::Ecs, "ListClusters");
const LIST_SERVICES: Operation = Operation::read(AwsService::Ecs, "ListServices");
const SERVICES_A_PAGE: i32 = 100;

impl Scope {
    /// Every cluster, in ⌈clusters/100⌉ calls.
    pub async fn cluster_names(&self) -> Result<BTreeSet<ClusterName>, Failure> {
        let (mut found, mut pages, mut token) = (BTreeSet::new(), Pages::default(), None);
        loop {
            let request = self.ecs.list_clusters().set_next_token(token);
            let reply = self.call(LIST_CLUSTERS, request.send()).await?;
            found.extend(reply.cluster_arns().iter().filter_map(|text| arn::cluster(text)).map(|cluster| cluster.name));
            token = pages.next(LIST_CLUSTERS, reply.next_token())?;
            if token.is_none() {
                return Ok(found);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Every service of a cluster that can be scaled, in ⌈services/100⌉ calls: those of the DAEMON strategy are not among
    /// them (S-098). A missing cluster has no services.
    pub async fn service_names(&self, cluster: &ClusterName) -> Result<BTreeSet<ServiceName>, Failure> {
        let (mut found, mut pages, mut token) = (BTreeSet::new(), Pages::default(), None);
        loop {
            let request = self
                .ecs
                .list_services()
                .cluster(cluster.as_str())
                .scheduling_strategy(SchedulingStrategy::Replica)
                .max_results(SERVICES_A_PAGE)
                .set_next_token(token);
            let reply = match self.call(LIST_SERVICES, request.send()).await {
                Ok(reply) => reply,
                Err(failure) if failure.code() == Some("ClusterNotFoundException") => return Ok(found),
                Err(failure) => return Err(failure),
            };
            found
                .extend(reply.service_arns().iter().filter_map(|text| arn::service(text)).map(|(named, _)| named.name));
            token = pages.next(LIST_SERVICES, reply.next_token())?;
            if token.is_none() {
                return Ok(found);
            }
            tokio::task::yield_now().await;
        }
    }

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
