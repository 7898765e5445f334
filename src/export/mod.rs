//! The way back: what AWS holds for a service, as the object that wants just that.
//!
//! Owns what of it YAML can say, the notes on what it cannot, and the names of a clone. What comes out was loaded again and
//! compared with what AWS holds, so that applying it changes nothing but the tags of ownership. Nothing is made from an
//! incomplete read. Must not read anything itself.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod alarm;
mod check;
mod metric;
mod parts;
mod policy;
mod rename;
mod schedule;
mod step;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub use rename::object_name;

use crate::api::path::Path;
use crate::api::types::API_VERSION;
use crate::model::failure::Failure;
use crate::model::names::{AccountName, ServiceId, TargetKey};
use crate::model::observed::{Alarm, ObservedTarget, Read, ScalableTarget, ScalingPolicy, ScheduledAction, Tags};
use crate::plan::{Ownership, holder};

use rename::Names;

/// What AWS holds for a service with a scalable target.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The service.
    pub key: &'a TargetKey,
    /// Everything of it, with the alarms that AWS lists for its policies.
    pub observed: &'a ObservedTarget,
    /// The tags of everything in [`taggable`], by ARN.
    pub tags: &'a BTreeMap<String, Tags>,
}

/// How the object is to be.
#[derive(Clone, Debug)]
pub struct Wish {
    /// `metadata.name`.
    pub name: String,
    /// `spec.account`; `None` is the controller's own account.
    pub account: Option<AccountName>,
    /// Another service, whose object it is to be.
    pub clone_to: Option<ServiceId>,
}

/// A sentence on what the object does not say, or that a reader should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where in the object; the root is the whole of it.
    pub at: Path,
    /// What is so, and why.
    pub message: String,
}

/// An object, ready to be written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The whole document, with the keys in the order of the reference and without defaults.
    pub object: Value,
    /// In the order of the object.
    pub notes: Vec<Note>,
    /// From where it is.
    pub origin: String,
}

impl Exported {
    /// The object as YAML, with its notes as comments.
    pub fn yaml(&self) -> String {
        text::yaml(self)
    }
}

/// Why there is no object.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExportError {
    /// At least one list was not read completely.
    #[error("not everything could be read: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Incomplete(Vec<Failure>),
    /// Tags that were not read: nobody knows who owns what carries them.
    #[error("the tags of {0} were not read")]
    TagsUnread(String),
    /// There is no scalable target.
    #[error("{0} has no scalable target")]
    NoTarget(ServiceId),
    /// The object does not load, or wants something else than AWS holds.
    #[error("the object would not be what AWS holds: {}", .0.join("; "))]
    NotTheSame(Vec<String>),
}

/// Something that carries tags, which must be read before [`export`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Taggable {
    /// A scalable target, by ARN.
    Target(String),
    /// An alarm, by ARN.
    Alarm(String),
}

impl Taggable {
    /// The ARN.
    pub fn arn(&self) -> &str {
        match self {
            Self::Target(arn) | Self::Alarm(arn) => arn,
        }
    }
}

/// Whose tags an export needs: the target's, and those of the alarms that fire its step scaling policies.
pub fn taggable(observed: &ObservedTarget) -> BTreeSet<Taggable> {
    let target = observed.target.known().and_then(Option::as_ref).and_then(|target| target.arn.clone());
    let policies = observed.policies.known().map(Vec::as_slice).unwrap_or_default();
    let alarms = policies.iter().flat_map(|policy| firing(observed, policy)).map(|(_, alarm)| alarm.arn.clone());
    target.map(Taggable::Target).into_iter().chain(alarms.map(Taggable::Alarm)).collect()
}

/// The alarms that fire a step scaling policy; the alarms of target tracking belong to AWS.
fn firing<'a>(observed: &'a ObservedTarget, policy: &'a ScalingPolicy) -> Vec<(&'a str, &'a Alarm)> {
    if !policy.config.as_ref().is_ok_and(|config| config.step().is_some()) {
        return Vec::new();
    }
    let listed = policy.alarms.iter().filter_map(|listed| {
        let alarm = observed.alarms.get(&listed.name).and_then(Read::known)?.as_ref()?;
        alarm.actions.alarm.contains(&policy.arn).then_some((listed.name.as_str(), alarm))
    });
    listed.collect()
}

/// The object that wants what AWS holds.
///
/// # Errors
/// Where anything was not read, where there is no target, and where the object would want something else.
pub fn export(held: Held<'_>, wish: &Wish) -> Result<Exported, ExportError> {
    let whole = Whole::of(held)?;
    let service = &held.key.service;
    let exported = sound(|checks_each| Exporter { whole: &whole, names: Names::same(service), wish, checks_each });
    check::same(&exported, &whole, wish)?;
    let Some(to) = wish.clone_to.as_ref().filter(|to| *to != service) else { return Ok(exported) };
    let names: BTreeSet<String> = whole.observed.alarms.keys().map(ToString::to_string).collect();
    let names = || Names::of_clone(service, to, names.clone());
    let clone = sound(|checks_each| Exporter { whole: &whole, names: names(), wish, checks_each });
    check::loads(&clone, wish).map_err(ExportError::NotTheSame)?;
    Ok(clone)
}

