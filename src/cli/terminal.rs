//! What is written to standard output and standard error, made harmless.
//!
//! Text from AWS, from YAML or from a server may hold control characters: none reaches a terminal. A reader that has
//! gone away (`ecs-scaling schema | head -1`) is no error: the command does its work and ends with its own exit code.

use std::io::{ErrorKind, Write, stderr, stdout};

use anyhow::{Context as _, Result};

use crate::api::finding::Finding;

/// Writes text to standard output. Its newlines are the command's own: what may hold others goes through [`plain`].
///
/// # Errors
/// Where it cannot be written, as on a full disk; not where nobody reads it any more.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    match out.write_all(visible(text).as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("writing to standard output"),
        _ => Ok(()),
    }
}

/// Writes text to standard error, as far as it can be written.
pub(super) fn complain(text: &str) {
    let _ = stderr().lock().write_all(visible(text).as_bytes()); // nowhere is left to say that it failed
}

/// Text from AWS, YAML or a server as one harmless line.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A finding as compilers write it, and the hint below it.
pub(super) fn finding(finding: &Finding) -> String {
    let Finding { file, path, message, hint, .. } = finding;
    let harmless =
        Finding { file: plain(file), path: plain(path), message: plain(message), hint: plain(hint), ..finding.clone() };
    format!("{harmless}\n")
}

/// `1 file`, `2 files`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Rows as a table, in kubectl's manner: the first holds the headers.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let line = |row: &Vec<String>| {
        let cells =
            row.iter().enumerate().map(|(column, cell)| format!("{cell:width$}", width = width(column).unwrap_or(0)));
        cells.collect::<Vec<_>>().join("   ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// Every control character but the newline in the form in which JSON strings have it.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_but_the_newline_is_left() {
        assert_eq!(visible("a\u{1b}[31m\r\u{9b}b\n"), "a\\u001b[31m\\u000d\\u009bb\n");
        let json = serde_json::to_string("\u{9b}\u{7f}").unwrap();
        assert_eq!(serde_json::from_str::<String>(&visible(&json)).unwrap(), "\u{9b}\u{7f}");
    }

    #[test]
    fn a_name_cannot_forge_a_line() {
        assert_eq!(plain("a\nerror: b\u{1b}[2J"), "a error: b [2J");
    }
}
