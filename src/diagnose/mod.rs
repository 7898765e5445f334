//! AWS's errors, understood: which class they are of, what they say, and what a person does about them.
//!
//! Owns the one table of error classes ([`class`]). Must not call AWS or read the clock: it takes failures and policy
//! documents as values. What AWS wrote is data here, never markup, a terminal sequence or a log line.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod advice;
pub mod class;
mod credentials;
pub mod denials;
pub mod explain;
pub mod least_privilege;
pub mod near_miss;
pub mod needs;
pub mod parse;
pub mod principal;
