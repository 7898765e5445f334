//! Planning converges: whatever is wanted and whatever AWS holds, a plan carried out leaves nothing to plan.
//!
//! A thousand generated pairs of an object and a state of AWS, forty worlds of twenty-five, through the real SDK in
//! one process. What stays open afterwards is withheld, and withholding writes nothing either.

use std::fmt::Write as _;

use ecs_scaling::model::failure::AwsService;
use ecs_scaling_sandbox::ServiceSeed;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::json;

use crate::harness::{Bench, home};
use crate::somebody::merged;

const WORLDS: u32 = 40;
const PAIRS: usize = 25;

/// A policy with its alarm, valid by how it is made: steps that begin at the threshold, without a gap, the last open.
#[derive(Clone, Debug)]
struct Policy {
    adjustment_type: &'static str,
    cooldown: Option<u16>,
    aggregation: Option<&'static str>,
    upward: bool,
    absolute: bool,
    /// In tenths, so that binary floats would show.
    threshold: u16,
    /// The widths of all steps but the last, in tenths, and each step's adjustment.
    widths: Vec<u16>,
    adjustments: Vec<u8>,
    period: u16,
    evaluation_periods: u8,
    treat_missing_data: Option<&'static str>,
    ok_actions: Option<bool>,
}

/// A scheduled action of the object: each half hour's at some hour, far from the controller's rounds.
#[derive(Clone, Debug)]
struct Schedule {
    hour: u8,
    min: Option<u8>,
    /// Above the minimum that it sets, or a maximum by itself.
    more: Option<u8>,
}

#[derive(Clone, Debug)]
struct Object {
    min: u8,
    more: u8,
    suspended: [Option<bool>; 3],
    adopts: bool,
    allows_moves: bool,
    policies: Vec<Policy>,
    schedules: Vec<Schedule>,
}

/// What somebody did, to what the controller made or before it came.
#[derive(Clone, Debug)]
enum Change {
    Register { min: u8, more: u8 },
    Suspend(bool),
    PutPolicy(u8),
    DeletePolicy(u8),
    PutAlarm(u8),
    DeleteAlarm(u8),
    Deregister,
    Schedule,
    SetDesired(u8),
    TagOwner,
    Brake,
    LoseTags,
    LoseArn,
    DeleteService,
}

#[derive(Clone, Debug)]
struct Pair {
    object: Object,
    running: u8,
    /// Where the controller was here before: how many of its policies the object had then.
    before: Option<usize>,
    /// Whether min and max were others then.
    edited: bool,
    changes: Vec<Change>,
}

