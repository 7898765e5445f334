//! Target tracking and predictive policies.

use aws_sdk_applicationautoscaling::types as aas;
use aws_sdk_applicationautoscaling::types::builders::{
    PredictiveScalingMetricSpecificationBuilder, PredictiveScalingPolicyConfigurationBuilder,
    TargetTrackingScalingPolicyConfigurationBuilder,
};

use super::super::ground::{Ground, ask};
use super::super::made::Made;
use super::super::{Probe, Stop, Told};
use crate::rules::Rule;

const CPU: &str = "ECSServiceAverageCPUUtilization";

fn metric(kind: &str, label: Option<&str>) -> Result<aas::PredefinedMetricSpecification, Stop> {
    let metric = aas::PredefinedMetricSpecification::builder().predefined_metric_type(kind.into());
    Ok(metric.set_resource_label(label.map(str::to_owned)).build()?)
}

fn at_50() -> TargetTrackingScalingPolicyConfigurationBuilder {
    aas::TargetTrackingScalingPolicyConfiguration::builder().target_value(50.0)
}

fn tracks(kind: &str, label: Option<&str>) -> Result<TargetTrackingScalingPolicyConfigurationBuilder, Stop> {
    Ok(at_50().predefined_metric_specification(metric(kind, label)?))
}

/// A metric specification at 50, of a pair.
fn pair(kind: &str) -> Result<PredictiveScalingMetricSpecificationBuilder, Stop> {
    let pair =
        aas::PredictiveScalingPredefinedMetricPairSpecification::builder().predefined_metric_type(kind).build()?;
    let metric = aas::PredictiveScalingMetricSpecification::builder().target_value(50.0);
    Ok(metric.predefined_metric_pair_specification(pair))
}

fn predicts() -> Result<PredictiveScalingPolicyConfigurationBuilder, Stop> {
    let metric = pair("ECSServiceCPUUtilization")?.build()?;
    Ok(aas::PredictiveScalingPolicyConfiguration::builder().metric_specifications(metric))
}

impl Ground {
    async fn track_as(&self, suffix: &str, config: TargetTrackingScalingPolicyConfigurationBuilder) -> Told {
        let put = self.policy(suffix).policy_type(aas::PolicyType::TargetTrackingScaling);
        self.put_policy(put.target_tracking_scaling_policy_configuration(config.build()?)).await
    }

    async fn track(&self, config: TargetTrackingScalingPolicyConfigurationBuilder) -> Told {
        self.track_as("tracks", config).await
    }

    /// Tracks the CPU: the alarms that were made.
    async fn alarms_of_tracking(&self) -> Result<Vec<String>, Stop> {
        let put = self.policy("tracks").policy_type(aas::PolicyType::TargetTrackingScaling);
        self.note(Made::Policy(self.named("tracks")));
        let put = put.target_tracking_scaling_policy_configuration(tracks(CPU, None)?.build()?);
        let alarms = ask(put.send()).await?.alarms.unwrap_or_default();
        let mut names: Vec<String> = alarms.into_iter().map(|alarm| alarm.alarm_name).collect();
        names.sort();
        Ok(names)
    }

    async fn predict(&self, config: PredictiveScalingPolicyConfigurationBuilder) -> Told {
        let put = self.policy("predicts").policy_type(aas::PolicyType::PredictiveScaling);
        self.put_policy(put.predictive_scaling_policy_configuration(config.build()?)).await
    }
}

pub(super) fn probes() -> Vec<Probe> {
    let mut all = metrics();
    all.extend(alarms());
    all.extend(predictive());
    all
}

