//! The loop of one scope: a sweep every interval, and passes over the objects that are due.
//!
//! One actor works on a scope. A sweep runs beside the passes, so that a changed file does not wait for it; an object is
//! never worked on twice at once.

mod prune;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::activity_sweep::{ActivityRead, ActivitySweep};
use super::assign::Placed;
use super::brake::Brake;
use super::coverage::{self, Pace};
use super::entry::Entry;
use super::leftovers::{self, departed};
use super::object::{Again, Context, Passed, pass};
use super::retry::Retry;
use super::state::State;
use super::tag_sweep::{TagRead, TagSweep};
use crate::api::desired::ObjectKey;
use crate::diagnose::class::{Class, classify};
use crate::metrics::Metrics;
use crate::model::failure::Failure;
use crate::model::observed::{ObservedTarget, Read};
use crate::observe::{Beside, Inventory, Observations, Swept, Wanted, meets_every_call, sweep};
use crate::plan::{OutcomeResult, mistaken_owner};

/// Objects that are worked on at once in a scope.
const CONCURRENCY: usize = 4;
/// Alarms that no policy lists any more are looked for with every so manieth sweep, the first among them.
const LEFTOVERS_EVERY: u32 = 10;

/// What an actor is given to work with.
pub(super) struct Parts {
    pub(super) context: Context,
    pub(super) state: Arc<State>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) objects: watch::Receiver<Placed>,
    pub(super) kick: Arc<Notify>,
    pub(super) shutdown: CancellationToken,
}

type PassFuture = Pin<Box<dyn Future<Output = (ObjectKey, Passed, Duration)> + Send>>;
/// `None`: it panicked.
type SweepFuture = Pin<Box<dyn Future<Output = Option<Swept>> + Send>>;

struct Actor {
    parts: Parts,
    entries: BTreeMap<ObjectKey, Entry>,
    /// Objects to work on, in order; changed ones are put in front.
    ready: VecDeque<ObjectKey>,
    passes: FuturesUnordered<PassFuture>,
    /// The objects that the passes work on: one may have been removed and be back before its pass has ended.
    at_work: BTreeSet<ObjectKey>,
    sweep: Option<SweepFuture>,
    next_sweep: Instant,
    tag_sweep: TagSweep,
    activity_sweep: ActivitySweep,
    coverage: Pace,
    /// Objects changed since the last sweep began.
    changed: BTreeSet<ObjectKey>,
    sweeps: u32,
    /// For the next sweep, while lists fail.
    sweep_retry: Retry,
    brake: Brake,
    warned_of_owner: bool,
    leftovers: leftovers::Leftovers,
    /// The scope as it was last given.
    placed: Placed,
    warned_of_prune: Option<String>,
}

/// Runs until `shutdown`; then a write that is under way is waited for, and nothing is sent any more.
pub(super) async fn run(parts: Parts) {
    let now = Instant::now();
    let coverage = Pace::new(parts.context.settings.coverage, now);
    let mut actor = Actor {
        parts,
        entries: BTreeMap::new(),
        ready: VecDeque::new(),
        passes: FuturesUnordered::new(),
        at_work: BTreeSet::new(),
        sweep: None,
        next_sweep: now,
        tag_sweep: TagSweep::new(now),
        activity_sweep: ActivitySweep::new(now),
        coverage,
        changed: BTreeSet::new(),
        sweeps: 0,
        sweep_retry: Retry::new(),
        brake: Brake::new(),
        warned_of_owner: false,
        leftovers: leftovers::Leftovers::default(),
        placed: Placed::default(),
        warned_of_prune: None,
    };
    actor.take_objects();
    while !actor.parts.shutdown.is_cancelled() {
        actor.step().await;
    }
    // A pass that was cut short knows nothing new of its object: its status stays as it was.
    while let Some((key, passed, took)) = actor.passes.next().await {
        actor.parts.metrics.count_pass(&key, &passed, took);
    }
}

