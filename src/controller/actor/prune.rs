//! Prune in one scope: what may go becomes an object of the actor's, which is to be absent, until nothing of it is left.

use std::collections::{BTreeMap, BTreeSet};

use super::{Actor, Entry, departed};
use crate::api::desired::ObjectKey;
use crate::controller::state::OrphansView;
use crate::model::names::ServiceId;
use crate::plan::{Fate, Orphan, PrunePlan};

impl Actor {
    /// Decides anew what goes. While not everything is known nothing does, but what is under way.
    pub(super) fn prune(&mut self) {
        let Some(prune) = self.parts.context.settings.prune else { return };
        let owner = &self.parts.context.settings.owner;
        let of_source = self.entries.iter().filter(|(_, entry)| !entry.object.desired.is_pruned);
        let owned = of_source.filter(|(key, entry)| entry.kept.owns_something(key, owner)).count();
        let named = &self.placed.source;
        let plan = self.leftovers.plan(named, owner, owned, Some(&named.reads), prune);
        let going: BTreeMap<ObjectKey, ServiceId> =
            plan.iter().flat_map(|plan| plan.of(Fate::Goes)).map(pair).collect();
        let goes_on = |key: &ObjectKey, entry: &Entry| {
            let desired = &entry.object.desired;
            !desired.is_pruned || entry.in_flight || going.get(key) == Some(&desired.service)
        };
        let scope = self.parts.context.scope.id().clone();
        self.entries.retain(|key, entry| goes_on(key, entry));
        for orphan in plan.iter().flat_map(|plan| plan.of(Fate::Goes)) {
            if self.entries.contains_key(&orphan.object) || self.at_work.contains(&orphan.object) {
                continue;
            }
            tracing::warn!(%scope, object = %orphan.object, service = %orphan.service, "pruned: it is in no file any more");
            let mut entry = Entry::new(None, departed(orphan, &scope, &self.placed));
            entry.kept.memory.others = self.leftovers.alarms_of(&orphan.service);
            self.entries.insert(orphan.object.clone(), entry);
            self.ready.push_back(orphan.object.clone());
        }
        if let Some(plan) = plan {
            self.say_blocked(&plan);
            self.parts.state.set_orphans(&scope, view(&plan));
        }
    }

    /// What was pruned leaves once nothing of it is left.
    pub(super) fn let_go(&mut self, key: &ObjectKey) {
        let is_done = |entry: &Entry| entry.object.desired.is_pruned && entry.kept.status.is_ready();
        if let Some(entry) = self.entries.get(key).filter(|entry| is_done(entry)) {
            let service = entry.object.desired.service.clone();
            self.leftovers.forget(&service);
            self.entries.remove(key);
            self.parts.metrics.forget(key);
            self.prune();
        }
    }

    fn say_blocked(&mut self, plan: &PrunePlan) {
        let why = plan.blocked();
        if let Some(why) = why.as_ref().filter(|why| self.warned_of_prune.as_ref() != Some(*why)) {
            let objects: BTreeSet<String> = plan.of(Fate::Blocked).map(|orphan| orphan.object.to_string()).collect();
            tracing::error!(scope = %self.parts.context.scope.id(), problem = why, ?objects, "prune is blocked");
        }
        self.warned_of_prune = why;
    }
}

fn pair(orphan: &Orphan) -> (ObjectKey, ServiceId) {
    (orphan.object.clone(), orphan.service.clone())
}

fn view(plan: &PrunePlan) -> OrphansView {
    let count = |fate: &Fate| (*fate, plan.of(*fate).count());
    OrphansView { by_fate: Fate::ALL.iter().map(count).collect(), blocked: plan.blocked() }
}