fn metrics() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::TargetValueIsPositive,
            "a target value is 0",
            |g| Box::pin(async move { g.track(tracks(CPU, None)?.target_value(0.0)).await }),
            "ValidationException: TargetValue must be greater than 0 and at most 2^360",
        ),
        Probe::rule(
            Rule::TrackedMetricIsRequired,
            "target tracking has no metric",
            |g| Box::pin(async move { g.track(at_50()).await }),
            "ValidationException: PredefinedMetricSpecification or CustomizedMetricSpecification must be set for \
             target tracking scaling.",
        ),
        Probe::rule(
            Rule::TrackedMetricIsOne,
            "target tracking has a predefined and a customized metric",
            |g| {
                Box::pin(async move {
                    let custom = aas::CustomizedMetricSpecification::builder().metric_name("a").namespace("b");
                    let custom = custom.statistic(aas::MetricStatistic::Average).build();
                    g.track(tracks(CPU, None)?.customized_metric_specification(custom)).await
                })
            },
            "ValidationException: Only one of PredefinedMetricSpecification or CustomizedMetricSpecification can be \
             set for target tracking scaling.",
        ),
        Probe::rule(
            Rule::PredefinedMetricIsKnown,
            "a predefined metric is of DynamoDB",
            |g| Box::pin(async move { g.track(tracks("DynamoDBReadCapacityUtilization", None)?).await }),
            "ValidationException: Predefined metric type DynamoDBReadCapacityUtilization is not supported for \
             ecs:service:DesiredCount",
        ),
        Probe::rule(
            Rule::LabelIsOfTheLoadBalancer,
            "a CPU metric has a resource label",
            |g| Box::pin(async move { g.track(tracks(CPU, Some("app/a/b/targetgroup/c/d"))?).await }),
            "ValidationException: Resource label should not be specified for predefined metric type \
             ECSServiceAverageCPUUtilization",
        ),
        Probe::rule(
            Rule::LabelHasItsForm,
            "a load balancer's metric has the label x",
            |g| Box::pin(async move { g.track(tracks("ALBRequestCountPerTarget", Some("x"))?).await }),
            "ValidationException: Invalid resource label 'x' for predefined metric type ALBRequestCountPerTarget",
        ),
        Probe::rule(
            Rule::CustomizedMetricIsWhole,
            "a customized metric has a name alone",
            |g| {
                Box::pin(async move {
                    let custom = aas::CustomizedMetricSpecification::builder().metric_name("a").build();
                    g.track(at_50().customized_metric_specification(custom)).await
                })
            },
            "ValidationException: The customized metric specification is not valid.",
        ),
        Probe::rule(
            Rule::MetricIsTrackedOnce,
            "two policies track the CPU",
            |g| {
                Box::pin(async move {
                    g.track(tracks(CPU, None)?).await?;
                    g.track_as("twin", tracks(CPU, None)?.target_value(60.0)).await
                })
            },
            "ValidationException: Only one TargetTrackingScaling policy for a given metric specification is allowed.",
        ),
        Probe::rule(
            Rule::TrackingCooldownIsNotNegative,
            "a cooldown of target tracking is -1",
            |g| Box::pin(async move { g.track(tracks(CPU, None)?.scale_in_cooldown(-1)).await }),
            "ValidationException: Cooldown cannot be less than 0",
        ),
    ]
}

fn alarms() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::TrackingMakesAlarms,
            "target tracking answers with its alarms",
            |g| Box::pin(async move { Ok(format!("alarms: {}", g.alarms_of_tracking().await?.join(", "))) }),
            "alarms: TargetTracking-{resource}-AlarmHigh-{uuid}, TargetTracking-{resource}-AlarmLow-{uuid}",
        ),
        Probe::rule(
            Rule::TrackingAlarmsGo,
            "a target tracking policy is deleted",
            |g| {
                Box::pin(async move {
                    let names = g.alarms_of_tracking().await?;
                    let before = g.alarms(names.clone()).await?.len();
                    // Journalled, for the double that leaves them.
                    names.iter().for_each(|name| g.note(Made::Alarm(name.clone())));
                    g.delete_policy("tracks").await?;
                    Ok(format!("alarms {before}, then {}", g.alarms(names).await?.len()))
                })
            },
            "alarms 2, then 0",
        ),
    ]
}

fn predictive() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::PredictiveMetricIsOne,
            "predictive scaling has no metric specification",
            |g| Box::pin(async move { g.predict(predicts()?.set_metric_specifications(Some(vec![]))).await }),
            "ValidationException: You must specify one metric specification.",
        ),
        Probe::rule(
            Rule::PredictiveMetricHasItsForm,
            "a metric specification has neither a pair nor metrics",
            |g| {
                Box::pin(async move {
                    let none = aas::PredictiveScalingMetricSpecification::builder().target_value(50.0).build()?;
                    g.predict(predicts()?.set_metric_specifications(Some(vec![none]))).await
                })
            },
            "ValidationException: You must specify either a predefined metric pair or one load metric and one scaling \
             metric.",
        ),
        Probe::rule(
            Rule::PredictivePairIsKnown,
            "a predefined pair is of EC2",
            |g| {
                Box::pin(async move {
                    let metric = pair("ASGCPUUtilization")?.build()?;
                    g.predict(predicts()?.set_metric_specifications(Some(vec![metric]))).await
                })
            },
            "ValidationException: Predefined metric pair type ASGCPUUtilization is not supported for ECS",
        ),
        Probe::rule(
            Rule::PredictiveValuesAreKnown,
            "a mode of predictive scaling is Guess",
            |g| Box::pin(async move { g.predict(predicts()?.mode("Guess".into())).await }),
            "ValidationException: 1 validation error detected: Value 'Guess' at 'Mode' failed to satisfy constraint: \
             Member must satisfy enum value set: [ForecastOnly, ForecastAndScale]",
        ),
        Probe::rule(
            Rule::PredictiveNumbersAreBounded,
            "a buffer is of 3,601 seconds",
            |g| Box::pin(async move { g.predict(predicts()?.scheduling_buffer_time(3601)).await }),
            "ValidationException: 1 validation error detected: Value '3601' at 'SchedulingBufferTime' failed to \
             satisfy constraint: Member must have value between 0 and 3600",
        ),
        Probe::rule(
            Rule::PredictiveBufferHasItsBehaviour,
            "a buffer of capacity stands without IncreaseMaxCapacity",
            |g| Box::pin(async move { g.predict(predicts()?.max_capacity_buffer(10)).await }),
            "ValidationException: MaxCapacityBuffer must be specified if, and only if, MaxCapacityBreachBehavior is \
             IncreaseMaxCapacity.",
        ),
    ]
}
