//! Integration tests: what crosses a boundary, and the rules that the source itself keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // this is all tests

mod crash;
mod daemon;
mod estate;
mod facts;
mod faults;
mod harness;
mod harness_daemon;
mod imports;
mod isolation;
mod lag;
mod limits;
mod pressure;
mod reconcile;
mod rivals;
mod source_tree;
mod time;
