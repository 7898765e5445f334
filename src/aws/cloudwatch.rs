//! CloudWatch: alarms and their tags, and metric data.

mod convert;
mod edit;
mod metric_data;
mod raw;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::types as sdk;

use self::convert::{to_action_configuration, to_list, to_tags, to_warm_up, to_window, with_metric};
use self::raw::Replies;
use super::autoscaling::gone_is_done;
use super::call::Operation;
use super::scope::{Pages, Scope, Written};
use crate::model::alarm::{AlarmActions, AlarmConfig};
use crate::model::arn;
use crate::model::failure::{AwsService, Failure};
use crate::model::names::{AlarmName, ScopeId, ServiceId};
use crate::model::observed::{Alarm, Tags};

pub use edit::Edited;

const DESCRIBE_ALARMS: Operation = Operation::read(AwsService::CloudWatch, "DescribeAlarms");
const LIST_TAGS: Operation = Operation::read(AwsService::CloudWatch, "ListTagsForResource");
const PUT_ALARM: Operation = Operation::alarm_write("PutMetricAlarm");
const DELETE_ALARMS: Operation = Operation::alarm_write("DeleteAlarms");
const TAG: Operation = Operation::write(AwsService::CloudWatch, "TagResource");

impl Scope {
    /// Up to a hundred alarms by name; a name that AWS does not know is not among them.
    pub async fn alarms(&self, names: &[AlarmName]) -> Result<BTreeMap<AlarmName, Alarm>, Failure> {
        let described = self.describe_alarms(names).await?;
        let name = |name: Option<&str>| AlarmName::new(name.unwrap_or_default());
        let composite = described.composite.iter().map(|alarm| (name(alarm.alarm_name()), convert::composite(alarm)));
        let metric = described.metric.iter().map(|alarm| {
            let name = name(alarm.alarm_name());
            let reading = described.raw.reading(&name);
            (name, convert::alarm(alarm, reading))
        });
        Ok(composite.chain(metric).collect())
    }

    /// The metric alarms that fire a scaling policy of an ECS service, or once did, by the service that the policy scales.
    ///
    /// One call for each hundred alarms with such an action in the region, whosever they are (S-059).
    pub async fn alarms_firing_policies(&self) -> Result<BTreeMap<ServiceId, BTreeSet<AlarmName>>, Failure> {
        let ScopeId { account, region } = self.id();
        let prefix = format!("arn:{}:autoscaling:{region}:{account}:scalingPolicy:", arn::partition(region));
        let (mut found, mut pages, mut token) = (BTreeMap::<_, BTreeSet<_>>::new(), Pages::default(), None);
        loop {
            let request = self
                .cloudwatch
                .read
                .describe_alarms()
                .action_prefix(&prefix)
                .alarm_types(sdk::AlarmType::MetricAlarm)
                .max_records(100)
                .set_next_token(token);
            let reply = self.call(DESCRIBE_ALARMS, request.send()).await?;
            for alarm in reply.metric_alarms() {
                for policy in alarm.alarm_actions().iter().filter_map(|action| arn::policy(action)) {
                    let name = AlarmName::new(alarm.alarm_name().unwrap_or_default());
                    found.entry(policy.service).or_default().insert(name);
                }
            }
            token = pages.next(DESCRIBE_ALARMS, reply.next_token())?;
            if token.is_none() {
                return Ok(found);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Deletes an alarm. One that is gone already is as wanted (S-072).
    pub async fn delete_alarm(&self, name: &AlarmName) -> Result<Written, Failure> {
        let request = self.cloudwatch.write.delete_alarms().alarm_names(name.as_str());
        gone_is_done(self.write(DELETE_ALARMS, request.send()).await)
    }

    /// Both kinds of alarms, since they share their names.
    async fn describe_alarms(&self, names: &[AlarmName]) -> Result<Described, Failure> {
        let (mut described, mut pages, mut token) = (Described::default(), Pages::default(), None);
        loop {
            let request = self
                .cloudwatch
                .read
                .describe_alarms()
                .set_alarm_names(Some(names.iter().map(|name| name.as_str().to_owned()).collect()))
                .alarm_types(sdk::AlarmType::MetricAlarm)
                .alarm_types(sdk::AlarmType::CompositeAlarm)
                .max_records(100)
                .set_next_token(token);
            let request = request.customize().interceptor(described.raw.clone());
            let reply = self.call(DESCRIBE_ALARMS, request.send()).await?;
            token = pages.next(DESCRIBE_ALARMS, reply.next_token())?;
            described.metric.extend(reply.metric_alarms.unwrap_or_default());
            described.composite.extend(reply.composite_alarms.unwrap_or_default());
            if token.is_none() {
                return Ok(described);
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
        self.write(PUT_ALARM, with_metric(request, &config.metric).send()).await
    }

    /// Sets tags on an alarm that exists (aws-sdk#27).
    pub async fn tag_alarm(&self, arn: &str, tags: &Tags) -> Result<Written, Failure> {
        let request = self.cloudwatch.write.tag_resource().resource_arn(arn).set_tags(Some(to_tags(tags)));
        self.write(TAG, request.send()).await
    }
}

/// Alarms as the SDK reads them, and as they came.
#[derive(Default)]
struct Described {
    metric: Vec<sdk::MetricAlarm>,
    composite: Vec<sdk::CompositeAlarm>,
    raw: Replies,
}
