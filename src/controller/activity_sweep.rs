//! The slow sweep of scaling activities: AWS's record of one service at a time, for the status.
//!
//! Owns its budget and who is next. One call every six seconds at most, ten a minute in a scope, and none while an object
//! is worked on or AWS holds us back: a write never waits for it. An object is read every ten minutes; every interval one
//! that is pressed (at its maximum, outside its range, with an alarm in ALARM that asks for what is not so, or just moved).
//! Where these are more than the budget holds, whoever is longest overdue is next, pressed ones first. What the record
//! means is decided in `status`.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::time::Instant;

use super::entry::Entry;
use super::object::Context;
use crate::admission::{Call, Refused, admit};
use crate::api::desired::ObjectKey;
use crate::model::activity::ActivityReading;
use crate::model::failure::{AwsService, Failure};
use crate::model::names::TargetKey;

/// Between two calls.
const PACE: Duration = Duration::from_secs(6);
/// Between two readings of an object that nothing presses.
const AT_REST: Duration = Duration::from_secs(600);
/// Pages that are read of one object.
const PAGES: usize = 1;

/// What one reading gave.
pub(super) struct ActivityRead {
    pub(super) object: ObjectKey,
    pub(super) asked_at: Timestamp,
    /// `None`: it panicked.
    pub(super) read: Option<Result<ActivityReading, Failure>>,
}

/// The sweep of one scope.
pub(super) struct ActivitySweep {
    reading: Option<Pin<Box<dyn Future<Output = ActivityRead> + Send>>>,
    next: Instant,
}

impl ActivitySweep {
    pub(super) fn new(now: Instant) -> Self {
        Self { reading: None, next: now + PACE }
    }

    /// When the next reading is due; `None` while one is under way.
    pub(super) fn due(&self) -> Option<Instant> {
        self.reading.is_none().then_some(self.next)
    }

    /// Begins to read the activities of whoever is next; waits where nobody is.
    pub(super) fn start(&mut self, context: &Context, entries: &BTreeMap<ObjectKey, Entry>, now: Instant) {
        self.next = now + PACE;
        let asked_at = context.clock.now();
        let Some((object, target)) = next(entries, context.settings.interval, asked_at) else { return };
        let work = AssertUnwindSafe(read(context.clone(), target, asked_at)).catch_unwind();
        // A panic is a fault of ours, and must not end the loop.
        self.reading = Some(Box::pin(work.map(move |read| ActivityRead { object, asked_at, read: read.ok() })));
    }

    /// The end of the reading that is under way; waits for ever where there is none.
    pub(super) async fn next(&mut self) -> ActivityRead {
        let read = match &mut self.reading {
            Some(reading) => reading.await,
            None => std::future::pending().await,
        };
        self.reading = None;
        read
    }
}

/// Who is longest overdue, in terms of how often it is to be read.
fn next(entries: &BTreeMap<ObjectKey, Entry>, interval: Duration, now: Timestamp) -> Option<(ObjectKey, TargetKey)> {
    let due = entries.iter().filter(|(_, entry)| entry.has_target()).filter_map(|(key, entry)| {
        let every = if entry.kept.is_pressed { interval.min(AT_REST) } else { AT_REST };
        let overdue = match entry.kept.memory.activities.asked_at {
            Some(asked_at) => now.duration_since(asked_at).as_secs_f64() / every.as_secs_f64(),
            None => f64::INFINITY,
        };
        (overdue >= 1.0).then_some((overdue, entry.kept.is_pressed, key, entry))
    });
    let first = due.max_by(|(a, a_pressed, a_key, _), (b, b_pressed, b_key, _)| {
        a.total_cmp(b).then(a_pressed.cmp(b_pressed)).then(b_key.cmp(a_key))
    });
    first.map(|(_, _, key, entry)| (key.clone(), entry.object.key.clone()))
}

async fn read(context: Context, target: TargetKey, asked_at: Timestamp) -> Result<ActivityReading, Failure> {
    let (service, operation) = (AwsService::ApplicationAutoScaling, "DescribeScalingActivities");
    let call = Call { service, operation, key: &target, on: "" };
    let reply = context.scope.activities(&target.service, PAGES, asked_at);
    admit(context.desk.as_ref(), call, reply).await.map_err(Refused::failure)
}