fn policy() -> impl Strategy<Value = Policy> {
    let what = (
        prop::sample::select(&["ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"][..]),
        option::of(0..900u16),
        option::of(prop::sample::select(&["Average", "Minimum", "Maximum"][..])),
        any::<(bool, bool)>(),
        100..900u16,
        vec(1..99u16, 0..5),
        vec(1..9u8, 6),
    );
    let alarm = (
        prop::sample::select(&[10u16, 30, 60, 300][..]),
        1..4u8,
        option::of(prop::sample::select(&["missing", "ignore", "breaching", "notBreaching"][..])),
        any::<Option<bool>>(),
    );
    (what, alarm).prop_map(|(what, (period, evaluation_periods, treat_missing_data, ok_actions))| {
        let (adjustment_type, cooldown, aggregation, (upward, absolute), threshold, widths, adjustments) = what;
        Policy {
            adjustment_type,
            cooldown,
            aggregation,
            upward,
            absolute,
            threshold,
            widths,
            adjustments,
            period,
            evaluation_periods,
            treat_missing_data,
            ok_actions,
        }
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (0..5u8, 0..20u8).prop_map(|(min, more)| Change::Register { min, more }),
        2 => any::<bool>().prop_map(Change::Suspend),
        2 => (0..3u8).prop_map(Change::PutPolicy),
        2 => (0..3u8).prop_map(Change::DeletePolicy),
        2 => (0..3u8).prop_map(Change::PutAlarm),
        2 => (0..3u8).prop_map(Change::DeleteAlarm),
        1 => Just(Change::Deregister),
        1 => Just(Change::Schedule),
        2 => (0..30u8).prop_map(Change::SetDesired),
        1 => Just(Change::TagOwner),
        1 => Just(Change::Brake),
        1 => Just(Change::LoseTags),
        1 => Just(Change::LoseArn),
        1 => Just(Change::DeleteService),
    ]
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let bounds = prop_oneof![
        (0..5u8).prop_map(|min| (Some(min), None)),
        (0..20u8).prop_map(|max| (None, Some(max))),
        (0..5u8, 0..20u8).prop_map(|(min, more)| (Some(min), Some(more))),
    ];
    (9..15u8, bounds).prop_map(|(hour, (min, more))| Schedule { hour, min, more })
}

fn pair() -> impl Strategy<Value = Pair> {
    let lists = (vec(policy(), 0..3), vec(schedule(), 0..3));
    let object = (0..5u8, 0..20u8, any::<[Option<bool>; 3]>(), any::<(bool, bool)>(), lists);
    let object = object.prop_map(|(min, more, suspended, (adopts, allows_moves), (policies, schedules))| Object {
        min,
        more,
        suspended,
        adopts,
        allows_moves,
        policies,
        schedules,
    });
    let before = (option::of(0..4usize), any::<bool>());
    (object, 0..10u8, before, vec(change(), 0..4)).prop_map(|(object, running, (before, edited), changes)| Pair {
        object,
        running,
        before,
        edited,
        changes,
    })
}

impl Policy {
    /// Bounds by distance from the threshold, in tenths; `None` is open.
    fn steps(&self) -> Vec<(u16, Option<u16>, u8)> {
        let mut steps = Vec::new();
        let mut from = 0;
        for (width, adjustment) in self.widths.iter().zip(&self.adjustments) {
            steps.push((from, Some(from + width), *adjustment));
            from += width;
        }
        steps.push((from, None, self.adjustments[5]));
        steps
    }

    fn write(&self, yaml: &mut String, service: usize, index: usize) {
        let tenths =
            |value: i32| format!("{}{}.{}", if value < 0 { "-" } else { "" }, value.abs() / 10, value.abs() % 10);
        let origin = if self.absolute { i32::from(self.threshold) } else { 0 };
        let at = |distance: u16| tenths(origin + if self.upward { i32::from(distance) } else { -i32::from(distance) });
        let names = match self.absolute {
            true => ["steps", "lower", "upper", "adjustment"],
            false => ["stepAdjustments", "metricIntervalLowerBound", "metricIntervalUpperBound", "scalingAdjustment"],
        };
        let near_far = if self.upward { [names[1], names[2]] } else { [names[2], names[1]] };
        let operator = if self.upward { "GreaterThanOrEqualToThreshold" } else { "LessThanOrEqualToThreshold" };
        writeln!(yaml, "  - policyName: p{index}\n    adjustmentType: {}", self.adjustment_type).unwrap();
        for (name, value) in [
            ("cooldown", self.cooldown.map(|cooldown| cooldown.to_string())),
            ("metricAggregationType", self.aggregation.map(str::to_owned)),
        ] {
            value.iter().for_each(|value| writeln!(yaml, "    {name}: {value}").unwrap());
        }
        writeln!(yaml, "    {}:", names[0]).unwrap();
        for (near, far, adjustment) in self.steps() {
            let far = far.map(|far| format!(", {}: {}", near_far[1], at(far))).unwrap_or_default();
            let near = at(near);
            writeln!(yaml, "    - {{{}: {near}{far}, {}: {adjustment}}}", near_far[0], names[3]).unwrap();
        }
        writeln!(
            yaml,
            "    alarm:\n      alarmName: s{service}-a{index}\n      metricName: CPUUtilization\n      threshold: {}\n      \
             comparisonOperator: {operator}\n      period: {}\n      evaluationPeriods: {}",
            tenths(self.threshold.into()),
            self.period,
            self.evaluation_periods
        )
        .unwrap();
        let ok = self.ok_actions.map(|some| if some { format!("[{TOPIC}]") } else { "[]".to_owned() });
        for (name, value) in [("okActions", ok), ("treatMissingData", self.treat_missing_data.map(str::to_owned))] {
            value.iter().for_each(|value| writeln!(yaml, "      {name}: {value}").unwrap());
        }
    }
}

impl Schedule {
    fn write(&self, yaml: &mut String, index: usize) {
        let max = self.more.map(|more| self.min.unwrap_or_default() + more);
        let bounds = [("minCapacity", self.min), ("maxCapacity", max)];
        let set: Vec<String> =
            bounds.iter().filter_map(|(name, bound)| Some(format!("{name}: {}", (*bound)?))).collect();
        writeln!(
            yaml,
            "  - scheduledActionName: t{index}\n    schedule: cron(3{index} {} * * ? *)\n    scalableTargetAction: {{{}}}",
            self.hour,
            set.join(", ")
        )
        .unwrap();
    }
}

const TOPIC: &str = "arn:aws:sns:ap-northeast-2:111122223333:topic";

impl Object {
    fn write(&self, yaml: &mut String, service: usize) {
        writeln!(
            yaml,
            "---\napiVersion: ecs-scaling.dev/v1alpha1\nkind: ServiceScaling\nmetadata: {{name: s{service}}}\nspec:\n  \
             region: ap-northeast-2\n  cluster: B\n  service: s{service}\n  minCapacity: {}\n  maxCapacity: {}\n  \
             adoption: {}\n  allowCapacityMove: {}",
            self.min,
            self.min + self.more,
            if self.adopts { "Unowned" } else { "Never" },
            self.allows_moves
        )
        .unwrap();
        let flags = ["dynamicScalingInSuspended", "dynamicScalingOutSuspended", "scheduledScalingSuspended"];
        let set = flags.iter().zip(self.suspended).filter_map(|(flag, set)| Some(format!("{flag}: {}", set?)));
        let set: Vec<String> = set.collect();
        if !set.is_empty() {
            writeln!(yaml, "  suspendedState: {{{}}}", set.join(", ")).unwrap();
        }
        if !self.policies.is_empty() {
            writeln!(yaml, "  stepScaling:").unwrap();
        }
        for (index, policy) in self.policies.iter().enumerate() {
            policy.write(yaml, service, index);
        }
        if !self.schedules.is_empty() {
            writeln!(yaml, "  scheduledActions:").unwrap();
        }
        for (index, schedule) in self.schedules.iter().enumerate() {
            schedule.write(yaml, index);
        }
    }
}

impl Change {
    /// Makes the change, as far as AWS takes it.
    fn make(&self, bench: &Bench, service: usize) {
        let autoscaling = AwsService::ApplicationAutoScaling;
        let name = format!("s{service}");
        let on = |more| {
            let target = json!({
                "ServiceNamespace": "ecs", "ResourceId": format!("service/B/{name}"),
                "ScalableDimension": "ecs:service:DesiredCount"
            });
            merged(target, more)
        };
        let call = |service, operation: &str, input| {
            let now = bench.world.now();
            let _ = bench.world.world().call_as_admin(&home(), service, operation, input, now); // refused is no change
        };
        match self {
            Self::Register { min, more } => {
                let range = json!({"MinCapacity": min, "MaxCapacity": min + more});
                call(autoscaling, "RegisterScalableTarget", on(range));
            }
            Self::Suspend(set) => {
                let suspended = json!({"SuspendedState": {"DynamicScalingOutSuspended": set}});
                call(autoscaling, "RegisterScalableTarget", on(suspended));
            }
            Self::PutPolicy(index) => {
                let config = json!({
                    "AdjustmentType": "ChangeInCapacity",
                    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]
                });
                let policy = json!({
                    "PolicyName": format!("p{index}"), "PolicyType": "StepScaling",
                    "StepScalingPolicyConfiguration": config
                });
                call(autoscaling, "PutScalingPolicy", on(policy));
            }
            Self::DeletePolicy(index) => {
                call(autoscaling, "DeleteScalingPolicy", on(json!({"PolicyName": format!("p{index}")})));
            }
            Self::PutAlarm(index) => {
                let alarm = json!({
                    "AlarmName": format!("{name}-a{index}"), "Namespace": "AWS/ECS", "MetricName": "CPUUtilization",
                    "Statistic": "Maximum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0,
                    "ComparisonOperator": "LessThanThreshold", "AlarmActions": [TOPIC]
                });
                call(AwsService::CloudWatch, "PutMetricAlarm", alarm);
            }
            Self::DeleteAlarm(index) => {
                call(AwsService::CloudWatch, "DeleteAlarms", json!({"AlarmNames": [format!("{name}-a{index}")]}));
            }
            Self::Deregister => call(autoscaling, "DeregisterScalableTarget", on(json!({}))),
            Self::Schedule => {
                let action = json!({"MinCapacity": 1});
                let schedule = json!({
                    "ScheduledActionName": "night", "Schedule": "cron(0 22 ? * MON *)", "ScalableTargetAction": action
                });
                call(autoscaling, "PutScheduledAction", on(schedule));
            }
            Self::SetDesired(count) => {
                let count = json!({"cluster": "B", "service": name, "desiredCount": count});
                call(AwsService::Ecs, "UpdateService", count);
            }
            Self::DeleteService => {
                call(AwsService::Ecs, "DeleteService", json!({"cluster": "B", "service": name, "force": true}));
            }
            Self::TagOwner | Self::Brake | Self::LoseTags | Self::LoseArn => self.make_to_target(bench, &name),
        }
    }

    fn make_to_target(&self, bench: &Bench, name: &str) {
        let mut world = bench.world.world();
        let id = ecs_scaling::model::names::ServiceId::new("B", name);
        let Some(target) = world.cloud.scope_mut(&home()).targets.get_mut(&id) else { return };
        match self {
            Self::TagOwner => drop(target.tags.insert("ecs-scaling.dev/owner".into(), "another".into())),
            Self::Brake => drop(target.tags.insert("ecs-scaling.dev/mode".into(), "Observe".into())),
            Self::LoseTags => target.tags.clear(),
            _ => target.arn = None,
        }
    }
}

