//! Alarms are evaluated from the datapoints that were put, and change their state (S-075 to S-077).

use ecs_scaling::model::alarm::{AlarmConfig, AlarmState, ComparisonOperator, EvaluationWindow, WarmUp};
use ecs_scaling::model::evaluation::math::{self, Unsupported};
use ecs_scaling::model::evaluation::reason::{state_reason, state_reason_data};
use ecs_scaling::model::evaluation::{Datapoint, evaluate, is_warming_up, statistic, window};
use ecs_scaling::model::metric::{AlarmMetric, SingleMetric};
use ecs_scaling::model::names::AlarmName;
use ecs_scaling::model::number::Number;
use jiff::{SignedDuration, Timestamp};

use super::metrics;
use crate::cloud::Scope;
use crate::cloudwatch::{Alarm, AlarmEvent, AlarmSpec, EventKind, Metrics, queries};
use crate::value::Value;

/// Evaluates the alarms that are due at a moment.
pub(super) fn evaluate_due(scope: &mut Scope, at: Timestamp) {
    for (name, alarm) in &mut scope.alarms {
        let Some(config) = config(alarm) else { continue };
        if window::next_evaluation(&config, at - SignedDuration::from_nanos(1)) != at {
            continue;
        }
        let range = match datapoints(&scope.metrics, &config, at) {
            Ok(range) => range,
            Err(unsupported) => {
                say_unsupported(alarm, &unsupported, at);
                continue;
            }
        };
        if is_warming_up(&config, alarm.configured, &range, at) {
            continue;
        }
        let evaluation = evaluate(&config, &range, alarm.state);
        let memory = scope.clock.alarms.entry(name.clone()).or_default();
        memory.recent = evaluation.recent.iter().map(|point| point.value).collect();
        if evaluation.state != alarm.state {
            let reason = state_reason(&config, &evaluation, alarm.state);
            let data = serde_json::to_string(&state_reason_data(&config, &evaluation, at)).ok();
            let before = alarm.state;
            alarm.set_state(evaluation.state, reason, data, at);
            scope.alarm_events.push(changed(name, alarm, before, at));
        }
    }
}

/// The datapoints of an alarm's evaluation range, oldest first.
fn datapoints(stored: &Metrics, config: &AlarmConfig, at: Timestamp) -> Result<Vec<Option<Datapoint>>, Unsupported> {
    let point = |start| {
        let of = |metric: &SingleMetric| {
            let end = start + SignedDuration::from_secs(metric.period.into());
            let samples = metrics::samples(stored, &metrics::key_of(metric), metric.unit, start, end);
            let value = statistic::value(&samples, &metric.statistic)?;
            Some(Datapoint { at: start, value, sample_count: statistic::sample_count(&samples) })
        };
        match &config.metric {
            AlarmMetric::Single(metric) => Ok(of(metric)),
            AlarmMetric::Queries(queries) => {
                let value = math::returned(queries, &|metric| Some(of(metric)?.value.get()))?;
                let value = value.and_then(Number::new);
                Ok(value.map(|value| Datapoint { at: start, value, sample_count: 1.0 }))
            }
        }
    };
    window::periods(config, at).into_iter().map(point).collect()
}

/// What cannot be evaluated here has no data, and says loudly that this is not AWS's word.
fn say_unsupported(alarm: &mut Alarm, unsupported: &Unsupported, at: Timestamp) {
    let reason = format!("THIS DOUBLE OF AWS CANNOT SAY: {unsupported}");
    if alarm.state_reason != reason {
        alarm.set_state(AlarmState::InsufficientData, reason, None, at);
    }
}

fn changed(name: &AlarmName, alarm: &Alarm, before: AlarmState, at: Timestamp) -> AlarmEvent {
    let state = |state: AlarmState| state.as_str();
    let data = serde_json::json!({
        "oldState": { "stateValue": state(before) },
        "newState": { "stateValue": state(alarm.state), "stateReason": alarm.state_reason },
    });
    AlarmEvent {
        alarm: name.clone(),
        at,
        kind: EventKind::StateUpdate,
        summary: format!("Alarm updated from {} to {}", state(before), state(alarm.state)),
        data: data.to_string(),
    }
}

/// Takes the datapoints from the reason data that SetAlarmState gave; without them no step can be chosen (S-073).
pub(super) fn remember_what_was_set(scope: &mut Scope, name: &AlarmName, now: Timestamp) {
    let Some(alarm) = scope.alarms.get(name) else { return };
    let data = alarm.state_reason_data.as_deref().and_then(|text| serde_json::from_str::<Told>(text).ok());
    let memory = scope.clock.alarms.entry(name.clone()).or_default();
    memory.recent = data.into_iter().flat_map(|told| told.recent_datapoints).filter_map(Number::new).collect();
    memory.called = Some((alarm.state, now));
}

/// The part of `StateReasonData` that is looked at.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(default)]
    recent_datapoints: Vec<f64>,
}

/// The actions that an alarm calls in its state.
pub(super) fn actions(alarm: &Alarm) -> &[String] {
    match alarm.state {
        _ if !alarm.spec.actions_enabled => &[],
        AlarmState::Alarm => &alarm.spec.alarm_actions,
        AlarmState::Ok => &alarm.spec.ok_actions,
        AlarmState::InsufficientData => &alarm.spec.insufficient_data_actions,
    }
}

/// The configuration with AWS's defaults (S-095); `None` for bands, which are not evaluated.
pub(super) fn config(alarm: &Alarm) -> Option<AlarmConfig> {
    let spec = &alarm.spec;
    let metric = match &spec.metric {
        None => AlarmMetric::Queries(queries::read(&spec.queries).ok()?),
        Some(metric) => AlarmMetric::Single(SingleMetric {
            namespace: metric.namespace.clone(),
            metric_name: metric.name.clone(),
            dimensions: metric.dimensions.clone(),
            statistic: metric.statistic.clone(),
            period: metric.period,
            unit: metric.unit,
        }),
    };
    Some(AlarmConfig {
        description: spec.description.clone().unwrap_or_default(),
        actions_enabled: spec.actions_enabled,
        metric,
        evaluation_periods: spec.evaluation_periods,
        datapoints_to_alarm: spec.datapoints_to_alarm.unwrap_or(spec.evaluation_periods),
        threshold: Number::new(spec.threshold?)?,
        comparison_operator: ComparisonOperator::from_aws(&spec.comparison_operator)?,
        treat_missing_data: spec.treat_missing_data.unwrap_or_default(),
        evaluate_low_sample_count_percentile: spec.low_sample_count,
        evaluation_window: evaluation_window(spec),
        warm_up: spec.warm_up.as_ref().and_then(warm_up),
        tags_propagation: None, // says nothing about evaluation
    })
}

fn evaluation_window(spec: &AlarmSpec) -> EvaluationWindow {
    match spec.evaluation_window.as_ref().map(|window| window.get("WallClockWindow")) {
        None | Some(Value::Null) => EvaluationWindow::Sliding,
        Some(wall_clock) => {
            let timezone = wall_clock.get("Timezone").as_text().unwrap_or("UTC").to_owned();
            EvaluationWindow::WallClock { timezone }
        }
    }
}

fn warm_up(block: &Value) -> Option<WarmUp> {
    Some(WarmUp {
        warm_up_period_duration_in_minutes: block.int("WarmUpPeriodDurationInMinutes").ok()??,
        only_start_evaluating_after_warm_up_period_ends: block
            .bool("OnlyStartEvaluatingAfterWarmUpPeriodEnds")
            .ok()?
            .unwrap_or(false),
    })
}
