//! The parts of the object that come and go: suspended state, policies, adoption and tags. Where the
//! whole does not load, each item is loaded by itself, so that one that breaks a rule becomes a note and takes no other
//! along.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::rename::clipped;
use super::{Exporter, Note, check};
use crate::api::path::Path;
use crate::model::names::AlarmName;
use crate::model::observed::{ScalingPolicy, Tags};
use crate::model::policy::PolicyConfig;
use crate::plan::is_users_tag;

/// One item of a list of the object, and the notes on it, each with its place within the item.
pub(super) struct Item {
    pub(super) value: Value,
    pub(super) notes: Vec<Note>,
}

/// What becomes of a resource: an item, or the sentence that says why not.
pub(super) type Said = Result<Item, String>;

impl Exporter<'_> {
    /// Every part with its key, in the order of the reference.
    pub(super) fn parts(&self, notes: &mut Vec<Note>) -> Vec<(&'static str, Value)> {
        let mut parts = vec![("suspendedState", self.suspended())];
        let mut owned = BTreeSet::new();
        for (key, is_of) in [
            ("stepScaling", (|c| matches!(c, PolicyConfig::Step(_))) as fn(&PolicyConfig) -> bool),
            ("targetTracking", |c| matches!(c, PolicyConfig::TargetTracking(_))),
            ("predictiveScaling", |c| matches!(c, PolicyConfig::Predictive(_))),
        ] {
            let of_kind = |policy: &&ScalingPolicy| policy.config.as_ref().is_ok_and(is_of);
            let mut policies: Vec<&ScalingPolicy> = self.whole.policies.iter().filter(of_kind).collect();
            policies.sort_by(|a, b| a.name.cmp(&b.name));
            let said = policies.into_iter().map(|policy| {
                let what = format!("the scaling policy {}", policy.name);
                (what, self.policy(policy, &mut owned))
            });
            parts.push((key, self.list(key, said.collect(), notes)));
        }
        for policy in self.whole.policies {
            if let Err(kind) = &policy.config {
                let why = format!("it is of the type {kind}, with something that this version does not know");
                notes.push(left_out(&format!("the scaling policy {}", policy.name), &why));
            }
        }
        let schedules = self.list("scheduledActions", self.schedules(), notes);
        if !is_empty(&schedules) {
            let message = "The scheduled actions set these at their times; this is what AWS held when it was read.";
            notes.push(Note { at: Path::root().key("spec").key("minCapacity"), message: message.to_owned() });
        }
        parts.push(("scheduledActions", schedules));
        if !self.names.is_clone() {
            parts.push(("adoption", json!("Unowned")));
        }
        parts.push(("tags", self.tags(&owned, notes)));
        parts.retain(|(_, value)| !is_empty(value));
        parts
    }

    /// What is suspended; what is not stays unset, which leaves it as it is.
    fn suspended(&self) -> Value {
        let state = self.whole.target.suspended;
        let members = [
            ("dynamicScalingInSuspended", state.dynamic_scaling_in_suspended),
            ("dynamicScalingOutSuspended", state.dynamic_scaling_out_suspended),
            ("scheduledScalingSuspended", state.scheduled_scaling_suspended),
        ];
        let set = members.into_iter().filter(|(_, is_set)| *is_set);
        set.map(|(name, is_set)| (name.to_owned(), Value::from(is_set))).collect::<Map<_, _>>().into()
    }

    /// A list of what can be said; the notes say what cannot.
    pub(super) fn list(&self, key: &str, said: Vec<(String, Said)>, notes: &mut Vec<Note>) -> Value {
        let mut items = Vec::new();
        for (what, said) in said {
            let is_sound = |item: Item| match self.checks_each {
                false => Ok(item),
                true => check::object_loads(&self.with(key, json!([item.value])), self.wish)
                    .map(|()| item)
                    .map_err(|findings| findings.join("; ")),
            };
            match said.and_then(is_sound) {
                Err(why) => notes.push(left_out(&what, &why)),
                Ok(Item { value, notes: of_item }) => {
                    let at = Path::root().key("spec").key(key).index(items.len());
                    notes.extend(of_item.into_iter().map(|note| Note {
                        at: note.at.moved(&Path::root(), &at).unwrap_or_else(|| at.clone()),
                        ..note
                    }));
                    items.push(value);
                }
            }
        }
        items.into()
    }

    /// The least object around one part.
    fn with(&self, key: &str, value: Value) -> Value {
        let (to, range) = (self.names.to(), self.whole.target.range);
        let mut spec = json!({
            "region": self.whole.key.scope.region, "cluster": to.cluster, "service": to.service,
            "minCapacity": range.min(), "maxCapacity": range.max(),
        });
        if let Some(spec) = spec.as_object_mut() {
            spec.insert(key.to_owned(), value);
        }
        json!({
            "apiVersion": crate::api::types::API_VERSION, "kind": "ServiceScaling",
            "metadata": {"name": self.wish.name}, "spec": spec,
        })
    }

    /// The user's tags that the target and each of the object's alarms have alike: others would be written to what has
    /// them not.
    fn tags(&self, owned: &BTreeSet<AlarmName>, notes: &mut Vec<Note>) -> Value {
        let whole = self.whole;
        let of_target = whole.target.arn.as_deref().and_then(|arn| whole.tags_of(arn));
        let users = |tags: &Tags| tags.iter().filter(|(key, _)| is_users_tag(key)).map(own).collect::<Tags>();
        let target = of_target.map(users).unwrap_or_default();
        let alarms: Vec<Tags> = owned
            .iter()
            .filter_map(|name| whole.observed.alarms.get(name)?.known()?.as_ref())
            .map(|alarm| whole.tags_of(&alarm.arn).map(users).unwrap_or_default())
            .collect();
        let is_common = |(key, value): &(&String, &String)| alarms.iter().all(|tags| tags.get(*key) == Some(*value));
        let common: Tags = target.iter().filter(is_common).map(own).collect();
        let rest: BTreeSet<String> = std::iter::once(&target)
            .chain(&alarms)
            .flatten()
            .filter(|(key, value)| common.get(*key) != Some(*value))
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let mut say = |message: String| notes.push(Note { at: Path::root(), message });
        if !rest.is_empty() {
            let rest = rest.into_iter().collect::<Vec<_>>().join(", ");
            let fate = if self.names.is_clone() { "are not cloned" } else { "stay in AWS as they are" };
            say(format!("Tags that the scalable target and its alarms do not have alike {fate}: {}", clipped(&rest)));
        }
        let refused = match self.checks_each {
            true => check::object_loads(&self.with("tags", json!(common)), self.wish).err(),
            false => None,
        };
        if let Some(findings) = refused {
            let why = clipped(&findings.join("; "));
            say(format!("The tags are not exported, and stay in AWS as they are: {why}"));
            return Value::Null;
        }
        json!(common)
    }
}

fn own((key, value): (&String, &String)) -> (String, String) {
    (key.clone(), value.clone())
}

fn left_out(what: &str, why: &str) -> Note {
    Note { at: Path::root(), message: format!("Not exported, and left in AWS as it is: {what}: {why}") }
}

/// A spec's part without what is unset.
pub(super) fn value_of(spec: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(spec).unwrap_or_default(); // these types have text keys and finite numbers
    drop_unset(&mut value);
    value
}

fn drop_unset(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_unset);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_unset),
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        other => other.is_null(),
    }
}
