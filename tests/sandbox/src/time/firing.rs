//! Policies that fire at one moment, and which of them a target obeys.

use ecs_scaling::model::cooldown::{Activity, Decision, Direction};
use ecs_scaling::model::names::AlarmName;

/// A policy that an alarm has called, and what it decided.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Firing {
    /// The alarm that called it.
    pub(crate) alarm: AlarmName,
    /// The policy's name.
    pub(crate) policy: String,
    /// The policy's ARN.
    pub(crate) policy_arn: String,
    /// What it would do alone.
    pub(crate) decision: Decision,
    /// Its cooldown in seconds.
    pub(crate) cooldown: i32,
}

impl Firing {
    /// AWS's words for what set an activity off (S-084).
    pub(crate) fn cause(&self) -> String {
        format!("monitor alarm {} in state ALARM triggered policy {}", self.alarm, self.policy)
    }
}

/// The policy that its target obeys: scale-out before scale-in before none, and the largest resulting capacity both
/// ways. `None` where no policy fired; the first one where all are alike.
pub(crate) fn strongest(firings: Vec<Firing>) -> Option<Firing> {
    let strength = |firing: &Firing| match firing.decision {
        Decision::Scale(Activity { direction: Direction::Out, to, .. }) => (2, to),
        Decision::Scale(Activity { direction: Direction::In, to, .. }) => (1, to),
        Decision::Hold(_) => (0, 0),
    };
    firings.into_iter().rev().max_by_key(strength)
}

#[cfg(test)]
mod tests {
    use ecs_scaling::model::cooldown::HoldReason;

    use super::*;

    fn firing(policy: &str, direction: Direction, to: i32) -> Firing {
        let decision = Decision::Scale(Activity { direction, base: 10, to });
        Firing { alarm: "high".into(), policy: policy.into(), policy_arn: "arn".into(), decision, cooldown: 300 }
    }

    fn winner(firings: Vec<Firing>) -> Option<String> {
        strongest(firings).map(|firing| firing.policy)
    }

    #[test]
    fn the_largest_capacity_wins_both_ways() {
        assert_eq!(
            winner(vec![firing("a", Direction::Out, 12), firing("b", Direction::Out, 14)]).as_deref(),
            Some("b")
        );
        assert_eq!(winner(vec![firing("a", Direction::In, 9), firing("b", Direction::In, 7)]).as_deref(), Some("a"));
        assert_eq!(winner(vec![firing("a", Direction::In, 9), firing("b", Direction::Out, 11)]).as_deref(), Some("b"));
    }

    #[test]
    fn a_policy_that_holds_stands_in_nobodys_way() {
        let mut held = firing("held", Direction::Out, 0);
        held.decision = Decision::Hold(HoldReason::AlreadyAtMaxCapacity);
        assert_eq!(winner(vec![held.clone(), firing("b", Direction::In, 7)]).as_deref(), Some("b"));
        let later = Firing { policy: "later".into(), ..held.clone() };
        assert_eq!(strongest(vec![held.clone(), later]), Some(held));
        assert_eq!(strongest(vec![]), None);
    }

    // S-084
    #[test]
    fn the_cause_is_in_awss_words() {
        let cause = firing("cpu-out", Direction::Out, 12).cause();
        assert_eq!(cause, "monitor alarm high in state ALARM triggered policy cpu-out");
    }
}
