//! The proof: the object is loaded as a file of the user's would be, and compared with what AWS holds.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ExportError, Exported, Whole, Wish, text};
use crate::api::desired::{DesiredAlarm, DesiredPolicy, DesiredSchedule, ServiceScaling};
use crate::api::finding::Severity;
use crate::api::load::{SourceFile, load};
use crate::api::types::API_VERSION;
use crate::model::arn;
use crate::model::observed::{Alarm, Read, ScalingPolicy};

/// Whether the text loads; or every error that it has.
pub(super) fn loads(exported: &Exported, wish: &Wish) -> Result<(), Vec<String>> {
    loaded(&exported.yaml(), wish).map(drop)
}

/// Whether the object loads.
pub(super) fn object_loads(object: &Value, wish: &Wish) -> Result<(), Vec<String>> {
    loaded(&text::plain(object), wish).map(drop)
}

fn loaded(yaml: &str, wish: &Wish) -> Result<ServiceScaling, Vec<String>> {
    let file = |name: &str, text: String| SourceFile { path: name.to_owned(), bytes: text.into_bytes() };
    let mut files = vec![file("export.yaml", yaml.to_owned())];
    // The account that the object names stands elsewhere.
    files.extend(wish.account.as_ref().map(|account| {
        let text = format!("apiVersion: {API_VERSION}\nkind: AwsAccount\nmetadata: {{name: {account}}}\nspec: {{}}\n");
        file("account.yaml", text)
    }));
    let loaded = load(&files);
    let errors =
        loaded.findings.iter().filter(|finding| finding.severity == Severity::Error && finding.file != "account.yaml");
    let errors: Vec<String> = errors.map(|finding| format!("{}: {}", finding.path, finding.message)).collect();
    match loaded.desired.services.into_values().next().filter(|_| errors.is_empty()) {
        Some(object) => Ok(object),
        None => Err(errors),
    }
}

/// Whether the object wants what AWS holds, in everything that it says.
pub(super) fn same(exported: &Exported, whole: &Whole<'_>, wish: &Wish) -> Result<(), ExportError> {
    let object = loaded(&exported.yaml(), wish).map_err(ExportError::NotTheSame)?;
    let mut differs: Vec<String> = Vec::new();
    let is_same_target = object.service == whole.key.service
        && object.range == whole.target.range
        && object.suspended.over(whole.target.suspended) == whole.target.suspended;
    if !is_same_target {
        differs.push("the scalable target".to_owned());
    }
    let policies = object.policies.iter().filter(|policy| !is_same_policy(policy, whole));
    differs.extend(policies.map(|policy| format!("the scaling policy {}", policy.name)));
    let is_held = |wanted: &DesiredSchedule| {
        whole.schedules.iter().any(|held| held.name == wanted.name && held.config == wanted.config)
    };
    let schedules = object.schedules.iter().filter(|wanted| !is_held(wanted));
    differs.extend(schedules.map(|wanted| format!("the scheduled action {}", wanted.name)));
    if differs.is_empty() { Ok(()) } else { Err(ExportError::NotTheSame(differs)) }
}

fn is_same_policy(policy: &DesiredPolicy, whole: &Whole<'_>) -> bool {
    let Some(held) = whole.policies.iter().find(|held| held.name == policy.name) else { return false };
    let alarm = |name| whole.observed.alarms.get(name).and_then(Read::known)?.as_ref();
    policy.config_at(None).as_ref() == held.config.as_ref().ok()
        && policy
            .alarms
            .iter()
            .all(|wanted| alarm(&wanted.name).is_some_and(|held_alarm| is_same_alarm(wanted, held_alarm, held)))
        && policy.alarm_ref.iter().all(|wanted| alarm(&wanted.name).is_some())
}

fn is_same_alarm(wanted: &DesiredAlarm, held: &Alarm, policy: &ScalingPolicy) -> bool {
    let is_policy = |action: &&String| arn::policy(action).is_some();
    let others: BTreeSet<String> =
        held.actions.alarm.iter().filter(|a| **a != policy.arn && !is_policy(a)).cloned().collect();
    let is_kept =
        |wanted: &Option<BTreeSet<String>>, held: &BTreeSet<String>| wanted.as_ref().is_none_or(|w| w == held);
    held.config.as_ref().is_ok_and(|config| *config == wanted.config)
        && is_kept(&wanted.actions.alarm, &others)
        && is_kept(&wanted.actions.ok, &held.actions.ok)
        && is_kept(&wanted.actions.insufficient_data, &held.actions.insufficient_data)
}
