//! Time in the pretended AWS.

mod cron;
mod load;
mod schedule;

pub use load::Load;
