//! The words, as a person reads them.

use jiff::Timestamp;

use super::*;
use crate::api::load::{SourceFile, load};
use crate::api::status::FiringStatus;
use crate::model::alarm::{AlarmActions, AlarmState};
use crate::model::capacity::SuspendedState;
use crate::model::observed::{Alarm, Read, ScalableTarget, Service};

const HEAD: &str = "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {name: api}
spec:
  cluster: A
  service: api
  minCapacity: 2
  maxCapacity: 20
";

/// What AWS holds once an object is in place.
fn in_place(spec: &str) -> ObservedTarget {
    let bytes = format!("{HEAD}{spec}").into_bytes();
    let loaded = load(&[SourceFile { path: "a.yaml".into(), bytes }]);
    let found = loaded.desired.services.into_values().next();
    let object = found.unwrap_or_else(|| panic!("{:#?}", loaded.findings));
    let arn = |name: &str| format!("arn:{name}");
    let alarms = object.policies.iter().flat_map(|policy| {
        policy.alarms.iter().map(move |alarm| {
            let actions = AlarmActions { alarm: [arn(policy.name.as_str())].into(), ..AlarmActions::default() };
            let (config, state) = (Ok(alarm.config.clone()), AlarmState::Ok);
            let alarm = (alarm.name.clone(), Alarm { arn: String::new(), config, actions, state, reading: None });
            (alarm.0, Read::Known(Some(alarm.1)))
        })
    });
    let policies = object.policies.iter().map(|policy| ScalingPolicy {
        name: policy.name.clone(),
        arn: arn(policy.name.as_str()),
        config: Ok(policy.config.clone()),
        alarms: vec![],
    });
    let target = ScalableTarget { arn: None, range: object.range, suspended: SuspendedState::default() };
    let service = Service {
        arn: String::new(),
        status: "ACTIVE".into(),
        desired_count: 2,
        running_count: 2,
        pending_count: 0,
        daemon: false,
        code_deploy: false,
        deploying: false,
        target_groups: vec![],
    };
    ObservedTarget {
        others: Default::default(),
        read_at: Timestamp::UNIX_EPOCH,
        service: Read::Known(Some(service)),
        target: Read::Known(Some(target)),
        policies: Read::Known(policies.collect()),
        scheduled_actions: Read::Known(vec![]),
        alarms: alarms.collect(),
    }
}

/// A step policy that one alarm on CPU fires.
fn step(name: &str, threshold: i32, comparison: &str, cooldown: i32, steps: &str) -> String {
    format!(
        "  - policyName: {name}
    adjustmentType: ChangeInCapacity
    cooldown: {cooldown}
    alarm: {{alarmName: {name}-alarm, metricName: CPUUtilization, statistic: Average, period: 60, evaluationPeriods: 1,
      threshold: {threshold}, comparisonOperator: {comparison}}}
    steps: [{steps}]
"
    )
}

fn both_ways() -> String {
    let out = step(
        "out",
        60,
        "GreaterThanOrEqualToThreshold",
        120,
        "{lower: 60, upper: 80, adjustment: 1}, {lower: 80, adjustment: 3}",
    );
    out + &step("in", 20, "LessThanOrEqualToThreshold", 300, "{upper: 20, adjustment: -1}")
}

fn tracked(name: &str, metric: &str, more: &str) -> String {
    format!(
        "  - {{policyName: {name}, targetValue: 60, {more}predefinedMetricSpecification: {{predefinedMetricType: \
         ECSServiceAverage{metric}Utilization}}}}\n"
    )
}

fn said(observed: &ObservedTarget) -> Vec<String> {
    together(observed, None)
}

fn lines(observed: &ObservedTarget) -> Vec<String> {
    let all = policies(observed).into_iter();
    all.flat_map(|policy| [vec![format!("{} {}", policy.policy_name, policy.does)], policy.steps].concat()).collect()
}

// cdk#10141: the effective steps, in values of the metric and as AWS takes them.
#[test]
fn each_policy_says_what_fires_it_and_its_steps_both_ways() {
    let tracked = tracked("memory", "Memory", "");
    let observed = in_place(&format!("  stepScaling:\n{}  targetTracking:\n{tracked}", both_ways()));
    assert_eq!(
        lines(&observed),
        [
            "out scales by steps when out-alarm (CPUUtilization ≥ 60, 1 of 1 period of 60 s) fires; cooldown 120 s",
            "60 to 80 (threshold +0 to +20): +1 task",
            "80 to +∞ (threshold +20 to +∞): +3 tasks",
            "in scales by steps when in-alarm (CPUUtilization ≤ 20, 1 of 1 period of 60 s) fires; cooldown 300 s",
            "-∞ to 20 (threshold -∞ to +0): -1 task",
            "memory keeps ECSServiceAverageMemoryUtilization near 60; cooldown out 300 s, in 300 s",
        ]
    );
}

