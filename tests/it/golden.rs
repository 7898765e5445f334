//! Golden files: what a person reads, kept under `golden/` and compared byte for byte. `UPDATE_GOLDEN=1` rewrites them.

use similar::TextDiff;

use crate::source_tree::root;

/// Fails where a text is not that of its golden file.
pub(crate) fn check(name: &str, actual: &str) {
    check_file(&format!("tests/it/golden/{name}"), actual);
}

/// The same for a file that stands elsewhere, by its path from the project's root.
pub(crate) fn check_file(name: &str, actual: &str) {
    let path = root().join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected != actual {
        let diff = TextDiff::from_lines(&expected, actual);
        let shown = diff.unified_diff().header("golden", "now").to_string();
        panic!("{name} is not as it was; look at the difference, then UPDATE_GOLDEN=1 takes it:\n{shown}");
    }
}

/// A text without what differs from run to run: UUIDs, points in time, and ages below 100 seconds, in columns or not.
pub(crate) fn mask(text: &str) -> String {
    text.split_inclusive('\n').map(|line| mask_line(&mask_uuids(line))).collect()
}

fn mask_uuids(line: &str) -> String {
    const SHAPE: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    let is_uuid = |text: &str| {
        let mut pairs = text.bytes().zip(SHAPE.bytes());
        text.len() == SHAPE.len()
            && pairs.all(|(is, wanted)| if wanted == b'x' { is.is_ascii_hexdigit() } else { is == wanted })
    };
    let mut out = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let masks = rest.get(..SHAPE.len()).is_some_and(is_uuid);
        out.push_str(if masks { "UUID" } else { &rest[..first.len_utf8()] });
        rest = &rest[if masks { SHAPE.len() } else { first.len_utf8() }..];
    }
    out
}

fn mask_line(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let length = from.find(|c: char| !(c.is_ascii_digit() || "-:.TZ".contains(c))).unwrap_or(from.len());
        let (token, after) = from.split_at(length);
        let stands_alone = !out.ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '/');
        if token.len() >= "2026-01-01T00:00:00Z".len() && token.contains('T') && token.ends_with('Z') {
            out.push_str("TIME");
            rest = after;
        } else if stands_alone && token.len() <= 2 && ends_an_age(after) {
            rest = mask_age(&mut out, token, after);
        } else {
            out.push_str(token);
            rest = after;
        }
    }
    out + rest
}

fn ends_an_age(after: &str) -> bool {
    after.strip_prefix('s').is_some_and(|rest| rest.starts_with(char::is_whitespace) || rest.is_empty())
}

/// Writes `#s` for an age; one digit more or less moves nothing else in its line. Gives what is left of the line.
fn mask_age<'a>(out: &mut String, digits: &str, after: &'a str) -> &'a str {
    let rest = after.strip_prefix('s').unwrap_or(after);
    if digits.len() == 1 {
        out.push_str("#s");
        return rest;
    }
    if out.ends_with("  ") && rest.starts_with(" ago") {
        out.push_str(" #s"); // aligned to the right: the second digit stands where a space was
        return rest;
    }
    out.push_str("#s");
    if rest.starts_with("  ") {
        out.push(' ')
    }
    rest
}

#[test]
fn what_differs_from_run_to_run_is_masked_and_nothing_else() {
    let lines = [
        ("AGE   REGION\n2s    eu-west-1\n", "AGE   REGION\n12s   eu-west-1\n"),
        ("Ready   2s\n", "Ready   12s\n"),
        ("Last sync:   2s ago\n", "Last sync:   2s ago\n"),
        ("     2s ago  Normal\n", "    12s ago  Normal\n"),
        (
            "scalable-target/5a9c39c1-a8f5-50fe-a2cb-5403175f71a4",
            "scalable-target/8cac6d2f-4550-5d06-a8d4-d11a29df2837",
        ),
        ("at 2026-11-25T01:44:00.917881668Z", "at 2026-11-25T01:44:00Z"),
    ];
    for (one, two) in lines {
        assert_eq!(mask(one), mask(two));
        assert_ne!(mask(one), one);
    }
    for untouched in ["min 2, max 20", "B-2s2 in 111122223333/ap-northeast-2", "spec f7667ed180119ca8", "period: 60\n"]
    {
        assert_eq!(mask(untouched), untouched);
    }
}
