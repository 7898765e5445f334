//! The table of figures: which test proves what the controller promises of itself on a bad day.
//!
//! `figures.txt` has the figures by number, each with what is promised and, below it, the tests that prove it or
//! `none:` and the reason. This test holds the table against the source: what it names is there, and is a test.

use std::path::PathBuf;

use crate::source_tree::root;

const TABLE: &str = "tests/it/figures.txt";
const LAST: usize = 22;

/// A figure: its number, and the lines below it.
type Figure<'a> = (usize, Vec<&'a str>);

fn read_table(text: &str) -> Result<Vec<Figure<'_>>, String> {
    let mut figures: Vec<Figure<'_>> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match (line.strip_prefix("  "), line.split_once(' ')) {
            (Some(proof), _) => figures.last_mut().ok_or_else(|| format!("of no figure: {line}"))?.1.push(proof),
            (None, Some((number, promise))) if !promise.trim().is_empty() => {
                let number = number.parse().map_err(|_| format!("no number: {line}"))?;
                figures.push((number, Vec::new()));
            }
            _ => return Err(format!("neither a figure nor a proof: {line}")),
        }
    }
    Ok(figures)
}

/// What is wrong with a proof: `MODULE::TEST` of tests/it, `FILE::TEST`, `make TARGET`, or `none: REASON`.
fn wrong(proof: &str) -> Option<String> {
    let not = |why: &str| Some(format!("{proof}: {why}"));
    if let Some(reason) = proof.strip_prefix("none:") {
        return if reason.trim().is_empty() { not("the reason is missing") } else { None };
    }
    if let Some(target) = proof.strip_prefix("make ") {
        let target = target.split(',').next().unwrap_or_default();
        let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
        return if makefile.contains(&format!("\n{target}:")) { None } else { not("there is no such target") };
    }
    let Some((place, test)) = proof.split_once("::") else { return not("is no proof") };
    let path = if place.contains('/') { PathBuf::from(place) } else { PathBuf::from(format!("tests/it/{place}.rs")) };
    let Ok(text) = std::fs::read_to_string(root().join(&path)) else { return not("there is no such file") };
    if path.extension().is_some_and(|extension| extension == "py") {
        return if text.contains(&format!("\ndef {test}(")) { None } else { not("there is no such test") };
    }
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let is_it = |line: &str| {
        line.strip_prefix("async ")
            .unwrap_or(line)
            .strip_prefix("fn ")
            .is_some_and(|rest| rest.starts_with(&format!("{test}(")))
    };
    let is_marked = |at: usize| {
        let above = lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        above.into_iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    };
    match lines.iter().position(|line| is_it(line)) {
        Some(at) if is_marked(at) => None,
        Some(_) => not("is no test"),
        None => not("there is no such test"),
    }
}

#[test]
fn every_figure_is_proved_or_says_why_not() {
    let text = std::fs::read_to_string(root().join(TABLE)).unwrap();
    let figures = read_table(&text).unwrap_or_else(|error| panic!("{TABLE}: {error}"));
    let numbers: Vec<usize> = figures.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=LAST).collect::<Vec<_>>(), "each figure once, in order");
    let unproved =
        figures.iter().filter(|(_, proofs)| proofs.is_empty()).map(|(number, _)| format!("{number}: no proof"));
    let broken = figures.iter().flat_map(|(_, proofs)| proofs).filter_map(|proof| wrong(proof));
    let all: Vec<String> = unproved.chain(broken).collect();
    assert!(all.is_empty(), "{TABLE}:\n{}", all.join("\n"));
}

#[test]
fn a_proof_that_is_none_is_refused() {
    for proof in [
        "figures::no_such_test",
        "figures::wrong",
        "no_such_file::test",
        "make no-such-target",
        "none:",
        "nothing",
        "tests/clients/test_metrics.py::test_nothing",
    ] {
        assert!(wrong(proof).is_some(), "{proof}");
    }
    for proof in ["figures::a_proof_that_is_none_is_refused", "make soak, for hours", "none: a reason"] {
        assert_eq!(wrong(proof), None);
    }
    assert!(read_table("  orphan::test").is_err() && read_table("x y").is_err() && read_table("1").is_err());
}
