//! YAML as a person would write it: block form, with short maps on one line, and notes as comments in front of what they
//! are about.
//!
//! Text that any reader of YAML could take for something else is quoted, so that it reads back as it is.

use serde_json::{Map, Value};

use super::{Exported, Note};
use crate::api::path::Path;

const WIDTH: usize = 118;
/// Maps with one of these names are taken apart, however short.
const BLOCK: [&str; 4] = ["policyName", "scheduledActionName", "metricStat", "comparisonOperator"];

/// The document with its notes, and a head that says where it is from.
pub(super) fn yaml(exported: &Exported) -> String {
    let mut writer = Writer { out: String::new(), notes: &exported.notes };
    writer.comment(&format!("From {}.", exported.origin), 0);
    writer.notes_on(&Path::root(), 0);
    writer.value(&exported.object, &Path::root(), 0);
    writer.out
}

/// The document alone.
pub(super) fn plain(object: &Value) -> String {
    let mut writer = Writer { out: String::new(), notes: &[] };
    writer.value(object, &Path::root(), 0);
    writer.out
}

struct Writer<'a> {
    out: String,
    notes: &'a [Note],
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, at: &Path, indent: usize) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(key, field)| self.field(key, field, at, indent)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| self.item(item, &at.index(index), indent));
            }
            scalar => self.line(indent, &flow(scalar)),
        }
    }

    fn field(&mut self, key: &str, field: &Value, at: &Path, indent: usize) {
        let at = at.key(key);
        self.notes_on(&at, indent);
        let key = text(key);
        match field {
            value if self.is_short(value, &at, indent + key.len() + 2, false) => {
                self.line(indent, &format!("{key}: {}", flow(value)));
            }
            value => {
                self.line(indent, &format!("{key}:"));
                let inner = if value.is_array() { indent } else { indent + 2 };
                self.value(value, &at, inner);
            }
        }
    }

    fn item(&mut self, item: &Value, at: &Path, indent: usize) {
        self.notes_on(at, indent);
        if self.is_short(item, at, indent + 2, true) {
            return self.line(indent, &format!("- {}", flow(item)));
        }
        let start = self.out.len();
        self.value(item, at, indent + 2);
        // The first line of the item that is no comment gets the dash.
        let written = self.out.split_off(start);
        let mut has_dash = false;
        for line in written.split_inclusive('\n') {
            let body = line.trim_start();
            if has_dash || body.starts_with('#') {
                self.out.push_str(line);
            } else {
                self.out.push_str(&format!("{}- {body}", " ".repeat(indent)));
                has_dash = true;
            }
        }
    }

    /// Whether a value stands on one line.
    fn is_short(&self, value: &Value, at: &Path, column: usize, in_list: bool) -> bool {
        let is_said_of = self.notes.iter().any(|note| note.at != *at && note.at.is_within(at));
        let fits = || column + flow(value).chars().count() <= WIDTH;
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                let is_small = fields.len() <= if in_list { 4 } else { 3 };
                !is_said_of && is_small && is_flat(fields) && fits()
            }
            Value::Array(items) if !items.is_empty() => items.iter().all(is_scalar) && fits(),
            _ => true,
        }
    }

    fn notes_on(&mut self, at: &Path, indent: usize) {
        for note in self.notes.iter().filter(|note| note.at == *at) {
            self.comment(&note.message, indent);
        }
    }

    /// A comment, broken into lines.
    fn comment(&mut self, message: &str, indent: usize) {
        let mut line = String::new();
        let harmless: String = message.chars().map(|c| if needs_escape(c) { ' ' } else { c }).collect();
        for word in harmless.split_whitespace() {
            if !line.is_empty() && indent + 3 + line.chars().count() + word.chars().count() > WIDTH {
                self.line(indent, &format!("#{line}"));
                line.clear();
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(indent, &format!("#{line}"));
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(text);
        self.out.push('\n');
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

fn is_flat(fields: &Map<String, Value>) -> bool {
    let is_small =
        |value: &Value| value.as_object().is_none_or(|fields| fields.len() <= 3 && fields.values().all(is_scalar));
    fields.keys().all(|key| !BLOCK.contains(&key.as_str()))
        && fields.values().all(|value| !value.is_array() && is_small(value))
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(string) => text(string),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(key, field)| format!("{}: {}", text(key), flow(field))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// Plain where every reader takes it for this text; else in double quotes.
fn text(string: &str) -> String {
    const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan"];
    let mut chars = string.chars();
    let begins_well = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let goes_on_well = chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | ':'));
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(string));
    if begins_well && goes_on_well && !is_word && !string.ends_with(':') {
        return string.to_owned();
    }
    let mut quoted = String::from('"');
    for c in string.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if needs_escape(c) && u32::from(c) > 0xffff => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
            c if needs_escape(c) => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// What YAML does not take as it is, or takes for the end of a line, and what nobody could see.
fn needs_escape(c: char) -> bool {
    let code = u32::from(c);
    c.is_control() || matches!(code, 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff) || (c.is_whitespace() && c != ' ')
}
