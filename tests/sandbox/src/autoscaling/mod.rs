//! Application Auto Scaling for ECS services: targets, policies, scheduled actions, activities.
//!
//! Owns the API and what it changes at once. What happens with time (policies that fire, schedules that come due)
//! reads and writes the same state from elsewhere.

mod activities;
mod policies;
mod predictive;
mod schedule;
mod scheduled_actions;
mod steps;
mod tags;
mod target_tracking;
mod targets;

use ecs_scaling::model::names::ServiceId;

pub use activities::{Activity, NotScaledReason};
pub use policies::{Policy, PolicyConfig};
pub use scheduled_actions::ScheduledAction;
pub use steps::StepConfig;
pub use target_tracking::TargetTracking;
pub use targets::Target;
pub(crate) use targets::bring_into_range;

use crate::cloud::{Answer, Call, Cloud, Handler, Scope};
use crate::error::AwsError;
use crate::rules::Rule;
use crate::value::Value;

/// The role with which Application Auto Scaling scales ECS services (iam.md §2).
pub const SERVICE_LINKED_ROLE: &str = "AWSServiceRoleForApplicationAutoScaling_ECSService";
/// The principal that the role trusts, and the value of `iam:AWSServiceName`.
pub const SERVICE_PRINCIPAL: &str = "ecs.application-autoscaling.amazonaws.com";

const NAMESPACE: &str = "ecs";
const DIMENSION: &str = "ecs:service:DesiredCount";

pub(crate) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "RegisterScalableTarget" => Handler::Write(targets::register),
        "DeregisterScalableTarget" => Handler::Write(targets::deregister),
        "DescribeScalableTargets" => Handler::Read(targets::describe),
        "PutScalingPolicy" => Handler::Write(policies::put),
        "DeleteScalingPolicy" => Handler::Write(policies::delete),
        "DescribeScalingPolicies" => Handler::Read(policies::describe),
        "PutScheduledAction" => Handler::Write(scheduled_actions::put),
        "DeleteScheduledAction" => Handler::Write(scheduled_actions::delete),
        "DescribeScheduledActions" => Handler::Read(scheduled_actions::describe),
        "DescribeScalingActivities" => Handler::Read(activities::describe),
        "TagResource" => Handler::Write(tags::tag),
        "UntagResource" => Handler::Write(tags::untag),
        "ListTagsForResource" => Handler::Read(tags::list),
        _ => return None,
    })
}

/// The service that an input names by namespace, resource id and dimension.
pub(crate) fn resource(input: &Value) -> Result<ServiceId, AwsError> {
    let namespace = required(input, "ServiceNamespace", "serviceNamespace")?;
    let resource_id = required(input, "ResourceId", "resourceId")?;
    let dimension = required(input, "ScalableDimension", "scalableDimension")?;
    check_length("resourceId", resource_id, 1, 1600)?; // S-002
    let service = ServiceId::from_resource_id(resource_id);
    match service.filter(|_| namespace == NAMESPACE && dimension == DIMENSION) {
        Some(service) => Ok(service),
        // S-001, S-002, S-003, S-014
        None => Err(AwsError::validation("Unsupported service namespace, resource type or scalable dimension")
            .by(Rule::ResourceIsAnEcsService)),
    }
}

/// The members that name the resource in every reply.
fn resource_members(id: &ServiceId) -> [(&'static str, Value); 3] {
    [
        ("ServiceNamespace", NAMESPACE.into()),
        ("ResourceId", id.resource_id().into()),
        ("ScalableDimension", DIMENSION.into()),
    ]
}

fn required<'a>(input: &'a Value, member: &str, at: &str) -> Result<&'a str, AwsError> {
    input.text(member)?.ok_or_else(|| {
        AwsError::validation(format!(
            "1 validation error detected: Value null at '{at}' failed to satisfy constraint: Member must not be null"
        ))
        .by(Rule::MembersAreRequired)
    })
}

