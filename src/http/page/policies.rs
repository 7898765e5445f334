//! What scaling policies do. Steps stand as a chart and as a table, both in values of the metric and relative to the
//! threshold; the other types say what they are set to.

use maud::{Markup, html};

use super::chart;
use super::parts::boxed;
use crate::api::desired::{DesiredAlarm, DesiredPolicy, ServiceScaling};
use crate::model::alarm::{AlarmConfig, ComparisonOperator};
use crate::model::fields::Fields as _;
use crate::model::metric::{AlarmMetric, QuerySource};
use crate::model::number::Number;
use crate::model::policy::{AdjustmentType, StepScalingConfig};
use crate::model::steps::{AbsoluteStep, Uncovered, absolute, never_matches, uncovered};
use crate::plan::{adjustment_text, value_text};

/// Every policy of an object.
pub(super) fn policies(object: &ServiceScaling) -> Markup {
    html! { @for (index, policy) in object.policies.iter().enumerate() { (one(index, policy)) } }
}

fn one(index: usize, policy: &DesiredPolicy) -> Markup {
    html! {
        article.policy {
            h3 { (policy.name) " " span.muted { (policy.config.policy_type().as_str()) } }
            @match policy.config.step() {
                Some(config) => { (step_policy(index, policy, config)) }
                None => { dl.facts { @for field in policy.config.fields().iter().filter(|field| !field.value.is_null()) {
                    dt { (field.name) } dd { (value_text(&field.value)) }
                } } }
            }
        }
    }
}

fn step_policy(index: usize, policy: &DesiredPolicy, config: &StepScalingConfig) -> Markup {
    html! {
        p.muted {
            (config.adjustment_type.as_str()) ", cooldown " (config.cooldown) " s, "
            "datapoints aggregated by " (config.metric_aggregation_type.as_str())
            @if let Some(least) = config.min_adjustment_magnitude { ", at least " (least) " tasks" }
        }
        @for alarm in &policy.alarms { (fired_by(alarm)) }
        @for (number, effect) in effects(policy, config).iter().enumerate() {
            (effect.shown(&format!("steps-{index}-{number}"), config.adjustment_type))
        }
        @if let Some(alarm) = &policy.alarm_ref {
            p { "Fired by the alarm " strong { (alarm.name) } ", which is somebody else's: its threshold is its own." }
        }
    }
}

fn fired_by(alarm: &DesiredAlarm) -> Markup {
    let config = &alarm.config;
    html! {
        p {
            "Fired by " strong { (alarm.name) } ": " (measured(&config.metric)) " "
            (config.comparison_operator.symbol()) " " (config.threshold) ", "
            (config.datapoints_to_alarm) " of " (config.evaluation_periods) " "
            (if config.evaluation_periods == 1 { "period" } else { "periods" }) " of " (config.metric.period()) " s"
        }
    }
}

/// What an alarm watches, in few words.
fn measured(metric: &AlarmMetric) -> String {
    if let Some(metric) = metric.single() {
        return format!("{} of {}", metric.statistic, metric.metric_name);
    }
    match metric.returned() {
        Some((_, query)) => match &query.source {
            QuerySource::Metric(metric) => format!("{} of {}", metric.statistic, metric.metric_name),
            QuerySource::Expression { expression, .. } => expression.clone(),
        },
        None => "metric math".to_owned(),
    }
}

/// What a policy does where one threshold, or none that is known, divides the metric.
pub(super) struct Effect {
    /// In values of the metric, or relative to the threshold where that is not known.
    pub(super) steps: Vec<Step>,
    /// Where the alarm fires and no step is, in the same values.
    pub(super) gaps: Vec<Uncovered>,
    /// In the same values.
    pub(super) threshold: Option<(Number, ComparisonOperator)>,
    /// What the values are of.
    pub(super) axis: String,
    relative: bool,
}

/// One step, both ways where both are known.
pub(super) struct Step {
    pub(super) shown: AbsoluteStep,
    relative: Option<(Option<Number>, Option<Number>)>,
    pub(super) is_dead: bool,
}

