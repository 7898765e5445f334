//! Scheduled actions.

use jiff::Timestamp;

use super::{GOOD, expect};
use crate::api::load::{SourceFile, load_at};

/// One scheduled action, named `day`, with more of its fields.
fn action(fields: &str) -> String {
    format!("  maxCapacity: 20\n  scheduledActions:\n  - scheduledActionName: day\n{fields}")
}

const SETS: &str = "    scalableTargetAction: {minCapacity: 4, maxCapacity: 30}\n";

fn wrong(fact: &str, fields: &str, finding: &str) {
    expect(fact, "  maxCapacity: 20\n", &action(fields), finding);
}

fn named(name: &str) -> String {
    action(&format!("    schedule: rate(1 day)\n{SETS}")).replace("Name: day", &format!("Name: {name}"))
}

#[test]
fn rules_of_scheduled_actions() {
    let first = "spec.scheduledActions[0]";
    let at = |field: &str, message: &str| format!("error {first}.{field} {message}");
    let cron = |text: &str| format!("    schedule: {text}\n{SETS}");
    wrong("S-040", &cron("30 6 * * *"), &at("schedule", "`30 6 * * *` is no schedule (at character 1)"));
    wrong("S-040", &cron("cron(0 8 * * * *)"), &at("schedule", "neither field of days is `?`"));
    wrong("S-040", &cron("at(2030-01-01T00:00:00Z)"), &at("schedule", "`2030-01-01T00:00:00Z` is no time"));
    wrong("S-040", &cron("rate(0 days)"), &at("schedule", "a rate cannot count `0`"));
    let zone = |zone: &str| format!("    schedule: cron(0 8 * * ? *)\n    timezone: {zone}\n{SETS}");
    wrong("S-041", &zone("Seoul"), &at("timezone", "there is no time zone `Seoul`"));
    wrong("S-041", &zone("asia/seoul"), &at("timezone", "`asia/seoul` is not how the time zone is spelled"));
    let rate = format!("    schedule: rate(1 day)\n    timezone: Asia/Seoul\n{SETS}");
    wrong("S-041", &rate, &format!("warning {first}.timezone a rate has no time of day"));
    let span = |start: &str, end: &str| {
        format!("    schedule: rate(1 day)\n    startTime: \"{start}\"\n    endTime: \"{end}\"\n{SETS}")
    };
    let backwards = span("2030-01-02T00:00:00Z", "2030-01-02T00:00:00Z");
    wrong("S-041", &backwards, &at("endTime", "endTime is not after startTime"));
    let local = span("2030-01-02T00:00:00", "2031-01-02T00:00:00Z");
    wrong("S-041", &local, &at("startTime", "`2030-01-02T00:00:00` is no moment as AWS takes it"));
    expect("S-039", "  maxCapacity: 20\n", &named("a/b"), &at("scheduledActionName", "the name `a/b` has a `:`"));
    expect(
        "S-039",
        "  maxCapacity: 20\n",
        &named("' a'"),
        &at("scheduledActionName", "the scheduled action's name begins"),
    );
}

// tf#33428
#[test]
fn two_actions_of_one_name_are_refused_and_so_are_more_than_two_hundred() {
    let again = format!("{}  - scheduledActionName: day\n    schedule: rate(2 days)\n{SETS}", named("day"));
    let finding =
        "error spec.scheduledActions[1].scheduledActionName this object has two scheduled actions named `day`";
    expect("S-039", "  maxCapacity: 20\n", &again, finding);
    let one = |n: usize| {
        format!("  - {{scheduledActionName: a{n}, schedule: rate(1 day), scalableTargetAction: {{minCapacity: 1}}}}\n")
    };
    let many: String = (0..201).map(one).collect();
    let many = format!("  maxCapacity: 20\n  scheduledActions:\n{many}");
    expect("S-060", "  maxCapacity: 20\n", &many, "error spec.scheduledActions there are 201 scheduled actions");
}

// S-042, S-046: tf#8777, tf#4930, cfn-registry#255
#[test]
fn an_action_sets_at_least_one_bound_and_zero_is_one() {
    let sets = |what: &str| format!("    schedule: rate(1 day)\n    scalableTargetAction: {what}\n");
    let at = "spec.scheduledActions[0].scalableTargetAction";
    wrong("S-042", &sets("{}"), &format!("error {at} a scheduled action that sets neither bound"));
    wrong(
        "S-042",
        &sets("{minCapacity: 5, maxCapacity: 4}"),
        &format!("error {at}.maxCapacity maxCapacity 4 is below"),
    );
    wrong("S-042", &sets("{minCapacity: -1}"), &format!("error {at}.minCapacity -1 is below 0"));
    wrong("S-046", &sets("{minCapacity: 21}"), &format!("warning {at}.minCapacity minCapacity 21 lies above"));
    wrong("S-046", &sets("{maxCapacity: 1}"), &format!("warning {at}.maxCapacity maxCapacity 1 lies below"));
    let text = GOOD.replacen("  maxCapacity: 20\n", &action(&sets("{minCapacity: 0}")), 1);
    let loaded = super::read(&text);
    assert_eq!(loaded.findings, []);
    let object = loaded.desired.services.values().next().unwrap();
    assert_eq!((object.schedules[0].config.min_capacity, object.schedules[0].config.max_capacity), (Some(0), None));
}

/// The warnings at a time.
fn warnings(fields: &str) -> Vec<String> {
    let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
    let text = GOOD.replacen("  maxCapacity: 20\n", &action(fields), 1);
    let loaded = load_at(&[SourceFile { path: "a.yaml".into(), bytes: text.into_bytes() }], Some(now));
    loaded.findings.into_iter().map(|f| format!("{} {} {}", f.severity, f.path, f.message)).collect()
}

#[test]
fn what_never_runs_again_is_a_warning() {
    let first = "warning spec.scheduledActions[0]";
    let past = warnings(&format!("    schedule: at(2026-03-02T08:59:00)\n{SETS}"));
    assert_eq!(past, [format!("{first}.schedule the time is past: the action never runs again")]);
    let zone = warnings(&format!("    schedule: at(2026-03-02T17:59:00)\n    timezone: Asia/Seoul\n{SETS}"));
    assert_eq!(zone, past, "08:59 in UTC");
    let ended = warnings(&format!("    schedule: rate(1 day)\n    endTime: \"2026-03-01T00:00:00Z\"\n{SETS}"));
    assert_eq!(ended, [format!("{first}.endTime endTime is past: the action never runs again")]);
    let never = warnings(&format!("    schedule: cron(0 8 30 FEB ? *)\n{SETS}"));
    assert_eq!(never, [format!("{first}.schedule the schedule never fires")]);
    assert_eq!(warnings(&format!("    schedule: at(2026-03-02T09:01:00)\n{SETS}")), [""; 0]);
}

#[test]
fn two_actions_at_one_moment_with_other_values_are_a_warning() {
    let two = |max: i32| {
        let other = format!("{{maxCapacity: {max}}}");
        warnings(&format!(
            "    schedule: cron(0 8 ? * MON *)\n{SETS}  - scheduledActionName: all\n    schedule: cron(0 8 * * ? *)\n    \
             scalableTargetAction: {other}\n"
        ))
    };
    let found = two(40);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].contains("[1].schedule it fires at 2026-03-09T08:00:00Z, and so does `day` with other values"),
        "{found:#?}"
    );
    assert_eq!(two(30), [""; 0], "the same value is no conflict");
}
