//! The sandbox's command line.

mod demo;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use ecs_scaling::model::schedule::{self, Timing};
use ecs_scaling_sandbox::{Seed, Shared, World, http};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::runtime::{Builder, Runtime};

/// A strict local double of the AWS operations that ecs-scaling uses.
#[derive(Parser)]
#[command(name = "ecs-scaling-sandbox", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve it over HTTP, until Ctrl-C.
    Serve {
        /// Where to listen; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:14566")]
        listen: SocketAddr,
        /// A JSON file with roles, clusters and services, instead of a story.
        #[arg(long, conflicts_with = "story")]
        seed: Option<PathBuf>,
        /// What to start with.
        #[arg(long, value_enum, default_value_t = Story::Clusters)]
        story: Story,
    },
    /// Show the controller at work on it, in virtual time, then serve both until Ctrl-C.
    Demo(demo::Arguments),
    /// Say when schedules fire, for an oracle: lines of `{schedule, timezone, at}` in, `{previous, next}` out.
    Firings,
}

/// A story that the sandbox knows.
#[derive(Clone, Copy, ValueEnum)]
enum Story {
    /// Clusters A, B and C, A scaled by hand.
    Clusters,
    /// A role in another account whose policy lacks one value.
    Founding,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Serve { listen, seed, story } => Runtime::new()?.block_on(serve(listen, seed, story)),
        Command::Firings => firings(),
        // Virtual time needs a runtime of one thread.
        Command::Demo(arguments) => {
            Builder::new_current_thread().enable_all().start_paused(true).build()?.block_on(demo::run(arguments))
        }
    }
}

/// A schedule and a moment, as the oracle asks.
#[derive(serde::Deserialize)]
struct Asked {
    schedule: String,
    timezone: String,
    at: Timestamp,
}

fn firings() -> anyhow::Result<()> {
    for line in std::io::stdin().lines() {
        let asked: Asked = serde_json::from_str(&line?)?;
        let timing = Timing {
            schedule: schedule::parse(&asked.schedule).with_context(|| asked.schedule.clone())?,
            zone: TimeZone::get(&asked.timezone)?,
            start: None,
            end: None,
            created: Timestamp::MIN,
        };
        let (previous, next) = (timing.previous(asked.at), timing.next(asked.at));
        println!("{}", serde_json::json!({ "previous": previous, "next": next }));
    }
    Ok(())
}

async fn serve(listen: SocketAddr, seed: Option<PathBuf>, story: Story) -> anyhow::Result<()> {
    let mut world = World::new();
    let now = Timestamp::now();
    match (seed, story) {
        (Some(path), _) => world.plant(&read_seed(&path).await?, now)?,
        (None, Story::Clusters) => world.plant_story(now)?,
        (None, Story::Founding) => world.plant_founding_story(now)?,
    }
    let listener =
        tokio::net::TcpListener::bind(listen).await.with_context(|| format!("could not listen on {listen}"))?;
    println!("listening on http://{}", listener.local_addr()?);
    http::serve(Shared::new(world, Timestamp::now), listener, interrupted()).await;
    Ok(())
}

/// Returns after Ctrl-C.
async fn interrupted() {
    // Without a signal handler there is no other way to end than being killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn read_seed(path: &PathBuf) -> anyhow::Result<Seed> {
    let text = tokio::fs::read(path).await.with_context(|| format!("could not read the seed {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("the seed {} is not as expected", path.display()))
}
