//! Reads the project's own source: where it lies, its files, and Rust text without comments.

use std::path::{Path, PathBuf};

/// The folder that holds Cargo.toml, src/ and tests/.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The files below a folder of the project whose names end so, sorted; none when the folder is not there.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A file's path as it is written in messages: from the project's root.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Rust text with comments and the contents of strings blanked; lines stay where they are.
pub(crate) fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = token_length(rest, first);
        let token = &rest[..length];
        let is_blank = length > first.len_utf8();
        code.extend(token.chars().map(|c| if is_blank && c != '\n' { ' ' } else { c }));
        rest = &rest[length..];
    }
    code
}

/// The length of the comment, string or character at the start of `rest`; of one character otherwise.
fn token_length(rest: &str, first: char) -> usize {
    let upto = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return upto("*/", 2);
    }
    if rest.starts_with("r#\"") {
        return upto("\"#", 3);
    }
    if rest.starts_with("r\"") {
        return upto("\"", 2);
    }
    match first {
        '"' => quoted_length(rest),
        '\'' if rest.starts_with("'\\") => upto("'", 3),
        '\'' if rest.chars().nth(2) == Some('\'') => rest.char_indices().nth(3).map_or(rest.len(), |(at, _)| at),
        _ => first.len_utf8(),
    }
}

/// The length of a string with escapes, its quotes included.
fn quoted_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[test]
fn comments_and_strings_are_not_code() {
    let text = "a // x\n\"b \\\" c\" d '\"' e r#\"f\"# /* g\n */ h 'l ';' i";
    let code = code_only(text);
    assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "d", "e", "h", "'l", "i"]);
    assert_eq!(code.lines().count(), text.lines().count());
}

#[test]
fn no_file_grows_over_500_lines() {
    let long: Vec<String> = ["src", "tests"]
        .into_iter()
        .flat_map(|folder| files(folder, ".rs"))
        .map(|path| (std::fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > 500)
        .map(|(lines, path)| format!("{}: {lines} lines", shown(&path)))
        .collect();
    assert_eq!(long, Vec::<String>::new(), "a file of this length is two things: make two files");
}
