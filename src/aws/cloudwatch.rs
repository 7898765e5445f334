//! CloudWatch: alarms and their tags.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::types as sdk;

use super::call::Operation;
use super::scope::{Pages, Scope, Written};
use crate::model::alarm::{
    AlarmActions, AlarmConfig, AlarmMetric, AlarmState, ComparisonOperator, EvaluationWindow, LowSampleCount,
    MetricStatistic, StandardUnit, Statistic, TagsPropagation, TreatMissingData, WarmUp,
};
use crate::model::failure::{AwsService, Failure};
use crate::model::names::AlarmName;
use crate::model::number::Number;
use crate::model::observed::{Alarm, Tags};

const DESCRIBE_ALARMS: Operation = Operation::read(AwsService::CloudWatch, "DescribeAlarms");
const LIST_TAGS: Operation = Operation::read(AwsService::CloudWatch, "ListTagsForResource");
const PUT_ALARM: Operation = Operation::alarm_write("PutMetricAlarm");
const TAG: Operation = Operation::write(AwsService::CloudWatch, "TagResource");

impl Scope {
    /// Up to a hundred metric alarms by name; a name that AWS does not know is not among them.
    pub async fn alarms(&self, names: &[AlarmName]) -> Result<BTreeMap<AlarmName, Alarm>, Failure> {
        let (mut found, mut pages, mut token) = (BTreeMap::new(), Pages::default(), None);
        loop {
            let request = self
                .cloudwatch
                .read
                .describe_alarms()
                .set_alarm_names(Some(names.iter().map(|name| name.as_str().to_owned()).collect()))
                .alarm_types(sdk::AlarmType::MetricAlarm)
                .max_records(100)
                .set_next_token(token);
            let reply = self.call(DESCRIBE_ALARMS, request.send()).await?;
            for alarm in reply.metric_alarms() {
                found.insert(AlarmName::new(alarm.alarm_name().unwrap_or_default()), convert(alarm));
            }
            token = pages.next(DESCRIBE_ALARMS, reply.next_token())?;
            if token.is_none() {
                return Ok(found);
            }
            tokio::task::yield_now().await;
        }
    }

    /// The tags of an alarm.
    pub async fn alarm_tags(&self, arn: &str) -> Result<Tags, Failure> {
        let request = self.cloudwatch.read.list_tags_for_resource().resource_arn(arn);
        let reply = self.call(LIST_TAGS, request.send()).await?;
        let pair =
            |tag: &sdk::Tag| (tag.key().unwrap_or_default().to_owned(), tag.value().unwrap_or_default().to_owned());
        Ok(reply.tags().iter().map(pair).collect())
    }

    /// Creates an alarm, or replaces the whole of one that exists (S-068).
    pub async fn put_alarm(
        &self,
        name: &AlarmName,
        config: &AlarmConfig,
        actions: &AlarmActions,
        tags: &Tags,
    ) -> Result<Written, Failure> {
        let metric = &config.metric;
        let (statistic, extended) = match &metric.statistic {
            MetricStatistic::Simple(statistic) => (Some(sdk::Statistic::from(statistic.as_str())), None),
            MetricStatistic::Extended(text) => (None, Some(text.clone())),
        };
        let request = self
            .cloudwatch
            .write
            .put_metric_alarm()
            .alarm_name(name.as_str())
            .set_alarm_description((!config.description.is_empty()).then(|| config.description.clone()))
            .actions_enabled(config.actions_enabled)
            .set_alarm_actions(to_list(&actions.alarm))
            .set_ok_actions(to_list(&actions.ok))
            .set_insufficient_data_actions(to_list(&actions.insufficient_data))
            .namespace(&metric.namespace)
            .metric_name(&metric.metric_name)
            .set_dimensions(Some(metric.dimensions.iter().map(|(name, value)| dimension(name, value)).collect()))
            .set_statistic(statistic)
            .set_extended_statistic(extended)
            .period(metric.period)
            .set_unit(metric.unit.map(|unit| sdk::StandardUnit::from(unit.as_str())))
            .evaluation_periods(config.evaluation_periods)
            .datapoints_to_alarm(config.datapoints_to_alarm)
            .threshold(config.threshold.get())
            .comparison_operator(sdk::ComparisonOperator::from(config.comparison_operator.as_str()))
            .treat_missing_data(config.treat_missing_data.as_str())
            .set_evaluate_low_sample_count_percentile(
                config.evaluate_low_sample_count_percentile.map(|low| low.as_str().to_owned()),
            )
            .set_evaluation_window(to_window(&config.evaluation_window))
            .set_warm_up_configuration(config.warm_up.map(to_warm_up))
            .set_action_configuration(config.tags_propagation.as_ref().map(to_action_configuration))
            .set_tags((!tags.is_empty()).then(|| to_tags(tags)));
        self.write(PUT_ALARM, request.send()).await
    }

