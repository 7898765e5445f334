//! `apply`: rounds until nothing is left to do, or nothing gets better.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use super::conditions::next_steps;
use super::plan::{connect, one_shot};
use super::terminal::{self, plain};
use super::{Done, objects};
use crate::api::desired::{Mode, ObjectKey};
use crate::api::status::{Condition, ConditionType, Status, keeps_from_ready};
use crate::controller::assign::Assigned;
use crate::controller::object::Passed;
use crate::controller::once::{Session, wants_another_round};
use crate::controller::{Clock, LoopSettings};
use crate::plan::{OutcomeResult, Verb, described};
use crate::settings::{ConfigArgs, OwnerArgs, PruneArgs};

/// Rounds without a write that succeeded, before it is given up.
const PATIENCE: u32 = 4;
/// Between two rounds, the first of which wrote something: the second only looks whether all is as written.
const PAUSE: Duration = Duration::from_millis(250);
/// Between two rounds, the first of which got nowhere: AWS needs time, or a person.
const IDLE_PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    owner: OwnerArgs,
    #[command(flatten)]
    prune: PruneArgs,
    /// The files are whole: what is in none of them may go. `plan --prune` shows what that is
    #[arg(long, requires = "prune")]
    yes: bool,
}

pub(super) async fn run(args: ApplyArgs) -> Result<Done> {
    if args.prune.prune && !args.yes {
        bail!(
            "--prune removes what is in none of these files, and one look at them cannot tell whether they are whole: see \
             `ecs-scaling plan --prune`, then say --yes; nothing was done"
        );
    }
    let aws = connect(&args.owner).await;
    let loaded = objects::read_whole(&args.config.config, &aws, args.prune.prune).await?;
    let settings = LoopSettings { prune: args.prune.prune(), ..one_shot(&args.owner, Mode::Apply) };
    let mut session = Session::connect(&aws, &loaded.desired, Clock::system(), &settings).await;
    let mut written = 0;
    let mut idle = 0;
    let mut orphans = None;
    let results = loop {
        let before = written;
        let tell = |object: &Assigned, passed: &Passed| {
            let (text, done) = progress(object, passed);
            written += done;
            let _ = terminal::print(&text); // the work goes on; the last line says what is wrong with the output
        };
        let results = session.round(tell).await;
        idle = if written > before { 0 } else { idle + 1 };
        if !wants_another_round(&results) || idle >= PATIENCE {
            if orphans.is_some() {
                break results;
            }
            orphans = Some(session.find_orphans().await);
            if !session.has_departed() {
                break results;
            }
            idle = 0;
        }
        tokio::time::sleep(if idle == 0 { PAUSE } else { IDLE_PAUSE }).await;
    };
    let orphans = orphans.unwrap_or_default();
    let kept = objects::orphans(&orphans);
    terminal::print(&objects::troubles(&session.troubles))?;
    let not_ready = results.iter().filter(|(_, passed)| !passed.kept.status.is_ready());
    let text: String = not_ready.clone().map(|(key, passed)| unmet(key, &passed.kept.status)).collect::<Result<_>>()?;
    let (all, well) = (results.len() + session.troubles.len(), results.len() - not_ready.count());
    let objects = if all == 1 { "object is" } else { "objects are" };
    terminal::print(&kept)?;
    terminal::print(&format!("{text}{written} written; {well} of {all} {objects} as wanted.\n"))?;
    let is_pruned = orphans.iter().all(|(_, plan)| plan.as_ref().is_ok_and(|plan| plan.blocked().is_none()));
    Ok(if well == all && is_pruned { Done::Well } else { Done::NotAllWell })
}

/// The conditions that keep an object from being Ready.
fn unmet(key: &ObjectKey, status: &Status) -> Result<String> {
    // What only waits for another of them says so by having nothing to be done about it.
    let counts = |(_, c): &(usize, &Condition)| keeps_from_ready(c.kind, c.status, c.reason) && !c.hint.is_empty();
    let text = |(index, c): (usize, &Condition)| {
        let next = next_steps(c, status.conditions.get(..index).unwrap_or_default(), "    ")?;
        Ok(format!("{key}: {} {}: {}: {}\n{next}", c.kind, c.status, c.reason, plain(&c.message)))
    };
    status.conditions.iter().enumerate().filter(counts).map(text).collect()
}

/// What a pass wrote, as text, and how many writes succeeded.
fn progress(object: &Assigned, passed: &Passed) -> (String, usize) {
    let key = &object.desired.key;
    let Some(plan) = &passed.plan else {
        let ready = passed.kept.status.condition(ConditionType::Ready);
        return (format!("{key}: {}\n", ready.map_or("not reconciled".to_owned(), |ready| plain(&ready.message))), 0);
    };
    let (mut text, mut written) = (String::new(), 0);
    for outcome in &passed.outcomes {
        let Some(action) = plan.actions.get(outcome.action) else { continue };
        let what = plain(&described(&action.part, plan));
        text += &match &outcome.result {
            OutcomeResult::Done { .. } => {
                written += 1;
                format!("{key}: {} {what}\n", done(action.verb))
            }
            OutcomeResult::Failed(failure) => format!("{key}: failed {what}: {}\n", plain(&failure.to_string())),
            OutcomeResult::Held(failure) => format!("{key}: held back {what}: {}\n", plain(&failure.to_string())),
            OutcomeResult::Skipped { why } => format!("{key}: skipped {what}: {}\n", plain(why)),
        };
    }
    (text, written)
}

fn done(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "created",
        Verb::Update => "updated",
        Verb::Tag => "tagged",
        Verb::Untag => "untagged",
        Verb::Delete => "deleted",
    }
}
