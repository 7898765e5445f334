//! Scheduled actions that come due: they change a target's min and max for good (S-045).

use ecs_scaling::model::capacity::CapacityRange;
use ecs_scaling::model::names::{ScopeId, ServiceId};
use ecs_scaling::model::scheduled_action::{ScheduledActionConfig, UTC};
use jiff::Timestamp;

use crate::autoscaling::{Activity, ScheduledAction, Target, bring_into_range};
use crate::cloud::Cloud;

/// Runs every action that is due after `last`, up to `at`, in the order of their times (S-046).
pub(super) fn run_due(cloud: &mut Cloud, id: &ScopeId, last: Timestamp, at: Timestamp) {
    let targets = cloud.scope(id).targets.iter();
    let mut due: Vec<(Timestamp, ServiceId, String, ScheduledAction)> = targets
        .filter(|(_, target)| !target.suspended.scheduled_scaling_suspended)
        .flat_map(|(service, target)| target.scheduled_actions.iter().map(move |named| (service, named)))
        .filter_map(|(service, (name, action))| {
            let due = next_run(action, last).filter(|due| *due <= at)?;
            Some((due, service.clone(), name.clone(), action.clone()))
        })
        .collect();
    due.sort_by_key(|(due, ..)| *due);
    for (due, service, name, action) in due {
        let activity_id = cloud.new_id("activity");
        let scope = cloud.scope_mut(id);
        let Some(target) = scope.targets.get_mut(&service) else { continue };
        let Some(range) = range_after(target, &action) else { continue };
        target.range = range;
        scope.activities.push(Activity::scheduled(activity_id, &service, &name, (action.min, action.max), due));
        bring_into_range(cloud, id, &service, range, due);
    }
}

fn next_run(action: &ScheduledAction, after: Timestamp) -> Option<Timestamp> {
    let config = ScheduledActionConfig {
        schedule: action.schedule.clone(),
        timezone: action.timezone.clone().unwrap_or_else(|| UTC.to_owned()),
        start_time: action.start,
        end_time: action.end,
        min_capacity: action.min,
        max_capacity: action.max,
    };
    config.timing(action.created)?.next(after)
}

/// The range that an action leaves; an unset bound stays. `None` where the bounds would cross: AWS wants both sent then
/// (S-046).
fn range_after(target: &Target, action: &ScheduledAction) -> Option<CapacityRange> {
    CapacityRange::new(action.min.unwrap_or(target.range.min()), action.max.unwrap_or(target.range.max()))
}
