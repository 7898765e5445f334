//! Where objects come from, and what is kept when what comes is not good.
//!
//! Owns the way from files to a settled snapshot ([`directory`]), and the last good state ([`last_good`], which is pure
//! and builds alone). Must not know what is in the files: `api::load` does. Never writes to the source (ack#2361).

#[cfg(feature = "controller")]
pub mod directory;
pub mod last_good;

#[cfg(feature = "controller")]
mod snapshot;
#[cfg(feature = "controller")]
pub use snapshot::{Snapshot, SourceError};
