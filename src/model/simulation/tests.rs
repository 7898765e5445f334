//! Every worked example of AWS as a simulation: its counts are asserted here, and all of it stands in
//! `testdata/worked-examples.txt`.

mod doubts;
mod examples;
mod rules;

use jiff::SignedDuration;

use super::series::{Series, SeriesId};
use super::subject::{Policy, PolicyAlarm};
use super::*;
use crate::model::alarm::{AlarmConfig, ComparisonOperator, EvaluationWindow, TreatMissingData};
use crate::model::capacity::{CapacityRange, SuspendedState};
use crate::model::metric::{AlarmMetric, MetricStatistic, SingleMetric, Statistic};
use crate::model::names::{AlarmName, ServiceId};
use crate::model::number::Number;
use crate::model::policy::{
    AdjustmentType, MetricAggregationType, PolicyConfig, PredefinedMetric, StepAdjustment, StepScalingConfig,
    TargetTrackingConfig, TrackedMetric,
};

use AdjustmentType::{ChangeInCapacity, ExactCapacity, PercentChangeInCapacity};
use ComparisonOperator::{
    GreaterThanOrEqualToThreshold as AtLeast, LessThanOrEqualToThreshold as AtMost, LessThanThreshold as Below,
};

/// `(lower, upper, adjustment)`, relative to the threshold.
type Step = (Option<i32>, Option<i32>, i32);

/// 30 to 40: +2, 40 to 50: +2, from 50: +4, above a threshold of 30.
const FOUNDING: [Step; 3] = [(Some(0), Some(10), 2), (Some(10), Some(20), 2), (Some(20), None, 4)];

fn start() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

/// A subject that is built up, and its data: a value a minute, `NAN` for a missing one.
struct Stage {
    subject: Subject,
    tasks: i32,
    startup: i64,
    feedback: Feedback,
}

impl Stage {
    fn new(tasks: i32, min: i32, max: i32) -> Self {
        let range = CapacityRange::new(min, max).unwrap();
        let service = ServiceId::new("B", "search-api");
        let subject = Subject::new("default/search-api", service, range, SuspendedState::default());
        Self { subject, tasks, startup: 30, feedback: Feedback::Open }
    }

    fn policy(self, name: &str, kind: AdjustmentType, cooldown: i32, steps: &[Step], alarm: AlarmConfig) -> Self {
        self.aggregated(name, kind, cooldown, steps, alarm, MetricAggregationType::Average)
    }

    fn aggregated(
        mut self,
        name: &str,
        kind: AdjustmentType,
        cooldown: i32,
        steps: &[Step],
        alarm: AlarmConfig,
        by: MetricAggregationType,
    ) -> Self {
        let step = |(lower, upper, adjustment): &Step| StepAdjustment {
            lower: lower.map(Number::from),
            upper: upper.map(Number::from),
            adjustment: *adjustment,
        };
        let steps = steps.iter().map(step).collect();
        let config = StepScalingConfig::canonical(kind, steps, None, Some(cooldown), Some(by));
        let alarm = PolicyAlarm { name: AlarmName::new(format!("{name}-alarm")), config: alarm };
        self.subject.policies.push(Policy {
            name: name.into(),
            config: PolicyConfig::Step(config),
            alarms: vec![alarm],
        });
        self
    }

    fn tracking(mut self, name: &str, metric: &str, target: i32) -> Self {
        let metric =
            TrackedMetric::Predefined(PredefinedMetric { predefined_metric_type: metric.into(), resource_label: None });
        let config = TargetTrackingConfig::canonical(target.into(), metric, Some(60), Some(60), None);
        self.subject.add_policy(name, PolicyConfig::TargetTracking(config), vec![]);
        self
    }

    fn played(&self, values: &[f64]) -> Simulation {
        self.played_with(vec![self.series(SeriesId::default(), values)], values.len())
    }

    fn series(&self, id: SeriesId, values: &[f64]) -> Series {
        let first = start().as_second();
        let points = (0..).zip(values).map(|(minute, value)| (first + 60 * minute, *value)).collect();
        let series = Series::new(id, points);
        if self.feedback == Feedback::Closed { series.demand(&series::Tasks::Constant(self.tasks)) } else { series }
    }

    fn played_with(&self, series: Vec<Series>, minutes: usize) -> Simulation {
        simulate(&self.subject, SeriesSet(series), &self.setup(minutes))
    }

    fn setup(&self, minutes: usize) -> Setup {
        let times = TaskTimes { start: SignedDuration::from_secs(self.startup), stop: SignedDuration::ZERO };
        let end = start() + SignedDuration::from_mins(i64::try_from(minutes).unwrap());
        Setup { start: start(), end, tasks: self.tasks, times, feedback: self.feedback }
    }
}

/// An alarm of one minute on the average CPU.
fn alarm(operator: ComparisonOperator, threshold: i32) -> AlarmConfig {
    AlarmConfig {
        description: String::new(),
        actions_enabled: true,
        metric: AlarmMetric::Single(SingleMetric {
            namespace: "AWS/ECS".into(),
            metric_name: "CPUUtilization".into(),
            dimensions: crate::model::tracking::service_dimensions(&ServiceId::new("B", "search-api")),
            statistic: MetricStatistic::Simple(Statistic::Average),
            period: 60,
            unit: None,
        }),
        evaluation_periods: 1,
        datapoints_to_alarm: 1,
        threshold: threshold.into(),
        comparison_operator: operator,
        treat_missing_data: TreatMissingData::Missing,
        evaluate_low_sample_count_percentile: None,
        evaluation_window: EvaluationWindow::Sliding,
        warm_up: None,
        tags_propagation: None,
    }
}

fn periods(mut config: AlarmConfig, period: i32, needed: i32, periods: i32) -> AlarmConfig {
    if let AlarmMetric::Single(metric) = &mut config.metric {
        metric.period = period;
    }
    AlarmConfig { evaluation_periods: periods, datapoints_to_alarm: needed, ..config }
}

fn desired(simulation: &Simulation) -> Vec<i32> {
    simulation.minutes.iter().map(|minute| minute.desired).collect()
}
