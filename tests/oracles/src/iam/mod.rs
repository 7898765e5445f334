//! The policy evaluator against `@cloud-copilot/iam-simulate`.

mod case;
mod generate;
mod kinds;
mod other;
mod settled;
mod shrink;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};

use case::{Case, Verdict};
use kinds::{KINDS, Kind, promises_nothing};
use other::Evaluator;

/// How many of the cases came to each decision, at least, of a hundred.
const AT_LEAST: usize = 20;
/// How many unknown differences are made small and shown.
const SHOWN: usize = 10;

/// Compares `count` cases, made from `seed`.
///
/// # Errors
/// Where the other evaluator cannot be run, or where a difference is of no settled kind.
pub(crate) fn compare(tools: &Path, seed: u64, count: usize) -> Result<()> {
    let begun = Instant::now();
    let mut other = Evaluator::start(tools)?;
    settled::check(&mut other)?;

    let mut random = fastrand::Rng::with_seed(seed);
    let cases: Vec<Case> = (0..count).map(|_| generate::case(&mut random)).collect();
    let ours = cases.iter().map(Case::decide).collect::<Result<Vec<_>>>()?;
    let theirs = other.decide(&cases)?;
    let mut decided: BTreeMap<Verdict, usize> = BTreeMap::new();
    for verdict in &ours {
        *decided.entry(*verdict).or_default() += 1;
    }
    let verdicts = ours.into_iter().zip(theirs);
    let differing: Vec<_> = cases.iter().zip(verdicts).filter(|(_, (ours, theirs))| ours != theirs).collect();

    let mut differences: BTreeMap<String, usize> = BTreeMap::new();
    let mut unknown = Vec::new();
    for (case, verdicts) in &differing {
        match explanation(case, verdicts.0, &mut other)? {
            Some(kinds) => *differences.entry(kinds).or_default() += 1,
            None => unknown.push((*case, *verdicts)),
        }
    }
    let (differ, took) = (differing.len(), begun.elapsed().as_secs_f32());
    println!("seed {seed}: {count} cases in {took:.1} s, {}; {differ} differ", percentages(&decided, count));
    for (kinds, times) in &differences {
        println!("  {times}: {kinds}");
    }
    for (case, (ours, theirs)) in unknown.iter().take(SHOWN) {
        let least = shrink::shrink(case, (*ours, *theirs), &mut other)?;
        println!("  UNKNOWN difference, ours {ours:?}, theirs {theirs:?}: {}", serde_json::to_string(&least)?);
    }
    ensure!(unknown.is_empty(), "{} unknown differences; settle each from AWS's documentation", unknown.len());
    let is_balanced = [Verdict::Allowed, Verdict::ImplicitDeny, Verdict::ExplicitDeny]
        .iter()
        .all(|verdict| decided.get(verdict).copied().unwrap_or(0) * 100 >= count * AT_LEAST);
    ensure!(is_balanced || count < 1_000, "the cases are lopsided: each decision wants {AT_LEAST} %");
    Ok(())
}

/// The kind that explains a difference, or all that have a part in it, if those do together.
fn explanation(case: &Case, ours: Verdict, other: &mut Evaluator) -> Result<Option<String>> {
    let of_case: Vec<(&Kind, Case)> =
        KINDS.iter().filter_map(|kind| (kind.rewrite)(case).map(|rewritten| (kind, rewritten))).collect();
    let (mut together, mut names) = (case.clone(), Vec::new());
    for kind in KINDS {
        if let Some(rewritten) = (kind.rewrite)(&together) {
            together = rewritten;
            names.push(kind.name);
        }
    }
    let alone: Vec<Case> = of_case.iter().map(|(_, case)| case.clone()).collect();
    let theirs = other.decide(&[alone.as_slice(), std::slice::from_ref(&together)].concat())?;
    for ((kind, rewritten), theirs) in of_case.iter().zip(&theirs) {
        if kind.explains(ours, (rewritten.decide()?, *theirs)) {
            return Ok(Some(kind.name.to_owned()));
        }
    }
    let ours_together = together.decide()?;
    let is_agreed = names.len() > 1 && theirs.last() == Some(&ours_together);
    let may_change = ours == ours_together || promises_nothing(ours);
    Ok((is_agreed && may_change).then(|| names.join(", with ")))
}

fn percentages(decided: &BTreeMap<Verdict, usize>, count: usize) -> String {
    let one = |(verdict, times): (&Verdict, &usize)| format!("{verdict:?} {} %", times * 100 / count.max(1));
    decided.iter().map(one).collect::<Vec<_>>().join(", ")
}
