//! Scheduled actions that come due: they change a target's min and max for good (S-045).

use ecs_scaling::model::capacity::CapacityRange;
use ecs_scaling::model::names::{ScopeId, ServiceId};
use jiff::Timestamp;

use super::schedule::{Schedule, Span};
use crate::autoscaling::{ScheduledAction, Target, bring_into_range};
use crate::cloud::Cloud;

/// Runs every action that is due after `last`, up to `at`, in the order of their times (S-046).
pub(super) fn run_due(cloud: &mut Cloud, id: &ScopeId, last: Timestamp, at: Timestamp) {
    let targets = cloud.scope(id).targets.iter();
    let mut due: Vec<(Timestamp, ServiceId, CapacityRange)> = targets
        .filter(|(_, target)| !target.suspended.scheduled_scaling_suspended)
        .flat_map(|(service, target)| target.scheduled_actions.values().map(move |action| (service, target, action)))
        .filter_map(|(service, target, action)| {
            let due = next_run(action, last).filter(|due| *due <= at)?;
            Some((due, service.clone(), range_after(target, action)?))
        })
        .collect();
    due.sort_by_key(|(due, ..)| *due);
    for (due, service, range) in due {
        if let Some(target) = cloud.scope_mut(id).targets.get_mut(&service) {
            target.range = range;
        }
        bring_into_range(cloud, id, &service, range, due);
    }
}

fn next_run(action: &ScheduledAction, after: Timestamp) -> Option<Timestamp> {
    let schedule = Schedule::parse(&action.schedule, action.timezone.as_deref())?;
    let span =
        Span { start: action.start.unwrap_or(action.created), runs_at_start: action.start.is_some(), end: action.end };
    schedule.next(after, span)
}

/// The range that an action leaves; an unset bound stays. `None` where the bounds would cross: AWS wants both sent then
/// (S-046).
fn range_after(target: &Target, action: &ScheduledAction) -> Option<CapacityRange> {
    CapacityRange::new(action.min.unwrap_or(target.range.min()), action.max.unwrap_or(target.range.max()))
}
