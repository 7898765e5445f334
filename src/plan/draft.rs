//! A plan while it is being made: the one door through which actions and withholdings enter it.

use std::collections::BTreeSet;

use super::Inputs;
use super::action::{Action, Lookup, Part, Plan, Withheld};
use super::memory::CORRECTIONS_AN_HOUR;
use super::ownership::{self, Ownership};
use crate::api::desired::{Adoption, Mode};
use crate::api::status::Reason;
use crate::model::failure::Failure;
use crate::model::observed::{TagReading, Tags};

/// A plan in the making.
pub(super) struct Draft<'a> {
    pub(super) inputs: Inputs<'a>,
    lookups: BTreeSet<Lookup>,
    actions: Vec<Action>,
    withheld: Vec<Withheld>,
    braked: bool,
}

/// Whether a resource that exists may be written to.
pub(super) enum Claim {
    /// It is ours; its tags.
    Ours(Tags),
    /// It is nobody's and the object takes it over; its tags.
    Adopt(Tags),
    /// Its tags must be read first.
    Unknown,
    /// It is not ours, and this has been said.
    Foreign,
}

/// Whether something will be there once the plan is carried out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Standing {
    /// It is there, or will be once this action is done.
    Will(Option<usize>),
    /// It will not be.
    Blocked,
}

impl<'a> Draft<'a> {
    pub(super) fn new(inputs: Inputs<'a>) -> Self {
        Self { inputs, lookups: BTreeSet::new(), actions: Vec::new(), withheld: Vec::new(), braked: false }
    }

    pub(super) fn finish(self) -> Plan {
        let Inputs { key, mode, observed, .. } = self.inputs;
        Plan {
            key: key.clone(),
            lookups: self.lookups,
            actions: self.actions,
            withheld: self.withheld,
            mode,
            read_at: observed.read_at,
        }
    }

    pub(super) fn withhold(&mut self, part: Part, reason: Reason, message: impl Into<String>, hint: impl Into<String>) {
        let (message, hint) = (message.into(), hint.into());
        self.withheld.push(Withheld { part, reason, message, hint, failure: None });
    }

    /// A list that could not be read completely is never an absence.
    pub(super) fn withhold_unread(&mut self, part: Part, what: &str, failure: Option<&Failure>) {
        let why = failure.map_or_else(|| "it has not been read yet".to_owned(), ToString::to_string);
        self.withheld.push(Withheld {
            part,
            reason: Reason::ReadFailed,
            message: format!("{what} could not be read, so nothing is written: {why}"),
            hint: "It is read again with the next pass.".to_owned(),
            failure: failure.cloned(),
        });
    }

    /// Takes an action into the plan, unless AWS may only be late or another writer fights us.
    pub(super) fn propose(&mut self, mut action: Action) -> Standing {
        let Inputs { memory, desired, now, .. } = self.inputs;
        if self.braked {
            self.withhold_braked(action.part);
            return Standing::Blocked;
        }
        if memory.is_lag(&action.part, &action.changes, now) {
            self.withhold(
                action.part,
                Reason::AwaitingRead,
                "AWS does not yet show what was written a moment ago",
                "It is read again with the next pass.",
            );
            return Standing::Blocked;
        }
        action.drift = memory.converged_spec.as_deref() == Some(desired.spec_hash.as_str());
        if action.drift && memory.corrections(&action.part, now) >= CORRECTIONS_AN_HOUR {
            self.withhold(
                action.part,
                Reason::DriftContention,
                format!("put back {CORRECTIONS_AN_HOUR} times within an hour, and changed again each time"),
                "Find the other writer (Terraform, CloudFormation, a script, a second controller) in CloudTrail and \
                 let one of the two own it. Writing goes on by itself within the hour.",
            );
            return Standing::Blocked;
        }
        self.actions.push(action);
        Standing::Will(Some(self.actions.len() - 1))
    }

    /// Whether an action on a part is in the plan already.
    pub(super) fn has_action(&self, part: &Part) -> bool {
        self.actions.iter().any(|action| action.part == *part)
    }

    /// Asks for what must be known before the whole plan can be made.
    pub(super) fn look_up(&mut self, lookup: Lookup) {
        self.lookups.insert(lookup);
    }

    /// The tags of a resource, where they are known; however old.
    pub(super) fn known_tags(&self, arn: &str) -> Option<&'a Tags> {
        self.inputs.memory.tags.get(arn).map(|reading| &reading.tags)
    }

    /// Whether a resource may be written to; `writes` says whether anything is to be written. Says the conflict.
    ///
    /// A write needs tags that were read with what it is planned from, so that the brake works at once. What is known
    /// to be somebody else's stays so until the slow sweep reads otherwise, and costs no further call.
    pub(super) fn claim(&mut self, part: Part, lookup: Lookup, writes: bool) -> Claim {
        let Inputs { memory, owner, desired, .. } = self.inputs;
        let Some(reading) = lookup.tagged().and_then(|arn| memory.tags.get(arn)) else {
            // What is equal may still have to be taken over.
            if writes || desired.adoption == Adoption::Unowned {
                self.lookups.insert(lookup);
            }
            return Claim::Unknown;
        };
        let ownership = ownership::classify(&reading.tags, owner);
        let adoptable = ownership == Ownership::Nobody && desired.adoption == Adoption::Unowned;
        if ownership != Ownership::Ours && !adoptable {
            self.conflict(part, &ownership);
            return Claim::Foreign;
        }
        if writes && !self.is_fresh(reading) {
            self.lookups.insert(lookup);
            return Claim::Unknown;
        }
        if adoptable { Claim::Adopt(reading.tags.clone()) } else { Claim::Ours(reading.tags.clone()) }
    }

    /// Whether tags were read with what the plan is made from, as a write needs them.
    pub(super) fn is_fresh(&self, reading: &TagReading) -> bool {
        self.inputs.mode == Mode::Observe || reading.read_at >= self.inputs.observed.read_at
    }

    /// Says that something exists and is not ours.
    pub(super) fn conflict(&mut self, part: Part, ownership: &Ownership) {
        let hint = match ownership {
            Ownership::Nobody => {
                "Set spec.adoption to Unowned to take it over, or remove it in AWS, or use another name."
            }
            Ownership::CloudFormation(_) => "Remove it from the stack first; nothing is taken from a stack.",
            _ => "Let one of the two owners go: remove it there, or remove this object.",
        };
        let message = format!("it exists already and belongs to {}", ownership.describe());
        self.withhold(part, Reason::Conflict, message, hint);
    }

    /// Puts the brake on, where the target's tags ask for it: from here on every action is withheld.
    pub(super) fn heed_brake(&mut self, tags: &Tags) {
        self.braked = ownership::brake(tags) == Mode::Observe;
    }

    fn withhold_braked(&mut self, part: Part) {
        self.withhold(
            part,
            Reason::ObserveMode,
            format!("the scalable target carries the tag {} with Observe", ownership::TAG_MODE),
            "Remove the tag from the scalable target to let writes go on.",
        );
    }
}
