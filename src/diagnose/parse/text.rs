//! A message made safe and searchable.

/// Text in which nothing moves a cursor, starts a line, hides or reverses what is beside it: such characters are written
/// out, as `\n` or `\u{1b}`. The result is one line, for terminals and logs.
pub fn sanitise(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        push_visibly(&mut safe, c);
    }
    safe
}

fn push_visibly(safe: &mut String, c: char) {
    if c.is_control() || is_invisible(c) {
        safe.extend(c.escape_default());
    } else {
        safe.push(c);
    }
}

/// Formatting characters: of line and paragraph, zero width, of writing direction, tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A message, sanitised: each run of white space one space, or one line break where it held one; curly quotes straight.
pub(super) struct Text {
    text: String,
    /// In ASCII lower case and with spaces for line breaks: the same byte positions as `text`.
    folded: String,
}

impl Text {
    pub(super) fn new(message: &str) -> Self {
        let mut text = String::with_capacity(message.len());
        let mut gap = None;
        let mut chars = message.chars().peekable();
        while let Some(c) = chars.next() {
            let c = match (c, chars.peek()) {
                // Messages are often found inside JSON or debug output.
                ('\\', Some('n' | 'r')) => chars.next().map_or(c, |_| '\n'),
                ('\\', Some('t')) => chars.next().map_or(c, |_| ' '),
                ('\\', Some('"' | '\'')) => chars.next().unwrap_or(c),
                ('\u{2018}'..='\u{201b}', _) => '\'',
                ('\u{201c}'..='\u{201f}', _) => '"',
                ('\u{200b}' | '\u{2060}' | '\u{feff}', _) => continue, // zero-width, inside words
                _ => c,
            };
            if c.is_whitespace() {
                let breaks = matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}') || gap == Some('\n');
                gap = Some(if breaks { '\n' } else { ' ' });
                continue;
            }
            if c == '<' && gap.is_none() {
                gap = Some(' '); // a tag ends the word before it
            }
            if let Some(gap) = gap.take().filter(|_| !text.is_empty()) {
                text.push(gap);
            }
            push_visibly(&mut text, c);
        }
        let folded = text.to_ascii_lowercase().replace('\n', " ");
        Self { text, folded }
    }

    /// Where a lower-case phrase stands first, at `from` or behind it.
    pub(super) fn find(&self, phrase: &str, from: usize) -> Option<usize> {
        Some(from + self.folded.get(from..)?.find(phrase)?)
    }

    pub(super) fn contains(&self, phrase: &str) -> bool {
        self.folded.contains(phrase)
    }

    /// What follows a phrase; the rest of the message.
    pub(super) fn after(&self, phrase: &str) -> Option<&str> {
        let at = self.find(phrase, 0)?;
        self.text.get(at + phrase.len()..)
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    pub(super) fn folded(&self, from: usize, to: usize) -> &str {
        self.folded.get(from..to).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split_whitespace()
    }
}

/// A word without the quotes, brackets and stops around it. Brackets that it opened itself stay.
pub(super) fn bare(word: &str) -> &str {
    let mut word = word.trim().trim_start_matches(['"', '\'', '`', '(', '[', '{', '<']);
    let mut surplus = BRACKETS.map(|(open, close)| {
        let count = |bracket| word.chars().filter(|c| *c == bracket).count();
        count(close).saturating_sub(count(open))
    });
    while let Some(last) = word.chars().last() {
        let bracket = BRACKETS.iter().zip(&mut surplus).find(|((_, close), _)| *close == last);
        let goes = match bracket {
            Some((_, surplus)) => std::mem::replace(surplus, surplus.saturating_sub(1)) > 0,
            None => last.is_whitespace() || "\"'`.,;!>\\".contains(last),
        };
        match word.strip_suffix(last) {
            Some(shorter) if goes => word = shorter,
            _ => break,
        }
    }
    word
}

const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];

/// Whether a word is an action, such as `ecs:UpdateService` or `execute-api:Invoke:GET`.
pub(super) fn is_action(word: &str) -> bool {
    let mut parts = word.split(':');
    let service = parts.next().unwrap_or_default();
    let is_word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-*?".contains(c));
    let names: Vec<&str> = parts.take(3).collect();
    service != "arn"
        && service.starts_with(|c: char| c.is_ascii_alphabetic())
        && is_word(service)
        && (1..=2).contains(&names.len())
        && names.first().is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '*'))
        && names.iter().all(|name| is_word(name))
}
