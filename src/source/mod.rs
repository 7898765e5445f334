//! Where objects come from, and what is kept when what comes is not good.
//!
//! Owns the way from what is stored to a settled snapshot ([`directory`], [`s3`]), the last good state ([`last_good`])
//! and what an object's absence means ([`absence`]); these two are pure and build alone, as [`location`] does. Must not
//! know what is in the files: `api::load` does. A source is never written to (ack#2361); the command `publish` writes
//! to one for a person.

pub mod absence;
#[cfg(feature = "controller")]
pub mod directory;
pub mod last_good;
pub mod location;
pub mod s3;

#[cfg(feature = "controller")]
mod open;
#[cfg(feature = "controller")]
mod snapshot;
#[cfg(feature = "controller")]
pub use open::Source;
#[cfg(feature = "controller")]
pub use snapshot::{Refused, Snapshot, SourceError};
