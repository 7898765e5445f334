//! The probes, those of unverified facts first.

mod alarm_members;
mod alarms;
mod policies;
mod schedules;
mod steps;
mod targets;
mod tracking;

use super::Probe;

/// Every probe.
pub(super) fn all() -> Vec<Probe> {
    let mut all = vec![];
    all.extend(targets::probes());
    all.extend(policies::probes());
    all.extend(steps::probes());
    all.extend(tracking::probes());
    all.extend(schedules::probes());
    all.extend(alarms::probes());
    all.extend(alarm_members::probes());
    // Stable: within one sureness as they stand.
    all.sort_by_key(|probe| probe.sure);
    all
}
