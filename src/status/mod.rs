//! What became of a pass, as conditions a person can act on.
//!
//! Owns the step from plan and outcomes to conditions and events, and the linter that every status must pass. Pure: it
//! neither calls AWS nor reads the clock. The words (types, reasons) are `api::status`'s.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod conclude;
mod events;
mod failures;
mod findings;
mod firing;
mod lint;
mod pass;
mod resources;
mod words;

pub use events::EVENTS_KEPT;
pub use failures::{Explained, explain, explain_with};
pub use findings::is_pressed;
pub use lint::{StatusError, lint};
pub use pass::{NotApplied, Pass, Trouble, advance, unusable};
