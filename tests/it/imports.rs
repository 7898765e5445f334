//! The direction of the modules: `model ← api ← plan, diagnose, status`, and the edges around them.
//!
//! What a module may name of this crate is a table, so that a new arrow is a decision and not an accident. What a pure
//! module must not name from outside, and that `aws` alone names the SDK, is checked beside it.

use crate::source_tree::{code_only, files, root, shown};

const PURE: &[&str] = &["model", "api", "plan", "export", "diagnose", "status"];

/// What each top-level module may name beside itself. `lib`, `main`, `cli` and `controller` wire: they name anything.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("api", &["model"]),
    ("plan", &["model", "api"]),
    ("export", &["model", "api", "plan"]),
    ("diagnose", &["model", "api"]),
    ("status", &["model", "api", "plan", "diagnose"]),
    ("source", &["model", "api", "aws"]),
    ("aws", &["model", "api"]),
    ("admission", &["model", "diagnose"]),
    ("observe", &["model", "api", "diagnose", "aws", "admission"]),
    ("apply", &["model", "api", "plan", "aws", "admission"]),
    // What shows the state to machines and people reads it where it is kept.
    ("metrics", &["model", "api", "plan", "diagnose", "aws", "controller"]),
    ("http", &["model", "api", "plan", "diagnose", "controller", "metrics"]),
    ("settings", &["model", "api", "plan", "source", "controller"]),
    ("telemetry", &[]),
];

const WIRING: &[&str] = &["lib", "main", "cli", "controller"];

/// What a pure module takes as an argument instead. The crates behind the feature `controller` are out of its reach
/// when it builds alone; they are named here so that the message says why.
const NEVER_IN_PURE: &[&str] = &[
    "tokio",
    "axum",
    "reqwest",
    "clap",
    "notify",
    "prometheus",
    "tracing",
    "anyhow",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::io::stdin",
    "std::io::stdout",
];

const SDK: &[&str] = &["aws_config", "aws_sdk", "aws_smithy", "aws_types", "aws_credential_types", "aws_runtime"];

/// A path that a file names, with `use a::{b, c}` taken apart.
#[derive(Debug, PartialEq)]
struct Named {
    line: usize,
    path: Vec<String>,
}

/// An open brace: what a path within it begins with, and whether it is a module's.
struct Brace {
    prefix: Vec<String>,
    is_module: bool,
}

/// Every path of more than one segment in Rust code; `super` and `self` are resolved from the file's own module.
fn paths_named(code: &str, module: &[String]) -> Vec<Named> {
    let mut named = vec![];
    let mut braces: Vec<Brace> = vec![];
    let mut before = String::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while !rest.is_empty() {
            let (path, opens_group, length) = leading_path(rest);
            let prefix = braces.last().map(|brace| brace.prefix.clone()).unwrap_or_default();
            let in_group = !prefix.is_empty();
            if length == 0 {
                match rest.as_bytes()[0] {
                    b'{' => braces.push(Brace { prefix: vec![], is_module: before == "mod" }),
                    b'}' => drop(braces.pop()),
                    _ => {}
                }
                rest = rest[rest.chars().next().unwrap().len_utf8()..].trim_start();
                continue;
            }
            let path = [prefix, path].concat();
            before = if before == "mod" && path.len() == 1 { "mod".into() } else { path.concat() };
            let depth = braces.iter().filter(|brace| brace.is_module).count();
            if opens_group {
                braces.push(Brace { prefix: path, is_module: false });
            } else if path.len() > 1 || in_group {
                named.push(Named { line: index + 1, path: resolved(path, module, depth) });
            }
            rest = rest[length..].trim_start();
        }
    }
    named
}

