//! How the demo is printed: headings, text, commands, tables. Colour on a terminal alone.

use std::io::{IsTerminal, Write};

const BOLD: &str = "\x1b[1m";
const CYAN: &str = "\x1b[36m";
const RESET: &str = "\x1b[0m";
/// Everything below a heading stands so far to the right.
const INDENT: &str = "  ";

/// Where prose breaks; plans and tables stay as they are.
const WIDTH: usize = 100;

/// Where the story is printed.
pub(super) struct Pages {
    coloured: bool,
}

impl Pages {
    pub(super) fn to_stdout() -> Self {
        Self { coloured: std::io::stdout().is_terminal() }
    }

    /// The first line.
    pub(super) fn title(&self, text: &str) {
        print(format_args!("{}", self.painted(BOLD, text)));
    }

    /// The heading of a step.
    pub(super) fn step(&self, number: u32, text: &str) {
        print(format_args!("\n{}\n", self.painted(BOLD, &format!("{number}. {text}"))));
    }

    /// A command that a reader could type.
    pub(super) fn command(&self, text: &str) {
        print(format_args!("{INDENT}{}", self.painted(CYAN, &format!("$ {text}"))));
    }

    /// Text of one or several lines.
    pub(super) fn text(&self, text: &str) {
        for line in text.lines() {
            print(format_args!("{}", format!("{INDENT}{line}").trim_end()));
        }
    }

    /// Prose, broken into lines.
    pub(super) fn prose(&self, text: &str) {
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.text(&line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.text(&line);
    }

    /// Rows in columns, the first row in capitals by custom.
    pub(super) fn table<const N: usize>(&self, rows: &[[String; N]]) {
        let width =
            |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        for row in rows {
            let cells = row.iter().enumerate();
            let cells = cells.map(|(column, cell)| format!("{cell:width$}", width = width(column).unwrap_or(0)));
            self.text(&cells.collect::<Vec<_>>().join("   "));
        }
    }

    pub(super) fn blank(&self) {
        print(format_args!(""));
    }

    fn painted(&self, colour: &str, text: &str) -> String {
        if self.coloured { format!("{colour}{text}{RESET}") } else { text.to_owned() }
    }
}

/// A reader who has seen enough, such as `head`, is no reason to fail.
fn print(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
