//! A reconciling controller for Amazon ECS service auto scaling. This is the map.
//!
//! The pure middle decides; it takes values and the time, and returns values. It builds alone, without the SDK
//! (`--no-default-features`):
//!
//! - [`model`]: how AWS behaves: steps, alarms, ARNs, what was observed, how a call failed.
//! - [`api`]: what the user writes and reads: objects, their checks, their status.
//! - [`plan`]: desired and observed in; what to do and what is withheld out.
//! - [`export`]: the way back: observed in, the object that wants just that out.
//! - [`diagnose`]: AWS's errors, understood.
//! - [`status`]: what became of a pass, as conditions.
//!
//! The thin edges carry out. Only [`controller`] wires them:
//!
//! - [`source`]: where objects come from.
//! - [`aws`]: the SDK, and the only place that names it.
//! - [`observe`] reads what AWS holds, [`apply`] carries a plan out; [`admission`] holds back what is known to be denied.
//! - [`controller`]: the loop. One desired set, one actor a scope, one state.
//! - [`metrics`], [`http`]: the state for machines. [`cli`], [`settings`], [`telemetry`]: the process.
//!
//! Direction: `model ← api ← plan, diagnose, status`, and `export` beside them; edges use the pure modules, never the other way.
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::panic))]

pub mod api;
pub mod diagnose;
pub mod export;
pub mod model;
pub mod plan;
pub mod source;
pub mod status;

#[cfg(feature = "controller")]
pub mod admission;
#[cfg(feature = "controller")]
pub mod apply;
#[cfg(feature = "controller")]
pub mod aws;
#[cfg(feature = "controller")]
pub mod cli;
#[cfg(feature = "controller")]
pub mod controller;
#[cfg(feature = "controller")]
pub mod http;
#[cfg(feature = "controller")]
pub mod metrics;
#[cfg(feature = "controller")]
pub mod observe;
#[cfg(feature = "controller")]
pub mod settings;
#[cfg(feature = "controller")]
pub mod telemetry;
