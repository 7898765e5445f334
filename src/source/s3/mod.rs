//! Objects from a prefix of an S3 bucket.
//!
//! `name` says which keys count and [`listing`] when a read does; both are pure, and so is [`publication`], the way
//! to write a prefix that readers never see half done. `read` is the thin rest.

pub mod listing;
pub(crate) mod name;
pub mod publication;
#[cfg(feature = "controller")]
mod read;
#[cfg(feature = "controller")]
pub use read::{S3Source, listed};
