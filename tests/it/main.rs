//! Integration tests: what crosses a boundary, and the rules that the source itself keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // this is all tests

mod accounts;
mod calls;
mod capacity;
mod cli;
mod converge;
mod daemon;
mod demo;
mod denied;
mod desk;
mod drift;
mod equal;
mod explained;
mod facts;
mod golden;
mod harness;
mod http;
mod imports;
mod least_privilege;
mod member;
mod metrics;
mod ownership;
mod permissions;
mod process;
mod reads;
mod reconcile;
mod recreate;
mod reference;
mod role;
mod scalable;
mod somebody;
mod source_tree;
mod statuses;
