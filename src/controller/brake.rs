//! The brake of one scope: while AWS throttles every call, or the credentials are of no use, only probes go out.
//!
//! A probe is a sweep, which ends at the first call that meets the same trouble. Owns when the next one is due; what is
//! held back meanwhile is the actor's to say.

use std::time::Duration;

use tokio::time::Instant;

use super::retry::Retry;
use crate::diagnose::class::Class;

/// Throttling is probed at least this often: it must be noticed within two minutes that it is over.
const THROTTLED: Duration = Duration::from_secs(60);
/// Failed credentials cost others nothing: work goes on within 30 s of their being back.
const CREDENTIALS: Duration = Duration::from_secs(20);

/// Whether the scope is held back, and until when.
#[derive(Debug)]
pub(super) struct Brake {
    retry: Retry,
    is_on: bool,
}

impl Brake {
    pub(super) fn new() -> Self {
        Self { retry: Retry::new(), is_on: false }
    }

    /// Holds the scope back; gives when the next probe is due.
    pub(super) fn engage(&mut self, class: Class, now: Instant) -> Instant {
        self.is_on = true;
        let longest = if class == Class::Credentials { CREDENTIALS } else { THROTTLED };
        now + self.retry.next().min(longest)
    }

    /// A probe came through.
    pub(super) fn release(&mut self) {
        self.is_on = false;
        self.retry.reset();
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn probes_grow_rarer_up_to_a_minute_and_begin_anew_after_a_release() {
        let (mut brake, now) = (Brake::new(), Instant::now());
        let delays: Vec<Duration> = (0..10).map(|_| brake.engage(Class::Throttled, now) - now).collect();
        assert!(delays[0] < Duration::from_secs(2) && delays[9] == THROTTLED, "{delays:?}");
        assert_eq!(brake.engage(Class::Credentials, now) - now, CREDENTIALS);
        brake.release();
        assert!(!brake.is_on() && brake.engage(Class::Throttled, now) - now < Duration::from_secs(2));
    }
}
