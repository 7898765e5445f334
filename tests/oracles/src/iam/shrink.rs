//! Makes a difference as small as it can be while the two still decide as they did.

use anyhow::Result;
use serde_json::Value;

use super::case::{Case, Verdict};
use super::other::Evaluator;

/// The smallest case that is found by leaving parts out, one after another.
pub(crate) fn shrink(case: &Case, verdicts: (Verdict, Verdict), other: &mut Evaluator) -> Result<Case> {
    let mut least = case.clone();
    loop {
        let smaller = smaller(&least);
        let ours = smaller.iter().map(Case::decide);
        let same: Vec<Case> = smaller
            .iter()
            .zip(ours)
            .filter(|(_, ours)| ours.as_ref().is_ok_and(|ours| *ours == verdicts.0))
            .map(|(case, _)| case.clone())
            .collect();
        let theirs = other.decide(&same)?;
        match same.into_iter().zip(theirs).find(|(_, theirs)| *theirs == verdicts.1) {
            Some((smaller, _)) => least = smaller,
            None => return Ok(least),
        }
    }
}

/// The case with one part less, in each way.
fn smaller(case: &Case) -> Vec<Case> {
    let mut found = Vec::new();
    if case.boundary.is_some() {
        found.push(Case { boundary: None, ..case.clone() });
    }
    for index in 0..case.identity.len() {
        let mut less = case.clone();
        less.identity.remove(index);
        found.push(less);
        for document in smaller_values(&case.identity[index]) {
            let mut less = case.clone();
            less.identity[index] = document;
            found.push(less);
        }
    }
    for document in case.boundary.iter().flat_map(smaller_values) {
        found.push(Case { boundary: Some(document), ..case.clone() });
    }
    for (key, values) in &case.context {
        let mut less = case.clone();
        less.context.remove(key);
        found.push(less);
        for index in (0..values.len()).filter(|_| values.len() > 1) {
            let mut less = case.clone();
            if let Some(values) = less.context.get_mut(key) {
                values.remove(index);
            }
            found.push(less);
        }
    }
    found
}

/// A JSON value with one element less somewhere, a list of one as that one, or an element widened to `*`.
fn smaller_values(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(list) => {
            let mut found: Vec<Value> = (0..list.len())
                .map(|index| {
                    Value::Array(list.iter().enumerate().filter(|(n, _)| *n != index).map(|(_, v)| v.clone()).collect())
                })
                .collect();
            for (index, element) in list.iter().enumerate() {
                found.extend(smaller_values(element).into_iter().map(|element| {
                    let mut list = list.clone();
                    list[index] = element;
                    Value::Array(list)
                }));
            }
            found.retain(|list| list.as_array().is_some_and(|list| !list.is_empty()));
            found
        }
        Value::Object(fields) => {
            let mut found = Vec::new();
            for (key, inner) in fields {
                let without = || {
                    let mut less = fields.clone();
                    less.shift_remove(key);
                    less
                };
                if !matches!(
                    key.as_str(),
                    "Version" | "Statement" | "Effect" | "Action" | "NotAction" | "Resource" | "NotResource"
                ) {
                    found.push(Value::Object(without()));
                }
                if matches!(key.as_str(), "Action" | "NotAction" | "Resource" | "NotResource")
                    && (inner != "*" || key.starts_with("Not"))
                {
                    let mut less = without();
                    less.insert(key.trim_start_matches("Not").to_owned(), "*".into());
                    found.push(Value::Object(less));
                }
                if key == "Version" && inner != "2012-10-17" {
                    let mut less = fields.clone();
                    less.insert(key.clone(), "2012-10-17".into());
                    found.push(Value::Object(less));
                }
                for simpler in simpler_operators(key) {
                    let mut less = without();
                    less.insert(simpler, inner.clone());
                    found.push(Value::Object(less));
                }
                found.extend(smaller_values(inner).into_iter().map(|inner| {
                    let mut less = fields.clone();
                    less.insert(key.clone(), inner);
                    Value::Object(less)
                }));
            }
            found
        }
        _ => Vec::new(),
    }
}

/// An operator without what is said beside it.
fn simpler_operators(operator: &str) -> Vec<String> {
    let without_set = operator.split_once("Value:").or_else(|| operator.split_once("Values:")).map(|(_, rest)| rest);
    let without_exists = operator.strip_suffix("IfExists");
    [without_set, without_exists].into_iter().flatten().map(str::to_owned).collect()
}
