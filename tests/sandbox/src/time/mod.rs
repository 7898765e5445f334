//! Time in the pretended AWS.

mod cron;
mod firing;
mod load;
mod schedule;
mod tracking;

pub use load::Load;
