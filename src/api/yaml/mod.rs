//! Reading YAML with positions.
//!
//! How positions survive: every file is read twice. Once here, from a scanner's events into a tree of [`Node`]s that
//! knows where each key and value stands; all findings get their place from that tree. And once by serde_yaml, which
//! makes the typed values but stops at its first error and keeps no positions. Both readings of a document must be
//! equal ([`agree`]), or the document is refused: what was checked is what is used. A document with a finding is judged
//! by the first reading alone: it is not used.
//!
//! Owns bytes to trees. Knows nothing of the objects.

mod agree;
mod build;
mod bytes;
mod documents;
mod node;
mod scalar;

#[cfg(test)]
mod hostile_tests;

pub use agree::agree;
pub use build::{Budget, MAX_DEPTH, MAX_NODES};
pub use bytes::{MAX_BYTES, decode};
pub use documents::{Document, documents};
pub use node::{Content, Entry, Mark, Node};
pub use scalar::{Scalar, ScalarValue};

/// Something that makes a file or a document unreadable, or readable in two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub mark: Mark,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl Fault {
    fn new(mark: Mark, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { mark, message: message.into(), hint: hint.into() }
    }
}
