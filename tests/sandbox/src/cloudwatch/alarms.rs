//! PutMetricAlarm, DescribeAlarms and DeleteAlarms.

use std::collections::BTreeMap;

use ecs_scaling::model::alarm::AlarmState;
use ecs_scaling::model::metric::{MetricStatistic, StandardUnit};
use ecs_scaling::model::names::{AlarmName, ScopeId};
use jiff::Timestamp;

use super::{
    Alarm, AlarmEvent, AlarmSpec, CompositeAlarm, EventKind, alarm_arn, check_length, combination, invalid,
    invalid_token, missing, page_too_large, tags,
};
use crate::cloud::{Answer, Call, Cloud};
use crate::error::AwsError;
use crate::rules::{Rule, Rules};
use crate::value::Value;

/// S-055, S-072
const LIMIT: usize = 100;

pub(super) fn put(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    put_alarm(cloud, call.scope, call.input, call.now)
}

/// Replaces the whole configuration and keeps the state; tags count on creation alone (S-068).
pub(crate) fn put_alarm(cloud: &mut Cloud, scope_id: &ScopeId, input: &Value, now: Timestamp) -> Answer {
    let name = input.text("AlarmName")?.ok_or_else(|| missing("AlarmName"))?;
    check_length("alarmName", name, 255)?;
    if name.chars().any(|c| c.is_ascii_control()) {
        return Err(invalid("Alarm names cannot contain ASCII control characters").by(Rule::AlarmNameIsBounded));
    }
    let name = AlarmName::new(name);
    let spec = AlarmSpec::read(input, scope_id)?;
    let tags = tags::read(input)?;
    let rules = cloud.rules.clone();
    let scope = cloud.scope_mut(scope_id);
    let summary = match scope.alarms.get_mut(&name) {
        Some(alarm) => {
            if rules.hold(Rule::AlarmIsReplaced) {
                alarm.spec = spec;
            }
            if !rules.hold(Rule::AlarmStateIsKept) {
                alarm.state = AlarmState::InsufficientData;
            }
            if !rules.hold(Rule::AlarmTagsOnCreateAlone) {
                alarm.tags.extend(tags);
            }
            alarm.configured = now;
            format!("Alarm \"{name}\" updated")
        }
        None => {
            let alarm = new_alarm(alarm_arn(scope_id, &name), spec, tags, now);
            scope.alarms.insert(name.clone(), alarm);
            format!("Alarm \"{name}\" created")
        }
    };
    scope.alarm_events.push(AlarmEvent {
        alarm: name,
        at: now,
        kind: EventKind::ConfigurationUpdate,
        summary,
        data: "{}".into(),
    });
    Ok(Value::empty())
}

fn new_alarm(arn: String, spec: AlarmSpec, tags: BTreeMap<String, String>, now: Timestamp) -> Alarm {
    Alarm {
        arn,
        spec,
        tags,
        state: AlarmState::InsufficientData, // S-068
        state_reason: "Unchecked: Initial alarm creation".into(),
        state_reason_data: None,
        state_updated: now,
        state_transitioned: now,
        configured: now,
    }
}

/// S-055
pub(super) fn describe(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let filter = Filter::read(call.input, &cloud.rules)?;
    let size = crate::pages::size(call.input.int("MaxRecords")?, "maxRecords", 50, LIMIT, page_too_large)?;
    // A call by names answers all of them on one page.
    let size = if filter.names.is_empty() { size } else { LIMIT };
    let alarms = cloud.scope(call.scope).alarms.iter();
    let wanted = alarms.filter(|(name, alarm)| filter.wants(name, alarm)).map(|(n, a)| (n.to_string(), (n, a)));
    let composite: Vec<Value> = cloud
        .scope(call.scope)
        .composite_alarms
        .iter()
        .filter(|(name, _)| filter.wants_composite(name))
        .map(|(name, alarm)| describe_composite(name, alarm))
        .collect();
    let page =
        crate::pages::page("DescribeAlarms", wanted, call.input.text("NextToken")?, size).ok_or_else(invalid_token)?;
    Ok(Value::map([
        ("MetricAlarms", page.values(|(name, alarm)| describe_one(name, alarm))),
        ("CompositeAlarms", composite.into()),
        ("NextToken", page.token(cloud.knobs.empty_final_token)),
    ]))
}

struct Filter {
    names: Vec<String>,
    prefix: Option<String>,
    action_prefix: Option<String>,
    state: Option<AlarmState>,
    metric_alarms: bool,
    composite_alarms: bool,
}

impl Filter {
    fn read(input: &Value, rules: &Rules) -> Result<Self, AwsError> {
        let names = input.texts("AlarmNames")?;
        let text = |member| -> Result<Option<String>, AwsError> { Ok(input.text(member)?.map(str::to_owned)) };
        let prefix = text("AlarmNamePrefix")?;
        if !names.is_empty() && prefix.is_some() {
            let text = "AlarmNames and AlarmNamePrefix are mutually exclusive";
            return Err(combination(text).by(Rule::NamesOrPrefix));
        }
        if names.len() > LIMIT {
            let value = format!("[{} items]", names.len());
            return Err(invalid(AwsError::constraint(&value, "alarmNames", "have length less than or equal to 100"))
                .by(Rule::AlarmNamesAreBounded));
        }
        let state = match input.text("StateValue")? {
            None => None,
            Some(text) => Some(super::state::read_state(text)?),
        };
        let action_prefix = text("ActionPrefix")?.filter(|_| rules.hold(Rule::ActionPrefixSelects));
        let types = input.texts("AlarmTypes")?;
        let metric_alarms = types.is_empty() || types.iter().any(|t| t == "MetricAlarm");
        let composite_alarms = types.iter().any(|t| t == "CompositeAlarm");
        Ok(Self { names, prefix, action_prefix, state, metric_alarms, composite_alarms })
    }

