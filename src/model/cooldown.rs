//! What a step scaling policy may do when it fires: where it starts from, and what a cooldown leaves of it.
//!
//! Owns S-018 to S-020 and S-082. A target has one [`Cooldowns`] value; [`fire`] decides, and [`Cooldowns::after`]
//! gives the value that follows a successful activity. Must not know alarms or how a decision is carried out.

use jiff::{SignedDuration, Timestamp};

use super::capacity::CapacityRange;
use super::policy::{AdjustmentType, StepAdjustment, StepScalingConfig};
use super::steps::adjusted;

/// Out adds tasks, in takes them away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// More tasks.
    Out,
    /// Fewer tasks.
    In,
}

/// A service's tasks at the moment that a policy fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Tasks running.
    pub running: i32,
    /// Tasks wanted.
    pub desired: i32,
}

/// The cooldowns of one target; none at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cooldowns {
    out: Option<OutCooldown>,
    until_in: Option<Timestamp>,
}

/// A scale-out that has just been, and the tasks that there were before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OutCooldown {
    until: Timestamp,
    base: i32,
}

/// What a policy that fires does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It sets the desired count.
    Scale(Activity),
    /// It does nothing.
    Hold(HoldReason),
}

/// A change of the desired count by a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Which way.
    pub direction: Direction,
    /// What the step was added to: the running count, or what a cooldown or the range made of it.
    pub base: i32,
    /// The desired count from now on.
    pub to: i32,
}

/// Why a policy that fires does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldReason {
    /// A cooldown is on and leaves nothing to do.
    Cooldown {
        /// When it ends.
        until: Timestamp,
    },
    /// Scaling out would need more than the maximum.
    AlreadyAtMaxCapacity,
    /// Scaling in would need less than the minimum.
    AlreadyAtMinCapacity,
    /// The desired count is already what the step leads to.
    AlreadyAtDesiredCapacity,
    /// The desired count lies outside the range, on the side that this policy moves to (S-018, S-019).
    BeyondRange,
}

/// Which way a step moves; `None` where it moves nothing.
pub fn direction(config: &StepScalingConfig, step: &StepAdjustment, running: i32) -> Option<Direction> {
    let by = match config.adjustment_type {
        AdjustmentType::ExactCapacity => step.adjustment.saturating_sub(running),
        _ => step.adjustment,
    };
    match by.signum() {
        1 => Some(Direction::Out),
        -1 => Some(Direction::In),
        _ => None,
    }
}

/// What a step is added to: the running count (S-020), or the bound of the range that the desired count has left.
/// `None` where the desired count has left it on the side that the step moves to (S-018, S-019).
pub fn starting_point(counts: Counts, range: CapacityRange, direction: Direction) -> Option<i32> {
    let below = counts.desired < range.min();
    let above = counts.desired > range.max();
    match direction {
        Direction::Out if above => None,
        Direction::In if below => None,
        _ if below => Some(range.min()),
        _ if above => Some(range.max()),
        _ => Some(counts.running),
    }
}

/// What a policy does with the step that its alarm chose, at `now`.
pub fn fire(
    config: &StepScalingConfig,
    step: &StepAdjustment,
    counts: Counts,
    range: CapacityRange,
    cooldowns: &Cooldowns,
    now: Timestamp,
) -> Decision {
    let Some(direction) = direction(config, step, counts.running) else {
        return Decision::Hold(HoldReason::AlreadyAtDesiredCapacity);
    };
    let Some(start) = starting_point(counts, range, direction) else {
        return Decision::Hold(HoldReason::BeyondRange);
    };
    match direction {
        Direction::Out => out(config, step, counts, range, cooldowns.out_at(now), start),
        Direction::In => match cooldowns.in_blocked_until(now) {
            Some(until) => Decision::Hold(HoldReason::Cooldown { until }),
            None => scale_in(config, step, counts, range, start),
        },
    }
}

