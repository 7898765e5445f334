//! One line a minute, for a spreadsheet.

use super::{shown, value_at};
use crate::model::simulation::Simulation;
use crate::model::simulation::event::{Event, EventKind};

/// `timestamp,desired,running,min,max`, a column for each metric, and the scaling activities of the minute.
pub fn csv(simulation: &Simulation) -> String {
    let names: Vec<String> = shown(simulation).map(|series| quoted(series.id.label())).collect();
    let mut text = ["timestamp", "desired", "running", "min", "max"].map(str::to_owned).to_vec();
    text.extend(names);
    text.push("activities".to_owned());
    let mut text = text.join(",") + "\n";
    let mut events = simulation.events.iter().peekable();
    for minute in &simulation.minutes {
        let mut cells = vec![minute.at.to_string()];
        cells.extend([minute.desired, minute.running, minute.min, minute.max].map(|count| count.to_string()));
        let end = minute.at.as_second();
        cells.extend(shown(simulation).map(|series| value_at(series, end).map(|v| v.to_string()).unwrap_or_default()));
        let mut activities = Vec::new();
        while let Some(event) = events.next_if(|event| event.at <= minute.at) {
            activities.extend(activity(event));
        }
        cells.push(quoted(&activities.join("; ")));
        text += &(cells.join(",") + "\n");
    }
    text
}

fn activity(event: &Event) -> Option<String> {
    let is_activity = matches!(event.kind, EventKind::Scaled { .. } | EventKind::Scheduled { .. });
    is_activity.then(|| event.kind.to_string())
}

/// A cell as RFC 4180 has it; a control character becomes a space, and what a spreadsheet would take for a formula is
/// text.
fn quoted(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    match text.contains([',', '"']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_two_nor_a_formula() {
        assert_eq!(quoted("a,b \"c\"\n"), "\"a,b \"\"c\"\" \"");
        assert_eq!(quoted("=1+1"), "'=1+1");
    }
}
