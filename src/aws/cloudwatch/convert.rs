//! Alarms between the SDK's types and the model's.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types as sdk;

use crate::model::alarm::{
    AlarmActions, AlarmConfig, AlarmState, ComparisonOperator, EvaluationWindow, LowSampleCount, TagsPropagation,
    TreatMissingData, WarmUp,
};
use crate::model::metric::{
    AlarmMetric, MetricQuery, MetricStatistic, QuerySource, SingleMetric, StandardUnit, Statistic,
};
use crate::model::number::Number;
use crate::model::observed::{Alarm, AlarmReading, Tags};

pub(super) fn to_list(set: &BTreeSet<String>) -> Option<Vec<String>> {
    (!set.is_empty()).then(|| set.iter().cloned().collect())
}

/// The members of a single metric, or the queries.
pub(super) fn with_metric(request: PutMetricAlarmFluentBuilder, metric: &AlarmMetric) -> PutMetricAlarmFluentBuilder {
    match metric {
        AlarmMetric::Single(metric) => {
            let (statistic, extended) = match &metric.statistic {
                MetricStatistic::Simple(statistic) => (Some(sdk::Statistic::from(statistic.as_str())), None),
                MetricStatistic::Extended(text) => (None, Some(text.clone())),
            };
            request
                .namespace(&metric.namespace)
                .metric_name(&metric.metric_name)
                .set_dimensions(Some(to_dimensions(&metric.dimensions)))
                .set_statistic(statistic)
                .set_extended_statistic(extended)
                .period(metric.period)
                .set_unit(metric.unit.map(to_unit))
        }
        AlarmMetric::Queries(queries) => {
            request.set_metrics(Some(queries.iter().map(|(id, query)| to_query(id, query)).collect()))
        }
    }
}

pub(super) fn to_query(id: &str, query: &MetricQuery) -> sdk::MetricDataQuery {
    let built = sdk::MetricDataQuery::builder()
        .id(id)
        .set_label(query.label.clone())
        .return_data(query.return_data)
        .set_account_id(query.account_id.clone());
    match &query.source {
        QuerySource::Expression { expression, period } => built.expression(expression).set_period(*period).build(),
        QuerySource::Metric(metric) => {
            let named = sdk::Metric::builder()
                .namespace(&metric.namespace)
                .metric_name(&metric.metric_name)
                .set_dimensions(Some(to_dimensions(&metric.dimensions)))
                .build();
            let stat = sdk::MetricStat::builder()
                .metric(named)
                .period(metric.period)
                .stat(metric.statistic.to_string())
                .set_unit(metric.unit.map(to_unit))
                .build();
            built.metric_stat(stat).build()
        }
    }
}

fn to_unit(unit: StandardUnit) -> sdk::StandardUnit {
    sdk::StandardUnit::from(unit.as_str())
}

fn to_dimensions(dimensions: &BTreeMap<String, String>) -> Vec<sdk::Dimension> {
    let dimension = |(name, value): (&String, &String)| sdk::Dimension::builder().name(name).value(value).build();
    dimensions.iter().map(dimension).collect()
}

pub(super) fn to_tags(tags: &Tags) -> Vec<sdk::Tag> {
    tags.iter().map(|(key, value)| sdk::Tag::builder().key(key).value(value).build()).collect()
}

/// Sliding is what AWS takes when nothing is sent.
pub(super) fn to_window(window: &EvaluationWindow) -> Option<sdk::EvaluationWindow> {
    match window {
        EvaluationWindow::Sliding => None,
        EvaluationWindow::WallClock { timezone } => {
            Some(sdk::EvaluationWindow::WallClockWindow(sdk::WallClockWindow::builder().timezone(timezone).build()))
        }
    }
}

pub(super) fn to_warm_up(warm_up: WarmUp) -> sdk::WarmUpConfiguration {
    sdk::WarmUpConfiguration::builder()
        .warm_up_period_duration_in_minutes(warm_up.warm_up_period_duration_in_minutes)
        .only_start_evaluating_after_warm_up_period_ends(warm_up.only_start_evaluating_after_warm_up_period_ends)
        .build()
}

