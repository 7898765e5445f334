//! Conditions from one pass over one object.

use jiff::{SignedDuration, Timestamp};

use super::events;
use super::failures::{Explained, explain};
use crate::api::status::{
    CapacityStatus, Condition, ConditionStatus, ConditionType, EventReason, EventType, Reason, ResourceStatus, Status,
};
use crate::diagnose::class::{Class, classify};
use crate::model::failure::Failure;
use crate::model::observed::ObservedTarget;
use crate::plan::{Outcome, OutcomeResult, Part, Plan, Withheld};

/// How long a denial may be no more than IAM's eventual consistency.
const DENIAL_GRACE: SignedDuration = SignedDuration::from_mins(2);

/// One pass over one object.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// The object's generation.
    pub generation: u64,
    /// The hash of its spec.
    pub spec_hash: &'a str,
    /// What AWS held.
    pub observed: &'a ObservedTarget,
    /// What was planned.
    pub plan: &'a Plan,
    /// What became of it.
    pub outcomes: &'a [Outcome],
    /// Why the plan was not carried out, where it was not.
    pub not_applied: Option<NotApplied>,
    /// When the pass began.
    pub now: Timestamp,
}

/// Why a plan was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotApplied {
    /// Mode is Observe.
    Observe,
    /// Enough objects were changed in this pass.
    ChangeLimit,
}

/// What keeps an object from being looked at at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Which condition it belongs to; Ready alone when `None`.
    pub condition: Option<ConditionType>,
    /// Why.
    pub reason: Reason,
    /// What is so.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

/// A finding about one condition type.
struct Finding {
    status: ConditionStatus,
    reason: Reason,
    message: String,
    hint: String,
}

impl Finding {
    fn fine(message: impl Into<String>) -> Self {
        let (reason, hint) = (Reason::AsWanted, String::new());
        Self { status: ConditionStatus::True, reason, message: message.into(), hint }
    }

    fn wrong(reason: Reason, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: ConditionStatus::False, reason, message: message.into(), hint: hint.into() }
    }

    fn unknown(reason: Reason, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: ConditionStatus::Unknown, reason, message: message.into(), hint: hint.into() }
    }

    fn failed(failure: &Failure) -> Self {
        let Explained { reason, message, hint } = explain(failure);
        Self::wrong(reason, message, hint)
    }
}

/// The status after a pass.
pub fn advance(previous: &Status, pass: Pass<'_>) -> Status {
    let findings = vec![
        (ConditionType::ServiceFound, service_found(pass)),
        (ConditionType::PermissionsGranted, permissions(pass)),
        (ConditionType::ServiceLinkedRoleReady, service_linked_role(pass)),
        (ConditionType::TargetSynced, synced(pass, ConditionType::TargetSynced)),
        (ConditionType::PoliciesSynced, synced(pass, ConditionType::PoliciesSynced)),
        (ConditionType::AlarmsSynced, synced(pass, ConditionType::AlarmsSynced)),
        (ConditionType::SchedulesSynced, Finding::fine("the object has no scheduled actions")),
    ];
    let mut status = Status {
        observed_generation: pass.generation,
        observed_spec: pass.spec_hash.to_owned(),
        capacity: capacity(pass.observed),
        resources: resources(pass.observed),
        events: previous.events.clone(),
        ..Status::default()
    };
    events::push_outcomes(&mut status, pass.plan, pass.outcomes, pass.now);
    let information = capacity_in_range(pass.observed).map(|finding| (ConditionType::CapacityInRange, finding));
    conclude(&mut status, previous, findings, information, pass.now);
    status
}

/// The status of an object that could not be looked at.
pub fn unusable(previous: &Status, trouble: &Trouble, generation: u64, spec_hash: &str, now: Timestamp) -> Status {
    let mut status = Status {
        observed_generation: generation,
        observed_spec: spec_hash.to_owned(),
        events: previous.events.clone(),
        capacity: previous.capacity,
        resources: previous.resources.clone(),
        ..Status::default()
    };
    let kind = trouble.condition.unwrap_or(ConditionType::TargetSynced);
    let finding = match trouble.reason {
        Reason::CredentialsFailed | Reason::ReadFailed => {
            Finding::unknown(trouble.reason, trouble.message.as_str(), trouble.hint.as_str())
        }
        _ => Finding::wrong(trouble.reason, trouble.message.as_str(), trouble.hint.as_str()),
    };
    conclude(&mut status, previous, vec![(kind, finding)], None, now);
    status
}

