//! `describe`: all that is known of one object.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::Done;
use super::conditions::conditions;
use super::server::{ServerArgs, object_key};
use super::terminal::{self, plain};
use crate::api::age::age;
use crate::api::resource::Resource;
use crate::controller::Clock;

#[derive(Debug, Args)]
pub(super) struct DescribeArgs {
    /// NAME or NAMESPACE/NAME
    name: String,
    /// Namespace of NAME
    #[arg(short, long, default_value = "default")]
    namespace: String,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: DescribeArgs) -> Result<Done> {
    let found = args.server.one(&object_key(&args.name, &args.namespace)).await?;
    args.server.warn_of_source().await?;
    terminal::print(&text(&found, Clock::system().now())?)?;
    Ok(Done::Well)
}

/// The object as text, in kubectl's manner.
pub fn text(item: &Resource, now: Timestamp) -> Result<String> {
    let mut out = String::new();
    let (metadata, status) = (&item.metadata, &item.status);
    writeln!(out, "Name:        {}", metadata.name)?;
    writeln!(out, "Namespace:   {}", metadata.namespace)?;
    for (key, value) in &metadata.labels {
        writeln!(out, "Label:       {}={}", plain(key), plain(value))?;
    }
    writeln!(out, "Source:      {}", plain(&metadata.source))?;
    writeln!(
        out,
        "Generation:  {} (observed {}, spec {})",
        metadata.generation, status.observed_generation, status.observed_spec
    )?;
    if let Some(target) = &item.target {
        writeln!(out, "Service:     {}/{} in {}/{}", target.cluster, target.service, target.account, target.region)?;
    }
    if let Some(capacity) = status.capacity {
        let bound = |bound: Option<i32>| bound.map_or_else(|| "-".to_owned(), |bound| bound.to_string());
        let (min, max) = (bound(capacity.min), bound(capacity.max));
        writeln!(out, "Capacity:    min {min}, max {max}, desired {}, running {}", capacity.desired, capacity.running)?;
    }
    if let Some(schedule) = &status.schedule {
        let wanted = ["minCapacity", "maxCapacity"].map(|field| item.spec.get(field).and_then(Value::as_i64));
        writeln!(out, "In force:    {}", plain(&schedule.in_force(status.capacity, wanted)))?;
        for (title, firing) in [("Last schedule", &schedule.last), ("Next schedule", &schedule.next)] {
            let text = firing.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
            writeln!(out, "{title}: {}", plain(&text))?;
        }
    }
    if let Some(at) = status.last_sync_time {
        writeln!(out, "Last sync:   {} ago", age(now, at))?;
    }
    writeln!(out, "\nSpec:")?;
    for line in serde_yaml::to_string(&item.spec)?.lines() {
        writeln!(out, "  {line}")?;
    }
    writeln!(out, "\nConditions:")?;
    out.push_str(&conditions(&status.conditions, now)?);
    if !status.resources.is_empty() {
        writeln!(out, "\nIn AWS:")?;
    }
    for resource in &status.resources {
        let mut state = resource.state.as_ref().map_or_else(String::new, |state| format!(" [{state}]"));
        if let Some(policy) = &resource.policy {
            state.push_str(&format!(" of {policy}"));
        }
        writeln!(out, "  {:<15} {}{}", resource.kind, plain(&resource.name), plain(&state))?;
        if let Some(arn) = &resource.arn {
            writeln!(out, "                  {}", plain(arn))?;
        }
    }
    if let Some(together) = &status.together {
        writeln!(out, "\nTogether:\n  {}", plain(together))?;
    }
    if !status.events.is_empty() {
        writeln!(out, "\nEvents (oldest first):")?;
    }
    for event in &status.events {
        let times = if event.count > 1 { format!(" (x{})", event.count) } else { String::new() };
        let (kind, reason) = (format!("{:?}", event.kind), event.reason.as_str());
        writeln!(out, "  {:>5} ago  {kind:<8} {reason:<17} {}{times}", age(now, event.time), plain(&event.message))?;
    }
    Ok(out)
}
