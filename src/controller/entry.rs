//! An object in the care of an actor: what is known of it between its passes.
//!
//! Decides nothing about when it is worked on.

use std::sync::Arc;

use tokio::time::Instant;

use super::assign::Assigned;
use super::object::Kept;
use super::retry::Retry;
use super::state::ObjectView;
use crate::api::status::{ConditionStatus, ConditionType, Reason};
use crate::model::observed::ObservedTarget;
use crate::plan::Plan;

/// An object in the care of the actor.
pub(super) struct Entry {
    pub(super) object: Arc<Assigned>,
    pub(super) kept: Kept,
    /// Read and not yet used for a pass.
    pub(super) observed: Option<ObservedTarget>,
    pub(super) retry: Retry,
    pub(super) due: Option<Instant>,
    pub(super) in_flight: bool,
    /// What the last pass worked on: a pass on an older version does not count.
    pub(super) worked_on: Option<Arc<Assigned>>,
}

impl Entry {
    /// A new object; one that was there under another scope keeps its history.
    pub(super) fn new(before: Option<ObjectView>, assigned: Assigned) -> Self {
        let mut kept = Kept { generation: 1, ..Kept::default() };
        if let Some(before) = before {
            let changed = before.desired.spec_hash != assigned.desired.spec_hash;
            kept.generation = before.generation.max(1) + u64::from(changed);
            kept.status = before.status;
        }
        Self {
            object: Arc::new(assigned),
            kept,
            observed: None,
            retry: Retry::new(),
            due: None,
            in_flight: false,
            worked_on: None,
        }
    }

    pub(super) fn replace(&mut self, assigned: Assigned) {
        self.kept.generation += u64::from(self.object.desired.spec_hash != assigned.desired.spec_hash);
        self.object = Arc::new(assigned);
        self.retry.reset();
        self.observed = None;
    }

    /// Takes what a pass left behind. The spec may have changed, and tags and activities may have been read, meanwhile.
    pub(super) fn keep(&mut self, passed: Kept) {
        let generation = self.kept.generation;
        let tags = std::mem::take(&mut self.kept.memory.tags);
        let activities = std::mem::take(&mut self.kept.memory.activities);
        self.kept = Kept { generation, ..passed };
        for (arn, reading) in tags {
            if self.kept.memory.tags.get(&arn).is_none_or(|known| known.read_at < reading.read_at) {
                self.kept.memory.tags.insert(arn, reading);
            }
        }
        if activities.asked_at > self.kept.memory.activities.asked_at {
            self.kept.memory.activities = activities;
        }
    }

    /// Whether there was a scalable target at the last pass.
    pub(super) fn has_target(&self) -> bool {
        self.kept.status.resources.iter().any(|resource| resource.kind == "ScalableTarget")
    }

    /// Whether it is not as wanted, and ought to be: neither what `mode: Observe` leaves different nor what was not looked at yet.
    pub(super) fn is_failing(&self) -> bool {
        let ready = self.kept.status.condition(ConditionType::Ready);
        ready.is_some_and(|ready| ready.status != ConditionStatus::True && ready.reason != Reason::ObserveMode)
    }

    /// The ARNs of what carries tags, as of the last pass.
    pub(super) fn tagged(&self) -> Vec<&str> {
        let resources = self.kept.status.resources.iter();
        let tagged = resources.filter(|r| r.kind == "ScalableTarget" || r.kind == "Alarm");
        tagged.filter_map(|resource| resource.arn.as_deref()).collect()
    }

    /// What everybody reads of it.
    pub(super) fn view(&self, plan: Option<Arc<Plan>>) -> ObjectView {
        ObjectView {
            desired: Arc::new(self.object.desired.clone()),
            key: Some(self.object.key.clone()),
            generation: self.kept.generation,
            status: self.kept.status.clone(),
            plan,
        }
    }
}