/// One effect for each threshold that fires the policy.
fn effects(policy: &DesiredPolicy, config: &StepScalingConfig) -> Vec<Effect> {
    let mut seen: Vec<(Number, ComparisonOperator)> = Vec::new();
    let mut effects: Vec<Effect> = Vec::new();
    for alarm in &policy.alarms {
        let divides = (alarm.config.threshold, alarm.config.comparison_operator);
        if !seen.contains(&divides) {
            seen.push(divides);
            effects.push(at_threshold(config, &alarm.config));
        }
    }
    if let Some(alarm) = &policy.alarm_ref {
        effects.push(match &alarm.steps {
            Some(steps) => without_threshold(steps.iter().copied(), "the metric of its alarm", false),
            None => {
                let steps = config.steps.iter().map(|step| absolute(step, Number::ZERO));
                without_threshold(steps, "the metric, from the alarm's threshold on", true)
            }
        });
    }
    effects
}

fn at_threshold(config: &StepScalingConfig, alarm: &AlarmConfig) -> Effect {
    let (threshold, operator) = (alarm.threshold, alarm.comparison_operator);
    let needs_all = alarm.datapoints_to_alarm == alarm.evaluation_periods;
    let step = |step| Step {
        shown: absolute(step, threshold),
        relative: Some((step.lower, step.upper)),
        is_dead: needs_all && never_matches(step, operator),
    };
    Effect {
        steps: config.steps.iter().map(step).collect(),
        gaps: uncovered(config, operator).into_iter().map(|gap| gap.absolute(threshold)).collect(),
        threshold: Some((threshold, operator)),
        axis: measured(&alarm.metric),
        relative: false,
    }
}

fn without_threshold(steps: impl Iterator<Item = AbsoluteStep>, axis: &str, relative: bool) -> Effect {
    let step =
        |shown: AbsoluteStep| Step { shown, relative: relative.then_some((shown.lower, shown.upper)), is_dead: false };
    Effect { steps: steps.map(step).collect(), gaps: vec![], threshold: None, axis: axis.to_owned(), relative }
}

impl Effect {
    fn shown(&self, id: &str, kind: AdjustmentType) -> Markup {
        html! {
            div.effect {
                (chart::steps(self, kind))
                (boxed(id, "Steps", self.table(kind)))
            }
        }
    }

    fn table(&self, kind: AdjustmentType) -> Markup {
        html! {
            table.steps {
                thead { tr { th scope="col" { (self.axis) } th scope="col" { "From the threshold" } th scope="col" { "Change" } } }
                tbody {
                    @for step in &self.steps { tr {
                        td { @if self.relative { "–" } @else { (range(step.shown.lower, step.shown.upper, false)) } }
                        td { @match step.relative { Some((lower, upper)) => (range(lower, upper, true)), None => "–" } }
                        td { (adjustment_text(kind, step.shown.adjustment)) @if step.is_dead { span.muted { " never: the alarm does not fire there" } } }
                    } }
                    @for gap in &self.gaps { tr.gap {
                        td { (range(gap.lower, gap.upper, false)) }
                        td { @if let Some((threshold, _)) = self.threshold {
                            (range(gap.lower.map(|l| l.minus(threshold)), gap.upper.map(|u| u.minus(threshold)), true))
                        } }
                        td { "none: the alarm fires, and no step is there" }
                    } }
                }
            }
        }
    }
}

/// `30 to 40`, `below 10`, `50 and up`; relative ones with their sign.
fn range(lower: Option<Number>, upper: Option<Number>, signed: bool) -> String {
    let bound = |bound: Number| if signed && bound > Number::ZERO { format!("+{bound}") } else { bound.to_string() };
    match (lower, upper) {
        (Some(lower), Some(upper)) => format!("{} to {}", bound(lower), bound(upper)),
        (Some(lower), None) => format!("{} and up", bound(lower)),
        (None, Some(upper)) => format!("below {}", bound(upper)),
        (None, None) => "everywhere".to_owned(),
    }
}
