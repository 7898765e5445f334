//! The loop of one scope: a sweep every interval, and passes over the objects that are due.
//!
//! One actor works on a scope. A sweep runs beside the passes, so that a changed file does not wait for it; an object is
//! never worked on twice at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::assign::Assigned;
use super::object::{Again, Context, Kept, Passed, look_up, pass};
use super::retry::Retry;
use super::state::{ObjectView, State};
use crate::api::desired::ObjectKey;
use crate::metrics::Metrics;
use crate::model::failure::Failure;
use crate::model::observed::{ObservedTarget, TagReading};
use crate::observe::{Observations, Wanted, sweep};
use crate::plan::{Lookup, OutcomeResult};

/// Objects that are worked on at once in a scope.
const CONCURRENCY: usize = 4;
/// Between two tag readings of the slow sweep: two a second.
const TAG_PACE: Duration = Duration::from_millis(500);

/// What an actor is given to work with.
pub(super) struct Parts {
    pub(super) context: Context,
    pub(super) state: Arc<State>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) objects: watch::Receiver<BTreeMap<ObjectKey, Assigned>>,
    pub(super) kick: Arc<Notify>,
    pub(super) shutdown: CancellationToken,
}

/// An object in the care of the actor.
struct Entry {
    object: Arc<Assigned>,
    kept: Kept,
    /// Read and not yet used for a pass.
    observed: Option<ObservedTarget>,
    retry: Retry,
    due: Option<Instant>,
    in_flight: bool,
    /// What the last pass worked on: a pass on an older version does not count.
    worked_on: Option<Arc<Assigned>>,
}

type PassFuture = Pin<Box<dyn Future<Output = (ObjectKey, Passed, Duration)> + Send>>;
type SweepFuture = Pin<Box<dyn Future<Output = Observations> + Send>>;
type TagFuture = Pin<Box<dyn Future<Output = (ObjectKey, String, Result<TagReading, Failure>)> + Send>>;

struct Actor {
    parts: Parts,
    entries: BTreeMap<ObjectKey, Entry>,
    /// Objects to work on, in order; changed ones are put in front.
    ready: VecDeque<ObjectKey>,
    passes: FuturesUnordered<PassFuture>,
    sweep: Option<SweepFuture>,
    next_sweep: Instant,
    tag_reading: Option<TagFuture>,
    next_tag: Instant,
    /// Where the slow sweep of tags is.
    tag_cursor: Option<(ObjectKey, usize)>,
    /// When its lap began.
    tag_lap: Instant,
    /// Objects changed since the last sweep began.
    changed: BTreeSet<ObjectKey>,
    sweeps: u32,
    /// For the next sweep, while lists fail.
    sweep_retry: Retry,
}

