//! From findings to conditions: Ready, Reconciling and Stalled, transition times and the events of transitions.

use jiff::{SignedDuration, Timestamp};

use super::events;
use super::pass::Finding;
use crate::api::fix::Fix;
use crate::api::status::{
    Condition, ConditionStatus, ConditionType, EventReason, EventType, Reason, Status, keeps_from_ready,
};

/// How long a denial may be no more than IAM's eventual consistency.
const DENIAL_GRACE: SignedDuration = SignedDuration::from_mins(2);

/// Adds Ready, Reconciling and Stalled, the transition times and the events of transitions.
pub(super) fn conclude(
    status: &mut Status,
    previous: &Status,
    findings: Vec<(ConditionType, Finding)>,
    information: Vec<(ConditionType, Finding)>,
    well: Finding,
    now: Timestamp,
) {
    let ready = ready(&findings, well);
    let stalled = findings
        .iter()
        .filter(|(_, finding)| finding.status == ConditionStatus::False)
        .find(|(kind, finding)| is_stalled(previous, *kind, finding, now))
        .map(|(_, finding)| Finding {
            status: ConditionStatus::True,
            reason: finding.reason,
            message: finding.message.clone(),
            hint: finding.hint.clone(),
            fix: Fix::default(),
        });
    let reconciling = (stalled.is_none() && ready.status != ConditionStatus::True).then(|| Finding {
        status: ConditionStatus::True,
        reason: ready.reason,
        message: ready.message.clone(),
        hint: String::new(),
        fix: Fix::default(),
    });
    let succeeded = ready.status == ConditionStatus::True;
    let all = [Some((ConditionType::Ready, ready))]
        .into_iter()
        .chain([reconciling.map(|r| (ConditionType::Reconciling, r)), stalled.map(|s| (ConditionType::Stalled, s))])
        .flatten()
        .chain(findings)
        .chain(information);
    for (kind, finding) in all {
        let condition = with_transition(status, previous, kind, finding, now);
        status.conditions.push(condition);
    }
    tell_of_limits(status, previous, now);
    status.last_sync_time = Some(now);
    status.last_successful_sync_time = if succeeded { Some(now) } else { previous.last_successful_sync_time };
}

/// `well` is what is said where nothing is open.
fn ready(findings: &[(ConditionType, Finding)], well: Finding) -> Finding {
    let open = |wanted| {
        let is_open = move |(kind, f): &&(ConditionType, Finding)| {
            f.status == wanted && keeps_from_ready(*kind, f.status, f.reason)
        };
        findings.iter().filter(is_open)
    };
    let (wrong, unknown) = (|| open(ConditionStatus::False), || open(ConditionStatus::Unknown));
    // A part that only waits for another explains less than that other one.
    let waits = |reason| matches!(reason, Reason::TargetNotReady | Reason::PolicyNotReady | Reason::Progressing);
    let explains =
        |(_, finding): &&(ConditionType, Finding)| !waits(finding.reason) && finding.reason != Reason::NotYetChecked;
    let best = wrong().find(explains).or_else(|| unknown().find(explains));
    match best.or_else(|| wrong().next()).or_else(|| unknown().next()) {
        None => well,
        Some((kind, finding)) => Finding {
            status: wrong().next().map_or(finding.status, |(_, wrong)| wrong.status),
            reason: finding.reason,
            message: format!("{kind}: {}", finding.message),
            hint: finding.hint.clone(),
            fix: Fix::default(),
        },
    }
}

/// A denial is Stalled only after two minutes: IAM is eventually consistent.
fn is_stalled(previous: &Status, kind: ConditionType, finding: &Finding, now: Timestamp) -> bool {
    // What waits behind a denial has been as it is for less long; a role may be absent and nothing denied.
    let wrong_since = |kind| {
        let before = previous.condition(kind).filter(|condition| condition.status == ConditionStatus::False);
        before.map(|condition| condition.last_transition_time)
    };
    match finding.reason {
        Reason::AccessDenied | Reason::ServiceLinkedRoleMissing => {
            let since = [ConditionType::PermissionsGranted, kind].into_iter().filter_map(wrong_since).min();
            since.is_some_and(|since| now.duration_since(since) >= DENIAL_GRACE)
        }
        reason => reason.needs_person(),
    }
}

/// ScalingLimited comes and goes, and has no transition: it is told of where the maximum is what limits.
fn tell_of_limits(status: &mut Status, previous: &Status, now: Timestamp) {
    let at_max = |status: &Status| {
        let limited = status.condition(ConditionType::ScalingLimited);
        limited.filter(|limited| limited.reason == Reason::AlreadyAtMaxCapacity).map(|limited| limited.message.clone())
    };
    let (kind, message) = match (at_max(previous), at_max(status)) {
        (None, Some(message)) => (EventType::Warning, format!("ScalingLimited is True: {message}")),
        (Some(_), None) => (EventType::Normal, "ScalingLimited by the maximum is over".to_owned()),
        _ => return,
    };
    events::push(status, kind, EventReason::ConditionChanged, message, now);
}

fn with_transition(
    status: &mut Status,
    previous: &Status,
    kind: ConditionType,
    finding: Finding,
    now: Timestamp,
) -> Condition {
    let before = previous.condition(kind);
    let same = before.filter(|condition| condition.status == finding.status);
    if same.is_none() && before.is_some() {
        let event = if finding.status == ConditionStatus::True { EventType::Normal } else { EventType::Warning };
        let message = format!("{kind} is {}: {}", finding.status, finding.message);
        events::push(status, event, EventReason::ConditionChanged, message, now);
    }
    Condition {
        kind,
        status: finding.status,
        reason: finding.reason,
        message: finding.message,
        hint: finding.hint,
        fix: finding.fix,
        last_transition_time: same.map_or(now, |condition| condition.last_transition_time),
        observed_generation: status.observed_generation,
    }
}
