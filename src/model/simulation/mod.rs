//! What policies would have done: a service's scaling played over metric data, minute by minute.
//!
//! ```text
//! subject      what is played: bounds, policies with their alarms, scheduled actions
//! series       the metric data, and who of the alarms sees which
//! synthetic    data that nobody recorded: sine, step, spike
//! read         data from CSV and JSON
//! play         the player: one moment after another
//! evaluate     the alarms at a moment
//! act          the policies that they call
//! event        what happened
//! lint         what goes wrong whatever the load
//! figures      what a person decides by
//! assumption   what AWS does not document, and is assumed here
//! show         all of it as text, CSV and SVG
//! ```
//!
//! Owns the order of things at a moment and the figures. Every rule of AWS is elsewhere in `model`, and the pretended
//! AWS of the tests runs on the same ones. Must not read a clock or a file.

mod act;
pub mod assumption;
mod evaluate;
pub mod event;
pub mod figures;
pub mod lint;
mod play;
pub mod read;
pub mod series;
pub mod show;
pub mod subject;
pub mod synthetic;

use jiff::Timestamp;
use serde::Serialize;

use super::tasks::TaskTimes;
use assumption::Assumption;
use event::Event;
use figures::Figures;
use series::SeriesSet;
use subject::Subject;

/// Whether the metric answers to what the policies do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Feedback {
    /// The recorded metric stays as it was, whatever is scaled.
    Open,
    /// What tasks share is divided by those that run: utilisation falls as tasks are added.
    Closed,
}

impl Feedback {
    /// What a reader must know of it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Open => {
                "Open loop: the metric stays as it was recorded, whatever is scaled. What adds tasks here would have \
                 lowered the metric, so that later activities are too many."
            }
            Self::Closed => {
                "Closed loop: the recorded load (metric × tasks) is shared by the tasks that run here, so that the \
                 metric falls as tasks are added."
            }
        }
    }
}

/// What a simulation begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The first minute.
    pub start: Timestamp,
    /// The end of the last minute.
    pub end: Timestamp,
    /// Tasks wanted and running at the start.
    pub tasks: i32,
    /// How long tasks take.
    pub times: TaskTimes,
    /// Whether the metric answers.
    pub feedback: Feedback,
}

/// The service at the end of one minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Minute {
    /// The end of the minute.
    pub at: Timestamp,
    /// Tasks wanted.
    pub desired: i32,
    /// Tasks running.
    pub running: i32,
    /// The bounds, in tasks.
    pub min: i32,
    /// The bounds, in tasks.
    pub max: i32,
}

/// What a simulation came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Each minute.
    pub minutes: Vec<Minute>,
    /// The data as they were seen: of what is shared, what the tasks made of it.
    pub series: SeriesSet,
    /// What a person decides by.
    pub figures: Figures,
    /// What it rests on and AWS does not document.
    pub assumptions: Vec<Assumption>,
    /// What of the subject could not be played, a sentence each.
    pub left_out: Vec<String>,
}

/// Plays a subject over metric data.
///
/// In a closed loop the series that are [`series::Series::is_shared`] hold the demand, in units of one task.
pub fn simulate(subject: &Subject, series: SeriesSet, setup: &Setup) -> Simulation {
    play::Player::new(subject, series, setup).play()
}

#[cfg(test)]
mod tests;
