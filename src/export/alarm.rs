//! Alarms: which are the object's own, which are only named, and what of one is said.

use std::collections::BTreeSet;

use super::{Exporter, metric};
use crate::api::types::{
    ActionConfigurationSpec, AlarmSpec, AlarmTagsPropagationSpec, EvaluationWindowSpec, WallClockWindowSpec, WarmUpSpec,
};
use crate::model::alarm::{AlarmConfig, EvaluationWindow, TagsPropagation, TreatMissingData};
use crate::model::arn::{self, Arn};
use crate::model::metric::{AlarmMetric, MetricStatistic, SingleMetric, Statistic};
use crate::model::observed::{Alarm, ScalingPolicy};
use crate::plan::{Ownership, holder};

/// What an alarm can be to the object.
pub(super) enum Role {
    /// Its own: it says all of it.
    Own(Box<AlarmSpec>, Vec<String>),
    /// Somebody else's, and why: it is named at most.
    Foreign(String),
    /// Nothing that can fire a policy of this object, and why.
    Nothing(String),
}

impl Exporter<'_> {
    /// What an alarm that fires a policy is to the object.
    pub(super) fn role(&self, name: &str, alarm: &Alarm, policy: &ScalingPolicy) -> Role {
        if alarm.reading.is_none() {
            return Role::Nothing("it is no metric alarm".to_owned());
        }
        let config = match &alarm.config {
            Ok(config) => config,
            Err(kind) if self.names.is_clone() => return Role::Nothing(format!("it is {kind}")),
            Err(kind) => return Role::Foreign(format!("it is {kind}")),
        };
        if self.names.is_clone() {
            return self.clone_of(name, alarm, config);
        }
        match self.why_foreign(alarm, policy) {
            Some(why) => Role::Foreign(why),
            None => {
                let (kept, stale) = self.further_actions(alarm, policy);
                let notes = stale.into_iter().map(|arn| {
                    format!("This alarm also acts on a policy that is no more; applying takes it out: {arn}")
                });
                Role::Own(Box::new(self.spec(name, config, alarm, kept)), notes.collect())
            }
        }
    }

    /// The clone's alarm acts on its own policy and on nobody else's.
    fn clone_of(&self, name: &str, alarm: &Alarm, config: &AlarmConfig) -> Role {
        let mut actions = alarm.clone();
        for list in [&mut actions.actions.alarm, &mut actions.actions.ok, &mut actions.actions.insufficient_data] {
            list.retain(|action| !is_scaling_policy(action));
        }
        let mut notes = Vec::new();
        if let Some(unknown) = unknown_members(alarm) {
            notes.push(format!("Not cloned, for this version does not know them: {unknown}"));
        }
        if let Some(other) = self.watched_elsewhere(config) {
            notes.push(format!("It watches what the original watches: {other}"));
        }
        let further = actions.actions.alarm.clone();
        Role::Own(Box::new(self.spec(name, config, &actions, further)), notes)
    }

    /// A metric that is not the service's own, and has dimensions that stay.
    fn watched_elsewhere(&self, config: &AlarmConfig) -> Option<String> {
        let is_elsewhere = |metric: &&&SingleMetric| {
            let said = self.names.said_dimensions(&metric.namespace, &metric.dimensions);
            said.is_some_and(|said| said.keys().any(|name| name != "ClusterName" && name != "ServiceName"))
        };
        let metrics = config.metric.metrics();
        metrics.iter().find(is_elsewhere).map(|metric| {
            let dimensions: Vec<String> =
                metric.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} in {} of {}", metric.metric_name, metric.namespace, dimensions.join(", "))
        })
    }

    fn why_foreign(&self, alarm: &Alarm, policy: &ScalingPolicy) -> Option<String> {
        if let Some(unknown) = unknown_members(alarm) {
            return Some(format!("this version does not know {unknown} of it, and would drop that with a write"));
        }
        let tags = self.whole.tags_of(&alarm.arn);
        match tags.map_or(Ownership::Nobody, holder) {
            Ownership::CloudFormation(stack) => return Some(format!("it belongs to the CloudFormation stack {stack}")),
            owned @ Ownership::Other(_) if owned != self.whole.owner() => {
                return Some(format!("it belongs to {}", owned.describe()));
            }
            _ => {}
        }
        let lists = [&alarm.actions.ok, &alarm.actions.insufficient_data];
        if lists.into_iter().flatten().any(|action| is_scaling_policy(action)) {
            return Some("it acts on scaling policies in other states than ALARM too".to_owned());
        }
        let live = |action: &String| *action != policy.arn && is_scaling_policy(action) && !self.is_stale(action);
        alarm.actions.alarm.iter().any(live).then(|| "it fires other policies too".to_owned())
    }

    /// The actions beside the policy, and those on policies of this service that are no more (S-050).
    fn further_actions(&self, alarm: &Alarm, policy: &ScalingPolicy) -> (BTreeSet<String>, BTreeSet<String>) {
        let further = alarm.actions.alarm.iter().filter(|action| **action != policy.arn).cloned();
        further.partition(|action| !self.is_stale(action))
    }

    fn is_stale(&self, action: &str) -> bool {
        arn::policy(action).is_some_and(|named| named.service == self.whole.key.service)
            && !self.whole.policies.iter().any(|policy| policy.arn == action)
    }

    fn spec(&self, name: &str, config: &AlarmConfig, alarm: &Alarm, further: BTreeSet<String>) -> AlarmSpec {
        let list = |set: &BTreeSet<String>| (!set.is_empty()).then(|| set.iter().cloned().collect());
        let single = config.metric.single();
        let (statistic, extended_statistic) = match single.map(|metric| &metric.statistic) {
            None | Some(MetricStatistic::Simple(Statistic::Average)) => (None, None),
            Some(MetricStatistic::Simple(statistic)) => (Some(*statistic), None),
            Some(MetricStatistic::Extended(text)) => (None, Some(text.clone())),
        };
        let metrics = match &config.metric {
            AlarmMetric::Single(_) => None,
            AlarmMetric::Queries(queries) => {
                Some(queries.iter().map(|(id, query)| metric::alarm_query(id, query, &self.names)).collect())
            }
        };
        AlarmSpec {
            alarm_name: self.names.alarm(name),
            alarm_description: Some(config.description.clone()).filter(|text| !text.is_empty()),
            actions_enabled: (!config.actions_enabled).then_some(false),
            alarm_actions: list(&further),
            ok_actions: list(&alarm.actions.ok),
            insufficient_data_actions: list(&alarm.actions.insufficient_data),
            namespace: single.and_then(|metric| metric::namespace(&metric.namespace)),
            metric_name: single.map(|metric| metric.metric_name.clone()),
            dimensions: single.and_then(|metric| self.names.said_dimensions(&metric.namespace, &metric.dimensions)),
            statistic,
            extended_statistic,
            period: single.and_then(|metric| metric::period(metric.period)),
            unit: single.and_then(|metric| metric.unit),
            metrics,
            evaluation_periods: (config.evaluation_periods != 1).then_some(config.evaluation_periods),
            datapoints_to_alarm: (config.datapoints_to_alarm != config.evaluation_periods)
                .then_some(config.datapoints_to_alarm),
            threshold: config.threshold,
            comparison_operator: config.comparison_operator,
            treat_missing_data: (config.treat_missing_data != TreatMissingData::Missing)
                .then_some(config.treat_missing_data),
            evaluate_low_sample_count_percentile: config.evaluate_low_sample_count_percentile,
            evaluation_window: window(&config.evaluation_window),
            warm_up_configuration: config.warm_up.map(|warm_up| WarmUpSpec {
                warm_up_period_duration_in_minutes: warm_up.warm_up_period_duration_in_minutes,
                only_start_evaluating_after_warm_up_period_ends: warm_up
                    .only_start_evaluating_after_warm_up_period_ends
                    .then_some(true),
            }),
            action_configuration: config.tags_propagation.as_ref().map(propagation),
        }
    }
}

fn window(window: &EvaluationWindow) -> Option<EvaluationWindowSpec> {
    match window {
        EvaluationWindow::Sliding => None,
        EvaluationWindow::WallClock { timezone } => Some(EvaluationWindowSpec {
            sliding_window: None,
            wall_clock_window: Some(WallClockWindowSpec { timezone: Some(timezone.clone()) }),
        }),
    }
}

fn propagation(propagation: &TagsPropagation) -> ActionConfigurationSpec {
    let list = |set: &BTreeSet<String>| (!set.is_empty()).then(|| set.iter().cloned().collect());
    ActionConfigurationSpec {
        alarm_tags_propagation: AlarmTagsPropagationSpec {
            enabled: propagation.enabled,
            included_tag_keys: list(&propagation.included_tag_keys),
            excluded_tag_keys: list(&propagation.excluded_tag_keys),
        },
    }
}

fn unknown_members(alarm: &Alarm) -> Option<String> {
    let unknown = &alarm.reading.as_ref()?.unknown_members;
    (!unknown.is_empty()).then(|| unknown.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
}

fn is_scaling_policy(action: &str) -> bool {
    Arn::parse(action).is_some_and(|arn| arn.service == "autoscaling" && arn.resource.starts_with("scalingPolicy:"))
}