/// The path at the start of `text`, whether it goes on as `::{`, and its length; the length is 0 where none is.
fn leading_path(text: &str) -> (Vec<String>, bool, usize) {
    let mut path = vec![];
    let mut at = 0;
    loop {
        let word =
            text[at..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(&text[at..], |end| &text[at..][..end]);
        if word.is_empty() {
            return (path, false, at);
        }
        path.push(word.to_owned());
        at += word.len();
        match text[at..].strip_prefix("::") {
            Some(rest) if rest.starts_with('{') => return (path, true, at + 3),
            Some(_) => at += 2,
            None => return (path, false, at),
        }
    }
}

/// A path from the crate's root, `crate` first, where it began with `self` or `super`.
fn resolved(path: Vec<String>, module: &[String], depth: usize) -> Vec<String> {
    let ups = path.iter().take_while(|segment| *segment == "super").count();
    if ups == 0 && path[0] != "self" {
        return path;
    }
    let mut full = vec!["crate".to_owned()];
    full.extend(module[..module.len().saturating_sub(ups.saturating_sub(depth))].iter().cloned());
    full.extend(path.into_iter().filter(|segment| segment != "super" && segment != "self"));
    full
}

/// What is wrong with a path in a module, if anything.
fn objection(module: &str, path: &[String]) -> Option<String> {
    let text = path.join("::");
    let begins = |with: &&&str| text == **with || text.starts_with(&format!("{with}::"));
    if PURE.contains(&module)
        && let Some(never) = NEVER_IN_PURE.iter().find(begins)
    {
        return Some(format!("`{module}` is pure and names {never}: take values and the time as arguments"));
    }
    if module != "aws" && SDK.iter().any(|sdk| text.starts_with(sdk)) {
        return Some(format!("{} is named outside src/aws, the only place that knows the SDK", path[0]));
    }
    let other = path.get(1).filter(|_| path[0] == "crate")?.as_str();
    if other == module || WIRING.contains(&module) || !is_module(other) {
        return None;
    }
    match MAY_NAME.iter().find(|(name, _)| *name == module) {
        None => Some(format!("the module `{module}` stands in no row of MAY_NAME: give it one")),
        Some((_, may)) if may.contains(&other) => None,
        Some((_, may)) => Some(format!("`{module}` names `{other}`; it may name {may:?}")),
    }
}

/// Whether a name is a top-level module, and not a macro or an item of lib.rs.
fn is_module(name: &str) -> bool {
    MAY_NAME.iter().any(|(module, _)| *module == name)
        || WIRING.contains(&name)
        || root().join("src").join(name).is_dir()
        || root().join(format!("src/{name}.rs")).is_file()
}

/// Every objection to a text that stands in the file `path` below src/.
fn objections(path: &str, text: &str) -> Vec<String> {
    let mut module: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let top = module[0].clone();
    module.retain(|segment| !["mod", "lib", "main"].contains(&segment.as_str()));
    paths_named(&code_only(text), &module)
        .into_iter()
        .filter_map(|named| Some(format!("src/{path}:{}: {}", named.line, objection(&top, &named.path)?)))
        .collect()
}

#[test]
fn every_module_names_only_what_stands_below_it() {
    let sources = files("src", ".rs");
    assert!(!sources.is_empty(), "no source was found");
    let found: Vec<String> = sources
        .iter()
        .flat_map(|path| objections(shown(path).trim_start_matches("src/"), &std::fs::read_to_string(path).unwrap()))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_line_in_the_wrong_direction_is_caught() {
    for (path, text, line) in [
        ("model/alarm.rs", "use crate::api::desired::Desired;", 1),
        ("model/alarm.rs", "use super::{number::Number, super::api};", 1),
        ("model/alarm.rs", "fn f() {}\nmod tests {\n  use super::super::super::plan::Plan;\n}", 3),
        ("model/mod.rs", "use super::plan::Plan;", 1),
        ("api/mod.rs", "use crate::{\n    model::alarm::Alarm,\n    aws::Scope,\n};", 3),
        ("plan/diff.rs", "let now = std::time::Duration::ZERO; std::env::var(\"X\");", 1),
        ("plan/diff.rs", "use std::{collections::BTreeMap, fs};", 1),
        ("diagnose/mod.rs", "async fn f() { tokio::time::sleep(d).await }", 1),
        ("status/mod.rs", "use crate::controller::State;", 1),
        ("aws/convert.rs", "use crate::plan::Action;", 1),
        ("source/directory.rs", "fn f() -> aws_sdk_ecs::Client {}", 1),
        ("http/api.rs", "use crate::observe::Cache;", 1),
        ("observe.rs", "use crate::apply::apply;", 1),
        ("newcomer.rs", "use crate::model::alarm::Alarm;", 1),
    ] {
        let found = objections(path, text);
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
        assert!(found[0].starts_with(&format!("src/{path}:{line}: ")), "{found:?}");
    }
}

#[test]
fn a_line_in_the_right_direction_passes() {
    for (path, text) in [
        (
            "model/alarm.rs",
            "use super::{aws_enum, fields::Field};\nmod tests { use super::*; use super::super::number; }",
        ),
        ("model/alarm.rs", "// use crate::plan::Plan;\nlet text = \"crate::aws\"; self::helper(); crate::aws_enum!();"),
        ("status/mod.rs", "use crate::{plan::Withheld, diagnose::Diagnosis};"),
        ("aws/convert.rs", "use aws_sdk_ecs::Client; use crate::model::arn;"),
        ("controller/mod.rs", "use crate::{apply, aws, observe, plan, source, status};"),
        ("main.rs", "fn main() { ecs_scaling::cli::main() }"),
    ] {
        assert_eq!(objections(path, text), Vec::<String>::new(), "{text}");
    }
}
