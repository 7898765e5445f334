//! An alarm's configuration: read from PutMetricAlarm, checked as CloudWatch checks it (S-069 to S-071).

use std::collections::BTreeMap;

use ecs_scaling::model::alarm::{ComparisonOperator, LowSampleCount, TreatMissingData};
use ecs_scaling::model::arn::Arn;
use ecs_scaling::model::metric::MetricStatistic;
use ecs_scaling::model::names::ScopeId;

use super::metric_spec::{SingleMetric, read_single, unknown};
use super::{check_length, combination, invalid, missing, queries};
use crate::error::AwsError;
use crate::rules::Rule;
use crate::value::Value;

/// Operators that compare with a band instead of a threshold.
const BAND_OPERATORS: [&str; 3] =
    ["LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"];
/// S-070
const ACTION_VENDORS: [&str; 8] = ["automate", "sns", "autoscaling", "ssm", "ssm-incidents", "lambda", "aiops", "swf"];
const DAY: i32 = 86_400;

/// Everything that PutMetricAlarm sets, but name and tags; what was left out stays out.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmSpec {
    /// `AlarmDescription`.
    pub description: Option<String>,
    /// `ActionsEnabled`, true when unset.
    pub actions_enabled: bool,
    /// `OKActions`, in the order in which they were sent.
    pub ok_actions: Vec<String>,
    /// `AlarmActions`.
    pub alarm_actions: Vec<String>,
    /// `InsufficientDataActions`.
    pub insufficient_data_actions: Vec<String>,
    /// The metric of an alarm on a single one.
    pub metric: Option<SingleMetric>,
    /// `Metrics`, as they were sent.
    pub queries: Vec<Value>,
    /// `EvaluationPeriods`.
    pub evaluation_periods: i32,
    /// `DatapointsToAlarm`.
    pub datapoints_to_alarm: Option<i32>,
    /// `Threshold`; none with a band.
    pub threshold: Option<f64>,
    /// `ThresholdMetricId`, for a band.
    pub threshold_metric_id: Option<String>,
    /// `ComparisonOperator`.
    pub comparison_operator: String,
    /// `TreatMissingData`.
    pub treat_missing_data: Option<TreatMissingData>,
    /// `EvaluateLowSampleCountPercentile`.
    pub low_sample_count: Option<LowSampleCount>,
    /// `EvaluationWindow`, as it was sent (S-071).
    pub evaluation_window: Option<Value>,
    /// `WarmUpConfiguration`, as it was sent (S-071).
    pub warm_up: Option<Value>,
    /// `ActionConfiguration`, as it was sent (S-071).
    pub action_configuration: Option<Value>,
    /// Members that no SDK knows yet, by name; a put, which cannot send them, takes them away.
    pub unknown: BTreeMap<String, Value>,
}

impl AlarmSpec {
    pub(super) fn read(input: &Value, scope: &ScopeId) -> Result<Self, AwsError> {
        if input.has("EvaluationCriteria") || input.has("EvaluationInterval") {
            return Err(invalid("Alarms on query results are not served by this double of AWS"));
        }
        let spec = Self {
            description: input.text("AlarmDescription")?.map(str::to_owned),
            actions_enabled: input.bool("ActionsEnabled")?.unwrap_or(true),
            ok_actions: input.texts("OKActions")?,
            alarm_actions: input.texts("AlarmActions")?,
            insufficient_data_actions: input.texts("InsufficientDataActions")?,
            metric: read_single(input)?,
            queries: input.list("Metrics")?.to_vec(),
            evaluation_periods: input.int("EvaluationPeriods")?.ok_or_else(|| missing("EvaluationPeriods"))?,
            datapoints_to_alarm: input.int("DatapointsToAlarm")?,
            threshold: input.float("Threshold")?,
            threshold_metric_id: input.text("ThresholdMetricId")?.map(str::to_owned),
            comparison_operator: input
                .text("ComparisonOperator")?
                .ok_or_else(|| missing("ComparisonOperator"))?
                .to_owned(),
            treat_missing_data: parse(input, "TreatMissingData", TreatMissingData::from_aws)?,
            low_sample_count: parse(input, "EvaluateLowSampleCountPercentile", LowSampleCount::from_aws)?,
            evaluation_window: block(input, "EvaluationWindow")?,
            warm_up: block(input, "WarmUpConfiguration")?,
            action_configuration: block(input, "ActionConfiguration")?,
            unknown: BTreeMap::new(),
        };
        spec.check(scope)?;
        Ok(spec)
    }

