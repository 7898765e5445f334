//! Whether AWS is as this double believes: every rule asked as a probe, through the SDK that the controller uses.
//!
//! ```text
//! probes    what is asked, and what is expected
//! ground    the clients and the place that a probe works on
//! made      what was made, and its removal in reverse
//! find      what earlier runs left
//! play      asks the probes one after the other
//! beside    the same on this double, in the process
//! report    what both answered: as a table, as JSON, against an earlier run
//! command   the command line
//! ```
//!
//! A probe answers with a text in which nothing is of this run: not its names, ids or times. Makes nothing but what it
//! removes again, and nothing outside one cluster and one prefix of names.

mod beside;
mod command;
mod find;
mod ground;
mod made;
mod play;
mod probes;
mod report;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;

pub use command::{Arguments, run};

use crate::rules::{Rule, Sure};
use ground::Ground;

/// What a probe says: what came of it, in words.
type Told = Result<String, Stop>;
type Ask = for<'a> fn(&'a Ground) -> Pin<Box<dyn Future<Output = Told> + Send + 'a>>;

/// Why a probe says nothing of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stop {
    /// A call was refused: that is an answer.
    Refused(String),
    /// Nothing is known: no answer came, or it says nothing of the rule.
    Unanswered(String),
}

impl Stop {
    /// The same with one text for another, for what differs from run to run.
    fn replace(self, of_run: &str, shown: &str) -> Self {
        match self {
            Self::Refused(text) => Self::Refused(text.replace(of_run, shown)),
            Self::Unanswered(why) => Self::Unanswered(why),
        }
    }
}

impl From<aws_smithy_types::error::operation::BuildError> for Stop {
    fn from(error: aws_smithy_types::error::operation::BuildError) -> Self {
        Self::Unanswered(error.to_string())
    }
}

/// What must be there before a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// The service has a scalable target, 0 to 2.
    Target,
    /// The service has none.
    NoTarget,
}

/// One question to AWS.
struct Probe {
    /// The rule that it asks for; without one, something is asked that the double does not forbid.
    rule: Option<Rule>,
    /// The ids of the facts.
    facts: &'static [&'static str],
    sure: Sure,
    /// What is asked, in words; unique.
    asks: &'static str,
    start: Start,
    /// Whether it moves the desired count, or needs a second service: for a service that this run made.
    of_own_service: bool,
    ask: Ask,
    /// What the double must answer.
    expects: &'static str,
}

impl Probe {
    fn rule(rule: Rule, asks: &'static str, ask: Ask, expects: &'static str) -> Self {
        let (facts, sure) = (rule.facts(), rule.sure());
        Self { rule: Some(rule), facts, sure, asks, start: Start::Target, of_own_service: false, ask, expects }
    }

    /// Asks for something that is in doubt and that no rule forbids.
    fn doubt(facts: &'static [&'static str], asks: &'static str, ask: Ask, expects: &'static str) -> Self {
        let (sure, start) = (Sure::Unverified, Start::Target);
        Self { rule: None, facts, sure, asks, start, of_own_service: false, ask, expects }
    }

    fn without_target(self) -> Self {
        Self { start: Start::NoTarget, ..self }
    }

    fn of_own_service(self) -> Self {
        Self { of_own_service: true, ..self }
    }
}
