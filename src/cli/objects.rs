//! Objects from files, for the commands that work without a daemon.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::terminal::{self, counted, plain};
use crate::api::desired::ObjectKey;
use crate::api::finding::{Finding, Severity};
use crate::api::load::{Loaded, SourceFile};
use crate::aws::{Aws, AwsOptions};
use crate::controller::Clock;
use crate::controller::once::Unread;
use crate::model::names::ScopeId;
use crate::plan::{Fate, PrunePlan};
use crate::source::directory::{DirectorySource, Timing};
use crate::source::location::Location;
use crate::source::{Snapshot, Source};
use crate::status::Trouble;

/// A prefix that others write to is waited for no longer than this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the objects once. Warnings go to standard error; an error ends the command, since a plan of some of them is
/// not the plan that was asked for.
pub(super) async fn read(location: &Location, aws: Option<&Aws>) -> Result<Loaded> {
    let loaded = read_any(location, aws).await?;
    if loaded.desired.services.is_empty() {
        bail!("there is no ServiceScaling in {location}");
    }
    Ok(loaded)
}

/// The same for a command that may prune: then nothing is done where an object's absence says nothing.
pub(super) async fn read_whole(location: &Location, aws: &Aws, prunes: bool) -> Result<Loaded> {
    let snapshot = snapshot(location, Some(aws)).await?;
    if let Some(doubt) = snapshot.absence.doubt().filter(|_| prunes) {
        bail!("--prune cannot tell what is not in {location}: {doubt}; nothing was done");
    }
    let loaded = load(&snapshot, location)?;
    if loaded.desired.services.is_empty() {
        bail!("there is no ServiceScaling in {location}");
    }
    Ok(loaded)
}

/// The same, for commands that also work with accounts alone.
pub(super) async fn read_any(location: &Location, aws: Option<&Aws>) -> Result<Loaded> {
    load(&snapshot(location, aws).await?, location)
}

fn load(snapshot: &Snapshot, location: &Location) -> Result<Loaded> {
    let loaded = snapshot.load_at(Some(Clock::system().now()));
    for finding in &loaded.findings {
        terminal::complain(&terminal::finding(finding));
    }
    let errors = count(&loaded.findings, Severity::Error);
    if errors > 0 {
        bail!("{} in {location}; nothing was done", counted(errors, "error"));
    }
    Ok(loaded)
}

/// What is at a location, each file named as it would be opened from here. Commands that need AWS for nothing else give
/// none, and nothing is asked of it for a path.
pub(super) async fn snapshot(location: &Location, aws: Option<&Aws>) -> Result<Snapshot> {
    let timing = Timing { give_up: PATIENCE, ..Timing::default() };
    let mut source = match (location, aws) {
        (Location::Path(path), _) => Source::Directory(DirectorySource::new(path, timing)),
        (Location::S3(_), Some(aws)) => Source::at(location.clone(), timing, aws),
        (Location::S3(_), None) => Source::at(location.clone(), timing, &Aws::load(AwsOptions::default()).await),
    };
    let read = source.once().await;
    let snapshot = read.with_context(|| format!("reading the objects from {location}"))?;
    let Location::Path(path) = location else { return Ok(snapshot) };
    let is_folder = path.is_dir();
    let named = |file: SourceFile| {
        let name = if is_folder { path.join(&file.path) } else { path.clone() };
        SourceFile { path: name.display().to_string(), ..file }
    };
    Ok(Snapshot { files: snapshot.files.into_iter().map(named).collect(), ..snapshot })
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