fn check_length(at: &str, value: &str, min: usize, max: usize) -> Result<(), AwsError> {
    let length = value.chars().count();
    let must = if length < min {
        format!("have length greater than or equal to {min}")
    } else if length > max {
        format!("have length less than or equal to {max}")
    } else {
        return Ok(());
    };
    Err(AwsError::validation(AwsError::constraint(value, at, &must)))
}

/// S-022
fn target_not_found(id: &ServiceId) -> AwsError {
    not_found("scalable target", "registered", id).by(Rule::TargetIsRegistered)
}

fn not_found(what: &str, how: &str, id: &ServiceId) -> AwsError {
    AwsError::sender(
        "ObjectNotFoundException",
        format!(
            "No {what} {how} for service namespace: {NAMESPACE}, resource ID: {}, scalable dimension: {DIMENSION}",
            id.resource_id()
        ),
    )
}

/// What the three describes of things on a target share: whose, which names, how many.
struct Listing<'a> {
    ecs: bool,
    resource: Option<&'a str>,
    names: Vec<String>,
    size: usize,
    token: Option<&'a str>,
}

impl<'a> Listing<'a> {
    fn read(call: &Call<'a>, names_member: Option<&str>, limit: usize) -> Result<Self, AwsError> {
        let input = call.input;
        let namespace = required(input, "ServiceNamespace", "serviceNamespace")?;
        let resource = input.text("ResourceId")?;
        if input.has("ScalableDimension") && resource.is_none() {
            let must = "ResourceId must be specified when ScalableDimension is specified";
            return Err(AwsError::validation(must).by(Rule::DimensionNeedsResource));
        }
        let names = names_member.map_or(Ok(vec![]), |member| input.texts(member))?;
        check_count(names.len(), names_member.unwrap_or_default())?;
        let size = crate::pages::size(input.int("MaxResults")?, "maxResults", limit, limit, page_too_large)?;
        Ok(Self { ecs: namespace == NAMESPACE, resource, names, size, token: input.text("NextToken")? })
    }

    fn wants(&self, id: &ServiceId, name: &str) -> bool {
        self.ecs
            && self.resource.is_none_or(|resource| resource == id.resource_id())
            && (self.names.is_empty() || self.names.iter().any(|n| n == name))
    }

    fn reply<T>(
        &self,
        cloud: &Cloud,
        member: &str,
        items: impl Iterator<Item = (String, T)>,
        to_value: impl Fn(&T) -> Value,
    ) -> Answer {
        let page = crate::pages::page(member, items, self.token, self.size)
            .ok_or_else(|| AwsError::sender("InvalidNextTokenException", "The next token supplied is invalid"))?;
        Ok(Value::map([(member, page.values(to_value)), ("NextToken", page.token(cloud.knobs.empty_final_token))]))
    }
}

fn page_too_large(message: String) -> AwsError {
    AwsError::validation(message).by(Rule::PageSizesAreBounded)
}

/// Describes take at most 50 names (S-051, S-052, S-053).
fn check_count(count: usize, member: &str) -> Result<(), AwsError> {
    if count <= 50 {
        return Ok(());
    }
    let must = "have length less than or equal to 50";
    Err(AwsError::validation(AwsError::constraint(&format!("[{count} items]"), member, must)).by(Rule::NamesAreBounded))
}

/// A key whose order is that of (cluster, service, name).
fn key(id: &ServiceId, name: &str) -> String {
    format!("{}\u{1}{}\u{1}{name}", id.cluster, id.service)
}

impl Scope {
    /// Removes a target with its policies, their generated alarms and its scheduled actions; other alarms stay, and
    /// go on pointing at policies that are gone (S-049, S-050).
    pub(crate) fn remove_target(&mut self, id: &ServiceId) -> Option<Target> {
        let target = self.targets.remove(id)?;
        for policy in target.policies.values() {
            self.remove_generated_alarms(policy);
        }
        Some(target)
    }

    fn remove_generated_alarms(&mut self, policy: &Policy) {
        if let PolicyConfig::TargetTracking(tracking) = &policy.config {
            for name in &tracking.alarms {
                self.alarms.remove(name);
            }
        }
    }
}
