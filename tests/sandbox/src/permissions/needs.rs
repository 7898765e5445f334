//! Which actions on which resources an operation needs, with what in their context (iam.md §3).

use std::collections::BTreeMap;

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::iam::Request;
use ecs_scaling::model::names::{AlarmName, ClusterName, ServiceId};

use super::context::{request, sent_tags, with_resource_tags, with_sent_tags};
use super::iam_needs;
use crate::cloud::{Call, Cloud, regional_arn};
use crate::ecs::cluster_name;
use crate::value::Value;

/// An action on a resource that must be allowed.
pub(super) struct Need {
    pub(super) request: Request,
    /// The resource as a refusal names it, where that is not the ARN.
    shown: Option<String>,
}

impl Need {
    pub(super) fn new(request: Request) -> Self {
        Self { request, shown: None }
    }

    pub(super) fn shown_as(request: Request, shown: String) -> Self {
        Self { request, shown: Some(shown) }
    }

    pub(super) fn shown(&self) -> &str {
        self.shown.as_deref().unwrap_or(&self.request.resource)
    }
}

/// What an operation needs before anything else is looked at.
pub(super) fn needs(cloud: &Cloud, call: &Call<'_>, service: AwsService, operation: &str) -> Vec<Need> {
    match service {
        AwsService::Sts => vec![], // GetCallerIdentity cannot be denied
        AwsService::S3 => vec![],  // not served here
        AwsService::Iam => vec![iam_needs::need(cloud, call, operation)],
        AwsService::Ecs => of_ecs(cloud, call, operation),
        // Its describes know no resources.
        AwsService::ElasticLoadBalancing => vec![Need::new(request(cloud, call, service, operation, "*"))],
        AwsService::ApplicationAutoScaling => of_autoscaling(cloud, call, operation),
        AwsService::CloudWatch => of_cloudwatch(cloud, call, operation),
    }
}

pub(super) fn assume_role(cloud: &Cloud, call: &Call<'_>, role_arn: &str) -> Need {
    let mut request = request(cloud, call, AwsService::Sts, "AssumeRole", role_arn);
    for (key, member) in [("sts:ExternalId", "ExternalId"), ("sts:RoleSessionName", "RoleSessionName")] {
        if let Some(value) = call.input.get(member).as_text() {
            request = request.with(key, value);
        }
    }
    Need::new(request)
}

pub(super) fn text<'a>(input: &'a Value, member: &str) -> &'a str {
    input.get(member).as_text().unwrap_or_default()
}

/// Describes know no resources and no keys; the rest is on the target, or on any while it has no ARN (iam.md §3).
fn of_autoscaling(cloud: &Cloud, call: &Call<'_>, operation: &str) -> Vec<Need> {
    let service = AwsService::ApplicationAutoScaling;
    if operation.starts_with("Describe") {
        return vec![Need::new(request(cloud, call, service, operation, "*"))];
    }
    let targets = &cloud.scope(call.scope).targets;
    let (arn, tags) = match call.input.get("ResourceARN").as_text() {
        Some(arn) => (Some(arn.to_owned()), targets.values().find(|t| t.arn.as_deref() == Some(arn)).map(|t| &t.tags)),
        None => {
            let target = ServiceId::from_resource_id(text(call.input, "ResourceId")).and_then(|id| targets.get(&id));
            (target.and_then(|t| t.arn.clone()), target.map(|t| &t.tags))
        }
    };
    let arn = arn.unwrap_or_else(|| regional_arn(call.scope, "application-autoscaling", "scalable-target/*"));
    let on_target = |action: &str| with_resource_tags(request(cloud, call, service, action, &arn), tags);
    if matches!(operation, "TagResource" | "UntagResource" | "ListTagsForResource") {
        return vec![Need::new(with_sent_tags(on_target(operation), call.input))];
    }
    let write = on_target(operation)
        .with("application-autoscaling:service-namespace", text(call.input, "ServiceNamespace"))
        .with("application-autoscaling:scalable-dimension", text(call.input, "ScalableDimension"));
    with_tagging(call, write, on_target("TagResource"))
}

/// A write, and TagResource beside it when it sends tags (S-068).
fn with_tagging(call: &Call<'_>, write: Request, tag: Request) -> Vec<Need> {
    let mut needs = vec![Need::new(with_sent_tags(write, call.input))];
    if !sent_tags(call.input).is_empty() {
        needs.push(Need::new(with_sent_tags(tag, call.input)));
    }
    needs
}