fn service_found(pass: Pass<'_>) -> Finding {
    match withheld_for(pass.plan, |part| *part == Part::Object) {
        Some(withheld) if withheld.reason == Reason::ReadFailed => {
            Finding::unknown(precise_reason(withheld), withheld.message.as_str(), withheld.hint.as_str())
        }
        Some(withheld) if withheld.reason != Reason::AwaitingRead => {
            Finding::wrong(withheld.reason, withheld.message.as_str(), withheld.hint.as_str())
        }
        _ => match &pass.observed.service {
            crate::model::observed::Read::Known(Some(service)) => {
                Finding::fine(format!("the service is {}", service.status))
            }
            _ => Finding::unknown(Reason::NotYetChecked, "the service has not been read yet", ""),
        },
    }
}

fn permissions(pass: Pass<'_>) -> Finding {
    let denied = failures(pass).find(|failure| classify(failure) == Class::Denied);
    denied.map_or_else(|| Finding::fine("no call was denied"), Finding::failed)
}

/// What Application Auto Scaling itself says about its role, without looking into IAM.
fn service_linked_role(pass: Pass<'_>) -> Finding {
    let about_role = |failure: &&Failure| {
        classify(failure) == Class::Dependency || failure.message.contains("iam:CreateServiceLinkedRole")
    };
    if let Some(failure) = failures(pass).find(about_role) {
        let Explained { message, hint, .. } = explain(failure);
        return Finding::wrong(Reason::ServiceLinkedRoleMissing, message, hint);
    }
    let registered = pass.outcomes.iter().any(|outcome| {
        matches!(outcome.result, OutcomeResult::Done { .. })
            && pass.plan.actions.get(outcome.action).is_some_and(|action| action.part == Part::Target)
    });
    let exists = pass.observed.target.known().is_some_and(Option::is_some);
    if registered || exists {
        Finding::fine("a scalable target is registered, which takes the role")
    } else {
        Finding::unknown(Reason::NotYetChecked, "nothing has been registered yet, so nobody has needed the role", "")
    }
}

/// Target, policies or alarms: in place, or why not.
fn synced(pass: Pass<'_>, kind: ConditionType) -> Finding {
    let belongs = |part: &Part| condition_of(part) == Some(kind);
    if let Some(finding) = failed_outcome(pass, belongs) {
        return finding;
    }
    if let Some(withheld) = withheld_for(pass.plan, belongs) {
        let status =
            if withheld.reason == Reason::ReadFailed { ConditionStatus::Unknown } else { ConditionStatus::False };
        let reason = precise_reason(withheld);
        let (message, hint) = (format!("{}: {}", part_name(&withheld.part), withheld.message), withheld.hint.clone());
        return Finding { status, reason, message, hint };
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

/// Why a list could not be read, where the failure says more than that it failed.
fn precise_reason(withheld: &Withheld) -> Reason {
    withheld.failure.as_ref().map_or(withheld.reason, |failure| match explain(failure).reason {
        Reason::WriteFailed => withheld.reason,
        precise => precise,
    })
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
        OutcomeResult::Failed(failure) => Some(Finding::failed(failure)),
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
    }
}

fn withheld_for(plan: &Plan, belongs: impl Fn(&Part) -> bool) -> Option<&Withheld> {
    // What waits for another part says less than that part itself.
    let waits = |reason| matches!(reason, Reason::TargetNotReady | Reason::PolicyNotReady | Reason::AwaitingRead);
    let mut of_part = plan.withheld.iter().filter(|withheld| belongs(&withheld.part));
    let first = of_part.clone().next();
    of_part.find(|withheld| !waits(withheld.reason)).or(first)
}

/// Every failure of the pass: of the writes, and of the reads that something was withheld for.
fn failures<'a>(pass: Pass<'a>) -> impl Iterator<Item = &'a Failure> {
    let writes = pass.outcomes.iter().filter_map(|outcome| match &outcome.result {
        OutcomeResult::Failed(failure) => Some(failure),
        _ => None,
    });
    writes.chain(pass.plan.withheld.iter().filter_map(|withheld| withheld.failure.as_ref()))
}

fn capacity(observed: &ObservedTarget) -> Option<CapacityStatus> {
    let service = observed.service.known()?.as_ref()?;
    let range = observed.target.known().and_then(Option::as_ref).map(|target| target.range);
    Some(CapacityStatus {
        min: range.map(|range| range.min()),
        max: range.map(|range| range.max()),
        desired: service.desired_count,
        running: service.running_count,
    })
}

