//! The time, as an argument to everything that needs it.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The wall clock at start, carried on by the monotonic clock: it never jumps, and it follows tokio's paused time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: Timestamp,
    start: Instant,
}

impl Clock {
    /// A clock that starts at the system's time.
    #[allow(clippy::disallowed_methods)] // the one place where the wall clock is read
    pub fn system() -> Self {
        Self::starting_at(Timestamp::now())
    }

    /// A clock that starts at a given time.
    pub fn starting_at(wall: Timestamp) -> Self {
        Self { wall, start: Instant::now() }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.start.elapsed()).unwrap_or(SignedDuration::MAX);
        self.wall.saturating_add(passed).unwrap_or(Timestamp::MAX)
    }
}
