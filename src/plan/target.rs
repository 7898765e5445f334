//! The scalable target: its bounds, what is suspended, and its tags.

use std::collections::BTreeSet;

use super::action::{Action, ActionKind, Lookup, Part, Verb};
use super::attach;
use super::capacity;
use super::draft::{Claim, Draft, Standing};
use super::ownership;
use super::resolve::WantedPolicy;
use crate::api::desired::{Adoption, ServiceScaling};
use crate::api::status::Reason;
use crate::model::capacity::{CapacityRange, SuspendedState};
use crate::model::fields::{Change, changes, creation};
use crate::model::observed::{ScalableTarget, ScalingPolicy, Service, Tags};

/// What the policies on the target can count on.
pub(super) struct TargetStanding {
    /// Whether the target is there or will be, and by which action.
    pub(super) standing: Standing,
    /// The action that writes the digests of our policies into the target's tags, where one is needed.
    pub(super) digests_by: Option<usize>,
    /// The digests that the tags held when they were read; `None` when they are unknown.
    pub(super) digests: Option<BTreeSet<String>>,
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

pub(super) fn plan(draft: &mut Draft<'_>, service: &Service, wanted: &[WantedPolicy<'_>]) -> TargetStanding {
    let observed = draft.inputs.observed;
    match observed.target.known() {
        None => {
            draft.withhold_unread(Part::Target, "the scalable target", observed.target.failure());
            TargetStanding::blocked()
        }
        Some(None) => create(draft, service, wanted),
        Some(Some(target)) => update(draft, service, target, wanted),
    }
}

fn create(draft: &mut Draft<'_>, service: &Service, wanted: &[WantedPolicy<'_>]) -> TargetStanding {
    let desired = draft.inputs.desired;
    if !capacity_is_safe(draft, service, desired.range) {
        return TargetStanding::blocked();
    }
    let suspended = desired.suspended.over(SuspendedState::default());
    let mut tags = ownership::object_tags(desired, draft.inputs.owner);
    let digests = digests_to_hold(desired, &[], &BTreeSet::new(), wanted);
    tags.extend(ownership::digest_tags(&digests));
    let attached = attach::digests_to_hold(draft.inputs, &BTreeSet::new());
    tags.extend(ownership::attached_tags(&attached));
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
    TargetStanding { standing, digests_by, digests: Some(digests), attached, fresh: true }
}

