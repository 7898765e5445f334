//! Integration tests: what crosses a boundary, and the rules that the source itself keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // this is all tests

mod demo;
mod facts;
mod golden;
mod harness;
mod imports;
mod ready;
mod reconcile;
mod reference;
mod source_tree;
