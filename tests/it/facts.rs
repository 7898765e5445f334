//! The table of facts: which fact about AWS is tested, on the controller's side and on the sandbox's.
//!
//! `facts.txt` has a line for each fact and side: `tested`, or `none:` and the reason. This test holds the table against
//! the source. A fact counts as tested where test code names its id: tests in `src/` for the controller, tests in
//! `tests/sandbox/src/` for the sandbox, `tests/it` for both, since it runs the one against the other; a file in
//! `tests/clients` for the sandbox, and for the controller where it starts that. `make facts` (UPDATE_FACTS=1) writes anew what is tested and keeps the reasons.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::source_tree::{code_only, files, root, shown};

const TABLE: &str = "tests/it/facts.txt";
static SIDES: [&str; 2] = ["controller", "sandbox"];

/// The facts about scaling are numbered from S-001 to this one.
const LAST_FACT: usize = 108;
/// The facts about how IAM evaluates policies are numbered from E-01 to this one.
const LAST_EVALUATION: usize = 9;

/// A fact on a side.
type Cell = (String, &'static str);

fn every_cell() -> impl Iterator<Item = Cell> {
    let scaling = (1..=LAST_FACT).map(|number| format!("S-{number:03}"));
    let evaluation = (1..=LAST_EVALUATION).map(|number| format!("E-{number:02}"));
    scaling.chain(evaluation).flat_map(|fact| SIDES.map(|side| (fact.clone(), side)))
}

/// Reads the table: the text behind each fact and side. Fails on a line that it cannot read.
fn read_table(text: &str) -> Result<BTreeMap<Cell, String>, String> {
    let mut table = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.splitn(3, ' ').map(str::trim);
        let cell = words
            .next()
            .zip(words.next())
            .and_then(|(fact, side)| every_cell().find(|cell| *cell == (fact.to_owned(), cell.1) && cell.1 == side));
        let verdict = words.next().unwrap_or_default().to_owned();
        let Some(cell) = cell.filter(|_| verdict == "tested" || verdict.starts_with("none:")) else {
            return Err(format!("{TABLE}:{}: not `FACT SIDE tested` or `FACT SIDE none: REASON`: {line}", index + 1));
        };
        if table.insert(cell, verdict).is_some() {
            return Err(format!("{TABLE}:{}: this fact and side stand in the table twice", index + 1));
        }
    }
    Ok(table)
}

/// Every difference between what the table says and what the tests name.
fn differences(table: &BTreeMap<Cell, String>, tested: &BTreeSet<Cell>) -> Vec<String> {
    every_cell()
        .filter_map(|cell| {
            let wrong = match (table.get(&cell).map(String::as_str), tested.contains(&cell)) {
                (None, _) => "stands in no line of the table",
                (Some("tested"), false) => "is marked tested, and no test names it: write the test or the reason",
                (Some("none:"), false) => "has neither a test nor a reason",
                (Some(verdict), true) if verdict != "tested" => "is tested, and the table says it is not",
                _ => return None,
            };
            Some(format!("{} {}: {wrong}", cell.0, cell.1))
        })
        .collect()
}

/// The table as it should stand: reasons kept, the rest by what the tests name.
fn rewritten(old: &str, table: &BTreeMap<Cell, String>, tested: &BTreeSet<Cell>) -> String {
    let mut text: String =
        old.lines().take_while(|line| line.starts_with('#')).fold(String::new(), |head, line| head + line + "\n");
    for cell in every_cell() {
        let reason = table.get(&cell).filter(|verdict| verdict.starts_with("none:")).map_or("none:", String::as_str);
        let verdict = if tested.contains(&cell) { "tested" } else { reason };
        writeln!(text, "{} {:<10} {verdict}", cell.0, cell.1).unwrap();
    }
    text
}

/// Every fact and side that test code names.
fn tested_cells() -> BTreeSet<Cell> {
    let places = [("src", ".rs"), ("tests/sandbox/src", ".rs"), ("tests/it", ".rs"), ("tests/clients", ".py")];
    let mut tested = BTreeSet::new();
    for (folder, ending) in places {
        for path in files(folder, ending).iter().filter(|path| !path.ends_with("it/facts.rs")) {
            let text = std::fs::read_to_string(path).unwrap();
            let named = facts_named(&test_code(path, &text));
            let sides = sides(folder, &text);
            tested.extend(named.into_iter().flat_map(|fact| sides.iter().map(move |side| (fact.clone(), *side))));
        }
    }
    tested
}

/// The sides that a file's tests count for.
fn sides(folder: &str, text: &str) -> &'static [&'static str] {
    let [controller, sandbox] = SIDES.each_ref().map(std::slice::from_ref);
    match folder {
        "src" => controller,
        "tests/sandbox/src" => sandbox,
        "tests/clients" if !text.contains(" controller(") && !text.contains(" daemon(") => sandbox,
        _ => &SIDES,
    }
}