fn update(
    draft: &mut Draft<'_>,
    service: &Service,
    target: &ScalableTarget,
    wanted: &[WantedPolicy<'_>],
) -> TargetStanding {
    let desired = draft.inputs.desired;
    let range = wanted_range(draft, target);
    let suspended = desired.suspended.over(target.suspended);
    let mut differs = changes(&target.range, &range.unwrap_or(target.range));
    differs.extend(changes(&target.suspended, &suspended));

    let Some(arn) = &target.arn else {
        return update_without_arn(draft, service, target, range, suspended, differs);
    };
    let tags_differ = draft.known_tags(arn).is_some_and(|tags| !tag_changes(draft, tags, wanted).0.is_empty());
    let rest_differs = super::policies::differ(draft.inputs, wanted)
        || super::alarms::differ(draft.inputs)
        || attach::differ(draft.inputs);
    let writes = !differs.is_empty() || rest_differs || tags_differ;
    let (tags, adopted) = match draft.claim(Part::Target, Lookup::TargetTags(arn.clone()), writes) {
        Claim::Ours(tags) => (tags, false),
        Claim::Adopt(tags) => (tags, true),
        Claim::Foreign => return TargetStanding::blocked(),
        Claim::Unknown => return unknown_owner(writes),
    };
    draft.heed_brake(&tags);
    let digests_by = write_tags(draft, arn, &tags, wanted);
    let standing = register(draft, service, target, range, suspended, differs, digests_by);
    let held = ownership::attached(&tags);
    // A record that is not going to be written is none.
    let attached = match digests_by {
        Some(_) => attach::digests_to_hold(draft.inputs, &held),
        None => held,
    };
    TargetStanding { standing, digests_by, digests: Some(ownership::digests(&tags)), attached, fresh: adopted }
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
    TargetStanding { standing, digests: Some(BTreeSet::new()), fresh: true, ..TargetStanding::blocked() }
}

/// The range to hold; `None` where a schedule may own min and max (S-045), or where it is not known whether one does.
fn wanted_range(draft: &mut Draft<'_>, target: &ScalableTarget) -> Option<CapacityRange> {
    let desired = draft.inputs.desired;
    if desired.range == target.range {
        return Some(desired.range);
    }
    let schedules = &draft.inputs.observed.scheduled_actions;
    match schedules.known() {
        None => {
            draft.withhold_unread(Part::Target, "the scheduled actions", schedules.failure());
            None
        }
        Some(actions) if !actions.is_empty() => {
            let names: Vec<&str> = actions.iter().map(|action| action.name.as_str()).collect();
            draft.withhold(
                Part::Target,
                Reason::TargetHasSchedules,
                format!(
                    "min and max are {}/{} where {}/{} is wanted, but scheduled actions may have set them: {}",
                    target.range.min(),
                    target.range.max(),
                    desired.range.min(),
                    desired.range.max(),
                    names.join(", ")
                ),
                "Remove the scheduled actions, or set spec.minCapacity and spec.maxCapacity to what they leave behind.",
            );
            None
        }
        Some(_) => Some(desired.range),
    }
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

/// Writes the owner's tags and the digests of our policies, where the tags lack them. Gives the action's index.
fn write_tags(draft: &mut Draft<'_>, arn: &str, tags: &Tags, wanted: &[WantedPolicy<'_>]) -> Option<usize> {
    let (set, stale) = tag_changes(draft, tags, wanted);
    let mut last = None;
    if !set.is_empty() {
        let changes = ownership::tag_changes(tags, &set);
        let kind = ActionKind::TagTarget { arn: arn.to_owned(), tags: set };
        last = index(draft.propose(tag_action(Verb::Tag, kind, changes)));
    }
    if !stale.is_empty() {
        let changes = stale
            .iter()
            .map(|key| Change {
                field: format!("tags.{key}"),
                from: tags.get(key).map_or(serde_json::Value::Null, |from| from.as_str().into()),
                to: serde_json::Value::Null,
            })
            .collect();
        let kind = ActionKind::UntagTarget { arn: arn.to_owned(), keys: stale };
        last = index(draft.propose(tag_action(Verb::Untag, kind, changes))).or(last);
    }
    last
}

fn index(standing: Standing) -> Option<usize> {
    match standing {
        Standing::Will(index) => index,
        Standing::Blocked => None,
    }
}

fn tag_action(verb: Verb, kind: ActionKind, changes: Vec<Change>) -> Action {
    Action { part: Part::TargetTags, verb, kind, changes, requires: Vec::new(), capacity_move: None, drift: false }
}

/// The tags to set, and the digest tags that are no longer needed.
///
/// The digest of a policy that exists stays, even when the object no longer holds it: without it nobody would know
/// that the policy is ours. The digest of one that somebody else made is not added, or the next pass would take that
/// policy for ours.
fn tag_changes(draft: &Draft<'_>, tags: &Tags, policies: &[WantedPolicy<'_>]) -> (Tags, BTreeSet<String>) {
    let desired = draft.inputs.desired;
    let held = ownership::digests(tags);
    let digests = match draft.inputs.observed.policies.known() {
        Some(existing) => digests_to_hold(desired, existing, &held, policies),
        None => held,
    };
    let mut wanted = ownership::object_tags(desired, draft.inputs.owner);
    let mut digest_tags = ownership::digest_tags(&digests);
    let attached = attach::digests_to_hold(draft.inputs, &ownership::attached(tags));
    digest_tags.extend(ownership::attached_tags(&attached));
    let stale =
        tags.keys().filter(|key| ownership::is_digests_tag(key) && !digest_tags.contains_key(*key)).cloned().collect();
    wanted.extend(digest_tags);
    wanted.retain(|key, value| tags.get(key) != Some(value));
    (wanted, stale)
}

/// Of what exists: what is ours or is taken over. Of what does not exist: what is wanted.
fn digests_to_hold(
    desired: &ServiceScaling,
    policies: &[ScalingPolicy],
    held: &BTreeSet<String>,
    wanted: &[WantedPolicy<'_>],
) -> BTreeSet<String> {
    let adopts = |policy: &ScalingPolicy| {
        desired.adoption == Adoption::Unowned
            && desired.policies.iter().any(|wanted| {
                wanted.name == policy.name && wanted.config.policy_type().as_str() == policy.policy_type()
            })
    };
    let existing = policies.iter().filter_map(|policy| {
        let digest = ownership::policy_digest(&policy.name);
        (held.contains(&digest) || adopts(policy)).then_some(digest)
    });
    // What is withheld gets no digest: whoever makes a policy of its name meanwhile owns it.
    let to_be = wanted.iter().filter(|wanted| wanted.config.is_some()).map(|wanted| &wanted.policy.name);
    let missing = to_be.filter(|name| !policies.iter().any(|policy| policy.name == **name));
    existing.chain(missing.map(ownership::policy_digest)).collect()
}
