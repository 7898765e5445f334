//! How the services of the objects' clusters are covered, counted for the metrics.
//!
//! Owns when that is found out, and that only tags which were read anyway count: whose a target of somebody else is, nobody
//! asks. What each is counted as is decided in `plan`.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::entry::Entry;
use crate::api::desired::ObjectKey;
use crate::model::names::{ClusterName, ServiceId};
use crate::model::observed::Tags;
use crate::observe::Inventory;
use crate::plan::{Coverage, OwnerId, Scaling, coverage};

/// From one inventory to the next.
const EVERY: Duration = Duration::from_secs(600);
/// Until the first: what the first sweep leads to is there then.
const FIRST: Duration = Duration::from_secs(30);

/// Services by cluster and coverage.
pub type Counts = BTreeMap<ClusterName, BTreeMap<Coverage, usize>>;

/// When the next inventory is taken; never, where it was not asked for.
pub(super) struct Pace(Option<Instant>);

impl Pace {
    pub(super) fn new(is_on: bool, now: Instant) -> Self {
        Self(is_on.then_some(now + FIRST))
    }

    /// Whether a sweep that begins now takes an inventory: the next one does so again after ten minutes.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let is_due = self.0.is_some_and(|due| now >= due);
        if is_due {
            self.0 = Some(now + EVERY);
        }
        is_due
    }
}

/// Counts an inventory. A target of an object counts as ours until its tags, which are read within a lap of the tag sweep,
/// say otherwise; any other is somebody else's.
pub(super) fn count(inventory: &Inventory, entries: &BTreeMap<ObjectKey, Entry>, owner: &OwnerId) -> Counts {
    let ours = Tags::from([(crate::plan::TAG_OWNER.to_owned(), owner.as_str().to_owned())]);
    let of_objects: BTreeMap<&ServiceId, &Entry> =
        entries.values().map(|entry| (&entry.object.desired.service, entry)).collect();
    let mut counts = Counts::new();
    for (id, held) in inventory {
        let entry = of_objects.get(id);
        let tags = entry.map(|entry| {
            let arn = held.as_ref().and_then(|(target, _)| target.arn.as_deref());
            let read = arn.and_then(|arn| entry.kept.memory.tags.get(arn));
            read.map_or(&ours, |reading| &reading.tags)
        });
        let scaling = held.as_ref().map(|(target, movers)| Scaling { target, movers: *movers, tags });
        let of_cluster = counts.entry(id.cluster.clone()).or_default();
        *of_cluster.entry(coverage(scaling, Some(owner))).or_default() += 1;
    }
    counts
}
