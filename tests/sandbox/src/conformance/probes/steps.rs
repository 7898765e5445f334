//! Step policies.

use aws_sdk_applicationautoscaling::types::builders::StepScalingPolicyConfigurationBuilder;
use aws_sdk_applicationautoscaling::types::{
    AdjustmentType, MetricAggregationType, PolicyType, StepAdjustment, StepScalingPolicyConfiguration,
};

use super::super::ground::{Ground, ask};
use super::super::{Probe, Stop, Told};
use crate::rules::Rule;

/// A step: lower bound, upper bound, adjustment.
type Step = (Option<f64>, Option<f64>, i32);
const ONE: [Step; 1] = [(Some(0.0), None, 1)];

fn of(steps: &[Step]) -> Result<StepScalingPolicyConfigurationBuilder, Stop> {
    let step = |(lower, upper, adjustment): &Step| {
        let step = StepAdjustment::builder().scaling_adjustment(*adjustment);
        step.set_metric_interval_lower_bound(*lower).set_metric_interval_upper_bound(*upper).build()
    };
    let steps: Vec<StepAdjustment> = steps.iter().map(step).collect::<Result<_, _>>()?;
    Ok(StepScalingPolicyConfiguration::builder().set_step_adjustments(Some(steps)))
}

fn change(steps: &[Step]) -> Result<StepScalingPolicyConfigurationBuilder, Stop> {
    Ok(of(steps)?.adjustment_type(AdjustmentType::ChangeInCapacity))
}

impl Ground {
    async fn put_steps(&self, config: StepScalingPolicyConfigurationBuilder) -> Told {
        let put = self.policy("steps").policy_type(PolicyType::StepScaling);
        self.put_policy(put.step_scaling_policy_configuration(config.build())).await
    }

    async fn steps(&self, steps: &[Step]) -> Told {
        self.put_steps(change(steps)?).await
    }

    /// A policy of one step, that other probes begin with; its ARN.
    pub(super) async fn put_a_step_policy(&self, suffix: &str) -> Result<String, Stop> {
        let put = self.policy(suffix).policy_type(PolicyType::StepScaling);
        self.note(super::super::made::Made::Policy(self.named(suffix)));
        let put = put.step_scaling_policy_configuration(change(&ONE)?.build());
        Ok(ask(put.send()).await?.policy_arn)
    }

    /// What is described of the policy after it was put twice.
    async fn put_again(&self, config: StepScalingPolicyConfigurationBuilder) -> Told {
        self.put_steps(change(&ONE)?.cooldown(60)).await?;
        self.put_steps(config).await?;
        self.described_steps().await
    }

    async fn described_steps(&self) -> Told {
        let policy = self.described_policy("steps").await?;
        let config = policy.step_scaling_policy_configuration;
        let config = config.ok_or_else(|| Stop::Refused("a policy without its configuration".into()))?;
        let adjustment = config.adjustment_type().map_or("none", AdjustmentType::as_str);
        let cooldown = config.cooldown().map_or("none".to_owned(), |seconds| seconds.to_string());
        let aggregation = config.metric_aggregation_type().map_or("none", MetricAggregationType::as_str);
        let steps = config.step_adjustments().len();
        Ok(format!("{adjustment}, steps {steps}, cooldown {cooldown}, aggregation {aggregation}"))
    }
}

pub(super) fn probes() -> Vec<Probe> {
    let mut all = updates();
    all.extend(doubts());
    all.extend(members());
    all.extend(bounds());
    all
}

fn updates() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::AdjustmentTypeIsKept,
            "a step policy is put again without its adjustment type",
            |g| Box::pin(async move { g.put_again(of(&ONE)?.cooldown(60)).await }),
            "ChangeInCapacity, steps 1, cooldown 60, aggregation none",
        ),
        Probe::rule(
            Rule::StepsAreKept,
            "a step policy is put again without its steps",
            |g| Box::pin(async move { g.put_again(change(&ONE)?.set_step_adjustments(None).cooldown(60)).await }),
            "ChangeInCapacity, steps 1, cooldown 60, aggregation none",
        ),
        Probe::rule(
            Rule::OptionalMembersGo,
            "a step policy with a cooldown is put again without it",
            |g| Box::pin(async move { g.put_again(change(&ONE)?).await }),
            "ChangeInCapacity, steps 1, cooldown none, aggregation none",
        ),
        Probe::rule(
            Rule::UnsentCooldownIsNotShown,
            "a step policy is put without a cooldown",
            |g| {
                Box::pin(async move {
                    g.steps(&ONE).await?;
                    g.described_steps().await
                })
            },
            "ChangeInCapacity, steps 1, cooldown none, aggregation none",
        ),
        Probe::rule(
            Rule::ConfigurationIsKept,
            "a step policy is put again without its configuration",
            |g| {
                Box::pin(async move {
                    g.steps(&ONE).await?;
                    g.put_policy(g.policy("steps").policy_type(PolicyType::StepScaling)).await?;
                    g.described_steps().await
                })
            },
            "ChangeInCapacity, steps 1, cooldown none, aggregation none",
        ),
    ]
}

fn doubts() -> Vec<Probe> {
    vec![
        Probe::doubt(
            &["S-029"],
            "the first step begins above the threshold",
            |g| Box::pin(async move { g.steps(&[(Some(5.0), None, 1)]).await }),
            "accepted",
        ),
        Probe::doubt(
            &["S-029", "S-032"],
            "negative and positive steps stand in one policy",
            |g| {
                let steps = [(None, Some(-10.0), -1), (Some(-10.0), Some(10.0), 0), (Some(10.0), None, 1)];
                Box::pin(async move { g.steps(&steps).await })
            },
            "accepted",
        ),
        Probe::doubt(
            &["S-033"],
            "a step sets an exact capacity of 0",
            |g| {
                Box::pin(async move {
                    g.put_steps(of(&[(Some(0.0), None, 0)])?.adjustment_type(AdjustmentType::ExactCapacity)).await
                })
            },
            "accepted",
        ),
    ]
}