#[test]
fn steps_both_ways_say_their_cooldowns() {
    assert_eq!(
        said(&in_place(&format!("  stepScaling:\n{}", both_ways()))),
        [
            "Policies move the task count between 2 and 20.",
            "For 120 s after a scale-out by steps, a larger step adds only what it is larger by, and no step takes tasks \
             away. For 300 s after a scale-in by steps, no step takes more away; a scale-out does not wait.",
        ]
    );
}

// The founding example has no way back.
#[test]
fn a_way_that_no_policy_goes_is_said() {
    let out = step("out", 60, "GreaterThanOrEqualToThreshold", 0, "{lower: 60, adjustment: 1}");
    let grows = said(&in_place(&format!("  stepScaling:\n{out}")));
    assert_eq!(grows[1..], ["In: no policy takes tasks away. The task count only grows."]);
    let scale_in = step("in", 20, "LessThanOrEqualToThreshold", 0, "{upper: 20, adjustment: -1}");
    let shrinks = said(&in_place(&format!("  stepScaling:\n{scale_in}")));
    assert_eq!(shrinks[1..], ["Out: no policy adds tasks."]);
}

// cop#4298
#[test]
fn several_policies_say_who_wins_and_who_must_agree() {
    let two_in = both_ways() + &step("in-fast", 10, "LessThanOrEqualToThreshold", 300, "{upper: 10, adjustment: -2}");
    let tracking = tracked("cpu", "CPU", "") + &tracked("memory", "Memory", "");
    let all = said(&in_place(&format!("  stepScaling:\n{two_in}  targetTracking:\n{tracking}")));
    assert_eq!(
        all[1..5],
        [
            "Out: the largest task count that any policy asks for wins.",
            "In: where several of in, in-fast fire, the one that leaves the most tasks wins.",
            "In: target tracking takes tasks away only when all of these agree: cpu, memory.",
            "in, in-fast may take tasks away while target tracking would keep them.",
        ]
    );
    let keeps = tracked("cpu", "CPU", "disableScaleIn: true, ") + &tracked("memory", "Memory", "");
    assert_eq!(
        said(&in_place(&format!("  targetTracking:\n{keeps}")))[2..],
        ["In: target tracking takes tasks away when memory asks for it. cpu never takes tasks away."]
    );
    let alone = said(&in_place(&format!("  targetTracking:\n{}", tracked("cpu", "CPU", ""))));
    assert_eq!(alone, ["Policies move the task count between 2 and 20."]);
}

// S-006, S-017, S-083
#[test]
fn what_is_so_now_is_said_too() {
    let mut observed = in_place(&format!("  stepScaling:\n{}", both_ways()));
    let Read::Known(Some(target)) = &mut observed.target else { panic!() };
    target.suspended.dynamic_scaling_in_suspended = true;
    target.range = crate::model::capacity::CapacityRange::new(0, 5).unwrap();
    let Read::Known(Some(service)) = &mut observed.service else { panic!() };
    service.deploying = true;
    let next = FiringStatus {
        scheduled_action_name: "day".into(),
        time: Timestamp::UNIX_EPOCH,
        local_time: "2026-03-02 08:00:00 Asia/Seoul".into(),
        min_capacity: Some(10),
        max_capacity: Some(40),
    };
    let schedule = ScheduleStatus { last: None, next: Some(next), min_set_by: None, max_set_by: None };
    assert_eq!(
        together(&observed, Some(&schedule))[2..],
        [
            "Suspended: policies take no tasks away.",
            "At 0 tasks no policy starts the service again: every metric here comes from its tasks.",
            "A deployment is under way: until it is done no task is taken away, and tasks may be added.",
            "Next, at 2026-03-02 08:00:00 Asia/Seoul, day sets min 10 and max 40, whatever a cooldown says.",
        ]
    );
}

#[test]
fn without_policies_there_is_nothing_to_say() {
    assert_eq!(said(&in_place("")), [""; 0]);
    let mut fixed = in_place(&format!("  targetTracking:\n{}", tracked("cpu", "CPU", "")));
    let Read::Known(Some(target)) = &mut fixed.target else { panic!() };
    target.range = crate::model::capacity::CapacityRange::new(3, 3).unwrap();
    assert_eq!(said(&fixed), ["Min and max are both 3: no policy changes the task count."]);
    fixed.target = Read::Known(None);
    assert_eq!(said(&fixed), [""; 0]);
}
