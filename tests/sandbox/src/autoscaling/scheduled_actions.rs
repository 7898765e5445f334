//! Scheduled actions.

use ecs_scaling::model::names::ServiceId;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Listing, NAMESPACE, check_length, key, required, resource, resource_members, schedule, target_not_found};
use crate::cloud::{Answer, Call, Cloud, regional_arn};
use crate::error::AwsError;
use crate::rules::{Rule, Rules};
use crate::value::Value;

/// S-060
const QUOTA: usize = 200;
/// S-053
const PAGE: usize = 50;

/// A scheduled action.
#[derive(Clone, Debug)]
pub struct ScheduledAction {
    /// Its ARN (S-047).
    pub arn: String,
    /// `at(…)`, `rate(…)` or `cron(…)`.
    pub schedule: String,
    /// An IANA name, for `at` and `cron` (S-041).
    pub timezone: Option<String>,
    /// Nothing happens before.
    pub start: Option<Timestamp>,
    /// Nothing happens after.
    pub end: Option<Timestamp>,
    /// The new minimum.
    pub min: Option<i32>,
    /// The new maximum.
    pub max: Option<i32>,
    /// When it was created.
    pub created: Timestamp,
}

pub(super) fn put(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let name = required(call.input, "ScheduledActionName", "scheduledActionName")?.to_owned();
    check_name(&name)?;
    let id = resource(call.input)?;
    let target = cloud.scope(call.scope).targets.get(&id).ok_or_else(|| target_not_found(&id))?;
    let existing = target.scheduled_actions.get(&name).cloned();
    if existing.is_none() && target.scheduled_actions.len() >= QUOTA {
        return Err(AwsError::sender(
            "LimitExceededException",
            format!("Too many scheduled actions for {}", id.resource_id()),
        )
        .by(Rule::ScheduleQuota));
    }
    let mut action = read(call, existing.as_ref(), &cloud.rules)?;
    if existing.is_none() {
        let uuid = cloud.new_id(&format!("{}/{name}", id.resource_id()));
        let resource =
            format!("scheduledAction:{uuid}:resource/{NAMESPACE}/{}:scheduledActionName/{name}", id.resource_id());
        action.arn = regional_arn(call.scope, "autoscaling", &resource);
    }
    if let Some(target) = cloud.scope_mut(call.scope).targets.get_mut(&id) {
        target.scheduled_actions.insert(name, action);
    }
    Ok(Value::empty()) // S-047
}

/// S-039
fn check_name(name: &str) -> Result<(), AwsError> {
    check_length("scheduledActionName", name, 1, 256).map_err(|e| e.by(Rule::ScheduleNameIsBounded))?;
    let forbidden = |c: char| matches!(c, ':' | '/' | '|') || c.is_control();
    if name.trim() != name || name.contains(forbidden) {
        let must = r"satisfy regular expression pattern: (?!((^[ ]+.*)|(.*([\u0000-\u001f]|[\u007f-\u009f]|[:/|])+.*)|(.*[ ]+$))).+";
        return Err(AwsError::validation(AwsError::constraint(name, "scheduledActionName", must))
            .by(Rule::ScheduleNameIsBounded));
    }
    Ok(())
}

