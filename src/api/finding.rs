//! What is wrong with the user's files: one sentence each, with its place and what to write instead.
//!
//! Owns the finding and its order. Must not decide what is wrong: `yaml`, `shape` and `validate` do.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::path::{Path, Segment};
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

/// Where a finding stands.
struct Place<'a> {
    file: &'a str,
    mark: Mark,
    path: Path,
}

/// Collects the findings of one document.
#[derive(Debug)]
pub struct Report<'a> {
    file: &'a str,
    document: &'a Node,
    /// The file and the document of the object's profile.
    profile: Option<(&'a str, &'a Node)>,
    fallbacks: Vec<(Path, Path)>,
    findings: Vec<Finding>,
    holes: BTreeSet<Path>,
}

impl<'a> Report<'a> {
    /// An empty report on a document.
    pub fn new(file: &'a str, document: &'a Node) -> Self {
        Self { file, document, profile: None, fallbacks: Vec::new(), findings: Vec::new(), holes: BTreeSet::new() }
    }

    /// Lets what the object's spec does not hold be found in its profile, at its place there.
    pub fn join_profile(&mut self, file: &'a str, document: &'a Node) {
        self.profile = Some((file, document));
    }

    /// Lets what does not stand below `from` be found below `to`, which gives it.
    pub fn fall_back(&mut self, from: &Path, to: &Path) {
        self.fallbacks.push((from.clone(), to.clone()));
    }

    /// Notes the places that could not be read: they have their findings, and get no further ones.
    pub fn close(&mut self, holes: Vec<Path>) {
        self.holes = holes.into_iter().collect();
    }

    /// Whether all of the fields, `section.field` each, could be read, with everything in them.
    pub fn is_read(&self, fields: &[(&str, &str)]) -> bool {
        fields.iter().all(|(section, field)| self.is_path_read(&Path::root().key(section).key(field)))
    }

    /// Whether the value at the path could be read, with everything in it.
    pub fn is_path_read(&self, path: &Path) -> bool {
        !self.is_in_hole(path) && !self.holes.range(path..).next().is_some_and(|hole| hole.is_within(path))
    }

    /// A report on the same document, with the same places closed and without findings.
    pub fn blank(&self) -> Self {
        Self { findings: Vec::new(), holes: self.holes.clone(), fallbacks: self.fallbacks.clone(), ..*self }
    }

    /// Adds the findings that every one of the reports has.
    pub fn add_common(&mut self, reports: &[Self]) {
        let Some((first, others)) = reports.split_first() else { return };
        let others: Vec<BTreeSet<&Finding>> = others.iter().map(|other| other.findings.iter().collect()).collect();
        let is_common = |finding: &&Finding| others.iter().all(|other| other.contains(finding));
        self.findings.extend(first.findings.iter().filter(is_common).cloned());
    }

    /// Adds an error at the value that the path leads to, or at the nearest thing around it.
    pub fn error(&mut self, path: &Path, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Error, self.place(path), message.into(), hint.into());
    }

    /// Adds a warning at the value that the path leads to, or at the nearest thing around it.
    pub fn warning(&mut self, path: &Path, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Warning, self.place(path), message.into(), hint.into());
    }

    /// Adds an error at a known place of the document itself.
    pub fn error_at(&mut self, mark: Mark, path: &Path, message: impl Into<String>, hint: impl Into<String>) {
        let place = Place { file: self.file, mark, path: path.clone() };
        self.push(Severity::Error, place, message.into(), hint.into());
    }

    /// Where the value that the path leads to stands, for a finding elsewhere: `file:line:column`.
    pub fn spot(&self, path: &Path) -> String {
        let Place { file, mark: Mark { line, column }, .. } = self.place(path);
        format!("{file}:{line}:{column}")
    }

    /// Whether an error is among the findings.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The findings.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    fn is_in_hole(&self, path: &Path) -> bool {
        !self.holes.is_empty() && path.and_around().any(|around| self.holes.contains(&around))
    }

    /// Where a path's value stands: in the document, in its profile, or where a fallback leads.
    fn place(&self, path: &Path) -> Place<'a> {
        let full = path.segments().len();
        let (depth, place) = self.nearest_place(path);
        if depth == full {
            return place;
        }
        let others = self.fallbacks.iter().filter_map(|(from, to)| path.moved(from, to));
        let found = others.map(|other| (other.segments().len(), self.nearest_place(&other)));
        found.filter(|(full, (depth, _))| full == depth).map(|(_, (_, place))| place).next().unwrap_or(place)
    }

    /// The place of a path's value or of the nearest thing around it, and how many segments lead there.
    fn nearest_place(&self, path: &Path) -> (usize, Place<'a>) {
        let at = |file, mark| Place { file, mark, path: path.clone() };
        let (depth, own) = self.document.reach(path);
        let segments = path.segments();
        // Lists are the object's or the profile's as a whole, and nothing but the spec is in the profile's hand.
        let is_of_spec = segments.first() == Some(&Segment::Key("spec".to_owned()));
        let in_maps = segments.iter().take(depth).all(|segment| matches!(segment, Segment::Key(_)));
        if let Some((file, document)) = self.profile.filter(|_| is_of_spec && in_maps && depth < segments.len()) {
            let (further, node) = document.reach(path);
            if further > depth {
                return (further, at(file, node.mark));
            }
        }
        (depth, at(self.file, own.mark))
    }

    fn push(&mut self, severity: Severity, place: Place<'_>, message: String, hint: String) {
        let Place { file, mark, path } = place;
        if self.is_in_hole(&path) {
            return;
        }
        let Mark { line, column } = mark;
        let path = path.to_string();
        self.findings.push(Finding { file: file.to_owned(), line, column, severity, path, message, hint });
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