fn members() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::AdjustmentTypeIsRequired,
            "a new step policy has no adjustment type",
            |g| Box::pin(async move { g.put_steps(of(&ONE)?).await }),
            "ValidationException: Adjustment type must be specified",
        ),
        Probe::rule(
            Rule::StepValuesAreKnown,
            "an adjustment type is Sideways",
            |g| Box::pin(async move { g.put_steps(of(&ONE)?.adjustment_type("Sideways".into())).await }),
            "ValidationException: 1 validation error detected: Value 'Sideways' at \
             'stepScalingPolicyConfiguration.adjustmentType' failed to satisfy constraint: Member must satisfy enum \
             value set: [ChangeInCapacity, PercentChangeInCapacity, ExactCapacity]",
        ),
        Probe::rule(
            Rule::ExactIsNotNegative,
            "an exact capacity is -1",
            |g| {
                Box::pin(async move {
                    g.put_steps(of(&[(Some(0.0), None, -1)])?.adjustment_type(AdjustmentType::ExactCapacity)).await
                })
            },
            "ValidationException: Scaling adjustment cannot be less than 0 when adjustment type is ExactCapacity",
        ),
        Probe::rule(
            Rule::MagnitudeNeedsPercent,
            "a smallest change stands with ChangeInCapacity",
            |g| Box::pin(async move { g.put_steps(change(&ONE)?.min_adjustment_magnitude(1)).await }),
            "ValidationException: Minimum adjustment magnitude is only allowed for adjustment type \
             PercentChangeInCapacity",
        ),
        Probe::rule(
            Rule::MagnitudeIsPositive,
            "a smallest change is 0",
            |g| {
                Box::pin(async move {
                    let config = of(&ONE)?.adjustment_type(AdjustmentType::PercentChangeInCapacity);
                    g.put_steps(config.min_adjustment_magnitude(0)).await
                })
            },
            "ValidationException: Minimum adjustment magnitude must be greater than 0",
        ),
        Probe::rule(
            Rule::CooldownIsNotNegative,
            "a cooldown is -1",
            |g| Box::pin(async move { g.put_steps(change(&ONE)?.cooldown(-1)).await }),
            "ValidationException: Cooldown cannot be less than 0",
        ),
        Probe::rule(
            Rule::StepIsRequired,
            "a list of steps is empty",
            |g| Box::pin(async move { g.steps(&[]).await }),
            "ValidationException: There must be at least one step adjustment",
        ),
        Probe::rule(
            Rule::StepsAreTwentyAtMost,
            "a policy has 21 steps",
            |g| {
                let step = |at: u32| (Some(f64::from(at)), (at < 20).then(|| f64::from(at + 1)), 1);
                Box::pin(async move { g.steps(&(0..21).map(step).collect::<Vec<_>>()).await })
            },
            "ValidationException: There can be at most 20 step adjustments per scaling policy",
        ),
    ]
}

fn bounds() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::StepBoundsAreInOrder,
            "a step is from 1 to 1",
            |g| Box::pin(async move { g.steps(&[(Some(1.0), Some(1.0), 1)]).await }),
            "ValidationException: Lower bound must be less than upper bound for a step adjustment",
        ),
        Probe::rule(
            Rule::StepHasABound,
            "the only step has no bounds",
            |g| Box::pin(async move { g.steps(&[(None, None, 1)]).await }),
            "ValidationException: Both lower and upper bounds of a step adjustment cannot be left unspecified",
        ),
        Probe::rule(
            Rule::OneOpenLower,
            "two steps are open below",
            |g| Box::pin(async move { g.steps(&[(None, Some(-1.0), 1), (None, Some(-2.0), 1)]).await }),
            "ValidationException: At most one step adjustment may have an unspecified lower bound",
        ),
        Probe::rule(
            Rule::OneOpenUpper,
            "two steps are open above",
            |g| Box::pin(async move { g.steps(&[(Some(1.0), None, 1), (Some(2.0), None, 1)]).await }),
            "ValidationException: At most one step adjustment may have an unspecified upper bound",
        ),
        Probe::rule(
            Rule::NegativeNeedsOpenLower,
            "the only step is from -10 to 0",
            |g| Box::pin(async move { g.steps(&[(Some(-10.0), Some(0.0), -1)]).await }),
            "ValidationException: There must be a step adjustment with an unspecified lower bound when one step \
             adjustment has a negative lower bound",
        ),
        Probe::rule(
            Rule::PositiveNeedsOpenUpper,
            "the only step is from 0 to 10",
            |g| Box::pin(async move { g.steps(&[(Some(0.0), Some(10.0), 1)]).await }),
            "ValidationException: There must be a step adjustment with an unspecified upper bound when one step \
             adjustment has a positive upper bound",
        ),
        Probe::rule(
            Rule::StepsDoNotOverlap,
            "a step to 25 stands beside one from 20",
            |g| Box::pin(async move { g.steps(&[(Some(0.0), Some(25.0), 1), (Some(20.0), None, 2)]).await }),
            "ValidationException: Step adjustment intervals cannot overlap",
        ),
        Probe::rule(
            Rule::StepsHaveNoGaps,
            "a step to 10 stands beside one from 20",
            |g| Box::pin(async move { g.steps(&[(Some(0.0), Some(10.0), 1), (Some(20.0), None, 2)]).await }),
            "ValidationException: Step adjustment intervals cannot have gaps between them",
        ),
    ]
}
