//! Scheduled actions (S-039 to S-046).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::has_length;
use crate::api::desired::DesiredSchedule;
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::{ScalableTargetActionSpec, ScheduledActionSpec};
use crate::model::capacity::CapacityRange;
use crate::model::names::ScheduledActionName;
use crate::model::schedule::{self, Schedule, Timing};
use crate::model::scheduled_action::{ScheduledActionConfig, UTC};

/// AWS takes 200 scheduled actions a target (S-060).
const MAX_SCHEDULES: usize = 200;
/// How many of its next firings an action is held against the others'.
const FIRINGS: usize = 60;

/// Checks and resolves all scheduled actions of an object. Without a time, nothing is said of what is past.
pub(super) fn check(
    specs: &[ScheduledActionSpec],
    range: CapacityRange,
    now: Option<Timestamp>,
    at: &Path,
    report: &mut Report<'_>,
) -> Vec<DesiredSchedule> {
    let at = at.key("scheduledActions");
    if specs.len() > MAX_SCHEDULES {
        let message =
            format!("there are {} scheduled actions; AWS takes at most {MAX_SCHEDULES} a service", specs.len());
        report.error(&at, message, "merge actions: a cron expression can hold lists and ranges");
    }
    let mut names = BTreeSet::new();
    let mut schedules: Vec<DesiredSchedule> = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        let at = at.index(index);
        let name = spec.scheduled_action_name.as_str();
        check_name(name, &at.key("scheduledActionName"), report);
        if !names.insert(name) {
            let message = format!("this object has two scheduled actions named `{name}`");
            let hint = "a scheduled action's name is unique on its service, and the last one would win: rename one";
            report.error(&at.key("scheduledActionName"), message, hint);
        }
        let config = config(spec, range, &at, report);
        if let (Some(timing), Some(now)) = (config.timing(Timestamp::MIN), now) {
            warn_of_past(&timing, now, &at, report);
        }
        schedules.push(DesiredSchedule { name: ScheduledActionName::new(name), config: config.canonical() });
    }
    if let Some(now) = now {
        warn_of_ties(&schedules, now, &at, report);
    }
    schedules
}

/// S-039
fn check_name(name: &str, at: &Path, report: &mut Report<'_>) {
    has_length(name, 256, "the scheduled action's name", at, report);
    if name.trim() != name {
        report.error(at, "the scheduled action's name begins or ends with a space", "remove the space");
    }
    if name.chars().any(|c| matches!(c, ':' | '/' | '|') || c.is_control()) {
        let message = format!("the name `{}` has a `:`, `/`, `|` or control character", name.escape_debug());
        report.error(at, message, "AWS takes none of these in the name of a scheduled action; use `-`");
    }
}

fn config(
    spec: &ScheduledActionSpec,
    range: CapacityRange,
    at: &Path,
    report: &mut Report<'_>,
) -> ScheduledActionConfig {
    check_schedule(spec, at, report);
    let timezone = spec.timezone.as_deref().unwrap_or(UTC);
    check_zone(timezone, &at.key("timezone"), report);
    let start_time = time(spec.start_time.as_deref(), &at.key("startTime"), report);
    let end_time = time(spec.end_time.as_deref(), &at.key("endTime"), report);
    if start_time.zip(end_time).is_some_and(|(start, end)| start >= end) {
        let message = "endTime is not after startTime"; // S-041
        report.error(&at.key("endTime"), message, "write a later endTime, or leave one of the two out");
    }
    let ScalableTargetActionSpec { min_capacity, max_capacity } = spec.scalable_target_action;
    check_bounds(spec.scalable_target_action, range, &at.key("scalableTargetAction"), report);
    ScheduledActionConfig {
        schedule: spec.schedule.trim().to_owned(),
        timezone: timezone.to_owned(),
        start_time,
        end_time,
        min_capacity,
        max_capacity,
    }
}

fn check_schedule(spec: &ScheduledActionSpec, at: &Path, report: &mut Report<'_>) {
    let at_schedule = at.key("schedule");
    match schedule::parse(&spec.schedule) {
        Err(error) => report.error(&at_schedule, format!("{error} in `{}`", spec.schedule), error.hint),
        Ok(Schedule::Rate(_)) if spec.timezone.as_deref().is_some_and(|zone| zone != UTC) => {
            let message = "a rate has no time of day, so the time zone has no effect"; // S-041
            report.warning(&at.key("timezone"), message, "remove it, or write the schedule as cron(…)");
        }
        Ok(_) => {}
    }
}

/// S-041: AWS takes the canonical names of the IANA database.
fn check_zone(text: &str, at: &Path, report: &mut Report<'_>) {
    match TimeZone::get(text).ok().as_ref().and_then(TimeZone::iana_name) {
        Some(name) if name == text => {}
        Some(name) => {
            report.error(at, format!("`{text}` is not how the time zone is spelled"), format!("write {name}"))
        }
        None => {
            let hint = "write a name of the IANA database, such as Asia/Seoul, Europe/Berlin or UTC";
            report.error(at, format!("there is no time zone `{text}`"), hint);
        }
    }
}

