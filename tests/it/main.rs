//! Integration tests: what crosses a boundary, and the rules that the source itself keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // this is all tests

mod cli;
mod daemon;
mod facts;
mod golden;
mod harness;
mod http;
mod imports;
mod metrics;
mod process;
mod reconcile;
mod source_tree;