/// The object with everything in it, where it loads; else without the items that do not.
fn sound<'a>(exporter: impl Fn(bool) -> Exporter<'a>) -> Exported {
    let whole = exporter(false);
    let exported = whole.export();
    match check::loads(&exported, whole.wish) {
        Ok(()) => exported,
        Err(_) => exporter(true).export(),
    }
}

/// Everything that was read, known to be complete.
struct Whole<'a> {
    key: &'a TargetKey,
    observed: &'a ObservedTarget,
    target: &'a ScalableTarget,
    policies: &'a [ScalingPolicy],
    schedules: &'a [ScheduledAction],
    tags: &'a BTreeMap<String, Tags>,
}

impl<'a> Whole<'a> {
    fn of(held: Held<'a>) -> Result<Self, ExportError> {
        let Held { key, observed, tags } = held;
        let alarms = observed.alarms.values().filter_map(Read::failure);
        let lists = [
            observed.service.failure(),
            observed.target.failure(),
            observed.policies.failure(),
            observed.scheduled_actions.failure(),
        ];
        let mut failures: Vec<Failure> = lists.into_iter().flatten().chain(alarms).cloned().collect();
        failures.dedup();
        let lists = (observed.target.known(), observed.policies.known(), observed.scheduled_actions.known());
        let ((Some(target), Some(policies), Some(schedules)), true) = (lists, failures.is_empty()) else {
            return Err(ExportError::Incomplete(failures));
        };
        let target = target.as_ref().ok_or_else(|| ExportError::NoTarget(key.service.clone()))?;
        let unread = taggable(observed).into_iter().find(|resource| !tags.contains_key(resource.arn()));
        match unread {
            Some(resource) => Err(ExportError::TagsUnread(resource.arn().to_owned())),
            None => Ok(Self { key, observed, target, policies, schedules, tags }),
        }
    }

    fn tags_of(&self, arn: &str) -> Option<&'a Tags> {
        self.tags.get(arn)
    }

    /// Who owns the target.
    fn owner(&self) -> Ownership {
        let tags = self.target.arn.as_deref().and_then(|arn| self.tags_of(arn));
        tags.map_or(Ownership::Nobody, holder)
    }
}

/// One way of writing it down: as it is, or as another service's.
struct Exporter<'a> {
    whole: &'a Whole<'a>,
    names: Names,
    wish: &'a Wish,
    /// Whether each item is loaded by itself.
    checks_each: bool,
}

impl Exporter<'_> {
    fn export(&self) -> Exported {
        let mut notes = self.notes_on_the_whole();
        let mut spec = Map::new();
        if let Some(account) = &self.wish.account {
            spec.insert("account".into(), account.to_string().into());
        }
        let to = self.names.to();
        let range = self.whole.target.range;
        for (key, value) in [
            ("region", json!(self.whole.key.scope.region)),
            ("cluster", json!(to.cluster)),
            ("service", json!(to.service)),
            ("minCapacity", json!(range.min())),
            ("maxCapacity", json!(range.max())),
        ] {
            spec.insert(key.into(), value);
        }
        for (key, value) in self.parts(&mut notes) {
            spec.insert(key.into(), value);
        }
        let object = json!({
            "apiVersion": API_VERSION, "kind": "ServiceScaling", "metadata": {"name": self.wish.name}, "spec": spec,
        });
        Exported { object, notes, origin: self.origin() }
    }

    fn origin(&self) -> String {
        let TargetKey { scope, service } = self.whole.key;
        let from = format!("{} in {scope}", service.resource_id());
        match self.names.is_clone() {
            true => format!("{}, cloned from {from}", self.names.to().resource_id()),
            false => from,
        }
    }

    fn notes_on_the_whole(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut say = |message: String| notes.push(Note { at: Path::root(), message });
        let whole = self.whole;
        if self.names.is_clone() {
            say("It overwrites nothing that exists: what has one of its names already is a Conflict.".to_owned());
            return notes;
        }
        match whole.owner() {
            Ownership::Other(id) => say(format!("It is owned already: apply it with --owner {id}.")),
            Ownership::CloudFormation(stack) => say(format!(
                "It belongs to the CloudFormation stack {stack}: applying this is a Conflict until it leaves the stack."
            )),
            _ if whole.target.arn.is_none() => {
                say("The scalable target has no ARN, so it can carry no tags of ownership.".to_owned());
            }
            _ => {}
        }
        match whole.observed.service.known() {
            Some(None) => say("ECS has no such service: nothing is written until there is one.".to_owned()),
            Some(Some(service)) if service.status != "ACTIVE" => {
                say(format!("The ECS service is {}: nothing is written for it.", service.status));
            }
            _ => {}
        }
        notes
    }
}

#[cfg(test)]
mod tests;