fn time(text: Option<&str>, at: &Path, report: &mut Report<'_>) -> Option<Timestamp> {
    let text = text?;
    let time = text.parse::<Timestamp>().ok().filter(|time| time.subsec_nanosecond() == 0);
    if time.is_none() {
        let hint = match text.parse::<jiff::civil::DateTime>() {
            Ok(_) => "write the moment in UTC, to the second: 2026-12-01T00:00:00Z; `timezone` does not apply to it",
            Err(_) => "write a moment in UTC, to the second: 2026-12-01T00:00:00Z",
        };
        report.error(at, format!("`{text}` is no moment as AWS takes it"), hint);
    }
    time
}

/// S-042, S-046
fn check_bounds(action: ScalableTargetActionSpec, range: CapacityRange, at: &Path, report: &mut Report<'_>) {
    let ScalableTargetActionSpec { min_capacity: min, max_capacity: max } = action;
    for (name, value) in [("minCapacity", min), ("maxCapacity", max)] {
        if let Some(value) = value.filter(|value| *value < 0) {
            report.error(&at.key(name), format!("{value} is below 0"), "write 0 or more tasks");
        }
    }
    match (min, max) {
        (None, None) => {
            let hint = "add minCapacity, maxCapacity or both; 0 is a value";
            report.error(at, "a scheduled action that sets neither bound is refused by AWS", hint);
        }
        (Some(min), Some(max)) if max < min => {
            let message = format!("maxCapacity {max} is below minCapacity {min}");
            report.error(&at.key("maxCapacity"), message, format!("write {min} or more, or lower minCapacity"));
        }
        (Some(min), None) if min > range.max() => {
            let message = format!("minCapacity {min} lies above the object's maxCapacity {}", range.max());
            let hint = format!("add `maxCapacity: {min}` or more: AWS changes nothing where the two would cross");
            report.warning(&at.key("minCapacity"), message, hint);
        }
        (None, Some(max)) if max < range.min() => {
            let message = format!("maxCapacity {max} lies below the object's minCapacity {}", range.min());
            let hint = format!("add `minCapacity: {max}` or less: AWS changes nothing where the two would cross");
            report.warning(&at.key("maxCapacity"), message, hint);
        }
        _ => {}
    }
}

/// A schedule that never fires again is most often a mistake, and always worth a line.
fn warn_of_past(timing: &Timing, now: Timestamp, at: &Path, report: &mut Report<'_>) {
    if timing.next(now).is_some() {
        return;
    }
    if timing.end.is_some_and(|end| end <= now) {
        let hint = "remove the action, or write a later endTime";
        return report.warning(&at.key("endTime"), "endTime is past: the action never runs again", hint);
    }
    let (message, hint) = match &timing.schedule {
        Schedule::At(_) if timing.previous(now).is_some() => {
            ("the time is past: the action never runs again", "remove the action, or write a later time")
        }
        _ => ("the schedule never fires", "correct its days, months and year, or its startTime and endTime"),
    };
    report.warning(&at.key("schedule"), message, hint);
}

/// Two actions at one moment with other values: which of them wins is not defined.
fn warn_of_ties(schedules: &[DesiredSchedule], now: Timestamp, at: &Path, report: &mut Report<'_>) {
    let mut seen: BTreeMap<Timestamp, &DesiredSchedule> = BTreeMap::new();
    for (index, schedule) in schedules.iter().enumerate() {
        let Some(timing) = schedule.config.timing(now) else { continue };
        if matches!(timing.schedule, Schedule::Rate(_)) && timing.start.is_none() {
            continue; // it counts from when AWS takes it
        }
        let firings = std::iter::successors(timing.next(now), |at| timing.next(*at)).take(FIRINGS);
        let mut tie = None;
        for firing in firings {
            let other = *seen.entry(firing).or_insert(schedule);
            if tie.is_none() && differ(other, schedule) {
                tie = Some((firing, other));
            }
        }
        if let Some((firing, other)) = tie {
            let message = format!("it fires at {firing}, and so does `{}` with other values", other.name);
            report.warning(&at.index(index).key("schedule"), message, "move one of the two by a minute");
        }
    }
}

fn differ(one: &DesiredSchedule, other: &DesiredSchedule) -> bool {
    let bounds = |schedule: &DesiredSchedule| (schedule.config.min_capacity, schedule.config.max_capacity);
    let crosses = |a: Option<i32>, b: Option<i32>| a.is_some() && b.is_some() && a != b;
    let ((min, max), (other_min, other_max)) = (bounds(one), bounds(other));
    crosses(min, other_min) || crosses(max, other_max)
}
