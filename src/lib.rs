//! A reconciling controller for Amazon ECS service auto scaling.
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::panic))]

pub mod api;
pub mod model;
pub mod source;
