//! What AWS and the double answered: as a table, and as JSON that can be kept and compared with.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::Probe;
use super::play::Answer;

/// The answers of a run. Nothing in it is of the run, the account or the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Report {
    api_version: String,
    answers: Vec<Row>,
}

/// One probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Row {
    asks: String,
    /// The rule's name, where one is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    facts: Vec<String>,
    sure: String,
    /// `Null`, where nothing is known.
    aws: Option<String>,
    /// Why nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unanswered: Option<String>,
    sandbox: String,
}

impl Row {
    fn verdict(&self) -> &'static str {
        match &self.aws {
            None => "unanswered",
            Some(aws) if *aws == self.sandbox => "same",
            Some(_) => "differs",
        }
    }
}

impl Report {
    /// Puts what AWS answered beside what the double answered to the same probe.
    pub(super) fn new(aws: &[(&Probe, Answer)], sandbox: &[(&Probe, Answer)]) -> Self {
        let sandbox: BTreeMap<&str, String> = sandbox.iter().map(|(probe, said)| (probe.asks, said.text())).collect();
        let row = |(probe, answer): &(&Probe, Answer)| {
            let (aws, unanswered) = match answer {
                Answer::Said(text) => (Some(text.clone()), None),
                Answer::Unanswered(why) => (None, Some(why.clone())),
            };
            Row {
                asks: probe.asks.to_owned(),
                rule: probe.rule.map(|rule| format!("{rule:?}")),
                facts: probe.facts.iter().map(|fact| (*fact).to_owned()).collect(),
                sure: probe.sure.as_str().to_owned(),
                aws,
                unanswered,
                sandbox: sandbox.get(probe.asks).cloned().unwrap_or_default(),
            }
        };
        Self { api_version: "ecs-scaling.dev/v1alpha1".into(), answers: aws.iter().map(row).collect() }
    }

    /// Whether AWS answered every probe as the double did.
    pub(super) fn agrees(&self) -> bool {
        self.answers.iter().all(|row| row.verdict() == "same")
    }

    pub(super) fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// A line for each probe; both answers where they differ.
    pub(super) fn table(&self) -> String {
        let width = |of: fn(&Row) -> usize| self.answers.iter().map(of).max().unwrap_or_default();
        let facts = width(|row| row.facts.join(",").len()).max("FACTS".len());
        let sure = width(|row| row.sure.len()).max("SURE".len());
        let mut table = format!("{:10}  {:facts$}  {:sure$}  ASKED\n", "ANSWER", "FACTS", "SURE");
        for row in &self.answers {
            let (verdict, of) = (row.verdict(), row.facts.join(","));
            let _ = writeln!(table, "{verdict:10}  {of:facts$}  {:sure$}  {}", row.sure, row.asks);
            if verdict != "same" {
                let aws = row.aws.as_ref().or(row.unanswered.as_ref()).map(String::as_str).unwrap_or_default();
                let _ = writeln!(table, "            AWS:     {}", printable(aws));
                let _ = writeln!(table, "            sandbox: {}", printable(&row.sandbox));
            }
        }
        let count = |verdict| self.answers.iter().filter(|row| row.verdict() == verdict).count();
        let (same, differs, unanswered) = (count("same"), count("differs"), count("unanswered"));
        let _ = writeln!(table, "{same} the same, {differs} different, {unanswered} unanswered");
        table
    }

    /// What AWS answers otherwise than in an earlier report, and which probes are in one of the two alone.
    pub(super) fn changes_since(&self, earlier: &Self) -> Vec<String> {
        let answers = |report: &Self| -> BTreeMap<String, Option<String>> {
            report.answers.iter().map(|row| (row.asks.clone(), row.aws.clone())).collect()
        };
        let (now, before) = (answers(self), answers(earlier));
        let shown = |answer: Option<&Option<String>>| match answer {
            None => "not asked".to_owned(),
            Some(None) => "no answer".to_owned(),
            Some(Some(text)) => printable(text),
        };
        let mut asked: Vec<&String> = now.keys().chain(before.keys()).collect();
        asked.sort();
        asked.dedup();
        let changed = asked.into_iter().filter(|asks| now.get(*asks) != before.get(*asks));
        changed.map(|asks| format!("{asks}: {} -> {}", shown(before.get(asks)), shown(now.get(asks)))).collect()
    }
}

/// Texts of AWS hold what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
