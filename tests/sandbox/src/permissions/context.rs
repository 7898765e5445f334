//! What a request carries for conditions to look at.

use std::collections::BTreeMap;

use ecs_scaling::model::arn;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::iam::{Request, requested_region_of_iam};

use crate::caller::{Caller, Principal};
use crate::cloud::{Call, Cloud};
use crate::value::Value;

/// Where every caller seems to be: an address of those that are for documentation.
const SOURCE_IP: &str = "203.0.113.7";

/// A request with the keys that every call carries.
pub(super) fn request(
    cloud: &Cloud,
    call: &Call<'_>,
    service: AwsService,
    action: &str,
    resource: impl Into<String>,
) -> Request {
    let caller = call.caller;
    let region = match service {
        AwsService::Iam => requested_region_of_iam(arn::partition(&call.scope.region)), // E-07
        _ => call.scope.region.as_str(),
    };
    let request = Request::new(format!("{}:{action}", service.iam_prefix()), resource)
        .complete()
        .with("aws:RequestedRegion", region)
        .with("aws:PrincipalArn", principal_arn(cloud, caller))
        .with("aws:PrincipalAccount", caller.scope.account.as_str())
        .with("aws:userid", &caller.user_id)
        .with("aws:CurrentTime", call.now.to_string())
        .with("aws:EpochTime", call.now.as_second().to_string())
        .with("aws:SecureTransport", "true")
        .with("aws:SourceIp", SOURCE_IP)
        .with("aws:ViaAWSService", "false")
        .with("aws:PrincipalIsAWSService", "false");
    match &caller.principal {
        Principal::Role(_) => {
            request.with("aws:PrincipalType", "AssumedRole").with("aws:MultiFactorAuthPresent", "false")
        }
        Principal::User(name) => request.with("aws:PrincipalType", "User").with("aws:username", name),
        Principal::Administrator => request.with("aws:PrincipalType", "User").with("aws:username", "admin"),
    }
}

/// The ARN of the role or user, not of the session.
pub(super) fn principal_arn(cloud: &Cloud, caller: &Caller) -> String {
    let account = cloud.accounts.get(&caller.scope.account);
    let found = match &caller.principal {
        Principal::Administrator => None,
        Principal::Role(name) => account.and_then(|a| a.roles.get(name)).map(|role| role.arn.clone()),
        Principal::User(name) => account.and_then(|a| a.users.get(name)).map(|user| user.arn.clone()),
    };
    found.unwrap_or_else(|| caller.arn.clone())
}

/// Adds the tags of the resource.
pub(super) fn with_resource_tags(mut request: Request, tags: Option<&BTreeMap<String, String>>) -> Request {
    for (key, value) in tags.into_iter().flatten() {
        request = request.with(format!("aws:ResourceTag/{key}"), value);
    }
    request
}

/// Adds the tags that are sent, and the keys of those that are sent or to be removed.
pub(super) fn with_sent_tags(mut request: Request, input: &Value) -> Request {
    let tags = sent_tags(input);
    for (key, value) in &tags {
        request = request.with(format!("aws:RequestTag/{key}"), value);
    }
    let removed = ["TagKeys", "tagKeys"].into_iter().flat_map(|member| input.texts(member).unwrap_or_default());
    let keys: Vec<String> = tags.into_keys().chain(removed).collect();
    if !keys.is_empty() {
        request.context.insert("aws:TagKeys".into(), keys);
    }
    request
}

/// The tags of an input: a map, or a list in one of two spellings.
pub(super) fn sent_tags(input: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    match (input.get("Tags"), input.get("tags")) {
        (Value::Map(tags), _) => tags.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
        (Value::List(tags), _) => tags.iter().map(|tag| (text(tag.get("Key")), text(tag.get("Value")))).collect(),
        (_, Value::List(tags)) => tags.iter().map(|tag| (text(tag.get("key")), text(tag.get("value")))).collect(),
        _ => BTreeMap::new(),
    }
}
