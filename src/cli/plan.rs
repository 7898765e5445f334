//! `plan`: what would be written.

use anyhow::Result;
use clap::Args;

use super::{Done, Output, objects, terminal};
use crate::api::desired::{Mode, ServiceScaling};
use crate::api::types::API_VERSION;
use crate::aws::{Aws, AwsOptions, Limits};
use crate::controller::once::Session;
use crate::controller::{Clock, LoopSettings};
use crate::model::names::Region;
use crate::plan::{Plan, json, text};
use crate::settings::{ConfigArgs, OwnerArgs, PruneArgs};

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    owner: OwnerArgs,
    #[command(flatten)]
    prune: PruneArgs,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

pub(super) async fn run(args: PlanArgs) -> Result<Done> {
    let aws = connect(&args.owner).await;
    let loaded = objects::read_whole(&args.config.config, &aws, args.prune.prune).await?;
    let settings = LoopSettings { prune: args.prune.prune(), ..one_shot(&args.owner, Mode::Observe) };
    let mut session = Session::connect(&aws, &loaded.desired, Clock::system(), &settings).await;
    let mut results = session.round(|_, _| {}).await;
    let orphans = session.find_orphans().await;
    if session.has_departed() {
        results = session.round(|_, _| {}).await;
    }
    terminal::complain(&objects::orphans(&orphans));
    terminal::complain(&objects::troubles(&session.troubles));
    let plans: Vec<(&ServiceScaling, Plan)> = session
        .objects()
        .filter_map(|object| {
            let mut plan = results.get(&object.desired.key)?.plan.clone()?;
            plan.mode = object.mode; // the command itself only observes; the plan is what the object's mode makes of it
            Some((&object.desired, plan))
        })
        .collect();
    let plans: Vec<(&ServiceScaling, &Plan)> = plans.iter().map(|(object, plan)| (*object, plan)).collect();
    match args.output {
        Output::Text => terminal::print(&text(&plans, loaded.desired.services.len().saturating_sub(plans.len())))?,
        Output::Json => terminal::print(&super::json(&json(API_VERSION, &plans))?)?,
    }
    let not_planned = results.values().any(|passed| passed.plan.is_none());
    let is_pruned_whole = orphans.iter().all(|(_, plan)| plan.as_ref().is_ok_and(|plan| plan.blocked().is_none()));
    Ok(if plans.iter().any(|(_, plan)| !plan.actions.is_empty()) {
        Done::Changes
    } else if not_planned
        || !is_pruned_whole
        || !session.troubles.is_empty()
        || plans.iter().any(|(_, plan)| !plan.withheld.is_empty())
    {
        Done::NotAllWell
    } else {
        Done::Well
    })
}

/// AWS, as the flags say.
pub(super) async fn connect(args: &OwnerArgs) -> Aws {
    let limits = limits(args);
    Aws::load(AwsOptions { region: args.region.as_deref().map(Region::new), limits, ..AwsOptions::default() }).await
}

/// Rate limits, as the flags say.
pub(super) fn limits(args: &OwnerArgs) -> Limits {
    Limits {
        per_second: args.requests_per_second,
        burst: args.requests_per_second.saturating_mul(2),
        ..Limits::default()
    }
}

/// Settings for a command that runs once.
pub(super) fn one_shot(args: &OwnerArgs, mode: Mode) -> LoopSettings {
    LoopSettings {
        owner: args.owner.clone(),
        mode,
        role_policy: args.service_linked_role.into(),
        interval: std::time::Duration::from_secs(60),
        max_changes: usize::MAX,
        coverage: false,
        prune: None,
    }
}
