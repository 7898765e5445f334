//! What the user writes and reads.
//!
//! Owns the objects: their YAML form, reading it with file, line and column, checking it, and the resolved form that
//! everything behind works on ([`desired`]). Must not know where files come from, nor what AWS holds.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod desired;
