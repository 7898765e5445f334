//! The rules of AWS that this double enforces, each with its facts and how sure they are.
//!
//! Owns the list, and which of them are switched off. A refusal names its rule where it is made
//! (`AwsError::by`), and the world looks at the switch once, on its way out: switched off, the call is answered as if it
//! were accepted. What is no refusal asks [`Rules::hold`] where it acts. The probes of `conformance` ask for each rule;
//! one that no probe can ask for says why not.

use std::collections::BTreeSet;

/// How a fact is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// Inferred, or claimed by others without a measurement: what a run against AWS asks first.
    Unverified,
    /// Read in the source of another program that depends on it, or reported by users.
    Reported,
    /// Replies of AWS, measured by others.
    Measured,
    /// AWS's documentation or service model.
    Documented,
}

impl Sure {
    /// In lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Reported => "reported",
            Self::Measured => "measured",
            Self::Documented => "documented",
        }
    }
}

macro_rules! rules {
    ($($rule:ident $sure:ident [$($fact:literal),+] $says:literal $(, unprobed $why:literal)?;)+) => {
        /// A rule that the double enforces.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $(#[doc = $says] $rule),+ }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule),+];

            /// What AWS does.
            pub fn says(self) -> &'static str {
                match self { $(Self::$rule => $says),+ }
            }

            /// The ids of the facts behind it.
            pub fn facts(self) -> &'static [&'static str] {
                match self { $(Self::$rule => &[$($fact),+]),+ }
            }

            /// How its facts are known.
            pub fn sure(self) -> Sure {
                match self { $(Self::$rule => Sure::$sure),+ }
            }

            /// Why no probe asks for it.
            pub fn unprobed(self) -> Option<&'static str> {
                $($(if self == Self::$rule { return Some($why) })?)+
                None
            }
        }
    };
}

