//! The scalable target: which service, where, and between which capacities.

use super::has_length;
use crate::api::desired::{DesiredAlarm, DesiredPolicy};
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::ServiceScalingSpec;
use crate::model::alarm::TreatMissingData;
use crate::model::arn::{self, NamedIn};
use crate::model::capacity::CapacityRange;
use crate::model::metric::is_of_service;
use crate::model::names::{AccountId, ClusterName, Region, ServiceId, ServiceName};
use crate::model::policy::{PolicyConfig, TrackedMetric};

/// Where a service is, as far as the object itself says.
pub(super) struct Place {
    pub(super) service: ServiceId,
    pub(super) region: Option<Region>,
    pub(super) arn_account: Option<(Path, AccountId)>,
}

/// Reads cluster, service, region and account from names and ARNs, which must not contradict each other.
pub(super) fn place(spec: &ServiceScalingSpec, at: &Path, report: &mut Report<'_>) -> Place {
    let region = spec.region.as_deref().and_then(|text| region(text, &at.key("region"), report));
    let (cluster_at, service_at) = (at.key("cluster"), at.key("service"));
    let cluster = cluster(&spec.cluster, &cluster_at, report);
    let (service, arn_cluster) = service(&spec.service, &service_at, report);
    if let (Some(cluster), Some(other)) = (&cluster, &arn_cluster) {
        same_cluster(&cluster.name, other, &service.name, &service_at, report);
    }
    let cluster = cluster.unwrap_or_else(|| unnamed(ClusterName::new(&spec.cluster)));
    let region = one_region(region, [(&cluster_at, cluster.region), (&service_at, service.region)], report);
    let arn_account = one_account([(cluster_at, cluster.account), (service_at, service.account)], report);
    Place { service: ServiceId { cluster: cluster.name, service: service.name }, region, arn_account }
}

fn cluster(text: &str, path: &Path, report: &mut Report<'_>) -> Option<NamedIn<ClusterName>> {
    let cluster = arn::cluster(text);
    match &cluster {
        Some(cluster) => check_ecs_name(cluster.name.as_str(), "cluster", path, report),
        None => {
            let hint = "write the cluster's name, or its ARN: arn:aws:ecs:REGION:ACCOUNT:cluster/NAME";
            report.error(path, format!("`{text}` is not the ARN of an ECS cluster"), hint);
        }
    }
    cluster
}

/// The service, and the cluster that its ARN names.
fn service(text: &str, path: &Path, report: &mut Report<'_>) -> (NamedIn<ServiceName>, Option<ClusterName>) {
    let Some((service, cluster)) = arn::service(text) else {
        let hint = "write the service's name, or its ARN: arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME";
        report.error(path, format!("`{text}` is not the ARN of an ECS service"), hint);
        return (unnamed(ServiceName::new(text)), None);
    };
    check_ecs_name(service.name.as_str(), "service", path, report);
    (service, cluster)
}

/// What could not be read, as a name: its object is refused.
fn unnamed<T>(name: T) -> NamedIn<T> {
    NamedIn { name, region: None, account: None }
}

/// Reads a region's name.
pub(super) fn region(text: &str, path: &Path, report: &mut Report<'_>) -> Option<Region> {
    let parts: Vec<&str> = text.split('-').collect();
    let is_region = match parts.as_slice() {
        [first, .., last] if parts.len() >= 3 => {
            first.len() >= 2
                && last.bytes().all(|b| b.is_ascii_digit())
                && !last.is_empty()
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        }
        _ => false,
    };
    if !is_region {
        let hint = "write the region's code, such as ap-northeast-2; an availability zone's letter is not part of it";
        report.error(path, format!("`{text}` is not a region"), hint);
    }
    is_region.then(|| Region::new(text))
}

fn check_ecs_name(name: &str, what: &str, path: &Path, report: &mut Report<'_>) {
    has_length(name, 255, &format!("the {what}'s name"), path, report);
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        let hint = "ECS names have letters, digits, `-` and `_`; write the name alone, or the whole ARN";
        report.error(path, format!("`{name}` cannot be a {what}'s name"), hint);
    }
}

