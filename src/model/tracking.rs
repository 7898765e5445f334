//! What Application Auto Scaling makes of a target tracking policy: its two alarms, and the count that they lead to.
//!
//! AWS keeps the algorithm to itself. Documented is that there are two alarms, of 3 and of 15 minutes, and that the lower
//! threshold is usually more than 10 % below the target (S-037). Assumed is the rest: the metric is shared evenly by the
//! tasks, so the count that brings it back to the target is in proportion, rounded up; cooldowns are those of step
//! scaling.

use std::collections::BTreeMap;

use super::alarm::{AlarmConfig, ComparisonOperator, EvaluationWindow, TreatMissingData};
use super::metric::{AlarmMetric, MetricQuery, MetricStatistic, QuerySource, SingleMetric, Statistic};
use super::names::ServiceId;
use super::number::Number;
use super::policy::{
    AdjustmentType, PolicyQuery, PredefinedMetric, StepAdjustment, StepScalingConfig, TargetTrackingConfig,
    TrackedMetric,
};

/// The predefined metric of a load balancer's target group.
pub const ALB: &str = "ALBRequestCountPerTarget";
/// The predefined metrics of ECS, and the namespace and name behind each.
pub const PREDEFINED: [(&str, &str, &str); 5] = [
    ("ECSServiceAverageCPUUtilization", "AWS/ECS", "CPUUtilization"),
    ("ECSServiceAverageMemoryUtilization", "AWS/ECS", "MemoryUtilization"),
    ("ECSServiceAverageCPUUtilizationHighResolution", "AWS/ECS", "CPUUtilization"),
    ("ECSServiceAverageMemoryUtilizationHighResolution", "AWS/ECS", "MemoryUtilization"),
    (ALB, "AWS/ApplicationELB", "RequestCountPerTarget"),
];
/// Seconds of a period of either alarm.
pub const PERIOD: i32 = 60;
/// The scale-in threshold, as a share of the target value.
const SCALE_IN_SHARE: f64 = 0.9;

/// One of the two alarms, by what its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Scales out.
    High,
    /// Scales in.
    Low,
}

impl Side {
    /// The sides that a policy has.
    pub fn of(disable_scale_in: bool) -> &'static [Self] {
        if disable_scale_in { &[Self::High] } else { &[Self::High, Self::Low] }
    }

    /// As it stands in the alarm's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "AlarmHigh",
            Self::Low => "AlarmLow",
        }
    }

    /// On which side of the threshold the alarm breaches.
    pub fn operator(self) -> ComparisonOperator {
        match self {
            Self::High => ComparisonOperator::GreaterThanThreshold,
            Self::Low => ComparisonOperator::LessThanThreshold,
        }
    }

    /// How many periods it looks at; all of them must breach.
    pub fn evaluation_periods(self) -> i32 {
        match self {
            Self::High => 3,
            Self::Low => 15,
        }
    }

    /// The threshold, for a target value.
    pub fn threshold(self, target: f64) -> f64 {
        match self {
            Self::High => target,
            Self::Low => target * SCALE_IN_SHARE,
        }
    }
}

/// The alarms of a policy on a service. `None` where its metric cannot be told: a load balancer's without a label, or
/// one that this version does not know.
pub fn alarms(service: &ServiceId, config: &TargetTrackingConfig) -> Option<Vec<(Side, AlarmConfig)>> {
    let metric = metric(service, &config.metric)?;
    let alarm = |side: &Side| {
        let config = AlarmConfig {
            description: String::new(),
            actions_enabled: true,
            metric: metric.clone(),
            evaluation_periods: side.evaluation_periods(),
            datapoints_to_alarm: side.evaluation_periods(),
            threshold: Number::new(side.threshold(config.target_value.get()))?,
            comparison_operator: side.operator(),
            treat_missing_data: TreatMissingData::Missing,
            evaluate_low_sample_count_percentile: None,
            evaluation_window: EvaluationWindow::Sliding,
            warm_up: None,
            tags_propagation: None,
        };
        Some((*side, config))
    };
    Side::of(config.disable_scale_in).iter().map(alarm).collect()
}

fn metric(service: &ServiceId, tracked: &TrackedMetric) -> Option<AlarmMetric> {
    match tracked {
        TrackedMetric::Predefined(metric) => predefined(service, metric).map(AlarmMetric::Single),
        TrackedMetric::Single(metric) => Some(AlarmMetric::Single(SingleMetric {
            namespace: metric.namespace.clone(),
            metric_name: metric.metric_name.clone(),
            dimensions: metric.dimensions.clone(),
            statistic: MetricStatistic::Simple(metric.statistic),
            period: PERIOD,
            unit: metric.unit,
        })),
        TrackedMetric::Math(queries) => queries.iter().map(query).collect::<Option<_>>().map(AlarmMetric::Queries),
    }
}

