//! CloudWatch metric alarms: the configuration that PutMetricAlarm replaces as a whole (S-068).

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::aws_enum;
use super::fields::{Field, Fields};
use super::metric::AlarmMetric;
use super::number::Number;

aws_enum! {
    /// On which side of the threshold an alarm breaches. The anomaly-band operators are not among them: an alarm on a
    /// band cannot have Auto Scaling actions (S-069).
    ComparisonOperator {
        GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanThreshold, LessThanOrEqualToThreshold,
    }
}

impl ComparisonOperator {
    /// Whether values above the threshold breach.
    pub fn is_upward(self) -> bool {
        matches!(self, Self::GreaterThanOrEqualToThreshold | Self::GreaterThanThreshold)
    }

    /// Whether the threshold itself breaches.
    pub fn includes_threshold(self) -> bool {
        matches!(self, Self::GreaterThanOrEqualToThreshold | Self::LessThanOrEqualToThreshold)
    }

    /// Whether a value breaches the threshold.
    pub fn is_breached(self, value: Number, threshold: Number) -> bool {
        match self {
            Self::GreaterThanOrEqualToThreshold => value >= threshold,
            Self::GreaterThanThreshold => value > threshold,
            Self::LessThanThreshold => value < threshold,
            Self::LessThanOrEqualToThreshold => value <= threshold,
        }
    }

    /// The operator as mathematics writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::GreaterThanOrEqualToThreshold => "≥",
            Self::GreaterThanThreshold => ">",
            Self::LessThanThreshold => "<",
            Self::LessThanOrEqualToThreshold => "≤",
        }
    }
}

aws_enum! {
    /// An alarm's state.
    AlarmState {
        Ok = "OK",
        Alarm = "ALARM",
        InsufficientData = "INSUFFICIENT_DATA",
    }
}

/// `TreatMissingData`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TreatMissingData {
    /// Missing datapoints breach.
    Breaching,
    /// Missing datapoints do not breach.
    NotBreaching,
    /// The state stays as it is.
    Ignore,
    /// AWS's default.
    #[default]
    Missing,
}

impl TreatMissingData {
    /// The value as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaching => "breaching",
            Self::NotBreaching => "notBreaching",
            Self::Ignore => "ignore",
            Self::Missing => "missing",
        }
    }

    /// Reads AWS's spelling.
    pub fn from_aws(text: &str) -> Option<Self> {
        [Self::Breaching, Self::NotBreaching, Self::Ignore, Self::Missing].into_iter().find(|t| t.as_str() == text)
    }
}

/// `EvaluateLowSampleCountPercentile`; only with a percentile (S-069).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LowSampleCount {
    /// AWS's default for percentiles.
    Evaluate,
    /// The state stays while there are too few samples.
    Ignore,
}

impl LowSampleCount {
    /// The value as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Evaluate => "evaluate",
            Self::Ignore => "ignore",
        }
    }

    /// Reads AWS's spelling.
    pub fn from_aws(text: &str) -> Option<Self> {
        [Self::Evaluate, Self::Ignore].into_iter().find(|t| t.as_str() == text)
    }
}

/// `EvaluationWindow` (S-071); sliding is AWS's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EvaluationWindow {
    /// The window slides.
    #[default]
    Sliding,
    /// The window is aligned to the clock, in this time zone; UTC when unset.
    WallClock {
        /// An IANA name or an offset.
        timezone: String,
    },
}

/// `WarmUpConfiguration` (S-071).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WarmUp {
    /// Minutes, 1 to 2880.
    pub warm_up_period_duration_in_minutes: i32,
    /// Whether the whole period is waited out even when data comes earlier.
    pub only_start_evaluating_after_warm_up_period_ends: bool,
}

/// `ActionConfiguration.AlarmTagsPropagation` (S-071).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagsPropagation {
    /// Whether notifications hold the alarm's tags.
    pub enabled: bool,
    /// Only these keys; empty means all.
    pub included_tag_keys: BTreeSet<String>,
    /// All but these keys.
    pub excluded_tag_keys: BTreeSet<String>,
}

/// The actions of an alarm: up to five ARNs a state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AlarmActions {
    /// On `ALARM`; a scaling policy's ARN stands here.
    pub alarm: BTreeSet<String>,
    /// On `OK`.
    pub ok: BTreeSet<String>,
    /// On `INSUFFICIENT_DATA`.
    pub insufficient_data: BTreeSet<String>,
}

/// Everything that PutMetricAlarm sets of an alarm with a fixed threshold, canonical, but its name and its actions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AlarmConfig {
    /// Empty when unset.
    pub description: String,
    /// AWS's default is true.
    pub actions_enabled: bool,
    /// What is measured.
    pub metric: AlarmMetric,
    /// How many periods are looked at.
    pub evaluation_periods: i32,
    /// M of N; [`AlarmConfig::evaluation_periods`] when unset.
    pub datapoints_to_alarm: i32,
    /// In the metric's unit.
    pub threshold: Number,
    /// On which side it breaches.
    pub comparison_operator: ComparisonOperator,
    /// What a missing datapoint means.
    pub treat_missing_data: TreatMissingData,
    /// Only with a percentile.
    pub evaluate_low_sample_count_percentile: Option<LowSampleCount>,
    /// Sliding unless said otherwise.
    pub evaluation_window: EvaluationWindow,
    /// None unless asked for.
    pub warm_up: Option<WarmUp>,
    /// None unless asked for.
    pub tags_propagation: Option<TagsPropagation>,
}

impl Fields for AlarmConfig {
    fn fields(&self) -> Vec<Field> {
        let mut fields = vec![
            Field::new("alarmDescription", self.description.as_str()),
            Field::new("actionsEnabled", self.actions_enabled),
        ];
        fields.extend(self.metric.fields());
        fields.extend([
            Field::new("evaluationPeriods", self.evaluation_periods),
            Field::new("datapointsToAlarm", self.datapoints_to_alarm),
            Field::of("threshold", &self.threshold),
            Field::of("comparisonOperator", &self.comparison_operator),
            Field::of("treatMissingData", &self.treat_missing_data),
            Field::of("evaluateLowSampleCountPercentile", &self.evaluate_low_sample_count_percentile),
            Field::of("evaluationWindow", &self.evaluation_window),
            Field::of("warmUpConfiguration", &self.warm_up),
            Field::of("actionConfiguration", &self.tags_propagation),
        ]);
        fields
    }
}