/// The objects as YAML; as they were before, or as they are.
fn objects(pairs: &[Pair], before: bool) -> String {
    let mut yaml = String::new();
    for (service, pair) in pairs.iter().enumerate() {
        let mut object = pair.object.clone();
        match pair.before {
            Some(policies) if before => object.policies.truncate(policies),
            None if before => continue,
            _ => {}
        }
        if before && pair.edited {
            (object.min, object.more) = (object.min + 1, object.more + 1);
        }
        object.write(&mut yaml, service);
    }
    yaml
}

/// One world: what was there before, some hours in which schedules run, what others did, and then two rounds of a controller that has just started.
async fn converges(pairs: &[Pair], hours: u64) -> Result<(), TestCaseError> {
    let bench = Bench::new().await;
    for (service, pair) in pairs.iter().enumerate() {
        let seed = ServiceSeed::new(&format!("s{service}"), pair.running.into());
        bench.world.world().add_service(&home(), "B", &seed, bench.clock.now());
    }
    bench.round(&mut bench.session(&objects(pairs, true)).await).await;
    bench.sleep(hours * 3600).await;
    for (service, pair) in pairs.iter().enumerate() {
        pair.changes.iter().for_each(|change| change.make(&bench, service));
    }
    bench.sleep(60).await;
    let mut session = bench.session(&objects(pairs, false)).await;
    bench.round(&mut session).await;
    bench.sleep(120).await;
    let writes = bench.writes();
    let results = bench.round(&mut session).await;
    prop_assert_eq!(bench.written_since(writes), Vec::<String>::new());
    prop_assert_eq!(results.len(), pairs.len());
    prop_assert!(results.values().any(|passed| passed.kept.status.is_ready()), "not everything can be withheld");
    for (key, passed) in results {
        let plan = passed.plan.expect("a plan");
        prop_assert!(plan.actions.is_empty() && plan.lookups.is_empty(), "{key}: {plan:#?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: WORLDS, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_carried_out_leaves_nothing_to_plan(pairs in vec(pair(), PAIRS), hours in 0..4u64) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(converges(&pairs, hours))?;
    }
}
