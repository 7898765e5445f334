//! `/objects/NAMESPACE/NAME`: all that is known of one object.

use jiff::Timestamp;
use maud::{Markup, html};

use super::conditions::conditions;
use super::document::Root;
use super::parts::{Standing, ago, badge, boxed, mode};
use super::policies::policies;
use super::{chart, links};
use crate::api::desired::{DesiredSchedule, Mode};
use crate::api::status::{CapacityStatus, Event, EventType, FiringStatus, ResourceStatus};
use crate::controller::ObjectView;
use crate::model::names::TargetKey;
use crate::plan;

/// The page below its frame.
pub(super) fn content(view: &ObjectView, root: &Root, now: Timestamp) -> Markup {
    let (desired, status) = (&view.desired, &view.status);
    html! {
        (heading(view, root, now))
        section { h2 { "Conditions" } (conditions(&status.conditions, now)) }
        @if let Some(capacity) = status.capacity { section { h2 { "Tasks" } (tasks(capacity)) } }
        @if !desired.policies.is_empty() { section { h2 { "Scaling policies" } @if let Some(together) = &status.together { p { (together) } } (policies(desired)) } }
        @if !desired.schedules.is_empty() || status.schedule.is_some() { section { h2 { "Schedules" } (schedules(view)) } }
        (last_plan(view, now))
        @if !status.resources.is_empty() {
            section { h2 { "In AWS" } (boxed("resources", "Resources in AWS", resources(view.key.as_ref(), &status.resources))) }
        }
        @if !status.events.is_empty() {
            section { h2 { "Events" } (boxed("events", "Events", events(&status.events, now))) }
        }
        section {
            h2 { "Spec" }
            details id="spec" {
                summary { "As it is wanted, with what its profile gives" }
                pre tabindex="0" { (serde_yaml::to_string(&desired.spec).unwrap_or_default()) }
            }
        }
    }
}

fn heading(view: &ObjectView, root: &Root, now: Timestamp) -> Markup {
    let (desired, status) = (&view.desired, &view.status);
    html! {
        p.path { a href=(root.to("")) { "Objects" } " / " (desired.key.namespace) " /" }
        h1 { (desired.key.name) " " (Standing::of(status).badge()) @if desired.mode == Mode::Observe { " " (mode(desired.mode)) } }
        dl.facts {
            dt { "Service" }
            dd {
                (desired.service.cluster) "/" (desired.service.service)
                @if let Some(link) = view.key.as_ref().and_then(links::service) { " " (console(&link, "ECS console")) }
            }
            dt { "Account" }
            dd {
                (desired.account)
                @match &view.key {
                    Some(key) => { " (" (key.scope.account) "), " (key.scope.region) }
                    None => { @if let Some(region) = &desired.region { ", " (region) } }
                }
            }
            dt { "Source" }
            dd { code { (desired.position) } }
            dt { "Generation" }
            dd { (view.generation) ", observed " (status.observed_generation) ", spec " code { (desired.spec_hash) } }
            @if let Some(at) = status.last_sync_time { dt { "Last sync" } dd { (ago(now, at)) } }
            @if !desired.labels.is_empty() {
                dt { "Labels" }
                dd { @for (name, value) in &desired.labels { span.chip { (name) "=" (value) } " " } }
            }
        }
    }
}

/// A link that leads away. It says so, and tells nothing of where it was.
fn console(link: &str, name: &str) -> Markup {
    html! { a.away href=(link) rel="noopener noreferrer" target="_blank" { (name) } }
}

fn tasks(capacity: CapacityStatus) -> Markup {
    let bound = |bound: Option<i32>| bound.map_or_else(|| "–".to_owned(), |bound| bound.to_string());
    html! {
        (chart::capacity(capacity))
        dl.counts {
            dt { "min" } dd { (bound(capacity.min)) }
            dt { "max" } dd { (bound(capacity.max)) }
            dt { "desired" } dd { (capacity.desired) }
            dt { "running" } dd { (capacity.running) }
        }
        @if capacity.min.is_none() { p.muted { "There is no scalable target yet, so no bounds." } }
    }
}

/// Which scheduled action rules, which comes next, and those of the object.
fn schedules(view: &ObjectView) -> Markup {
    let desired = &view.desired;
    let range = [desired.range.min(), desired.range.max()].map(|bound| Some(bound.into()));
    let firing = |firing: &Option<FiringStatus>| firing.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    let bound = |bound: Option<i32>| bound.map_or_else(|| "–".to_owned(), |bound| bound.to_string());
    html! {
        @if let Some(schedule) = &view.status.schedule {
            dl.facts {
                dt { "In force" } dd { (schedule.in_force(view.status.capacity, range)) }
                dt { "Last" } dd { (firing(&schedule.last)) }
                dt { "Next" } dd { (firing(&schedule.next)) }
            }
        }
        @if !desired.schedules.is_empty() { (boxed("schedules", "Scheduled actions", html! {
            table {
                thead { tr { @for title in ["Name", "Schedule", "Time zone", "Min", "Max"] { th scope="col" { (title) } } } }
                tbody { @for DesiredSchedule { name, config } in &desired.schedules { tr {
                    th scope="row" { (name) }
                    td { code { (config.schedule) } }
                    td { (config.timezone) }
                    td { (bound(config.min_capacity)) }
                    td { (bound(config.max_capacity)) }
                } } }
            }
        })) }
    }
}

fn last_plan(view: &ObjectView, now: Timestamp) -> Markup {
    let Some(plan) = &view.plan else { return html! {} };
    html! {
        section {
            h2 { "Last plan" @if let Some(at) = view.status.last_sync_time { " " span.muted { (ago(now, at)) } } }
            pre #plan tabindex="0" { (plan::text(&[(&view.desired, plan)], 0)) }
        }
    }
}

fn resources(key: Option<&TargetKey>, resources: &[ResourceStatus]) -> Markup {
    let link = |resource: &ResourceStatus| {
        key.filter(|_| resource.kind == "Alarm").and_then(|key| links::alarm(&key.scope.region, &resource.name))
    };
    html! {
        table {
            thead { tr { th scope="col" { "Kind" } th scope="col" { "Name" } th scope="col" { "State" } th scope="col" { "ARN" } } }
            tbody { @for resource in resources { tr {
                td { (resource.kind) }
                th scope="row" { (resource.name) @if let Some(policy) = &resource.policy { " " span.muted { "of " (policy) } } @if let Some(link) = link(resource) { " " (console(&link, "CloudWatch console")) } }
                td { @if let Some(state) = &resource.state { (alarm_state(state)) } }
                td.arn { @if let Some(arn) = &resource.arn { code { (arn) } } }
            } } }
        }
    }
}

/// An alarm in `ALARM` is at work, and not in trouble.
pub(super) fn alarm_state(state: &str) -> Markup {
    match state {
        "OK" => badge("good", "✓", state),
        "ALARM" => badge("work", "▲", state),
        _ => badge("doubt", "?", state),
    }
}

fn events(events: &[Event], now: Timestamp) -> Markup {
    html! {
        table.events {
            thead { tr { th scope="col" { "When" } th scope="col" { "Type" } th scope="col" { "Reason" } th scope="col" { "Message" } } }
            tbody { @for event in events.iter().rev() { tr {
                td.since { (ago(now, event.time)) }
                td { @match event.kind {
                    EventType::Normal => { "Normal" }
                    EventType::Warning => { (badge("bad", "!", "Warning")) }
                } }
                td { (event.reason) }
                td.what { (event.message) @if event.count > 1 { span.muted { " (×" (event.count) ")" } } }
            } } }
        }
    }
}
