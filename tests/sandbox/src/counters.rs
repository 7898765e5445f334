//! What was called: a count for each operation, and every write.

use std::collections::BTreeMap;

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::ScopeId;
use jiff::Timestamp;

use crate::value::Value;

/// What calls are counted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallKey {
    /// The account and region.
    pub scope: ScopeId,
    /// The service.
    pub service: AwsService,
    /// The operation, as AWS spells it.
    pub operation: String,
}

/// One write that reached an operation, done or refused.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    /// The caller's ARN.
    pub caller: String,
    /// When.
    pub at: Timestamp,
    /// What was called, and where.
    pub call: CallKey,
    /// With what.
    pub input: Value,
    /// Done, or the code of the error.
    pub result: Result<(), String>,
}

/// Counts and writes since the last reset.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    pub(crate) calls: BTreeMap<CallKey, u64>,
    pub(crate) writes: Vec<CallRecord>,
}

impl Counters {
    /// How often each operation was called, faults included.
    pub fn calls(&self) -> &BTreeMap<CallKey, u64> {
        &self.calls
    }

    /// How often one operation was called, in all scopes.
    pub fn count(&self, operation: &str) -> u64 {
        self.calls.iter().filter(|(key, _)| key.operation == operation).map(|(_, count)| count).sum()
    }

    /// How often anything was called.
    pub fn total(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Every write that reached an operation, in order.
    pub fn writes(&self) -> &[CallRecord] {
        &self.writes
    }
}
