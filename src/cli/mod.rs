//! The command line: arguments in, text and an exit code out.
//!
//! Exit codes: 0 done, 1 error, 2 changes (`plan`, `publish --dry-run`), 3 not all well (`apply`, `plan` with only
//! withheld actions, and `coverage` with what `--fail-on` names), 64 wrong usage.

mod apply;
mod conditions;
mod coverage;
mod describe;
mod doctor;
mod explain;
mod export;
mod get;
mod healthcheck;
mod iam_policy;
mod objects;
mod place;
mod plan;
mod publish;
mod run;
mod server;
mod terminal;
mod validate;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

pub use conditions::condition;
pub use describe::text as description;
pub use get::table;

/// Keeps the auto scaling of Amazon ECS services as YAML files say
#[derive(Debug, Parser)]
#[command(name = "ecs-scaling", version, max_term_width = 100, propagate_version = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 error, 2 changes (plan, publish --dry-run), 3 not all well (apply, plan, \
                  coverage), 64 wrong usage"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Reconcile every interval, until stopped
    Run(run::RunArgs),
    /// Show what would be written, and write nothing
    Plan(plan::PlanArgs),
    /// Reconcile until nothing is left to do
    Apply(apply::ApplyArgs),
    /// Check files, without AWS
    Validate(validate::ValidateArgs),
    /// List objects and their state, from a running daemon
    Get(get::GetArgs),
    /// Show all that is known of an object, from a running daemon
    Describe(describe::DescribeArgs),
    /// Ask whether a running daemon is healthy, for the health checks of containers
    Healthcheck(healthcheck::HealthcheckArgs),
    /// Print what AWS holds as objects, to take over or to clone
    Export(export::ExportArgs),
    /// List the services that have no scaling, or that this controller does not manage
    Coverage(coverage::CoverageArgs),
    /// Find out which permissions are missing, and the edits that grant them
    Doctor(doctor::DoctorArgs),
    /// Say what an AWS error means, or whether policies allow an action
    Explain(explain::ExplainArgs),
    /// Print the least privilege that the objects need
    IamPolicy(iam_policy::IamPolicyArgs),
    /// Upload a directory's objects to S3, for controllers that read them there
    Publish(publish::PublishArgs),
    /// Print the JSON Schema of the objects, for editors
    Schema,
    /// Print shell completions
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// The formats of what is no table.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Output {
    Text,
    Json,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// All well.
    Well,
    /// There are findings, or what was asked for is not there.
    Wrong,
    /// A plan holds changes.
    Changes,
    /// Something is not as wished.
    NotAllWell,
}

impl From<Done> for ExitCode {
    fn from(done: Done) -> Self {
        match done {
            Done::Well => Self::SUCCESS,
            Done::Wrong => Self::from(1),
            Done::Changes => Self::from(2),
            Done::NotAllWell => Self::from(3),
        }
    }
}

const WRONG_USAGE: u8 = 64;

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { ExitCode::from(WRONG_USAGE) } else { ExitCode::SUCCESS };
            let _ = error.print(); // nowhere is left to say that it could not be printed
            return code;
        }
    };
    match execute(cli.command) {
        Ok(done) => done.into(),
        Err(error) => {
            terminal::complain(&format!("error: {error:#}\n"));
            ExitCode::from(1)
        }
    }
}

fn execute(command: Command) -> Result<Done> {
    match command {
        Command::Run(args) => runtime()?.block_on(run::run(args)),
        Command::Plan(args) => runtime()?.block_on(plan::run(args)),
        Command::Apply(args) => runtime()?.block_on(apply::run(args)),
        Command::Validate(args) => runtime()?.block_on(validate::run(args)),
        Command::Get(args) => runtime()?.block_on(get::run(args)),
        Command::Describe(args) => runtime()?.block_on(describe::run(args)),
        Command::Healthcheck(args) => healthcheck::run(&args),
        Command::Export(args) => runtime()?.block_on(export::run(args)),
        Command::Coverage(args) => runtime()?.block_on(coverage::run(args)),
        Command::Doctor(args) => runtime()?.block_on(doctor::run(args)),
        Command::Explain(args) => explain::run(&args),
        Command::IamPolicy(args) => runtime()?.block_on(iam_policy::run(args)),
        Command::Publish(args) => runtime()?.block_on(publish::run(args)),
        Command::Schema => {
            terminal::print(&json(&crate::api::schema::schema())?)?;
            Ok(Done::Well)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "ecs-scaling", &mut script);
            terminal::print(&String::from_utf8(script)?)?;
            Ok(Done::Well)
        }
    }
}

/// A value as JSON, as every `-o json` writes it.
fn json(value: &impl serde::Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
