//! Scheduled actions on the target.

use super::Inputs;
use super::action::{Action, ActionKind, Part, Verb};
use super::draft::{Draft, Standing};
use super::ownership::{Ownership, schedule_digest};
use super::target::TargetStanding;
use crate::api::desired::{Adoption, DesiredSchedule};
use crate::api::status::Reason;
use crate::model::fields::{changes, creation};
use crate::model::observed::{Read, ScheduledAction};

/// Whether any scheduled action is to be written, so that the target's tags must be read first.
pub(super) fn differ(inputs: Inputs<'_>) -> bool {
    inputs.observed.scheduled_actions.known().is_some_and(|held| {
        inputs.desired.schedules.iter().any(|wanted| find(held, wanted).is_none_or(|held| held.config != wanted.config))
    })
}

pub(super) fn plan(draft: &mut Draft<'_>, target: &TargetStanding) {
    let Inputs { desired, observed, .. } = draft.inputs;
    match &observed.scheduled_actions {
        Read::Known(held) => {
            for wanted in &desired.schedules {
                plan_schedule(draft, target, find(held, wanted), wanted);
            }
        }
        Read::Failed(failure) => {
            for wanted in &desired.schedules {
                let part = Part::ScheduledAction(wanted.name.clone());
                draft.withhold_unread(part, "the scheduled actions", Some(failure));
            }
        }
    }
}

fn find<'a>(held: &'a [ScheduledAction], wanted: &DesiredSchedule) -> Option<&'a ScheduledAction> {
    held.iter().find(|held| held.name == wanted.name)
}

fn plan_schedule(
    draft: &mut Draft<'_>,
    target: &TargetStanding,
    held: Option<&ScheduledAction>,
    wanted: &DesiredSchedule,
) {
    let part = Part::ScheduledAction(wanted.name.clone());
    let differs = held.map_or_else(|| creation(&wanted.config), |held| changes(&held.config, &wanted.config));
    let Standing::Will(by) = target.standing else {
        if !differs.is_empty() {
            draft.withhold(part, Reason::TargetNotReady, "the scalable target is not ready", "See TargetSynced.");
        }
        return;
    };
    if differs.is_empty() && target.digests.is_none() {
        return; // equal; whose it is the slow sweep finds out
    }
    if held.is_some() && !is_ours(draft, target, wanted) {
        draft.conflict(part, &Ownership::Nobody);
        return;
    }
    if differs.is_empty() {
        return;
    }
    // Only creating the target must come first; an update of it that fails is no reason to hold back its schedules.
    let creates = by.filter(|_| draft.inputs.observed.target.known().is_some_and(Option::is_none));
    let mut requires: Vec<usize> = creates.into_iter().chain(target.digests_by).collect();
    requires.sort_unstable();
    requires.dedup();
    draft.propose(Action {
        part,
        verb: if held.is_some() { Verb::Update } else { Verb::Create },
        kind: ActionKind::PutScheduledAction { name: wanted.name.clone(), config: wanted.config.clone() },
        changes: differs,
        requires,
        capacity_move: None,
        drift: false,
    });
}

/// A scheduled action is ours when the target's tags hold its digest, or when the object takes over what nobody owns.
fn is_ours(draft: &Draft<'_>, target: &TargetStanding, wanted: &DesiredSchedule) -> bool {
    let digest = schedule_digest(&wanted.name);
    let held = target.digests.as_ref().is_some_and(|digests| digests.schedules.contains(&digest));
    held || draft.inputs.desired.adoption == Adoption::Unowned
}
