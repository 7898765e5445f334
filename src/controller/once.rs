//! The same without a loop: one plan of everything, or passes until nothing is left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

use super::assign::{Assigned, Identities, Known, Placed, assign, identity_region, used_accounts};
use super::leftovers::{Leftovers, departed};
use super::object::{Again, Context, Kept, Passed, pass};
use super::{Clock, Desk, LoopSettings};
use crate::api::desired::{Desired, ObjectKey};
use crate::aws::{Account, Aws};
use crate::model::names::AccountName;
use crate::model::names::ScopeId;
use crate::observe::{Beside, Wanted, sweep};
use crate::plan::{Fate, PrunePlan};
use crate::status::Trouble;

/// Objects that are worked on at once.
const CONCURRENCY: usize = 4;

/// All scopes of a desired set, reached once.
#[derive(Debug)]
pub struct Session {
    scopes: Vec<(Context, Placed)>,
    rounds: u32,
    kept: BTreeMap<ObjectKey, Kept>,
    /// Objects that cannot be looked at, and why.
    pub troubles: BTreeMap<ObjectKey, Trouble>,
}

impl Session {
    /// Asks each account who we are, and gives each object its scope.
    pub async fn connect(aws: &Aws, desired: &Desired, clock: Clock, settings: &LoopSettings) -> Self {
        let default_region = aws.default_region();
        let mut accounts: BTreeMap<AccountName, Account> = BTreeMap::new();
        let mut identities = Identities::new();
        for (name, spec) in used_accounts(desired, settings.prune.is_some()) {
            let of_objects = || {
                let mut objects = desired.services.values().filter(|object| object.account == *name);
                objects.find_map(|object| object.region.clone())
            };
            let Some(region) = identity_region(spec, default_region.as_ref()).or_else(of_objects) else { continue };
            let account = Box::pin(aws.account(spec)).await;
            let (source, identity) = (account.source().clone(), Box::pin(account.identity(&region)).await);
            identities.insert(name.clone(), Known { source, identity });
            accounts.insert(name.clone(), account);
        }
        let assignment = assign(desired, &identities, default_region.as_ref(), settings.prune.is_some());
        // A desk is an account's, whatever the number of its regions.
        let mut desks: BTreeMap<&AccountName, Arc<Desk>> = BTreeMap::new();
        let scopes = assignment
            .scopes
            .into_iter()
            .filter_map(|(scope, placed)| {
                let name = assignment.accounts.get(&scope)?;
                let (account, identity) = (accounts.get(name)?, identities.get(name)?.identity.as_ref().ok()?);
                let mode = desired.accounts.get(name).map_or(settings.mode, |spec| spec.mode.max(settings.mode));
                let desk = desks.entry(name).or_insert_with(|| {
                    let iam = account.iam(&scope, CancellationToken::new());
                    Arc::new(Desk::new(iam, identity, settings.role_policy, mode, clock))
                });
                let (scope, desk) = (account.scope(scope, CancellationToken::new()), Arc::clone(desk));
                let taken = Arc::clone(&placed.taken);
                let context = Context { scope, desk, clock, settings: settings.clone(), taken };
                Some((context, placed))
            })
            .collect();
        Self { scopes, rounds: 0, kept: BTreeMap::new(), troubles: assignment.troubles }
    }

    /// One sweep and one pass over every object. Each result is given to `tell` as it comes.
    pub async fn round(&mut self, mut tell: impl FnMut(&Assigned, &Passed)) -> BTreeMap<ObjectKey, Passed> {
        let mut results = BTreeMap::new();
        let beside = Beside { leftovers: self.rounds == 0, inventory: false };
        self.rounds += 1;
        for (context, Placed { objects, .. }) in &self.scopes {
            if let Some(object) = objects.values().find(|object| object.needs_role()) {
                Box::pin(context.desk.look_at_role(&object.key)).await;
            }
            let none = BTreeSet::new();
            let others = |key: &ObjectKey| self.kept.get(key).map_or(&none, |kept| &kept.memory.others);
            let wanted = objects.iter().map(|(key, object)| Wanted::of(&object.desired).beside(others(key)));
            let (wanted, now): (Vec<Wanted>, _) = (wanted.collect(), || context.clock.now());
            let swept = Box::pin(sweep(&context.scope, context.desk.as_ref(), &wanted, beside, now)).await;
            let mut observed = swept.observations;
            let passes = objects.iter().map(|(key, object)| {
                let kept = self.kept.get(key).cloned().unwrap_or_else(|| Kept { generation: 1, ..Kept::default() });
                let observed = observed.remove(&object.desired.service);
                Box::pin(async move { (object, pass(context, object, &kept, observed, true).await) })
            });
            let mut passes = futures_util::stream::iter(passes.collect::<Vec<_>>()).buffer_unordered(CONCURRENCY);
            while let Some((object, passed)) = passes.next().await {
                tell(object, &passed);
                results.insert(object.desired.key.clone(), passed);
            }
        }
        for (key, passed) in &results {
            self.kept.insert(key.clone(), passed.kept.clone());
        }
        results
    }

    /// The objects by key.
    pub fn objects(&self) -> impl Iterator<Item = &Assigned> {
        self.scopes.iter().flat_map(|(_, placed)| placed.objects.values())
    }

    /// Whether an object of the rounds stands for one that is gone.
    pub fn has_departed(&self) -> bool {
        self.objects().any(|object| object.desired.is_pruned)
    }

    /// Looks for what is ours and wanted by no object any more, after a round: what may go is an object of the next rounds,
    /// which is to be absent. The person who gave the files has said that they are whole; every other guard holds.
    ///
    /// # Errors
    /// Where a scope's lists or tags could not be read: then nothing of it goes.
    pub async fn find_orphans(&mut self) -> Vec<(ScopeId, Result<PrunePlan, Unread>)> {
        let mut found = Vec::new();
        for (context, placed) in &mut self.scopes {
            let Some(prune) = context.settings.prune else { continue };
            let (scope, owner, mut left) = (context.scope.id().clone(), &context.settings.owner, Leftovers::default());
            let now = || context.clock.now();
            let search = Beside { leftovers: true, inventory: false };
            let mut swept = Box::pin(sweep(&context.scope, context.desk.as_ref(), &[], search, now)).await;
            left.take(&scope, &mut swept, &placed.source);
            left.read_all(context).await;
            let is_ours = |key: &&ObjectKey| self.kept.get(*key).is_some_and(|kept| kept.owns_something(key, owner));
            let owned = placed.objects.keys().filter(is_ours).count();
            let plan = left.plan(&placed.source, owner, owned, None, prune);
            for orphan in plan.iter().flat_map(|plan| plan.of(Fate::Goes)) {
                let kept = Kept { generation: 1, ..Kept::default() };
                let kept = self.kept.entry(orphan.object.clone()).or_insert(kept);
                kept.memory.others = left.alarms_of(&orphan.service);
                let gone = departed(orphan, &scope, placed);
                placed.objects.insert(orphan.object.clone(), gone);
            }
            found.push((scope, plan.ok_or(Unread)));
        }
        found
    }
}

/// Not everything that prune must know could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread;

/// Whether another round would do anything: something was written, or something may pass by itself.
pub fn wants_another_round(results: &BTreeMap<ObjectKey, Passed>) -> bool {
    results.values().any(|passed| !passed.outcomes.is_empty() || passed.again != Again::InTime)
}
