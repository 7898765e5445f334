//! The slow sweep of tags: the tags of every resource, round and round, so that an equal but foreign one is found within
//! a lap and not on its first drift.
//!
//! Owns its pace and where it is. What the tags mean is decided in `plan`.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;

use super::entry::Entry;
use super::leftovers::read_tags;
use super::object::Context;
use super::retry::Retry;
use crate::api::desired::ObjectKey;
use crate::model::names::TargetKey;
use crate::model::observed::TagReading;

/// Between two readings: two a second.
const PACE: Duration = Duration::from_millis(500);

/// What one reading gave.
pub(super) struct TagRead {
    pub(super) object: ObjectKey,
    pub(super) arn: String,
    /// `None`: the tags could not be read.
    pub(super) reading: Option<TagReading>,
}

/// The sweep of one scope.
pub(super) struct TagSweep {
    reading: Option<Pin<Box<dyn Future<Output = TagRead> + Send>>>,
    next: Instant,
    /// For the next reading, while they fail.
    retry: Retry,
    /// The object, and which of its resources, that was read last.
    cursor: Option<(ObjectKey, usize)>,
    /// When the lap began.
    lap: Instant,
}

impl TagSweep {
    pub(super) fn new(now: Instant) -> Self {
        Self { reading: None, next: now, retry: Retry::new(), cursor: None, lap: now }
    }

    /// When the next reading is due; `None` while one is under way.
    pub(super) fn due(&self) -> Option<Instant> {
        self.reading.is_none().then_some(self.next)
    }

    /// Begins to read the tags of the next resource. A lap takes an interval at least: a scope of few resources need not
    /// be asked twice a second.
    pub(super) fn start(&mut self, context: &Context, entries: &BTreeMap<ObjectKey, Entry>, now: Instant) {
        self.next = now + PACE;
        if self.cursor.is_none() {
            self.lap = now;
        }
        let Some((object, index, arn)) = self.behind_cursor(entries) else {
            if self.cursor.take().is_some() {
                self.next = self.next.max(self.lap + context.settings.interval);
            }
            return;
        };
        self.cursor = Some((object.clone(), index));
        let Some(target) = entries.get(&object).map(|entry| entry.object.key.clone()) else { return };
        let work = read(context.clone(), target, object.clone(), arn.clone());
        // A panic is a fault of ours, and must not end the loop.
        self.reading = Some(Box::pin(
            AssertUnwindSafe(work).catch_unwind().map(|read| read.unwrap_or(TagRead { object, arn, reading: None })),
        ));
    }

    /// The end of the reading that is under way; waits for ever where there is none.
    pub(super) async fn next(&mut self) -> TagRead {
        let read = match &mut self.reading {
            Some(reading) => reading.await,
            None => std::future::pending().await,
        };
        self.reading = None;
        if read.reading.is_some() {
            self.retry.reset();
        } else {
            self.next = Instant::now() + self.retry.next();
        }
        read
    }

    /// The resource behind the cursor: of the same object, or of one of the next. `None` at the end of a lap.
    fn behind_cursor(&self, entries: &BTreeMap<ObjectKey, Entry>) -> Option<(ObjectKey, usize, String)> {
        let nth = |key: &ObjectKey, entry: &Entry, n: usize| {
            entry.tagged().get(n).map(|arn| (key.clone(), n, (*arn).to_owned()))
        };
        let Some((at, index)) = &self.cursor else {
            return entries.iter().find_map(|(key, entry)| nth(key, entry, 0));
        };
        let skip = |key: &ObjectKey| if key == at { index + 1 } else { 0 };
        entries.range(at..).find_map(|(key, entry)| nth(key, entry, skip(key)))
    }
}

async fn read(context: Context, target: TargetKey, object: ObjectKey, arn: String) -> TagRead {
    let reading = read_tags(&context, &target.service, &arn).await;
    if let Err(failure) = &reading {
        tracing::debug!(%object, arn, error = %failure, "tags could not be read");
    }
    TagRead { object, arn, reading: reading.ok() }
}
