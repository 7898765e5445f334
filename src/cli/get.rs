//! `get`: objects as a table.

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::server::{ServerArgs, object_key};
use super::terminal::{self, plain};
use super::{Done, json};
use crate::api::age::age;
use crate::api::resource::{Resource, ResourceList};
use crate::api::status::ConditionType;
use crate::controller::Clock;

#[derive(Debug, Args)]
pub(super) struct GetArgs {
    /// NAME or NAMESPACE/NAME; all when left out
    name: Option<String>,
    /// Namespace of NAME
    #[arg(short, long, default_value = "default")]
    namespace: String,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Table,
    Wide,
    Json,
    Yaml,
}

pub(super) async fn run(args: GetArgs) -> Result<Done> {
    let items = match &args.name {
        None => args.server.list().await?,
        Some(name) => vec![args.server.one(&object_key(name, &args.namespace)).await?],
    };
    if matches!(args.output, Output::Table | Output::Wide) {
        args.server.warn_of_source().await?;
    }
    match args.output {
        Output::Json => terminal::print(&json(&ResourceList::new(items))?)?,
        Output::Yaml => terminal::print(&serde_yaml::to_string(&ResourceList::new(items))?)?,
        Output::Table | Output::Wide => {
            terminal::print(&table(&items, args.output == Output::Wide, Clock::system().now()))?;
        }
    }
    Ok(Done::Well)
}

/// The objects as a table, in kubectl's manner. `now` is for the ages.
pub fn table(items: &[Resource], wide: bool, now: Timestamp) -> String {
    let mut header =
        vec!["NAMESPACE", "NAME", "CLUSTER", "SERVICE", "READY", "REASON", "MIN", "MAX", "DESIRED", "RUNNING", "AGE"];
    if wide {
        header.extend(["REGION", "ACCOUNT", "MESSAGE"]);
    }
    let mut rows = vec![header.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    rows.extend(items.iter().map(|item| row(item, wide, now)));
    terminal::columns(&rows)
}

fn row(item: &Resource, wide: bool, now: Timestamp) -> Vec<String> {
    let ready = item.status.condition(ConditionType::Ready);
    let count = |count: Option<i32>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let capacity = item.status.capacity;
    let text = |path: &str| item.spec.get(path).and_then(|value| value.as_str()).unwrap_or("-").to_owned();
    let mut row = vec![
        item.metadata.namespace.clone(),
        item.metadata.name.clone(),
        item.target.as_ref().map_or_else(|| text("cluster"), |target| target.cluster.clone()),
        item.target.as_ref().map_or_else(|| text("service"), |target| target.service.clone()),
        ready.map_or("Unknown", |ready| ready.status.as_str()).to_owned(),
        ready.map_or("NotYetChecked", |ready| ready.reason.as_str()).to_owned(),
        count(capacity.and_then(|c| c.min)),
        count(capacity.and_then(|c| c.max)),
        count(capacity.map(|c| c.desired)),
        count(capacity.map(|c| c.running)),
        ready.map_or_else(|| "-".to_owned(), |ready| age(now, ready.last_transition_time)),
    ];
    if wide {
        row.push(item.target.as_ref().map_or_else(|| text("region"), |target| target.region.clone()));
        row.push(item.target.as_ref().map_or_else(|| text("account"), |target| target.account.clone()));
        row.push(ready.map_or_else(String::new, |ready| ready.message.clone()));
    }
    row.iter().map(|cell| plain(cell)).collect()
}
