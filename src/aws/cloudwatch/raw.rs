//! Alarms as the reply spelled them, beside what the SDK made of them.
//!
//! The SDK drops members that it does not know, and PutMetricAlarm replaces everything (S-068, S-071): only the raw reply
//! tells whether an alarm can be put as it is. Owns the list of members that are known, and the digest of an alarm.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_cloudwatch::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_cloudwatch::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cloudwatch::error::BoxError;
use ciborium::Value;
use sha2::{Digest, Sha256};

use crate::model::names::AlarmName;
use crate::model::observed::AlarmReading;

/// What is no configuration: it changes with the alarm's state, or is AWS's own.
const STATE: &[&str] = &[
    "AlarmArn",
    "AlarmConfigurationUpdatedTimestamp",
    "EvaluationState",
    "StateReason",
    "StateReasonData",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "StateValue",
];

/// Every member of a metric alarm that [`edit`](super::edit) sends back.
const KNOWN: &[&str] = &[
    "ActionConfiguration",
    "ActionConfiguration.AlarmTagsPropagation",
    "ActionConfiguration.AlarmTagsPropagation.Enabled",
    "ActionConfiguration.AlarmTagsPropagation.ExcludedTagKeys",
    "ActionConfiguration.AlarmTagsPropagation.IncludedTagKeys",
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "AlarmName",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "Dimensions.Name",
    "Dimensions.Value",
    "EvaluateLowSampleCountPercentile",
    "EvaluationCriteria",
    "EvaluationCriteria.PromQLCriteria",
    "EvaluationCriteria.PromQLCriteria.PendingPeriod",
    "EvaluationCriteria.PromQLCriteria.Query",
    "EvaluationCriteria.PromQLCriteria.RecoveryPeriod",
    "EvaluationInterval",
    "EvaluationPeriods",
    "EvaluationWindow",
    "EvaluationWindow.SlidingWindow",
    "EvaluationWindow.WallClockWindow",
    "EvaluationWindow.WallClockWindow.Timezone",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Metrics.AccountId",
    "Metrics.Expression",
    "Metrics.Id",
    "Metrics.Label",
    "Metrics.MetricStat",
    "Metrics.MetricStat.Metric",
    "Metrics.MetricStat.Metric.Dimensions",
    "Metrics.MetricStat.Metric.Dimensions.Name",
    "Metrics.MetricStat.Metric.Dimensions.Value",
    "Metrics.MetricStat.Metric.MetricName",
    "Metrics.MetricStat.Metric.Namespace",
    "Metrics.MetricStat.Period",
    "Metrics.MetricStat.Stat",
    "Metrics.MetricStat.Unit",
    "Metrics.Period",
    "Metrics.ReturnData",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
    "WarmUpConfiguration",
    "WarmUpConfiguration.OnlyStartEvaluatingAfterWarmUpPeriodEnds",
    "WarmUpConfiguration.WarmUpPeriodDurationInMinutes",
];

/// Takes note of the alarms in each reply to DescribeAlarms, before anything is dropped.
#[derive(Clone, Debug, Default)]
pub(super) struct Replies(Arc<Mutex<BTreeMap<String, AlarmReading>>>);

impl Replies {
    /// How an alarm was read. One whose raw reply is not there is as one of which nothing is known.
    pub(super) fn reading(&self, name: &AlarmName) -> AlarmReading {
        let readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        readings.get(name.as_str()).cloned().unwrap_or_else(|| AlarmReading {
            digest: String::new(),
            unknown_members: BTreeSet::from(["(AWS's reply, which could not be read)".to_owned()]),
        })
    }

    fn take(&self, body: &[u8]) {
        let Ok(reply) = ciborium::from_reader::<Value, _>(body) else { return };
        let Some(Value::Array(alarms)) = member(&reply, "MetricAlarms") else { return };
        let mut readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for alarm in alarms {
            if let Some(name) = member(alarm, "AlarmName").and_then(Value::as_text) {
                readings.insert(name.to_owned(), reading(alarm));
            }
        }
    }
}

impl Intercept for Replies {
    fn name(&self) -> &'static str {
        "RawAlarms"
    }

    /// From here on the body is in memory; before, it may be a stream.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(body) = context.response().body().bytes() {
            self.take(body);
        }
        Ok(())
    }
}

fn member<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    map.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

fn reading(alarm: &Value) -> AlarmReading {
    let mut unknown_members = BTreeSet::new();
    let mut canonical = String::new();
    write(alarm, "", &mut canonical, &mut unknown_members);
    let digest = Sha256::digest(&canonical).iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    });
    AlarmReading { digest, unknown_members }
}

/// Writes everything but the state, members by name, and collects the paths of those that are not known.
fn write(value: &Value, path: &str, out: &mut String, unknown: &mut BTreeSet<String>) {
    match value {
        Value::Map(members) => {
            let mut members: Vec<(&str, &Value)> = members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.as_text().unwrap_or("?"), value))
                .filter(|(key, _)| !path.is_empty() || !STATE.contains(key))
                .collect();
            members.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in members {
                let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                let _ = write!(out, "{key:?}:");
                if !KNOWN.contains(&path.as_str()) {
                    unknown.insert(path.clone());
                }
                write(value, &path, out, unknown);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, path, out, unknown);
                out.push(',');
            }
            out.push(']');
        }
        scalar => {
            let _ = write!(out, "{scalar:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(members: Vec<(&str, Value)>) -> Value {
        Value::Map(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    fn alarm(extra: Vec<(&str, Value)>) -> Value {
        let mut members = vec![("AlarmName", "x".into()), ("Threshold", 30.0.into()), ("StateValue", "OK".into())];
        members.extend(extra);
        map(members)
    }

    #[test]
    fn a_member_that_is_not_known_is_found_wherever_it_stands() {
        let metric = map(vec![("Namespace", "AWS/ECS".into()), ("Resolution", 1.into())]);
        let query = map(vec![("Id", "m1".into()), ("MetricStat", map(vec![("Metric", metric)]))]);
        let alarm = alarm(vec![("Snooze", true.into()), ("Metrics", Value::Array(vec![query]))]);
        let expected = BTreeSet::from(["Metrics.MetricStat.Metric.Resolution".to_owned(), "Snooze".to_owned()]);
        assert_eq!(reading(&alarm).unknown_members, expected);
    }

    #[test]
    fn the_digest_is_of_the_configuration_and_not_of_the_state() {
        let of = |extra| reading(&alarm(extra)).digest;
        let plain = of(vec![]);
        assert_eq!(of(vec![("StateReason", "why".into()), ("Unit", Value::Null)]), plain);
        assert_ne!(of(vec![("Unit", "Percent".into())]), plain);
        let turned = map(vec![("StateValue", "ALARM".into()), ("Threshold", 30.0.into()), ("AlarmName", "x".into())]);
        assert_eq!(reading(&turned).digest, plain);
    }

    #[test]
    fn a_reply_that_is_not_there_leaves_nothing_known() {
        let replies = Replies::default();
        replies.take(b"<xml/>");
        assert!(!replies.reading(&AlarmName::new("x")).unknown_members.is_empty());
    }
}
