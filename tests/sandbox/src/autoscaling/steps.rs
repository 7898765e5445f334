//! Step scaling configurations, checked as AWS checks them (S-025 to S-036).

use ecs_scaling::model::number::Number;
use ecs_scaling::model::policy::{AdjustmentType, MetricAggregationType, StepAdjustment, StepScalingConfig};

use crate::error::AwsError;
use crate::rules::{Rule, Rules};
use crate::value::Value;

/// S-027
const STEP_QUOTA: usize = 20;

/// `StepScalingPolicyConfiguration` as it was sent: what was left out stays out.
#[derive(Clone, Debug, PartialEq)]
pub struct StepConfig {
    /// How adjustments are read.
    pub adjustment_type: AdjustmentType,
    /// In the order in which they were sent.
    pub steps: Vec<StepAdjustment>,
    /// The smallest change in tasks.
    pub min_adjustment_magnitude: Option<i32>,
    /// Seconds.
    pub cooldown: Option<i32>,
    /// How datapoints are aggregated.
    pub metric_aggregation_type: Option<MetricAggregationType>,
}

impl StepConfig {
    /// Reads and checks a configuration. On an update the adjustment type and the steps stay when they are left out;
    /// the optional members do not (S-023).
    pub(super) fn read(block: &Value, before: Option<&Self>, rules: &Rules) -> Result<Self, AwsError> {
        let kept = |rule| before.filter(|_| rules.hold(rule));
        let adjustment_type = match block.text("AdjustmentType")? {
            Some(text) => parse(text, "adjustmentType", AdjustmentType::from_aws, AdjustmentType::ALL)?,
            None => kept(Rule::AdjustmentTypeIsKept)
                .map(|b| b.adjustment_type)
                .ok_or_else(|| invalid("Adjustment type must be specified").by(Rule::AdjustmentTypeIsRequired))?, // S-026
        };
        let steps = match kept(Rule::StepsAreKept) {
            Some(before) if !block.has("StepAdjustments") => before.steps.clone(),
            _ => block.list("StepAdjustments")?.iter().map(read_step).collect::<Result<_, _>>()?,
        };
        let metric_aggregation_type = match block.text("MetricAggregationType")? {
            Some(text) => {
                Some(parse(text, "metricAggregationType", MetricAggregationType::from_aws, MetricAggregationType::ALL)?)
            }
            None => None,
        };
        let stays = before.filter(|_| !rules.hold(Rule::OptionalMembersGo));
        let config = Self {
            adjustment_type,
            steps,
            min_adjustment_magnitude: block.int("MinAdjustmentMagnitude")?,
            cooldown: block.int("Cooldown")?.or(stays.and_then(|before| before.cooldown)),
            metric_aggregation_type,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), AwsError> {
        check_steps(&self.steps)?;
        let negative = self.steps.iter().any(|s| s.adjustment < 0);
        if self.adjustment_type == AdjustmentType::ExactCapacity && negative {
            // S-033
            return Err(invalid("Scaling adjustment cannot be less than 0 when adjustment type is ExactCapacity")
                .by(Rule::ExactIsNotNegative));
        }
        match self.min_adjustment_magnitude {
            Some(_) if self.adjustment_type != AdjustmentType::PercentChangeInCapacity => {
                // S-034
                return Err(invalid(
                    "Minimum adjustment magnitude is only allowed for adjustment type PercentChangeInCapacity",
                )
                .by(Rule::MagnitudeNeedsPercent));
            }
            Some(magnitude) if magnitude < 1 => {
                return Err(
                    invalid("Minimum adjustment magnitude must be greater than 0").by(Rule::MagnitudeIsPositive)
                ); // S-034
            }
            _ => {}
        }
        if self.cooldown.is_some_and(|c| c < 0) {
            return Err(invalid("Cooldown cannot be less than 0").by(Rule::CooldownIsNotNegative)); // S-035
        }
        Ok(())
    }

    /// The configuration with AWS's defaults (S-095).
    pub fn canonical(&self) -> StepScalingConfig {
        StepScalingConfig::canonical(
            self.adjustment_type,
            self.steps.clone(),
            self.min_adjustment_magnitude,
            self.cooldown,
            self.metric_aggregation_type,
        )
    }

    pub(super) fn to_value(&self, rules: &Rules) -> Value {
        let step = |s: &StepAdjustment| {
            Value::map([
                ("MetricIntervalLowerBound", s.lower.map(Number::get).into()),
                ("MetricIntervalUpperBound", s.upper.map(Number::get).into()),
                ("ScalingAdjustment", s.adjustment.into()),
            ])
        };
        let cooldown = match self.cooldown {
            None if !rules.hold(Rule::UnsentCooldownIsNotShown) => Some(self.canonical().cooldown),
            sent => sent,
        };
        Value::map([
            ("AdjustmentType", self.adjustment_type.as_str().into()),
            ("StepAdjustments", self.steps.iter().map(step).collect::<Vec<_>>().into()),
            ("MinAdjustmentMagnitude", self.min_adjustment_magnitude.into()),
            ("Cooldown", cooldown.into()),
            ("MetricAggregationType", self.metric_aggregation_type.map(MetricAggregationType::as_str).into()),
        ])
    }
}

fn invalid(message: &str) -> AwsError {
    AwsError::validation(message)
}

fn parse<T: Copy + std::fmt::Display>(
    text: &str,
    member: &str,
    read: impl Fn(&str) -> Option<T>,
    all: &[T],
) -> Result<T, AwsError> {
    read(text).ok_or_else(|| {
        let known: Vec<String> = all.iter().map(ToString::to_string).collect();
        let must = format!("satisfy enum value set: [{}]", known.join(", "));
        let at = format!("stepScalingPolicyConfiguration.{member}");
        AwsError::validation(AwsError::constraint(text, &at, &must)).by(Rule::StepValuesAreKnown)
    })
}

fn read_step(step: &Value) -> Result<StepAdjustment, AwsError> {
    let bound = |member| -> Result<Option<Number>, AwsError> {
        match step.float(member)? {
            None => Ok(None),
            Some(value) => Number::new(value).map(Some).ok_or_else(|| AwsError::wrong_type(member, "a finite number")),
        }
    };
    Ok(StepAdjustment {
        lower: bound("MetricIntervalLowerBound")?,
        upper: bound("MetricIntervalUpperBound")?,
        adjustment: step
            .int("ScalingAdjustment")?
            .ok_or_else(|| invalid("Scaling adjustment must be specified").by(Rule::AdjustmentIsRequired))?,
    })
}

fn check_steps(steps: &[StepAdjustment]) -> Result<(), AwsError> {
    if steps.is_empty() {
        return Err(invalid("There must be at least one step adjustment").by(Rule::StepIsRequired)); // S-027
    }
    if steps.len() > STEP_QUOTA {
        return Err(
            invalid("There can be at most 20 step adjustments per scaling policy").by(Rule::StepsAreTwentyAtMost)
        ); // S-027
    }
    for step in steps {
        match (step.lower, step.upper) {
            (None, None) => {
                // S-029
                return Err(invalid("Both lower and upper bounds of a step adjustment cannot be left unspecified")
                    .by(Rule::StepHasABound));
            }
            (Some(lower), Some(upper)) if lower >= upper => {
                return Err(invalid("Lower bound must be less than upper bound for a step adjustment")
                    .by(Rule::StepBoundsAreInOrder)); // S-028
            }
            _ => {}
        }
    }
    check_open_bounds(steps)?;
    check_contiguous(steps)
}

/// S-030, S-031
fn check_open_bounds(steps: &[StepAdjustment]) -> Result<(), AwsError> {
    let open_lower = steps.iter().filter(|s| s.lower.is_none()).count();
    let open_upper = steps.iter().filter(|s| s.upper.is_none()).count();
    if open_lower > 1 {
        return Err(invalid("At most one step adjustment may have an unspecified lower bound").by(Rule::OneOpenLower));
    }
    if open_upper > 1 {
        return Err(invalid("At most one step adjustment may have an unspecified upper bound").by(Rule::OneOpenUpper));
    }
    if open_lower == 0 && steps.iter().any(|s| s.lower.is_some_and(|l| l < Number::ZERO)) {
        return Err(invalid(
            "There must be a step adjustment with an unspecified lower bound when one step adjustment has a negative \
             lower bound",
        )
        .by(Rule::NegativeNeedsOpenLower));
    }
    if open_upper == 0 && steps.iter().any(|s| s.upper.is_some_and(|u| u > Number::ZERO)) {
        return Err(invalid(
            "There must be a step adjustment with an unspecified upper bound when one step adjustment has a positive \
             upper bound",
        )
        .by(Rule::PositiveNeedsOpenUpper));
    }
    Ok(())
}

/// S-032
fn check_contiguous(steps: &[StepAdjustment]) -> Result<(), AwsError> {
    let mut sorted: Vec<&StepAdjustment> = steps.iter().collect();
    sorted.sort_by_key(|s| s.lower);
    for (before, after) in sorted.iter().zip(sorted.iter().skip(1)) {
        match (before.upper, after.lower) {
            (Some(upper), Some(lower)) if upper < lower => {
                return Err(
                    invalid("Step adjustment intervals cannot have gaps between them").by(Rule::StepsHaveNoGaps)
                );
            }
            (Some(upper), Some(lower)) if upper == lower => {}
            _ => return Err(invalid("Step adjustment intervals cannot overlap").by(Rule::StepsDoNotOverlap)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(lower: Option<f64>, upper: Option<f64>, adjustment: i32) -> Value {
        Value::map([
            ("MetricIntervalLowerBound", lower.into()),
            ("MetricIntervalUpperBound", upper.into()),
            ("ScalingAdjustment", adjustment.into()),
        ])
    }

    fn read(adjustment_type: &str, steps: Vec<Value>) -> Result<StepConfig, AwsError> {
        let block = Value::map([("AdjustmentType", adjustment_type.into()), ("StepAdjustments", steps.into())]);
        StepConfig::read(&block, None, &Rules::default())
    }

    fn refusal(steps: Vec<Value>) -> String {
        read("ChangeInCapacity", steps).unwrap_err().message
    }

    #[test]
    fn the_steps_of_the_console_are_accepted() {
        let steps = vec![step(Some(0.0), Some(10.0), 2), step(Some(10.0), Some(20.0), 2), step(Some(20.0), None, 4)];
        assert_eq!(
            read("ChangeInCapacity", steps.clone()).unwrap().to_value(&Rules::default()).get("StepAdjustments"),
            &steps.into()
        );
    }

    #[test]
    fn negative_and_positive_steps_may_stand_in_one_policy() {
        let steps = vec![step(None, Some(-10.0), -1), step(Some(-10.0), Some(10.0), 0), step(Some(10.0), None, 1)];
        read("ChangeInCapacity", steps).unwrap();
    }

    #[test]
    fn the_first_step_may_begin_above_the_threshold() {
        read("ChangeInCapacity", vec![step(Some(5.0), None, 1)]).unwrap();
    }

    #[test]
    fn an_adjustment_type_is_required_and_known() {
        // S-026
        let block = Value::map([("StepAdjustments", vec![step(Some(0.0), None, 1)].into())]);
        assert_eq!(
            StepConfig::read(&block, None, &Rules::default()).unwrap_err().message,
            "Adjustment type must be specified"
        );
        assert!(read("Sideways", vec![step(Some(0.0), None, 1)]).unwrap_err().message.contains("enum value set"));
    }

    #[test]
    fn there_are_one_to_twenty_steps() {
        // S-027
        assert_eq!(refusal(vec![]), "There must be at least one step adjustment");
        let step_at = |at: u32| step(Some(at.into()), (at < 20).then(|| f64::from(at + 1)), 1);
        assert!(refusal((0..21).map(step_at).collect()).starts_with("There can be at most 20 step adjustments"));
        read("ChangeInCapacity", (1..21).map(step_at).collect()).unwrap();
    }

    #[test]
    fn bounds_that_are_equal_or_upside_down_are_refused() {
        // S-028
        let text = "Lower bound must be less than upper bound for a step adjustment";
        assert_eq!(refusal(vec![step(Some(1.0), Some(1.0), 1)]), text);
        assert_eq!(refusal(vec![step(Some(2.0), Some(1.0), 1)]), text);
    }

    #[test]
    fn a_step_without_bounds_is_refused_even_alone() {
        // S-029
        assert_eq!(
            refusal(vec![step(None, None, 1)]),
            "Both lower and upper bounds of a step adjustment cannot be left unspecified"
        );
    }

    #[test]
    fn two_steps_open_on_one_side_are_refused() {
        // S-030
        assert_eq!(
            refusal(vec![step(None, Some(-1.0), 1), step(None, Some(-2.0), 1)]),
            "At most one step adjustment may have an unspecified lower bound"
        );
        assert_eq!(
            refusal(vec![step(Some(1.0), None, 1), step(Some(2.0), None, 1)]),
            "At most one step adjustment may have an unspecified upper bound"
        );
    }

    #[test]
    fn the_outermost_step_must_be_open() {
        // S-031
        assert!(refusal(vec![step(Some(-10.0), Some(0.0), -1)]).contains("unspecified lower bound when one step"));
        assert!(refusal(vec![step(Some(0.0), Some(10.0), 1)]).contains("unspecified upper bound when one step"));
    }

    #[test]
    fn overlaps_and_gaps_are_refused() {
        // S-032
        let after = step(Some(20.0), None, 2);
        assert_eq!(
            refusal(vec![step(Some(0.0), Some(25.0), 1), after.clone()]),
            "Step adjustment intervals cannot overlap"
        );
        assert_eq!(
            refusal(vec![after, step(Some(0.0), Some(10.0), 1)]),
            "Step adjustment intervals cannot have gaps between them"
        );
    }

    #[test]
    fn an_exact_capacity_is_never_negative() {
        // S-033
        let refused = read("ExactCapacity", vec![step(Some(0.0), None, -1)]).unwrap_err();
        assert_eq!(refused.message, "Scaling adjustment cannot be less than 0 when adjustment type is ExactCapacity");
        read("ExactCapacity", vec![step(Some(0.0), None, 0)]).unwrap();
    }

    #[test]
    fn a_minimum_magnitude_needs_percent() {
        // S-034
        let block = |kind: &str| {
            Value::map([
                ("AdjustmentType", kind.into()),
                ("StepAdjustments", vec![step(Some(0.0), None, 10)].into()),
                ("MinAdjustmentMagnitude", 2.into()),
            ])
        };
        assert!(
            StepConfig::read(&block("ChangeInCapacity"), None, &Rules::default())
                .unwrap_err()
                .message
                .starts_with("Minimum adj")
        );
        StepConfig::read(&block("PercentChangeInCapacity"), None, &Rules::default()).unwrap();
    }

    #[test]
    fn an_update_keeps_type_and_steps_and_drops_what_is_optional() {
        // S-023
        let mut before = read("ChangeInCapacity", vec![step(Some(0.0), None, 1)]).unwrap();
        before.cooldown = Some(60);
        let after = StepConfig::read(
            &Value::map([("MetricAggregationType", "Maximum".into())]),
            Some(&before),
            &Rules::default(),
        )
        .unwrap();
        assert_eq!((after.steps, after.cooldown), (before.steps, None));
        assert_eq!(after.metric_aggregation_type, Some(MetricAggregationType::Maximum));
    }

    #[test]
    fn defaults_are_those_of_ecs() {
        // S-035, S-036
        let canonical = read("ChangeInCapacity", vec![step(Some(0.0), None, 1)]).unwrap().canonical();
        assert_eq!((canonical.cooldown, canonical.metric_aggregation_type), (300, MetricAggregationType::Average));
    }
}
