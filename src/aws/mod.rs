//! AWS, through its SDK: accounts, scopes, clients, paging, limits and conversion.
//!
//! The only place that names the SDK. It turns calls into the model's values and failures, and decides nothing: what to
//! read and what to write is said by its callers.

mod account;
mod autoscaling;
mod call;
mod cloudwatch;
mod credentials;
mod ecs;
mod elastic_load_balancing;
mod iam;
mod limits;
mod policies;
mod s3;
mod schedules;
mod scope;

pub use account::{Account, Aws, AwsOptions, Identity};
pub use autoscaling::Which;
pub use call::{CallRecorder, CallReport, NoRecorder};
pub use cloudwatch::Edited;
pub use iam::{Iam, PoliciesRead, Simulated};
pub use limits::Limits;
pub use s3::{Bucket, Expected, Object};
pub use scope::{Scope, Written};