    /// Sets tags on an alarm that exists (aws-sdk#27).
    pub async fn tag_alarm(&self, arn: &str, tags: &Tags) -> Result<Written, Failure> {
        let request = self.cloudwatch.write.tag_resource().resource_arn(arn).set_tags(Some(to_tags(tags)));
        self.write(TAG, request.send()).await
    }
}

fn to_list(set: &BTreeSet<String>) -> Option<Vec<String>> {
    (!set.is_empty()).then(|| set.iter().cloned().collect())
}

fn to_tags(tags: &Tags) -> Vec<sdk::Tag> {
    tags.iter().map(|(key, value)| sdk::Tag::builder().key(key).value(value).build()).collect()
}

fn dimension(name: &str, value: &str) -> sdk::Dimension {
    sdk::Dimension::builder().name(name).value(value).build()
}

/// Sliding is what AWS takes when nothing is sent.
fn to_window(window: &EvaluationWindow) -> Option<sdk::EvaluationWindow> {
    match window {
        EvaluationWindow::Sliding => None,
        EvaluationWindow::WallClock { timezone } => {
            Some(sdk::EvaluationWindow::WallClockWindow(sdk::WallClockWindow::builder().timezone(timezone).build()))
        }
    }
}

fn to_warm_up(warm_up: WarmUp) -> sdk::WarmUpConfiguration {
    sdk::WarmUpConfiguration::builder()
        .warm_up_period_duration_in_minutes(warm_up.warm_up_period_duration_in_minutes)
        .only_start_evaluating_after_warm_up_period_ends(warm_up.only_start_evaluating_after_warm_up_period_ends)
        .build()
}

fn to_action_configuration(propagation: &TagsPropagation) -> sdk::ActionConfiguration {
    let propagation = sdk::AlarmTagsPropagation::builder()
        .enabled(propagation.enabled)
        .set_included_tag_keys(to_list(&propagation.included_tag_keys))
        .set_excluded_tag_keys(to_list(&propagation.excluded_tag_keys))
        .build();
    sdk::ActionConfiguration::builder().alarm_tags_propagation(propagation).build()
}

fn convert(alarm: &sdk::MetricAlarm) -> Alarm {
    Alarm {
        arn: alarm.alarm_arn().unwrap_or_default().to_owned(),
        config: convert_config(alarm),
        actions: AlarmActions {
            alarm: alarm.alarm_actions().iter().cloned().collect(),
            ok: alarm.ok_actions().iter().cloned().collect(),
            insufficient_data: alarm.insufficient_data_actions().iter().cloned().collect(),
        },
        state: alarm
            .state_value()
            .and_then(|state| AlarmState::from_aws(state.as_str()))
            .unwrap_or(AlarmState::InsufficientData),
    }
}

/// The configuration, or what it is that this version does not model.
fn convert_config(alarm: &sdk::MetricAlarm) -> Result<AlarmConfig, String> {
    if !alarm.metrics().is_empty() {
        return Err("an alarm on metric math".to_owned());
    }
    if alarm.evaluation_criteria().is_some() {
        return Err("an alarm on a query".to_owned());
    }
    let unknown = |what: &str, text: &str| format!("an alarm with the unknown {what} {text:?}");
    let operator = alarm.comparison_operator().map_or("", |operator| operator.as_str());
    let unit = match alarm.unit().map(|unit| unit.as_str()) {
        None => None,
        Some(text) => Some(StandardUnit::from_aws(text).ok_or_else(|| unknown("unit", text))?),
    };
    let missing = alarm.treat_missing_data().unwrap_or("missing");
    let low = match alarm.evaluate_low_sample_count_percentile() {
        None => None,
        Some(text) => Some(LowSampleCount::from_aws(text).ok_or_else(|| unknown("low sample setting", text))?),
    };
    Ok(AlarmConfig {
        description: alarm.alarm_description().unwrap_or_default().to_owned(),
        actions_enabled: alarm.actions_enabled().unwrap_or(true),
        metric: AlarmMetric {
            namespace: alarm.namespace().unwrap_or_default().to_owned(),
            metric_name: alarm.metric_name().unwrap_or_default().to_owned(),
            dimensions: alarm
                .dimensions()
                .iter()
                .map(|d| (d.name().unwrap_or_default().to_owned(), d.value().unwrap_or_default().to_owned()))
                .collect(),
            statistic: convert_statistic(alarm)?,
            period: alarm.period().unwrap_or_default(),
            unit,
        },
        evaluation_periods: alarm.evaluation_periods().unwrap_or_default(),
        datapoints_to_alarm: alarm
            .datapoints_to_alarm()
            .unwrap_or_else(|| alarm.evaluation_periods().unwrap_or_default()),
        threshold: alarm.threshold().and_then(Number::new).ok_or("an alarm without a fixed threshold")?,
        comparison_operator: ComparisonOperator::from_aws(operator).ok_or_else(|| unknown("operator", operator))?,
        treat_missing_data: TreatMissingData::from_aws(missing)
            .ok_or_else(|| unknown("treatment of missing data", missing))?,
        evaluate_low_sample_count_percentile: low,
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
