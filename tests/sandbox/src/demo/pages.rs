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
        self.hanging("", text);
    }

    /// Words behind a lead, below which their later lines begin. An ARN too long for a line breaks behind a slash.
    fn hanging(&self, lead: &str, text: &str) {
        let room = WIDTH.saturating_sub(lead.chars().count());
        let mut lead = lead.to_owned();
        let mut line = String::new();
        for (gap, word) in text.split_whitespace().flat_map(|word| pieces(word, room)) {
            let gap = if line.is_empty() { "" } else { gap };
            if !line.is_empty() && line.chars().count() + gap.len() + word.chars().count() > room {
                self.text(&format!("{lead}{line}"));
                lead = " ".repeat(lead.chars().count());
                line = word.to_owned();
            } else {
                line = format!("{line}{gap}{word}");
            }
        }
        self.text(&format!("{lead}{line}"));
    }

    /// Text of which the lines that are too long are broken as prose is, below where they begin.
    pub(super) fn folded(&self, text: &str) {
        for line in text.lines() {
            if line.chars().count() <= WIDTH {
                self.text(line);
            } else {
                let words = line.trim_start_matches([' ', '→']);
                self.hanging(line.strip_suffix(words).unwrap_or_default(), words);
            }
        }
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

/// A word, or where it is longer than a line its parts, each with its slash; and the gap before each.
fn pieces(word: &str, room: usize) -> Vec<(&'static str, &str)> {
    if word.chars().count() <= room {
        return vec![(" ", word)];
    }
    let parts = word.split_inclusive('/').enumerate();
    parts.map(|(index, part)| (if index == 0 { " " } else { "" }, part)).collect()
}

/// A reader who has seen enough, such as `head`, is no reason to fail.
fn print(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
