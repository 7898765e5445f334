//! Warnings of what the policies of an object do together, from the model that the simulation plays.

use crate::api::desired::ServiceScaling;
use crate::api::finding::Report;
use crate::api::path::{Path, Segment};
use crate::model::simulation::lint::{Doubt, Field, doubts};
use crate::model::simulation::subject::Subject;

/// Warns of every doubt, at the value that it is about. Only of an object that AWS would accept.
pub(super) fn warn(scaling: &ServiceScaling, report: &mut Report<'_>) {
    if report.has_errors() {
        return;
    }
    let subject = scaling.subject();
    for doubt in doubts(&subject) {
        let Some(path) = path_of(&doubt, &subject, scaling) else { continue };
        report.warning(&path, doubt.message, doubt.hint);
    }
}

/// Where in the object a doubt stands. The subject has only the policies that can be played.
fn path_of(doubt: &Doubt, subject: &Subject, scaling: &ServiceScaling) -> Option<Path> {
    let name = &subject.policies.get(doubt.policy)?.name;
    let policy = scaling.policies.iter().find(|policy| policy.name.as_str() == name)?;
    let alarm = &policy.alarms.get(doubt.alarm)?.at;
    Some(match doubt.field {
        Field::Threshold => alarm.key("threshold"),
        Field::EvaluationPeriods => alarm.key("evaluationPeriods"),
        Field::DatapointsToAlarm => alarm.key("period"),
        Field::Cooldown => policy_path(alarm).key("cooldown"),
        Field::Steps => policy_path(alarm),
    })
}

/// The policy that an alarm belongs to: the item of the list around it; of intervals, which have a side for each, the
/// side itself.
fn policy_path(alarm: &Path) -> Path {
    let is_policy = |path: &Path| match path.segments() {
        [.., Segment::Key(list), Segment::Index(_)] => list == "stepScaling",
        _ => false,
    };
    alarm.and_around().find(is_policy).unwrap_or_else(|| alarm.clone())
}
