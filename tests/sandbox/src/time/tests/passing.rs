//! Time passes: in one jump or in many steps, with schedules on the way.

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Stage, founding};

// S-045
#[test]
fn a_schedule_changes_min_and_max_for_good() {
    let mut stage = Stage::new(4, 2, 20);
    let mut put = |name: &str, schedule: &str, action: Json| {
        let input = json!({ "ScheduledActionName": name, "Schedule": schedule, "ScalableTargetAction": action });
        stage.on_target("PutScheduledAction", input);
    };
    put("day", "at(2026-11-25T10:10:00)", json!({ "MinCapacity": 6 }));
    put("night", "cron(30 10 * * ? *)", json!({ "MinCapacity": 0, "MaxCapacity": 3 }));
    stage.wait(599);
    assert_eq!(stage.desired(), 4);
    stage.wait(1);
    assert_eq!(stage.desired(), 6);
    stage.wait(1200);
    let range = stage.world.target(&stage.scope, &stage.id).unwrap().range;
    assert_eq!((range.min(), range.max(), stage.desired()), (0, 3, 3));
    let causes = [
        "scheduled action name day was triggered",
        "minimum capacity was set to 6",
        "scheduled action name night was triggered",
        "maximum capacity was set to 3",
    ];
    assert_eq!(stage.causes(), causes);
    let day = &stage.world.cloud.scope(&stage.scope).activities[0];
    assert_eq!(
        (day.bounds, stage.world.cloud.scope(&stage.scope).last_activity(&stage.id).unwrap().capacity),
        (Some((Some(6), None)), (6, 3))
    );
}

// S-044
#[test]
fn a_recurring_action_runs_at_its_start_as_well() {
    let mut stage = Stage::new(4, 2, 20);
    let input = json!({
        "ScheduledActionName": "evening", "Schedule": "cron(0 18 * * ? *)", "ScalableTargetAction": { "MinCapacity": 6 },
        "StartTime": "2026-11-25T10:10:00Z".parse::<jiff::Timestamp>().unwrap().as_second()
    });
    stage.on_target("PutScheduledAction", input);
    stage.wait(599);
    assert_eq!(stage.desired(), 4);
    stage.wait(1);
    assert_eq!(stage.desired(), 6);
}

// S-046
#[test]
fn a_minimum_above_the_maximum_changes_nothing_and_both_sent_do() {
    let mut stage = Stage::new(4, 2, 20);
    let mut put = |name: &str, schedule: &str, action: Json| {
        let input = json!({ "ScheduledActionName": name, "Schedule": schedule, "ScalableTargetAction": action });
        stage.on_target("PutScheduledAction", input);
    };
    put("alone", "at(2026-11-25T10:10:00)", json!({ "MinCapacity": 30 }));
    put("both", "at(2026-11-25T10:20:00)", json!({ "MinCapacity": 30, "MaxCapacity": 40 }));
    let range = |stage: &Stage| stage.world.target(&stage.scope, &stage.id).unwrap().range;
    stage.wait(900);
    assert_eq!((range(&stage).min(), range(&stage).max()), (2, 20));
    stage.wait(900);
    assert_eq!((range(&stage).min(), range(&stage).max()), (30, 40));
}

proptest! {
    // Whatever load comes and however time is cut: the count stays in the range, tasks follow, and only time counts.
    #[test]
    fn counts_stay_in_the_range_and_only_time_counts(
        loads in proptest::collection::vec((0..2000u32, 1..900i64), 1..8), cut in 1..120i64,
    ) {
        let (mut jumping, mut stepping) = (both_ways(), both_ways());
        for (cpu, seconds) in loads {
            jumping.load(cpu.into());
            stepping.load(cpu.into());
            jumping.wait(seconds);
            let end = stepping.now + SignedDuration::from_secs(seconds);
            while stepping.now < end {
                stepping.wait(cut.min(end.duration_since(stepping.now).as_secs()));
                prop_assert!((2..=20).contains(&stepping.desired()));
            }
            prop_assert_eq!((jumping.desired(), jumping.running()), (stepping.desired(), stepping.running()));
        }
        prop_assert_eq!(jumping.causes(), stepping.causes());
    }
}

/// Scales out above 30 % and in below 10 %.
fn both_ways() -> Stage {
    let mut stage = founding(4, 120);
    let arn = stage.policy("in", "ChangeInCapacity", 120, &[(None, Some(0.0), -1)]);
    stage.alarm("low", "LessThanThreshold", 10, &arn, json!({}));
    stage
}

#[test]
fn a_jump_of_hours_gives_what_waiting_gives() {
    let play = |jumps: &[i64]| {
        let mut stage = founding(4, 300);
        stage.load(400.0);
        jumps.iter().for_each(|seconds| stage.wait(*seconds));
        let activities = &stage.world.cloud.scope(&stage.scope).activities;
        activities.iter().map(|activity| (activity.at, activity.capacity)).collect::<Vec<_>>()
    };
    let waited = play(&[7; 2058]);
    assert_eq!(play(&[14_406]), waited);
    assert!(waited.len() > 2, "{waited:?}");
}

#[test]
fn time_never_goes_back() {
    let mut stage = founding(4, 0);
    stage.minute_of(90.0);
    let desired = stage.desired();
    stage.world.advance(stage.now - SignedDuration::from_hours(1));
    stage.world.advance(stage.now);
    assert_eq!(stage.desired(), desired);
}

#[test]
fn a_jump_of_decades_does_not_stop_the_world() {
    let mut stage = founding(4, 300);
    stage.load(400.0);
    stage.wait(1_000_000_000);
    assert_eq!(stage.desired(), 14);
}
