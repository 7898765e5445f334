//! Every probe on the double: it is answered as expected, and a rule that is switched off makes one fail.

use std::collections::BTreeSet;

use super::beside::{Beside, beside};
use super::find::Runs;
use super::ground::Place;
use super::play::Answer;
use super::report::Report;
use super::{Probe, probes};
use crate::caller::DEFAULT_ACCOUNT;
use crate::rules::{Rule, Rules};

fn place(given: Option<&str>) -> Place {
    Place {
        account: DEFAULT_ACCOUNT.into(),
        region: "eu-west-1".into(),
        cluster: "B".into(),
        name: "probe_B_0123456789ab".into(),
        given: given.map(str::to_owned),
    }
}

async fn ask_all(probes: &[Probe], given: Option<&str>, rules: Rules) -> Beside<'static> {
    let probes: &'static [Probe] = Vec::leak(probes.iter().map(copy).collect());
    beside(probes, &place(given), rules).await.unwrap()
}

fn copy(probe: &Probe) -> Probe {
    Probe { ..*probe }
}

#[tokio::test(start_paused = true)]
async fn the_double_answers_every_probe_as_its_rule_says() {
    let asked = ask_all(&probes::all(), None, Rules::default()).await;
    assert!(asked.faults().is_empty(), "{:#?}", asked.faults());
    assert_eq!(asked.answers.len(), probes::all().len());
}

#[tokio::test(start_paused = true)]
async fn a_given_service_is_neither_made_nor_moved_nor_deleted() {
    let asked = ask_all(&probes::all(), Some("api"), Rules::default()).await;
    assert!(asked.faults().is_empty(), "{:#?}", asked.faults());
    for never in ["CreateService", "DeleteService", "UpdateService", "RegisterTaskDefinition"] {
        assert!(!asked.calls.keys().any(|(_, operation)| operation == never), "{never}");
    }
}

/// The suite proves that its probes can fail.
#[tokio::test(start_paused = true)]
async fn each_rule_that_is_switched_off_makes_its_probe_fail() {
    let all = probes::all();
    let mut unseen = vec![];
    for rule in Rule::ALL.iter().copied().filter(|rule| rule.unprobed().is_none()) {
        let own: Vec<Probe> = all.iter().filter(|probe| probe.rule == Some(rule)).map(copy).collect();
        let mut rules = Rules::default();
        rules.switch_off(rule);
        let asked = ask_all(&own, None, rules).await;
        let passes = |(probe, answer): &(&Probe, Answer)| answer.text() == probe.expects;
        if asked.answers.iter().any(passes) {
            unseen.push(rule);
        }
    }
    assert!(unseen.is_empty(), "switched off, and a probe of theirs passes: {unseen:?}");
}

#[test]
fn every_rule_has_a_probe_or_a_reason_and_not_both() {
    let asked: BTreeSet<Rule> = probes::all().iter().filter_map(|probe| probe.rule).collect();
    let wrong = |rule: &&Rule| asked.contains(rule) == rule.unprobed().is_some();
    let wrong: Vec<&Rule> = Rule::ALL.iter().filter(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn no_two_probes_ask_the_same_and_the_unverified_come_first() {
    let all = probes::all();
    let names: BTreeSet<&str> = all.iter().map(|probe| probe.asks).collect();
    assert_eq!(names.len(), all.len());
    assert!(all.is_sorted_by_key(|probe| probe.sure));
    assert!(all.iter().all(|probe| !probe.facts.is_empty()));
}

#[test]
fn names_of_other_clusters_prefixes_and_people_are_not_of_a_run() {
    let runs = Runs::every("probe", "B");
    for of_run in ["probe_B_0123456789ab", "probe_B_0123456789ab-alarm"] {
        assert!(runs.have(of_run), "{of_run}");
    }
    for other in [
        "probe_B_0123456789abc",
        "probe_B_0123456789a",
        "probe_B_0123456789AB",
        "probe_C_0123456789ab",
        "probe_B_C_0123456789ab",
        "prober_B_0123456789ab",
        "probe_B_production-al",
        "search-api",
    ] {
        assert!(!runs.have(other), "{other}");
    }
    assert!(!Runs::one("probe", "B", "aaaaaaaaaaaa").have("probe_B_0123456789ab"));
}

#[tokio::test(start_paused = true)]
async fn a_report_shows_both_answers_where_they_differ_and_reads_back() {
    let all = probes::all();
    let mut rules = Rules::default();
    rules.switch_off(Rule::StepHasABound);
    let (aws, sandbox) = (ask_all(&all, None, rules).await, ask_all(&all, None, Rules::default()).await);
    let report = Report::new(&aws.answers, &sandbox.answers);
    let table = report.table();
    assert!(!report.agrees() && table.contains("differs     S-029"), "{table}");
    assert!(
        table.contains("            AWS:     accepted\n            sandbox: ValidationException: Both lower"),
        "{table}"
    );
    let read: Report = serde_json::from_str(&report.json().unwrap()).unwrap();
    assert_eq!(read, report);
    let changes = Report::new(&sandbox.answers, &sandbox.answers).changes_since(&read);
    assert_eq!(changes.len(), 1);
    assert!(changes[0].starts_with("the only step has no bounds: accepted -> ValidationException"), "{changes:?}");
}