fn of_cloudwatch(cloud: &Cloud, call: &Call<'_>, operation: &str) -> Vec<Need> {
    let alarms = &cloud.scope(call.scope).alarms;
    let on = |action: &str, resource: String, tags: Option<&BTreeMap<String, String>>| {
        with_resource_tags(request(cloud, call, AwsService::CloudWatch, action, resource), tags)
    };
    let on_alarm = |action: &str, name: &str| {
        let tags = alarms.get(&AlarmName::new(name)).map(|alarm| &alarm.tags);
        on(action, regional_arn(call.scope, "cloudwatch", &format!("alarm:{name}")), tags)
    };
    let named = call.input.texts("AlarmNames").unwrap_or_default();
    match operation {
        "PutMetricAlarm" => {
            let name = text(call.input, "AlarmName");
            let mut put = on_alarm(operation, name);
            let actions = call.input.texts("AlarmActions").unwrap_or_default();
            put.context.insert("cloudwatch:AlarmActions".into(), actions);
            with_tagging(call, put, on_alarm("TagResource", name))
        }
        "SetAlarmState" => vec![Need::new(on_alarm(operation, text(call.input, "AlarmName")))],
        "DescribeAlarms" if named.is_empty() => vec![Need::new(on_alarm(operation, "*"))],
        "DescribeAlarms" | "DeleteAlarms" | "EnableAlarmActions" | "DisableAlarmActions" => {
            named.iter().map(|name| Need::new(on_alarm(operation, name))).collect()
        }
        "DescribeAlarmHistory" => vec![Need::new(on_alarm(operation, "*"))],
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            let arn = text(call.input, "ResourceARN");
            let tags = alarms.values().find(|alarm| alarm.arn == arn).map(|alarm| &alarm.tags);
            vec![Need::new(with_sent_tags(on(operation, arn.to_owned(), tags), call.input))]
        }
        _ => vec![Need::new(on(operation, "*".to_owned(), None))],
    }
}

fn of_ecs(cloud: &Cloud, call: &Call<'_>, operation: &str) -> Vec<Need> {
    let cluster = cluster_name(call.input);
    let services = match operation {
        "DescribeServices" => call.input.texts("services").unwrap_or_default(),
        "UpdateService" | "DeleteService" => vec![text(call.input, "service").to_owned()],
        "CreateService" => vec![text(call.input, "serviceName").to_owned()],
        _ => return of_ecs_elsewhere(cloud, call, operation, &cluster),
    };
    let name = |service: &str| service.rsplit('/').next().unwrap_or(service).to_owned();
    let ids = services.iter().map(|service| ServiceId::new(cluster.as_str(), name(service)));
    ids.map(|id| Need::new(with_sent_tags(on_service(cloud, call, operation, &id), call.input))).collect()
}

/// A request on an ECS service, with its cluster and its tags.
pub(super) fn on_service(cloud: &Cloud, call: &Call<'_>, operation: &str, id: &ServiceId) -> Request {
    let arn = regional_arn(call.scope, "ecs", &id.resource_id());
    let request = request(cloud, call, AwsService::Ecs, operation, arn);
    let tags = cloud.scope(call.scope).service(id).map(|service| &service.tags);
    with_resource_tags(request, tags).with("ecs:cluster", cluster_arn(call, &id.cluster))
}

fn cluster_arn(call: &Call<'_>, cluster: &ClusterName) -> String {
    regional_arn(call.scope, "ecs", &format!("cluster/{cluster}"))
}

/// ECS operations that are not on a service.
fn of_ecs_elsewhere(cloud: &Cloud, call: &Call<'_>, operation: &str, cluster: &ClusterName) -> Vec<Need> {
    let on = |resource: String| request(cloud, call, AwsService::Ecs, operation, resource);
    match operation {
        "ListServices" => vec![Need::new(on("*".into()).with("ecs:cluster", cluster_arn(call, cluster)))],
        "DeleteCluster" => vec![Need::new(on(cluster_arn(call, cluster)))],
        "DescribeClusters" => {
            let named = call.input.texts("clusters").unwrap_or_else(|_| vec![]);
            let named = if named.is_empty() { vec!["default".to_owned()] } else { named };
            let name = |text: &String| ClusterName::new(text.rsplit('/').next().unwrap_or(text));
            named.iter().map(|text| Need::new(on(cluster_arn(call, &name(text))))).collect()
        }
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            vec![Need::new(with_sent_tags(on(text(call.input, "resourceArn").to_owned()), call.input))]
        }
        _ => vec![Need::new(on("*".into()))],
    }
}
