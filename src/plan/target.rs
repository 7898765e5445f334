//! The scalable target: its bounds, and what is suspended.

use std::collections::BTreeSet;

use super::action::{Action, ActionKind, Lookup, Part, Verb};
use super::attach;
use super::capacity;
use super::draft::{Claim, Draft, Standing};
use super::ownership;
use super::range::{Applied, Decision, Situation, decide};
use super::resolve::WantedPolicy;
use super::target_tags::{self, Digests};
use crate::api::desired::Adoption;
use crate::api::status::Reason;
use crate::model::capacity::{CapacityRange, SuspendedState};
use crate::model::fields::{Change, changes, creation};
use crate::model::observed::{ScalableTarget, Service, Tags};

/// What the policies and scheduled actions on the target can count on.
pub(super) struct TargetStanding {
    /// Whether the target is there or will be, and by which action.
    pub(super) standing: Standing,
    /// The action that writes the digests of what is ours into the target's tags, where one is needed.
    pub(super) digests_by: Option<usize>,
    /// The digests that the tags held when they were read; `None` when they are unknown.
    pub(super) digests: Option<Digests>,
    /// The digests of attachments that the tags hold, or will hold by [`TargetStanding::digests_by`].
    pub(super) attached: BTreeSet<String>,
    /// Whether nothing but the target is known to be ours: it is being made or taken over.
    pub(super) fresh: bool,
}

impl TargetStanding {
    fn blocked() -> Self {
        Self { standing: Standing::Blocked, digests_by: None, digests: None, attached: BTreeSet::new(), fresh: false }
    }
}

pub(super) fn plan(draft: &mut Draft<'_>, service: &Service, policies: &[WantedPolicy<'_>]) -> TargetStanding {
    let observed = draft.inputs.observed;
    match observed.target.known() {
        None => {
            draft.withhold_unread(Part::Target, "the scalable target", observed.target.failure());
            TargetStanding::blocked()
        }
        Some(None) => create(draft, service, policies),
        Some(Some(target)) => update(draft, service, target, policies),
    }
}

fn create(draft: &mut Draft<'_>, service: &Service, policies: &[WantedPolicy<'_>]) -> TargetStanding {
    let desired = draft.inputs.desired;
    if !capacity_is_safe(draft, service, desired.range) {
        return TargetStanding::blocked();
    }
    let suspended = desired.suspended.over(SuspendedState::default());
    let mut tags = ownership::object_tags(desired, draft.inputs.owner);
    let digests = Digests::wanted(draft.inputs, policies);
    tags.extend(digests.tags());
    if !desired.schedules.is_empty() {
        tags.insert(ownership::TAG_RANGE.to_owned(), Applied { range: desired.range, at: None }.to_string());
    }
    let mut all = creation(&desired.range);
    all.extend(changes(&SuspendedState::default(), &suspended));
    let standing = draft.propose(Action {
        part: Part::Target,
        verb: Verb::Create,
        kind: ActionKind::RegisterTarget {
            range: Some(desired.range),
            suspended: (suspended != SuspendedState::default()).then_some(suspended),
            tags,
        },
        changes: all,
        requires: Vec::new(),
        capacity_move: capacity::move_by_register(service, desired.range),
        drift: false,
    });
    let digests_by = match standing {
        Standing::Will(by) => by,
        Standing::Blocked => None,
    };
    let attached = digests.attached.clone();
    TargetStanding { standing, digests_by, digests: Some(digests), attached, fresh: true }
}

fn update(
    draft: &mut Draft<'_>,
    service: &Service,
    target: &ScalableTarget,
    policies: &[WantedPolicy<'_>],
) -> TargetStanding {
    let desired = draft.inputs.desired;
    let tags = target.arn.as_deref().and_then(|arn| draft.known_tags(arn));
    let range = wanted_range(draft, target, tags);
    let suspended = desired.suspended.over(target.suspended);
    let mut differs = changes(&target.range, &range.range().unwrap_or(target.range));
    differs.extend(changes(&target.suspended, &suspended));

    let Some(arn) = &target.arn else {
        return update_without_arn(draft, service, target, range.range(), suspended, differs);
    };
    let tags_differ = tags.is_some_and(|tags| target_tags::differ(draft, tags, range, policies));
    let rest_differs = super::policies::differ(draft.inputs, policies)
        || super::alarms::differ(draft.inputs)
        || attach::differ(draft.inputs)
        || super::schedules::differ(draft.inputs)
        || super::removal::differ(draft.inputs, target);
    let writes = !differs.is_empty() || rest_differs || tags_differ || range == WantedRange::DependsOnTags;
    let (tags, adopted) = match draft.claim(Part::Target, Lookup::TargetTags(arn.clone()), writes) {
        Claim::Ours(tags) => (tags, false),
        Claim::Adopt(tags) => (tags, true),
        Claim::Foreign => return TargetStanding::blocked(),
        Claim::Unknown => return unknown_owner(writes),
    };
    draft.heed_brake(&tags);
    let digests_by = target_tags::write(draft, arn, &tags, range, policies);
    let standing = register(draft, service, target, range.range(), suspended, differs, digests_by);
    if let (WantedRange::Edited(_), Standing::Will(Some(by))) = (range, &standing) {
        target_tags::note_edit(draft, arn, &tags, *by);
    }
    let digests = Digests::of(&tags);
    // A record that is not going to be written is none.
    let attached = match digests_by {
        Some(_) => attach::digests_to_hold(draft.inputs, &digests.attached),
        None => digests.attached.clone(),
    };
    TargetStanding { standing, digests_by, digests: Some(digests), attached, fresh: adopted }
}

/// Nothing is written before the tags are read; where nothing is to be written, the slow sweep reads them.
fn unknown_owner(writes: bool) -> TargetStanding {
    let standing = if writes { Standing::Blocked } else { Standing::Will(None) };
    TargetStanding { standing, ..TargetStanding::blocked() }
}

/// Targets of before March 2023 may have no ARN: they carry no tags, so nobody can be asked who owns them (tf#31261).
fn update_without_arn(
    draft: &mut Draft<'_>,
    service: &Service,
    target: &ScalableTarget,
    range: Option<CapacityRange>,
    suspended: SuspendedState,
    differs: Vec<Change>,
) -> TargetStanding {
    if draft.inputs.desired.adoption == Adoption::Never {
        draft.conflict(Part::Target, &ownership::Ownership::Nobody);
        return TargetStanding::blocked();
    }
    let standing = register(draft, service, target, range, suspended, differs, None);
    TargetStanding { standing, digests: Some(Digests::default()), fresh: true, ..TargetStanding::blocked() }
}

/// What becomes of min and max.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WantedRange {
    /// They stay as they are, by the rule or because it cannot be told what they should be.
    AsTheyAre,
    /// This range is to be held.
    Held(CapacityRange),
    /// This range is an edit's, to be applied once.
    Edited(CapacityRange),
    /// The target's tags must be read first.
    DependsOnTags,
}

