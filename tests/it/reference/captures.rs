//! What it looks like: pieces of what the demo shows.

use super::check;
use crate::source_tree::root;

#[test]
fn the_readme_shows_what_the_demo_shows() {
    let golden = std::fs::read_to_string(root().join("tests/it/golden/demo.txt")).unwrap();
    for (section, first, last) in [
        ("plan", "$ ecs-scaling plan --config deploy/examples", "+ metricAggregationType"),
        ("table", "$ ecs-scaling get", "search-worker "),
        ("load", "MINUTE ", "the load is gone"),
    ] {
        check(section, &format!("```text\n{}```\n", piece(&golden, first, last)));
    }
}

/// The lines from the one that begins so, up to the first that holds `last`, without the demo's indent.
fn piece(golden: &str, first: &str, last: &str) -> String {
    let mut lines = golden.lines().skip_while(|line| !line.trim_start().starts_with(first)).peekable();
    let first_line = lines.peek().unwrap_or_else(|| panic!("the demo shows no line {first:?}"));
    let indent = first_line.len() - first_line.trim_start().len();
    let mut piece = String::new();
    for line in lines {
        piece += &format!("{}\n", line.get(indent..).unwrap_or_default());
        if line.contains(last) {
            return piece;
        }
    }
    panic!("the demo shows no line with {last:?} after {first:?}");
}
