use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn timing(text: &str, zone: &str) -> Timing {
    Timing {
        schedule: parse(text).unwrap(),
        zone: TimeZone::get(zone).unwrap(),
        start: None,
        end: None,
        created: at("2020-01-01T00:00:00Z"),
    }
}

fn next(text: &str, zone: &str, after: &str) -> Option<String> {
    timing(text, zone).next(at(after)).map(|at| at.to_string())
}

fn previous(text: &str, zone: &str, up_to: &str) -> Option<String> {
    timing(text, zone).previous(at(up_to)).map(|at| at.to_string())
}

// S-041: the zone applies to `at` and `cron`, not to `rate`.
#[test]
fn days_and_hours_are_found_on_the_clock_of_the_zone() {
    let cases = [
        ("at(2026-11-25T10:00:00)", "Asia/Seoul", "2026-11-24T00:00:00Z", Some("2026-11-25T01:00:00Z")),
        ("at(2026-11-25T10:00:00)", "Asia/Seoul", "2026-11-25T01:00:00Z", None),
        ("rate(2 hours)", "Asia/Seoul", "2026-01-01T03:00:00Z", Some("2026-01-01T04:00:00Z")),
        ("rate(1 day)", "UTC", "2026-01-01T00:00:00Z", Some("2026-01-02T00:00:00Z")),
        ("cron(0 9 ? * MON-FRI *)", "UTC", "2026-11-27T09:00:00Z", Some("2026-11-30T09:00:00Z")),
        ("cron(0/15 8-9 * * ? *)", "UTC", "2026-11-25T08:50:00Z", Some("2026-11-25T09:00:00Z")),
        ("cron(30 18 1,15 * ? *)", "UTC", "2026-11-25T00:00:00Z", Some("2026-12-01T18:30:00Z")),
        ("cron(0 9 * * ? *)", "Asia/Seoul", "2026-11-25T00:00:00Z", Some("2026-11-26T00:00:00Z")),
        ("cron(0 0 29 FEB ? *)", "UTC", "2026-01-01T00:00:00Z", Some("2028-02-29T00:00:00Z")),
        ("cron(0 9 1 1 ? 2020)", "UTC", "2026-01-01T00:00:00Z", None),
        ("cron(0 0 9 * * ? *)", "UTC", "2026-11-25T10:00:00Z", Some("2026-11-26T09:00:00Z")), // seconds first
        ("cron(0 9 * * ?)", "UTC", "2026-11-25T10:00:00Z", Some("2026-11-26T09:00:00Z")),     // any year
        ("cron(0 9 L * ? *)", "UTC", "2027-02-01T00:00:00Z", Some("2027-02-28T09:00:00Z")),
        ("cron(0 9 L-2 * ? *)", "UTC", "2027-02-01T00:00:00Z", Some("2027-02-26T09:00:00Z")),
        ("cron(0 9 LW * ? *)", "UTC", "2027-02-01T00:00:00Z", Some("2027-02-26T09:00:00Z")), // the 28th is a Sunday
        ("cron(0 9 15W * ? *)", "UTC", "2026-11-01T00:00:00Z", Some("2026-11-16T09:00:00Z")), // the 15th is a Sunday
        ("cron(0 9 1W * ? *)", "UTC", "2026-07-31T12:00:00Z", Some("2026-08-03T09:00:00Z")), // not back into July
        ("cron(0 9 31W * ? *)", "UTC", "2026-02-01T00:00:00Z", Some("2026-03-31T09:00:00Z")),
        ("cron(0 9 ? * L *)", "UTC", "2026-11-25T00:00:00Z", Some("2026-11-28T09:00:00Z")), // Saturday
        ("cron(0 9 ? * FRIL *)", "UTC", "2026-11-01T00:00:00Z", Some("2026-11-27T09:00:00Z")),
        ("cron(0 9 ? * fri#2 *)", "UTC", "2026-11-01T00:00:00Z", Some("2026-11-13T09:00:00Z")),
        ("cron(0 9 ? * MON#5 *)", "UTC", "2026-09-01T00:00:00Z", Some("2026-11-30T09:00:00Z")),
    ];
    for (text, zone, after, expected) in cases {
        assert_eq!(next(text, zone, after).as_deref(), expected, "{text}");
    }
}

