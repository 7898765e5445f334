//! A simulation as text, CSV and SVG. Must not decide anything: what is shown was played.

mod csv;
mod svg;
mod text;

pub use csv::csv;
pub use svg::svg;
pub use text::{differences, summary, text};

use super::Simulation;
use crate::model::simulation::series::Series;

/// A series' value in the minute that ends at a second: the mean where there are several.
fn value_at(series: &Series, end: i64) -> Option<f64> {
    let found = series.within(end - 60, end);
    #[allow(clippy::cast_precision_loss)] // points of one minute
    let count = found.len() as f64;
    (!found.is_empty()).then(|| found.iter().map(|(_, value)| value).sum::<f64>() / count)
}

/// The series that an alarm saw, without those that only say how many tasks ran.
fn shown(simulation: &Simulation) -> impl Iterator<Item = &Series> {
    simulation.series.0.iter().filter(|series| series.id.label() != super::read::TASKS)
}
