//! Predictive scaling (S-038).

use super::metric_math::{self, Search, predefined};
use super::scaling::Names;
use super::target::Place;
use super::tracking::check_target_value;
use crate::api::desired::DesiredPolicy;
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::{
    PredictiveCustomizedSpec, PredictiveMetricSpec, PredictivePredefinedSpec, PredictiveScalingSpec,
};
use crate::model::names::PolicyName;
use crate::model::policy::{
    Forecast, ForecastMetric, MaxCapacityBreachBehavior, PolicyConfig, PolicyQuery, PredictiveConfig,
};

/// Checks and resolves the predictive scaling policies.
pub(super) fn check(
    specs: &[PredictiveScalingSpec],
    place: &Place,
    at: &Path,
    names: &mut Names,
    report: &mut Report<'_>,
) -> Vec<DesiredPolicy> {
    let list = at.key("predictiveScaling");
    let one = |(index, spec): (usize, &PredictiveScalingSpec)| {
        let at = list.index(index);
        names.take_policy(&spec.policy_name, &at.key("policyName"), report);
        policy(spec, place, &at, report)
    };
    specs.iter().enumerate().filter_map(one).collect()
}

fn policy(spec: &PredictiveScalingSpec, place: &Place, at: &Path, report: &mut Report<'_>) -> Option<DesiredPolicy> {
    check_range(spec.scheduling_buffer_time, 3600, "seconds", &at.key("schedulingBufferTime"), report);
    check_buffer(spec, at, report);
    let metrics_at = at.key("metricSpecifications");
    let [metric] = spec.metric_specifications.as_slice() else {
        let message = format!("there are {} metric specifications; AWS takes one", spec.metric_specifications.len());
        report.error(&metrics_at, message, "keep one, and make another policy for another metric");
        return None;
    };
    let at = metrics_at.index(0);
    check_target_value(metric.target_value, &at.key("targetValue"), report);
    let config = PredictiveConfig::canonical(
        metric.target_value,
        forecast(metric, place, &at, report)?,
        spec.mode,
        spec.scheduling_buffer_time,
        spec.max_capacity_breach_behavior,
        spec.max_capacity_buffer,
    );
    let name = PolicyName::new(&spec.policy_name);
    Some(DesiredPolicy { name, config: PolicyConfig::Predictive(config), alarms: Vec::new(), alarm_ref: None })
}

fn check_range(value: Option<i32>, max: i32, unit: &str, path: &Path, report: &mut Report<'_>) {
    if let Some(value) = value.filter(|value| !(0..=max).contains(value)) {
        report.error(path, format!("{value} {unit} is not within 0 and {max}"), format!("write 0 to {max}"));
    }
}

/// The buffer stands if, and only if, the maximum may rise.
fn check_buffer(spec: &PredictiveScalingSpec, at: &Path, report: &mut Report<'_>) {
    let path = at.key("maxCapacityBuffer");
    check_range(spec.max_capacity_buffer, 100, "percent", &path, report);
    let rises = spec.max_capacity_breach_behavior == Some(MaxCapacityBreachBehavior::IncreaseMaxCapacity);
    match (rises, spec.max_capacity_buffer) {
        (true, None) => {
            let message = "IncreaseMaxCapacity needs maxCapacityBuffer";
            report.error(&at.key("maxCapacityBreachBehavior"), message, "add `maxCapacityBuffer`: 0 to 100 percent");
        }
        (false, Some(_)) => {
            let message = "maxCapacityBuffer goes with IncreaseMaxCapacity alone";
            report.error(&path, message, "remove it, or write `maxCapacityBreachBehavior: IncreaseMaxCapacity`");
        }
        _ => {}
    }
}

/// A pair, or one load metric and one scaling metric.
fn forecast(spec: &PredictiveMetricSpec, place: &Place, at: &Path, report: &mut Report<'_>) -> Option<Forecast> {
    let load = half("Load", &spec.predefined_load_metric_specification, &spec.customized_load_metric_specification);
    let scaling =
        half("Scaling", &spec.predefined_scaling_metric_specification, &spec.customized_scaling_metric_specification);
    let load = load.check(place, at, report);
    let scaling = scaling.check(place, at, report);
    let capacity_at = at.key("customizedCapacityMetricSpecification");
    let capacity =
        spec.customized_capacity_metric_specification.as_ref().map(|spec| queries(spec, place, &capacity_at, report));
    if capacity.is_some() && !matches!(scaling, Some(ForecastMetric::Customized(_))) {
        let message = "a capacity metric goes with a customised scaling metric alone";
        report.error(&capacity_at, message, "remove it, or write `customizedScalingMetricSpecification`");
    }
    let pair_at = at.key("predefinedMetricPairSpecification");
    let pair = spec.predefined_metric_pair_specification.as_ref();
    let pair = pair.map(|p| predefined(p.predefined_metric_type.as_str(), p.resource_label.as_ref(), &pair_at, report));
    match (pair, load, scaling) {
        (Some(pair), None, None) => Some(Forecast::Pair(pair)),
        (None, Some(load), Some(scaling)) => Some(Forecast::Metrics { load, scaling, capacity }),
        (Some(_), ..) => {
            let message = "a pair cannot stand beside a load or scaling metric";
            report.error(&pair_at, message, "keep the pair, or one load metric and one scaling metric");
            None
        }
        (None, ..) => {
            let message = "a pair, or one load metric and one scaling metric, is missing";
            let hint = "add `predefinedMetricPairSpecification: {predefinedMetricType: ECSServiceCPUUtilization}`, or \
                        one load metric and one scaling metric";
            report.error(at, message, hint);
            None
        }
    }
}

/// A load or a scaling metric, as it is written.
struct Half<'a> {
    name: &'static str,
    predefined: Option<&'a PredictivePredefinedSpec>,
    customized: Option<&'a PredictiveCustomizedSpec>,
}

fn half<'a>(
    name: &'static str,
    predefined: &'a Option<PredictivePredefinedSpec>,
    customized: &'a Option<PredictiveCustomizedSpec>,
) -> Half<'a> {
    Half { name, predefined: predefined.as_ref(), customized: customized.as_ref() }
}

impl Half<'_> {
    fn check(&self, place: &Place, at: &Path, report: &mut Report<'_>) -> Option<ForecastMetric> {
        let predefined_at = at.key(&format!("predefined{}MetricSpecification", self.name));
        let customized_at = at.key(&format!("customized{}MetricSpecification", self.name));
        if self.predefined.is_some() && self.customized.is_some() {
            let message = format!("there are two {} metrics", self.name.to_lowercase());
            report.error(&customized_at, message, "keep one of the two");
        }
        if let Some(spec) = self.predefined {
            let kind = spec.predefined_metric_type.as_str();
            let metric = predefined(kind, spec.resource_label.as_ref(), &predefined_at, report);
            return Some(ForecastMetric::Predefined(metric));
        }
        self.customized.map(|spec| ForecastMetric::Customized(queries(spec, place, &customized_at, report)))
    }
}

fn queries(spec: &PredictiveCustomizedSpec, place: &Place, at: &Path, report: &mut Report<'_>) -> Vec<PolicyQuery> {
    metric_math::check(&spec.metric_data_queries, Search::Allowed, place, &at.key("metricDataQueries"), report)
}
