//! `export`: what AWS holds, as objects.
//!
//! All or nothing: where anything could not be read, or an object would not be what AWS holds, nothing is printed that
//! could be applied.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::place::{Once, PlaceArgs, reach, regions, sentence};
use super::terminal::{self, counted, plain};
use super::{Done, json as to_json};
use crate::api::types::API_VERSION;
use crate::aws::{Scope, Which};
use crate::controller::Clock;
use crate::export::{ExportError, Exported, Held, Taggable, Wish, export, object_name, taggable};
use crate::model::names::{AccountName, ClusterName, ServiceId, TargetKey};
use crate::model::observed::{ObservedTarget, Tags};
use crate::observe::{Observations, survey};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Services of this cluster alone
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// This service alone
    #[arg(long, value_name = "NAME", requires = "cluster")]
    service: Option<String>,
    /// Another service, for which the same is to be: names and dimensions become its own
    #[arg(long = "as", value_name = "CLUSTER/SERVICE", requires = "service", value_parser = clone_to)]
    clone_to: Option<ServiceId>,
    #[command(flatten)]
    place: PlaceArgs,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Output::Yaml)]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    Yaml,
    Json,
}

fn clone_to(text: &str) -> Result<ServiceId, &'static str> {
    ServiceId::from_resource_id(&format!("service/{text}")).ok_or("write CLUSTER/SERVICE, both by name")
}

pub(super) async fn run(args: ExportArgs) -> Result<Done> {
    let desired = args.place.desired().await?;
    let (account, spec) = args.place.account(desired.as_ref())?;
    let aws = args.place.connect().await;
    let regions = regions(&aws, spec, args.place.region())?;
    let [region] = regions.as_slice() else {
        let names: Vec<&str> = regions.iter().map(|region| region.as_str()).collect();
        bail!("the account has several regions; choose one with --region: {}", names.join(", "));
    };
    let scope = reach(&aws, spec, region).await?;
    let observed = read(&args, &scope).await?;
    let tags = tags(&scope, &observed).await?;
    let exported = exports(&args, &account, &scope, &observed, &tags)?;
    match args.output {
        Output::Yaml => {
            let documents: Vec<String> = exported.iter().map(Exported::yaml).collect();
            terminal::print(&documents.join("---\n"))?;
        }
        Output::Json => terminal::print(&to_json(&as_json(&exported))?)?,
    }
    let notes: usize = exported.iter().map(|exported| exported.notes.len()).sum();
    terminal::complain(&format!("{}, {}\n", counted(exported.len(), "object"), counted(notes, "note")));
    Ok(Done::Well)
}

/// Everything of the services that were asked for, read as `plan` reads it.
async fn read(args: &ExportArgs, scope: &Scope) -> Result<Observations> {
    let clock = Clock::system();
    let one =
        args.cluster.as_ref().zip(args.service.as_ref()).map(|(cluster, service)| ServiceId::new(cluster, service));
    let cluster = args.cluster.as_deref().map(ClusterName::new);
    let which = one.as_ref().map_or(Which::All, Which::Of);
    let takes = |service: &ServiceId| {
        one.as_ref().is_none_or(|one| one == service) && cluster.as_ref().is_none_or(|c| *c == service.cluster)
    };
    let observed = Box::pin(survey(scope, &Once, which, takes, || clock.now())).await;
    let observed = observed.map_err(|failure| anyhow::anyhow!("nothing is exported: {}", sentence(&failure)))?;
    if observed.is_empty() {
        match (&one, &args.cluster) {
            (Some(service), _) => bail!("the service {service} has no scalable target in {}", scope.id()),
            (None, Some(cluster)) => bail!("no service of cluster {cluster} has a scalable target in {}", scope.id()),
            (None, None) => bail!("no service has a scalable target in {}", scope.id()),
        }
    }
    Ok(observed)
}

/// The tags that say who owns what.
async fn tags(scope: &Scope, observed: &Observations) -> Result<BTreeMap<String, Tags>> {
    let resources: BTreeSet<Taggable> =
        observed.values().filter(|observed| observed.is_complete()).flat_map(taggable).collect();
    let mut tags = BTreeMap::new();
    for resource in resources {
        let read = match &resource {
            Taggable::Target(arn) => scope.target_tags(arn).await,
            Taggable::Alarm(arn) => scope.alarm_tags(arn).await,
        };
        match read {
            Ok(read) => tags.insert(resource.arn().to_owned(), read),
            Err(failure) => bail!("nothing is exported: the tags of {}: {}", resource.arn(), sentence(&failure)),
        };
    }
    Ok(tags)
}

fn exports(
    args: &ExportArgs,
    account: &AccountName,
    scope: &Scope,
    observed: &BTreeMap<ServiceId, ObservedTarget>,
    tags: &BTreeMap<String, Tags>,
) -> Result<Vec<Exported>> {
    let mut names = BTreeSet::new();
    let (mut exported, mut errors) = (Vec::new(), BTreeSet::new());
    for (service, observed) in observed {
        let key = TargetKey { scope: scope.id().clone(), service: service.clone() };
        let name = object_name(args.clone_to.as_ref().unwrap_or(service), &names);
        names.insert(name.clone());
        let account = Some(account.clone()).filter(|account| *account != AccountName::default_account());
        let wish = Wish { name, account, clone_to: args.clone_to.clone() };
        match export(Held { key: &key, observed, tags }, &wish) {
            Ok(one) => exported.push(one),
            Err(ExportError::Incomplete(failures)) => errors.extend(failures.iter().map(sentence)),
            Err(error) => {
                errors.insert(format!("{service}: {error}"));
            }
        }
    }
    if errors.is_empty() {
        return Ok(exported);
    }
    for error in &errors {
        let lines: Vec<String> = error.lines().map(plain).collect();
        terminal::complain(&format!("{}\n", lines.join("\n")));
    }
    bail!(
        "nothing is exported, since an object made of a part could lose the rest: {}",
        counted(errors.len(), "failure")
    )
}

fn as_json(exported: &[Exported]) -> Value {
    let notes = exported.iter().flat_map(|one| {
        let name = one.object.pointer("/metadata/name");
        one.notes.iter().map(move |note| json!({"object": name, "path": note.at.to_string(), "message": note.message}))
    });
    let objects: Vec<&Value> = exported.iter().map(|one| &one.object).collect();
    json!({"apiVersion": API_VERSION, "objects": objects, "notes": notes.collect::<Vec<_>>()})
}
