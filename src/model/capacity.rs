//! The scalable target: bounds and suspended scaling.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields::{Field, Fields};

/// `MinCapacity` and `MaxCapacity`: 0 ≤ min ≤ max (S-004, S-013).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CapacityRange {
    min: i32,
    max: i32,
}

impl CapacityRange {
    /// Any task count: of what is to be absent, whose range is never written.
    pub const ANY: Self = Self { min: 0, max: i32::MAX };

    /// `None` unless 0 ≤ min ≤ max.
    pub fn new(min: i32, max: i32) -> Option<Self> {
        (0 <= min && min <= max).then_some(Self { min, max })
    }

    /// The smallest task count, in tasks.
    pub fn min(self) -> i32 {
        self.min
    }

    /// The largest task count, in tasks.
    pub fn max(self) -> i32 {
        self.max
    }

    /// Whether a task count lies within.
    pub fn contains(self, count: i32) -> bool {
        (self.min..=self.max).contains(&count)
    }

    /// The nearest task count within: where a register moves a count that lies outside (S-010).
    pub fn clamp(self, count: i32) -> i32 {
        count.clamp(self.min, self.max)
    }
}

impl Fields for CapacityRange {
    fn fields(&self) -> Vec<Field> {
        vec![Field::new("minCapacity", self.min), Field::new("maxCapacity", self.max)]
    }
}

/// AWS's `SuspendedState` (S-006): which kinds of scaling are off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuspendedState {
    /// Scale-in by policies is off.
    pub dynamic_scaling_in_suspended: bool,
    /// Scale-out by policies is off.
    pub dynamic_scaling_out_suspended: bool,
    /// Scheduled actions are off.
    pub scheduled_scaling_suspended: bool,
}

impl Fields for SuspendedState {
    fn fields(&self) -> Vec<Field> {
        vec![
            Field::new("suspendedState.dynamicScalingInSuspended", self.dynamic_scaling_in_suspended),
            Field::new("suspendedState.dynamicScalingOutSuspended", self.dynamic_scaling_out_suspended),
            Field::new("suspendedState.scheduledScalingSuspended", self.scheduled_scaling_suspended),
        ]
    }
}

/// What an object asks of [`SuspendedState`]; an unset member leaves AWS as it is (tf#9945).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SuspendedStateSpec {
    /// Suspends scale-in by scaling policies (`DynamicScalingInSuspended`). Default: left as AWS has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_scaling_in_suspended: Option<bool>,
    /// Suspends scale-out by scaling policies (`DynamicScalingOutSuspended`). Default: left as AWS has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_scaling_out_suspended: Option<bool>,
    /// Suspends scheduled actions (`ScheduledScalingSuspended`). Default: left as AWS has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_scaling_suspended: Option<bool>,
}

impl SuspendedStateSpec {
    /// The state to send: all three members, the unset ones as they were observed (S-009).
    pub fn over(self, observed: SuspendedState) -> SuspendedState {
        SuspendedState {
            dynamic_scaling_in_suspended: self
                .dynamic_scaling_in_suspended
                .unwrap_or(observed.dynamic_scaling_in_suspended),
            dynamic_scaling_out_suspended: self
                .dynamic_scaling_out_suspended
                .unwrap_or(observed.dynamic_scaling_out_suspended),
            scheduled_scaling_suspended: self
                .scheduled_scaling_suspended
                .unwrap_or(observed.scheduled_scaling_suspended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_never_upside_down() {
        assert!(CapacityRange::new(0, 0).is_some(), "S-017: 0/0 is legal");
        assert_eq!(CapacityRange::new(3, 2), None);
        assert_eq!(CapacityRange::new(-1, 2), None);
    }

    #[test]
    fn unset_members_stay_as_observed() {
        let observed = SuspendedState { dynamic_scaling_in_suspended: true, ..Default::default() };
        let spec = SuspendedStateSpec { scheduled_scaling_suspended: Some(true), ..Default::default() };
        let sent = spec.over(observed);
        assert!(sent.dynamic_scaling_in_suspended && sent.scheduled_scaling_suspended);
        assert!(!sent.dynamic_scaling_out_suspended);
    }
}
