//! What the user writes and reads.
//!
//! Owns the objects: their YAML form ([`types`]), reading it with file, line and column ([`yaml`], `shape`),
//! checking it ([`validate`]), and the resolved form that everything behind works on ([`desired`]). [`load`] does all
//! of it. Must not know where files come from, nor what AWS holds.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod accounts;
mod activity_status;
pub mod age;
pub mod desired;
mod document;
pub mod finding;
pub mod fix;
pub mod load;
pub mod path;
pub mod reads;
pub mod resource;
pub mod schedule_status;
pub mod schema;
mod shape;
pub mod spec_hash;
pub mod status;
mod subject;
mod template;
pub mod types;
pub mod validate;
pub mod yaml;

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod profile_tests;