/// S-043: a start or an end that is left out is deleted; everything else that is left out stays.
fn read(call: &Call<'_>, before: Option<&ScheduledAction>, rules: &Rules) -> Result<ScheduledAction, AwsError> {
    let input = call.input;
    let schedule = match (input.text("Schedule")?, before) {
        (Some(schedule), _) => schedule.to_owned(),
        (None, Some(before)) if rules.hold(Rule::UnsentScheduleIsKept) => before.schedule.clone(),
        (None, _) => return Err(AwsError::validation("Schedule must be specified").by(Rule::ScheduleIsRequired)),
    };
    schedule::check(&schedule)?;
    let timezone = input.text("Timezone")?.map(str::to_owned).or_else(|| before.and_then(|b| b.timezone.clone()));
    if timezone.as_deref().is_some_and(|zone| TimeZone::get(zone).is_err()) {
        return Err(AwsError::validation("Invalid timezone").by(Rule::TimezoneIsKnown)); // S-041
    }
    let stays = before.filter(|_| !rules.hold(Rule::UnsentTimesGo));
    let start = input.time("StartTime")?.or(stays.and_then(|before| before.start));
    let end = input.time("EndTime")?.or(stays.and_then(|before| before.end));
    if start.zip(end).is_some_and(|(start, end)| start >= end) {
        return Err(AwsError::validation("StartTime must be before EndTime").by(Rule::StartIsBeforeEnd)); // S-041
    }
    let (min, max) = read_capacities(input, before)?;
    Ok(ScheduledAction {
        arn: before.map(|b| b.arn.clone()).unwrap_or_default(),
        schedule,
        timezone,
        start,
        end,
        min,
        max,
        created: before.map_or(call.now, |b| b.created),
    })
}

/// S-042
fn read_capacities(input: &Value, before: Option<&ScheduledAction>) -> Result<(Option<i32>, Option<i32>), AwsError> {
    if input.members("ScalableTargetAction")?.is_none() {
        return before.map(|b| (b.min, b.max)).ok_or_else(|| {
            AwsError::validation("ScalableTargetAction must be set").by(Rule::ScheduledRangeIsRequired)
        });
    }
    let action = input.get("ScalableTargetAction");
    let (min, max) = (action.int("MinCapacity")?, action.int("MaxCapacity")?);
    if min.is_none() && max.is_none() {
        let must = "At least one of minimum capacity and maximum capacity should be provided";
        return Err(AwsError::validation(must).by(Rule::ScheduledRangeIsNotEmpty));
    }
    if min.is_some_and(|m| m < 0) {
        return Err(AwsError::validation("Minimum capacity cannot be less than 0").by(Rule::MinNotNegative));
    }
    if max.is_some_and(|m| m < 0) || min.zip(max).is_some_and(|(min, max)| max < min) {
        let must = "Maximum capacity cannot be less than minimum capacity";
        return Err(AwsError::validation(must).by(Rule::ScheduledRangeIsInOrder));
    }
    Ok((min, max))
}

pub(super) fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let name = required(call.input, "ScheduledActionName", "scheduledActionName")?;
    let id = resource(call.input)?;
    let removed = cloud.scope_mut(call.scope).targets.get_mut(&id).and_then(|t| t.scheduled_actions.remove(name));
    removed.ok_or_else(|| {
        super::not_found(&format!("scheduled action {name}"), "found", &id).by(Rule::ScheduledActionIsThere)
    })?;
    Ok(Value::empty())
}

/// S-053
pub(super) fn describe(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let listing = Listing::read(call, Some("ScheduledActionNames"), PAGE)?;
    let targets = cloud.scope(call.scope).targets.iter();
    let actions = targets.flat_map(|(id, t)| t.scheduled_actions.iter().map(move |(name, a)| (id, name, a)));
    let wanted = actions
        .filter(|(id, name, _)| listing.wants(id, name))
        .map(|(id, name, action)| (key(id, name), (id, name, action)));
    listing.reply(cloud, "ScheduledActions", wanted, |(id, name, action)| describe_one(id, name, action))
}

fn describe_one(id: &ServiceId, name: &str, action: &ScheduledAction) -> Value {
    let [namespace, resource, dimension] = resource_members(id);
    Value::map([
        namespace,
        resource,
        dimension,
        ("ScheduledActionName", name.into()),
        ("ScheduledActionARN", (&action.arn).into()),
        ("Schedule", (&action.schedule).into()),
        ("Timezone", action.timezone.clone().into()),
        ("StartTime", action.start.into()),
        ("EndTime", action.end.into()),
        ("ScalableTargetAction", Value::map([("MinCapacity", action.min.into()), ("MaxCapacity", action.max.into())])),
        ("CreationTime", action.created.into()),
    ])
}
