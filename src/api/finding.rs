//! What is wrong with the user's files: one sentence each, with its place and what to write instead.
//!
//! Owns the finding and its order. Must not decide what is wrong: `yaml`, `shape` and `validate` do.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::path::Path;
use super::yaml::{Mark, Node};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The object, or the file, is not used.
    Error,
    /// AWS accepts it, but it cannot do what it says. An error with `--strict`.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing that is wrong. The order is that of a compiler: by file, then by place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// The file, as the source names it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Error or warning.
    pub severity: Severity,
    /// The place within the object, such as `spec.stepScaling[0].cooldown`; empty for the whole document.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl fmt::Display for Finding {
    /// Two lines: the finding as compilers write it, and the hint below it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, severity, path, message, hint } = self;
        write!(f, "{file}:{line}:{column}: {severity}: ")?;
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        write!(f, "{message}\n    {hint}")
    }
}

/// Collects the findings of one document.
#[derive(Debug)]
pub struct Report<'a> {
    file: &'a str,
    document: &'a Node,
    findings: Vec<Finding>,
    holes: Vec<Path>,
}

impl<'a> Report<'a> {
    /// An empty report on a document.
    pub fn new(file: &'a str, document: &'a Node) -> Self {
        Self { file, document, findings: Vec::new(), holes: Vec::new() }
    }

    /// Notes the places that could not be read: they have their findings, and get no further ones.
    pub fn close(&mut self, holes: Vec<Path>) {
        self.holes = holes;
    }

    /// Whether all of the fields, `section.field` each, could be read, with everything in them.
    pub fn is_read(&self, fields: &[(&str, &str)]) -> bool {
        fields.iter().all(|(section, field)| self.is_path_read(&Path::root().key(section).key(field)))
    }

    /// Whether the value at the path could be read, with everything in it.
    pub fn is_path_read(&self, path: &Path) -> bool {
        !self.holes.iter().any(|hole| path.is_within(hole) || hole.is_within(path))
    }

    /// A report on the same document, with the same places closed and without findings.
    pub fn blank(&self) -> Self {
        Self { file: self.file, document: self.document, findings: Vec::new(), holes: self.holes.clone() }
    }

    /// Adds the findings that every one of the reports has.
    pub fn add_common(&mut self, reports: &[Self]) {
        let Some((first, others)) = reports.split_first() else { return };
        let is_common = |finding: &&Finding| others.iter().all(|other| other.findings.contains(finding));
        self.findings.extend(first.findings.iter().filter(is_common).cloned());
    }

    /// Adds an error at the value that the path leads to, or at the nearest thing around it.
    pub fn error(&mut self, path: &Path, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Error, self.document.locate(path), path, message.into(), hint.into());
    }

    /// Adds a warning at the value that the path leads to, or at the nearest thing around it.
    pub fn warning(&mut self, path: &Path, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Warning, self.document.locate(path), path, message.into(), hint.into());
    }

    /// Adds an error at a known place.
    pub fn error_at(&mut self, mark: Mark, path: &Path, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Error, mark, path, message.into(), hint.into());
    }

    /// Where the value that the path leads to stands: `file:line:column`.
    pub fn place(&self, path: &Path) -> String {
        let Mark { line, column } = self.document.locate(path);
        format!("{}:{line}:{column}", self.file)
    }

    /// Whether an error is among the findings.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The findings.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    fn push(&mut self, severity: Severity, mark: Mark, path: &Path, message: String, hint: String) {
        if self.holes.iter().any(|hole| path.is_within(hole)) {
            return;
        }
        let Mark { line, column } = mark;
        let path = path.to_string();
        self.findings.push(Finding { file: self.file.to_owned(), line, column, severity, path, message, hint });
    }
}

/// The name among `known` that the user most likely meant.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_stranger_is_not() {
        let known = ["minCapacity", "maxCapacity", "cluster"];
        assert_eq!(nearest("maxcapacity", known), Some("maxCapacity"));
        assert_eq!(nearest("clutser", known), Some("cluster"));
        assert_eq!(nearest("replicas", known), None);
    }
}
