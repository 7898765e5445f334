//! The policy evaluator against `@cloud-copilot/iam-simulate`.

mod case;
mod generate;
mod other;
mod shrink;
mod signature;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use case::{Case, Verdict};
use other::Evaluator;
use signature::signature;

/// The kinds of difference that AWS's documentation has decided; `src/model/iam/tests.rs` holds our evaluator to them too.
const KNOWN: &str = include_str!("../../iam-differences.json");

/// A kind of difference.
#[derive(Deserialize)]
struct Kind {
    kind: String,
    cases: Vec<Sample>,
}

/// A smallest case of it, and what AWS's documentation says.
#[derive(Deserialize)]
struct Sample {
    case: Case,
    decision: Verdict,
}

/// How many of the cases came to each decision, at least, of a hundred.
const AT_LEAST: usize = 20;

/// Compares `count` cases, made from `seed`.
///
/// # Errors
/// Where the other evaluator cannot be run, or where a difference is of no known kind.
pub(crate) fn compare(tools: &Path, seed: u64, count: usize) -> Result<()> {
    let mut other = Evaluator::start(tools)?;
    let kinds: Vec<Kind> = serde_json::from_str(KNOWN).context("iam-differences.json")?;
    let known = known_signatures(&kinds, &mut other)?;

    let mut random = fastrand::Rng::with_seed(seed);
    let cases: Vec<Case> = (0..count).map(|_| generate::case(&mut random)).collect();
    let theirs = other.decide(&cases)?;
    let mut decided: BTreeMap<Verdict, usize> = BTreeMap::new();
    let mut differences: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unknown: BTreeMap<String, String> = BTreeMap::new();
    for (case, theirs) in cases.iter().zip(theirs) {
        let ours = case.decide()?;
        *decided.entry(ours).or_default() += 1;
        if ours == theirs {
            continue;
        }
        let least = shrink::shrink(case, (ours, theirs), &mut other)?;
        let signature = signature(&least);
        match known.get(&signature) {
            Some(kind) => *differences.entry(kind).or_default() += 1,
            None => {
                let shown = serde_json::to_string(&least)?;
                unknown.entry(signature).or_insert(format!("ours {ours:?}, theirs {theirs:?}: {shown}"));
            }
        }
    }
    println!("seed {seed}: {count} cases, {}", percentages(&decided, count));
    for (kind, times) in &differences {
        println!("  {times} differ, as known: {kind}");
    }
    for (signature, shown) in &unknown {
        println!("  UNKNOWN difference [{signature}] {shown}");
    }
    ensure!(unknown.is_empty(), "{} unknown differences; settle each from AWS's documentation", unknown.len());
    let is_balanced = [Verdict::Allowed, Verdict::ImplicitDeny, Verdict::ExplicitDeny]
        .iter()
        .all(|verdict| decided.get(verdict).copied().unwrap_or(0) * 100 >= count * AT_LEAST);
    ensure!(is_balanced || count < 1_000, "the cases are lopsided: each decision wants {AT_LEAST} %");
    Ok(())
}

/// The signatures of the known kinds. Each of their cases must differ still, or the list is out of date.
fn known_signatures<'a>(kinds: &'a [Kind], other: &mut Evaluator) -> Result<BTreeMap<String, &'a str>> {
    let mut known = BTreeMap::new();
    let mut names = BTreeSet::new();
    for Kind { kind, cases } in kinds {
        ensure!(names.insert(kind), "the kind {kind:?} is listed twice");
        for Sample { case, decision } in cases {
            let shown = serde_json::to_string(case)?;
            ensure!(case.decide()? == *decision, "{kind}: ours is not {decision:?} for {shown}");
            let theirs = other.decide(std::slice::from_ref(case))?;
            ensure!(!theirs.contains(decision), "{kind}: the other evaluator agrees by now, take it out: {shown}");
            known.insert(signature(case), kind.as_str());
        }
    }
    Ok(known)
}

fn percentages(decided: &BTreeMap<Verdict, usize>, count: usize) -> String {
    let one = |(verdict, times): (&Verdict, &usize)| format!("{verdict:?} {} %", times * 100 / count.max(1));
    decided.iter().map(one).collect::<Vec<_>>().join(", ")
}
