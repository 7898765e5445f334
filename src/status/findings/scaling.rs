//! Whether the service can be scaled, and whether its bounds hold it back: from what was seen, and from AWS's record of
//! activities where that was read. Information: nothing here decides whether an object is Ready.

use jiff::{SignedDuration, Timestamp};

use crate::api::status::{
    ACTIVITIES_SHOWN, ActivitiesStatus, ActivityStatus, ConditionStatus, EventReason, EventType, Reason, Status,
};
use crate::diagnose::class::{Class, classify};
use crate::model::activity::{Activity, ActivityOutcome, NotScaledCode};
use crate::model::alarm::AlarmState;
use crate::model::arn;
use crate::model::cooldown::Direction;
use crate::model::metric::is_of_service;
use crate::model::observed::{ObservedTarget, ScalingPolicy};
use crate::model::policy::{PolicyConfig, TrackedMetric};
use crate::status::events;
use crate::status::firing::{Firing, alarms, calls, firing};
use crate::status::pass::{Finding, Pass};

/// An activity whose alarm was not seen counts for this long: an alarm calls its policies every minute while it is in
/// ALARM (S-078), so that older ones speak of what is over.
const CURRENT: SignedDuration = SignedDuration::from_hours(1);

/// The newest activities, for people.
pub(in crate::status) fn activities(pass: Pass<'_>) -> Option<ActivitiesStatus> {
    let reading = pass.activities.reading.as_ref()?;
    let newest = reading.activities.iter().take(ACTIVITIES_SHOWN).map(shown).collect();
    Some(ActivitiesStatus { read_time: reading.read_at, newest })
}

fn shown(activity: &Activity) -> ActivityStatus {
    ActivityStatus {
        activity_id: activity.id.clone(),
        time: activity.at,
        status_code: activity.status.clone(),
        description: activity.description.clone(),
        cause: activity.cause.clone(),
        status_message: activity.message.clone(),
        not_scaled_reasons: activity.reasons.iter().map(ToString::to_string).collect(),
    }
}

/// Tells of activities that failed or scaled nothing and that the status did not show before. What is there at the first
/// reading is old, and only listed.
pub(in crate::status) fn tell_activities(status: &mut Status, previous: &Status, pass: Pass<'_>) {
    let (Some(before), Some(reading)) = (&previous.activities, &pass.activities.reading) else { return };
    let known = before.newest.first().map(|newest| newest.time);
    let is_new = |activity: &&Activity| {
        known.is_none_or(|known| activity.at >= known)
            && before.newest.iter().all(|shown| shown.activity_id != activity.id)
    };
    let is_trouble = |activity: &&Activity| {
        matches!(activity.outcome, ActivityOutcome::Failed | ActivityOutcome::NotScaled)
            && !activity.has_reason(NotScaledCode::AlreadyAtMinCapacity)
    };
    let newest: Vec<&Activity> =
        reading.activities.iter().filter(is_new).filter(is_trouble).take(ACTIVITIES_SHOWN).collect();
    for activity in newest.into_iter().rev() {
        let message = format!("{}: {}", activity.cause, shown(activity).result());
        events::push(status, EventType::Warning, EventReason::NotScaled, message, pass.now);
    }
}

/// Nothing is seen that keeps the service from being scaled. `None` where there is no target, or it was not read.
pub(in crate::status) fn scaling_active(pass: Pass<'_>) -> Option<Finding> {
    let observed = pass.observed;
    let target = observed.target.known()?.as_ref()?;
    let policies = observed.policies.known()?;
    let suspended = target.suspended;
    let stopped = [
        (suspended.dynamic_scaling_out_suspended, "scale-out by policies"),
        (suspended.dynamic_scaling_in_suspended, "scale-in by policies"),
        (suspended.scheduled_scaling_suspended, "scheduled actions"),
    ];
    let stopped: Vec<&str> = stopped.into_iter().filter(|(is_off, _)| *is_off).map(|(_, what)| what).collect();
    if !stopped.is_empty() {
        return Some(Finding::wrong(
            Reason::ScalingSuspended,
            format!("suspended on the target: {}", stopped.join(", ")),
            "Where that is not meant, set the members of spec.suspendedState to false.", // tf#9945
        ));
    }
    if policies.is_empty() && observed.scheduled_actions.known().is_some_and(Vec::is_empty) {
        return Some(Finding::wrong(
            Reason::NothingScales,
            "no policy and no scheduled action is on the target: its task count stays as it is",
            "Add stepScaling, targetTracking or scheduledActions, where the service is to scale.",
        ));
    }
    unheard(observed, policies)
        .or_else(|| of_newest(pass))
        .or_else(|| mislabelled(observed, policies))
        .or_else(|| asleep(observed, policies))
        .or_else(|| unread(pass))
        .or_else(|| Some(Finding::fine("nothing is seen that keeps the service from being scaled")))
}

