//! A reconciling controller for Amazon ECS service auto scaling.
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::panic))]

pub mod api;
#[cfg(feature = "controller")]
pub mod apply;
#[cfg(feature = "controller")]
pub mod aws;
#[cfg(feature = "controller")]
pub mod controller;
pub mod diagnose;
#[cfg(feature = "controller")]
pub mod metrics;
pub mod model;
#[cfg(feature = "controller")]
pub mod observe;
pub mod plan;
pub mod status;