/// Runs until `shutdown`; passes that are under way are finished.
pub(super) async fn run(parts: Parts) {
    let now = Instant::now();
    let mut actor = Actor {
        parts,
        entries: BTreeMap::new(),
        ready: VecDeque::new(),
        passes: FuturesUnordered::new(),
        sweep: None,
        next_sweep: now,
        tag_reading: None,
        next_tag: now,
        tag_cursor: None,
        tag_lap: now,
        changed: BTreeSet::new(),
        sweeps: 0,
        sweep_retry: Retry::new(),
    };
    actor.take_objects();
    while !actor.parts.shutdown.is_cancelled() {
        actor.step().await;
    }
    while let Some((key, passed, took)) = actor.passes.next().await {
        actor.absorb(key, passed, took);
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
            observations = maybe(self.sweep.as_mut()) => {
                self.sweep = None;
                self.take_observations(observations);
            }
            (key, arn, reading) = maybe(self.tag_reading.as_mut()) => {
                self.tag_reading = None;
                self.take_tags(&key, arn, reading);
            }
            () = tokio::time::sleep_until(wake) => {}
        }
    }

    fn beat(&self) {
        self.parts.state.beat(self.parts.context.scope.id(), self.parts.context.clock.now());
    }

    /// The next moment at which something falls due; at least once an interval, so that the heartbeat goes on.
    fn wake_at(&self) -> Instant {
        let now = Instant::now();
        let retries = self.entries.values().filter(|entry| !entry.in_flight).filter_map(|entry| entry.due);
        let sweep = self.sweep.is_none().then_some(self.next_sweep);
        let tags = (self.tag_reading.is_none() && !self.entries.is_empty()).then_some(self.next_tag);
        let latest = now + self.parts.context.settings.interval;
        retries.chain(sweep).chain(tags).min().unwrap_or(latest).min(latest).max(now)
    }

    fn start_what_is_due(&mut self) {
        let now = Instant::now();
        if self.sweep.is_none() && now >= self.next_sweep {
            self.start_sweep(now);
        }
        if self.tag_reading.is_none() && now >= self.next_tag {
            self.next_tag = now + TAG_PACE;
            self.start_tag_reading();
        }
        for (key, entry) in &mut self.entries {
            if !entry.in_flight && entry.due.is_some_and(|due| now >= due) {
                entry.due = None;
                if !self.ready.contains(key) {
                    self.ready.push_back(key.clone());
                }
            }
        }
        while self.passes.len() < CONCURRENCY {
            let Some(key) = self.ready.pop_front() else { break };
            self.start_pass(&key);
        }
    }

    fn start_sweep(&mut self, now: Instant) {
        self.sweeps = self.sweeps.wrapping_add(1);
        self.next_sweep = now + jittered(self.parts.context.settings.interval, self.sweeps);
        let wanted: Vec<Wanted> = self.entries.values().map(|entry| Wanted::of(&entry.object.desired)).collect();
        let (scope, clock) = (self.parts.context.scope.clone(), self.parts.context.clock);
        self.changed.clear();
        let desk = Arc::clone(&self.parts.context.desk);
        let any = self.entries.values().next().map(|entry| entry.object.key.clone());
        self.sweep = Some(Box::pin(async move {
            // The role comes before anything else: without it, describing policies fails.
            match any {
                None => Observations::new(),
                Some(key) => {
                    desk.look_at_role(&key).await;
                    sweep(&scope, &wanted, || clock.now()).await
                }
            }
        }));
    }

    fn start_pass(&mut self, key: &ObjectKey) {
        let under_way = self.passes.len();
        let limit = self.parts.context.settings.max_changes;
        let may_write = self.changed.contains(key) || self.changed.len() + under_way < limit;
        let Some(entry) = self.entries.get_mut(key).filter(|entry| !entry.in_flight) else { return };
        entry.in_flight = true;
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
        if passed.outcomes.iter().any(|outcome| !matches!(outcome.result, OutcomeResult::Skipped { .. })) {
            self.changed.insert(key.clone());
        }
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.in_flight = false;
        entry.keep(passed.kept);
        let now = Instant::now();
        let outdated = entry.worked_on.as_ref().is_none_or(|worked_on| !Arc::ptr_eq(worked_on, &entry.object));
        match passed.again {
            _ if outdated => entry.due = Some(now),
            Again::Soon => entry.due = Some(now + entry.retry.next()),
            Again::WithASweep => self.next_sweep = self.next_sweep.min(now + self.sweep_retry.next()),
            Again::InTime => entry.retry.reset(),
        }
        self.parts.state.put(view(entry, passed.plan.map(Arc::new)));
        if self.entries.values().all(|entry| entry.kept.status.last_sync_time.is_some()) {
            self.parts.state.first_pass_done(self.parts.context.scope.id());
        }
    }

    /// Takes the newest objects: changed ones are worked on at once, in front of the others.
    fn take_objects(&mut self) {
        let wanted = self.parts.objects.borrow_and_update().clone();
        self.entries.retain(|key, _| wanted.contains_key(key));
        for (key, assigned) in wanted {
            match self.entries.get_mut(&key) {
                Some(entry) if *entry.object == assigned => continue,
                Some(entry) => entry.replace(assigned),
                None => {
                    let entry = Entry::new(self.parts.state.object(&key), assigned);
                    self.entries.insert(key.clone(), entry);
                }
            }
            if let Some(entry) = self.entries.get(&key).filter(|entry| !entry.in_flight) {
                self.parts.state.put(view(entry, None));
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

    fn take_observations(&mut self, observations: Observations) {
        if observations.values().all(ObservedTarget::is_complete) {
            self.sweep_retry.reset();
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

    /// Reads the tags of the next resource, round and round, so that an equal but foreign one is found within a lap. A
    /// lap takes an interval at least: a scope of few resources need not be asked twice a second.
    fn start_tag_reading(&mut self) {
        if self.tag_cursor.is_none() {
            self.tag_lap = Instant::now();
        }
        let Some((key, index, arn)) = self.next_tagged() else {
            if self.tag_cursor.take().is_some() {
                self.next_tag = self.next_tag.max(self.tag_lap + self.parts.context.settings.interval);
            }
            return;
        };
        self.tag_cursor = Some((key.clone(), index));
        let Some(target) = self.entries.get(&key).map(|entry| entry.object.key.clone()) else { return };
        let context = self.parts.context.clone();
        self.tag_reading = Some(Box::pin(async move {
            let lookup = match crate::model::arn::Arn::parse(&arn) {
                Some(parsed) if parsed.service == "cloudwatch" => Lookup::AlarmTags(arn.clone()),
                _ => Lookup::TargetTags(arn.clone()),
            };
            let read = look_up(&context, &target, &lookup).await;
            (key, arn, read.map(|(_, reading)| reading))
        }));
    }

    /// The resource behind the cursor: of the same object, or of the next one. `None` at the end of a lap.
    fn next_tagged(&self) -> Option<(ObjectKey, usize, String)> {
        let taggable = |entry: &Entry| -> Vec<String> {
            let resources = entry.kept.status.resources.iter();
            let ours = resources.filter(|r| r.kind == "ScalableTarget" || r.kind == "Alarm");
            ours.filter_map(|resource| resource.arn.clone()).collect()
        };
        let after = self.tag_cursor.as_ref();
        let start = after.map_or_else(|| self.entries.range::<ObjectKey, _>(..), |(key, _)| self.entries.range(key..));
        for (key, entry) in start {
            let skip = after.filter(|(at, _)| at == key).map_or(0, |(_, index)| index + 1);
            if let Some((index, arn)) = taggable(entry).into_iter().enumerate().nth(skip) {
                return Some((key.clone(), index, arn));
            }
        }
        None
    }

    fn take_tags(&mut self, key: &ObjectKey, arn: String, reading: Result<TagReading, Failure>) {
        match reading {
            Ok(reading) => {
                if let Some(entry) = self.entries.get_mut(key) {
                    entry.kept.memory.tags.insert(arn, reading);
                }
            }
            Err(failure) => tracing::debug!(object = %key, arn, error = %failure, "tags could not be read"),
        }
    }
}

impl Entry {
    /// A new object; one that was there under another scope keeps its history.
    fn new(before: Option<ObjectView>, assigned: Assigned) -> Self {
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

    fn replace(&mut self, assigned: Assigned) {
        self.kept.generation += u64::from(self.object.desired.spec_hash != assigned.desired.spec_hash);
        self.object = Arc::new(assigned);
        self.retry.reset();
        self.observed = None;
    }

    /// Takes what a pass left behind. The spec may have changed and tags may have been read meanwhile.
    fn keep(&mut self, passed: Kept) {
        let generation = self.kept.generation;
        let tags = std::mem::take(&mut self.kept.memory.tags);
        self.kept = Kept { generation, ..passed };
        for (arn, reading) in tags {
            if self.kept.memory.tags.get(&arn).is_none_or(|known| known.read_at < reading.read_at) {
                self.kept.memory.tags.insert(arn, reading);
            }
        }
    }
}

fn view(entry: &Entry, plan: Option<Arc<crate::plan::Plan>>) -> ObjectView {
    ObjectView {
        desired: Arc::new(entry.object.desired.clone()),
        key: Some(entry.object.key.clone()),
        generation: entry.kept.generation,
        status: entry.kept.status.clone(),
        plan,
    }
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
