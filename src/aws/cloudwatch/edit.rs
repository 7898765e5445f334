//! An alarm that is not ours, written with everything that it has but for its actions on `ALARM`.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types as sdk;

use super::super::scope::{Scope, Written};
use super::PUT_ALARM;
use crate::model::failure::Failure;
use crate::model::names::AlarmName;

/// What became of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edited {
    /// AWS took it.
    Written(Written),
    /// Nothing was written: the alarm is no longer what it was.
    ChangedMeanwhile,
}

impl Scope {
    /// Puts an action in or takes actions out, where the alarm still has this digest.
    ///
    /// It is read again right before. CloudWatch has no conditional write: a change between this read and the write, one
    /// round trip apart, would be lost.
    pub async fn edit_alarm_actions(
        &self,
        name: &AlarmName,
        add: Option<&str>,
        remove: &BTreeSet<String>,
        digest: &str,
    ) -> Result<Edited, Failure> {
        let described = self.describe_alarms(std::slice::from_ref(name)).await?;
        let reading = described.raw.reading(name);
        let is_same = reading.digest == digest && reading.unknown_members.is_empty();
        let found = described.metric.into_iter().find(|alarm| alarm.alarm_name() == Some(name.as_str()));
        let Some(alarm) = found.filter(|_| is_same) else { return Ok(Edited::ChangedMeanwhile) };
        let mut actions = alarm.alarm_actions().to_vec();
        actions.retain(|action| !remove.contains(action));
        actions.extend(add.filter(|add| !alarm.alarm_actions().iter().any(|action| action == add)).map(str::to_owned));
        let request = same(self.cloudwatch.write.put_metric_alarm(), alarm).set_alarm_actions(Some(actions));
        self.write(PUT_ALARM, request.send()).await.map(Edited::Written)
    }
}

/// The request that changes nothing. Tags are not sent: AWS leaves those of an alarm that exists (S-068).
fn same(request: PutMetricAlarmFluentBuilder, alarm: sdk::MetricAlarm) -> PutMetricAlarmFluentBuilder {
    request
        .set_alarm_name(alarm.alarm_name)
        .set_alarm_description(alarm.alarm_description)
        .set_actions_enabled(alarm.actions_enabled)
        .set_ok_actions(alarm.ok_actions)
        .set_alarm_actions(alarm.alarm_actions)
        .set_insufficient_data_actions(alarm.insufficient_data_actions)
        .set_metric_name(alarm.metric_name)
        .set_namespace(alarm.namespace)
        .set_statistic(alarm.statistic)
        .set_extended_statistic(alarm.extended_statistic)
        .set_dimensions(alarm.dimensions)
        .set_period(alarm.period)
        .set_unit(alarm.unit)
        .set_evaluation_periods(alarm.evaluation_periods)
        .set_datapoints_to_alarm(alarm.datapoints_to_alarm)
        .set_threshold(alarm.threshold)
        .set_comparison_operator(alarm.comparison_operator)
        .set_treat_missing_data(alarm.treat_missing_data)
        .set_evaluate_low_sample_count_percentile(alarm.evaluate_low_sample_count_percentile)
        .set_metrics(alarm.metrics)
        .set_threshold_metric_id(alarm.threshold_metric_id)
        .set_evaluation_window(alarm.evaluation_window)
        .set_warm_up_configuration(alarm.warm_up_configuration)
        .set_evaluation_criteria(alarm.evaluation_criteria)
        .set_evaluation_interval(alarm.evaluation_interval)
        .set_action_configuration(alarm.action_configuration)
}
