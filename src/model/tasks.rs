//! How the running count of a service follows its desired count: tasks take time to start, and time to stop.
//!
//! Owns nothing of why a count is wanted. AWS documents no times: they are arguments.

use jiff::{SignedDuration, Timestamp};

/// How long tasks take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskTimes {
    /// From wanted to running.
    pub start: SignedDuration,
    /// From unwanted to running no more.
    pub stop: SignedDuration,
}

impl TaskTimes {
    /// The same time for both.
    pub fn both(time: SignedDuration) -> Self {
        Self { start: time, stop: time }
    }
}

/// The tasks of a service that are starting or stopping, each number with the moment at which it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves(Vec<(Timestamp, i32)>);

impl Moves {
    /// Wants `to` tasks from now on. Tasks that have not started yet are given up first, the last ones before the others.
    pub fn aim(&mut self, running: i32, to: i32, now: Timestamp, times: TaskTimes) {
        let eventual = self.0.iter().fold(running, |sum, (_, by)| sum.saturating_add(*by));
        let by = to.saturating_sub(eventual);
        let by = if by < 0 { self.give_up(by) } else { by };
        let time = if by > 0 { times.start } else { times.stop };
        if by != 0 {
            self.0.push((now.checked_add(time).unwrap_or(Timestamp::MAX), by));
        }
    }

    /// Takes back tasks that are starting; what is left of `by`, which is below 0.
    fn give_up(&mut self, mut by: i32) -> i32 {
        for (_, starting) in self.0.iter_mut().rev().filter(|(_, starting)| *starting > 0) {
            let taken = (-by).min(*starting);
            *starting -= taken;
            by += taken;
        }
        self.0.retain(|(_, by)| *by != 0);
        by
    }

    /// Lets every task that is due by `now` count.
    pub fn settle(&mut self, running: &mut i32, now: Timestamp) {
        self.0.retain(|(at, by)| {
            let due = now >= *at;
            if due {
                *running = running.saturating_add(*by);
            }
            !due
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn times(start: i64, stop: i64) -> TaskTimes {
        TaskTimes { start: SignedDuration::from_secs(start), stop: SignedDuration::from_secs(stop) }
    }

    #[test]
    fn each_scale_out_has_its_own_time_to_start() {
        let (mut moves, mut running) = (Moves::default(), 2);
        moves.aim(running, 4, at(0), times(90, 0));
        moves.aim(running, 6, at(60), times(90, 0));
        let counts = [89, 90, 149, 150].map(|second| {
            moves.settle(&mut running, at(second));
            running
        });
        assert_eq!(counts, [2, 4, 4, 6]);
    }

    #[test]
    fn tasks_that_have_not_started_are_given_up_first() {
        let (mut moves, mut running) = (Moves::default(), 4);
        moves.aim(running, 8, at(0), times(90, 30));
        moves.aim(running, 3, at(10), times(90, 30));
        moves.settle(&mut running, at(39));
        assert_eq!(running, 4, "the fourth stops until second 40");
        moves.settle(&mut running, at(1000));
        assert_eq!(running, 3);
    }

    proptest! {
        #[test]
        fn in_the_end_as_many_run_as_were_wanted_last(wanted in proptest::collection::vec((0..50i32, 0..120i64), 1..20)) {
            let (mut moves, mut running, mut now) = (Moves::default(), 5, 0);
            for (to, pause) in &wanted {
                now += pause;
                moves.settle(&mut running, at(now));
                prop_assert!(running >= 0);
                moves.aim(running, *to, at(now), times(90, 30));
            }
            moves.settle(&mut running, at(now + 90));
            prop_assert_eq!(running, wanted.last().unwrap().0);
        }
    }
}
