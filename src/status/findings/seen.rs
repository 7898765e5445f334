//! What was seen of the service, for people: nothing here decides whether an object is Ready.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::api::status::{CapacityStatus, FiringStatus, Reason, ScheduleStatus};
use crate::model::observed::ObservedTarget;
use crate::model::schedule::{Firing, last_firings, next_firings};
use crate::status::pass::Finding;

pub(in crate::status) fn capacity(observed: &ObservedTarget) -> Option<CapacityStatus> {
    let service = observed.service.known()?.as_ref()?;
    let range = observed.target.known().and_then(Option::as_ref).map(|target| target.range);
    Some(CapacityStatus {
        min: range.map(|range| range.min()),
        max: range.map(|range| range.max()),
        desired: service.desired_count,
        running: service.running_count,
    })
}

/// What scheduled actions did last and do next; `None` where there are none, or where they were not read.
pub(in crate::status) fn schedule(observed: &ObservedTarget, now: Timestamp) -> Option<ScheduleStatus> {
    let actions = observed.scheduled_actions.known().filter(|actions| !actions.is_empty())?;
    let range = observed.target.known().and_then(Option::as_ref).map(|target| target.range);
    let fired = last_firings(actions, now);
    let set_by = |set: fn(&Firing) -> Option<i32>, held: Option<i32>| {
        let last = fired.iter().rev().find(|firing| set(firing).is_some())?;
        (set(last) == held).then(|| last.name.to_string())
    };
    Some(ScheduleStatus {
        last: fired.last().map(firing),
        next: next_firings(actions, now).first().map(firing),
        min_set_by: set_by(|firing| firing.min, range.map(|range| range.min())),
        max_set_by: set_by(|firing| firing.max, range.map(|range| range.max())),
    })
}

fn firing(firing: &Firing) -> FiringStatus {
    let zone = TimeZone::get(&firing.timezone).unwrap_or(TimeZone::UTC);
    let local = zone.to_datetime(firing.at).strftime("%Y-%m-%d %H:%M:%S").to_string();
    FiringStatus {
        scheduled_action_name: firing.name.to_string(),
        time: firing.at,
        local_time: format!("{local} {}", firing.timezone),
        min_capacity: firing.min,
        max_capacity: firing.max,
    }
}

/// road#2626: ECS takes any desired count; the next register moves it.
pub(in crate::status) fn capacity_in_range(observed: &ObservedTarget) -> Option<Finding> {
    let service = observed.service.known()?.as_ref()?;
    let range = observed.target.known()?.as_ref()?.range;
    let (desired, min, max) = (service.desired_count, range.min(), range.max());
    Some(if range.contains(desired) {
        Finding::fine(format!("the desired count {desired} lies within {min} to {max}"))
    } else {
        Finding::wrong(
            Reason::OutOfRange,
            format!("the desired count {desired} lies outside {min} to {max}"),
            format!("The next scaling activity or register moves it to {}.", range.clamp(desired)),
        )
    })
}