/// The facts that a text names, as `S-031` or `E-05` or, in a function's name, `s_031` or `s031`.
fn facts_named(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let mut named = BTreeSet::new();
    for (at, letter) in lower.match_indices(['s', 'e']) {
        let starts_word = !lower[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let rest = lower[at + 1..].trim_start_matches(['-', '_']);
        let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
        if starts_word && digits.len() == if letter == "s" { 3 } else { 2 } {
            named.insert(format!("{}-{digits}", letter.to_uppercase()));
        }
    }
    named
}

/// The lines of a file that are test code: all but the head in a folder of tests; elsewhere the items under `#[test]`,
/// `#[tokio::test]` and `#[cfg(test)]` with the comments above them, and files named `…tests.rs`.
pub(crate) fn test_code(path: &Path, text: &str) -> String {
    let shown = shown(path);
    if shown.ends_with(".py") {
        return text
            .strip_prefix("\"\"\"")
            .and_then(|rest| rest.split_once("\"\"\""))
            .map_or(text, |(_, rest)| rest)
            .into();
    }
    let body = text.lines().map(|line| if line.starts_with("//!") { "" } else { line });
    if shown.starts_with("tests/it/") || shown.ends_with("tests.rs") {
        return body.collect::<Vec<_>>().join("\n");
    }
    let lines: Vec<&str> = body.collect();
    let code = code_only(text);
    let code: Vec<&str> = code.lines().collect();
    let mut kept = String::new();
    let mut at = 0;
    while at < lines.len() {
        if !["#[test]", "#[tokio::test", "#[cfg(test)]"].iter().any(|mark| code[at].trim_start().starts_with(mark)) {
            at += 1;
            continue;
        }
        let above = lines[..at].iter().rev().take_while(|line| line.trim_start().starts_with("//")).count();
        let end = item_end(&code, at);
        kept.push_str(&lines[at - above..end].join("\n"));
        at = end;
    }
    kept
}

/// The line behind the item whose attribute stands in line `start`: its closing brace, or `;` where it has no body.
fn item_end(code: &[&str], start: usize) -> usize {
    let mut depth = 0;
    for (index, line) in code.iter().enumerate().skip(start) {
        for c in line.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth <= 0 && (c == '}' || c == ';') {
                return index + 1;
            }
        }
    }
    code.len()
}

#[test]
fn every_fact_is_tested_on_both_sides_or_says_why_not() {
    let path = root().join(TABLE);
    let text = std::fs::read_to_string(&path).unwrap();
    let table = read_table(&text).unwrap_or_else(|error| panic!("{error}"));
    let tested = tested_cells();
    if std::env::var_os("UPDATE_FACTS").is_some() {
        std::fs::write(&path, rewritten(&text, &table, &tested)).unwrap();
        return;
    }
    let wrong = differences(&table, &tested);
    assert!(
        wrong.is_empty(),
        "{}\n`make facts` marks what is tested; reasons are written by hand in {TABLE}",
        wrong.join("\n")
    );
}

#[test]
fn the_table_is_held_against_the_tests() {
    let cell = |fact: &str| (fact.to_owned(), "sandbox");
    let mut table: BTreeMap<Cell, String> = every_cell().map(|cell| (cell, "none: a reason".into())).collect();
    table.insert(cell("S-001"), "tested".into());
    table.insert(cell("S-002"), "none:".into());
    table.remove(&cell("S-003"));
    let wrong = differences(&table, &BTreeSet::from([cell("S-004")]));
    assert_eq!(wrong.len(), 4, "{wrong:?}");
    for (line, fact) in wrong.iter().zip(["S-001", "S-002", "S-003", "S-004"]) {
        assert!(line.starts_with(&format!("{fact} sandbox: ")), "{line}");
    }
    let text = rewritten("# head\nS-001 sandbox tested\n", &table, &BTreeSet::from([cell("S-004")]));
    let table = read_table(&text).unwrap();
    assert!(text.starts_with("# head\n"));
    assert_eq!((table[&cell("S-001")].as_str(), table[&cell("S-004")].as_str()), ("none:", "tested"));
    assert_eq!(table[&cell("S-005")], "none: a reason");
}

#[test]
fn a_line_that_is_no_verdict_is_refused() {
    for line in ["S-001 sandbox", "S-109 sandbox tested", "S-001 elsewhere tested", "S-001 sandbox maybe"] {
        assert!(read_table(line).is_err(), "{line}");
    }
    assert!(read_table("S-001 sandbox tested\nS-001 sandbox tested").is_err());
}

#[test]
fn only_test_code_counts() {
    let text = "//! S-001\n/// S-002\nfn f() { /* S-003 */ }\n\n// S-004\n#[test]\nfn s_005_holds() {\n  // S-006 }\n}\n\
                fn g() {} // S-007\n#[cfg(test)]\nuse x; // S-008\n#[cfg(test)]\nmod tests {\n  const S: &str = \"S-009 }\";\n}\n// S-010";
    let kept = test_code(&root().join("src/x.rs"), text);
    let named: Vec<String> = facts_named(&kept).into_iter().collect();
    assert_eq!(named, ["S-004", "S-005", "S-006", "S-008", "S-009"]);
    let python = "\"\"\"Head S-001.\"\"\"\ndef test_x():\n    \"\"\"S-002\"\"\"\n";
    assert_eq!(facts_named(&test_code(&root().join("tests/clients/x.py"), python)), BTreeSet::from(["S-002".into()]));
    assert_eq!(sides("tests/clients", "    controller(1)"), SIDES);
    assert_eq!(sides("tests/clients", "sandbox"), ["sandbox"]);
    assert_eq!(facts_named("us-123 xS-001 S-0123 tf#001 E-005 1e-05 name_05"), BTreeSet::new());
    assert_eq!(facts_named("// E-05, s_001"), BTreeSet::from(["E-05".into(), "S-001".into()]));
}