    fn wants_name(&self, name: &AlarmName) -> bool {
        (self.names.is_empty() || self.names.iter().any(|n| n == name.as_str()))
            && self.prefix.as_ref().is_none_or(|prefix| name.as_str().starts_with(prefix))
    }

    /// They have no actions and no data here.
    fn wants_composite(&self, name: &AlarmName) -> bool {
        self.composite_alarms
            && self.wants_name(name)
            && self.action_prefix.is_none()
            && self.state.is_none_or(|state| state == AlarmState::InsufficientData)
    }

    fn wants(&self, name: &AlarmName, alarm: &Alarm) -> bool {
        self.metric_alarms
            && self.wants_name(name)
            // S-059
            && self.action_prefix.as_ref().is_none_or(|prefix| alarm.spec.actions().any(|a| a.starts_with(prefix)))
            && self.state.is_none_or(|state| state == alarm.state)
    }
}

fn describe_composite(name: &AlarmName, alarm: &CompositeAlarm) -> Value {
    Value::map([
        ("AlarmName", name.as_str().into()),
        ("AlarmArn", (&alarm.arn).into()),
        ("AlarmRule", (&alarm.rule).into()),
        ("ActionsEnabled", true.into()),
        ("AlarmConfigurationUpdatedTimestamp", alarm.configured.into()),
        ("StateValue", AlarmState::InsufficientData.as_str().into()),
        ("StateUpdatedTimestamp", alarm.configured.into()),
    ])
}

fn describe_one(name: &AlarmName, alarm: &Alarm) -> Value {
    let mut described = describe_known(name, alarm);
    if let Value::Map(members) = &mut described {
        members.extend(alarm.spec.unknown.clone());
    }
    described
}

fn describe_known(name: &AlarmName, alarm: &Alarm) -> Value {
    let spec = &alarm.spec;
    let metric = spec.metric.as_ref();
    let dimension = |(name, value): (&String, &String)| Value::map([("Name", name.into()), ("Value", value.into())]);
    let dimensions: Vec<Value> = metric.iter().flat_map(|m| &m.dimensions).map(dimension).collect();
    let (statistic, extended) = match metric.map(|m| &m.statistic) {
        Some(MetricStatistic::Simple(statistic)) => (Some(statistic.as_str()), None),
        Some(MetricStatistic::Extended(text)) => (None, Some(text.as_str())),
        None => (None, None),
    };
    Value::map([
        ("AlarmName", name.as_str().into()),
        ("AlarmArn", (&alarm.arn).into()),
        ("AlarmDescription", spec.description.clone().into()),
        ("AlarmConfigurationUpdatedTimestamp", alarm.configured.into()),
        ("ActionsEnabled", spec.actions_enabled.into()),
        ("OKActions", (&spec.ok_actions).into()),
        ("AlarmActions", (&spec.alarm_actions).into()),
        ("InsufficientDataActions", (&spec.insufficient_data_actions).into()),
        ("StateValue", alarm.state.as_str().into()),
        ("StateReason", (&alarm.state_reason).into()),
        ("StateReasonData", alarm.state_reason_data.clone().into()),
        ("StateUpdatedTimestamp", alarm.state_updated.into()),
        ("StateTransitionedTimestamp", alarm.state_transitioned.into()),
        ("MetricName", metric.map(|m| m.name.as_str()).into()),
        ("Namespace", metric.map(|m| m.namespace.as_str()).into()),
        ("Statistic", statistic.into()),
        ("ExtendedStatistic", extended.into()),
        ("Dimensions", dimensions.into()),
        ("Period", metric.map(|m| m.period).into()),
        ("Unit", metric.and_then(|m| m.unit).map(StandardUnit::as_str).into()),
        ("EvaluationPeriods", spec.evaluation_periods.into()),
        ("DatapointsToAlarm", spec.datapoints_to_alarm.into()),
        ("Threshold", spec.threshold.into()),
        ("ComparisonOperator", (&spec.comparison_operator).into()),
        ("TreatMissingData", spec.treat_missing_data.map(|t| t.as_str()).into()),
        ("EvaluateLowSampleCountPercentile", spec.low_sample_count.map(|l| l.as_str()).into()),
        ("Metrics", if spec.queries.is_empty() { Value::Null } else { spec.queries.clone().into() }),
        ("ThresholdMetricId", spec.threshold_metric_id.clone().into()),
        ("EvaluationWindow", spec.evaluation_window.clone().into()),
        ("WarmUpConfiguration", spec.warm_up.clone().into()),
        ("ActionConfiguration", spec.action_configuration.clone().into()),
    ])
}

/// What is known is deleted even when other names are not; then the unknown ones are an error (S-072).
pub(super) fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let names = call.input.texts("AlarmNames")?;
    if names.len() > LIMIT {
        let value = format!("[{} items]", names.len());
        return Err(invalid(AwsError::constraint(&value, "alarmNames", "have length less than or equal to 100"))
            .by(Rule::AlarmNamesAreBounded));
    }
    let alarms = &mut cloud.scope_mut(call.scope).alarms;
    let unknown: Vec<String> =
        names.into_iter().filter(|name| alarms.remove(&AlarmName::new(name.as_str())).is_none()).collect();
    if unknown.is_empty() {
        return Ok(Value::empty());
    }
    let text = format!("Alarms not found: {}", unknown.join(", "));
    Err(AwsError::with_status("ResourceNotFound", 404, text).by(Rule::UnknownAlarmsAreReported))
}
