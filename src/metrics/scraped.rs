//! The gauges about objects and their source, made anew from the state at each scrape.

use std::collections::BTreeMap;

use jiff::Timestamp;
use prometheus::{Gauge, GaugeVec, Registry};

use super::{gauges, register};
use crate::api::status::{ConditionStatus, ConditionType, Reason};
use crate::controller::{ConfigView, Counts, ObjectView, OrphansView};
use crate::model::names::ScopeId;
use crate::plan::{Coverage, Fate};

/// Gives the gauge of what is withheld.
pub(super) fn object_gauges(registry: &Registry, objects: &[ObjectView]) -> Result<GaugeVec, prometheus::Error> {
    let conditions = gauges(
        registry,
        "ecs_scaling_status_condition",
        "1 on the condition's current status. Ready and Stalled have a series for each status.",
        &["object", "type", "status", "reason"],
    )?;
    let denied = gauges(
        registry,
        "ecs_scaling_denied_action",
        "1 for each action that AWS refuses, while PermissionsGranted is False for it.",
        &["object", "action"],
    )?;
    let info = gauges(
        registry,
        "ecs_scaling_object_info",
        "1 for each object.",
        &["object", "account", "region", "cluster", "service", "mode"],
    )?;
    let synced = gauges(
        registry,
        "ecs_scaling_last_sync_timestamp_seconds",
        "When the object was last reconciled.",
        &["object"],
    )?;
    let succeeded = gauges(
        registry,
        "ecs_scaling_last_successful_sync_timestamp_seconds",
        "When the object was last reconciled and left Ready.",
        &["object"],
    )?;
    let capacity = gauges(registry, "ecs_scaling_capacity", "Task counts and bounds.", &["object", "bound"])?;
    let withheld =
        gauges(registry, "ecs_scaling_withheld_actions", "Writes that are withheld, by reason.", &["reason"])?;
    for reason in Reason::ALL {
        withheld.with_label_values(&[reason.as_str()]);
    }
    for view in objects {
        let object = view.desired.key.to_string();
        condition_series(&conditions, &object, view);
        for action in view.status.condition(ConditionType::PermissionsGranted).iter().flat_map(|one| &one.fix.denied) {
            denied.with_label_values(&[&object, action]).set(1.0);
        }
        let service = &view.desired.service;
        let (account, region) =
            view.key.as_ref().map_or(("", ""), |key| (key.scope.account.as_str(), key.scope.region.as_str()));
        let mode = format!("{:?}", view.desired.mode);
        info.with_label_values(&[&object, account, region, service.cluster.as_str(), service.service.as_str(), &mode])
            .set(1.0);
        if let Some(at) = view.status.last_sync_time {
            synced.with_label_values(&[&object]).set(seconds(at));
        }
        if let Some(at) = view.status.last_successful_sync_time {
            succeeded.with_label_values(&[&object]).set(seconds(at));
        }
        if let Some(counts) = view.status.capacity {
            let all = [
                ("min", counts.min),
                ("max", counts.max),
                ("desired", Some(counts.desired)),
                ("running", Some(counts.running)),
            ];
            for (bound, count) in all {
                if let Some(count) = count {
                    capacity.with_label_values(&[object.as_str(), bound]).set(f64::from(count));
                }
            }
        }
        for part in view.plan.iter().flat_map(|plan| &plan.withheld) {
            withheld.with_label_values(&[part.reason.as_str()]).inc();
        }
    }
    Ok(withheld)
}

/// What is ours and wanted by no object, where prune is on.
pub(super) fn orphan_gauges(
    registry: &Registry,
    scopes: &BTreeMap<ScopeId, OrphansView>,
    withheld: &GaugeVec,
) -> Result<(), prometheus::Error> {
    let orphans = gauges(
        registry,
        "ecs_scaling_orphans",
        "Objects in no file whose resources are still in AWS and ours, by what becomes of them. With prune alone.",
        &["account", "region", "fate"],
    )?;
    for (scope, view) in scopes {
        for (fate, count) in &view.by_fate {
            let count = f64::from(u32::try_from(*count).unwrap_or(u32::MAX));
            orphans.with_label_values(&[scope.account.as_str(), scope.region.as_str(), fate.as_str()]).set(count);
            if *fate == Fate::Blocked {
                withheld.with_label_values(&[Reason::PruneBlocked.as_str()]).add(count);
            }
        }
    }
    Ok(())
}

/// Ready and Stalled have three series each, so that an alert can be written on any of them; others only the current.
fn condition_series(conditions: &GaugeVec, object: &str, view: &ObjectView) {
    let all = [ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown];
    for kind in [ConditionType::Ready, ConditionType::Stalled] {
        let current = view.status.condition(kind);
        let absent = if kind == ConditionType::Stalled { ConditionStatus::False } else { ConditionStatus::Unknown };
        let status = current.map_or(absent, |condition| condition.status);
        let reason = current.map_or("", |condition| condition.reason.as_str());
        for one in all {
            let reason = if one == status { reason } else { "" };
            conditions.with_label_values(&[object, kind.as_str(), one.as_str(), reason]).set(if one == status {
                1.0
            } else {
                0.0
            });
        }
    }
    for condition in &view.status.conditions {
        if !matches!(condition.kind, ConditionType::Ready | ConditionType::Stalled) {
            let labels = [object, condition.kind.as_str(), condition.status.as_str(), condition.reason.as_str()];
            conditions.with_label_values(&labels).set(1.0);
        }
    }
}

/// Every coverage has its series in each cluster, so that the last service of a kind is seen to go.
pub(super) fn coverage_gauges(
    registry: &Registry,
    coverage: &BTreeMap<ScopeId, Counts>,
) -> Result<(), prometheus::Error> {
    let services = gauges(
        registry,
        "ecs_scaling_services",
        "Services of the objects' clusters, by how their scaling is covered. With --coverage alone.",
        &["account", "region", "cluster", "coverage"],
    )?;
    for (scope, clusters) in coverage {
        for (cluster, counts) in clusters {
            for kind in Coverage::ALL {
                let count = counts.get(&kind).copied().unwrap_or_default();
                services
                    .with_label_values(&[
                        scope.account.as_str(),
                        scope.region.as_str(),
                        cluster.as_str(),
                        kind.as_str(),
                    ])
                    .set(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
            }
        }
    }
    Ok(())
}

pub(super) fn config_gauges(registry: &Registry, config: &ConfigView) -> Result<(), prometheus::Error> {
    let successful = register(
        registry,
        Gauge::new(
            "ecs_scaling_config_last_reload_successful",
            "Whether the last read of the source was taken whole.",
        )?,
    )?;
    successful.set(f64::from(u8::from(config.successful)));
    let read_at = register(
        registry,
        Gauge::new("ecs_scaling_config_last_reload_timestamp_seconds", "When a read of the source was last taken.")?,
    )?;
    read_at.set(config.read_at.map_or(0.0, seconds));
    let findings = gauges(registry, "ecs_scaling_config_findings", "Findings in the source.", &["severity"])?;
    for severity in ["error", "warning"] {
        let count = config.findings.iter().filter(|finding| finding.severity.to_string() == severity).count();
        findings.with_label_values(&[severity]).set(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    }
    Ok(())
}

fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}