/// While a scale-out cools down, what it added counts as part of the new adjustment (S-082): of 2 and then 3, 1 is left.
fn out(
    config: &StepScalingConfig,
    step: &StepAdjustment,
    counts: Counts,
    range: CapacityRange,
    cooling: Option<OutCooldown>,
    start: i32,
) -> Decision {
    let base = cooling.map_or(start, |cooling| cooling.base.max(range.min()));
    let to = adjusted(config, step, base, range);
    if to > counts.desired {
        return Decision::Scale(Activity { direction: Direction::Out, base, to });
    }
    Decision::Hold(match cooling {
        _ if counts.desired == range.max() => HoldReason::AlreadyAtMaxCapacity,
        Some(OutCooldown { until, .. }) => HoldReason::Cooldown { until },
        None => HoldReason::AlreadyAtDesiredCapacity,
    })
}

fn scale_in(
    config: &StepScalingConfig,
    step: &StepAdjustment,
    counts: Counts,
    range: CapacityRange,
    base: i32,
) -> Decision {
    let to = adjusted(config, step, base, range);
    if to < counts.desired {
        return Decision::Scale(Activity { direction: Direction::In, base, to });
    }
    Decision::Hold(if counts.desired == range.min() {
        HoldReason::AlreadyAtMinCapacity
    } else {
        HoldReason::AlreadyAtDesiredCapacity
    })
}

impl Cooldowns {
    /// The cooldowns after an activity succeeded at `now`, with its policy's cooldown in seconds (S-082).
    ///
    /// A scale-out cancels the cooldown of a scale-in. One within a scale-out's cooldown starts the time again but keeps
    /// the count that the first one began with: AWS does not say, and so no task is added twice for one load.
    pub fn after(self, activity: Activity, cooldown: i32, now: Timestamp) -> Self {
        let until = now + SignedDuration::from_secs(i64::from(cooldown.max(0)));
        match activity.direction {
            Direction::Out => Self { out: Some(OutCooldown { until, base: activity.base }), until_in: None },
            Direction::In => Self { until_in: Some(until), ..self },
        }
    }

    fn out_at(&self, now: Timestamp) -> Option<OutCooldown> {
        self.out.filter(|out| now < out.until)
    }

    /// Until when scale-in waits: for the last scale-in and for the last scale-out (S-082).
    fn in_blocked_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.until_in.max(self.out.map(|out| out.until)).filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start() -> Timestamp {
        "2026-11-25T10:00:00Z".parse().unwrap()
    }

    fn after_seconds(seconds: i64) -> Timestamp {
        start() + SignedDuration::from_secs(seconds)
    }

    fn step(adjustment: i32) -> StepAdjustment {
        StepAdjustment { lower: Some(0.into()), upper: None, adjustment }
    }

    fn change() -> StepScalingConfig {
        StepScalingConfig::canonical(AdjustmentType::ChangeInCapacity, vec![], None, None, None)
    }

    fn range() -> CapacityRange {
        CapacityRange::new(2, 20).unwrap()
    }

    fn settled(tasks: i32) -> Counts {
        Counts { running: tasks, desired: tasks }
    }

    fn fired(by: i32, counts: Counts, cooldowns: &Cooldowns, seconds: i64) -> Decision {
        fire(&change(), &step(by), counts, range(), cooldowns, after_seconds(seconds))
    }

    fn activity(decision: Decision) -> Activity {
        match decision {
            Decision::Scale(activity) => activity,
            Decision::Hold(reason) => panic!("held: {reason:?}"),
        }
    }

    fn cooling_out() -> Cooldowns {
        let first = activity(fired(2, settled(10), &Cooldowns::default(), 0));
        assert_eq!(first.to, 12);
        Cooldowns::default().after(first, 300, start())
    }

    // S-082: AWS's example: 2, then 3 within the cooldown, adds 1.
    #[test]
    fn a_larger_step_within_the_cooldown_adds_the_difference() {
        let second = activity(fired(3, settled(12), &cooling_out(), 60));
        assert_eq!((second.base, second.to), (10, 13));
        let until = after_seconds(360);
        let cooldowns = cooling_out().after(second, 300, after_seconds(60));
        assert_eq!(fired(3, settled(13), &cooldowns, 120), Decision::Hold(HoldReason::Cooldown { until }));
    }

    // S-082
    #[test]
    fn the_same_step_waits_for_the_end_of_the_cooldown() {
        let until = after_seconds(300);
        assert_eq!(fired(2, settled(12), &cooling_out(), 299), Decision::Hold(HoldReason::Cooldown { until }));
        assert_eq!(activity(fired(2, settled(12), &cooling_out(), 300)).to, 14);
    }

