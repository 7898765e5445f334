//! The tables of README.md that code knows better than people: each is made from the code, and stands between its
//! markers. The tests fail when the README says something else; `UPDATE_GOLDEN=1` rewrites it.

mod captures;
mod catalogue;
mod objects;

use std::sync::Mutex;

use similar::TextDiff;

use crate::source_tree::root;

/// Two tests must not rewrite the README at once.
static README: Mutex<()> = Mutex::new(());

/// Compares what stands between the markers of a section with what is generated.
fn check(section: &str, generated: &str) {
    let _alone = README.lock().unwrap();
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- generated: {section} -->\n"), "<!-- end -->");
    let start = readme.find(&begin).unwrap_or_else(|| panic!("README.md has no line {begin:?}")) + begin.len();
    let stop = start + readme[start..].find(end).unwrap_or_else(|| panic!("{begin:?} has no {end:?}"));
    let (committed, generated) = (&readme[start..stop], format!("{}\n", generated.trim_end()));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{}{generated}{}", &readme[..start], &readme[stop..])).unwrap();
        return;
    }
    let diff = TextDiff::from_lines(committed, &generated).unified_diff().header("README.md", "the code").to_string();
    assert!(committed == generated, "{section}: UPDATE_GOLDEN=1 rewrites it:\n{diff}");
}

/// A table in Markdown.
fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head = header.map(str::to_owned);
    let rule = header.map(|_| "---".to_owned());
    [line(&head), line(&rule)].into_iter().chain(rows.into_iter().map(|row| line(&row))).collect()
}

/// A description as one line that a cell can hold.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