impl Actor {
    async fn step(&mut self) {
        self.beat();
        self.start_what_is_due();
        let wake = self.wake_at();
        let shutdown = self.parts.shutdown.clone();
        let kick = Arc::clone(&self.parts.kick);
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            changed = self.parts.objects.changed() => match changed {
                Ok(()) => self.take_objects(),
                Err(_) => self.parts.shutdown.cancel(), // nobody will ever want anything of this scope again
            },
            () = kick.notified() => self.next_sweep = Instant::now(),
            Some((key, passed, took)) = self.passes.next() => self.absorb(key, passed, took),
            swept = maybe(self.sweep.as_mut()) => {
                self.sweep = None;
                self.take_sweep(swept);
            }
            () = self.leftovers.next() => self.prune(),
            read = self.tag_sweep.next() => self.take_tags(read),
            read = self.activity_sweep.next() => self.take_activities(read),
            () = tokio::time::sleep_until(wake) => {}
        }
    }

    fn beat(&self) {
        self.parts.state.beat(self.parts.context.scope.id(), self.parts.context.clock.now());
    }

    /// The next moment at which something falls due; at least once an interval, so that the heartbeat goes on.
    fn wake_at(&self) -> Instant {
        let now = Instant::now();
        let braked = self.brake.is_on();
        let retries = self.entries.values().filter(|entry| !entry.in_flight && !braked).filter_map(|entry| entry.due);
        let sweep = self.sweep.is_none().then_some(self.next_sweep);
        let tags = self.tag_sweep.due().filter(|_| !self.entries.is_empty() && !braked);
        let activities = self.activity_sweep.due().filter(|_| self.may_read_activities());
        let latest = now + self.parts.context.settings.interval;
        retries.chain(sweep).chain(tags).chain(activities).min().unwrap_or(latest).min(latest).max(now)
    }

    /// Activities are read where nobody else wants a call: no object is worked on, and AWS does not hold us back.
    fn may_read_activities(&self) -> bool {
        !self.entries.is_empty() && !self.brake.is_on() && self.passes.is_empty() && self.sweep.is_none()
    }

    fn start_what_is_due(&mut self) {
        let now = Instant::now();
        if self.sweep.is_none() && now >= self.next_sweep {
            self.start_sweep(now);
        }
        if !self.brake.is_on() && self.tag_sweep.due().is_some_and(|due| now >= due) {
            self.tag_sweep.start(&self.parts.context, &self.entries, now);
        }
        if !self.brake.is_on() {
            self.leftovers.start(&self.parts.context);
        }
        for (key, entry) in &mut self.entries {
            if !entry.in_flight && entry.due.is_some_and(|due| now >= due) {
                entry.due = None;
                if !self.ready.contains(key) {
                    self.ready.push_back(key.clone());
                }
            }
        }
        while self.passes.len() < CONCURRENCY && !self.waits_for_the_cap() {
            let Some(key) = self.next_ready() else { break };
            self.start_pass(&key);
        }
        if self.may_read_activities() && self.activity_sweep.due().is_some_and(|due| now >= due) {
            self.activity_sweep.start(&self.parts.context, &self.entries, now);
        }
    }

    /// The next object to work on. With the brake on, only what a sweep has read: that costs no reads of its own.
    fn next_ready(&mut self) -> Option<ObjectKey> {
        if !self.brake.is_on() {
            return self.ready.pop_front();
        }
        let is_read = |key: &ObjectKey| self.entries.get(key).is_some_and(|entry| entry.observed.is_some());
        let at = self.ready.iter().position(is_read)?;
        self.ready.remove(at)
    }

    fn start_sweep(&mut self, now: Instant) {
        self.sweeps = self.sweeps.wrapping_add(1);
        self.next_sweep = now + jittered(self.parts.context.settings.interval, self.sweeps);
        let of = |entry: &Entry| Wanted::of(&entry.object.desired).beside(&entry.kept.memory.others);
        let wanted: Vec<Wanted> = self.entries.values().map(of).collect();
        let beside = Beside { leftovers: self.sweeps % LEFTOVERS_EVERY == 1, inventory: self.coverage.take(now) };
        let (scope, clock) = (self.parts.context.scope.clone(), self.parts.context.clock);
        self.changed.clear();
        let desk = Arc::clone(&self.parts.context.desk);
        let is_idle = self.entries.is_empty() && self.parts.context.settings.prune.is_none();
        let scaled = self.entries.values().map(|entry| &*entry.object).find(|object| object.needs_role());
        let scaled = scaled.map(|object| object.key.clone());
        let work = async move {
            // The role comes before anything else: without it, describing policies fails.
            if let Some(key) = scaled {
                desk.look_at_role(&key).await;
            }
            if is_idle {
                return Swept::default();
            }
            sweep(&scope, desk.as_ref(), &wanted, beside, || clock.now()).await
        };
        self.sweep = Some(Box::pin(AssertUnwindSafe(work).catch_unwind().map(Result::ok)));
    }

    /// Whether the passes under way might use up what may still be changed: then the next one waits for them, instead
    /// of being told for nothing that it may not write.
    fn waits_for_the_cap(&self) -> bool {
        let (changed, limit) = (self.changed.len(), self.parts.context.settings.max_changes);
        changed < limit && changed + self.passes.len() >= limit
    }

    fn start_pass(&mut self, key: &ObjectKey) {
        let may_write = self.changed.contains(key) || self.changed.len() < self.parts.context.settings.max_changes;
        let Some(entry) = self.entries.get_mut(key).filter(|entry| !entry.in_flight) else { return };
        entry.in_flight = true;
        self.at_work.insert(key.clone());
        entry.due = None;
        entry.worked_on = Some(Arc::clone(&entry.object));
        let (object, kept, observed) = (Arc::clone(&entry.object), entry.kept.clone(), entry.observed.take());
        let (context, key) = (self.parts.context.clone(), key.clone());
        self.passes.push(Box::pin(async move {
            let start = Instant::now();
            let passed = pass(&context, &object, &kept, observed, may_write).await;
            (key, passed, start.elapsed())
        }));
    }

    fn absorb(&mut self, key: ObjectKey, passed: Passed, took: Duration) {
        self.parts.metrics.count_pass(&key, &passed, took);
        let sent = |result: &OutcomeResult| matches!(result, OutcomeResult::Done { .. } | OutcomeResult::Failed(_));
        if passed.outcomes.iter().any(|outcome| sent(&outcome.result)) {
            self.changed.insert(key.clone());
        }
        self.at_work.remove(&key);
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.in_flight = false;
        let was_pruned = entry.worked_on.as_ref().is_some_and(|worked_on| worked_on.desired.is_pruned);
        if was_pruned == entry.object.desired.is_pruned {
            entry.keep(passed.kept); // otherwise the object is back, and what was left of it tells nothing
        }
        let now = Instant::now();
        let outdated = entry.worked_on.as_ref().is_none_or(|worked_on| !Arc::ptr_eq(worked_on, &entry.object));
        match passed.again {
            _ if outdated => entry.due = Some(now),
            Again::Soon => entry.due = Some(now + entry.retry.next()),
            Again::WithASweep => {}
            Again::InTime => entry.retry.reset(),
        }
        if !entry.object.desired.is_pruned {
            self.parts.state.put(entry.view(passed.plan.map(Arc::new)));
        }
        self.let_go(&key);
        let seen = |entry: &Entry| entry.object.desired.is_pruned || entry.kept.status.last_sync_time.is_some();
        if self.entries.values().all(seen) {
            self.parts.state.first_pass_done(self.parts.context.scope.id());
        }
    }

    /// Takes the newest objects: changed ones are worked on at once, in front of the others.
    fn take_objects(&mut self) {
        let placed = self.parts.objects.borrow_and_update().clone();
        let wanted = placed.objects.clone();
        self.parts.context.taken = Arc::clone(&placed.taken);
        self.placed = placed;
        self.entries.retain(|key, entry| wanted.contains_key(key) || entry.object.desired.is_pruned);
        self.prune();
        for (key, assigned) in wanted {
            match self.entries.get_mut(&key) {
                Some(entry) if *entry.object == assigned => continue,
                Some(entry) => entry.replace(assigned),
                None => {
                    let mut entry = Entry::new(self.parts.state.object(&key), assigned);
                    entry.in_flight = self.at_work.contains(&key);
                    self.entries.insert(key.clone(), entry);
                }
            }
            if let Some(entry) = self.entries.get(&key).filter(|entry| !entry.in_flight) {
                self.parts.state.put(entry.view(None));
                self.ready.retain(|other| *other != key);
                if self.sweeps > 0 {
                    self.ready.push_front(key); // the first sweep reads everything anyway
                }
            }
        }
        if self.entries.is_empty() {
            self.parts.state.first_pass_done(self.parts.context.scope.id());
        }
    }

    fn take_inventory(&self, inventory: Option<Inventory>) {
        let Some(inventory) = inventory else { return };
        let Context { scope, settings, .. } = &self.parts.context;
        self.parts.state.set_coverage(scope.id(), coverage::count(&inventory, &self.entries, &settings.owner));
    }

    fn take_sweep(&mut self, swept: Option<Swept>) {
        let now = Instant::now();
        self.warn_of_a_mistaken_owner();
        let Some(mut swept) = swept else {
            tracing::error!(scope = %self.parts.context.scope.id(), "a sweep panicked: this is a fault of the controller");
            self.parts.metrics.count_panic();
            self.next_sweep = self.next_sweep.min(now + self.sweep_retry.next());
            return;
        };
        self.take_inventory(swept.inventory.take());
        self.leftovers.take(self.parts.context.scope.id(), &mut swept, &self.placed.source);
        self.prune();
        let observations = swept.observations;
        let all_read = observations.values().all(ObservedTarget::is_complete);
        self.log_sweep(all_read);
        match hold_back(&observations) {
            Some(class) => self.next_sweep = self.brake.engage(class, now),
            None => self.brake.release(),
        }
        if all_read {
            self.sweep_retry.reset();
        } else if !self.brake.is_on() && !observations.values().flat_map(failures).all(|f| classify(f) == Class::Denied)
        {
            // What is denied has its own schedule; anything else may pass by itself.
            self.next_sweep = self.next_sweep.min(now + self.sweep_retry.next());
        }
        for (key, entry) in &mut self.entries {
            let Some(observed) = observations.get(&entry.object.desired.service) else { continue };
            let complete =
                Wanted::of(&entry.object.desired).alarms.iter().all(|name| observed.alarms.contains_key(name));
            let late = entry.kept.memory.last_write_at.is_some_and(|write| observed.read_at <= write);
            if entry.in_flight || late || !complete {
                continue; // worked on since the sweep began; its own reads are newer
            }
            entry.observed = Some(observed.clone());
            if !self.ready.contains(key) {
                self.ready.push_back(key.clone());
            }
        }
    }

    /// The log's heartbeat: deploy/ecs makes metrics of it. `failing` is as of the passes before.
    fn log_sweep(&self, complete: bool) {
        let failing = self.entries.values().filter(|entry| entry.is_failing()).count();
        let scope = self.parts.context.scope.id();
        tracing::info!(%scope, objects = self.placed.objects.len(), failing, complete, "swept");
    }

    /// An owner id that matches nothing while another matches our objects: said once, and loudly.
    fn warn_of_a_mistaken_owner(&mut self) {
        let owner = &self.parts.context.settings.owner;
        let tags = self
            .entries
            .iter()
            .flat_map(|(key, entry)| entry.kept.memory.tags.values().map(move |reading| (key, &reading.tags)));
        let Some(other) = mistaken_owner(tags, owner).filter(|_| !self.warned_of_owner) else { return };
        tracing::error!(
            scope = %self.parts.context.scope.id(), %owner, other,
            "no resource carries our owner id, and those of our objects carry another: is --owner right?"
        );
        self.warned_of_owner = true;
    }

    fn take_activities(&mut self, read: ActivityRead) {
        let Some(entry) = self.entries.get_mut(&read.object) else { return };
        let Some(result) = read.read else { return self.parts.metrics.count_panic() };
        let known = std::mem::take(&mut entry.kept.memory.activities);
        entry.kept.memory.activities = known.with(result, read.asked_at);
    }

    fn take_tags(&mut self, read: TagRead) {
        if let Some((entry, reading)) = self.entries.get_mut(&read.object).zip(read.reading) {
            entry.kept.memory.tags.insert(read.arn, reading);
        }
    }
}

/// Why a sweep met what every further call would meet as well.
fn hold_back(observations: &Observations) -> Option<Class> {
    observations.values().flat_map(failures).map(classify).find(|class| meets_every_call(*class))
}

/// Every failed list of an observation.
fn failures(observed: &ObservedTarget) -> impl Iterator<Item = &Failure> {
    let lists = [
        observed.service.failure(),
        observed.target.failure(),
        observed.policies.failure(),
        observed.scheduled_actions.failure(),
    ];
    lists.into_iter().flatten().chain(observed.alarms.values().filter_map(Read::failure))
}

/// The interval ± 10 %, so that scopes do not march in step; the same for the same sweep.
fn jittered(interval: Duration, sweep: u32) -> Duration {
    let spread = sweep.wrapping_mul(2_654_435_769) >> 22; // Knuth's multiplier; ten bits
    interval.mul_f64(0.9 + 0.2 * f64::from(spread) / 1023.0)
}

/// Waits for a future that may not be there.
async fn maybe<F: Future + Unpin>(future: Option<F>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
