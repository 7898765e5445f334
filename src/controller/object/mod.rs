//! One pass over one object: plan, look up, plan again, carry out, remember, report.
//!
//! `lookups` owns the reading of what a plan asks for.

mod lookups;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::SignedDuration;

use super::assign::Assigned;
use super::{Clock, Desk, LoopSettings};
use crate::api::desired::{Mode, ObjectKey, Presence};
use crate::api::status::{ConditionType, Reason, Status};
use crate::apply::apply;
use crate::aws::Scope;
use crate::diagnose::class::{Class, classify};
use crate::diagnose::needs::Feature;
use crate::model::failure::Failure;
use crate::model::names::AlarmName;
use crate::model::observed::{ObservedTarget, Read, RoleStanding, Tags};
use crate::observe::{Wanted, refresh};
use crate::plan::{
    Inputs, Memory, Outcome, OutcomeResult, OwnerId, Ownership, Part, Plan, TAG_OBJECT, Withheld, after,
    classify as classify_owner, lint, plan_target, remember,
};
use crate::status::{NotApplied, Pass, Trouble, advance, is_pressed, unusable};

pub(super) use lookups::{Found, look_up};
use lookups::{forget_tags, plan_with_lookups};

/// Writes are planned from what was read a moment ago: an older observation is read again first.
const FRESH: SignedDuration = SignedDuration::from_secs(5);
/// One object's pass, at the longest.
const OBJECT_TIMEOUT: Duration = Duration::from_secs(60);

/// What a pass needs beside the object.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where the object lives.
    pub scope: Scope,
    /// What belongs to its account.
    pub desk: Arc<Desk>,
    /// The time.
    pub clock: Clock,
    /// What the loop was told.
    pub settings: LoopSettings,
    /// The alarms that the objects of the scope name.
    pub taken: Arc<BTreeSet<AlarmName>>,
}

/// What is kept of an object from one pass to the next.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// For the planner.
    pub memory: Memory,
    /// For people.
    pub status: Status,
    /// Grows with each change of the spec.
    pub generation: u64,
    /// Whether AWS's record of activities is worth reading soon.
    pub is_pressed: bool,
}

impl Kept {
    /// Whether anything of the object carries our tags.
    pub(super) fn owns_something(&self, object: &ObjectKey, owner: &OwnerId) -> bool {
        let is_ours = |tags: &Tags| {
            classify_owner(tags, owner) == Ownership::Ours
                && tags.get(TAG_OBJECT).is_some_and(|of| *of == object.to_string())
        };
        self.memory.tags.values().any(|reading| is_ours(&reading.tags))
    }
}

/// When an object is to be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// With the next sweep.
    InTime,
    /// After its own backoff.
    Soon,
    /// With a sweep, which comes earlier by itself: a list of the whole scope failed.
    WithASweep,
}

/// What a pass left behind.
#[derive(Clone, Debug)]
pub struct Passed {
    /// What is kept.
    pub kept: Kept,
    /// The last plan; `None` when the pass did not get that far.
    pub plan: Option<Plan>,
    /// What became of it.
    pub outcomes: Vec<Outcome>,
    /// What was observed last.
    pub observed: Option<ObservedTarget>,
    /// When the object is to be looked at again.
    pub again: Again,
    /// Whether the pass panicked.
    pub panicked: bool,
}

/// One pass, in which a panic or an endless wait stays within the object. `may_write` is false when enough objects were
/// changed.
pub async fn pass(
    context: &Context,
    object: &Assigned,
    kept: &Kept,
    observed: Option<ObservedTarget>,
    may_write: bool,
) -> Passed {
    let work = AssertUnwindSafe(Box::pin(run(context, object, kept, observed, may_write))).catch_unwind();
    let (reason, message, panicked) = match tokio::time::timeout(OBJECT_TIMEOUT, work).await {
        Ok(Ok(passed)) => return passed,
        Ok(Err(panic)) => (Reason::Panicked, panic_text(panic.as_ref()), true),
        Err(_) => (Reason::Progressing, format!("not done within {} s", OBJECT_TIMEOUT.as_secs()), false),
    };
    tracing::error!(object = %object.desired.key, problem = message, "the reconcile of an object ended early");
    let hint = if panicked {
        "This is a fault of the controller: please report it with the log around it. Other objects go on."
    } else {
        "It is tried again by itself; see aws_requests_total for what is slow."
    };
    let trouble = Trouble { condition: None, reason, message, hint: hint.to_owned() };
    let now = context.clock.now();
    let mut kept = kept.clone();
    kept.memory.last_write_at = Some(now); // whether a write was under way is unknown: read again before the next
    kept.status = unusable(&kept.status, &trouble, kept.generation, &object.desired.spec_hash, now);
    Passed { kept, plan: None, outcomes: Vec::new(), observed: None, again: Again::Soon, panicked }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".to_owned())
}

