//! Steps in values of a metric that follow the threshold of an alarm of somebody else: `alarmRef` with `steps`.

use super::Inputs;
use super::action::Part;
use super::draft::Draft;
use crate::api::desired::{AlarmRef, DesiredPolicy};
use crate::api::status::Reason;
use crate::model::failure::Failure;
use crate::model::names::AlarmName;
use crate::model::observed::Read;
use crate::model::policy::PolicyConfig;
use crate::model::steps::{self, RawSteps, Written};

/// Why a policy's steps are not known, where they follow an alarm's threshold.
pub(super) enum Unsettled {
    Unread(AlarmName, Option<Box<Failure>>),
    Not(Reason, String, &'static str),
}

impl Unsettled {
    pub(super) fn withhold(self, draft: &mut Draft<'_>, part: Part) {
        match self {
            Self::Unread(alarm, failure) => {
                draft.withhold_unread(
                    part,
                    &format!("the alarm {alarm}, whose threshold the steps follow,"),
                    failure.as_deref(),
                );
            }
            Self::Not(reason, message, hint) => draft.withhold(part, reason, message, hint),
        }
    }
}

/// The configuration, with the steps relative to the threshold that the alarm of an `alarmRef` has now.
pub(super) fn settle(inputs: Inputs<'_>, policy: &DesiredPolicy) -> Result<PolicyConfig, Unsettled> {
    let (Some(AlarmRef { name, steps: Some(absolute) }), Some(config)) = (&policy.alarm_ref, policy.config.step())
    else {
        return Ok(policy.config.clone());
    };
    let not = |reason, message, hint| Unsettled::Not(reason, message, hint);
    let alarm = match inputs.observed.alarms.get(name) {
        None => return Err(Unsettled::Unread(name.clone(), None)),
        Some(Read::Failed(failure)) => return Err(Unsettled::Unread(name.clone(), Some(Box::new(failure.clone())))),
        Some(Read::Known(None)) => {
            let message = format!("its steps follow the threshold of the alarm {name}, which does not exist");
            return Err(not(Reason::AlarmMissing, message, "Create the alarm, or correct alarmRef."));
        }
        Some(Read::Known(Some(alarm))) => alarm,
    };
    let threshold = alarm.config.as_ref().map(|config| config.threshold).map_err(|kind| {
        let message = format!("its steps follow the threshold of {name}, which has none: it is {kind}");
        not(Reason::Conflict, message, "Name an alarm with a fixed threshold in alarmRef.")
    })?;
    let raw = RawSteps {
        adjustment_type: config.adjustment_type,
        steps: Written::Absolute(absolute, threshold),
        min_adjustment_magnitude: config.min_adjustment_magnitude,
        cooldown: Some(config.cooldown),
    };
    if let Some(problem) = steps::check(&raw).first() {
        let message = format!("with the threshold {threshold} that {name} has, its steps cannot be: {problem}");
        let hint = "Correct the steps, or have the threshold put back, or write stepAdjustments.";
        return Err(not(Reason::Refused, message, hint));
    }
    let missing = || not(Reason::Refused, format!("the threshold of {name} is not known"), "It is read again.");
    policy.config_at(Some(threshold)).ok_or_else(missing)
}
