//! Scalable targets.

use std::collections::BTreeMap;

use ecs_scaling::model::capacity::{CapacityRange, SuspendedState};
use ecs_scaling::model::firing::cause_of_range;
use ecs_scaling::model::names::{ScopeId, ServiceId};
use jiff::{SignedDuration, Timestamp};

use super::{
    Activity, DIMENSION, Listing, NAMESPACE, Policy, ScheduledAction, check_count, key, page_too_large, required,
    resource, resource_members, tags, target_not_found,
};
use crate::cloud::{Answer, Call, Cloud, regional_arn};
use crate::ecs::Status;
use crate::error::AwsError;
use crate::iam::{ensure_service_linked_role, service_linked_role_arn};
use crate::rules::Rule;
use crate::value::Value;

/// S-060
const TARGET_QUOTA: usize = 3000;
/// S-051
const PAGE: usize = 50;

/// A scalable target and everything on it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Targets registered before March 2023 may have none (tf#31261).
    pub arn: Option<String>,
    /// Min and max.
    pub range: CapacityRange,
    /// What is suspended.
    pub suspended: SuspendedState,
    /// The service-linked role, whatever was sent (S-005).
    pub role_arn: String,
    /// When it was registered first.
    pub created: Timestamp,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Scaling policies by name.
    pub policies: BTreeMap<String, Policy>,
    /// Scheduled actions by name.
    pub scheduled_actions: BTreeMap<String, ScheduledAction>,
}

pub(super) fn register(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let id = resource(call.input)?;
    // Before any check of the target: a registration that fails later has still made the role (iam.md §1.2).
    ensure_service_linked_role(cloud, call.scope, call.now);
    check_role_is_ready(cloud, call)?;
    let scope = cloud.scope(call.scope);
    if !scope.service(&id).is_some_and(|s| s.status == Status::Active) {
        // S-012
        let missing = format!("ECS service doesn't exist: {}", id.resource_id());
        return Err(AwsError::validation(missing).by(Rule::ServiceExists));
    }
    let existing = scope.targets.get(&id);
    let kept = |rule| existing.filter(|_| cloud.rules.hold(rule));
    let range = read_range(call.input, kept(Rule::UnsentCapacityIsKept).map(|t| t.range))?;
    let tags = tags::read_map(call.input, "Tags")?;
    match existing {
        Some(_) if !tags.is_empty() => {
            // S-011
            return Err(AwsError::validation(
                "The scalable target that you tried to tag already exists. To update tags on an existing scalable \
                 target, use the TagResource API.",
            )
            .by(Rule::TagsOnCreateAlone));
        }
        None if scope.targets.len() >= TARGET_QUOTA => {
            return Err(AwsError::sender(
                "LimitExceededException",
                "Too many scalable targets for service namespace ecs",
            )
            .by(Rule::TargetQuota));
        }
        _ => {}
    }
    let suspended =
        read_suspended(call.input, kept(Rule::SuspendedMembersMerge).map(|t| t.suspended).unwrap_or_default())?;
    let arn = match existing {
        Some(target) => target.arn.clone(),
        None => Some(new_arn(cloud, call, &id)),
    };
    let role_arn = match cloud.rules.hold(Rule::TargetHasItsOwnRole) {
        true => service_linked_role_arn(call.scope),
        false => call.input.text("RoleARN")?.unwrap_or_default().to_owned(),
    };
    let moves = cloud.rules.hold(Rule::DesiredCountMovesAtOnce);
    let target = cloud.scope_mut(call.scope).targets.entry(id.clone()).or_insert_with(|| Target {
        arn: arn.clone(),
        range,
        suspended,
        role_arn,
        created: call.now,
        tags,
        policies: BTreeMap::new(),
        scheduled_actions: BTreeMap::new(),
    });
    target.range = range;
    target.suspended = suspended;
    if moves {
        bring_into_range(cloud, call.scope, &id, range, call.now);
    }
    Ok(Value::map([("ScalableTargetARN", arn.into())])) // S-008
}

/// S-102
fn new_arn(cloud: &mut Cloud, call: &Call<'_>, id: &ServiceId) -> String {
    let uuid = cloud.new_id(&id.resource_id());
    regional_arn(call.scope, "application-autoscaling", &format!("scalable-target/{uuid}"))
}

fn check_role_is_ready(cloud: &Cloud, call: &Call<'_>) -> Result<(), AwsError> {
    let role = cloud.accounts.get(&call.scope.account).and_then(|a| a.roles.get(super::SERVICE_LINKED_ROLE));
    let delay = SignedDuration::try_from(cloud.knobs.role_propagation).unwrap_or(SignedDuration::MAX);
    match role {
        Some(role) if call.now.duration_since(role.created) < delay => {
            Err(AwsError::validation(format!("Unable to assume IAM role: {}", role.arn)).by(Rule::RoleMustBeReady))
        }
        _ => Ok(()),
    }
}

