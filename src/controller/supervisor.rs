//! One actor for each scope that is desired, through the account that reaches it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::actor::{self, Parts};
use super::assign::{Assignment, Identities, Known, Placed, assign, identity_region, used_accounts};
use super::object::Context;
use super::state::{ObjectView, State};
use super::{AccountView, Clock, Desk, LoopSettings};
use crate::api::desired::{AwsAccount, Desired};
use crate::aws::{Account, Aws, Identity};
use crate::metrics::Metrics;
use crate::model::failure::Failure;
use crate::model::names::{AccountName, Region, ScopeId};
use crate::status::unusable;

/// How long an account whose identity could not be read is left alone.
const IDENTITY_RETRY: Duration = Duration::from_secs(20);

/// Before the loop of a scope that ended is started again.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// What the supervisor is given to work with.
#[derive(Clone, Debug)]
pub struct Supervisor {
    /// The way to AWS.
    pub aws: Aws,
    /// The time.
    pub clock: Clock,
    /// What the loop was told.
    pub settings: LoopSettings,
    /// What everybody reads.
    pub state: Arc<State>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The newest desired objects.
    pub desired: watch::Receiver<Arc<Desired>>,
    /// Sweep now.
    pub kick: Arc<Notify>,
    /// End.
    pub shutdown: CancellationToken,
}

/// An account that was reached, or not, with the spec by which it was.
struct Reached {
    spec: Option<AwsAccount>,
    account: Account,
    identity: Result<Identity, Failure>,
    /// Shared by the account's scopes, once it is known who we are.
    desk: Option<Arc<Desk>>,
}

/// A running actor.
struct Running {
    objects: watch::Sender<Placed>,
    account: AccountName,
    kick: Arc<Notify>,
    stop: CancellationToken,
}

type Answer = (AccountName, Reached);

