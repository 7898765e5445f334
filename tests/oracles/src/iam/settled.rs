//! The list of settled kinds, and whether it is up to date.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::case::{Case, Verdict};
use super::kinds::{KINDS, Kind};
use super::other::Evaluator;

/// What AWS documents of each kind; `src/model/iam/tests.rs` holds our evaluator to it too. Nothing but a person adds to it.
const SETTLED: &str = include_str!("../../iam-differences.json");

#[derive(Deserialize)]
struct Settled {
    kind: String,
    /// Whether AWS documents what is right; if not, our evaluator promises nothing.
    documented: bool,
    cases: Vec<Sample>,
}

/// A smallest case, and our decision.
#[derive(Deserialize)]
struct Sample {
    case: Case,
    decision: Verdict,
}

/// Holds the list against both evaluators: each kind is explained there, each of its cases differs still, and that kind
/// explains it.
pub(super) fn check(other: &mut Evaluator) -> Result<()> {
    let list: Vec<Settled> = serde_json::from_str(SETTLED).context("iam-differences.json")?;
    ensure!(list.len() == KINDS.len(), "iam-differences.json has {} kinds, kinds.rs {}", list.len(), KINDS.len());
    let mut wrong = Vec::new();
    for (Settled { kind: name, documented, cases }, kind) in list.iter().zip(KINDS) {
        ensure!(name == kind.name, "iam-differences.json has {name:?} where kinds.rs has {:?}", kind.name);
        ensure!(*documented == kind.is_documented, "{name}: documented, or not?");
        ensure!(!cases.is_empty(), "{name}: no case");
        for sample in cases {
            wrong.extend(fault(kind, sample, other)?.map(|fault| format!("{name}: {fault}")));
        }
    }
    ensure!(wrong.is_empty(), "iam-differences.json: {}", wrong.join("\n"));
    Ok(())
}

/// What is wrong with a case of a kind.
fn fault(kind: &Kind, sample: &Sample, other: &mut Evaluator) -> Result<Option<String>> {
    let Sample { case, decision } = sample;
    let (ours, shown) = (case.decide()?, serde_json::to_string(case)?);
    let Some(rewritten) = (kind.rewrite)(case) else { return Ok(Some(format!("has nothing of it: {shown}"))) };
    let theirs = other.decide(&[case.clone(), rewritten.clone()])?;
    let then = (rewritten.decide()?, theirs[1]);
    Ok(match () {
        () if ours != *decision => Some(format!("ours is {ours:?}, not {decision:?}: {shown}")),
        () if theirs[0] == ours => Some(format!("the other evaluator agrees by now, take it out: {shown}")),
        () if !kind.explains(ours, then) => Some(format!("does not explain it, {then:?} then: {shown}")),
        () => None,
    })
}
