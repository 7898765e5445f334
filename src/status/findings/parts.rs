//! The parts of an object: the target, its policies, alarms and scheduled actions.

use crate::api::status::{ConditionStatus, ConditionType, Reason};
use crate::plan::{Outcome, OutcomeResult, Part, Plan, Withheld};
use crate::status::failures::Explained;
use crate::status::pass::{Finding, NotApplied, Pass};

/// Target, policies, alarms or scheduled actions: in place, or why not.
pub(in crate::status) fn synced(pass: Pass<'_>, kind: ConditionType) -> Finding {
    let belongs = |part: &Part| condition_of(part) == Some(kind);
    if let Some(finding) = failed_outcome(pass, belongs) {
        return finding;
    }
    if let Some(withheld) = withheld_for(pass.plan, belongs) {
        let status =
            if withheld.reason == Reason::ReadFailed { ConditionStatus::Unknown } else { ConditionStatus::False };
        let part = part_name(&withheld.part);
        return match withheld.failure.as_ref().map(|failure| pass.explain(failure)) {
            Some(Explained { reason, message, hint, .. }) if reason != Reason::WriteFailed => {
                let message = format!("{part}: could not be read, so nothing is written: {message}");
                Finding { status, ..Finding::wrong(reason, message, hint) }
            }
            _ => {
                let message = format!("{part}: {}", withheld.message);
                Finding { status, ..Finding::wrong(withheld.reason, message, withheld.hint.as_str()) }
            }
        };
    }
    if withheld_for(pass.plan, |part| *part == Part::Object).is_some() {
        return Finding::unknown(Reason::NotYetChecked, "the service cannot be scaled; see ServiceFound", "");
    }
    if !pass.plan.lookups.is_empty() {
        return Finding::unknown(Reason::Progressing, "the owner of what exists is being read", "");
    }
    let done = |index: usize| {
        pass.outcomes.iter().any(|o| o.action == index && matches!(o.result, OutcomeResult::Done { .. }))
    };
    let open: Vec<String> = pass
        .plan
        .actions
        .iter()
        .enumerate()
        .filter(|(index, action)| belongs(&action.part) && !done(*index))
        .map(|(_, action)| part_name(&action.part))
        .collect();
    if open.is_empty() { Finding::fine("as wanted") } else { not_applied(pass.not_applied, &open.join(", ")) }
}

fn not_applied(why: Option<NotApplied>, open: &str) -> Finding {
    match why {
        Some(NotApplied::Observe) => Finding::wrong(
            Reason::ObserveMode,
            format!("differs and is not written, since the mode is Observe: {open}"),
            "See `ecs-scaling plan`; set the mode to Apply (object, account and process) to let it be written.",
        ),
        Some(NotApplied::ChangeLimit) => Finding::wrong(
            Reason::ChangeLimit,
            format!("differs, and waits because enough objects were changed in this pass: {open}"),
            "It follows in one of the next passes; --max-changes raises the limit.",
        ),
        None => {
            Finding::wrong(Reason::Progressing, format!("not written yet: {open}"), "It follows with the next pass.")
        }
    }
}

fn failed_outcome(pass: Pass<'_>, belongs: impl Fn(&Part) -> bool) -> Option<Finding> {
    let of_part = |outcome: &&Outcome| pass.plan.actions.get(outcome.action).is_some_and(|a| belongs(&a.part));
    let outcomes = || pass.outcomes.iter().filter(of_part);
    let failed = outcomes().find_map(|outcome| match &outcome.result {
        OutcomeResult::Failed(failure) | OutcomeResult::Held(failure) => Some(Finding::failed(pass, failure)),
        _ => None,
    });
    let skipped = || {
        outcomes().find_map(|outcome| match &outcome.result {
            OutcomeResult::Skipped { why } => {
                Some(Finding::wrong(Reason::Progressing, why.as_str(), "It follows with the next pass."))
            }
            _ => None,
        })
    };
    failed.or_else(skipped)
}

fn condition_of(part: &Part) -> Option<ConditionType> {
    match part {
        Part::Object => None,
        Part::Target | Part::TargetTags => Some(ConditionType::TargetSynced),
        Part::Policy(_) => Some(ConditionType::PoliciesSynced),
        Part::Alarm(_) | Part::AlarmTags(_) => Some(ConditionType::AlarmsSynced),
        Part::ScheduledAction(_) => Some(ConditionType::SchedulesSynced),
    }
}

fn part_name(part: &Part) -> String {
    match part {
        Part::Object => "object".to_owned(),
        Part::Target => "scalable target".to_owned(),
        Part::TargetTags => "tags of the scalable target".to_owned(),
        Part::Policy(name) => format!("policy {name}"),
        Part::Alarm(name) => format!("alarm {name}"),
        Part::AlarmTags(name) => format!("tags of alarm {name}"),
        Part::ScheduledAction(name) => format!("scheduled action {name}"),
    }
}

pub(super) fn withheld_for(plan: &Plan, belongs: impl Fn(&Part) -> bool) -> Option<&Withheld> {
    // What waits for another part says less than that part itself.
    let waits = |reason| matches!(reason, Reason::TargetNotReady | Reason::PolicyNotReady | Reason::AwaitingRead);
    let mut of_part = plan.withheld.iter().filter(|withheld| belongs(&withheld.part));
    let first = of_part.clone().next();
    of_part.find(|withheld| !waits(withheld.reason)).or(first)
}
