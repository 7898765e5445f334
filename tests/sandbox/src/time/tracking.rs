//! What a target tracking policy does when one of its two alarms is in ALARM.
//!
//! AWS keeps its algorithm to itself. Assumed here: the metric is shared evenly by the tasks, so the count that brings
//! it back to the target is in proportion, rounded up; the cooldowns are those of step scaling.

use ecs_scaling::model::policy::{AdjustmentType, DEFAULT_COOLDOWN, StepAdjustment, StepScalingConfig};

use crate::value::Value;

/// The part of a target tracking configuration that says how much to scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tracking {
    /// `TargetValue`, in the metric's unit.
    pub(crate) target: f64,
    /// `ScaleOutCooldown`, in seconds.
    pub(crate) scale_out_cooldown: Option<i32>,
    /// `ScaleInCooldown`, in seconds.
    pub(crate) scale_in_cooldown: Option<i32>,
}

impl Tracking {
    /// Reads a `TargetTrackingScalingPolicyConfiguration`; `None` for one that PutScalingPolicy would have refused.
    pub(crate) fn read(config: &Value) -> Option<Self> {
        Some(Self {
            target: config.float("TargetValue").ok()??,
            scale_out_cooldown: config.int("ScaleOutCooldown").ok()?,
            scale_in_cooldown: config.int("ScaleInCooldown").ok()?,
        })
    }

    /// The step that brings the metric back to the target, and the configuration that it belongs to.
    pub(crate) fn step(&self, running: i32, value: f64, upward: bool) -> (StepScalingConfig, StepAdjustment) {
        let cooldown = if upward { self.scale_out_cooldown } else { self.scale_in_cooldown };
        let step = StepAdjustment { lower: None, upper: None, adjustment: self.wanted(running, value) };
        let config = StepScalingConfig::canonical(
            AdjustmentType::ExactCapacity,
            vec![step],
            None,
            Some(cooldown.unwrap_or(DEFAULT_COOLDOWN)),
            None,
        );
        (config, step)
    }

    fn wanted(&self, running: i32, value: f64) -> i32 {
        if self.target <= 0.0 {
            return running;
        }
        // The epsilon keeps a quotient that is whole but for rounding from becoming one task more.
        let wanted = (f64::from(running) * value / self.target - 1e-9).ceil();
        #[allow(clippy::cast_possible_truncation)] // `as` saturates, and a task count beyond i32 is clamped anyhow
        let wanted = wanted.max(0.0) as i32;
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(target: f64, running: i32, value: f64) -> i32 {
        Tracking { target, scale_out_cooldown: None, scale_in_cooldown: None }.wanted(running, value)
    }

    #[test]
    fn the_count_follows_the_metric_in_proportion_and_is_rounded_up() {
        assert_eq!(wanted(50.0, 4, 75.0), 6);
        assert_eq!(wanted(50.0, 4, 60.0), 5);
        assert_eq!(wanted(50.0, 10, 20.0), 4);
        assert_eq!(wanted(50.0, 2, 44.0), 2, "one task fewer would overshoot at once");
        assert_eq!(wanted(0.1, 3, 0.3), 9, "0.3 / 0.1 is 2.9999999999999996");
    }

    #[test]
    fn each_direction_has_its_own_cooldown() {
        let tracking = Tracking { target: 50.0, scale_out_cooldown: Some(60), scale_in_cooldown: None };
        assert_eq!(tracking.step(4, 75.0, true).0.cooldown, 60);
        assert_eq!(tracking.step(4, 20.0, false).0.cooldown, 300);
    }
}
