//! Objects from files, for the commands that work without a daemon.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::terminal::{self, counted, plain};
use crate::api::desired::ObjectKey;
use crate::api::finding::{Finding, Severity};
use crate::api::load::{Loaded, SourceFile, load_at};
use crate::controller::Clock;
use crate::controller::once::Unread;
use crate::model::names::ScopeId;
use crate::plan::{Fate, PrunePlan};
use crate::source::directory::read_files;
use crate::status::Trouble;

/// Reads files once. Warnings go to standard error; an error ends the command, since a plan of some of the objects is
/// not the plan that was asked for.
pub(super) fn read(path: &Path) -> Result<Loaded> {
    let loaded = read_any(path)?;
    if loaded.desired.services.is_empty() {
        bail!("there is no ServiceScaling in {}", path.display());
    }
    Ok(loaded)
}

/// The same, for commands that also work with accounts alone.
pub(super) fn read_any(path: &Path) -> Result<Loaded> {
    let files = files(path)?;
    let loaded = load_at(&files, Some(Clock::system().now()));
    for finding in &loaded.findings {
        terminal::complain(&terminal::finding(finding));
    }
    let errors = count(&loaded.findings, Severity::Error);
    if errors > 0 {
        bail!("{} in {}; nothing was done", counted(errors, "error"), path.display());
    }
    Ok(loaded)
}

/// The files at a path, each named as it would be opened from here.
pub(super) fn files(path: &Path) -> Result<Vec<SourceFile>> {
    let found = read_files(path).with_context(|| format!("reading the objects from {}", path.display()))?;
    let is_folder = path.is_dir();
    let named = |file: SourceFile| {
        let name = if is_folder { path.join(&file.path) } else { path.to_owned() };
        SourceFile { path: name.display().to_string(), ..file }
    };
    Ok(found.into_iter().map(named).collect())
}

/// How many findings there are of a severity.
pub(super) fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity == severity).count()
}

/// What keeps objects from being looked at, each trouble once, with the objects that it keeps.
pub(super) fn troubles(troubles: &BTreeMap<ObjectKey, Trouble>) -> String {
    let mut said: Vec<(&Trouble, Vec<String>)> = Vec::new();
    for (key, trouble) in troubles {
        match said.iter_mut().find(|(other, _)| *other == trouble) {
            Some((_, keys)) => keys.push(key.to_string()),
            None => said.push((trouble, vec![key.to_string()])),
        }
    }
    let text = |(trouble, keys): &(&Trouble, Vec<String>)| {
        let Trouble { reason, message, hint, .. } = trouble;
        format!("{}: {reason}\n    {}\n    → {}\n", keys.join(", "), plain(message), plain(hint))
    };
    said.iter().map(text).collect()
}

/// What prune left, by scope, and why.
pub(super) fn orphans(found: &[(ScopeId, Result<PrunePlan, Unread>)]) -> String {
    let kept = |fate: Fate| match fate {
        Fate::Goes | Fate::Waits => None,
        Fate::Blocked => Some("too many would go at once"),
        Fate::Retained => Some("its deletion policy is Retain"),
        Fate::Claimed => Some("the object is still there, for another service or in another place"),
    };
    let mut text = String::new();
    for (scope, plan) in found {
        match plan {
            Err(Unread) => {
                text += &format!("{scope}: nothing is pruned, since not all lists and tags could be read\n");
            }
            Ok(plan) => {
                for (orphan, why) in plan.fates.iter().filter_map(|(orphan, fate)| Some((orphan, kept(*fate)?))) {
                    let (object, service) = (plain(&orphan.object.to_string()), plain(&orphan.service.to_string()));
                    text += &format!("{scope}: {object} ({service}) is in no file and stays: {why}\n");
                }
                text += &plan.blocked().map(|why| format!("{scope}: {why}\n")).unwrap_or_default();
            }
        }
    }
    text
}
