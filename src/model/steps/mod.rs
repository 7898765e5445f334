//! Step adjustments: what AWS accepts, what a step means, and which step a value chooses.
//!
//! Owns every rule on step lists. [`check()`] reads them in the order and the form in which they were written, so that a
//! finding can be put at its line; everything else works on the canonical [`StepScalingConfig`]. Must not know YAML,
//! alarms' states, or cooldowns (those are in [`super::cooldown`]).
//!
//! [`StepScalingConfig`]: super::policy::StepScalingConfig

mod check;
mod choose;
mod coverage;
mod form;

pub use check::{MAX_STEPS, Place, RawSteps, StepProblem, check};
pub use choose::{adjusted, aggregate, choose};
pub use coverage::{Uncovered, aggregation_at_odds, aggregation_for, never_matches, uncovered};
pub use form::{AbsoluteStep, Written, absolute, best_threshold, relative};
