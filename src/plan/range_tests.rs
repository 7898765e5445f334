use super::*;
use crate::model::names::ScheduledActionName;
use crate::model::observed::Run;
use crate::model::scheduled_action::ScheduledActionConfig;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn range(min: i32, max: i32) -> CapacityRange {
    CapacityRange::new(min, max).unwrap()
}

fn action(name: &str, schedule: &str, min: Option<i32>, max: Option<i32>) -> ScheduledAction {
    let config = ScheduledActionConfig {
        schedule: schedule.to_owned(),
        timezone: "UTC".to_owned(),
        start_time: None,
        end_time: None,
        min_capacity: min,
        max_capacity: max,
    };
    let (name, created) = (ScheduledActionName::new(name), at("2026-01-01T00:00:00Z"));
    ScheduledAction { name, arn: None, config, created }
}

/// By day 10 to 40, by night 1 to 5.
fn day_and_night() -> Vec<ScheduledAction> {
    vec![
        action("day", "cron(0 8 * * ? *)", Some(10), Some(40)),
        action("night", "cron(0 20 * * ? *)", Some(1), Some(5)),
    ]
}

fn applied(text: &str) -> Option<Applied> {
    Some(Applied::parse(text).unwrap())
}

const NOON: &str = "2026-03-02T12:00:00Z";

fn decide_at(
    now: &str,
    applied: Option<Applied>,
    schedules: &[ScheduledAction],
    observed: (i32, i32),
    history: Option<&History>,
) -> Decision {
    let (min, max) = observed;
    decide(Situation { spec: range(2, 20), applied, schedules, history, observed: range(min, max), now: at(now) })
}

fn history(runs: &[(&str, &str, i32, i32)], observed: (i32, i32)) -> History {
    let run = |(name, time, min, max): &(&str, &str, i32, i32)| Run {
        name: ScheduledActionName::new(*name),
        at: at(time),
        min: Some(*min),
        max: Some(*max),
    };
    History {
        runs: runs.iter().map(run).collect(),
        since: at("2026-01-20T12:00:00Z"),
        read_at: at(NOON),
        range: range(observed.0, observed.1),
    }
}