    /// The actions of all three states.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.ok_actions, &self.alarm_actions, &self.insufficient_data_actions];
        lists.into_iter().flatten().map(String::as_str)
    }

    /// Takes an action out of every list (S-048).
    pub(crate) fn remove_action(&mut self, arn: &str) {
        for list in [&mut self.ok_actions, &mut self.alarm_actions, &mut self.insufficient_data_actions] {
            list.retain(|action| action != arn);
        }
    }

    fn check(&self, scope: &ScopeId) -> Result<(), AwsError> {
        if self.description.as_ref().is_some_and(|d| d.chars().count() > 1024) {
            let must = "have length less than or equal to 1024";
            return Err(invalid(AwsError::constraint("…", "alarmDescription", must)).by(Rule::AlarmTextsAreBounded));
        }
        self.check_metrics()?;
        self.check_threshold()?;
        self.check_periods()?;
        self.check_percentile()?;
        check_new_blocks(self)?;
        for (member, list) in [
            ("oKActions", &self.ok_actions),
            ("alarmActions", &self.alarm_actions),
            ("insufficientDataActions", &self.insufficient_data_actions),
        ] {
            check_actions(member, list, scope)?;
        }
        Ok(())
    }

    fn check_metrics(&self) -> Result<(), AwsError> {
        match (&self.metric, self.queries.as_slice()) {
            (Some(_), []) => Ok(()),
            (Some(_), _) => {
                let text = "Metrics list cannot be specified together with the parameters of a single metric";
                Err(combination(text).by(Rule::MetricsStandAlone))
            }
            (None, []) => Err(missing("MetricName")),
            (None, queries) => queries::check(queries).map_err(queries::malformed),
        }
    }

    fn check_threshold(&self) -> Result<(), AwsError> {
        let operator = self.comparison_operator.as_str();
        let is_band = BAND_OPERATORS.contains(&operator);
        if !is_band && ComparisonOperator::from_aws(operator).is_none() {
            let known: Vec<&str> = ComparisonOperator::ALL.iter().map(|o| o.as_str()).chain(BAND_OPERATORS).collect();
            let must = format!("satisfy enum value set: [{}]", known.join(", "));
            return Err(
                invalid(AwsError::constraint(operator, "comparisonOperator", &must)).by(Rule::AlarmMembersAreKnown)
            );
        }
        if is_band != self.threshold_metric_id.is_some() {
            let text = "ThresholdMetricId and an anomaly detection operator must be specified together";
            return Err(invalid(text).by(Rule::AlarmMembersAreRequired));
        }
        if is_band && self.actions().any(|a| a.contains(":autoscaling:")) {
            let text = "autoscaling actions not supported when ThresholdMetricId is set";
            return Err(invalid(text).by(Rule::BandsDoNotScale));
        }
        if !is_band && !self.threshold.is_some_and(f64::is_finite) {
            return Err(invalid(format!(
                "Alarms with comparison operator {operator} should have valid Threshold parameter"
            ))
            .by(Rule::ThresholdIsRequired));
        }
        Ok(())
    }

    fn check_periods(&self) -> Result<(), AwsError> {
        if self.evaluation_periods < 1 {
            let must = "have value greater than or equal to 1";
            let value = self.evaluation_periods.to_string();
            return Err(
                invalid(AwsError::constraint(&value, "evaluationPeriods", must)).by(Rule::DatapointsAreWithinPeriods)
            );
        }
        match self.datapoints_to_alarm {
            Some(datapoints) if datapoints < 1 => {
                let must = "have value greater than or equal to 1";
                let text = AwsError::constraint(&datapoints.to_string(), "datapointsToAlarm", must);
                return Err(invalid(text).by(Rule::DatapointsAreWithinPeriods));
            }
            Some(datapoints) if datapoints > self.evaluation_periods => {
                let text = "DatapointsToAlarm must be less than or equal to EvaluationPeriods";
                return Err(invalid(text).by(Rule::DatapointsAreWithinPeriods));
            }
            _ => {}
        }
        let period = self.period()?;
        let limit = if period < 3600 { DAY } else { 7 * DAY };
        if i64::from(self.evaluation_periods) * i64::from(period) > i64::from(limit) {
            let text = format!("EvaluationPeriods * Period must be <= {limit} seconds");
            return Err(invalid(text).by(Rule::AlarmSpanIsBounded));
        }
        Ok(())
    }

    /// The period of the metric, or of the first query that has one.
    pub(crate) fn period(&self) -> Result<i32, AwsError> {
        if let Some(metric) = &self.metric {
            return Ok(metric.period);
        }
        for query in &self.queries {
            if let Some(period) = query.get("MetricStat").int("Period")?.or(query.int("Period")?) {
                return Ok(period);
            }
        }
        Err(missing("Period"))
    }

    fn check_percentile(&self) -> Result<(), AwsError> {
        let simple = match &self.metric {
            Some(SingleMetric { statistic: MetricStatistic::Simple(statistic), .. }) => *statistic,
            _ => return Ok(()),
        };
        if self.low_sample_count.is_some() {
            return Err(invalid(format!(
                "Option evaluateLowSampleCountPercentile can not be applied with statistic {simple}."
            ))
            .by(Rule::LowSamplesNeedPercentile));
        }
        Ok(())
    }
}

