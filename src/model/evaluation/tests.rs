//! AWS's two tables of missing data, its sliding window, and the texts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::alarm::{ComparisonOperator, EvaluationWindow, WarmUp};
use crate::model::metric::{AlarmMetric, SingleMetric, Statistic};

const OK: AlarmState = AlarmState::Ok;
const ALARM: AlarmState = AlarmState::Alarm;
const INSUFFICIENT: AlarmState = AlarmState::InsufficientData;
const TREATMENTS: [TreatMissingData; 4] =
    [TreatMissingData::Missing, TreatMissingData::Ignore, TreatMissingData::Breaching, TreatMissingData::NotBreaching];

fn alarm(needed: i32, periods: i32, treat: TreatMissingData) -> AlarmConfig {
    AlarmConfig {
        description: String::new(),
        actions_enabled: true,
        metric: AlarmMetric::Single(SingleMetric {
            namespace: "AWS/ECS".into(),
            metric_name: "CPUUtilization".into(),
            dimensions: BTreeMap::new(),
            statistic: MetricStatistic::Simple(Statistic::Average),
            period: 300,
            unit: None,
        }),
        evaluation_periods: periods,
        datapoints_to_alarm: needed,
        threshold: 30.into(),
        comparison_operator: ComparisonOperator::GreaterThanOrEqualToThreshold,
        treat_missing_data: treat,
        evaluate_low_sample_count_percentile: None,
        evaluation_window: EvaluationWindow::Sliding,
        warm_up: None,
        tags_propagation: None,
    }
}