#[test]
fn the_previous_firing_is_the_last_one_up_to_a_moment() {
    let cases = [
        ("cron(0 9 ? * MON-FRI *)", "UTC", "2026-11-30T08:59:59Z", Some("2026-11-27T09:00:00Z")),
        ("cron(0 9 ? * MON-FRI *)", "UTC", "2026-11-30T09:00:00Z", Some("2026-11-30T09:00:00Z")),
        ("cron(0 0 29 2 ? *)", "UTC", "2026-01-01T00:00:00Z", Some("2024-02-29T00:00:00Z")),
        ("at(2026-11-25T10:00:00)", "Asia/Seoul", "2026-11-25T00:59:59Z", None),
        ("at(2026-11-25T10:00:00)", "Asia/Seoul", "2027-01-01T00:00:00Z", Some("2026-11-25T01:00:00Z")),
        ("rate(2 hours)", "UTC", "2026-01-01T03:00:00Z", Some("2026-01-01T02:00:00Z")),
        ("rate(2 hours)", "UTC", "2020-01-01T01:59:59Z", None),
    ];
    for (text, zone, up_to, expected) in cases {
        assert_eq!(previous(text, zone, up_to).as_deref(), expected, "{text}");
    }
}

// Berlin: 2026-03-29 has no 02:30; 2026-10-25 has it twice.
#[test]
fn a_skipped_time_runs_later_and_a_double_one_runs_once() {
    let half_past_two = "cron(30 2 * * ? *)";
    let cases = [
        ("2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"), // at 03:30 summer time
        ("2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"),
        ("2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"), // the first 02:30
        ("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
    ];
    for (after, expected) in cases {
        assert_eq!(next(half_past_two, "Europe/Berlin", after).as_deref(), Some(expected), "{after}");
    }
    let back = previous(half_past_two, "Europe/Berlin", "2026-10-25T20:00:00Z");
    assert_eq!(back.as_deref(), Some("2026-10-25T00:30:00Z"));
    // Samoa had no 2011-12-30 at all.
    let midnight = Timing { created: at("2011-01-01T00:00:00Z"), ..timing("cron(0 0 * * ? *)", "Pacific/Apia") };
    assert_eq!(midnight.next(at("2011-12-30T09:00:00Z")), Some(at("2011-12-30T10:00:00Z")));
    assert_eq!(midnight.previous(at("2011-12-30T09:00:00Z")), Some(at("2011-12-29T10:00:00Z")));
}

// S-044
#[test]
fn a_start_is_a_firing_itself_and_an_end_ends_it() {
    let mut timing = timing("cron(0 18 * * ? *)", "UTC");
    timing.start = Some(at("2026-11-25T10:30:00Z"));
    timing.end = Some(at("2026-11-26T18:00:00Z"));
    let forth = ["2026-11-25T10:30:00Z", "2026-11-25T18:00:00Z", "2026-11-26T18:00:00Z"].map(at);
    let mut from = at("2026-11-20T00:00:00Z");
    for expected in forth {
        from = timing.next(from).unwrap();
        assert_eq!(from, expected);
    }
    assert_eq!(timing.next(from), None);
    assert_eq!(timing.previous(at("2027-01-01T00:00:00Z")), Some(from));
    assert_eq!(timing.previous(at("2026-11-25T11:00:00Z")), timing.start);
    assert_eq!(timing.previous(at("2026-11-25T10:29:59Z")), None);
    // What was made after its start did not fire at it.
    timing.created = at("2026-11-25T12:00:00Z");
    assert_eq!(timing.previous(at("2026-11-25T13:00:00Z")), None);
    // An `at` before its start never fires.
    timing.schedule = parse("at(2026-11-25T10:00:00)").unwrap();
    assert_eq!(timing.next(at("2026-11-01T00:00:00Z")), None);
}

// S-040: what AWS refuses is refused, at its place, and told what to write.
#[test]
fn a_wrong_expression_is_told_what_to_write() {
    let cases = [
        ("30 6 * * *", 0, "write cron(30 6 * * ? *)"),
        ("0 8 * * 1-5", 0, "write cron(0 8 ? * MON-FRI *)"),
        ("cron(30 6 * * *)", 14, "write cron(30 6 * * ? *)"),
        ("cron(0 9 1 * MON *)", 13, "let one of the two be `?`: two schedules say what one cannot"),
        ("cron(0 9 ? * ? *)", 13, "write `*` as day of the month to run on every day"),
        ("cron(0 9 ? * 2 *)", 13, "write the name: SUN, MON, TUE, WED, THU, FRI or SAT"),
        ("cron(0 9 ? * MON#6 *)", 17, "write 1 to 5 behind `#`, and only one such day"),
        ("cron(60 9 * * ? *)", 5, "write 0 to 59"),
        ("cron(0 9-25 * * ? *)", 9, "write 0 to 23"),
        ("cron(0 9 * FOO ? *)", 11, "write 1 to 12, or JAN to DEC"),
        ("cron(0 9 ? * FRI-MON *)", 13, "write it as two: FRI-SAT,SUN-MON"),
        ("cron(0/0 9 * * ? *)", 7, "write a whole number from 1 to 59"),
        ("cron(30 0 9 * * ? *)", 5, "write 0, or leave the field out"),
        (
            "cron(0 9)",
            8,
            "write six fields: minute, hour, day of month, month, day of week, year; such as cron(30 6 * * ? *)",
        ),
        ("at(2026-12-31T23:30:00Z)", 3, "write at(2026-12-31T23:30:00); the zone stands in `timezone`"),
        ("at(2026-12-31 23:30)", 3, "write at(2026-12-31T23:30:00); the zone stands in `timezone`"),
        ("2026-12-31T23:30:00", 0, "write at(2026-12-31T23:30:00)"),
        ("rate(0 minutes)", 5, "write a whole number from 1 to 1000000"),
        ("rate(5 weeks)", 7, "write minutes, hours or days"),
        ("rate(5)", 5, "write a number and a unit: rate(2 hours)"),
        ("Cron(0 9 * * ? *)", 0, "write cron(0 9 * * ? *) in lower case, with no space"),
        ("cron(0 9 * * ? *", 16, "close the bracket at its end: cron(…)"),
        ("every day", 0, "write at(2026-12-31T23:30:00), rate(1 day) or cron(30 6 * * ? *)"),
        ("", 0, "write at(2026-12-31T23:30:00), rate(1 day) or cron(30 6 * * ? *)"),
    ];
    for (text, place, hint) in cases {
        let error = parse(text).expect_err(text);
        assert_eq!((error.at, &*error.hint), (place, hint), "{text}: {error}");
    }
}

#[test]
fn the_canonical_spelling_is_read_as_the_same_schedule() {
    let cases = [
        ("cron(0,15,30,45 8 ? * mon-fri)", "cron(0/15 8 ? * MON-FRI *)"),
        ("cron(0 0 0-23 */1 * ? *)", "cron(0 * * * ? *)"),
        ("cron(0 8,9,10 LW JAN,2 ? 2030)", "cron(0 8-10 LW JAN,FEB ? 2030)"),
        ("cron(5 4 ? * sat#1 *)", "cron(5 4 ? * SAT#1 *)"),
        ("cron(5 4 ? * * *)", "cron(5 4 * * ? *)"),
        ("rate(01 days)", "rate(1 day)"),
        (" at(2030-01-02T03:04:05) ", "at(2030-01-02T03:04:05)"),
    ];
    for (text, expected) in cases {
        let schedule = parse(text).unwrap();
        assert_eq!(schedule.to_string(), expected, "{text}");
        assert_eq!(parse(expected).unwrap(), schedule, "{text}");
    }
}

proptest::proptest! {
    // Nothing that people write makes the reader panic, and a place lies within the text.
    #[test]
    fn any_text_is_read_or_refused_at_a_place_within_it(text in "(cron|at|rate)?\\(?[ -~äL#W?*/,-]{0,40}\\)?") {
        if let Err(error) = parse(&text) {
            proptest::prop_assert!(error.at <= text.len(), "{text:?}: {error:?}");
        }
    }
}
