//! The tags of a scalable target: whose it is, what on it is ours, and the range that was last applied.

use std::collections::BTreeSet;

use super::Inputs;
use super::action::{Action, ActionKind, Part, Verb};
use super::attach;
use super::draft::{Draft, Standing};
use super::ownership::{self, TAG_RANGE, Untagged, policy_digest, schedule_digest};
use super::range::Applied;
use super::removal;
use super::resolve::WantedPolicy;
use super::target::WantedRange;
use crate::api::desired::{Adoption, DesiredPolicy, ServiceScaling};
use crate::model::fields::Change;
use crate::model::observed::{ScalingPolicy, Tags};

/// The digests of the names of what cannot be tagged itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Digests {
    pub(super) policies: BTreeSet<String>,
    pub(super) schedules: BTreeSet<String>,
    /// Of a policy and an alarm each.
    pub(super) attached: BTreeSet<String>,
}

impl Digests {
    /// Those of everything that an object wants, on a target that is yet to be made.
    pub(super) fn wanted(inputs: Inputs<'_>, policies: &[WantedPolicy<'_>]) -> Self {
        Self {
            policies: to_be(policies),
            schedules: wanted_schedules(inputs.desired),
            attached: attach::digests_to_hold(inputs, &BTreeSet::new()),
        }
    }

    /// Those that a target's tags hold.
    pub(super) fn of(tags: &Tags) -> Self {
        Self {
            policies: Untagged::Policies.digests(tags),
            schedules: Untagged::Schedules.digests(tags),
            attached: Untagged::Attachments.digests(tags),
        }
    }

    /// The tags that hold them.
    pub(super) fn tags(&self) -> Tags {
        let mut tags = Untagged::Policies.tags(&self.policies);
        tags.extend(Untagged::Schedules.tags(&self.schedules));
        tags.extend(Untagged::Attachments.tags(&self.attached));
        tags
    }
}

/// Whether the tags are not as they are to be.
pub(super) fn differ(draft: &Draft<'_>, tags: &Tags, range: WantedRange, policies: &[WantedPolicy<'_>]) -> bool {
    let (set, stale) = changes(draft, tags, range, policies);
    !set.is_empty() || !stale.is_empty()
}

