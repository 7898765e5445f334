//! `apply`: rounds until nothing is left to do, or nothing gets better.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::plan::{connect, one_shot};
use super::{Done, objects};
use crate::api::desired::Mode;
use crate::api::status::{ConditionStatus, ConditionType};
use crate::controller::Clock;
use crate::controller::assign::Assigned;
use crate::controller::object::Passed;
use crate::controller::once::{Session, wants_another_round};
use crate::plan::{OutcomeResult, Verb, resource};
use crate::settings::{ConfigArgs, OwnerArgs};

/// Rounds without a write that succeeded, before it is given up.
const PATIENCE: u32 = 4;
/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    owner: OwnerArgs,
}

pub(super) async fn run(args: ApplyArgs) -> Result<Done> {
    let loaded = objects::read(&args.config.config)?;
    let aws = connect(&args.owner).await;
    let settings = one_shot(&args.owner, Mode::Apply);
    let mut session = Session::connect(&aws, &loaded.desired, Clock::system(), &settings).await;
    let mut written = 0;
    let mut idle = 0;
    let results = loop {
        let before = written;
        let results = session.round(|object, passed| written += tell(object, passed)).await;
        idle = if written > before { 0 } else { idle + 1 };
        if !wants_another_round(&results) || idle >= PATIENCE {
            break results;
        }
        tokio::time::sleep(PAUSE).await;
    };
    print!("{}", objects::troubles(&session.troubles));
    let not_ready: Vec<_> = results.iter().filter(|(_, passed)| !passed.kept.status.is_ready()).collect();
    for (key, passed) in &not_ready {
        for condition in &passed.kept.status.conditions {
            if condition.kind.counts() && condition.status != ConditionStatus::True {
                println!("{key}: {} {}: {}: {}", condition.kind, condition.status, condition.reason, condition.message);
                if !condition.hint.is_empty() {
                    println!("    → {}", condition.hint);
                }
            }
        }
    }
    let all = results.len() + session.troubles.len();
    let well = results.len() - not_ready.len();
    println!("{written} written; {well} of {all} objects are as wanted.");
    Ok(if well == all { Done::Well } else { Done::NotAllWell })
}

/// Says what a pass wrote; gives how many writes succeeded.
fn tell(object: &Assigned, passed: &Passed) -> usize {
    let Some(plan) = &passed.plan else {
        let ready = passed.kept.status.condition(ConditionType::Ready);
        println!("{}: {}", object.desired.key, ready.map_or("not reconciled", |ready| ready.message.as_str()));
        return 0;
    };
    let mut written = 0;
    for outcome in &passed.outcomes {
        let Some(action) = plan.actions.get(outcome.action) else { continue };
        let what = format!("{} {}", action.part.kind(), resource(&action.part, plan));
        match &outcome.result {
            OutcomeResult::Done { .. } => {
                written += 1;
                let done = match action.verb {
                    Verb::Create => "created",
                    Verb::Update => "updated",
                    Verb::Tag => "tagged",
                    Verb::Untag => "untagged",
                };
                println!("{}: {done} {what}", object.desired.key);
            }
            OutcomeResult::Failed(failure) => println!("{}: failed {what}: {failure}", object.desired.key),
            OutcomeResult::Held(failure) => println!("{}: held back {what}: {failure}", object.desired.key),
            OutcomeResult::Skipped { why } => println!("{}: skipped {what}: {why}", object.desired.key),
        }
    }
    written
}
