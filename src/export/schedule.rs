//! Scheduled actions.

use super::Exporter;
use super::parts::{Item, Said, value_of};
use crate::api::types::{ScalableTargetActionSpec, ScheduledActionSpec};
use crate::model::observed::ScheduledAction;
use crate::model::scheduled_action::UTC;

impl Exporter<'_> {
    /// Every scheduled action, by name.
    pub(super) fn schedules(&self) -> Vec<(String, Said)> {
        let mut actions: Vec<&ScheduledAction> = self.whole.schedules.iter().collect();
        actions.sort_by(|a, b| a.name.cmp(&b.name));
        let said = actions.into_iter().map(|action| {
            let item = Item { value: value_of(&self.schedule(action)), notes: Vec::new() };
            (format!("the scheduled action {}", action.name), Ok(item))
        });
        said.collect()
    }

    fn schedule(&self, action: &ScheduledAction) -> ScheduledActionSpec {
        let config = &action.config;
        ScheduledActionSpec {
            scheduled_action_name: self.names.on_service(action.name.as_str()),
            schedule: config.schedule.clone(),
            timezone: (config.timezone != UTC).then(|| config.timezone.clone()),
            start_time: config.start_time.map(|time| time.to_string()),
            end_time: config.end_time.map(|time| time.to_string()),
            scalable_target_action: ScalableTargetActionSpec {
                min_capacity: config.min_capacity,
                max_capacity: config.max_capacity,
            },
        }
    }
}