fn single(config: &mut AlarmConfig) -> &mut SingleMetric {
    match &mut config.metric {
        AlarmMetric::Single(metric) => metric,
        AlarmMetric::Queries(_) => panic!("a single metric"),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// AWS's own notation, newest last: `0` does not breach, `X` breaches, `-` is missing.
fn range(text: &str) -> Vec<Option<Datapoint>> {
    let start = at("2026-11-25T10:00:00Z");
    text.split(' ')
        .enumerate()
        .map(|(index, mark)| {
            let value = match mark {
                "0" => Some(20),
                "X" => Some(42),
                _ => None,
            }?;
            let at = start + jiff::SignedDuration::from_mins(5 * i64::try_from(index).unwrap());
            Some(Datapoint { at, value: value.into(), sample_count: 1.0 })
        })
        .collect()
}

/// A row: the range, how many must be filled, and the state by [`TREATMENTS`]; `None` keeps the state.
type Row = (&'static str, usize, [Option<AlarmState>; 4]);

fn assert_table(needed: i32, rows: &[Row]) {
    for (text, filled, states) in rows {
        for (treat, expected) in TREATMENTS.into_iter().zip(states) {
            for current in [OK, ALARM, INSUFFICIENT] {
                let result = evaluate(&alarm(needed, 3, treat), &range(text), current);
                assert_eq!(result.state, expected.unwrap_or(current), "{text}, {treat:?}, was {current:?}");
                assert_eq!(result.filled, *filled, "{text}");
            }
        }
    }
}

const ALL_OK: [Option<AlarmState>; 4] = [Some(OK); 4];
const ALL_ALARM: [Option<AlarmState>; 4] = [Some(ALARM); 4];

// S-077: "Configuring how CloudWatch alarms treat missing data", first table.
#[test]
fn three_of_three_treats_missing_data_as_in_awss_table() {
    assert_table(
        3,
        &[
            ("0 - X - X", 0, ALL_OK),
            ("0 - - - -", 2, ALL_OK),
            ("- - - - -", 3, [Some(INSUFFICIENT), None, Some(ALARM), Some(OK)]),
            ("0 X X - X", 0, ALL_ALARM),
            ("- - X - -", 2, [Some(ALARM), None, Some(ALARM), Some(OK)]),
        ],
    );
}

// S-077: the second table.
#[test]
fn two_of_three_treats_missing_data_as_in_awss_table() {
    assert_table(
        2,
        &[
            ("0 - X - X", 0, ALL_ALARM),
            ("0 0 X 0 X", 0, ALL_ALARM),
            ("0 - X - -", 1, [Some(OK), Some(OK), Some(ALARM), Some(OK)]),
            ("- - - - 0", 2, [Some(OK), Some(OK), Some(ALARM), Some(OK)]),
            ("- - - X -", 2, [Some(ALARM), None, Some(ALARM), Some(OK)]),
        ],
    );
}

// S-077: "Avoiding premature transitions to alarm state", and the sixth row of the older first table.
#[test]
fn a_young_breach_among_missing_data_does_not_fire_yet() {
    for text in ["- - - - X", "- - - X -"] {
        let result = evaluate(&alarm(3, 3, TreatMissingData::Missing), &range(text), OK);
        assert_eq!(result.state, INSUFFICIENT, "{text}");
    }
    assert_eq!(evaluate(&alarm(3, 3, TreatMissingData::Missing), &range("X - - - -"), OK).state, ALARM);
    assert_eq!(evaluate(&alarm(1, 3, TreatMissingData::Missing), &range("- - - - X"), OK).state, ALARM);
}

// S-069: p99 wants 1000 samples.
#[test]
fn a_percentile_of_few_samples_keeps_the_state_when_asked_to() {
    let mut config = alarm(1, 1, TreatMissingData::Missing);
    single(&mut config).statistic = MetricStatistic::Extended("p99".into());
    config.evaluate_low_sample_count_percentile = Some(LowSampleCount::Ignore);
    let with = |samples: f64| {
        range("X").into_iter().map(|p| p.map(|p| Datapoint { sample_count: samples, ..p })).collect::<Vec<_>>()
    };
    assert_eq!(evaluate(&config, &with(900.0), OK).state, OK);
    assert_eq!(evaluate(&config, &with(1100.0), OK).state, ALARM);
    config.evaluate_low_sample_count_percentile = Some(LowSampleCount::Evaluate);
    assert_eq!(evaluate(&config, &with(900.0), OK).state, ALARM);
}

// S-071
#[test]
fn an_alarm_warms_up_for_its_time_or_until_its_periods_are_full() {
    let mut config = alarm(3, 3, TreatMissingData::Breaching);
    let put = at("2026-11-25T10:00:00Z");
    let later = at("2026-11-25T10:09:00Z");
    assert!(!is_warming_up(&config, put, &range("- - - - -"), later), "no warm-up was asked for");
    let mut warm =
        WarmUp { warm_up_period_duration_in_minutes: 10, only_start_evaluating_after_warm_up_period_ends: false };
    config.warm_up = Some(warm);
    assert!(is_warming_up(&config, put, &range("- - - X X"), later));
    assert!(!is_warming_up(&config, put, &range("- - X X X"), later));
    assert!(!is_warming_up(&config, put, &range("- - - X X"), at("2026-11-25T10:10:00Z")));
    warm.only_start_evaluating_after_warm_up_period_ends = true;
    config.warm_up = Some(warm);
    assert!(is_warming_up(&config, put, &range("- - X X X"), later));
}

// S-075: period 300, at the end of minute 6: minutes 2 to 6.
#[test]
fn the_window_slides_by_the_minute() {
    let config = alarm(1, 1, TreatMissingData::Missing);
    let starts = window::periods(&config, at("2026-11-25T10:06:07Z"));
    assert_eq!(starts.last(), Some(&at("2026-11-25T10:01:00Z")));
    assert_eq!(starts.len(), 3, "one evaluation period and two to spare");
    let mut on_the_clock = config.clone();
    on_the_clock.evaluation_window = EvaluationWindow::WallClock { timezone: "UTC".into() };
    assert_eq!(window::periods(&on_the_clock, at("2026-11-25T10:06:07Z")).last(), Some(&at("2026-11-25T10:00:00Z")));
}

// S-075
#[test]
fn an_alarm_is_evaluated_every_minute_ten_seconds_or_hour() {
    let mut config = alarm(1, 1, TreatMissingData::Missing);
    let next = |config: &AlarmConfig| window::next_evaluation(config, at("2026-11-25T10:06:07Z"));
    assert_eq!(next(&config), at("2026-11-25T10:07:00Z"));
    single(&mut config).period = 10;
    assert_eq!(next(&config), at("2026-11-25T10:06:10Z"));
    (single(&mut config).period, config.evaluation_periods) = (3600, 25);
    assert_eq!(next(&config), at("2026-11-25T11:00:00Z"));
}

#[test]
fn the_reason_reads_as_cloudwatch_writes_it() {
    let config = alarm(1, 1, TreatMissingData::Missing);
    let fired = evaluate(&config, &range("X"), OK);
    assert_eq!(
        reason::state_reason(&config, &fired, OK),
        "Threshold Crossed: 1 out of the last 1 datapoints [42.0 (25/11/26 10:00:00)] was greater than or equal to the \
         threshold (30.0) (minimum 1 datapoint for OK -> ALARM transition)."
    );
    let calm = evaluate(&config, &range("0"), ALARM);
    assert_eq!(
        reason::state_reason(&config, &calm, ALARM),
        "Threshold Crossed: 1 out of the last 1 datapoints [20.0 (25/11/26 10:00:00)] was not greater than or equal to \
         the threshold (30.0) (minimum 1 datapoint for ALARM -> OK transition)."
    );
    let silent = evaluate(&config, &range("- - -"), OK);
    assert_eq!(reason::state_reason(&config, &silent, OK), "Insufficient Data: 1 datapoint was unknown.");
    let filled = alarm(2, 2, TreatMissingData::Breaching);
    assert_eq!(
        reason::state_reason(&filled, &evaluate(&filled, &range("- -"), OK), OK),
        "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as \
         [Breaching]."
    );
}

// S-076
#[test]
fn reason_data_lists_recent_datapoints_oldest_first() {
    let config = alarm(2, 2, TreatMissingData::Missing);
    let mut points = range("0 X X");
    points[1].as_mut().unwrap().value = 50.into();
    let evaluation = evaluate(&config, &points, OK);
    let data = reason::state_reason_data(&config, &evaluation, at("2026-11-25T10:15:03Z"));
    let data = serde_json::to_value(data).unwrap();
    assert_eq!(data["recentDatapoints"], serde_json::json!([50.0, 42.0]));
    assert_eq!(data["startDate"], "2026-11-25T10:05:00.000+0000");
    assert_eq!(data["queryDate"], "2026-11-25T10:15:03.000+0000");
    assert_eq!(data["evaluatedDatapoints"][0]["value"], 42.0);
}

fn any_range() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(vec!["0", "X", "-"]), 5).prop_map(|marks| marks.join(" "))
}

proptest! {
    // S-077: with enough real datapoints the setting is not looked at.
    #[test]
    fn the_treatment_matters_only_where_datapoints_are_too_few(text in any_range(), needed in 1..4i32) {
        let states: Vec<_> =
            TREATMENTS.iter().map(|treat| evaluate(&alarm(needed, 3, *treat), &range(&text), OK)).collect();
        if states[0].filled == 0 {
            prop_assert!(states.iter().all(|other| other.state == states[0].state));
        }
        prop_assert!(states[0].recent.len() + states[0].filled == 3);
        prop_assert!(states[0].recent.is_sorted_by_key(|point| point.at));
    }

    #[test]
    fn treating_missing_data_as_breaching_never_makes_an_alarm_calmer(text in any_range(), needed in 1..4i32) {
        let state = |treat| evaluate(&alarm(needed, 3, treat), &range(&text), OK).state;
        if state(TreatMissingData::NotBreaching) == ALARM {
            prop_assert!(TREATMENTS.iter().all(|treat| state(*treat) == ALARM));
        }
        if state(TreatMissingData::Breaching) == OK {
            prop_assert!(TREATMENTS.iter().all(|treat| state(*treat) == OK));
        }
    }
}
