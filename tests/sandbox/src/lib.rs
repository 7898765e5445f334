//! A strict local double of AWS.

pub mod time;
