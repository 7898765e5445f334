//! What is remembered of one object between passes: a value, advanced by [`remember`] alone.
//!
//! Nothing in here is needed to go on after a restart; it only keeps a pass from misreading what AWS shows late.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::action::{ActionKind, Outcome, OutcomeResult, Part, Plan, Verb};
use crate::api::status::Reason;
use crate::model::activity::ActivityRecord;
use crate::model::fields::Change;
use crate::model::names::AlarmName;
use crate::model::observed::{History, TagReading, TargetGroupReading};

/// How long AWS may go on showing what was there before a write.
pub(super) const READ_LAG: SignedDuration = SignedDuration::from_secs(90);
/// Drift that is put back more often than this an hour is a fight with another writer.
pub(super) const CORRECTIONS_AN_HOUR: usize = 5;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What is remembered of one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// Tags, by ARN.
    pub tags: BTreeMap<String, TagReading>,
    /// Load balancers, by target group.
    pub target_groups: BTreeMap<String, TargetGroupReading>,
    /// AWS's record of what scheduled actions did to the target, as it was last asked for.
    pub history: Option<History>,
    /// AWS's record of what scaled the target, or did not: for the status. Nothing is planned from it.
    pub activities: ActivityRecord,
    /// Alarms beside those of the object that were found to fire a policy on its service: they may be left over.
    pub others: BTreeSet<AlarmName>,
    /// Own writes that AWS has not been seen to show.
    pub writes: BTreeMap<Part, RecentWrite>,
    /// When drift was put back, within the last hour.
    pub corrections: BTreeMap<Part, Vec<Timestamp>>,
    /// The hash of the spec that was once found to be in place.
    pub converged_spec: Option<String>,
    /// When the last write was sent, whatever became of it.
    pub last_write_at: Option<Timestamp>,
}

/// A write of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct RecentWrite {
    /// When it was sent.
    pub at: Timestamp,
    /// What it did.
    pub verb: Verb,
    /// What it changed.
    pub changes: Vec<Change>,
}

impl Memory {
    /// Whether AWS still shows what was there before our write of just these changes.
    pub(super) fn is_lag(&self, part: &Part, changes: &[Change], now: Timestamp) -> bool {
        self.writes.get(part).is_some_and(|write| write.changes == changes && now.duration_since(write.at) < READ_LAG)
    }

    /// What was written a moment ago and not deleted, whether AWS shows it or not.
    pub(super) fn put_lately(&self, now: Timestamp) -> impl Iterator<Item = &Part> {
        let is_late = move |write: &RecentWrite| now.duration_since(write.at) < READ_LAG && write.verb != Verb::Delete;
        self.writes.iter().filter(move |(_, write)| is_late(write)).map(|(part, _)| part)
    }

    /// How often a part was put back within the last hour.
    pub(super) fn corrections(&self, part: &Part, now: Timestamp) -> usize {
        self.corrections.get(part).map_or(0, |times| times.iter().filter(|at| now.duration_since(**at) < HOUR).count())
    }
}

/// The memory after a plan was carried out, as far as it was. `spec_hash` is the object's.
pub fn remember(mut memory: Memory, plan: &Plan, outcomes: &[Outcome], spec_hash: &str, now: Timestamp) -> Memory {
    forget_what_was_seen(&mut memory, plan, now);
    for outcome in outcomes {
        let Some(action) = plan.actions.get(outcome.action) else { continue };
        if matches!(outcome.result, OutcomeResult::Skipped { .. } | OutcomeResult::Held(_)) {
            continue;
        }
        memory.last_write_at = memory.last_write_at.max(Some(outcome.at));
        let OutcomeResult::Done { arn, .. } = &outcome.result else { continue };
        let write = RecentWrite { at: outcome.at, verb: action.verb, changes: action.changes.clone() };
        memory.writes.insert(action.part.clone(), write);
        if action.drift {
            memory.corrections.entry(action.part.clone()).or_default().push(outcome.at);
        }
        remember_tags(&mut memory, &action.kind, arn.as_deref(), outcome.at);
    }
    if is_converged(plan) {
        memory.converged_spec = Some(spec_hash.to_owned());
    } else if memory.converged_spec.as_deref() != Some(spec_hash) {
        memory.converged_spec = None; // going back to an earlier spec is a change of ours, and no drift
    }
    memory
}

/// Whether what is wanted is in place; what is left alone for good does not count against it.
fn is_converged(plan: &Plan) -> bool {
    let left_alone =
        |reason| matches!(reason, Reason::UnmanagedPolicies | Reason::UnmanagedSchedules | Reason::TargetHasSchedules);
    plan.actions.is_empty() && plan.lookups.is_empty() && plan.withheld.iter().all(|w| left_alone(w.reason))
}

/// A write that AWS now shows is no longer waited for; old corrections no longer count.
fn forget_what_was_seen(memory: &mut Memory, plan: &Plan, now: Timestamp) {
    let pending = |part: &Part| {
        plan.actions.iter().any(|action| action.part == *part) || plan.withheld.iter().any(|w| w.part == *part)
    };
    memory.writes.retain(|part, write| plan.read_at <= write.at || pending(part));
    memory.writes.retain(|_, write| now.duration_since(write.at) < READ_LAG);
    for times in memory.corrections.values_mut() {
        times.retain(|at| now.duration_since(*at) < HOUR);
    }
    memory.corrections.retain(|_, times| !times.is_empty());
}

fn remember_tags(memory: &mut Memory, kind: &ActionKind, arn: Option<&str>, at: Timestamp) {
    match (kind, arn) {
        (ActionKind::RegisterTarget { tags, .. }, Some(arn)) if !tags.is_empty() => {
            memory.tags.insert(arn.to_owned(), TagReading { tags: tags.clone(), read_at: at });
        }
        (ActionKind::TagTarget { arn, tags } | ActionKind::TagAlarm { arn, tags }, _) => {
            if let Some(reading) = memory.tags.get_mut(arn) {
                reading.tags.extend(tags.clone());
            }
        }
        (ActionKind::UntagTarget { arn, keys }, _) => {
            if let Some(reading) = memory.tags.get_mut(arn) {
                reading.tags.retain(|key, _| !keys.contains(key));
            }
        }
        _ => {}
    }
}