impl Supervisor {
    /// Runs until `shutdown`, then waits for what is under way.
    pub async fn run(mut self) {
        let mut accounts: BTreeMap<AccountName, Reached> = BTreeMap::new();
        let mut asked: BTreeSet<AccountName> = BTreeSet::new();
        let mut running: BTreeMap<ScopeId, Running> = BTreeMap::new();
        let mut actors = JoinSet::new();
        let mut asking: JoinSet<Answer> = JoinSet::new();
        let (shutdown, kick) = (self.shutdown.clone(), Arc::clone(&self.kick));
        let mut source_read = false;
        loop {
            let desired = {
                let newest = self.desired.borrow_and_update();
                source_read |= newest.has_changed();
                Arc::clone(&newest)
            };
            self.ask_who_we_are(&desired, &mut accounts, &mut asked, &mut asking);
            let assignment = self.assign(&desired, &accounts);
            self.direct(&assignment, &accounts, &mut running, &mut actors);
            let complete = source_read && asked.iter().all(|name| accounts.contains_key(name));
            let scopes: BTreeSet<ScopeId> = assignment.scopes.keys().cloned().collect();
            self.publish(&desired, &assignment);
            self.state.set_accounts(self.views(&desired, &assignment, &accounts));
            self.state.set_scopes(&scopes, complete, self.clock.now());
            tokio::select! {
                () = shutdown.cancelled() => break,
                changed = self.desired.changed() => match changed {
                    Ok(()) => source_read = true,
                    Err(_) => break,
                },
                Some(answer) = asking.join_next(), if !asking.is_empty() => match answer {
                    Ok((name, reached)) => {
                        asked.remove(&name);
                        accounts.insert(name, reached);
                    }
                    Err(error) => {
                        tracing::error!(%error, "asking who we are ended early; everybody is asked again");
                        asked.clear();
                    }
                },
                () = kick.notified() => {
                    accounts.values().filter_map(|reached| reached.desk.as_ref()).for_each(|desk| desk.probe_now());
                    running.values().for_each(|actor| actor.kick.notify_one());
                }
                Some(ended) = actors.join_next(), if !actors.is_empty() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "the loop of a scope ended; it is started again");
                        running.retain(|_, actor| !actor.objects.is_closed());
                        let _ = timeout(RESTART_AFTER, shutdown.cancelled()).await; // never a busy loop
                    }
                }
            }
        }
        drop(asking); // nothing is asked any more
        for actor in running.values() {
            actor.stop.cancel();
        }
        while actors.join_next().await.is_some() {}
    }

    /// Asks for the identity of each account that is used, beside everything else: one broken account harms no other.
    fn ask_who_we_are(
        &self,
        desired: &Desired,
        accounts: &mut BTreeMap<AccountName, Reached>,
        asked: &mut BTreeSet<AccountName>,
        asking: &mut JoinSet<Answer>,
    ) {
        let default_region = self.aws.default_region();
        accounts.retain(|name, reached| desired.accounts.get(name) == reached.spec.as_ref());
        for (name, spec) in used_accounts(desired, self.settings.prune.is_some()) {
            let known = accounts.get(name);
            if known.is_some_and(|reached| reached.identity.is_ok()) || asked.contains(name) {
                continue;
            }
            let Some(region) = identity_region(spec, default_region.as_ref()).or_else(|| first_region(desired, name))
            else {
                continue;
            };
            asked.insert(name.clone());
            let wait = if known.is_some() { IDENTITY_RETRY } else { Duration::ZERO };
            let (aws, spec, name) = (self.aws.clone(), spec.cloned(), name.clone());
            let (mode, role_policy, clock) = (self.settings.mode, self.settings.role_policy, self.clock);
            let stop = self.shutdown.clone();
            asking.spawn(async move {
                tokio::time::sleep(wait).await;
                let account = aws.account(spec.as_ref()).await;
                let identity = account.identity(&region).await;
                if let Err(failure) = &identity {
                    tracing::warn!(account = %name, error = %failure, "it could not be found out who we are");
                }
                let desk = identity.as_ref().ok().map(|identity| {
                    let scope = ScopeId { account: identity.account.clone(), region };
                    let mode = spec.as_ref().map_or(mode, |spec| spec.mode.max(mode));
                    Arc::new(Desk::new(account.iam(&scope, stop), identity, role_policy, mode, clock))
                });
                (name, Reached { spec, account, identity, desk })
            });
        }
    }

    fn assign(&self, desired: &Desired, accounts: &BTreeMap<AccountName, Reached>) -> Assignment {
        let known =
            |reached: &Reached| Known { source: reached.account.source().clone(), identity: reached.identity.clone() };
        let identities: Identities = accounts.iter().map(|(name, reached)| (name.clone(), known(reached))).collect();
        assign(desired, &identities, self.aws.default_region().as_ref(), self.settings.prune.is_some())
    }

    /// Starts, feeds and stops actors.
    fn direct(
        &self,
        assignment: &Assignment,
        accounts: &BTreeMap<AccountName, Reached>,
        running: &mut BTreeMap<ScopeId, Running>,
        actors: &mut JoinSet<()>,
    ) {
        running.retain(|scope, actor| {
            let keep = assignment.accounts.get(scope) == Some(&actor.account);
            if !keep {
                actor.stop.cancel();
            }
            keep
        });
        for (scope, objects) in &assignment.scopes {
            let account = assignment.accounts.get(scope);
            let Some((name, reached)) = account.and_then(|name| Some((name, accounts.get(name)?))) else { continue };
            match running.get(scope) {
                Some(actor) => {
                    actor.objects.send_if_modified(|held| {
                        let differs = held != objects;
                        held.clone_from(objects);
                        differs
                    });
                }
                None => {
                    let Some(desk) = &reached.desk else { continue };
                    let stop = self.shutdown.child_token();
                    let context = Context {
                        scope: reached.account.scope(scope.clone(), stop.clone()),
                        desk: Arc::clone(desk),
                        clock: self.clock,
                        settings: self.settings.clone(),
                        taken: Arc::clone(&objects.taken),
                    };
                    running.insert(scope.clone(), self.start(context, name, objects, stop, actors));
                }
            }
        }
    }

    fn start(
        &self,
        context: Context,
        name: &AccountName,
        objects: &Placed,
        stop: CancellationToken,
        actors: &mut JoinSet<()>,
    ) -> Running {
        let (sender, receiver) = watch::channel(objects.clone());
        let kick = Arc::new(Notify::new());
        actors.spawn(actor::run(Parts {
            context,
            state: Arc::clone(&self.state),
            metrics: Arc::clone(&self.metrics),
            objects: receiver,
            kick: Arc::clone(&kick),
            shutdown: stop.clone(),
        }));
        Running { objects: sender, account: name.clone(), kick, stop }
    }

    /// Every account that there is an object for, or that an object names.
    fn views(
        &self,
        desired: &Desired,
        assignment: &Assignment,
        accounts: &BTreeMap<AccountName, Reached>,
    ) -> Vec<AccountView> {
        let named: BTreeSet<&AccountName> = used_accounts(desired, self.settings.prune.is_some())
            .map(|(name, _)| name)
            .chain(desired.accounts.keys())
            .collect();
        let view = |name: &AccountName| {
            let (desired, reached) = (desired.accounts.get(name).cloned(), accounts.get(name));
            let of_account = assignment.scopes.iter().filter(|(scope, _)| assignment.accounts.get(scope) == Some(name));
            AccountView {
                name: name.clone(),
                mode: desired.as_ref().map_or(self.settings.mode, |account| account.mode.max(self.settings.mode)),
                desired,
                source: reached.map(|reached| reached.account.source().clone()),
                identity: reached.map(|reached| reached.identity.clone()),
                desk: reached.and_then(|reached| reached.desk.clone()),
                scopes: of_account.map(|(scope, objects)| (scope.clone(), objects.objects.len())).collect(),
            }
        };
        named.into_iter().map(view).collect()
    }

    /// Objects in trouble get their status here; objects that are gone leave the state.
    fn publish(&self, desired: &Desired, assignment: &Assignment) {
        for gone in self.state.retain(|key| desired.services.contains_key(key)) {
            self.metrics.forget(&gone);
        }
        for (key, trouble) in &assignment.troubles {
            let Some(object) = desired.services.get(key) else { continue };
            let before = self.state.object(key);
            let changed = before.as_ref().is_none_or(|view| view.desired.spec_hash != object.spec_hash);
            let generation = before.as_ref().map_or(0, |view| view.generation) + u64::from(changed);
            let previous = before.map(|view| view.status).unwrap_or_default();
            let status = unusable(&previous, trouble, generation, &object.spec_hash, self.clock.now());
            let desired = Arc::new(object.clone());
            self.state.put(ObjectView { desired, key: None, generation, status, plan: None });
        }
    }
}

/// The region of any object of the account: GetCallerIdentity answers in each.
fn first_region(desired: &Desired, account: &AccountName) -> Option<Region> {
    desired.services.values().filter(|object| object.account == *account).find_map(|object| object.region.clone())
}