fn same_cluster(
    cluster: &ClusterName,
    other: &ClusterName,
    service: &ServiceName,
    path: &Path,
    report: &mut Report<'_>,
) {
    if cluster != other {
        let message = format!("the service's ARN is in the cluster {other}, and `cluster` says {cluster}");
        report.error(path, message, format!("write `service: {service}` for {cluster}, or `cluster: {other}`"));
    }
}

/// The region that the object and its ARNs agree on.
fn one_region(
    written: Option<Region>,
    from_arns: [(&Path, Option<Region>); 2],
    report: &mut Report<'_>,
) -> Option<Region> {
    let mut agreed = written;
    for (path, region) in from_arns {
        let Some(region) = region else { continue };
        match &agreed {
            Some(agreed) if *agreed != region => {
                let message = format!("the ARN is in the region {region}, and the object is in {agreed}");
                report.error(path, message, "write the name instead of the ARN, or correct the region");
            }
            _ => agreed = Some(region),
        }
    }
    agreed
}

/// The account that the ARNs agree on.
fn one_account(from_arns: [(Path, Option<AccountId>); 2], report: &mut Report<'_>) -> Option<(Path, AccountId)> {
    let mut agreed: Option<(Path, AccountId)> = None;
    for (path, account) in from_arns {
        let Some(account) = account else { continue };
        match &agreed {
            Some((_, agreed)) if *agreed != account => {
                let message = format!("the ARN is in the account {account}, and the cluster's is in {agreed}");
                report.error(&path, message, "write names instead of ARNs, or correct one of them");
            }
            _ => agreed = Some((path, account)),
        }
    }
    agreed
}

/// Checks min and max (S-004, S-013); 0 and 0 are fine (S-017).
pub(super) fn range(spec: &ServiceScalingSpec, at: &Path, report: &mut Report<'_>) -> CapacityRange {
    // Without them the object is Absent, or what is missing has been said.
    let (min, max) = (spec.min_capacity.unwrap_or_default(), spec.max_capacity.unwrap_or(i32::MAX));
    for (name, value) in [("minCapacity", min), ("maxCapacity", max)] {
        if value < 0 {
            report.error(&at.key(name), format!("{value} is below 0"), "write 0 or more tasks");
        }
    }
    if max < min {
        let message = format!("maxCapacity {max} is below minCapacity {min}");
        report.error(&at.key("maxCapacity"), message, format!("write {min} or more, or lower minCapacity"));
    }
    CapacityRange::new(min, max).unwrap_or_default()
}

/// Whether nothing of the policy's metrics is there without tasks. A forecast is made of the past, and needs none.
fn needs_tasks(policy: &DesiredPolicy) -> bool {
    let of_alarm = |alarm: &DesiredAlarm| {
        let config = &alarm.config;
        config.metric.needs_tasks() && config.treat_missing_data != TreatMissingData::Breaching
    };
    match &policy.config {
        PolicyConfig::Step(_) => policy.alarm_ref.is_none() && policy.alarms.iter().all(of_alarm),
        PolicyConfig::TargetTracking(config) => match &config.metric {
            TrackedMetric::Predefined(_) => true,
            TrackedMetric::Single(metric) => is_of_service(&metric.namespace),
            TrackedMetric::Math(_) => false,
        },
        PolicyConfig::Predictive(_) => false,
    }
}

/// S-017: a service without tasks has no CPU or memory, so that alarms on them never start it again.
pub(super) fn warn_of_sleep(range: CapacityRange, policies: &[DesiredPolicy], at: &Path, report: &mut Report<'_>) {
    if range.min() > 0 || range.max() == 0 || policies.is_empty() {
        return;
    }
    if policies.iter().all(needs_tasks) {
        let message = "at 0 tasks the service has no CPU or memory metric, so that no policy here can start it again";
        let hint = "write 1 or more, or add an alarm on a metric that is there without tasks, such as a queue's length";
        report.warning(&at.key("minCapacity"), message, hint);
    }
}