async fn run(
    context: &Context,
    object: &Assigned,
    kept: &Kept,
    observed: Option<ObservedTarget>,
    may_write: bool,
) -> Passed {
    let (scope, clock) = (&context.scope, &context.clock);
    let wanted = Wanted::of(&object.desired).beside(&kept.memory.others);
    let began = clock.now();
    let mut memory = kept.memory.clone();
    let mut swept = observed.is_some();
    let mut observed = match observed {
        Some(observed) => observed,
        None => refresh(scope, context.desk.as_ref(), &wanted, || clock.now()).await,
    };
    let wanted = wanted.beside(&others(&observed));
    let role = if object.needs_role() { context.desk.role() } else { RoleStanding::default() };
    let draft = plan_target(inputs(context, object, &observed, &memory, &role));
    let may_lead_to_writes = !(draft.actions.is_empty() && draft.lookups.is_empty());
    let writes = may_lead_to_writes && draft.mode == Mode::Apply && may_write;
    if writes && clock.now().duration_since(observed.read_at) > FRESH {
        swept = false;
        observed = refresh(scope, context.desk.as_ref(), &wanted, || clock.now()).await;
    }
    let mut plan = plan_with_lookups(context, object, &observed, &mut memory, &role).await;
    let inputs = inputs(context, object, &observed, &memory, &role);
    if let Err(error) = lint(&plan, inputs) {
        tracing::error!(object = %object.desired.key, %error, "the plan breaks a rule and is not carried out");
        withhold_all(&mut plan, &error.to_string());
    }
    let not_applied = not_applied(&plan, may_write);
    let outcomes = match not_applied {
        None => Box::pin(apply(scope, context.desk.as_ref(), &object.desired, &plan, || clock.now())).await,
        Some(_) => Vec::new(),
    };
    let mut memory = remember(memory, &plan, &outcomes, &object.desired.spec_hash, clock.now());
    forget_tags(&mut memory, &observed, clock.now());
    memory.others = others(&observed);
    let mut failures = failures(&observed, &plan, &outcomes, &role);
    failures.extend(memory.activities.failure.clone());
    let explained = Box::pin(context.desk.look_into(failures, &object.key, &Feature::of(&object.desired))).await;
    let seen = after(&observed, &plan, &outcomes);
    let pass = Pass {
        generation: kept.generation,
        spec_hash: &object.desired.spec_hash,
        observed: &seen,
        plan: &plan,
        outcomes: &outcomes,
        role: &role,
        activities: &memory.activities,
        explained: &explained,
        is_absent: object.desired.presence == Presence::Absent,
        not_applied,
        now: began,
    };
    let status = advance(&kept.status, pass);
    let list_failed = swept && !observed.is_complete();
    let again = again(&status, &outcomes, not_applied, list_failed);
    let is_pressed = is_pressed(&seen, &kept.status);
    let kept = Kept { memory, status, generation: kept.generation, is_pressed };
    Passed { kept, plan: Some(plan), outcomes, observed: Some(observed), again, panicked: false }
}

/// The alarms beside those of the object that are there.
fn others(observed: &ObservedTarget) -> BTreeSet<AlarmName> {
    let gone = |read: &Read<_>| matches!(read, Read::Known(None));
    observed.others.iter().filter(|(_, read)| !gone(read)).map(|(name, _)| name.clone()).collect()
}

/// Every failure of a pass, of reads and writes and of seeing or making the role.
fn failures(observed: &ObservedTarget, plan: &Plan, outcomes: &[Outcome], role: &RoleStanding) -> Vec<Failure> {
    // What only the scheduled actions keep waiting is not withheld, and still to be explained.
    let of_schedules = observed.scheduled_actions.failure();
    let of_writes = outcomes.iter().filter_map(|outcome| match &outcome.result {
        OutcomeResult::Failed(failure) | OutcomeResult::Held(failure) => Some(failure),
        _ => None,
    });
    let of_role = match role {
        RoleStanding::NotMade(failure) | RoleStanding::NotSeen(failure) => Some(failure.as_ref()),
        _ => None,
    };
    let of_reads = plan.withheld.iter().filter_map(|withheld| withheld.failure.as_ref()).chain(of_schedules);
    of_writes.chain(of_reads).chain(of_role).cloned().collect()
}

fn inputs<'a>(
    context: &'a Context,
    object: &'a Assigned,
    observed: &'a ObservedTarget,
    memory: &'a Memory,
    role: &'a RoleStanding,
) -> Inputs<'a> {
    Inputs {
        desired: &object.desired,
        key: &object.key,
        observed,
        memory,
        owner: &context.settings.owner,
        allow: &object.allow,
        role,
        taken: &context.taken,
        mode: object.mode.max(context.settings.mode),
        now: context.clock.now(),
    }
}

fn withhold_all(plan: &mut Plan, why: &str) {
    plan.actions.clear();
    plan.withheld.push(Withheld {
        part: Part::Target,
        reason: Reason::Panicked,
        message: format!("the plan breaks a rule of its own: {why}"),
        hint: "This is a fault of the controller: please report it with the plan.".to_owned(),
        failure: None,
    });
}

fn not_applied(plan: &Plan, may_write: bool) -> Option<NotApplied> {
    if plan.actions.is_empty() {
        None
    } else if plan.mode == Mode::Observe {
        Some(NotApplied::Observe)
    } else if may_write {
        None
    } else {
        Some(NotApplied::ChangeLimit)
    }
}

/// A failed call is tried again with backoff; what waits for a person, or for its turn, waits for the next sweep.
fn again(status: &Status, outcomes: &[Outcome], not_applied: Option<NotApplied>, list_failed: bool) -> Again {
    let failed = outcomes.iter().any(|outcome| !matches!(outcome.result, OutcomeResult::Done { .. }));
    let stalled = status.condition(ConditionType::Stalled).is_some();
    // What is denied waits for its probe, which comes with a sweep: to read the object alone before would be for nothing.
    let denials = outcomes.iter().filter_map(|outcome| match &outcome.result {
        OutcomeResult::Held(_) => Some(true),
        OutcomeResult::Failed(failure) => Some(classify(failure) == Class::Denied),
        OutcomeResult::Done { .. } | OutcomeResult::Skipped { .. } => None,
    });
    let only_denied = denials.reduce(|all, denied| all && denied).unwrap_or(false);
    if status.is_ready() || not_applied.is_some() || (stalled && !failed) || only_denied {
        Again::InTime
    } else if !failed && list_failed {
        Again::WithASweep
    } else {
        Again::Soon
    }
}