// The table at the head of the module, line by line; the spec is 2 to 20.
#[test]
fn the_table_holds() {
    let schedules = day_and_night();
    let wait = Decision::Unsure(Reason::AwaitingRead, "a scheduled action fires about now, and AWS may show it late");
    type Row = (&'static str, &'static str, &'static str, (i32, i32), Decision);
    let rows: Vec<Row> = vec![
        ("the spec's", NOON, "2-20", (2, 20), Decision::Keep),
        ("the spec's, after an edit that is only to be noted", NOON, "4-20", (2, 20), Decision::Keep),
        ("an edit of min inside a window", NOON, "4-20", (10, 40), Decision::Apply(range(2, 40))),
        ("an edit of both inside a window", NOON, "4-30", (10, 40), Decision::Apply(range(2, 20))),
        ("an edit of max inside a window", NOON, "2-30", (10, 40), Decision::Apply(range(10, 20))),
        ("an edit that is applied already", NOON, "2-20 2026-03-02T11:00:00Z", (2, 40), Decision::Keep),
        ("the window's", NOON, "2-20", (10, 40), Decision::Keep),
        ("the window's min and the spec's max", NOON, "2-20", (10, 20), Decision::Keep),
        ("the former window's, right after a firing", "2026-03-02T08:01:59Z", "2-20", (1, 5), Decision::Keep),
        ("the former window's, later", "2026-03-02T08:02:01Z", "2-20", (1, 5), Decision::ReadHistory),
        ("something else, right after a firing", "2026-03-02T08:01:00Z", "2-20", (3, 7), wait.clone()),
        ("something else, right before a firing", "2026-03-02T07:59:30Z", "2-20", (3, 7), wait),
        ("something else", NOON, "2-20", (3, 7), Decision::ReadHistory),
        ("only max is something else", NOON, "2-20", (10, 33), Decision::ReadHistory),
    ];
    for (what, now, tag, observed, expected) in rows {
        assert_eq!(decide_at(now, applied(tag), &schedules, observed, None), expected, "{what}");
    }
}

#[test]
fn the_record_outranks_our_reckoning() {
    let schedules = day_and_night();
    // By our reckoning the day rules; by AWS's record the night does, as the day did not run.
    let record = history(&[("night", "2026-03-01T20:00:05Z", 1, 5)], (1, 5));
    assert_eq!(decide_at(NOON, applied("2-20"), &schedules, (1, 5), Some(&record)), Decision::Keep);
    // The values of the day were edited after it ran.
    let record = history(&[("day", "2026-03-02T08:00:05Z", 9, 30)], (9, 30));
    assert_eq!(decide_at(NOON, applied("2-20"), &schedules, (9, 30), Some(&record)), Decision::Keep);
    // An action that is gone ran last.
    let record = history(&[("gone", "2026-03-02T09:00:05Z", 6, 6)], (6, 6));
    assert_eq!(decide_at(NOON, applied("2-20"), &schedules, (6, 6), Some(&record)), Decision::Keep);
}

#[test]
fn what_nothing_explains_is_put_back_to_what_was_set_last() {
    let schedules = day_and_night();
    let record = history(&[("day", "2026-03-02T08:00:05Z", 10, 40)], (3, 7));
    let decide = |tag| decide_at(NOON, applied(tag), &schedules, (3, 7), Some(&record));
    assert_eq!(decide("2-20"), Decision::Correct(range(10, 40)));
    assert_eq!(decide("2-20 2026-03-02T11:00:00Z"), Decision::Correct(range(2, 20)), "the edit came after the run");
    assert_eq!(decide("2-20 2026-03-02T07:00:00Z"), Decision::Correct(range(10, 40)));
    // Nothing ran at all: the schedules are suspended, say.
    let nothing = history(&[], (3, 7));
    let decision = decide_at(NOON, applied("2-20"), &schedules, (3, 7), Some(&nothing));
    assert_eq!(decision, Decision::Correct(range(2, 20)));
    // The record does not reach back to the firing, which counts then.
    let short = History { since: at("2026-03-02T11:00:00Z"), ..history(&[], (3, 7)) };
    let decision = decide_at(NOON, applied("2-20"), &schedules, (3, 7), Some(&short));
    assert_eq!(decision, Decision::Correct(range(10, 40)));
}

#[test]
fn a_record_serves_one_range_and_the_time_up_to_the_next_firing() {
    let schedules = day_and_night();
    let record = history(&[("day", "2026-03-02T08:00:05Z", 10, 40)], (3, 7));
    let of_another = decide_at(NOON, applied("2-20"), &schedules, (4, 7), Some(&record));
    assert_eq!(of_another, Decision::ReadHistory);
    let after_the_next = decide_at("2026-03-02T20:05:00Z", applied("2-20"), &schedules, (3, 7), Some(&record));
    assert_eq!(after_the_next, Decision::ReadHistory);
}

#[test]
fn beside_a_schedule_that_cannot_be_read_nothing_is_put_back() {
    let mut schedules = day_and_night();
    schedules.push(action("old", "cron(0 8 ? * 2 *)", Some(3), None));
    let record = history(&[("day", "2026-03-02T08:00:05Z", 10, 40)], (3, 7));
    let decision = decide_at(NOON, applied("2-20"), &schedules, (3, 7), Some(&record));
    assert!(matches!(decision, Decision::Unsure(Reason::TargetHasSchedules, _)), "{decision:?}");
    let record = history(&[("old", "2026-03-02T08:00:05Z", 3, 7)], (3, 7));
    assert_eq!(decide_at(NOON, applied("2-20"), &schedules, (3, 7), Some(&record)), Decision::Keep);
}

// A target that is taken over inside a window: what the spec says was never applied.
#[test]
fn without_a_tag_a_window_is_kept_and_a_stray_value_put_back() {
    let schedules = day_and_night();
    assert_eq!(decide_at(NOON, None, &schedules, (10, 40), None), Decision::Keep);
    let record = history(&[("day", "2026-03-02T08:00:05Z", 10, 40)], (3, 7));
    assert_eq!(decide_at(NOON, None, &schedules, (3, 7), Some(&record)), Decision::Correct(range(10, 40)));
}

#[test]
fn without_schedules_the_spec_rules() {
    assert_eq!(decide_at(NOON, applied("2-20"), &[], (10, 40), None), Decision::Correct(range(2, 20)));
}

#[test]
fn an_action_that_sets_one_bound_explains_no_other() {
    let schedules = vec![action("up", "cron(0 8 * * ? *)", Some(10), None)];
    assert_eq!(decide_at(NOON, applied("2-20"), &schedules, (10, 20), None), Decision::Keep);
    let record = History {
        runs: vec![Run { name: "up".into(), at: at("2026-03-02T08:00:05Z"), min: Some(10), max: None }],
        ..history(&[], (10, 30))
    };
    let decision = decide_at(NOON, applied("2-20"), &schedules, (10, 30), Some(&record));
    assert_eq!(decision, Decision::Correct(range(10, 20)));
}

#[test]
fn the_tag_is_read_back_as_it_was_written() {
    for text in ["2-20", "0-0", "2-20 2026-03-02T11:00:00Z"] {
        assert_eq!(Applied::parse(text).unwrap().to_string(), text);
    }
    for wrong in ["", "2", "20-2", "2-20 yesterday", "-1-3"] {
        assert_eq!(Applied::parse(wrong), None, "{wrong}");
    }
}