/// Writes the owner's tags and the digests of what is ours, where the tags lack them. Gives the action's index.
pub(super) fn write(
    draft: &mut Draft<'_>,
    arn: &str,
    tags: &Tags,
    range: WantedRange,
    policies: &[WantedPolicy<'_>],
) -> Option<usize> {
    let (set, stale) = changes(draft, tags, range, policies);
    let mut last = None;
    if !set.is_empty() {
        let changes = ownership::tag_changes(tags, &set);
        let kind = ActionKind::TagTarget { arn: arn.to_owned(), tags: set };
        last = index(draft.propose(tag_action(Verb::Tag, kind, changes, None)));
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
        last = index(draft.propose(tag_action(Verb::Untag, kind, changes, None))).or(last);
    }
    last
}

/// Notes an edit of min and max once it is applied: were it noted before, a crash between the two would lose it.
pub(super) fn note_edit(draft: &mut Draft<'_>, arn: &str, tags: &Tags, applied_by: usize) {
    let applied = Applied { range: draft.inputs.desired.range, at: Some(draft.inputs.now) };
    let set = Tags::from([(TAG_RANGE.to_owned(), applied.to_string())]);
    let changes = ownership::tag_changes(tags, &set);
    let kind = ActionKind::TagTarget { arn: arn.to_owned(), tags: set };
    draft.propose(tag_action(Verb::Tag, kind, changes, Some(applied_by)));
}

fn index(standing: Standing) -> Option<usize> {
    match standing {
        Standing::Will(index) => index,
        Standing::Blocked => None,
    }
}

fn tag_action(verb: Verb, kind: ActionKind, changes: Vec<Change>, requires: Option<usize>) -> Action {
    let requires = requires.into_iter().collect();
    Action { part: Part::TargetTags, verb, kind, changes, requires, capacity_move: None, drift: false }
}

/// The tags to set, and the digest tags that are no longer needed.
///
/// The digest of what exists stays, even when the object no longer holds it: without it nobody would know that it is
/// ours. The digest of what somebody else made is not added, or the next pass would take that for ours.
fn changes(
    draft: &Draft<'_>,
    tags: &Tags,
    range: WantedRange,
    policies: &[WantedPolicy<'_>],
) -> (Tags, BTreeSet<String>) {
    let desired = draft.inputs.desired;
    let digest_tags = digests_to_hold(draft.inputs, &Digests::of(tags), policies).tags();
    let mut wanted = ownership::object_tags(desired, draft.inputs.owner);
    let is_digests = |key: &str| Untagged::ALL.iter().any(|kind| kind.holds(key));
    let stale = tags.keys().filter(|key| is_digests(key) && !digest_tags.contains_key(*key)).cloned().collect();
    wanted.extend(digest_tags);
    wanted.retain(|key, value| tags.get(key) != Some(value));
    wanted.extend(range_tag(draft, tags, range).map(|applied| (TAG_RANGE.to_owned(), applied.to_string())));
    (wanted, stale)
}

/// The range to note, where scheduled actions make it needed and it is not an edit that is yet to be applied.
fn range_tag(draft: &Draft<'_>, tags: &Tags, wanted: WantedRange) -> Option<Applied> {
    let (desired, observed) = (draft.inputs.desired, draft.inputs.observed);
    let held = tags.get(TAG_RANGE).map(|text| Applied::parse(text));
    let has_schedules =
        !desired.schedules.is_empty() || observed.scheduled_actions.known().is_some_and(|s| !s.is_empty());
    match (held, wanted) {
        (_, WantedRange::Edited(_) | WantedRange::DependsOnTags) => None,
        (None, _) => has_schedules.then_some(Applied { range: desired.range, at: None }),
        (Some(Some(held)), _) if held.range == desired.range => None,
        // An edit that changes nothing in AWS: without a note it would be applied after the next firing.
        (Some(_), WantedRange::Held(_) | WantedRange::AsTheyAre) => {
            observed.scheduled_actions.known().map(|_| Applied { range: desired.range, at: Some(draft.inputs.now) })
        }
    }
}

/// What is to be held where the target exists.
fn digests_to_hold(inputs: Inputs<'_>, held: &Digests, policies: &[WantedPolicy<'_>]) -> Digests {
    let (desired, observed) = (inputs.desired, inputs.observed);
    let unseen = removal::unseen(inputs);
    let adopts = desired.adoption == Adoption::Unowned;
    let of_policies = observed.policies.known().map(|existing| {
        let is_adopted = |held: &&ScalingPolicy| {
            let same = |wanted: &DesiredPolicy| {
                wanted.name == held.name && wanted.config.policy_type().as_str() == held.policy_type()
            };
            adopts && desired.policies.iter().any(same)
        };
        Existing {
            all: existing.iter().map(|policy| policy_digest(&policy.name)).collect(),
            adopted: existing.iter().filter(is_adopted).map(|policy| policy_digest(&policy.name)).collect(),
            unseen: unseen.iter().filter_map(|part| digest_of(part, Untagged::Policies)).collect(),
        }
        .to_hold(&held.policies, to_be(policies))
    });
    let of_schedules = observed.scheduled_actions.known().map(|existing| {
        let (all, wanted): (BTreeSet<String>, _) =
            (existing.iter().map(|action| schedule_digest(&action.name)).collect(), wanted_schedules(desired));
        let adopted = if adopts { all.intersection(&wanted).cloned().collect() } else { BTreeSet::new() };
        let unseen = unseen.iter().filter_map(|part| digest_of(part, Untagged::Schedules)).collect();
        Existing { all, adopted, unseen }.to_hold(&held.schedules, wanted)
    });
    Digests {
        policies: of_policies.unwrap_or_else(|| held.policies.clone()),
        schedules: of_schedules.unwrap_or_else(|| held.schedules.clone()),
        attached: attach::digests_to_hold(inputs, &held.attached),
    }
}

/// The digests of what is on the target.
struct Existing {
    all: BTreeSet<String>,
    /// Of these, what the object takes over.
    adopted: BTreeSet<String>,
    /// The digests of what was put a moment ago and is not shown yet.
    unseen: BTreeSet<String>,
}

impl Existing {
    /// Of what exists: what is ours or is taken over. Of what does not exist: what is wanted.
    fn to_hold(&self, held: &BTreeSet<String>, wanted: BTreeSet<String>) -> BTreeSet<String> {
        let unseen = self.unseen.intersection(held);
        let ours = self.all.intersection(held).chain(unseen).chain(&self.adopted).cloned();
        let missing = wanted.into_iter().filter(|digest| !self.all.contains(digest));
        ours.chain(missing).collect()
    }
}

/// The digest of a part, where it is of this kind.
fn digest_of(part: &Part, kind: Untagged) -> Option<String> {
    match (part, kind) {
        (Part::Policy(name), Untagged::Policies) => Some(policy_digest(name)),
        (Part::ScheduledAction(name), Untagged::Schedules) => Some(schedule_digest(name)),
        _ => None,
    }
}

/// What is withheld gets no digest: whoever makes a policy of its name meanwhile owns it.
fn to_be(policies: &[WantedPolicy<'_>]) -> BTreeSet<String> {
    let to_be = policies.iter().filter(|wanted| wanted.config.is_some());
    to_be.map(|wanted| policy_digest(&wanted.policy.name)).collect()
}

fn wanted_schedules(desired: &ServiceScaling) -> BTreeSet<String> {
    desired.schedules.iter().map(|schedule| schedule_digest(&schedule.name)).collect()
}
