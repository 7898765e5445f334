//! Prune: what is ours in a scope and wanted by no object any more.
//!
//! Owns what counts as an orphan, and whether one may go: every guard but those that each deletion keeps by itself (see
//! `doomed`). Takes nothing from memory: orphans are told by the tags that AWS holds, so that what was removed while no
//! controller ran is found as well.

use std::collections::{BTreeMap, BTreeSet};

use super::ownership::{OwnerId, Ownership, TAG_DELETION_POLICY, TAG_OBJECT, classify};
use crate::api::desired::ObjectKey;
use crate::api::reads::Reads;
use crate::model::names::ServiceId;
use crate::model::observed::Tags;

/// Of a hundred objects whose resources are ours, so many may be pruned at once without a word.
const PERCENT: usize = 20;

/// What is left of an object for one service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Orphan {
    /// The object that its tags name.
    pub object: ObjectKey,
    /// The service.
    pub service: ServiceId,
}

/// What becomes of an orphan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It goes.
    Goes,
    /// Its object has not been missing for long enough, or the source was not read completely.
    Waits,
    /// So many may not go at once.
    Blocked,
    /// Its deletion policy is Retain.
    Retained,
    /// Its object is still there, for another service or in another place.
    Claimed,
}

impl Fate {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Goes, Self::Waits, Self::Blocked, Self::Retained, Self::Claimed];

    /// In lower case, for metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Goes => "goes",
            Self::Waits => "waits",
            Self::Blocked => "blocked",
            Self::Retained => "retained",
            Self::Claimed => "claimed",
        }
    }
}

/// What is known for a decision about a scope.
#[derive(Clone, Copy, Debug)]
pub struct PruneInputs<'a> {
    /// The tags of every scalable target of a service that no object of the scope is for, and of every alarm that fires a
    /// policy of such a service: all of them, and completely read.
    pub beside: &'a [(ServiceId, Tags)],
    /// Who we are.
    pub owner: &'a OwnerId,
    /// The objects of the source, wherever they live.
    pub wanted: &'a BTreeSet<ObjectKey>,
    /// The objects of the scope whose resources are ours.
    pub owned: usize,
    /// What the source's reads say; `None`: a person has said that the source is whole.
    pub reads: Option<&'a Reads>,
    /// So many objects may go at once, where that is more than a fifth.
    pub limit: Option<usize>,
}

/// What prune makes of a scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrunePlan {
    /// Every orphan.
    pub fates: BTreeMap<Orphan, Fate>,
    /// How many may go at once.
    pub allowed: usize,
}

impl PrunePlan {
    /// The orphans of a fate.
    pub fn of(&self, fate: Fate) -> impl Iterator<Item = &Orphan> {
        self.fates.iter().filter(move |(_, own)| **own == fate).map(|(orphan, _)| orphan)
    }

    /// Why nothing goes, and what to do, where too many would.
    pub fn blocked(&self) -> Option<String> {
        let blocked = self.of(Fate::Blocked).count();
        (blocked > 0).then(|| {
            format!(
                "{blocked} objects would be pruned here, and {} may be at once; nothing goes. If all of them are meant: \
                 --prune-limit-objects {blocked}",
                self.allowed
            )
        })
    }
}

/// Which orphans there are in a scope, and what becomes of each.
pub fn plan_scope(inputs: PruneInputs<'_>) -> PrunePlan {
    let mut fates: BTreeMap<Orphan, Fate> = BTreeMap::new();
    for (service, tags) in inputs.beside {
        if classify(tags, inputs.owner) != Ownership::Ours {
            continue;
        }
        let Some(object) = tags.get(TAG_OBJECT).and_then(|text| parse(text)) else { continue };
        let fate = fate(&object, tags, inputs);
        let orphan = Orphan { object, service: service.clone() };
        // What one of its resources says counts for all of them.
        fates.entry(orphan).and_modify(|held| *held = fate.max(*held)).or_insert(fate);
    }
    let candidates = fates.values().filter(|fate| matches!(fate, Fate::Goes | Fate::Waits)).count();
    let allowed = allowed(inputs.owned + fates.len(), inputs.limit);
    if candidates > allowed {
        fates.values_mut().filter(|fate| **fate == Fate::Goes).for_each(|fate| *fate = Fate::Blocked);
    }
    PrunePlan { fates, allowed }
}

fn fate(object: &ObjectKey, tags: &Tags, inputs: PruneInputs<'_>) -> Fate {
    let is_absent = inputs.reads.is_none_or(|reads| reads.is_absent(object));
    if inputs.wanted.contains(object) {
        Fate::Claimed
    } else if is_retained(tags) {
        Fate::Retained
    } else if is_absent {
        Fate::Goes
    } else {
        Fate::Waits
    }
}

/// Only what says that it may go: an unknown or a missing word keeps it.
pub(super) fn is_retained(tags: &Tags) -> bool {
    tags.get(TAG_DELETION_POLICY).is_none_or(|policy| policy != "Delete")
}

fn allowed(owned: usize, limit: Option<usize>) -> usize {
    (owned * PERCENT / 100).max(1).max(limit.unwrap_or_default())
}

fn parse(text: &str) -> Option<ObjectKey> {
    let (namespace, name) = text.split_once('/')?;
    (!namespace.is_empty() && !name.is_empty()).then(|| ObjectKey::new(namespace, name))
}
