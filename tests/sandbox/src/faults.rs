//! Faults: what is to go wrong, with which call, and how often.
//!
//! Decides only; the world shapes the reply and the transports carry it out.

use std::time::Duration;

use ecs_scaling::model::failure::AwsService;

use crate::caller::expired_token;
use crate::error::AwsError;
use crate::limits::throttled;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// Too many calls; nothing is done.
    Throttle,
    /// Somebody else is changing the same thing; nothing is done (tf#17915, tf#422).
    Conflict,
    /// Status 500; nothing is done.
    InternalError,
    /// Status 503; nothing is done.
    Unavailable,
    /// Nothing is done and no answer comes.
    TimeoutBeforeEffect,
    /// It is done and no answer comes.
    TimeoutAfterEffect,
    /// Nothing is done and the connection breaks.
    ResetBeforeEffect,
    /// It is done and the connection breaks.
    ResetAfterEffect,
    /// It is done and the answer cannot be read.
    MalformedBody,
    /// The credentials have expired; nothing is done.
    ExpiredToken,
    /// It is done and answered after so many milliseconds.
    Delay(u64),
}

impl Fault {
    /// The error it answers with, where it answers with one.
    pub(crate) fn error(self, service: AwsService) -> Option<AwsError> {
        match self {
            Self::Throttle => Some(throttled(service)),
            Self::Conflict => Some(conflict(service)),
            Self::InternalError => Some(internal_error(service)),
            Self::Unavailable => {
                Some(AwsError::with_status("ServiceUnavailableException", 503, "Service is unable to handle request."))
            }
            Self::ExpiredToken => Some(expired_token()),
            _ => None,
        }
    }

    /// Whether the operation is not carried out.
    pub(crate) fn is_before_effect(self) -> bool {
        matches!(self, Self::TimeoutBeforeEffect | Self::ResetBeforeEffect)
    }

    /// How long the answer waits.
    pub(crate) fn delay(self) -> Duration {
        match self {
            Self::Delay(millis) => Duration::from_millis(millis),
            _ => Duration::ZERO,
        }
    }
}

fn conflict(service: AwsService) -> AwsError {
    match service {
        AwsService::CloudWatch => AwsError::cloudwatch("A separate request to update this alarm is in progress"),
        AwsService::Ecs => AwsError::sender("UpdateInProgressException", "There is already an update in progress."),
        _ => AwsError::sender(
            "ConcurrentUpdateException",
            "You already have a pending update to an Auto Scaling resource.",
        ),
    }
}

fn internal_error(service: AwsService) -> AwsError {
    let code = match service {
        AwsService::ApplicationAutoScaling => "InternalServiceException",
        AwsService::CloudWatch => "InternalServiceFault",
        AwsService::Ecs => "ServerException",
        AwsService::Iam => "ServiceFailure",
        AwsService::Sts | AwsService::ElasticLoadBalancing => "InternalFailure",
        AwsService::S3 => "InternalError",
    };
    AwsError::with_status(code, 500, "An internal error has occurred")
}

/// A fault for some calls: those of a service and operation (any, when unset), from the `nth` on, `times` times.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultRule {
    /// The service; any when unset.
    #[serde(default)]
    pub service: Option<AwsService>,
    /// The operation, as AWS spells it; any when unset.
    #[serde(default)]
    pub operation: Option<String>,
    /// The first matching call that fails, from 1.
    #[serde(default = "one")]
    pub nth: u64,
    /// How many matching calls fail, from there on.
    #[serde(default = "one")]
    pub times: u64,
    /// What goes wrong.
    pub fault: Fault,
}

fn one() -> u64 {
    1
}

impl FaultRule {
    /// The next call of an operation fails once.
    pub fn next(operation: &str, fault: Fault) -> Self {
        Self { service: None, operation: Some(operation.into()), nth: 1, times: 1, fault }
    }

    /// The call of this number, over all operations and counted from now, fails.
    pub fn call(nth: u64, fault: Fault) -> Self {
        Self { service: None, operation: None, nth, times: 1, fault }
    }
}

/// The rules in force, each with how many calls it has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<(FaultRule, u64)>,
}

impl Faults {
    pub(crate) fn add(&mut self, rule: FaultRule) {
        self.rules.push((rule, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The fault of this call: the first rule that applies. Every matching rule counts the call.
    pub(crate) fn next(&mut self, service: AwsService, operation: &str) -> Option<Fault> {
        let mut chosen = None;
        for (rule, seen) in &mut self.rules {
            let is_match =
                rule.service.is_none_or(|s| s == service) && rule.operation.as_deref().is_none_or(|o| o == operation);
            if is_match {
                *seen += 1;
                if *seen >= rule.nth && *seen - rule.nth < rule.times {
                    chosen = chosen.or(Some(rule.fault));
                }
            }
        }
        self.rules.retain(|(rule, seen)| *seen < rule.nth.saturating_add(rule.times.saturating_sub(1)));
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_fails_the_calls_it_names_and_no_other() {
        let mut faults = Faults::default();
        faults.add(FaultRule { nth: 2, times: 2, ..FaultRule::next("PutMetricAlarm", Fault::Throttle) });
        assert_eq!(faults.next(AwsService::CloudWatch, "DescribeAlarms"), None);
        let put = |f: &mut Faults| f.next(AwsService::CloudWatch, "PutMetricAlarm");
        let seen: Vec<_> = (0..5).map(|_| put(&mut faults).is_some()).collect();
        assert_eq!(seen, [false, true, true, false, false]);
        assert!(faults.rules.is_empty(), "a rule that is used up is forgotten");
    }

    #[test]
    fn a_call_number_counts_every_operation() {
        let mut faults = Faults::default();
        faults.add(FaultRule::call(2, Fault::ResetAfterEffect));
        assert_eq!(faults.next(AwsService::Ecs, "DescribeServices"), None);
        assert_eq!(faults.next(AwsService::Iam, "GetRole"), Some(Fault::ResetAfterEffect));
    }
}
