//! The objects as YAML spells them, before any name is resolved or default filled in.
//!
//! Owns the shape: field names are AWS's own in camelCase, unknown fields are errors, unset and zero are different.
//! The comments of the fields become the descriptions of the JSON Schema, so that each says the default, the unit and
//! AWS's name. Must not check what AWS allows: `validate` does.

mod account;
mod alarm;
mod intervals;
mod policy_query;
mod predictive_scaling;
mod scheduled_action;
mod service_scaling;
mod target_tracking;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use account::{AllowSpec, AwsAccountSpec};
pub use alarm::{
    ActionConfigurationSpec, AlarmRefSpec, AlarmSpec, AlarmTagsPropagationSpec, EvaluationWindowSpec, MetricQuerySpec,
    MetricStatSpec, QueryMetricSpec, SlidingWindowSpec, WallClockWindowSpec, WarmUpSpec,
};
pub use intervals::{IntervalSpec, IntervalsSideSpec, IntervalsSpec};
pub use policy_query::{PolicyMetricSpec, PolicyMetricStatSpec, PolicyQuerySpec};
pub use predictive_scaling::{
    PredictiveCustomizedSpec, PredictiveMetricSpec, PredictivePairSpec, PredictivePredefinedSpec, PredictiveScalingSpec,
};
pub use scheduled_action::{ScalableTargetActionSpec, ScheduledActionSpec};
pub use service_scaling::{ServiceScalingSpec, StepAdjustmentSpec, StepPolicySpec, StepSpec};
pub use target_tracking::{CustomizedMetricSpec, PredefinedMetricSpec, TargetTrackingSpec};

/// The version of every object.
pub const API_VERSION: &str = "ecs-scaling.dev/v1alpha1";

/// The kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
    /// The scaling of one ECS service.
    ServiceScaling,
    /// An AWS account that services live in.
    AwsAccount,
    /// What the scaling of several services has in common.
    ScalingProfile,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::ServiceScaling, Self::AwsAccount, Self::ScalingProfile];

    /// The kind as YAML spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceScaling => "ServiceScaling",
            Self::AwsAccount => "AwsAccount",
            Self::ScalingProfile => "ScalingProfile",
        }
    }

    /// Reads YAML's spelling.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A whole document: what Kubernetes objects have in common, and the spec of its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Object<S> {
    /// The version of the object: `ecs-scaling.dev/v1alpha1`.
    pub api_version: String,
    /// The kind of the object.
    pub kind: Kind,
    /// The object's name, and what people note on it.
    pub metadata: Metadata,
    /// What is wanted.
    pub spec: S,
}

/// The object's name, and what people note on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// The object's name: lower-case letters, digits, `-` and `.`, at most 253 characters.
    pub name: String,
    /// The object's namespace: lower-case letters, digits and `-`, at most 63 characters. Default: `default`. Not for
    /// an `AwsAccount`, which has none.
    pub namespace: Option<String>,
    /// Labels, as Kubernetes has them; shown, and used to choose objects. Default: none.
    pub labels: Option<BTreeMap<String, String>>,
    /// Notes for people and other tools; not used. Default: none.
    pub annotations: Option<BTreeMap<String, String>>,
}
