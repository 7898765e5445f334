//! Each doubt on an object that is otherwise fine, and none on one that is fine.

use super::lint::{Doubt, doubts};
use super::*;

const IN: [Step; 1] = [(None, Some(0), -1)];

fn sound() -> Stage {
    let low = periods(alarm(AtMost, 10), 60, 15, 15);
    Stage::new(4, 2, 20).policy("out", ChangeInCapacity, 300, &FOUNDING, alarm(AtLeast, 30)).policy(
        "in",
        ChangeInCapacity,
        300,
        &IN,
        low,
    )
}

fn said(stage: &Stage) -> Vec<String> {
    doubts(&stage.subject).into_iter().map(|Doubt { message, hint, .. }| format!("{message} → {hint}")).collect()
}

/// The one doubt begins and ends so.
fn expect(stage: &Stage, begins: &str, hint: &str) {
    let said = said(stage);
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].starts_with(begins) && said[0].ends_with(hint), "{said:#?}");
}

fn with_scale_in(threshold: i32, needed: i32) -> Stage {
    let mut stage = sound();
    stage.subject.policies[1].alarms[0].config = periods(alarm(AtMost, threshold), 60, needed, needed);
    stage
}

#[test]
fn a_sound_object_raises_none() {
    assert_eq!(said(&sound()), [""; 0]);
    assert_eq!(said(&sound().tracking("memory", "ECSServiceAverageMemoryUtilization", 60)), [""; 0]);
}

#[test]
fn policies_that_fire_at_one_value_fight() {
    expect(
        &with_scale_in(35, 15),
        "`out` adds tasks at ≥ 30, and `in` takes them away at ≤ 35: at 30 both fire, and one undoes the other",
        "let `in` begin well below 30",
    );
    // Target tracking scales in below 45, and the step policy out from 30 on.
    let mut both = sound().tracking("cpu", "ECSServiceAverageCPUUtilization", 50);
    both.subject.policies.remove(1);
    expect(
        &both,
        "`out` adds tasks at ≥ 30, and `cpu` takes them away at < 45: at 30 both fire",
        "keep one of the two, or set disableScaleIn on `cpu`",
    );
}

#[test]
fn a_scale_in_that_makes_scale_out_fire_is_a_fight() {
    expect(
        &with_scale_in(24, 15),
        "at 3 tasks and 24, `in` leaves 2, which makes it 36: there `out` adds tasks again",
        "lower this threshold below 20, or take fewer tasks away at once",
    );
    assert_eq!(said(&with_scale_in(19, 15)), [""; 0]);
}

#[test]
fn scale_in_is_not_to_be_faster_than_scale_out() {
    let mut stage = sound();
    stage.subject.policies[0].alarms[0].config = periods(alarm(AtLeast, 30), 60, 5, 5);
    stage.subject.policies[1].alarms[0].config = periods(alarm(AtMost, 10), 60, 2, 2);
    expect(
        &stage,
        "`in` takes tasks away after 120 s, and `out` adds them only after 300 s",
        "write `evaluationPeriods: 5` or more, and let scale-in be the slower of the two",
    );
}

#[test]
fn a_cooldown_is_not_shorter_than_the_metrics_period() {
    let mut stage = sound();
    stage.subject.policies[0].alarms[0].config = periods(alarm(AtLeast, 30), 900, 1, 1);
    expect(
        &stage,
        "the cooldown of 300 s is shorter than the metric's period of 900 s",
        "the time that a task takes to start",
    );
    let exact = Stage::new(4, 2, 20).policy("out", ExactCapacity, 0, &[(Some(0), None, 6)], alarm(AtLeast, 30));
    assert_eq!(said(&exact), [""; 0], "the same count twice is the same count");
}

#[test]
fn a_step_beyond_max_is_never_taken_whole() {
    let jump = |kind, by| Stage::new(4, 2, 20).policy("out", kind, 300, &[(Some(0), None, by)], alarm(AtLeast, 30));
    expect(
        &jump(ChangeInCapacity, 25),
        "the step of +25 leads from minCapacity 2 to 27, beyond maxCapacity 20",
        "write 18 or less, or raise maxCapacity",
    );
    expect(
        &jump(PercentChangeInCapacity, 1000),
        "the step of +1000 % leads",
        "write 900 or less, or raise maxCapacity",
    );
    expect(
        &jump(ExactCapacity, 21),
        "the step of 21 leads from minCapacity 2 to 21",
        "write 20 or less, or raise maxCapacity",
    );
    assert_eq!(said(&jump(ChangeInCapacity, 18)), [""; 0]);
}

#[test]
fn an_alarm_that_cannot_fire_is_found_by_playing_it() {
    let mut below = with_scale_in(-1, 15);
    expect(&below, "`in-alarm` never fires: CPUUtilization is never ≤ -1", "write a threshold above 0");
    below.subject.policies[1].alarms[0].config = periods(alarm(Below, 0), 60, 15, 15);
    expect(&below, "`in-alarm` never fires: CPUUtilization is never < 0", "write a threshold above 0");
    let fine = |needed, treat_missing_data| {
        let mut stage = sound();
        let config = periods(alarm(AtLeast, 30), 10, needed, 3);
        stage.subject.policies[0].alarms[0].config = AlarmConfig { treat_missing_data, ..config };
        stage
    };
    expect(
        &fine(3, TreatMissingData::NotBreaching),
        "`out-alarm` never fires: the metric has a datapoint a minute, so that of 3 periods of 10 s too few have one",
        "write `period: 60`, or leave treatMissingData out",
    );
    assert_eq!(said(&fine(1, TreatMissingData::NotBreaching)), [""; 0]);
}
