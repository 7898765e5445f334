//! Why a principal's policies do not allow a request: the statements that almost do, and the edit that makes them.
//!
//! Owns the kinds N-1 to N-26. Every edit is proved by the evaluator before it is proposed, keeps what the user wrote, and
//! stands in the statement itself only if it newly allows nothing but what was asked; else it is a statement of its own.
//! Must not guess at policies that it is not given: what may refuse unseen is named as such.

mod action;
mod allow;
mod change;
mod condition;
mod deny;
mod kind;
mod narrow;
mod notes;
mod resource;
mod search;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::Value;

pub use change::{Change, Edit, apply};
pub use kind::Kind;
pub use search::find;

/// A statement that almost allows the request, or what else stands between.
#[derive(Clone, Debug, PartialEq)]
pub struct NearMiss {
    /// How it misses.
    pub kind: Kind,
    /// The policy's name, where one is to blame.
    pub policy: Option<String>,
    /// Whether that policy is the permissions boundary.
    pub in_boundary: bool,
    /// The statement's name.
    pub sid: Option<String>,
    /// The statement's place, counted from 0.
    pub index: Option<usize>,
    /// What it lacks, in one sentence without a stop.
    pub lacks: String,
    /// The edit in one line, also where there is nothing to edit but something to do.
    pub edit: Option<String>,
    /// The edit as changes of policies; empty when none can be proved.
    pub changes: Vec<Change>,
}

impl NearMiss {
    /// The statement that the edit puts in place or adds.
    pub fn edited_statement(&self) -> Option<&Value> {
        self.changes.iter().find_map(|change| change.edit.statement())
    }

    /// The statement as a person names it: its policy, and its name or place.
    pub fn place(&self) -> String {
        let statement = match (&self.sid, self.index) {
            (Some(sid), _) => format!("statement {:?} of ", super::parse::sanitise(sid)),
            (None, Some(index)) => format!("statement {} of ", index + 1),
            (None, None) => String::new(),
        };
        let policy = self.policy.as_deref().map_or_else(|| "the policies".to_owned(), super::parse::sanitise);
        let role = if self.in_boundary { "permissions boundary" } else { "policy" };
        if self.policy.is_some() { format!("{statement}{role} {policy}") } else { format!("{statement}{policy}") }
    }
}

impl Serialize for NearMiss {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("NearMiss", 8)?;
        fields.serialize_field("kind", &self.kind)?;
        fields.serialize_field("policy", &self.policy)?;
        fields.serialize_field("inBoundary", &self.in_boundary)?;
        fields.serialize_field("sid", &self.sid)?;
        fields.serialize_field("index", &self.index)?;
        fields.serialize_field("lacks", &self.lacks)?;
        fields.serialize_field("edit", &self.edit)?;
        fields.serialize_field("editedStatement", &self.edited_statement())?;
        fields.end()
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// The near misses, the smallest edit first.
    pub near_misses: Vec<NearMiss>,
    /// What together allows the request: proved; empty when nothing that can be seen would.
    pub steps: Vec<Step>,
}

impl Findings {
    /// The changes of all steps.
    pub fn remedy(&self) -> Vec<Change> {
        self.steps.iter().flat_map(|step| step.changes.clone()).collect()
    }

    /// The remedy in one line, without the places.
    pub fn remedy_line(&self) -> Option<String> {
        let lines: Vec<&str> = self.steps.iter().map(|step| step.line.as_str()).collect();
        (!lines.is_empty()).then(|| lines.join("; "))
    }
}

/// One edit of the remedy: of a Deny, of the principal's Allows, or of the boundary's.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The statement that is edited, as a person names it; `None` where one is added, which the line says.
    pub place: Option<String>,
    /// The edit in words, without a stop.
    pub line: String,
    /// The edit as changes.
    pub changes: Vec<Change>,
}

impl Step {
    fn of(near: &NearMiss) -> Option<Self> {
        let line = near.edit.clone().filter(|_| !near.changes.is_empty())?;
        let is_in_place = near.changes.iter().any(|change| !matches!(change.edit, Edit::Add { .. }));
        Some(Self { place: is_in_place.then(|| near.place()), line, changes: near.changes.clone() })
    }

    /// Where, and what: one sentence.
    pub fn sentence(&self) -> String {
        match &self.place {
            Some(place) => format!("In {place}: {}.", self.line),
            None => super::advice::capital(&format!("{}.", self.line)),
        }
    }

    /// The statements that it leaves behind, those edited in place first.
    pub fn statements(&self) -> Vec<Value> {
        self.changes.iter().filter_map(|change| change.edit.statement().cloned()).collect()
    }
}

/// What one part of a statement lacks.
struct Lack {
    kind: Kind,
    text: String,
    edit: Option<PartEdit>,
}

impl Lack {
    /// A lack that no edit of that part mends.
    fn of(kind: Kind, text: String) -> Self {
        Self { kind, text, edit: None }
    }
}

/// A statement with one value more.
struct PartEdit {
    /// The edit, in words.
    line: String,
    /// The statement with the value added.
    edited: Value,
    /// The statement with that value alone: what is newly allowed.
    only_new: Value,
}

#[cfg(test)]
mod kinds_tests;
#[cfg(test)]
mod tests;
