//! SetAlarmState, EnableAlarmActions and DisableAlarmActions.

use ecs_scaling::model::alarm::AlarmState;
use ecs_scaling::model::names::AlarmName;

use super::{AlarmEvent, EventKind, invalid, missing};
use crate::cloud::{Answer, Call, Cloud};
use crate::error::AwsError;
use crate::rules::Rule;
use crate::time;
use crate::value::Value;

/// Reads `OK`, `ALARM` or `INSUFFICIENT_DATA`.
pub(super) fn read_state(text: &str) -> Result<AlarmState, AwsError> {
    AlarmState::from_aws(text).ok_or_else(|| {
        let must = "satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]";
        invalid(AwsError::constraint(text, "stateValue", must)).by(Rule::AlarmMembersAreKnown)
    })
}

/// Sets a state until the next evaluation. A step policy reads its metric from the reason data, so that without them
/// it cannot choose a step (S-073).
pub(super) fn set(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let input = call.input;
    let name = AlarmName::new(input.text("AlarmName")?.ok_or_else(|| missing("AlarmName"))?);
    let state = read_state(input.text("StateValue")?.ok_or_else(|| missing("StateValue"))?)?;
    let reason = input.text("StateReason")?.ok_or_else(|| missing("StateReason"))?.to_owned();
    let data = input.text("StateReasonData")?.map(str::to_owned);
    if data.as_ref().is_some_and(|data| serde_json::from_str::<serde_json::Value>(data).is_err()) {
        let text = "StateReasonData was not syntactically valid JSON";
        return Err(AwsError::sender("InvalidFormat", text).by(Rule::StateIsOfAnAlarm));
    }
    let scope = cloud.scope_mut(call.scope);
    let alarm = scope.alarms.get_mut(&name).ok_or_else(|| {
        let text = format!("Alarm not found: {name}");
        AwsError::with_status("ResourceNotFound", 404, text).by(Rule::StateIsOfAnAlarm)
    })?;
    let (before, told) = (alarm.state, name.clone());
    if alarm.set_state(state, reason.clone(), data, call.now) {
        let summary = format!("Alarm updated from {} to {}", before.as_str(), state.as_str());
        let data = serde_json::json!({
            "oldState": { "stateValue": before.as_str() },
            "newState": { "stateValue": state.as_str(), "stateReason": reason },
        });
        scope.alarm_events.push(AlarmEvent {
            alarm: name,
            at: call.now,
            kind: EventKind::StateUpdate,
            summary,
            data: data.to_string(),
        });
        time::alarm_was_set(cloud, call.scope, &told, call.now);
    }
    Ok(Value::empty())
}

pub(super) fn enable_actions(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    set_actions_enabled(cloud, call, true)
}

pub(super) fn disable_actions(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    set_actions_enabled(cloud, call, false)
}

fn set_actions_enabled(cloud: &mut Cloud, call: &Call<'_>, enabled: bool) -> Answer {
    let alarms = &mut cloud.scope_mut(call.scope).alarms;
    for name in call.input.texts("AlarmNames")? {
        if let Some(alarm) = alarms.get_mut(&AlarmName::new(name)) {
            alarm.spec.actions_enabled = enabled;
        }
    }
    Ok(Value::empty())
}
