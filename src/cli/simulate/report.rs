//! What was played, in the format that was asked for.

use anyhow::Result;
use serde_json::{Value, json};

use super::Output;
use crate::api::types::API_VERSION;
use crate::cli::{json as to_json, terminal};
use crate::model::simulation::show::{csv, differences, svg, text};
use crate::model::simulation::subject::Subject;
use crate::model::simulation::{Setup, Simulation};

/// A subject and what became of it.
pub(super) struct Played {
    pub(super) subject: Subject,
    pub(super) setup: Setup,
    pub(super) simulation: Simulation,
}

/// Prints the first simulation, and its differences to a second one.
pub(super) fn print(played: &[Played], source: &str, output: Output) -> Result<()> {
    let Some(first) = played.first() else { return Ok(()) };
    let Played { subject, setup, simulation } = first;
    match output {
        Output::Csv => terminal::print(&csv(simulation)),
        Output::Svg => terminal::print(&svg(subject, setup, simulation)),
        Output::Json => {
            let mut body = document(first, source);
            if let (Some(other), Value::Object(members)) = (played.get(1), &mut body) {
                members.insert("against".to_owned(), document(other, source));
            }
            terminal::print(&to_json(&body)?)
        }
        Output::Text => {
            let mut out = format!("Data {}.\n{}", terminal::plain(source), text(subject, setup, simulation));
            if let Some(other) = played.get(1) {
                out += &format!("\nAgainst {}\n", terminal::plain(&other.subject.name));
                for left_out in &other.simulation.left_out {
                    out += &format!("  Not played: {}.\n", terminal::plain(left_out));
                }
                let names = [subject.name.as_str(), other.subject.name.as_str()];
                out += &differences(names, [&simulation.figures, &other.simulation.figures]);
            }
            terminal::print(&out)
        }
    }
}

fn document(played: &Played, source: &str) -> Value {
    let Played { subject, setup, simulation } = played;
    json!({
        "apiVersion": API_VERSION,
        "object": subject.name,
        "service": subject.service.to_string(),
        "data": source,
        "feedback": setup.feedback,
        "feedbackMeans": setup.feedback.sentence(),
        "start": setup.start,
        "end": setup.end,
        "tasks": setup.tasks,
        "startupSeconds": setup.times.start.as_secs(),
        "shutdownSeconds": setup.times.stop.as_secs(),
        "leftOut": simulation.left_out,
        "figures": simulation.figures,
        "assumptions": simulation.assumptions,
        "events": simulation.events,
        "minutes": simulation.minutes,
    })
}
