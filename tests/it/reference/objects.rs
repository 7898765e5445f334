//! Every field of the objects, from their JSON Schema: AWS's name, the default and a line, out of the description.

use std::collections::VecDeque;

use ecs_scaling::api::schema::kind_schema;
use ecs_scaling::api::types::Kind;
use serde_json::Value;

use super::{cell, check, table};

#[test]
fn the_readme_has_every_field_of_the_objects() {
    let metadata = kind_schema(Kind::ServiceScaling)["properties"]["metadata"].clone();
    let mut text = "#### `metadata`\n\n".to_owned() + &fields(&metadata);
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::ScalingProfile) {
        for Part { paths, schema } in parts(&kind_schema(kind)["properties"]["spec"]) {
            let below = |path: &String| if path.is_empty() { "`spec`".to_owned() } else { format!("`{path}`") };
            let places = paths.iter().map(below).collect::<Vec<_>>().join(", ");
            text += &format!("\n#### {kind}: {places}\n\n{}", fields(&schema));
        }
    }
    text += &format!("\n#### {}: `spec`\n\n{}", Kind::ScalingProfile, shared());
    check("objects", &text);
}

/// A profile has the fields of a service, but for those that it must not have.
fn shared() -> String {
    let spec = |kind| kind_schema(kind)["properties"]["spec"].clone();
    let (service, profile) = (spec(Kind::ServiceScaling), spec(Kind::ScalingProfile));
    let names = |schema: &Value| properties(schema).map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>();
    let (all, given) = (names(&service), names(&profile));
    assert!(given.iter().all(|name| all.contains(name)) && profile.get("required").is_none());
    let left_out: Vec<String> = all.into_iter().filter(|name| !given.contains(name)).collect();
    format!("Every field of a `ServiceScaling`'s `spec` but {}; none is required.\n", left_out.join(", "))
}

/// With fewer fields than these, an object is told within the table of the one around it.
const SMALL: usize = 9;

/// An object with a table of its own, and where it stands.
struct Part {
    paths: Vec<String>,
    schema: Value,
}

/// The spec and the large objects in it, outer ones first; what stands in two places is told once.
fn parts(spec: &Value) -> Vec<Part> {
    let mut parts: Vec<Part> = vec![];
    let mut queue = VecDeque::from([(String::new(), spec.clone())]);
    while let Some((path, schema)) = queue.pop_front() {
        if let Some(known) = parts.iter_mut().find(|part| part.schema["properties"] == schema["properties"]) {
            known.paths.push(path);
            continue;
        }
        for (name, property) in properties(&schema) {
            let (suffix, inner) = inner(property);
            if properties(inner).count() >= SMALL {
                let dot = if path.is_empty() { "" } else { "." };
                queue.push_back((format!("{path}{dot}{name}{suffix}"), inner.clone()));
            }
        }
        parts.push(Part { paths: vec![path], schema });
    }
    parts
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// What a property holds: its items and `[]`, where it is a list.
fn inner(property: &Value) -> (&'static str, &Value) {
    if property["type"] == "array" { ("[]", &property["items"]) } else { ("", property) }
}

fn fields(schema: &Value) -> String {
    let mut rows = vec![];
    add_rows(&mut rows, "", schema);
    table(["Field", "AWS's name", "Default", "What it is"], rows)
}

fn add_rows(rows: &mut Vec<[String; 4]>, within: &str, schema: &Value) {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in properties(schema) {
        let told = Told::from(property["description"].as_str().unwrap_or_default());
        let default = if required.contains(&name.as_str()) { Some("required".to_owned()) } else { told.default };
        let aws = told.aws.map_or_else(String::new, |name| format!("`{name}`"));
        let line = format!("{}{}", told.line, choices(property, &told.line));
        rows.push([format!("`{within}{name}`"), aws, default.unwrap_or_default(), line]);
        let (suffix, inner) = inner(property);
        if properties(inner).count() < SMALL {
            add_rows(rows, &format!("{within}{name}{suffix}."), inner);
        }
    }
}

/// The values of an enumeration, where the description does not name them all and they are not too many.
fn choices(property: &Value, line: &str) -> String {
    let named = property["enum"].as_array().into_iter().flatten();
    let described = property["oneOf"].as_array().into_iter().flatten().map(|choice| &choice["const"]);
    let all: Vec<&str> = named.chain(described).filter_map(Value::as_str).collect();
    if all.len() > SMALL || all.iter().all(|choice| line.contains(&format!("`{choice}`"))) {
        return String::new();
    }
    format!(" {}.", all.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", "))
}

/// A description, taken apart.
#[derive(Debug, PartialEq)]
struct Told {
    aws: Option<String>,
    default: Option<String>,
    line: String,
}

impl From<&str> for Told {
    fn from(description: &str) -> Self {
        let mut line = cell(description);
        let default = line.find("Default: ").map(|at| {
            let rest = &line[at..];
            let end = rest.find(". ").map_or(rest.len(), |end| end + 2);
            let default = rest[..end].trim().trim_start_matches("Default: ").trim_end_matches('.').to_owned();
            line = format!("{}{}", &line[..at], &rest[end..]).trim().to_owned();
            default
        });
        let aws = line.match_indices(" (").find_map(|(at, _)| {
            let inside = line[at + 2..].split_once(')')?.0;
            let name = inside.trim_start_matches("STS ").strip_prefix('`')?.strip_suffix('`')?;
            let is_name = name.starts_with(char::is_uppercase) && name.chars().all(char::is_alphanumeric);
            is_name.then(|| (at, at + 3 + inside.len(), name.to_owned()))
        });
        let aws = aws.map(|(from, to, name)| {
            line.replace_range(from..to, "");
            name
        });
        Self { aws, default, line }
    }
}

#[test]
fn a_description_is_taken_apart() {
    let told = Told::from("The statistic\n(`Statistic`). Not with `x`. Default: `Average`. Then more.");
    let (aws, default) = (Some("Statistic".to_owned()), Some("`Average`".to_owned()));
    assert_eq!(told, Told { aws, default, line: "The statistic. Not with `x`. Then more.".to_owned() });
    let told = Told::from("By name or ARN (see AWS).");
    assert_eq!(told, Told { aws: None, default: None, line: "By name or ARN (see AWS).".to_owned() });
}
