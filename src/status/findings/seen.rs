//! What was seen of the service, for people: nothing here decides whether an object is Ready.

use crate::api::status::{CapacityStatus, Reason};
use crate::model::observed::ObservedTarget;
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
