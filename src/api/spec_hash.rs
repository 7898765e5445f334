//! A short hash of what an object wants: its durable identity, the same however defaults and order are spelled.

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::desired::{DesiredAlarm, DesiredPolicy, DesiredSchedule, Presence, ServiceScaling};
use crate::model::fields::Fields;

/// The first 16 hexadecimal digits of the SHA-256 of the resolved spec's canonical JSON.
pub fn spec_hash(object: &ServiceScaling) -> String {
    let text = canonical(object).to_string();
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Everything that is wanted, and nothing of how it was written. Members stand in a fixed order.
fn canonical(object: &ServiceScaling) -> Value {
    let mut policies: Vec<&DesiredPolicy> = object.policies.iter().collect();
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    let mut schedules: Vec<&DesiredSchedule> = object.schedules.iter().collect();
    schedules.sort_by(|a, b| a.name.cmp(&b.name));
    let mut all = json!({
        "account": json(&object.account),
        "region": json(&object.region),
        "cluster": json(&object.service.cluster),
        "service": json(&object.service.service),
        "range": fields(&object.range),
        "suspended": json(&object.suspended),
        "policies": policies.into_iter().map(policy).collect::<Value>(),
        "mode": json(&object.mode),
        "adoption": json(&object.adoption),
        "allowCapacityMove": object.allow_capacity_move,
        "deletionPolicy": json(&object.deletion_policy),
        "tags": json(&object.tags),
    });
    // An object without any keeps the hash that it had before there were scheduled actions.
    if let (false, Some(all)) = (schedules.is_empty(), all.as_object_mut()) {
        all.insert("schedules".to_owned(), schedules.into_iter().map(schedule).collect());
    }
    if let (Presence::Absent, Some(all)) = (object.presence, all.as_object_mut()) {
        all.insert("state".to_owned(), "Absent".into());
    }
    all
}

fn schedule(schedule: &DesiredSchedule) -> Value {
    json!({ "name": json(&schedule.name), "config": fields(&schedule.config) })
}

fn policy(policy: &DesiredPolicy) -> Value {
    let mut alarms: Vec<&DesiredAlarm> = policy.alarms.iter().collect();
    alarms.sort_by(|a, b| a.name.cmp(&b.name));
    let alarms: Value = alarms.into_iter().map(alarm).collect();
    json!({ "name": json(&policy.name), "config": fields(&policy.config), "alarms": alarms })
}

fn alarm(alarm: &DesiredAlarm) -> Value {
    let actions = &alarm.actions;
    json!({
        "name": json(&alarm.name),
        "config": fields(&alarm.config),
        "actions": [json(&actions.alarm), json(&actions.ok), json(&actions.insufficient_data)],
    })
}

fn fields(value: &impl Fields) -> Value {
    Value::Object(value.fields().into_iter().map(|field| (field.name, field.value)).collect::<Map<_, _>>())
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