impl WantedRange {
    fn range(self) -> Option<CapacityRange> {
        match self {
            Self::Held(range) | Self::Edited(range) => Some(range),
            Self::AsTheyAre | Self::DependsOnTags => None,
        }
    }
}

/// The range to hold, by the rule of `range` where scheduled actions may have set min and max.
fn wanted_range(draft: &mut Draft<'_>, target: &ScalableTarget, tags: Option<&Tags>) -> WantedRange {
    let (desired, memory, now) = (draft.inputs.desired, draft.inputs.memory, draft.inputs.now);
    if desired.range == target.range {
        return WantedRange::Held(desired.range);
    }
    let schedules = &draft.inputs.observed.scheduled_actions;
    let Some(schedules) = schedules.known() else {
        draft.withhold_unread(Part::Target, "the scheduled actions", schedules.failure());
        return WantedRange::AsTheyAre;
    };
    if !schedules.is_empty() && tags.is_none() && target.arn.is_some() {
        return WantedRange::DependsOnTags;
    }
    let applied = tags.and_then(|tags| tags.get(ownership::TAG_RANGE)).and_then(|text| Applied::parse(text));
    let history = memory.history.as_ref();
    match decide(Situation { spec: desired.range, applied, schedules, history, observed: target.range, now }) {
        Decision::Keep => WantedRange::AsTheyAre,
        Decision::Apply(range) => WantedRange::Edited(range),
        Decision::Correct(range) => WantedRange::Held(range),
        Decision::ReadHistory => {
            draft.look_up(Lookup::History(target.range));
            WantedRange::AsTheyAre
        }
        Decision::Unsure(reason, why) => {
            withhold_range(draft, target, reason, why);
            WantedRange::AsTheyAre
        }
    }
}

fn withhold_range(draft: &mut Draft<'_>, target: &ScalableTarget, reason: Reason, why: &str) {
    let (held, wanted) = (target.range, draft.inputs.desired.range);
    let message = format!(
        "min and max are {}/{} where the object says {}/{}, and are left alone: {why}",
        held.min(),
        held.max(),
        wanted.min(),
        wanted.max()
    );
    let hint = match reason {
        Reason::AwaitingRead => "It is looked at again with the next pass.",
        _ => "Write the days of that schedule by name, or set min and max to the object's by hand.",
    };
    draft.withhold(Part::Target, reason, message, hint);
}

fn register(
    draft: &mut Draft<'_>,
    service: &Service,
    target: &ScalableTarget,
    range: Option<CapacityRange>,
    suspended: SuspendedState,
    differs: Vec<Change>,
    after: Option<usize>,
) -> Standing {
    if differs.is_empty() {
        return Standing::Will(None);
    }
    let range = range.filter(|range| *range != target.range);
    if !capacity_is_safe(draft, service, range.unwrap_or(target.range)) {
        return Standing::Will(None); // the target itself stands, and its policies may go on
    }
    let standing = draft.propose(Action {
        part: Part::Target,
        verb: Verb::Update,
        kind: ActionKind::RegisterTarget {
            range,
            suspended: (suspended != target.suspended).then_some(suspended),
            tags: Tags::new(),
        },
        changes: differs,
        requires: after.into_iter().collect(),
        capacity_move: capacity::move_by_register(service, range.unwrap_or(target.range)),
        drift: false,
    });
    match standing {
        Standing::Blocked => Standing::Will(None),
        will => will,
    }
}

fn capacity_is_safe(draft: &mut Draft<'_>, service: &Service, range: CapacityRange) -> bool {
    let desired = draft.inputs.desired;
    let danger = capacity::move_by_register(service, range)
        .and_then(|change| capacity::danger(service, change).map(|why| (change, why)));
    let Some((change, why)) = danger.filter(|_| !desired.allow_capacity_move) else {
        return true;
    };
    draft.withhold(
        Part::Target,
        Reason::CapacityMoveWithheld,
        format!(
            "registering {}/{} would move the desired count {} → {} at once: {why}",
            range.min(),
            range.max(),
            change.from,
            change.to
        ),
        "Bring the desired count into the range yourself, or set spec.allowCapacityMove: true.",
    );
    false
}
