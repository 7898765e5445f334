//! `coverage`: the services that have no scaling, or that this controller does not manage.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::json;

use super::place::{PlaceArgs, reach, regions, sentence};
use super::terminal::{self, counted, plain};
use super::{Done, Output, json as to_json};
use crate::api::desired::Desired;
use crate::api::types::API_VERSION;
use crate::aws::{Aws, Scope, Which};
use crate::model::failure::Failure;
use crate::model::names::{AccountName, ClusterName, Region, ServiceId};
use crate::model::observed::Tags;
use crate::plan::{Coverage, OwnerId, Ownership, Scaling, coverage, holder};

#[derive(Debug, Args)]
pub(super) struct CoverageArgs {
    /// Services of this cluster alone [default: the clusters of --config, or all]
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Owner id that counts as managed [default: any]
    #[arg(long, env = "ECS_SCALING_OWNER", value_name = "ID", value_parser = OwnerId::parse)]
    owner: Option<OwnerId>,
    /// Exit with 3 where a service is covered so; may be given several times
    #[arg(long, value_enum, value_delimiter = ',', value_name = "COVERAGE")]
    fail_on: Vec<CoverageArg>,
    #[command(flatten)]
    place: PlaceArgs,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CoverageArg {
    Unmanaged,
    #[value(name = "targetOnly")]
    TargetOnly,
    None,
}

impl From<CoverageArg> for Coverage {
    fn from(arg: CoverageArg) -> Self {
        match arg {
            CoverageArg::Unmanaged => Self::Unmanaged,
            CoverageArg::TargetOnly => Self::TargetOnly,
            CoverageArg::None => Self::None,
        }
    }
}

/// One service.
#[derive(Debug, Serialize)]
struct Row {
    account: String,
    region: String,
    cluster: String,
    service: String,
    coverage: Coverage,
    min: Option<i32>,
    max: Option<i32>,
    /// Policies and scheduled actions.
    movers: usize,
    owner: Option<String>,
}

/// Accounts, their regions, and the clusters that are meant there; none is all.
type Places = BTreeMap<(AccountName, Region), BTreeSet<ClusterName>>;

pub(super) async fn run(args: CoverageArgs) -> Result<Done> {
    let desired = args.place.desired().await?;
    let aws = args.place.connect().await;
    let mut rows = Vec::new();
    for ((account, region), clusters) in places(&args, desired.as_ref(), &aws)? {
        let spec = desired.as_ref().and_then(|desired| desired.accounts.get(&account));
        let scope = reach(&aws, spec, &region).await?;
        let read = Box::pin(rows_of(&scope, clusters, args.owner.as_ref())).await;
        let read = read.map_err(|failure| anyhow!("{account}/{region}: {}", sentence(&failure)))?;
        rows.extend(read);
    }
    match args.output {
        Output::Text => terminal::print(&text(&rows))?,
        Output::Json => {
            let body = json!({"apiVersion": API_VERSION, "services": rows, "summary": summary(&rows)});
            terminal::print(&to_json(&body)?)?;
        }
    }
    let fails = |row: &Row| args.fail_on.iter().any(|kind| Coverage::from(*kind) == row.coverage);
    Ok(if rows.iter().any(fails) { Done::NotAllWell } else { Done::Well })
}

/// Where to look: the account that was asked for, else where the objects are, else the own account.
fn places(args: &CoverageArgs, desired: Option<&Desired>, aws: &Aws) -> Result<Places> {
    let mut places = Places::new();
    let asked: BTreeSet<ClusterName> = args.cluster.as_deref().map(ClusterName::new).into_iter().collect();
    let of_objects = desired.filter(|desired| args.place.account.is_none() && !desired.services.is_empty());
    let Some(desired) = of_objects else {
        let (account, spec) = args.place.account(desired)?;
        for region in regions(aws, spec, args.place.region())? {
            places.insert((account.clone(), region), asked.clone());
        }
        return Ok(places);
    };
    for object in desired.services.values() {
        let spec = desired.accounts.get(&object.account);
        let in_regions = match (&object.region, args.place.region()) {
            (Some(region), Some(asked)) if *region != asked => continue,
            (Some(region), _) => vec![region.clone()],
            (None, asked) => regions(aws, spec, asked)?,
        };
        let cluster = &object.service.cluster;
        if !asked.is_empty() && !asked.contains(cluster) {
            continue;
        }
        for region in in_regions {
            places.entry((object.account.clone(), region)).or_default().insert(cluster.clone());
        }
    }
    Ok(places)
}

async fn rows_of(scope: &Scope, clusters: BTreeSet<ClusterName>, owner: Option<&OwnerId>) -> Result<Vec<Row>, Failure> {
    let targets = scope.targets(Which::All).await?;
    let policies = scope.policies(Which::All).await?;
    let schedules = scope.scheduled_actions(Which::All).await?;
    let clusters = if clusters.is_empty() { scope.cluster_names().await? } else { clusters };
    let mut rows = Vec::new();
    for cluster in clusters {
        for service in scope.service_names(&cluster).await? {
            let id = ServiceId { cluster: cluster.clone(), service };
            let movers = policies.get(&id).map_or(0, Vec::len) + schedules.get(&id).map_or(0, Vec::len);
            let target = targets.get(&id);
            let tags: Option<Tags> = match target.and_then(|target| target.arn.as_deref()) {
                Some(arn) => Some(scope.target_tags(arn).await?),
                None => None,
            };
            let scaling = target.map(|target| Scaling { target, movers, tags: tags.as_ref() });
            rows.push(Row {
                account: scope.id().account.to_string(),
                region: scope.id().region.to_string(),
                cluster: id.cluster.to_string(),
                service: id.service.to_string(),
                coverage: coverage(scaling, owner),
                min: target.map(|target| target.range.min()),
                max: target.map(|target| target.range.max()),
                movers,
                owner: tags.as_ref().and_then(owner_of),
            });
        }
    }
    Ok(rows)
}

fn owner_of(tags: &Tags) -> Option<String> {
    match holder(tags) {
        Ownership::CloudFormation(stack) => Some(format!("CloudFormation stack {stack}")),
        Ownership::Other(id) => Some(id),
        _ => None,
    }
}

fn summary(rows: &[Row]) -> BTreeMap<&'static str, usize> {
    let count = |kind: Coverage| rows.iter().filter(|row| row.coverage == kind).count();
    Coverage::ALL.iter().map(|kind| (kind.as_str(), count(*kind))).collect()
}

fn text(rows: &[Row]) -> String {
    let number = |value: Option<i32>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let mut lines = vec![
        ["ACCOUNT", "REGION", "CLUSTER", "SERVICE", "COVERAGE", "MIN", "MAX", "OWNER"].map(str::to_owned).to_vec(),
    ];
    lines.extend(rows.iter().map(|row| {
        vec![
            row.account.clone(),
            row.region.clone(),
            plain(&row.cluster),
            plain(&row.service),
            row.coverage.as_str().to_owned(),
            number(row.min),
            number(row.max),
            row.owner.as_deref().map_or_else(|| "-".to_owned(), plain),
        ]
    }));
    let counts = summary(rows);
    let said = Coverage::ALL.iter().map(|kind| {
        let count = counts.get(kind.as_str()).copied().unwrap_or_default();
        format!("{count} {}", kind.as_str())
    });
    let said = said.collect::<Vec<_>>().join(", ");
    format!("{}\n{}: {said}.\n", terminal::columns(&lines), counted(rows.len(), "service"))
}
