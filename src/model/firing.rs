//! Policies that fire at one moment: how often they are called, which of them a target obeys, and AWS's words for it.
//!
//! Owns S-078, S-084 and the rule of several policies. What one policy decides by itself is in [`super::cooldown`].

use jiff::SignedDuration;

use super::capacity::{CapacityRange, SuspendedState};
use super::cooldown::{Activity, Decision, Direction, HoldReason};

/// S-078: how often an alarm calls a policy while it stays in its state.
pub const REPEAT: SignedDuration = SignedDuration::from_mins(1);

/// AWS's words for what set an activity off (S-084).
pub fn cause(alarm: &str, policy: &str) -> String {
    format!("monitor alarm {alarm} in state ALARM triggered policy {policy}")
}

/// AWS's words for a desired count that a new range moved; `None` where it lies within.
pub fn cause_of_range(desired: i32, range: CapacityRange) -> Option<String> {
    let to = range.clamp(desired);
    (to != desired).then(|| {
        let (bound, value) = if to > desired { ("minimum", range.min()) } else { ("maximum", range.max()) };
        format!("{bound} capacity was set to {value}")
    })
}

/// AWS's words for a scheduled action that ran.
pub fn cause_of_schedule(action: &str) -> String {
    format!("scheduled action name {action} was triggered")
}

/// AWS's code for why nothing was scaled (S-084). `None` for what AWS records nothing of.
pub fn not_scaled_code(reason: HoldReason) -> Option<&'static str> {
    match reason {
        HoldReason::AlreadyAtMaxCapacity => Some("AlreadyAtMaxCapacity"),
        HoldReason::AlreadyAtMinCapacity => Some("AlreadyAtMinCapacity"),
        HoldReason::AlreadyAtDesiredCapacity => Some("AlreadyAtDesiredCapacity"),
        HoldReason::Cooldown { .. } | HoldReason::BeyondRange => None,
    }
}

/// Whether a decision may be carried out: not in a direction that is suspended (S-006).
pub fn is_allowed(decision: Decision, suspended: SuspendedState) -> bool {
    match decision {
        Decision::Scale(Activity { direction: Direction::In, .. }) => !suspended.dynamic_scaling_in_suspended,
        Decision::Scale(_) => !suspended.dynamic_scaling_out_suspended,
        Decision::Hold(_) => true,
    }
}

/// The decision that a target obeys: scale-out before scale-in before none, and the largest resulting capacity both
/// ways. `None` where no policy fired; the first one where all are alike.
pub fn strongest<T>(firings: Vec<T>, decision: impl Fn(&T) -> Decision) -> Option<T> {
    let strength = |firing: &T| match decision(firing) {
        Decision::Scale(Activity { direction: Direction::Out, to, .. }) => (2, to),
        Decision::Scale(Activity { direction: Direction::In, to, .. }) => (1, to),
        Decision::Hold(_) => (0, 0),
    };
    firings.into_iter().rev().max_by_key(strength)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(direction: Direction, to: i32) -> Decision {
        Decision::Scale(Activity { direction, base: 10, to })
    }

    fn winner(firings: &[(&'static str, Decision)]) -> Option<&'static str> {
        strongest(firings.to_vec(), |(_, decision)| *decision).map(|(name, _)| name)
    }

    #[test]
    fn the_largest_capacity_wins_both_ways() {
        use Direction::{In, Out};
        assert_eq!(winner(&[("a", scale(Out, 12)), ("b", scale(Out, 14))]), Some("b"));
        assert_eq!(winner(&[("a", scale(In, 9)), ("b", scale(In, 7))]), Some("a"));
        assert_eq!(winner(&[("a", scale(In, 9)), ("b", scale(Out, 11))]), Some("b"));
    }

    #[test]
    fn a_policy_that_holds_stands_in_nobodys_way() {
        let held = Decision::Hold(HoldReason::AlreadyAtMaxCapacity);
        assert_eq!(winner(&[("held", held), ("b", scale(Direction::In, 7))]), Some("b"));
        assert_eq!(winner(&[("held", held), ("later", held)]), Some("held"));
        assert_eq!(winner(&[]), None);
    }

    // S-084
    #[test]
    fn the_cause_is_in_awss_words() {
        assert_eq!(cause("high", "cpu-out"), "monitor alarm high in state ALARM triggered policy cpu-out");
        let range = CapacityRange::new(2, 6).unwrap();
        assert_eq!(cause_of_range(1, range).as_deref(), Some("minimum capacity was set to 2"));
        assert_eq!(cause_of_range(9, range).as_deref(), Some("maximum capacity was set to 6"));
        assert_eq!(cause_of_range(4, range), None);
    }

    // S-006
    #[test]
    fn what_is_suspended_is_not_carried_out() {
        let suspended = SuspendedState { dynamic_scaling_in_suspended: true, ..SuspendedState::default() };
        assert!(!is_allowed(scale(Direction::In, 3), suspended));
        assert!(is_allowed(scale(Direction::Out, 3), suspended));
    }
}