/// road#2626: ECS takes any desired count; the next register moves it.
fn capacity_in_range(observed: &ObservedTarget) -> Option<Finding> {
    let service = observed.service.known()?.as_ref()?;
    let range = observed.target.known()?.as_ref()?.range;
    let (desired, min, max) = (service.desired_count, range.min(), range.max());
    Some(if range.contains(desired) {
        Finding::fine(format!("the desired count {desired} lies within {min}/{max}"))
    } else {
        Finding::wrong(
            Reason::OutOfRange,
            format!("the desired count {desired} lies outside {min}/{max}"),
            format!("The next scaling activity or register moves it to {}.", range.clamp(desired)),
        )
    })
}

fn resources(observed: &ObservedTarget) -> Vec<ResourceStatus> {
    let target = observed.target.known().and_then(Option::as_ref).map(|target| ResourceStatus {
        kind: "ScalableTarget".to_owned(),
        name: "ecs:service:DesiredCount".to_owned(),
        arn: target.arn.clone(),
        state: None,
    });
    let policies = observed.policies.known().into_iter().flatten().map(|policy| ResourceStatus {
        kind: "ScalingPolicy".to_owned(),
        name: policy.name.to_string(),
        arn: Some(policy.arn.clone()),
        state: None,
    });
    let alarms = observed.alarms.iter().filter_map(|(name, read)| {
        let alarm = read.known()?.as_ref()?;
        Some(ResourceStatus {
            kind: "Alarm".to_owned(),
            name: name.to_string(),
            arn: Some(alarm.arn.clone()),
            state: Some(alarm.state.as_str().to_owned()),
        })
    });
    target.into_iter().chain(policies).chain(alarms).collect()
}

/// Adds Ready, Reconciling and Stalled, the transition times and the events of transitions.
fn conclude(
    status: &mut Status,
    previous: &Status,
    findings: Vec<(ConditionType, Finding)>,
    information: Option<(ConditionType, Finding)>,
    now: Timestamp,
) {
    let ready = ready(&findings);
    let stalled = findings
        .iter()
        .filter(|(_, finding)| finding.status == ConditionStatus::False)
        .find(|(_, finding)| is_stalled(previous, finding, now))
        .map(|(_, finding)| Finding {
            status: ConditionStatus::True,
            reason: finding.reason,
            message: finding.message.clone(),
            hint: finding.hint.clone(),
        });
    let reconciling = (stalled.is_none() && ready.status != ConditionStatus::True).then(|| Finding {
        status: ConditionStatus::True,
        reason: ready.reason,
        message: ready.message.clone(),
        hint: String::new(),
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
    status.last_sync_time = Some(now);
    status.last_successful_sync_time = if succeeded { Some(now) } else { previous.last_successful_sync_time };
}

fn ready(findings: &[(ConditionType, Finding)]) -> Finding {
    let counting = || findings.iter().filter(|(kind, _)| kind.counts());
    let first = |wanted| counting().find(|(_, finding)| finding.status == wanted);
    // A part that only waits for another explains less than that other one.
    let explains = |reason| !matches!(reason, Reason::TargetNotReady | Reason::PolicyNotReady | Reason::Progressing);
    let wrong = counting().find(|(_, f)| f.status == ConditionStatus::False && explains(f.reason));
    let worst = wrong.or_else(|| first(ConditionStatus::False)).or_else(|| first(ConditionStatus::Unknown));
    match worst {
        None => Finding::fine("everything is as wanted"),
        Some((kind, finding)) => Finding {
            status: finding.status,
            reason: finding.reason,
            message: format!("{kind}: {}", finding.message),
            hint: finding.hint.clone(),
        },
    }
}

/// A denial is Stalled only after two minutes: IAM is eventually consistent.
fn is_stalled(previous: &Status, finding: &Finding, now: Timestamp) -> bool {
    let denied_since = previous
        .condition(ConditionType::PermissionsGranted)
        .filter(|condition| condition.status == ConditionStatus::False)
        .map(|condition| condition.last_transition_time);
    match finding.reason {
        Reason::AccessDenied | Reason::ServiceLinkedRoleMissing => {
            denied_since.is_some_and(|since| now.duration_since(since) >= DENIAL_GRACE)
        }
        reason => reason.needs_person(),
    }
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
        last_transition_time: same.map_or(now, |condition| condition.last_transition_time),
        observed_generation: status.observed_generation,
    }
}