/// S-004, S-009, S-013: what is not sent stays, and on creation both must be sent.
fn read_range(input: &Value, existing: Option<CapacityRange>) -> Result<CapacityRange, AwsError> {
    let missing = |which, rule| move || AwsError::validation(format!("{which} capacity must be specified")).by(rule);
    let min = input
        .int("MinCapacity")?
        .or(existing.map(CapacityRange::min))
        .ok_or_else(missing("Minimum", Rule::MinRequiredOnCreate))?;
    let max = input
        .int("MaxCapacity")?
        .or(existing.map(CapacityRange::max))
        .ok_or_else(missing("Maximum", Rule::MaxRequiredOnCreate))?;
    if min < 0 {
        return Err(AwsError::validation("Minimum capacity cannot be less than 0").by(Rule::MinNotNegative));
    }
    if max < 0 {
        return Err(AwsError::validation("Maximum capacity cannot be less than 0").by(Rule::MaxNotNegative));
    }
    CapacityRange::new(min, max).ok_or_else(|| {
        AwsError::validation("Maximum capacity cannot be less than minimum capacity").by(Rule::MaxNotBelowMin)
    })
}

/// S-006, S-009: members merge one by one.
fn read_suspended(input: &Value, existing: SuspendedState) -> Result<SuspendedState, AwsError> {
    input.members("SuspendedState")?;
    let sent = input.get("SuspendedState");
    let member = |name, existing| Ok(sent.bool(name)?.unwrap_or(existing));
    Ok(SuspendedState {
        dynamic_scaling_in_suspended: member("DynamicScalingInSuspended", existing.dynamic_scaling_in_suspended)?,
        dynamic_scaling_out_suspended: member("DynamicScalingOutSuspended", existing.dynamic_scaling_out_suspended)?,
        scheduled_scaling_suspended: member("ScheduledScalingSuspended", existing.scheduled_scaling_suspended)?,
    })
}

/// S-010: a desired count outside the range moves at once, whatever was sent.
pub(crate) fn bring_into_range(
    cloud: &mut Cloud,
    scope_id: &ScopeId,
    id: &ServiceId,
    range: CapacityRange,
    now: Timestamp,
) {
    let start_delay = cloud.knobs.start_delay;
    let Some(service) = cloud.scope_mut(scope_id).service_mut(id) else { return };
    let (from, to) = (service.desired, range.clamp(service.desired));
    let Some(cause) = cause_of_range(from, range) else { return };
    service.set_desired(to, now, start_delay);
    let activity_id = cloud.new_id("activity");
    cloud.scope_mut(scope_id).activities.push(Activity::successful(activity_id, id, (from, to), cause, None, now));
}

/// S-049
pub(super) fn deregister(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let id = resource(call.input)?;
    if cloud.rules.hold(Rule::DeregisterTakesAll) {
        cloud.scope_mut(call.scope).remove_target(&id).ok_or_else(|| target_not_found(&id))?;
    }
    Ok(Value::empty())
}

/// S-051
pub(super) fn describe(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let input = call.input;
    let namespace = required(input, "ServiceNamespace", "serviceNamespace")?;
    let ids = input.texts("ResourceIds")?;
    check_count(ids.len(), "resourceIds")?;
    if input.has("ScalableDimension") && ids.is_empty() {
        let must = "ResourceIds must be specified when ScalableDimension is specified";
        return Err(AwsError::validation(must).by(Rule::DimensionNeedsResource));
    }
    let page = if cloud.rules.hold(Rule::TargetPageIsFifty) { PAGE } else { TARGET_QUOTA };
    let listing = Listing {
        ecs: namespace == NAMESPACE && input.text("ScalableDimension")?.is_none_or(|d| d == DIMENSION),
        resource: None,
        names: ids,
        size: crate::pages::size(input.int("MaxResults")?, "maxResults", page, PAGE, page_too_large)?,
        token: input.text("NextToken")?,
    };
    let targets = cloud.scope(call.scope).targets.iter();
    let wanted = targets.filter(|(id, _)| listing.wants(id, &id.resource_id())).map(|(id, t)| (key(id, ""), (id, t)));
    listing.reply(cloud, "ScalableTargets", wanted, |(id, target)| describe_one(id, target))
}

fn describe_one(id: &ServiceId, target: &Target) -> Value {
    let [namespace, resource, dimension] = resource_members(id);
    let suspended = Value::map([
        ("DynamicScalingInSuspended", target.suspended.dynamic_scaling_in_suspended.into()),
        ("DynamicScalingOutSuspended", target.suspended.dynamic_scaling_out_suspended.into()),
        ("ScheduledScalingSuspended", target.suspended.scheduled_scaling_suspended.into()),
    ]);
    Value::map([
        namespace,
        resource,
        dimension,
        ("MinCapacity", target.range.min().into()),
        ("MaxCapacity", target.range.max().into()),
        ("RoleARN", (&target.role_arn).into()),
        ("CreationTime", target.created.into()),
        ("SuspendedState", suspended),
        ("ScalableTargetARN", target.arn.clone().into()),
    ])
}