pub(super) fn to_action_configuration(propagation: &TagsPropagation) -> sdk::ActionConfiguration {
    let propagation = sdk::AlarmTagsPropagation::builder()
        .enabled(propagation.enabled)
        .set_included_tag_keys(to_list(&propagation.included_tag_keys))
        .set_excluded_tag_keys(to_list(&propagation.excluded_tag_keys))
        .build();
    sdk::ActionConfiguration::builder().alarm_tags_propagation(propagation).build()
}

/// An alarm of a kind that cannot fire a policy.
pub(super) fn composite(alarm: &sdk::CompositeAlarm) -> Alarm {
    Alarm {
        arn: alarm.alarm_arn().unwrap_or_default().to_owned(),
        config: Err("a composite alarm".to_owned()),
        actions: actions(alarm.alarm_actions(), alarm.ok_actions(), alarm.insufficient_data_actions()),
        state: state(alarm.state_value()),
        reading: None,
    }
}

pub(super) fn alarm(alarm: &sdk::MetricAlarm, reading: AlarmReading) -> Alarm {
    Alarm {
        arn: alarm.alarm_arn().unwrap_or_default().to_owned(),
        config: convert_config(alarm),
        actions: actions(alarm.alarm_actions(), alarm.ok_actions(), alarm.insufficient_data_actions()),
        state: state(alarm.state_value()),
        reading: Some(reading),
    }
}

fn actions(alarm: &[String], ok: &[String], insufficient_data: &[String]) -> AlarmActions {
    let set = |list: &[String]| list.iter().cloned().collect();
    AlarmActions { alarm: set(alarm), ok: set(ok), insufficient_data: set(insufficient_data) }
}

fn state(value: Option<&sdk::StateValue>) -> AlarmState {
    value.and_then(|state| AlarmState::from_aws(state.as_str())).unwrap_or(AlarmState::InsufficientData)
}

/// The configuration, or what it is that this version does not model.
fn convert_config(alarm: &sdk::MetricAlarm) -> Result<AlarmConfig, String> {
    if alarm.evaluation_criteria().is_some() {
        return Err("an alarm on a query".to_owned());
    }
    if alarm.threshold_metric_id().is_some() {
        return Err("an alarm on an anomaly band".to_owned());
    }
    let unknown = |what: &str, text: &str| format!("an alarm with the unknown {what} {text:?}");
    let operator = alarm.comparison_operator().map_or("", |operator| operator.as_str());
    let missing = alarm.treat_missing_data().unwrap_or("missing");
    let low = match alarm.evaluate_low_sample_count_percentile() {
        None => None,
        Some(text) => Some(LowSampleCount::from_aws(text).ok_or_else(|| unknown("low sample setting", text))?),
    };
    Ok(AlarmConfig {
        description: alarm.alarm_description().unwrap_or_default().to_owned(),
        actions_enabled: alarm.actions_enabled().unwrap_or(true),
        metric: convert_metric(alarm)?,
        evaluation_periods: alarm.evaluation_periods().unwrap_or_default(),
        datapoints_to_alarm: alarm
            .datapoints_to_alarm()
            .unwrap_or_else(|| alarm.evaluation_periods().unwrap_or_default()),
        threshold: alarm.threshold().and_then(Number::new).ok_or("an alarm without a fixed threshold")?,
        comparison_operator: ComparisonOperator::from_aws(operator).ok_or_else(|| unknown("operator", operator))?,
        treat_missing_data: TreatMissingData::from_aws(missing)
            .ok_or_else(|| unknown("treatment of missing data", missing))?,
        // AWS's default is as if unset.
        evaluate_low_sample_count_percentile: low.filter(|low| *low != LowSampleCount::Evaluate),
        evaluation_window: convert_window(alarm.evaluation_window())?,
        warm_up: alarm.warm_up_configuration().map(|warm_up| WarmUp {
            warm_up_period_duration_in_minutes: warm_up.warm_up_period_duration_in_minutes().unwrap_or_default(),
            only_start_evaluating_after_warm_up_period_ends: warm_up
                .only_start_evaluating_after_warm_up_period_ends()
                .unwrap_or(false),
        }),
        tags_propagation: alarm
            .action_configuration()
            .and_then(|c| c.alarm_tags_propagation())
            .map(convert_propagation),
    })
}