/// An alarm in ALARM that nobody hears (S-050): CloudWatch does not check its actions, and says nothing.
fn unheard(observed: &ObservedTarget, policies: &[ScalingPolicy]) -> Option<Finding> {
    let id = observed.service.known()?.as_ref().map(|service| service.arn.as_str())?;
    let is_for_us =
        |action: &String| arn::policy(action).is_some_and(|named| id.ends_with(&named.service.resource_id()));
    let mut silent = alarms(observed).filter(|(_, alarm)| {
        alarm.state == AlarmState::Alarm
            && alarm.actions.alarm.iter().any(is_for_us)
            && !policies.iter().any(|policy| calls(alarm, policy))
    });
    let (name, alarm) = silent.next()?;
    let is_off = alarm.config.as_ref().is_ok_and(|config| !config.actions_enabled);
    let why = if is_off { "its actions are switched off" } else { "the policy that it calls is gone" };
    Some(Finding::wrong(
        Reason::AlarmNotHeard,
        format!("the alarm {name} is in ALARM and scales nothing: {why}"),
        if is_off {
            "Set actionsEnabled of the alarm to true, or leave it out."
        } else {
            "The next pass attaches the alarm again, where it is this object's; AlarmsSynced says what keeps it."
        },
    ))
}

/// What the newest activity says, as long as it speaks of now (catalogue-pipeline PR#2293).
fn of_newest(pass: Pass<'_>) -> Option<Finding> {
    let newest = pass.activities.newest().filter(|newest| is_current(newest, pass.observed, pass.now))?;
    let result = shown(newest).result();
    if newest.has_reason(NotScaledCode::TargetServicePutResourceAsUnscalable) {
        return Some(Finding::wrong(
            Reason::TargetServicePutResourceAsUnscalable,
            format!("AWS did not scale: {result} ({})", newest.cause),
            "ECS says that the service cannot be scaled now: look at its deployments and events. AWS tries again by itself.",
        ));
    }
    (newest.outcome == ActivityOutcome::Failed).then(|| {
        Finding::wrong(
            Reason::ActivityFailed,
            format!("the newest scaling activity is {}: {result} ({})", newest.status, newest.cause),
            "AWS's message says why. While the alarm stays in ALARM, AWS tries again every minute.",
        )
    })
}

fn is_current(activity: &Activity, observed: &ObservedTarget, now: Timestamp) -> bool {
    let alarm = activity.alarm().and_then(|name| observed.alarms.get(&name)?.known()?.as_ref());
    match alarm {
        Some(alarm) => alarm.state == AlarmState::Alarm,
        None => now.duration_since(activity.at) < CURRENT,
    }
}

/// S-037: the target group of a resource label must be one of the service's. AWS takes any, and then counts what does not
/// reach the service: a label goes stale where a deployment exchanges target groups (road#1681).
fn mislabelled(observed: &ObservedTarget, policies: &[ScalingPolicy]) -> Option<Finding> {
    let own = &observed.service.known()?.as_ref()?.target_groups;
    let is_own = |label: &str| {
        let group = label.find("targetgroup/").and_then(|at| label.get(at..));
        group.is_some_and(|group| own.iter().any(|arn| arn.ends_with(&format!(":{group}"))))
    };
    let labels = policies.iter().flat_map(|policy| {
        let labels = policy.config.as_ref().map(PolicyConfig::resource_labels).unwrap_or_default();
        labels.into_iter().map(move |label| (policy, label))
    });
    let (policy, label) = labels.into_iter().find(|(_, label)| !is_own(label))?;
    Some(Finding::wrong(
        Reason::TargetGroupOfOthers,
        format!("{} counts the requests of {label}, which is no target group of the service", policy.name),
        "Leave resourceLabel out: then it is that of the service's target group. Or attach that target group to the service.",
    ))
}

/// S-017: without tasks there is no CPU or memory, and so no alarm that would start one.
fn asleep(observed: &ObservedTarget, policies: &[ScalingPolicy]) -> Option<Finding> {
    let service = observed.service.known()?.as_ref()?;
    let is_parked = service.desired_count == 0 && service.running_count == 0;
    let may_run = observed.target.known()?.as_ref().is_some_and(|target| target.range.max() > 0);
    let scheduled = observed.scheduled_actions.known().is_none_or(|actions| !actions.is_empty());
    let all_sleep = !policies.is_empty() && policies.iter().all(|policy| needs_tasks(policy, observed));
    (is_parked && may_run && !scheduled && all_sleep).then(|| {
        Finding::wrong(
            Reason::NoMetricWithoutTasks,
            "the service has no tasks, and every policy's metric comes from its tasks: nothing starts it again",
            "Start a task by hand, raise minCapacity, or add an alarm on a metric that is there without tasks.",
        )
    })
}

