//! Requests and replies as plain values, so that the world needs no network.

use std::time::Duration;

/// An HTTP request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Request {
    /// A header's value, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// An HTTP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What the transport does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Waited before the outcome.
    pub delay: Duration,
    /// What comes then.
    pub outcome: Outcome,
}

/// How a request ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An answer.
    Answer(Response),
    /// Never an answer.
    Hang,
    /// The connection breaks without an answer.
    Reset,
}

impl Reply {
    /// An answer at once.
    pub fn answer(response: Response) -> Self {
        Self { delay: Duration::ZERO, outcome: Outcome::Answer(response) }
    }
}
