//! What crosses objects within one scope.
//!
//! Files are checked against each other when they are loaded; but which account and region an object lives in may only
//! be known once the controller's own are, so the same rules are checked again on resolved keys.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::api::desired::{ObjectKey, Presence, ServiceScaling};
use crate::model::names::{AlarmName, ScopeId, TargetKey};

/// Why an object cannot be reconciled beside another one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ScopeConflict {
    /// Two objects manage one service.
    #[error("{0} manages the same service")]
    SameTarget(ObjectKey),
    /// Two objects have an alarm of one name, which is unique in its account and region (S-099).
    #[error("{0} has an alarm of the same name, {1}, in this account and region")]
    SameAlarm(ObjectKey, AlarmName),
}

/// The objects that stand in each other's way; of two, both are named, since neither is more right than the other.
pub fn scope_conflicts<'a>(
    objects: impl IntoIterator<Item = (&'a TargetKey, &'a ServiceScaling)>,
) -> BTreeMap<ObjectKey, ScopeConflict> {
    let mut targets: BTreeMap<&TargetKey, &ObjectKey> = BTreeMap::new();
    let mut alarms: BTreeMap<(&ScopeId, &AlarmName), &ObjectKey> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (key, object) in objects {
        if let Some(other) = targets.insert(key, &object.key) {
            found.insert(object.key.clone(), ScopeConflict::SameTarget(other.clone()));
            found.insert(other.clone(), ScopeConflict::SameTarget(object.key.clone()));
        }
        let makes = object.policies.iter().filter(|_| object.presence == Presence::Present);
        for alarm in makes.flat_map(|policy| &policy.alarms) {
            if let Some(other) = alarms.insert((&key.scope, &alarm.name), &object.key).filter(|o| **o != object.key) {
                let same = |of: &ObjectKey| ScopeConflict::SameAlarm(of.clone(), alarm.name.clone());
                found.insert(object.key.clone(), same(other));
                found.insert(other.clone(), same(&object.key));
            }
        }
    }
    found
}