/// Whether nothing of what fires a policy is there without tasks.
pub(in crate::status) fn needs_tasks(policy: &ScalingPolicy, observed: &ObservedTarget) -> bool {
    match &policy.config {
        Ok(PolicyConfig::TargetTracking(config)) => match &config.metric {
            TrackedMetric::Predefined(_) => true,
            TrackedMetric::Single(metric) => is_of_service(&metric.namespace),
            TrackedMetric::Math(_) => false,
        },
        Ok(PolicyConfig::Step(_)) => {
            let mut own = alarms(observed).filter(|(_, alarm)| calls(alarm, policy)).peekable();
            own.peek().is_some()
                && own.all(|(_, alarm)| alarm.config.as_ref().is_ok_and(|config| config.metric.needs_tasks()))
        }
        Ok(PolicyConfig::Predictive(_)) | Err(_) => false,
    }
}

/// A denied reading: whether AWS scales is then not known, and nothing else depends on it.
fn unread(pass: Pass<'_>) -> Option<Finding> {
    let failure = pass.activities.failure.as_ref().filter(|failure| classify(failure) == Class::Denied)?;
    let explained = pass.explain(failure);
    Some(Finding::unknown(explained.reason, explained.message, explained.hint))
}

/// What holds back what a policy asks for; `None` where nothing does. paasta#500, ecs_deploy PR#78: pinned at its maximum.
pub(in crate::status) fn scaling_limited(pass: Pass<'_>) -> Option<Finding> {
    let desired = pass.observed.service.known()?.as_ref()?.desired_count;
    let range = pass.observed.target.known()?.as_ref()?.range;
    if range.min() == range.max() {
        return None; // a fixed count is meant
    }
    let newest = pass.activities.newest().filter(|newest| is_current(newest, pass.observed, pass.now));
    let said = |code| newest.filter(|newest| newest.has_reason(code)).map(|newest| newest.cause.clone());
    let firing = firing(pass.observed);
    let asked = |direction: Direction| {
        let by = firing.iter().find(|firing| firing.direction == direction);
        by.map(|Firing { alarm, policy, .. }| format!("the alarm {alarm} is in ALARM and calls {policy}"))
    };
    if desired >= range.max()
        && let Some(by) = asked(Direction::Out).or_else(|| said(NotScaledCode::AlreadyAtMaxCapacity))
    {
        let message =
            format!("the desired count {desired} is at the maximum of {}, and more is asked for: {by}", range.max());
        return Some(limited(
            Reason::AlreadyAtMaxCapacity,
            message,
            "Raise maxCapacity, where the service may grow. `In force` says whether a scheduled action set this maximum.",
        ));
    }
    if desired <= range.min()
        && let Some(by) = asked(Direction::In).or_else(|| said(NotScaledCode::AlreadyAtMinCapacity))
    {
        let message =
            format!("the desired count {desired} is at the minimum of {}, and fewer are asked for: {by}", range.min());
        return Some(limited(
            Reason::AlreadyAtMinCapacity,
            message,
            "Nothing needs to be done where so many tasks are to stay; else lower minCapacity.",
        ));
    }
    said(NotScaledCode::AutoScalingAnticipatedFlapping).map(|cause| {
        limited(
            Reason::AutoScalingAnticipatedFlapping,
            format!("AWS did not scale in, since it would have had to scale out again at once: {cause}"),
            "Move the thresholds of scale-in and scale-out further apart, or scale in by smaller steps.",
        )
    })
}

fn limited(reason: Reason, message: String, hint: &str) -> Finding {
    Finding { status: ConditionStatus::True, ..Finding::wrong(reason, message, hint) }
}

/// Whether AWS's record is worth reading soon: at the maximum, outside the range, with an alarm that asks for what is not
/// so, or after the desired count has changed.
pub fn is_pressed(observed: &ObservedTarget, previous: &Status) -> bool {
    let Some(service) = observed.service.known().and_then(Option::as_ref) else { return false };
    let Some(target) = observed.target.known().and_then(Option::as_ref) else { return false };
    let (desired, range) = (service.desired_count, target.range);
    let is_full = desired >= range.max() && range.max() > range.min();
    let asks = |firing: &Firing<'_>| firing.direction == Direction::Out || desired > range.min();
    let has_moved = previous.capacity.is_some_and(|before| before.desired != desired);
    is_full || !range.contains(desired) || has_moved || firing(observed).iter().any(asks)
}
