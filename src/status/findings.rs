//! What a pass says about each condition type.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::failures::Explained;
use super::pass::{Finding, NotApplied, Pass};
use crate::api::status::{
    CapacityStatus, ConditionStatus, ConditionType, FiringStatus, Reason, ResourceStatus, ScheduleStatus,
};
use crate::diagnose::class::{Class, classify};
use crate::diagnose::explain::reply_of;
use crate::diagnose::parse::ReplyKind;
use crate::model::failure::Failure;
use crate::model::observed::{ObservedTarget, RoleStanding};
use crate::model::role::{CREATE_SLR_COMMAND, SLR_NAME};
use crate::model::schedule::{Firing, last_firings, next_firings};
use crate::plan::{Outcome, OutcomeResult, Part, Plan};

pub(super) fn service_found(pass: Pass<'_>) -> Finding {
    match withheld_for(pass.plan, |part| *part == Part::Object) {
        Some(withheld) if withheld.reason == Reason::ReadFailed => {
            let precise = withheld.failure.as_ref().map_or(withheld.reason, |f| of_a_read(pass.explain(f).reason));
            Finding::unknown(precise, withheld.message.as_str(), withheld.hint.as_str())
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

pub(super) fn permissions(pass: Pass<'_>) -> Finding {
    let denied = || failures(pass).filter(|failure| classify(failure) == Class::Denied);
    // AWS says who, on what and why of a call of ours, and of what it tried by itself only the action.
    let direct = denied().find(|failure| reply_of(failure).kind != ReplyKind::MissingPermissions);
    direct
        .or_else(|| denied().next())
        .map_or_else(|| Finding::fine("no call was denied"), |failure| Finding::failed(pass, failure))
}

/// Without the scheduled actions it is not known who owns min and max (S-045), whether or not the object has any.
pub(super) fn schedules(pass: Pass<'_>) -> Finding {
    match pass.observed.scheduled_actions.failure() {
        None => synced(pass, ConditionType::SchedulesSynced),
        Some(failure) => {
            let Explained { reason, message, hint } = pass.explain(failure);
            Finding::unknown(of_a_read(reason), format!("the scheduled actions could not be read: {message}"), hint)
        }
    }
}

/// A read that failed for no precise reason is no failed write.
fn of_a_read(reason: Reason) -> Reason {
    if reason == Reason::WriteFailed { Reason::ReadFailed } else { reason }
}

/// What Application Auto Scaling itself says about its role, without looking into IAM.
pub(super) fn service_linked_role(pass: Pass<'_>) -> Finding {
    match pass.role {
        // AWS's word about its role counts for more than that IAM holds one.
        RoleStanding::Present if !failures(pass).any(names_role) => return Finding::fine("the role exists"),
        RoleStanding::NotMade(failure) => {
            let Explained { message, hint, .. } = pass.explain(failure);
            let message = format!("the role is absent, and making it failed: {message}");
            return Finding::wrong(Reason::ServiceLinkedRoleMissing, message, hint);
        }
        RoleStanding::Absent => {
            let message = format!("the role {SLR_NAME} is absent, and --service-linked-role=require makes none");
            return Finding::wrong(
                Reason::ServiceLinkedRoleMissing,
                message,
                format!("Make it once: {CREATE_SLR_COMMAND}"),
            );
        }
        RoleStanding::Propagating => {
            return match failures(pass).find(about_role) {
                None if has_target(pass) => Finding::fine("the role was made a moment ago, and serves"),
                _ => Finding::wrong(
                    Reason::Propagating,
                    "the role was made a moment ago, and may not be usable everywhere yet",
                    "It is looked at again by itself, for up to two minutes.",
                ),
            };
        }
        RoleStanding::WillBeMade => {
            return Finding::wrong(Reason::Progressing, "the role is absent", "It is made before anything is written.");
        }
        RoleStanding::Present | RoleStanding::Unknown => {}
    }
    if let Some(failure) = failures(pass).find(about_role) {
        let Explained { message, hint, .. } = pass.explain(failure);
        return Finding::wrong(Reason::ServiceLinkedRoleMissing, message, hint);
    }
    if has_target(pass) {
        Finding::fine("a scalable target is registered, which takes the role")
    } else {
        Finding::unknown(Reason::NotYetChecked, "nothing has been registered yet, so nobody has needed the role", "")
    }
}

fn about_role(failure: &&Failure) -> bool {
    classify(failure) == Class::Dependency || names_role(failure)
}

fn names_role(failure: &Failure) -> bool {
    failure.message.contains("iam:CreateServiceLinkedRole") || failure.message.contains(SLR_NAME)
}

/// Whether a scalable target is there, by what was read or by this pass: AWS takes none without the role.
fn has_target(pass: Pass<'_>) -> bool {
    let registered = pass.outcomes.iter().any(|outcome| {
        matches!(outcome.result, OutcomeResult::Done { .. })
            && pass.plan.actions.get(outcome.action).is_some_and(|action| action.part == Part::Target)
    });
    registered || pass.observed.target.known().is_some_and(Option::is_some)
}

/// Target, policies or alarms: in place, or why not.
pub(super) fn synced(pass: Pass<'_>, kind: ConditionType) -> Finding {
    let belongs = |part: &Part| condition_of(part) == Some(kind);
    if let Some(finding) = failed_outcome(pass, belongs) {
        return finding;
    }
    if let Some(withheld) = withheld_for(pass.plan, belongs) {
        let status =
            if withheld.reason == Reason::ReadFailed { ConditionStatus::Unknown } else { ConditionStatus::False };
        let part = part_name(&withheld.part);
        return match withheld.failure.as_ref().map(|failure| pass.explain(failure)) {
            Some(Explained { reason, message, hint }) if reason != Reason::WriteFailed => {
                let message = format!("{part}: could not be read, so nothing is written: {message}");
                Finding { status, reason, message, hint }
            }
            _ => {
                let message = format!("{part}: {}", withheld.message);
                Finding { status, reason: withheld.reason, message, hint: withheld.hint.clone() }
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

fn withheld_for(plan: &Plan, belongs: impl Fn(&Part) -> bool) -> Option<&crate::plan::Withheld> {
    // What waits for another part says less than that part itself.
    let waits = |reason| matches!(reason, Reason::TargetNotReady | Reason::PolicyNotReady | Reason::AwaitingRead);
    let mut of_part = plan.withheld.iter().filter(|withheld| belongs(&withheld.part));
    let first = of_part.clone().next();
    of_part.find(|withheld| !waits(withheld.reason)).or(first)
}

/// Every failure of the pass: of the writes, of the lists, and of the lookups that something was withheld for.
fn failures<'a>(pass: Pass<'a>) -> impl Iterator<Item = &'a Failure> {
    let observed = pass.observed;
    let lists = [
        observed.service.failure(),
        observed.target.failure(),
        observed.policies.failure(),
        observed.scheduled_actions.failure(),
    ];
    let reads = lists.into_iter().flatten().chain(observed.alarms.values().filter_map(|alarm| alarm.failure()));
    let writes = pass.outcomes.iter().filter_map(|outcome| match &outcome.result {
        OutcomeResult::Failed(failure) | OutcomeResult::Held(failure) => Some(failure),
        _ => None,
    });
    let role = match pass.role {
        RoleStanding::NotMade(failure) => Some(failure.as_ref()),
        _ => None,
    };
    role.into_iter()
        .chain(writes)
        .chain(reads)
        .chain(pass.plan.withheld.iter().filter_map(|withheld| withheld.failure.as_ref()))
}

pub(super) fn capacity(observed: &ObservedTarget) -> Option<CapacityStatus> {
    let service = observed.service.known()?.as_ref()?;
    let range = observed.target.known().and_then(Option::as_ref).map(|target| target.range);
    Some(CapacityStatus {
        min: range.map(|range| range.min()),
        max: range.map(|range| range.max()),
        desired: service.desired_count,
        running: service.running_count,
    })
}

/// What scheduled actions did last and do next; `None` where there are none, or where they were not read.
pub(super) fn schedule(observed: &ObservedTarget, now: Timestamp) -> Option<ScheduleStatus> {
    let actions = observed.scheduled_actions.known().filter(|actions| !actions.is_empty())?;
    Some(ScheduleStatus {
        last: last_firings(actions, now).last().map(firing),
        next: next_firings(actions, now).first().map(firing),
    })
}

fn firing(firing: &Firing) -> FiringStatus {
    let zone = TimeZone::get(&firing.timezone).unwrap_or(TimeZone::UTC);
    let local = zone.to_datetime(firing.at).strftime("%Y-%m-%d %H:%M:%S").to_string();
    FiringStatus {
        scheduled_action_name: firing.name.to_string(),
        time: firing.at,
        local_time: format!("{local} {}", firing.timezone),
        min_capacity: firing.min,
        max_capacity: firing.max,
    }
}

/// road#2626: ECS takes any desired count; the next register moves it.
pub(super) fn capacity_in_range(observed: &ObservedTarget) -> Option<Finding> {
    let service = observed.service.known()?.as_ref()?;
    let range = observed.target.known()?.as_ref()?.range;
    let (desired, min, max) = (service.desired_count, range.min(), range.max());
    Some(if range.contains(desired) {
        Finding::fine(format!("the desired count {desired} lies within {min} to {max}"))
    } else {
        Finding::wrong(
            Reason::OutOfRange,
            format!("the desired count {desired} lies outside {min} to {max}"),
            format!("The next scaling activity or register moves it to {}.", range.clamp(desired)),
        )
    })
}

pub(super) fn resources(observed: &ObservedTarget) -> Vec<ResourceStatus> {
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
    let schedules = observed.scheduled_actions.known().into_iter().flatten().map(|action| ResourceStatus {
        kind: "ScheduledAction".to_owned(),
        name: action.name.to_string(),
        arn: action.arn.clone(),
        state: None,
    });
    target.into_iter().chain(policies).chain(alarms).chain(schedules).collect()
}