fn predefined(service: &ServiceId, metric: &PredefinedMetric) -> Option<SingleMetric> {
    let (kind, namespace, name) = PREDEFINED.iter().find(|(kind, ..)| *kind == metric.predefined_metric_type)?;
    let statistic = if *kind == ALB { Statistic::Sum } else { Statistic::Average };
    let dimensions = match (*kind == ALB, &metric.resource_label) {
        (true, label) => alb_dimensions(label.as_deref()?)?.into(),
        (false, _) => service_dimensions(service),
    };
    Some(SingleMetric {
        namespace: (*namespace).to_owned(),
        metric_name: (*name).to_owned(),
        dimensions,
        statistic: MetricStatistic::Simple(statistic),
        period: PERIOD,
        unit: None,
    })
}

/// The dimensions of a service's own metrics (S-074).
pub fn service_dimensions(service: &ServiceId) -> BTreeMap<String, String> {
    [("ClusterName", service.cluster.to_string()), ("ServiceName", service.service.to_string())]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

fn query(query: &PolicyQuery) -> Option<(String, MetricQuery)> {
    let source = match (&query.metric_stat, &query.expression) {
        (Some(stat), _) => QuerySource::Metric(SingleMetric {
            namespace: stat.metric.namespace.clone(),
            metric_name: stat.metric.metric_name.clone(),
            dimensions: stat.metric.dimensions.clone(),
            statistic: MetricStatistic::from_stat(&stat.stat),
            period: PERIOD,
            unit: stat.unit,
        }),
        (None, Some(expression)) => QuerySource::Expression { expression: expression.clone(), period: None },
        (None, None) => return None,
    };
    let (label, return_data) = (query.label.clone(), query.return_data);
    Some((query.id.clone(), MetricQuery { source, label, return_data, account_id: None }))
}

/// `app/<lb>/<id>/targetgroup/<tg>/<id>` as the dimensions of the metric (S-037).
pub fn alb_dimensions(label: &str) -> Option<[(String, String); 2]> {
    let parts: Vec<&str> = label.split('/').collect();
    match parts.as_slice() {
        ["app", balancer, balancer_id, "targetgroup", group, group_id] if label.len() <= 1023 => Some([
            ("LoadBalancer".to_owned(), format!("app/{balancer}/{balancer_id}")),
            ("TargetGroup".to_owned(), format!("targetgroup/{group}/{group_id}")),
        ]),
        _ => None,
    }
}

/// The step that brings a metric from `value` back to the target, and the configuration that it belongs to. `cooldown`
/// is that of the direction, in seconds.
pub fn step(target: f64, cooldown: i32, running: i32, value: f64) -> (StepScalingConfig, StepAdjustment) {
    let step = StepAdjustment { lower: None, upper: None, adjustment: wanted(target, running, value) };
    let config = StepScalingConfig::canonical(AdjustmentType::ExactCapacity, vec![step], None, Some(cooldown), None);
    (config, step)
}

fn wanted(target: f64, running: i32, value: f64) -> i32 {
    if target <= 0.0 {
        return running;
    }
    // The epsilon keeps a quotient that is whole but for rounding from becoming one task more.
    let wanted = (f64::from(running) * value / target - 1e-9).ceil();
    #[allow(clippy::cast_possible_truncation)] // `as` saturates, and a task count beyond i32 is clamped anyhow
    let wanted = wanted.max(0.0) as i32;
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_follows_the_metric_in_proportion_and_is_rounded_up() {
        assert_eq!(wanted(50.0, 4, 75.0), 6);
        assert_eq!(wanted(50.0, 4, 60.0), 5);
        assert_eq!(wanted(50.0, 10, 20.0), 4);
        assert_eq!(wanted(50.0, 2, 44.0), 2, "one task fewer would overshoot at once");
        assert_eq!(wanted(0.1, 3, 0.3), 9, "0.3 / 0.1 is 2.9999999999999996");
    }

    // S-037
    #[test]
    fn a_policy_has_two_alarms_and_one_without_scale_in() {
        let metric = |kind: &str, label: Option<&str>| {
            TrackedMetric::Predefined(PredefinedMetric {
                predefined_metric_type: kind.to_owned(),
                resource_label: label.map(str::to_owned),
            })
        };
        let config = |metric, disable| TargetTrackingConfig::canonical(50.into(), metric, None, None, Some(disable));
        let service = ServiceId::new("B", "search-api");
        let cpu = || metric("ECSServiceAverageCPUUtilization", None);
        let both = alarms(&service, &config(cpu(), false)).unwrap();
        let seen: Vec<_> =
            both.iter().map(|(side, alarm)| (side.as_str(), alarm.evaluation_periods, alarm.threshold)).collect();
        assert_eq!(seen, [("AlarmHigh", 3, 50.into()), ("AlarmLow", 15, 45.into())]);
        assert_eq!(both[0].1.metric.single().unwrap().dimensions, service_dimensions(&service));
        assert_eq!(alarms(&service, &config(cpu(), true)).unwrap().len(), 1);
        assert_eq!(alarms(&service, &config(metric(ALB, None), false)), None, "whose target group?");
        let label = "app/web/1/targetgroup/web/2";
        let alb = alarms(&service, &config(metric(ALB, Some(label)), false)).unwrap();
        assert_eq!(alb[0].1.metric.single().unwrap().dimensions["TargetGroup"], "targetgroup/web/2");
    }
}
