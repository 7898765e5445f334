//! Amazon ECS: clusters, services and their tags, as far as scaling touches them.
//!
//! Tasks are counts here: what starts them and what runs in them does not exist.

mod clusters;
mod services;
mod tags;
mod task_definitions;

use std::collections::BTreeMap;
use std::time::Duration;

use ecs_scaling::model::arn;
use ecs_scaling::model::names::{ClusterName, ServiceName};
use ecs_scaling::model::tasks::{Moves, TaskTimes};
use jiff::{SignedDuration, Timestamp};

use crate::cloud::{Answer, Call, Handler, Scope};
use crate::error::AwsError;
use crate::value::Value;

pub(crate) use clusters::new_cluster;
pub(crate) use services::{NewService, new_service};
pub use task_definitions::TaskFamily;

/// A cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its services, the deleted ones included.
    pub services: BTreeMap<ServiceName, Service>,
}

/// A service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its ARN.
    pub arn: String,
    /// `ACTIVE`, `DRAINING` or `INACTIVE`.
    pub status: Status,
    /// Tasks wanted.
    pub desired: i32,
    /// Tasks running: what scaling starts from (S-020).
    pub running: i32,
    /// The tasks that are starting or stopping.
    pub moves: Moves,
    /// Until when a deployment is under way (S-083).
    pub deploys_until: Option<Timestamp>,
    /// Why ECS refuses every count that Application Auto Scaling sets; unset, it takes them.
    pub refuses_scaling: Option<String>,
    /// `REPLICA` or `DAEMON`.
    pub scheduling_strategy: String,
    /// `EC2`, `FARGATE` or `EXTERNAL`.
    pub launch_type: String,
    /// Family and revision, or an ARN, as it was given.
    pub task_definition: String,
    /// `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
    pub deployment_controller: String,
    /// `loadBalancers`, as they were given.
    pub load_balancers: Vec<Value>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was created.
    pub created: Timestamp,
}

/// Where a service stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It runs tasks.
    Active,
    /// It was deleted and stops its tasks.
    Draining,
    /// It was deleted; it can still be described (S-098).
    Inactive,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
            Self::Inactive => "INACTIVE",
        }
    }
}

impl Service {
    /// Wants another count from now on; its tasks start and stop after the start delay.
    pub fn set_desired(&mut self, desired: i32, now: Timestamp, start_delay: Duration) {
        self.desired = desired;
        let delay = SignedDuration::try_from(start_delay).unwrap_or(SignedDuration::MAX);
        self.moves.aim(self.running, desired, now, TaskTimes::both(delay));
    }

    /// Whether a deployment keeps Application Auto Scaling from taking tasks away (S-083).
    pub(crate) fn pauses_scale_in(&self) -> bool {
        self.deploys_until.is_some() && self.deployment_controller == "ECS"
    }
}

/// Lets running counts follow desired counts, and drained services go inactive.
pub(crate) fn settle(scope: &mut Scope, now: Timestamp) {
    for service in scope.clusters.values_mut().flat_map(|cluster| cluster.services.values_mut()) {
        service.moves.settle(&mut service.running, now);
        service.deploys_until.take_if(|until| now >= *until);
        if service.status == Status::Draining && service.running == 0 {
            service.status = Status::Inactive;
        }
    }
}

pub(crate) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateCluster" => Handler::Write(clusters::create),
        "DescribeClusters" => Handler::Read(clusters::describe),
        "ListClusters" => Handler::Read(clusters::list),
        "DeleteCluster" => Handler::Write(clusters::delete),
        "RegisterTaskDefinition" => Handler::Write(task_definitions::register),
        "DeregisterTaskDefinition" => Handler::Write(task_definitions::deregister),
        "ListTaskDefinitionFamilies" => Handler::Read(task_definitions::list_families),
        "CreateService" => Handler::Write(services::create),
        "DescribeServices" => Handler::Read(services::describe),
        "ListServices" => Handler::Read(services::list),
        "UpdateService" => Handler::Write(services::update),
        "DeleteService" => Handler::Write(services::delete),
        "TagResource" => Handler::Write(tags::tag),
        "UntagResource" => Handler::Write(tags::untag),
        "ListTagsForResource" => Handler::Read(tags::list),
        _ => return None,
    })
}

/// The cluster that an input names, by name or ARN; `default` when it names none.
pub(crate) fn cluster_name(input: &Value) -> ClusterName {
    let text = input.get("cluster").as_text().unwrap_or("default");
    arn::cluster(text).map_or_else(|| ClusterName::new(text), |named| named.name)
}

fn cluster<'a>(scope: &'a Scope, call: &Call<'_>) -> Result<&'a Cluster, AwsError> {
    scope.clusters.get(&cluster_name(call.input)).ok_or_else(cluster_not_found)
}

fn cluster_not_found() -> AwsError {
    AwsError::sender("ClusterNotFoundException", "Cluster not found.")
}

fn invalid_parameter(message: impl Into<String>) -> AwsError {
    AwsError::sender("InvalidParameterException", message)
}

fn failure(arn: String) -> Value {
    Value::map([("arn", arn.into()), ("reason", "MISSING".into())])
}

fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    let tag = |(key, value): (&String, &String)| Value::map([("key", key.into()), ("value", value.into())]);
    tags.iter().map(tag).collect::<Vec<_>>().into()
}

fn read_tags(input: &Value) -> Result<BTreeMap<String, String>, AwsError> {
    let mut tags = BTreeMap::new();
    for tag in input.list("tags")? {
        let key = tag.text("key")?.ok_or_else(|| invalid_parameter("A tag has no key."))?;
        tags.insert(key.to_owned(), tag.text("value")?.unwrap_or_default().to_owned());
    }
    Ok(tags)
}

/// A list's page: `maxResults` and `nextToken` in ECS's spelling, at most 100 a page.
fn arn_page(call: &Call<'_>, operation: &str, member: &str, default: usize, arns: Vec<(String, Value)>) -> Answer {
    let size = crate::pages::size(call.input.int("maxResults")?, "maxResults", default, 100, invalid_parameter)?;
    let page = crate::pages::page(operation, arns.into_iter(), call.input.text("nextToken")?, size)
        .ok_or_else(|| invalid_parameter("Invalid token"))?;
    Ok(Value::map([(member, page.values(Value::clone)), ("nextToken", page.token(false))]))
}
