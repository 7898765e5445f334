//! Time in the pretended AWS: what happens without a call.
//!
//! Owns the order of things at each moment: tasks start, schedules come due, load becomes datapoints, alarms are
//! evaluated, policies move desired counts. Time comes by argument and is played moment by moment, at whole minutes
//! (every ten seconds where an alarm's period is shorter than a minute, S-075), so that a jump of hours gives what
//! waiting would have given.
//!
//! Not played: cron expressions with days of the week by number (S-040); predictive scaling; alarms on metric math or bands; the time zone
//! of an alarm's wall clock; the pause of scale-in during a deployment (S-083), for no deployment takes time here.

mod alarms;
mod clock;
mod firing;
mod load;
mod metrics;
mod policies;
mod scheduled;
mod tracking;

use ecs_scaling::model::evaluation::window;
use ecs_scaling::model::names::{AlarmName, ScopeId};
use jiff::{SignedDuration, Timestamp};

use crate::cloud::{Cloud, Scope};
use crate::ecs;

pub use clock::Clock;
pub use load::Load;

const MINUTE: i64 = 60;
const HIGH_RESOLUTION: i64 = 10;

/// The longest time that is played moment by moment. Of a longer jump only the end is, for what an alarm looks at and
/// what a cooldown lasts is shorter; so a clock that is set from 1970 to today does not stop the world.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Plays every scope up to `now`, from where it was played before; the first call only begins. Time never goes back: an
/// earlier `now` plays nothing.
pub(crate) fn advance(cloud: &mut Cloud, now: Timestamp) {
    let from = *cloud.played.get_or_insert(now);
    let scopes: Vec<ScopeId> = cloud.scopes.keys().cloned().collect();
    for id in scopes {
        advance_scope(cloud, &id, from, now);
    }
    cloud.played = Some(from.max(now));
}

fn advance_scope(cloud: &mut Cloud, id: &ScopeId, from: Timestamp, now: Timestamp) {
    let is_same_moment = window::floor(from, HIGH_RESOLUTION) == window::floor(now, HIGH_RESOLUTION);
    if !is_same_moment && !is_quiet(cloud.scope(id)) {
        let grain = grain(cloud.scope(id));
        let mut last = from;
        let mut at = window::floor(from.max(now - LONGEST), grain) + SignedDuration::from_secs(grain);
        while at <= now {
            moment(cloud, id, last, at);
            last = at;
            at += SignedDuration::from_secs(grain);
        }
    }
    ecs::settle(cloud.scope_mut(id), now);
}

/// Whether nothing can happen but that tasks start.
fn is_quiet(scope: &Scope) -> bool {
    scope.alarms.is_empty()
        && scope.clock.loads.is_empty()
        && scope.targets.values().all(|target| target.scheduled_actions.is_empty())
}

fn grain(scope: &Scope) -> i64 {
    let mut periods = scope.alarms.values().filter_map(|alarm| alarm.spec.period().ok());
    if periods.any(|period| i64::from(period) < MINUTE) { HIGH_RESOLUTION } else { MINUTE }
}

/// Everything that happens after `last`, up to `at`.
fn moment(cloud: &mut Cloud, id: &ScopeId, last: Timestamp, at: Timestamp) {
    ecs::settle(cloud.scope_mut(id), at);
    scheduled::run_due(cloud, id, last, at);
    let scope = cloud.scope_mut(id);
    if at.as_second().rem_euclid(MINUTE) == 0 {
        metrics::put_utilisation(scope, at);
    }
    alarms::evaluate_due(scope, at);
    policies::call_due(cloud, id, at);
}

/// Lets an alarm call its policies at once, after SetAlarmState gave it another state and the data to choose a step by
/// (S-073). What it was set to lasts until its next evaluation.
pub(crate) fn alarm_was_set(cloud: &mut Cloud, id: &ScopeId, name: &AlarmName, now: Timestamp) {
    alarms::remember_what_was_set(cloud.scope_mut(id), name, now);
    policies::call(cloud, id, std::slice::from_ref(name), now);
}

#[cfg(test)]
mod tests;
