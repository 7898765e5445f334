//! `run`: the daemon as a process, with its signals.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Done;
use super::plan::limits;
use crate::aws::{Aws, AwsOptions};
use crate::controller::daemon::Daemon;
use crate::controller::{Clock, LoopSettings, State};
use crate::http::{Bounds, Served, Token, serve};
use crate::metrics::Metrics;
use crate::model::names::Region;
use crate::settings::{ConfigArgs, ListenArgs, LoopArgs, OwnerArgs, PruneArgs};
use crate::source::Source;
use crate::source::directory::Timing;
use crate::telemetry;

/// Within this time of a stop the process ends, whatever is under way.
const STOP_WITHIN: Duration = Duration::from_secs(25);

/// With prune, an unchanged source counts as read once more after this long.
const READ_AGAIN: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    owner: OwnerArgs,
    #[command(flatten)]
    looping: LoopArgs,
    #[command(flatten)]
    prune: PruneArgs,
    #[command(flatten)]
    listen: ListenArgs,
}

/// Runs until it is stopped. Why it could not start is a line of its log, in the log's own form.
pub(super) async fn run(args: RunArgs) -> Result<Done> {
    telemetry::init();
    match reconcile(args).await {
        Err(error) if telemetry::is_json() => {
            tracing::error!(error = format!("{error:#}"), "ended by an error");
            Ok(Done::Wrong)
        }
        ended => ended,
    }
}

async fn reconcile(args: RunArgs) -> Result<Done> {
    let (shutdown, kick) = (CancellationToken::new(), Arc::new(Notify::new()));
    listen_to_signals(shutdown.clone(), Arc::clone(&kick))?;
    let listen = args.listen.address.listen;
    let token = args.listen.api_token_file.as_deref().map(Token::from_file).transpose()?;
    if token.is_none() && !listen.ip().is_loopback() {
        bail!("--listen {listen} can be reached from outside, so the API needs a token: --api-token-file FILE");
    }
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    let metrics = Arc::new(Metrics::new(args.looping.interval).context("setting up the metrics")?);
    let options = AwsOptions {
        region: args.owner.region.as_deref().map(Region::new),
        limits: limits(&args.owner),
        recorder: metrics.clone(),
        ..AwsOptions::default()
    };
    // A source of credentials may take its time, or for ever.
    let aws = tokio::select! {
        aws = Aws::load(options) => aws,
        () = shutdown.cancelled() => return Ok(Done::Well),
    };
    let (clock, state) = (Clock::system(), Arc::new(State::default()));
    let address = listener.local_addr().context("asking for the address that is listened on")?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        %address,
        config = %args.config.config,
        owner = %args.owner.owner,
        mode = ?args.looping.mode(),
        interval_seconds = args.looping.interval.as_secs(),
        "started"
    );
    let served = Served {
        state: Arc::clone(&state),
        metrics: Arc::clone(&metrics),
        clock,
        interval: args.looping.interval,
        token,
        owner: args.owner.owner.to_string(),
        mode: args.looping.mode(),
    };
    let server = tokio::spawn(serve(listener, served, Bounds::default(), shutdown.clone().cancelled_owned()));
    let daemon = Daemon {
        source: Source::at(
            args.config.config,
            Timing { poll: args.looping.poll, again: args.prune.prune().map(|_| READ_AGAIN), ..Timing::default() },
            &aws,
        ),
        settings: LoopSettings {
            owner: args.owner.owner,
            mode: args.looping.mode(),
            role_policy: args.owner.service_linked_role.into(),
            interval: args.looping.interval,
            max_changes: args.looping.max_changes,
            coverage: args.looping.coverage,
            prune: args.prune.prune(),
        },
        aws,
        clock,
        state,
        metrics,
        kick,
        shutdown: shutdown.clone(),
    };
    let mut daemon = tokio::spawn(daemon.run());
    tokio::select! {
        ended = &mut daemon => ended.context("the loop ended by itself")?,
        () = shutdown.cancelled() => {
            if tokio::time::timeout(STOP_WITHIN, daemon).await.is_err() {
                tracing::warn!("calls were still under way; their effects are read at the next start");
            }
        }
    }
    server.abort(); // connections that are still open have had as long as the loop
    tracing::info!("stopped");
    Ok(Done::Well)
}

/// SIGTERM and SIGINT end the process in order, a second one at once; SIGHUP reconciles now.
fn listen_to_signals(shutdown: CancellationToken, kick: Arc<Notify>) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening to SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening to SIGINT")?;
    let mut hangup = signal(SignalKind::hangup()).context("listening to SIGHUP")?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hangup.recv() => {
                    tracing::info!("SIGHUP: reconciling now");
                    kick.notify_one();
                    continue;
                }
            }
            if shutdown.is_cancelled() {
                tracing::warn!("stopped at once by a second signal");
                std::process::exit(1);
            }
            tracing::info!("stopping; a second signal stops at once");
            shutdown.cancel();
        }
    });
    Ok(())
}
