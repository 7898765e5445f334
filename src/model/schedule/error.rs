//! A wrong expression: where, what, and what to write instead.

use thiserror::Error;

/// Why an expression is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message} (at character {})", at + 1)]
pub struct ScheduleError {
    /// The place within the expression, in bytes from its beginning.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl ScheduleError {
    pub(super) fn new(at: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { at, message: message.into(), hint: hint.into() }
    }

    /// The error within a text that begins `by` bytes earlier.
    pub(super) fn moved(self, by: usize) -> Self {
        Self { at: self.at + by, ..self }
    }
}