fn convert_metric(alarm: &sdk::MetricAlarm) -> Result<AlarmMetric, String> {
    if alarm.metrics().is_empty() {
        return Ok(AlarmMetric::Single(SingleMetric {
            namespace: alarm.namespace().unwrap_or_default().to_owned(),
            metric_name: alarm.metric_name().unwrap_or_default().to_owned(),
            dimensions: convert_dimensions(alarm.dimensions()),
            statistic: convert_statistic(alarm)?,
            period: alarm.period().unwrap_or_default(),
            unit: convert_unit(alarm.unit())?,
        }));
    }
    let query = |query: &sdk::MetricDataQuery| Ok((query.id().unwrap_or_default().to_owned(), convert_query(query)?));
    alarm.metrics().iter().map(query).collect::<Result<_, String>>().map(AlarmMetric::Queries)
}

fn convert_query(query: &sdk::MetricDataQuery) -> Result<MetricQuery, String> {
    let source = match (query.metric_stat(), query.expression()) {
        (Some(stat), _) => {
            let metric = stat.metric().ok_or("an alarm on a query without a metric")?;
            QuerySource::Metric(SingleMetric {
                namespace: metric.namespace().unwrap_or_default().to_owned(),
                metric_name: metric.metric_name().unwrap_or_default().to_owned(),
                dimensions: convert_dimensions(metric.dimensions()),
                statistic: MetricStatistic::from_stat(stat.stat().unwrap_or_default()),
                period: stat.period().unwrap_or_default(),
                unit: convert_unit(stat.unit())?,
            })
        }
        (None, Some(expression)) => {
            QuerySource::Expression { expression: expression.to_owned(), period: query.period() }
        }
        (None, None) => return Err("an alarm on a query of an unknown kind".to_owned()),
    };
    Ok(MetricQuery {
        source,
        label: query.label().map(str::to_owned),
        return_data: query.return_data().unwrap_or(true),
        account_id: query.account_id().map(str::to_owned),
    })
}

fn convert_dimensions(dimensions: &[sdk::Dimension]) -> BTreeMap<String, String> {
    let pair = |d: &sdk::Dimension| (d.name().unwrap_or_default().to_owned(), d.value().unwrap_or_default().to_owned());
    dimensions.iter().map(pair).collect()
}

fn convert_unit(unit: Option<&sdk::StandardUnit>) -> Result<Option<StandardUnit>, String> {
    let Some(text) = unit.map(|unit| unit.as_str()) else { return Ok(None) };
    StandardUnit::from_aws(text).map(Some).ok_or_else(|| format!("an alarm with the unknown unit {text:?}"))
}

fn convert_statistic(alarm: &sdk::MetricAlarm) -> Result<MetricStatistic, String> {
    if let Some(extended) = alarm.extended_statistic() {
        return Ok(MetricStatistic::Extended(extended.to_owned()));
    }
    let text = alarm.statistic().map_or("", |statistic| statistic.as_str());
    Statistic::from_aws(text)
        .map(MetricStatistic::Simple)
        .ok_or_else(|| format!("an alarm with the unknown statistic {text:?}"))
}

fn convert_window(window: Option<&sdk::EvaluationWindow>) -> Result<EvaluationWindow, String> {
    match window {
        None | Some(sdk::EvaluationWindow::SlidingWindow(_)) => Ok(EvaluationWindow::Sliding),
        Some(sdk::EvaluationWindow::WallClockWindow(clock)) => {
            Ok(EvaluationWindow::WallClock { timezone: clock.timezone().unwrap_or("UTC").to_owned() })
        }
        Some(_) => Err("an alarm with an unknown evaluation window".to_owned()),
    }
}

fn convert_propagation(propagation: &sdk::AlarmTagsPropagation) -> TagsPropagation {
    TagsPropagation {
        enabled: propagation.enabled().unwrap_or(false),
        included_tag_keys: propagation.included_tag_keys().iter().cloned().collect(),
        excluded_tag_keys: propagation.excluded_tag_keys().iter().cloned().collect(),
    }
}
