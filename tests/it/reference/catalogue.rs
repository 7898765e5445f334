//! Commands, settings, conditions, reasons and metrics.

use clap::CommandFactory;
use ecs_scaling::api::fix::{Fix, PolicyEdit};
use ecs_scaling::api::status::{ConditionType, Reason};
use ecs_scaling::cli::Cli;
use ecs_scaling::model::simulation::assumption::ALL;
use schemars::schema_for;
use serde_json::Value;

use super::{cell, check, table};
use crate::source_tree::root;

#[test]
fn the_readme_has_every_condition() {
    let lines = described(schema_for!(ConditionType).to_value());
    let rows = ConditionType::ALL.iter().zip(lines).map(|(kind, (name, line))| {
        assert_eq!(kind.as_str(), name);
        [format!("`{name}`"), if kind.counts() { "yes" } else { "" }.to_owned(), line]
    });
    check("conditions", &table(["Condition", "Counts for Ready", "True means"], rows));
}

#[test]
fn the_readme_has_every_field_of_a_fix() {
    let fields = |schema: Value, before: &str| {
        let properties = schema["properties"].as_object().unwrap().clone().into_iter();
        let row = |(name, field): (String, Value)| {
            [format!("`{before}{name}`"), cell(field["description"].as_str().unwrap())]
        };
        properties.map(row).collect::<Vec<_>>()
    };
    let mut rows = fields(schema_for!(Fix).to_value(), "");
    rows.extend(fields(schema_for!(PolicyEdit).to_value(), "edits[]."));
    check("fix", &table(["Field", "Says"], rows));
}

#[test]
fn the_readme_has_every_assumption_of_a_simulation() {
    let rows = ALL.iter().map(|a| [a.id.to_owned(), cell(a.assumed), cell(a.effect)]);
    check("assumptions", &table(["", "Assumed", "Where AWS behaves otherwise"], rows));
}

#[test]
fn the_readme_has_every_reason() {
    let lines = described(schema_for!(Reason).to_value());
    let rows = Reason::ALL.iter().zip(lines).map(|(reason, (name, line))| {
        assert_eq!(reason.as_str(), name);
        [format!("`{name}`"), if reason.needs_person() { "you" } else { "" }.to_owned(), line]
    });
    check("reasons", &table(["Reason", "Waits for", "Says"], rows));
}

/// The values of an enumeration with their descriptions.
fn described(schema: Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let values = schema["oneOf"].as_array().unwrap();
    values.iter().map(|value| (text(&value["const"]), cell(&text(&value["description"])))).collect()
}

#[test]
fn the_readme_has_every_command() {
    let cli = Cli::command();
    let rows = cli.get_subcommands().map(|command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        [format!("`{}`", command.get_name()), cell(&about)]
    });
    check("commands", &table(["Command", "What it does"], rows));
}

#[test]
fn the_readme_has_every_setting_with_its_variable() {
    let cli = Cli::command();
    let mut rows: Vec<[String; 5]> = vec![];
    for command in cli.get_subcommands() {
        for argument in command.get_arguments() {
            let (Some(flag), Some(variable)) = (argument.get_long(), argument.get_env()) else { continue };
            let flag = format!("`--{flag}`");
            if let Some(row) = rows.iter_mut().find(|row| row[0] == flag) {
                row[3] += &format!(", {}", command.get_name());
                continue;
            }
            let default: Vec<_> = argument.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
            let default = match default.is_empty() {
                true if argument.is_required_set() => "required".to_owned(),
                true => String::new(),
                false => format!("`{}`", default.join(",")),
            };
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let variable = format!("`{}`", variable.to_string_lossy());
            rows.push([flag, variable, default, command.get_name().to_owned(), cell(&help)]);
        }
    }
    assert!(rows.len() > 8, "{rows:?}");
    check("settings", &table(["Flag", "Variable", "Default", "Commands", "What it is"], rows));
}

#[test]
fn the_readme_has_every_metric() {
    let rows = metrics().into_iter().map(|metric| {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        [format!("`{}`", metric.name), labels.join(", "), cell(&metric.help)]
    });
    let process = ["`process_*`".to_owned(), String::new(), "Memory, CPU and descriptors of the process.".to_owned()];
    check("metrics", &table(["Metric", "Labels", "What it is"], rows.chain([process])));
}

#[derive(Debug)]
struct Metric {
    name: String,
    help: String,
    labels: Vec<String>,
}

/// The metrics in the order in which `src/metrics` registers them, counters first. A scrape would show only those that have
/// happened; the source has them all, each as its name, its help and its labels.
fn metrics() -> Vec<Metric> {
    let file = |name: &str| std::fs::read_to_string(root().join("src/metrics").join(name)).unwrap();
    let source = file("mod.rs") + &file("scraped.rs");
    let parts: Vec<&str> = source.split('"').collect(); // code and text in turn: no metric's help has a quote
    let names = parts.iter().enumerate().filter(|(index, part)| index % 2 == 1 && is_name(part));
    let found = names.map(|(index, name)| {
        let takes_labels = parts[index + 3].trim_start_matches([',', ' ', '\n']).starts_with("&[");
        let labels = parts[index + 4..].iter().step_by(2).zip(parts[index + 5..].iter().step_by(2));
        let upto = labels.clone().position(|(_, after)| after.contains(']')).map_or(0, |last| last + 1);
        let labels = labels.take(if takes_labels { upto } else { 0 }).map(|(label, _)| (*label).to_owned()).collect();
        Metric { name: (*name).to_owned(), help: parts[index + 2].to_owned(), labels }
    });
    let found: Vec<Metric> = found.collect();
    assert!(found.len() > 15 && found.iter().all(|metric| metric.help.ends_with('.')), "{found:#?}");
    found
}

fn is_name(text: &str) -> bool {
    (text.starts_with("ecs_scaling_") || text.starts_with("controller_runtime_")) && !text.contains(' ')
}
