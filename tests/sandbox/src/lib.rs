//! A strict local double of the AWS operations that ecs-scaling uses.
//!
//! ```text
//! http, client   the transports: real sockets, or inside the SDK's process in virtual time
//! control        /_sandbox/, for tests that are not written in Rust
//! wire           awsJson, rpc-v2-cbor, awsQuery  <->  value::Value
//! world          faults, credentials, limits, then the operation; counters
//! permissions    what an operation needs, and whether the caller's policies allow it
//! ecs elastic_load_balancing autoscaling cloudwatch iam sts         one module a service family: its state and its operations
//! cloud          all state, by account and region
//! seed           what a world starts with
//! time           what happens without a call: tasks start, alarms are evaluated, policies fire
//! ```
//!
//! The middle is synchronous and pure: [`World::handle`] takes a request and the time. Rules carry the id of their
//! fact (S-nnn, E-nn). Shares the controller's words (`ecs_scaling::model`) and nothing else of it, so that a mistake
//! of the controller's planning is not one of the double's as well.
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::panic))]

pub mod autoscaling;
pub mod caller;
#[cfg(feature = "serve")]
pub mod client;
pub mod cloud;
pub mod cloudwatch;
#[cfg(feature = "serve")]
mod control;
pub mod counters;
pub mod ecs;
pub mod elastic_load_balancing;
pub mod error;
pub mod faults;
pub mod founding;
#[cfg(feature = "serve")]
pub mod http;
pub mod iam;
mod limits;
pub mod message;
mod pages;
pub mod permissions;
pub mod seed;
pub mod shared;
pub mod sts;
pub mod time;
pub mod value;
mod web_identity;
pub mod wire;
mod world;

pub use caller::Caller;
pub use cloud::Cloud;
pub use faults::{Fault, FaultRule};
pub use permissions::DenialStyle;
pub use seed::{Seed, ServiceSeed};
pub use shared::Shared;
pub use sts::Credentials;
pub use time::Load;
pub use world::World;

#[cfg(feature = "serve")]
#[cfg(test)]
mod tests;
