//! The control API under `/_sandbox/`, for tests that are not written in Rust.
//!
//! | request | does |
//! | --- | --- |
//! | `GET /_sandbox/calls` | counts by account, region, service and operation, and the writes |
//! | `POST /_sandbox/reset` | forgets counts and faults |
//! | `POST /_sandbox/faults` | adds a [`FaultRule`] |
//! | `POST /_sandbox/deny` | adds a denial: `{account, action, resource, style}` |
//! | `POST /_sandbox/allow` | takes denials back: `{account, action}` |
//! | `POST /_sandbox/alarm-member` | gives an alarm a member that no SDK knows: `{account, region, alarm, member, value}` |

use ecs_scaling::model::names::AccountId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::counters::Counters;
use crate::faults::FaultRule;
use crate::message::{Request, Response};
use crate::permissions::DenialStyle;
use crate::shared::Shared;
use crate::wire::to_json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deny {
    account: AccountId,
    action: String,
    #[serde(default = "anything")]
    resource: String,
    #[serde(default = "no_policy")]
    style: DenialStyle,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allow {
    account: AccountId,
    action: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlarmMember {
    account: String,
    region: String,
    alarm: String,
    member: String,
    value: String,
}

fn anything() -> String {
    "*".into()
}

fn no_policy() -> DenialStyle {
    DenialStyle::NoIdentityPolicy
}

/// Answers a control request; `None` for every other one.
pub(crate) fn handle(world: &Shared, request: &Request) -> Option<Response> {
    let path = request.path.strip_prefix("/_sandbox/")?;
    let answer = match (request.method.as_str(), path) {
        ("GET", "calls") => Ok(calls(world.world().counters())),
        ("POST", "reset") => {
            let mut world = world.world();
            world.reset_counters();
            world.clear_faults();
            Ok(json!({}))
        }
        ("POST", "faults") => read(request).map(|rule: FaultRule| world.world().inject(rule)).map(|()| json!({})),
        ("POST", "deny") => read(request)
            .map(|d: Deny| world.world().deny(&d.account, &d.action, &d.resource, d.style))
            .map(|()| json!({})),
        ("POST", "allow") => {
            read(request).map(|a: Allow| world.world().allow(&a.account, &a.action)).map(|()| json!({}))
        }
        ("POST", "alarm-member") => read(request).and_then(|m: AlarmMember| {
            let scope = crate::seed::scope(&m.account, &m.region);
            let is_there = world.world().add_alarm_member(&scope, &m.alarm, &m.member, &m.value);
            if is_there { Ok(json!({})) } else { Err(format!("there is no alarm {}", m.alarm)) }
        }),
        (method, path) => Err(format!("there is no {method} /_sandbox/{path}")),
    };
    let (status, body) = match answer {
        Ok(body) => (200, body),
        Err(message) => (400, json!({ "error": message })),
    };
    Some(Response {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
    })
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, String> {
    serde_json::from_slice(&request.body).map_err(|e| e.to_string())
}

fn calls(counters: &Counters) -> Json {
    let call = |key: &crate::counters::CallKey| {
        json!({
            "account": key.scope.account, "region": key.scope.region,
            "service": key.service.iam_prefix(), "operation": key.operation,
        })
    };
    let with = |mut call: Json, more: Json| {
        if let (Some(call), Json::Object(more)) = (call.as_object_mut(), more) {
            call.extend(more);
        }
        call
    };
    let counts: Json = counters.calls().iter().map(|(key, n)| with(call(key), json!({ "count": n }))).collect();
    let writes: Json = counters
        .writes()
        .iter()
        .map(|w| {
            let error = w.result.as_ref().err();
            with(call(&w.call), json!({ "caller": w.caller, "at": w.at, "input": to_json(&w.input), "error": error }))
        })
        .collect();
    json!({ "calls": counts, "writes": writes, "total": counters.total() })
}
