//! A timeline and the figures, for people.

use crate::model::simulation::event::Event;
use crate::model::simulation::figures::Figures;
use crate::model::simulation::subject::Subject;
use crate::model::simulation::{Feedback, Setup, Simulation};

/// What was played, how, what happened, the figures, and what it rests on.
pub fn text(subject: &Subject, setup: &Setup, simulation: &Simulation) -> String {
    summary(subject, setup, simulation) + &assumptions(simulation)
}

/// The same without what it rests on.
pub fn summary(subject: &Subject, setup: &Setup, simulation: &Simulation) -> String {
    let mut text = heading(subject, setup, simulation);
    text += "\nTimeline (UTC)\n";
    for event in &simulation.events {
        text += &line(event);
    }
    if simulation.events.is_empty() {
        text += "  nothing happens\n";
    }
    text += "\nFigures\n";
    for (name, value, unit) in simulation.figures.rows() {
        text += &format!("  {name:44} {}\n", shown(value, unit));
    }
    text
}

fn assumptions(simulation: &Simulation) -> String {
    let mut text = "\nAssumed, since AWS does not document it\n".to_owned();
    for assumption in &simulation.assumptions {
        text += &format!("  {} {}\n       {}\n", assumption.id, assumption.assumed, assumption.effect);
    }
    text
}

fn heading(subject: &Subject, setup: &Setup, simulation: &Simulation) -> String {
    let seconds = |time: jiff::SignedDuration| time.as_secs();
    let mut text = format!(
        "{} → service {}, {} to {}\n{} tasks at the start, min {}, max {}; tasks start in {} s and stop in {} s.\n{}\n",
        plain(&subject.name),
        plain(&subject.service.to_string()),
        setup.start,
        setup.end,
        setup.tasks,
        subject.range.min(),
        subject.range.max(),
        seconds(setup.times.start),
        seconds(setup.times.stop),
        setup.feedback.sentence(),
    );
    let fixed: Vec<String> = super::shown(simulation)
        .filter(|series| setup.feedback == Feedback::Closed && !series.is_shared)
        .map(|series| plain(series.id.label()))
        .collect();
    if !fixed.is_empty() {
        text += &format!("Not shared by tasks, and as recorded even so: {}.\n", fixed.join(", "));
    }
    for left_out in &simulation.left_out {
        text += &format!("Not played: {}.\n", plain(left_out));
    }
    text
}

fn line(event: &Event) -> String {
    let mark = if event.is_recorded() { ' ' } else { '·' };
    format!("{mark} {}  {}\n", event.at.strftime("%m-%d %H:%M:%S"), plain(&event.kind.to_string()))
}

/// Two simulations by their figures, with the difference.
pub fn differences(names: [&str; 2], figures: [&Figures; 2]) -> String {
    let [one, other] = names.map(|name| plain(name).chars().take(24).collect::<String>());
    let mut text = format!("{:44} {one:>24} {other:>24} {:>12}\n", "", "difference");
    let [first, second] = figures.map(Figures::rows);
    for ((name, value, unit), (_, against, _)) in first.into_iter().zip(second) {
        let difference = against - value;
        let difference = match difference {
            d if d.is_nan() => "–".to_owned(),
            0.0 => "0".to_owned(),
            d => format!("{}{}", if d > 0.0 { "+" } else { "" }, number(d)),
        };
        text += &format!("{name:44} {:>24} {:>24} {difference:>12}\n", shown(value, unit), shown(against, unit));
    }
    text
}

fn shown(value: f64, unit: &str) -> String {
    match (value.is_nan(), unit) {
        (true, _) => "–".to_owned(),
        (false, "") => number(value),
        (false, unit) => format!("{} {unit}", number(value)),
    }
}

/// Two decimals at most.
fn number(value: f64) -> String {
    ((value * 100.0).round() / 100.0).to_string()
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
