//! The alarms at a moment: what they see, and the state that follows (S-075 to S-077).

use jiff::{SignedDuration, Timestamp};

use super::event::{Event, EventKind};
use super::play::Player;
use super::series::SeriesSet;
use super::subject::Subject;
use crate::model::alarm::{AlarmConfig, AlarmState};
use crate::model::evaluation::math::{self, Unsupported};
use crate::model::evaluation::reason::state_reason;
use crate::model::evaluation::{Datapoint, evaluate, is_warming_up, window};
use crate::model::metric::{AlarmMetric, MetricQuery, QuerySource, SingleMetric};
use crate::model::number::Number;
use crate::model::policy::PolicyConfig;

/// An alarm while time passes.
pub(super) struct AlarmPlay<'a> {
    pub(super) name: &'a str,
    pub(super) config: &'a AlarmConfig,
    /// The policy that it calls, by its place in the subject.
    pub(super) policy: usize,
    /// Whether its policy may add tasks.
    pub(super) scales_out: bool,
    /// Where the values of each of its metrics are.
    sources: Vec<(&'a SingleMetric, Option<usize>)>,
    pub(super) state: AlarmState,
    /// Oldest first; what a policy chooses its step by (S-079).
    pub(super) recent: Vec<Number>,
    /// Whether the newest period breaches.
    pub(super) is_newest_breaching: bool,
    /// When it called its policy, and in which state.
    pub(super) called: Option<(AlarmState, Timestamp)>,
}

impl<'a> AlarmPlay<'a> {
    /// The subject's alarms by name, those left out that cannot be evaluated.
    pub(super) fn all(subject: &'a Subject, series: &SeriesSet, left_out: &mut Vec<String>) -> Vec<Self> {
        let mut alarms = Vec::new();
        for (index, policy) in subject.policies.iter().enumerate() {
            for alarm in &policy.alarms {
                let name = alarm.name.as_str();
                if let Some(unsupported) = unsupported(&alarm.config.metric) {
                    left_out.push(format!("{name}: {unsupported}"));
                    continue;
                }
                let metrics = alarm.config.metric.metrics();
                let sources: Vec<_> = metrics.into_iter().map(|metric| (metric, series.find(metric))).collect();
                for (metric, _) in sources.iter().filter(|(_, source)| source.is_none()) {
                    left_out.push(format!("{name}: there are no data of {}", metric.metric_name));
                }
                alarms.push(Self {
                    name,
                    config: &alarm.config,
                    policy: index,
                    scales_out: may_scale_out(&policy.config, &alarm.config),
                    sources,
                    state: AlarmState::InsufficientData,
                    recent: Vec::new(),
                    is_newest_breaching: false,
                    called: None,
                });
            }
        }
        alarms.sort_by_key(|alarm| alarm.name);
        alarms
    }

    /// The datapoints of its evaluation range, oldest first.
    fn datapoints(&self, series: &SeriesSet, at: Timestamp) -> Vec<Option<Datapoint>> {
        let of = |metric: &SingleMetric, start| {
            let (_, source) = self.sources.iter().find(|(known, _)| *known == metric)?;
            series.get((*source)?)?.datapoint(metric, start)
        };
        let point = |start| match &self.config.metric {
            AlarmMetric::Single(metric) => of(metric, start),
            AlarmMetric::Queries(queries) => {
                let value = math::returned(queries, &|metric| Some(of(metric, start)?.value.get())).ok()??;
                Some(Datapoint { at: start, value: Number::new(value)?, sample_count: 1.0 })
            }
        };
        window::periods(self.config, at).into_iter().map(point).collect()
    }

    /// Evaluates it at a moment at which that is due; the event where its state changed.
    fn evaluate(&mut self, series: &SeriesSet, made: Timestamp, at: Timestamp) -> Option<Event> {
        let range = self.datapoints(series, at);
        let breaches =
            |point: &Datapoint| self.config.comparison_operator.is_breached(point.value, self.config.threshold);
        self.is_newest_breaching = range.last().and_then(Option::as_ref).is_some_and(breaches);
        if is_warming_up(self.config, made, &range, at) {
            return None;
        }
        let evaluation = evaluate(self.config, &range, self.state);
        self.recent = evaluation.recent.iter().map(|point| point.value).collect();
        if evaluation.state == self.state {
            return None;
        }
        let reason = state_reason(self.config, &evaluation, self.state);
        let from = std::mem::replace(&mut self.state, evaluation.state);
        let (alarm, to) = (self.name.to_owned(), evaluation.state);
        Some(Event { at, kind: EventKind::AlarmState { alarm, from, to, reason } })
    }

    fn is_due(&self, at: Timestamp) -> bool {
        window::next_evaluation(self.config, at - SignedDuration::from_nanos(1)) == at
    }
}

impl Player<'_> {
    /// Evaluates the alarms that are due at a moment.
    pub(super) fn evaluate_due(&mut self, at: Timestamp) {
        let made = self.made();
        for alarm in self.alarms.iter_mut().filter(|alarm| alarm.is_due(at)) {
            self.events.extend(alarm.evaluate(&self.series, made, at));
        }
    }
}

fn may_scale_out(policy: &PolicyConfig, alarm: &AlarmConfig) -> bool {
    match policy {
        PolicyConfig::Step(config) => config.steps.iter().any(|step| {
            use crate::model::policy::AdjustmentType::ExactCapacity;
            step.adjustment > 0 && (config.adjustment_type != ExactCapacity || alarm.comparison_operator.is_upward())
        }),
        _ => alarm.comparison_operator.is_upward(),
    }
}

/// What of metric math cannot be evaluated here.
fn unsupported(metric: &AlarmMetric) -> Option<Unsupported> {
    let AlarmMetric::Queries(queries) = metric else { return None };
    let expression = |query: &MetricQuery| match &query.source {
        QuerySource::Expression { expression, .. } => math::Expression::parse(expression).err(),
        QuerySource::Metric(_) => None,
    };
    queries.values().find_map(expression).or_else(|| math::returned(queries, &|_| None).err())
}
