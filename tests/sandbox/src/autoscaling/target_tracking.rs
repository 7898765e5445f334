//! Target tracking policies and the two alarms that Application Auto Scaling makes for each (S-037).

use std::collections::BTreeMap;

use ecs_scaling::model::names::{AlarmName, ServiceId};
use ecs_scaling::model::tracking::{ALB, PERIOD, PREDEFINED, Side, alb_dimensions, service_dimensions};

use super::{DIMENSION, PolicyConfig, Target};
use crate::cloud::{Call, Cloud};
use crate::cloudwatch::put_alarm;
use crate::error::AwsError;
use crate::rules::Rule;
use crate::value::{Map, Value};

/// 2^360
const LARGEST: f64 = 2.348_542_582_773_833e108;

/// A target tracking policy.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetTracking {
    /// `TargetTrackingScalingPolicyConfiguration`, as it was sent.
    pub config: Value,
    /// The alarms that were made for it.
    pub alarms: Vec<AlarmName>,
}

pub(super) fn read(block: &Value, name: &str, target: &Target) -> Result<TargetTracking, AwsError> {
    check_target_value(block)?;
    match (block.has("PredefinedMetricSpecification"), block.has("CustomizedMetricSpecification")) {
        (false, false) => Err(AwsError::validation(
            "PredefinedMetricSpecification or CustomizedMetricSpecification must be set for target tracking scaling.",
        )
        .by(Rule::TrackedMetricIsRequired)),
        (true, true) => Err(AwsError::validation(
            "Only one of PredefinedMetricSpecification or CustomizedMetricSpecification can be set for target tracking \
             scaling.",
        )
        .by(Rule::TrackedMetricIsOne)),
        (true, false) => check_predefined(block.get("PredefinedMetricSpecification")),
        (false, true) => check_customized(block.get("CustomizedMetricSpecification")),
    }?;
    for member in ["ScaleOutCooldown", "ScaleInCooldown"] {
        if block.int(member)?.is_some_and(|c| c < 0) {
            return Err(AwsError::validation("Cooldown cannot be less than 0").by(Rule::TrackingCooldownIsNotNegative));
        }
    }
    block.bool("DisableScaleIn")?;
    check_unique(block, name, target)?;
    Ok(TargetTracking { config: block.clone(), alarms: vec![] })
}

fn check_target_value(block: &Value) -> Result<(), AwsError> {
    match block.float("TargetValue")? {
        None => Err(AwsError::validation("TargetValue must be specified").by(Rule::TargetValueIsRequired)),
        Some(value) if value <= 0.0 || value > LARGEST => {
            let must = "TargetValue must be greater than 0 and at most 2^360";
            Err(AwsError::validation(must).by(Rule::TargetValueIsPositive))
        }
        Some(_) => Ok(()),
    }
}

fn check_predefined(metric: &Value) -> Result<(), AwsError> {
    let kind = metric.text("PredefinedMetricType")?.unwrap_or_default();
    if !PREDEFINED.iter().any(|(name, ..)| *name == kind) {
        let unknown = format!("Predefined metric type {kind} is not supported for {DIMENSION}");
        return Err(AwsError::validation(unknown).by(Rule::PredefinedMetricIsKnown));
    }
    match (kind, metric.text("ResourceLabel")?) {
        (ALB, Some(label)) if alb_dimensions(label).is_some() => Ok(()),
        (ALB, label) => Err(AwsError::validation(format!(
            "Invalid resource label '{}' for predefined metric type {ALB}",
            label.unwrap_or_default()
        ))
        .by(Rule::LabelHasItsForm)),
        (_, Some(_)) => Err(AwsError::validation(format!(
            "Resource label should not be specified for predefined metric type {kind}"
        ))
        .by(Rule::LabelIsOfTheLoadBalancer)),
        (_, None) => Ok(()),
    }
}

/// One metric by name, or metric math, never both.
fn check_customized(metric: &Value) -> Result<(), AwsError> {
    let invalid = || {
        let text = "The customized metric specification is not valid.";
        AwsError::validation(text).by(Rule::CustomizedMetricIsWhole)
    };
    let single = ["MetricName", "Namespace", "Statistic"].map(|member| metric.has(member));
    let queries = metric.list("Metrics")?;
    if queries.is_empty() {
        return if single == [true; 3] { Ok(()) } else { Err(invalid()) };
    }
    if single != [false; 3] {
        return Err(invalid());
    }
    let mut returning = 0;
    for query in queries {
        let id = query.text("Id")?.unwrap_or_default();
        let expression = query.text("Expression")?;
        if !id.starts_with(|c: char| c.is_ascii_lowercase()) || expression.is_some_and(|e| e.len() > 2048) {
            return Err(invalid());
        }
        returning += usize::from(query.bool("ReturnData")?.unwrap_or(true));
    }
    if returning == 1 { Ok(()) } else { Err(invalid()) }
}