    // S-082
    #[test]
    fn scale_in_waits_for_either_cooldown() {
        let until = after_seconds(300);
        assert_eq!(fired(-1, settled(12), &cooling_out(), 60), Decision::Hold(HoldReason::Cooldown { until }));
        let first = activity(fired(-1, settled(10), &Cooldowns::default(), 0));
        let cooldowns = Cooldowns::default().after(first, 300, start());
        assert_eq!(fired(-1, settled(9), &cooldowns, 60), Decision::Hold(HoldReason::Cooldown { until }));
        assert_eq!(activity(fired(-1, settled(9), &cooldowns, 300)).to, 8);
    }

    // S-082
    #[test]
    fn a_scale_out_goes_at_once_and_cancels_the_scale_in_cooldown() {
        let first = activity(fired(-1, settled(10), &Cooldowns::default(), 0));
        let cooldowns = Cooldowns::default().after(first, 300, start());
        let out = activity(fired(2, settled(9), &cooldowns, 30));
        assert_eq!(out.to, 11);
        let cooldowns = cooldowns.after(out, 0, after_seconds(30));
        assert_eq!(activity(fired(-1, settled(11), &cooldowns, 60)).to, 10);
    }

    // S-018
    #[test]
    fn below_the_minimum_scale_out_starts_at_it_and_scale_in_does_nothing() {
        let none = Cooldowns::default();
        assert_eq!(activity(fired(2, settled(1), &none, 0)).to, 4);
        assert_eq!(fired(-1, settled(1), &none, 0), Decision::Hold(HoldReason::BeyondRange));
    }

    // S-019
    #[test]
    fn above_the_maximum_scale_in_starts_at_it_and_scale_out_does_nothing() {
        let none = Cooldowns::default();
        assert_eq!(activity(fired(-1, settled(25), &none, 0)).to, 19);
        assert_eq!(fired(2, settled(25), &none, 0), Decision::Hold(HoldReason::BeyondRange));
    }

    // S-020
    #[test]
    fn scaling_starts_from_the_running_count() {
        let starting = Counts { running: 10, desired: 12 };
        let none = Cooldowns::default();
        assert_eq!(activity(fired(4, starting, &none, 0)).to, 14);
        assert_eq!(fired(2, starting, &none, 0), Decision::Hold(HoldReason::AlreadyAtDesiredCapacity));
    }

    #[test]
    fn a_bound_that_is_reached_is_said() {
        let none = Cooldowns::default();
        assert_eq!(fired(2, settled(20), &none, 0), Decision::Hold(HoldReason::AlreadyAtMaxCapacity));
        assert_eq!(fired(-1, settled(2), &none, 0), Decision::Hold(HoldReason::AlreadyAtMinCapacity));
        assert_eq!(fired(0, settled(5), &none, 0), Decision::Hold(HoldReason::AlreadyAtDesiredCapacity));
    }

    #[test]
    fn an_exact_capacity_scales_whichever_way_it_lies() {
        let exact = StepScalingConfig::canonical(AdjustmentType::ExactCapacity, vec![], None, None, None);
        let to = |count, running| {
            let decision = fire(&exact, &step(count), settled(running), range(), &Cooldowns::default(), start());
            activity(decision)
        };
        assert_eq!((to(6, 4).direction, to(6, 4).to), (Direction::Out, 6));
        assert_eq!((to(6, 9).direction, to(6, 9).to), (Direction::In, 6));
    }

    proptest! {
        // Whatever fires, in whatever order: counts stay in the range and move the way the policy says.
        #[test]
        fn policies_never_leave_the_range_nor_turn_round(firings in proptest::collection::vec((-5..6i32, 0..400i64), 1..40)) {
            let (mut tasks, mut cooldowns, mut seconds) = (10, Cooldowns::default(), 0);
            for (by, pause) in firings {
                seconds += pause;
                if let Decision::Scale(activity) = fired(by, settled(tasks), &cooldowns, seconds) {
                    prop_assert!(range().contains(activity.to));
                    prop_assert_eq!((activity.to - tasks).signum(), by.signum());
                    prop_assert!((activity.to - tasks).abs() <= by.abs());
                    tasks = activity.to;
                    cooldowns = cooldowns.after(activity, 300, after_seconds(seconds));
                }
            }
        }
    }
}
