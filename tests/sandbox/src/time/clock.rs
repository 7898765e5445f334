//! What a scope must remember between two moments, beside what AWS shows.

use std::collections::BTreeMap;

use ecs_scaling::model::alarm::AlarmState;
use ecs_scaling::model::cooldown::Cooldowns;
use ecs_scaling::model::names::{AlarmName, ServiceId};
use ecs_scaling::model::number::Number;
use jiff::Timestamp;

use super::Load;

/// A scope's memory of time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// What makes the utilisation of services.
    pub(super) loads: BTreeMap<ServiceId, Load>,
    /// Of scalable targets.
    pub(super) cooldowns: BTreeMap<ServiceId, Cooldowns>,
    /// What alarms saw last, and when they called their policies.
    pub(super) alarms: BTreeMap<AlarmName, AlarmMemory>,
}

/// What an alarm saw last.
#[derive(Clone, Debug, Default)]
pub(super) struct AlarmMemory {
    /// Oldest first; what a policy chooses its step by (S-079).
    pub(super) recent: Vec<Number>,
    /// When it called its actions, and in which state.
    pub(super) called: Option<(AlarmState, Timestamp)>,
}

impl Clock {
    /// Sets what a service has to carry from now on.
    pub(crate) fn set_load(&mut self, service: ServiceId, load: Load) {
        self.loads.insert(service, load);
    }
}