/// One policy a metric and target (tf#41179); the target value does not tell metrics apart.
fn check_unique(block: &Value, name: &str, target: &Target) -> Result<(), AwsError> {
    let metric = |config: &Value| {
        (config.get("PredefinedMetricSpecification").clone(), config.get("CustomizedMetricSpecification").clone())
    };
    let twin = target.policies.iter().any(|(other, policy)| match &policy.config {
        PolicyConfig::TargetTracking(tracking) => other != name && metric(&tracking.config) == metric(block),
        _ => false,
    });
    if !twin {
        return Ok(());
    }
    Err(AwsError::validation("Only one TargetTrackingScaling policy for a given metric specification is allowed.")
        .by(Rule::MetricIsTrackedOnce))
}

/// Makes the alarms of a policy, the same names for the same policy each time.
pub(super) fn generate_alarms(
    cloud: &mut Cloud,
    call: &Call<'_>,
    id: &ServiceId,
    policy_arn: &str,
    config: &Value,
) -> Result<Vec<AlarmName>, AwsError> {
    if !cloud.rules.hold(Rule::TrackingMakesAlarms) {
        return Ok(vec![]);
    }
    let target = config.float("TargetValue")?.unwrap_or_default();
    let mut names = vec![];
    for made in Side::of(config.bool("DisableScaleIn")?.unwrap_or(false)) {
        let side = made.as_str();
        let uuid = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("{policy_arn}/{side}").as_bytes());
        let name = format!("TargetTracking-{}-{side}-{uuid}", id.resource_id());
        let mut alarm = metric_members(id, config)?;
        alarm.extend([
            ("AlarmName".to_owned(), name.as_str().into()),
            (
                "AlarmDescription".to_owned(),
                format!("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn}.").into(),
            ),
            ("AlarmActions".to_owned(), vec![format!("{policy_arn}:createdBy/{uuid}")].into()),
            ("EvaluationPeriods".to_owned(), made.evaluation_periods().into()),
            ("Threshold".to_owned(), made.threshold(target).into()),
            ("ComparisonOperator".to_owned(), made.operator().as_str().into()),
        ]);
        put_alarm(cloud, call.scope, &Value::Map(alarm), call.now)?;
        names.push(AlarmName::new(name));
    }
    Ok(names)
}

/// The alarm's members that say what is measured.
fn metric_members(id: &ServiceId, config: &Value) -> Result<Map, AwsError> {
    let custom = config.get("CustomizedMetricSpecification");
    let queries = custom.list("Metrics")?;
    if !queries.is_empty() {
        let with_period = |query: &Value| match query {
            Value::Map(members) => {
                let mut members = members.clone();
                if let Some(Value::Map(stat)) = members.get_mut("MetricStat") {
                    stat.insert("Period".into(), PERIOD.into());
                }
                Value::Map(members)
            }
            other => other.clone(),
        };
        let queries: Vec<Value> = queries.iter().map(with_period).collect();
        return Ok(Map::from([("Metrics".to_owned(), queries.into())]));
    }
    let mut members = if custom.has("MetricName") {
        ["MetricName", "Namespace", "Statistic", "Dimensions", "Unit"]
            .into_iter()
            .filter(|name| custom.has(name))
            .map(|name| (name.to_owned(), custom.get(name).clone()))
            .collect()
    } else {
        predefined_members(id, config.get("PredefinedMetricSpecification"))?
    };
    members.insert("Period".to_owned(), PERIOD.into());
    Ok(members)
}

fn predefined_members(id: &ServiceId, metric: &Value) -> Result<Map, AwsError> {
    let kind = metric.text("PredefinedMetricType")?.unwrap_or_default();
    let (_, namespace, name) = PREDEFINED
        .iter()
        .find(|(known, ..)| *known == kind)
        .ok_or_else(|| AwsError::validation(format!("Predefined metric type {kind} is not supported")))?;
    let dimensions: BTreeMap<String, String> = match metric.text("ResourceLabel")?.and_then(alb_dimensions) {
        Some(dimensions) => dimensions.into(),
        None => service_dimensions(id),
    };
    let dimension = |(name, value): (String, String)| Value::map([("Name", name.into()), ("Value", value.into())]);
    let statistic = if kind == ALB { "Sum" } else { "Average" };
    Ok(Map::from([
        ("Namespace".to_owned(), (*namespace).into()),
        ("MetricName".to_owned(), (*name).into()),
        ("Statistic".to_owned(), statistic.into()),
        ("Dimensions".to_owned(), dimensions.into_iter().map(dimension).collect::<Vec<_>>().into()),
    ]))
}
