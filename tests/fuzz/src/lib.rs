//! Fuzz targets: everything that reads what others write, held to two promises on any input: no panic, and time that grows
//! with the input and not with its square.
//!
//! A new target is a function in `targets.rs`, a line in [`TARGETS`] and, where its input has a form of its own, a file
//! below `corpus/NAME/`. `make fuzz` then runs it under libFuzzer, `cargo test` runs it on its corpus, and both hold it to
//! the limits of `limits.rs`. The corpus is what a person chose: what libFuzzer finds stays below `target/`.
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

mod limits;
mod seeds;
mod targets;

pub use limits::{check, is_grown};
pub use seeds::seeds;

/// What is fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name on the command line, and its folder below `corpus/`.
    pub name: &'static str,
    /// Reads an input and does with it what the project does; panics where a promise is broken.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "yaml", run: targets::yaml },
    Target { name: "message", run: targets::message },
    Target { name: "policy", run: targets::policy },
    Target { name: "wire-json", run: targets::wire_json },
    Target { name: "wire-cbor", run: targets::wire_cbor },
    Target { name: "wire-query", run: targets::wire_query },
];

#[cfg(test)]
mod tests;