fn parse<T>(input: &Value, member: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, AwsError> {
    match input.text(member)? {
        None => Ok(None),
        Some(text) => read(text).map(Some).ok_or_else(|| unknown(text, member)),
    }
}

fn block(input: &Value, member: &str) -> Result<Option<Value>, AwsError> {
    Ok(input.members(member)?.map(|_| input.get(member).clone()))
}

/// S-071
fn check_new_blocks(spec: &AlarmSpec) -> Result<(), AwsError> {
    let refuse = |error: AwsError| Err(error.by(Rule::NewBlocksHaveTheirForm));
    if let Some(warm_up) = &spec.warm_up {
        let minutes = warm_up.int("WarmUpPeriodDurationInMinutes")?.unwrap_or_default();
        if !(1..=2880).contains(&minutes) {
            let must = "have value between 1 and 2880";
            let at = "warmUpConfiguration.warmUpPeriodDurationInMinutes";
            return refuse(invalid(AwsError::constraint(&minutes.to_string(), at, must)));
        }
    }
    if spec.evaluation_window.as_ref().is_some_and(|w| w.has("SlidingWindow") == w.has("WallClockWindow")) {
        return refuse(invalid("EvaluationWindow must be exactly one of SlidingWindow and WallClockWindow"));
    }
    let propagation = spec.action_configuration.as_ref().map(|a| a.get("AlarmTagsPropagation"));
    if propagation.is_some_and(|p| p.has("IncludedTagKeys") && p.has("ExcludedTagKeys")) {
        return refuse(combination("IncludedTagKeys and ExcludedTagKeys cannot both be specified"));
    }
    Ok(())
}

/// S-069, S-070
fn check_actions(member: &str, actions: &[String], scope: &ScopeId) -> Result<(), AwsError> {
    if actions.len() > 5 {
        let must = "have length less than or equal to 5";
        let text = AwsError::constraint(&format!("[{}]", actions.join(", ")), member, must);
        return Err(invalid(text).by(Rule::AlarmActionsAreFive));
    }
    for action in actions {
        check_length(member, action, 1024)?;
        let no_arn = || invalid(format!("Invalid arn syntax: {action}")).by(Rule::ActionHasAnArn);
        let arn = Arn::parse(action).ok_or_else(no_arn)?;
        if !ACTION_VENDORS.contains(&arn.service.as_str()) {
            return Err(invalid(format!("Unsupported AWS vendor {}", arn.service)).by(Rule::ActionVendorIsKnown));
        }
        if !arn.region.is_empty() && arn.region != scope.region.as_str() {
            return Err(invalid(format!(
                "Invalid region {} specified. Only {} is supported.",
                arn.region, scope.region
            ))
            .by(Rule::ActionRegionIsTheAlarms));
        }
    }
    Ok(())
}
