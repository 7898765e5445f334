//! The delay of a failing object's retry: 1 s to 5 min, doubling, with jitter.
//!
//! The only use of the crate `backoff`, which is no longer maintained (RUSTSEC-2025-0012); should it have to go,
//! `backon` computes the same delays.

use std::time::Duration;

use backoff::backoff::Backoff as _;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};

/// The longest delay between two retries of one object.
pub(super) const LONGEST: Duration = Duration::from_secs(300);

/// A delay is this much shorter or longer by chance. The dice are `fastrand`'s, as the SDK's are, since a test can seed
/// them and cannot seed those of `backoff`.
const JITTER: f64 = 0.2;

/// The delays of one object.
#[derive(Debug)]
pub(super) struct Retry(ExponentialBackoff);

impl Retry {
    pub(super) fn new() -> Self {
        Self(
            ExponentialBackoffBuilder::new()
                .with_initial_interval(Duration::from_secs(1))
                .with_max_interval(LONGEST)
                .with_multiplier(2.0)
                .with_randomization_factor(0.0)
                .with_max_elapsed_time(None) // the default gives up after 15 minutes; an object is never given up
                .build(),
        )
    }

    /// The delay before the next try; it grows with each call.
    pub(super) fn next(&mut self) -> Duration {
        let jitter = 1.0 - JITTER + 2.0 * JITTER * fastrand::f64();
        self.0.next_backoff().unwrap_or(LONGEST).mul_f64(jitter).min(LONGEST)
    }

    /// Begins anew, after a success or a changed spec.
    pub(super) fn reset(&mut self) {
        self.0.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_five_minutes_and_never_end() {
        let mut retry = Retry::new();
        let first = retry.next();
        assert!(first >= Duration::from_millis(800) && first <= Duration::from_millis(1200), "{first:?}");
        let late = (0..1000).map(|_| retry.next()).last().unwrap();
        assert!(late > Duration::from_secs(200) && late <= LONGEST, "{late:?}");
        retry.reset();
        assert!(retry.next() < Duration::from_secs(2));
    }

    #[test]
    fn two_objects_do_not_march_in_step_and_a_seed_repeats_their_delays() {
        let delays = || {
            let (mut one, mut two) = (Retry::new(), Retry::new());
            (0..5).map(|_| (one.next(), two.next())).collect::<Vec<_>>()
        };
        fastrand::seed(7);
        let first = delays();
        assert!(first.iter().all(|(one, two)| one != two), "{first:?}");
        fastrand::seed(7);
        assert_eq!(delays(), first);
    }
}
