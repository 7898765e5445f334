//! The table of reports: which fault that users reported of other tools is tested not to be one here.
//!
//! `problems.txt` has a line for each report: `tested`, or `none:` and the reason. A report counts as tested where test
//! code names it, as `tf#5023`. A regression of one's own has a report's tag in the same way.

use std::collections::BTreeMap;

use crate::facts::test_code;
use crate::source_tree::{files, root};

const TABLE: &str = "tests/it/problems.txt";

/// Each report of the table with its verdict, in the table's order.
fn read_table(text: &str) -> Vec<(&str, &str)> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines.map(|line| line.split_once("  ").map_or((line, ""), |(tag, verdict)| (tag, verdict.trim()))).collect()
}

/// Whether a text names a report: `tf#50` is not named by `tf#5023`.
fn names(text: &str, tag: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_digit());
    text.match_indices(tag).any(|(at, _)| ends(&text[at + tag.len()..]) && !text[..at].ends_with(char::is_alphanumeric))
}

/// What is wrong with the table.
fn differences(table: &[(&str, &str)], tests: &str) -> Vec<String> {
    let mut seen = BTreeMap::new();
    let of_row = |(tag, verdict): &(&str, &str)| {
        let wrong = match (*verdict, names(tests, tag)) {
            _ if seen.insert((*tag).to_owned(), ()).is_some() => "stands in the table twice",
            ("tested", true) => return None,
            ("tested", false) => "is marked tested, and no test names it",
            (_, true) => "is named by a test, and the table says it is not",
            (reason, false) if reason.strip_prefix("none: ").is_some_and(|reason| !reason.is_empty()) => return None,
            (_, false) => "has neither a test nor a reason",
        };
        Some(format!("{tag}: {wrong}"))
    };
    table.iter().filter_map(of_row).collect()
}

#[test]
fn every_report_is_tested_or_says_why_not() {
    let text = std::fs::read_to_string(root().join(TABLE)).unwrap();
    let table = read_table(&text);
    assert!(table.len() >= 90, "{} reports", table.len());
    let places = [("src", ".rs"), ("tests/sandbox/src", ".rs"), ("tests/it", ".rs"), ("tests/clients", ".py")];
    let mut tests = String::new();
    for (folder, ending) in places {
        for path in files(folder, ending).iter().filter(|path| !path.ends_with("it/problems.rs")) {
            tests.push_str(&test_code(path, &std::fs::read_to_string(path).unwrap()));
        }
    }
    let wrong = differences(&table, &tests);
    assert!(wrong.is_empty(), "{}\n{TABLE} is written by hand", wrong.join("\n"));
}

#[test]
fn the_table_of_reports_is_held_against_the_tests() {
    let table =
        [("a#1", "tested"), ("a#2", "tested"), ("a#3", "none: "), ("a#4", "none: no such thing here"), ("a#4", "")];
    let wrong = differences(&table, "// a#1, a#22, ba#2");
    assert_eq!(wrong.len(), 3, "{wrong:?}");
    for (line, tag) in wrong.iter().zip(["a#2", "a#3", "a#4"]) {
        assert!(line.starts_with(tag), "{line}");
    }
}
