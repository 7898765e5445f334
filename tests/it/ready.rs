//! Readiness: what `/readyz` says.

use std::sync::Arc;
use std::time::Duration;

use ecs_scaling::controller::State;
use ecs_scaling::controller::daemon::Daemon;
use ecs_scaling::metrics::Metrics;
use ecs_scaling::source::Source;
use ecs_scaling::source::directory::{DirectorySource, Timing};
use ecs_scaling_sandbox::{Fault, FaultRule};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::harness::{Bench, SEARCH_API};

#[tokio::test(start_paused = true)]
async fn the_daemon_is_not_ready_before_the_first_pass_over_what_the_source_holds() {
    let bench = Bench::new().await;
    // Slower than what looks at it: while the account has not answered, there is no scope whose pass could be awaited.
    let slow = FaultRule { service: None, operation: None, nth: 1, times: 10, fault: Fault::Delay(500) };
    bench.world.world().inject(slow);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("search-api.yaml"), SEARCH_API).unwrap();
    let (state, shutdown) = (Arc::new(State::default()), CancellationToken::new());
    let daemon = Daemon {
        source: Source::Directory(DirectorySource::new(folder.path(), Timing { watch: false, ..Timing::default() })),
        settings: bench.settings.clone(),
        aws: bench.aws.clone(),
        clock: bench.clock,
        state: Arc::clone(&state),
        metrics: Arc::new(Metrics::new(bench.settings.interval).unwrap()),
        kick: Arc::new(Notify::new()),
        shutdown: shutdown.clone(),
    };
    let daemon = tokio::spawn(daemon.run());
    for _ in 0..1000 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if state.is_ready() {
            break;
        }
    }
    assert!(state.is_ready());
    let observed: Vec<bool> = state.objects().iter().map(|view| view.status.capacity.is_some()).collect();
    assert_eq!(observed, [true], "ready, and yet the object was not looked at");
    shutdown.cancel();
    daemon.await.unwrap();
}
