//! The time, as an argument to everything that needs it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// By how much the system's clock may differ before it was set: what keeps clocks right by and by does not count.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(10);

/// The wall clock at start, carried on by the monotonic clock: it never jumps by itself, and it follows tokio's paused
/// time. All copies show the same time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    /// What the wall clock showed at `start`, in microseconds since 1970. One for the life of the process.
    wall: &'static AtomicI64,
    read: Option<fn() -> Timestamp>,
}

impl Clock {
    /// A clock that starts at the system's time.
    #[allow(clippy::disallowed_methods)] // the one place where the wall clock is read
    pub fn system() -> Self {
        Self::reading(Timestamp::now)
    }

    /// A clock that starts at the time that a wall clock shows.
    pub fn reading(wall: fn() -> Timestamp) -> Self {
        Self { read: Some(wall), ..Self::starting_at(wall()) }
    }

    /// A clock that starts at a given time, and is never set.
    pub fn starting_at(wall: Timestamp) -> Self {
        Self { start: Instant::now(), wall: Box::leak(Box::new(AtomicI64::new(wall.as_microsecond()))), read: None }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.start.elapsed().as_micros()).unwrap_or(i64::MAX);
        let shown = self.wall.load(Ordering::Relaxed).saturating_add(passed);
        Timestamp::from_microsecond(shown).unwrap_or(Timestamp::MAX)
    }

    /// What the wall clock shows: other than [`Clock::now`] when it was set since.
    pub fn wall(&self) -> Timestamp {
        self.read.map_or_else(|| self.now(), |read| read())
    }

    /// By how much the wall clock was set since the start or the last [`Clock::follow`].
    fn jump(&self) -> Option<SignedDuration> {
        Some(self.wall().duration_since(self.now())).filter(|jump| jump.abs() > TOLERANCE)
    }

    /// Waits until the wall clock was set; looks each so often.
    pub(super) async fn jumped(&self, each: Duration) {
        while self.jump().is_none() {
            tokio::time::sleep(each).await;
        }
    }

    /// Shows what the wall clock shows from now on; by how much that differs. Whoever holds a time of before holds one of
    /// another clock.
    pub(super) fn follow(&self) -> SignedDuration {
        let jump = self.jump().unwrap_or_default();
        self.wall.fetch_add(i64::try_from(jump.as_micros()).unwrap_or_default(), Ordering::Relaxed);
        jump
    }
}