rules! {
    // Every service.
    CallerIsAllowed Documented ["S-015", "E-01"] "a call that the caller's policies do not allow is refused",
        unprobed "it takes principals with other policies: the suite changes nothing in IAM";
    RatesAreLimited Documented ["S-061", "S-062", "S-063"] "calls beyond a rate are throttled",
        unprobed "a quota is everybody's in the account: a run must not use it up";
    RoleMustBeReady Documented ["S-016"] "a role made a moment ago cannot be assumed yet",
        unprobed "it takes an account without the service-linked role";
    RoleMustExist Reported ["S-058"] "without the service-linked role no policy can be put or read",
        unprobed "it takes an account without the service-linked role";
    PageSizesAreBounded Unverified ["S-051"] "a page larger than the largest is refused";

    // Scalable targets.
    ResourceIsAnEcsService Measured ["S-001", "S-002", "S-003", "S-014"]
        "namespace, resource and dimension are those of an ECS service";
    MembersAreRequired Documented ["S-001"] "a call without its namespace, name or resource is refused",
        unprobed "the SDK's types and the other rules leave no such call to make";
    ServiceExists Reported ["S-012"] "a target's service exists and is ACTIVE";
    MinRequiredOnCreate Unverified ["S-004", "S-013"] "a new target has a minimum";
    MaxRequiredOnCreate Unverified ["S-004", "S-013"] "a new target has a maximum";
    MinNotNegative Unverified ["S-013"] "a minimum is not negative";
    MaxNotNegative Unverified ["S-013"] "a maximum is not negative";
    MaxNotBelowMin Measured ["S-004", "S-013"] "a maximum is not below the minimum";
    UnsentCapacityIsKept Documented ["S-009"] "an update keeps the minimum or maximum that it does not send";
    SuspendedMembersMerge Unverified ["S-006", "S-009"] "an update keeps the members of SuspendedState that it does not send";
    TagsOnCreateAlone Reported ["S-007", "S-011"] "a register with tags on a target that exists is refused";
    TagsAreBounded Documented ["S-007"] "tags have keys of 1 to 128 characters, values of at most 256, and none begins with aws:";
    DesiredCountMovesAtOnce Documented ["S-010"] "a register moves a desired count that lies outside the range";
    TargetHasItsOwnRole Documented ["S-005"] "a target's role is the service-linked one";
    TargetQuota Documented ["S-060"] "an account has at most 3,000 targets of ECS in a region",
        unprobed "it takes 3,000 services";
    TargetIsRegistered Reported ["S-022"] "what is put on a target, and its removal, needs the target";
    DeregisterTakesAll Documented ["S-049"] "a target takes its policies and scheduled actions with it";
    ServiceTakesItsTarget Reported ["S-050"] "a deleted service takes its target along";
    DimensionNeedsResource Documented ["S-051"] "a filter by dimension needs a resource";
    NamesAreBounded Documented ["S-051", "S-052", "S-053"] "a describe takes at most 50 names";
    PolicyPageIsTen Documented ["S-052"] "policies come at most ten a page";
    TargetPageIsFifty Documented ["S-051"] "targets come at most 50 a page", unprobed "it takes 51 services";

    // Policies of every type.
    PolicyNameIsBounded Documented ["S-021"] "a policy's name has 1 to 256 printable characters";
    PolicyTypeIsRequired Documented ["S-021"] "a new policy has a type";
    PolicyTypeIsKnown Documented ["S-021"] "a policy's type is one of three";
    ConfigurationIsRequired Measured ["S-036"] "a new policy has the configuration of its type";
    ConfigurationIsKept Unverified ["S-023", "S-097"] "a put without a configuration leaves the policy as it is";
    PolicyArnIsKept Reported ["S-024"] "an update keeps the policy's ARN";
    PolicyQuota Documented ["S-060"] "a target has at most 50 policies",
        unprobed "it takes 51 puts at a rate that AWS does not publish";
    PolicyNamesItsAlarms Reported ["S-058"] "a step policy is described with the alarms that call it";
    DeletedPolicyLeavesAlarms Documented ["S-048"] "a deleted step policy goes from the actions of its alarm, which stays";
    PolicyIsThere Reported ["S-022"] "a policy that is deleted exists";

    // Step policies.
    AdjustmentTypeIsRequired Measured ["S-026"] "a new step policy has an adjustment type";
    StepValuesAreKnown Documented ["S-026", "S-036"] "an adjustment type and an aggregation are known ones";
    AdjustmentTypeIsKept Unverified ["S-023", "S-097"] "an update keeps the adjustment type that it does not send";
    StepsAreKept Unverified ["S-023", "S-097"] "an update keeps the steps that it does not send";
    OptionalMembersGo Unverified ["S-023", "S-097"] "an update drops the cooldown that it does not send";
    UnsentCooldownIsNotShown Unverified ["S-035", "S-095"] "a cooldown that was not sent is not described";
    StepIsRequired Measured ["S-027"] "there is at least one step";
    StepsAreTwentyAtMost Reported ["S-027", "S-060"] "there are at most 20 steps";
    AdjustmentIsRequired Documented ["S-033"] "a step has its adjustment", unprobed "the SDK's types refuse such a step";
    StepBoundsAreInOrder Measured ["S-028"] "a step's lower bound is less than its upper one";
    StepHasABound Measured ["S-029"] "a step has a bound, even when it is the only one";
    OneOpenLower Measured ["S-030"] "at most one step is open below";
    OneOpenUpper Measured ["S-030"] "at most one step is open above";
    NegativeNeedsOpenLower Measured ["S-031"] "a negative lower bound needs a step that is open below";
    PositiveNeedsOpenUpper Measured ["S-031"] "a positive upper bound needs a step that is open above";
    StepsDoNotOverlap Measured ["S-032"] "steps do not overlap";
    StepsHaveNoGaps Measured ["S-032"] "there is no gap between steps";
    ExactIsNotNegative Measured ["S-033"] "an exact capacity is not negative";
    MagnitudeNeedsPercent Measured ["S-034"] "a smallest change needs PercentChangeInCapacity";
    MagnitudeIsPositive Documented ["S-034"] "a smallest change is at least 1";
    CooldownIsNotNegative Documented ["S-035"] "a cooldown is not negative";

    // Target tracking policies.
    TargetValueIsRequired Documented ["S-037"] "target tracking has a target value",
        unprobed "the SDK's types refuse such a configuration";
    TargetValueIsPositive Unverified ["S-037"] "a target value is greater than 0 and at most 2^360";
    TrackedMetricIsRequired Measured ["S-037"] "target tracking has a metric";
    TrackedMetricIsOne Measured ["S-037"] "target tracking has one metric, predefined or customized";
    PredefinedMetricIsKnown Documented ["S-037"] "a predefined metric is one of ECS";
    LabelIsOfTheLoadBalancer Measured ["S-037"] "a resource label goes with ALBRequestCountPerTarget alone";
    LabelHasItsForm Measured ["S-037"] "a resource label names a load balancer and a target group";
    CustomizedMetricIsWhole Measured ["S-037"] "a customized metric is whole: one by name, or metric math";
    MetricIsTrackedOnce Reported ["S-037"] "a target has one target tracking policy a metric";
    TrackingCooldownIsNotNegative Documented ["S-037"] "target tracking's cooldowns are not negative";
    TrackingMakesAlarms Reported ["S-037"] "target tracking makes a high and a low alarm";
    TrackingAlarmsGo Documented ["S-048"] "the alarms of target tracking go with their policy";

    // Predictive policies.
    PredictiveMetricIsOne Measured ["S-038"] "predictive scaling has one metric specification";
    PredictiveMetricHasItsForm Measured ["S-038"] "it is a pair, or one load and one scaling metric";
    PredictivePairIsKnown Measured ["S-038"] "a predefined pair is one of ECS";
    PredictiveValuesAreKnown Documented ["S-038"] "mode and behaviour are known ones";
    PredictiveNumbersAreBounded Measured ["S-038"] "the buffers of time and capacity lie within their bounds";
    PredictiveBufferHasItsBehaviour Measured ["S-038"] "MaxCapacityBuffer goes with IncreaseMaxCapacity alone";

    // Scheduled actions.
    ScheduleNameIsBounded Documented ["S-039"] "a scheduled action's name has no colon, slash, bar or outer space";
    ScheduleIsRequired Documented ["S-040"] "a new scheduled action has a schedule";
    ScheduleIsOfAKind Documented ["S-040"] "a schedule is at, rate or cron";
    AtHasItsForm Measured ["S-040"] "the moment of at() has no zone";
    RateHasItsForm Documented ["S-040"] "a rate is a number of minutes, hours or days";
    RateIsPositive Measured ["S-040"] "a rate is at least 1";
    CronHasOneQuestionMark Measured ["S-040"] "exactly one of a cron's two days is a question mark";
    TimezoneIsKnown Documented ["S-041"] "a time zone is known";
    StartIsBeforeEnd Measured ["S-041"] "a start is before the end";
    ScheduledRangeIsRequired Measured ["S-042"] "a new scheduled action says what it sets";
    ScheduledRangeIsNotEmpty Measured ["S-042"] "a scheduled action sets a minimum or a maximum";
    ScheduledRangeIsInOrder Documented ["S-042"] "a scheduled maximum is not below the minimum";
    UnsentTimesGo Documented ["S-043"] "an update deletes the start and end that it does not send";
    UnsentScheduleIsKept Documented ["S-043"] "an update keeps the schedule that it does not send";
    ScheduleQuota Documented ["S-060"] "a target has at most 200 scheduled actions",
        unprobed "it takes 201 puts at a rate that AWS does not publish";
    ScheduledActionIsThere Reported ["S-022"] "a scheduled action that is deleted exists";

    // Alarms.
    AlarmIsReplaced Documented ["S-068"] "a put replaces the whole alarm";
    AlarmStateIsKept Documented ["S-068"] "a put keeps the state";
    AlarmTagsOnCreateAlone Documented ["S-068"] "tags of a put on an alarm that exists are ignored";
    AlarmNameIsBounded Documented ["S-069"] "an alarm's name has no control characters";
    AlarmTextsAreBounded Documented ["S-069"] "names, descriptions and namespaces have their lengths";
    AlarmMembersAreRequired Documented ["S-069"] "an alarm has a metric, a period and an operator";
    AlarmMembersAreKnown Documented ["S-069"] "an alarm's enumerated members are known";
    PeriodHasItsForm Measured ["S-069"] "a period is 10, 20, 30 or a multiple of 60 seconds";
    StatisticIsOne Documented ["S-069"] "an alarm has a statistic or an extended one";
    ExtendedStatisticHasItsForm Documented ["S-069"] "an extended statistic is one that CloudWatch knows";
    DimensionsAreBounded Documented ["S-069"] "an alarm has at most 30 dimensions, each name once";
    ThresholdIsRequired Documented ["S-069"] "a static operator needs a threshold";
    DatapointsAreWithinPeriods Documented ["S-069"] "DatapointsToAlarm is 1 to EvaluationPeriods";
    AlarmSpanIsBounded Documented ["S-069"] "an alarm looks back a day, or a week with long periods";
    LowSamplesNeedPercentile Measured ["S-069"] "a rule for few samples needs a percentile";
    MetricsStandAlone Documented ["S-069"] "a list of metrics goes with no single metric";
    MetricsAreWellFormed Documented ["S-069"] "a list of metrics has unique ids, one result and one period";
    AlarmActionsAreFive Documented ["S-069"] "a state has at most five actions";
    ActionHasAnArn Documented ["S-069"] "an action is an ARN";
    ActionVendorIsKnown Measured ["S-070"] "an action is of a service that alarms can call";
    ActionRegionIsTheAlarms Measured ["S-070"] "an action is in the alarm's region";
    BandsDoNotScale Documented ["S-069"] "an anomaly band has no scaling action";
    NewBlocksHaveTheirForm Documented ["S-071"] "evaluation window, warm-up and action configuration have their form",
        unprobed "their texts are unknown, and no service model of another client has them to compare with";
    NamesOrPrefix Documented ["S-055"] "a describe takes names or a prefix";
    AlarmNamesAreBounded Documented ["S-055", "S-072"] "a call takes at most 100 alarm names";
    ActionPrefixSelects Documented ["S-059"] "a describe finds alarms by the beginning of an action";
    UnknownAlarmsAreReported Documented ["S-072"] "a delete of an unknown alarm says so, and deletes the others";
    SchedulesComeDue Documented ["S-044", "S-045", "S-046"] "a scheduled action that is due sets the target's range",
        unprobed "it takes minutes, and moves tasks";
    AlarmsAreEvaluated Documented ["S-075", "S-076", "S-077"] "alarms follow their metric",
        unprobed "it takes minutes of metrics, and tasks that run";
    AlarmsCallPolicies Documented ["S-018", "S-019", "S-020", "S-078", "S-079", "S-080", "S-081", "S-082", "S-083", "S-084"]
        "an alarm calls its policies, which move the desired count",
        unprobed "it takes minutes of metrics, and tasks that run";
    StateIsOfAnAlarm Documented ["S-073"] "a state is set of an alarm that exists, with data that is JSON";
}

/// Which rules are enforced; all of them by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    off: BTreeSet<Rule>,
}

impl Rules {
    /// Whether a rule is enforced.
    pub fn hold(&self, rule: Rule) -> bool {
        !self.off.contains(&rule)
    }

    /// Enforces a rule no more: a world that is wrong in one thing, which a probe must see.
    pub fn switch_off(&mut self, rule: Rule) {
        self.off.insert(rule);
    }
}
