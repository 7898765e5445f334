//! The loop itself in virtual time: supervisor and actors; and once the whole daemon, on a directory.

use std::sync::Arc;
use std::time::Duration;

use ecs_scaling::api::desired::{Desired, ObjectKey};
use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason, Status};
use ecs_scaling::controller::State;
use ecs_scaling::controller::supervisor::Supervisor;
use ecs_scaling::metrics::Metrics;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::plan::OwnerId;
use ecs_scaling::status::lint;
use ecs_scaling_sandbox::{Fault, ServiceSeed};
use serde_json::json;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::harness::{ALARM, Bench, SEARCH_API, desired, home, with_spec};
use crate::member::Log;

/// A loop that runs beside the test.
struct Running {
    state: Arc<State>,
    metrics: Arc<Metrics>,
    desired: watch::Sender<Arc<Desired>>,
    kick: Arc<Notify>,
    shutdown: CancellationToken,
    ended: JoinHandle<()>,
}

impl Running {
    fn start(bench: &Bench, yaml: &str) -> Self {
        let state = Arc::new(State::default());
        let metrics = Arc::new(Metrics::new(bench.settings.interval).unwrap());
        let (sender, receiver) = watch::channel(Arc::new(Desired::default()));
        sender.send_replace(Arc::new(desired(yaml)));
        let (kick, shutdown) = (Arc::new(Notify::new()), CancellationToken::new());
        let supervisor = Supervisor {
            aws: bench.aws.clone(),
            clock: bench.clock,
            settings: bench.settings.clone(),
            state: Arc::clone(&state),
            metrics: Arc::clone(&metrics),
            desired: receiver,
            kick: Arc::clone(&kick),
            shutdown: shutdown.clone(),
        };
        let ended = tokio::spawn(supervisor.run());
        Self { state, metrics, desired: sender, kick, shutdown, ended }
    }

    /// The status of an object, linted.
    fn status(&self, name: &str) -> Status {
        let view = self.state.object(&ObjectKey::new("default", name)).expect("a status");
        assert_eq!(lint(None, &view.status, view.generation), Ok(()), "{:#?}", view.status);
        view.status
    }

    fn said(&self, kind: ConditionType) -> (ConditionStatus, Reason) {
        let status = self.status("search-api");
        let condition = status.condition(kind).unwrap_or_else(|| panic!("no {kind}: {status:#?}"));
        (condition.status, condition.reason)
    }

    fn wants(&self, yaml: &str) {
        self.desired.send_replace(Arc::new(desired(yaml)));
    }

    fn metric(&self, name: &str) -> f64 {
        let text = self.metrics.scrape(&self.state).unwrap();
        let values = text.lines().filter(|line| line.starts_with(name)).filter_map(|line| line.rsplit(' ').next());
        values.map(|value| value.parse::<f64>().unwrap()).sum()
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.ended.await.unwrap();
    }
}

/// A lap of the slow tag sweep over one object, and the sweep after it.
const LAP: u64 = 200;

#[tokio::test(start_paused = true)]
async fn the_loop_converges_at_once_and_then_writes_nothing() {
    let bench = Bench::new().await;
    let running = Running::start(&bench, SEARCH_API);
    bench.sleep(2).await;
    assert_eq!(bench.written_since(0), ["RegisterScalableTarget", "PutScalingPolicy", "PutMetricAlarm"]);
    assert!(running.state.is_ready());
    bench.sleep(3600).await;
    assert!(running.status("search-api").is_ready());
    assert_eq!(bench.writes(), 3);
    running.stop().await;
}

// ack#1355: the interval always runs; and what is put back is counted.
#[tokio::test(start_paused = true)]
async fn drift_is_put_back_within_one_interval_and_counted() {
    let bench = Bench::new().await;
    let running = Running::start(&bench, SEARCH_API);
    bench.sleep(120).await;
    bench.register(json!({"MinCapacity": 1}));
    bench.somebody(AwsService::CloudWatch, "DeleteAlarms", json!({"AlarmNames": [ALARM]}));
    bench.sleep(67).await; // the interval ± 10 %
    assert_eq!(bench.target().range.min(), 2);
    assert!(bench.world.world().alarm(&home(), ALARM).is_some());
    assert_eq!(running.metric("ecs_scaling_drift_corrections_total"), 2.0);
    running.stop().await;
}

// A changed object does not wait for the next sweep; its generation grows (upjet-aws#1164).
#[tokio::test(start_paused = true)]
async fn a_changed_object_is_written_at_once() {
    let bench = Bench::new().await;
    let running = Running::start(&bench, SEARCH_API);
    bench.sleep(65).await;
    assert_eq!(running.status("search-api").observed_generation, 1);
    running.wants(&SEARCH_API.replace("maxCapacity: 20", "maxCapacity: 30"));
    bench.sleep(1).await;
    assert_eq!(bench.target().range.max(), 30);
    assert_eq!(running.status("search-api").observed_generation, 2);
    assert_eq!(running.metric("ecs_scaling_drift_corrections_total"), 0.0, "an update is no drift");
    running.stop().await;
}

// ack#3041: SIGHUP reconciles now.
#[tokio::test(start_paused = true)]
async fn a_kick_sweeps_at_once() {
    let mut bench = Bench::new().await;
    bench.settings.interval = Duration::from_secs(3600);
    let running = Running::start(&bench, SEARCH_API);
    bench.sleep(60).await;
    bench.register(json!({"MinCapacity": 1}));
    bench.sleep(600).await;
    assert_eq!(bench.target().range.min(), 1, "the interval is long");
    running.kick.notify_one();
    bench.sleep(1).await;
    assert_eq!(bench.target().range.min(), 2);
    running.stop().await;
}

/// Takes our tags off the target and the alarm, which stay equal to what is wanted.
fn disown(bench: &Bench) {
    bench.change_target(|target| target.tags.clear());
    bench.change_alarm(|alarm| alarm.tags.clear());
}

// tf#44212: not on its first drift, but within a lap. S-102, S-103: the ARN says which service is asked.
#[tokio::test(start_paused = true)]
async fn what_is_equal_and_not_ours_is_a_conflict_within_a_lap() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    disown(&bench);
    let before = bench.writes();
    let running = Running::start(&bench, SEARCH_API);
    bench.sleep(LAP).await;
    let conflict = (ConditionStatus::False, Reason::Conflict);
    assert_eq!(running.said(ConditionType::TargetSynced), conflict);
    assert_eq!(running.said(ConditionType::AlarmsSynced), conflict);
    assert_eq!(bench.writes(), before);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_equal_and_nobodys_is_adopted_at_once_by_its_tags_alone() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    disown(&bench);
    let before = bench.writes();
    let running = Running::start(&bench, &with_spec("  adoption: Unowned\n"));
    bench.sleep(2).await;
    assert!(running.status("search-api").is_ready(), "{:#?}", running.status("search-api"));
    assert_eq!(bench.written_since(before), ["TagResource", "TagResource"]);
    for tags in [bench.target().tags, bench.alarm().tags] {
        assert_eq!(tags["ecs-scaling.dev/owner"], "it");
    }
    running.stop().await;
}

// aws-sdk#27, tf#31839: through TagResource, since neither put takes tags on what exists (S-011, S-068).
#[tokio::test(start_paused = true)]
async fn drifted_tags_are_put_back_within_a_lap_and_foreign_ones_stay() {
    let yaml = with_spec("  tags: {team: search}\n");
    let bench = Bench::new().await;
    let running = Running::start(&bench, &yaml);
    bench.sleep(LAP).await;
    let change = |tags: &mut std::collections::BTreeMap<String, String>| {
        tags.remove("team");
        tags.insert("ecs-scaling.dev/object".into(), "changed".into());
        tags.insert("theirs".into(), "stays".into());
    };
    bench.change_target(|target| change(&mut target.tags));
    bench.change_alarm(|alarm| change(&mut alarm.tags));
    let before = bench.writes();
    bench.sleep(LAP).await;
    assert_eq!(bench.written_since(before), ["TagResource", "TagResource"]);
    for tags in [bench.target().tags, bench.alarm().tags] {
        assert_eq!((&*tags["team"], &*tags["theirs"]), ("search", "stays"));
        assert_eq!(tags["ecs-scaling.dev/object"], "default/search-api");
    }
    assert_eq!(running.metric("ecs_scaling_drift_corrections_total"), 2.0);
    running.stop().await;
}

// Two resources need not be asked twice a second; a lap takes an interval at least.
#[tokio::test(start_paused = true)]
async fn the_slow_sweep_reads_a_resource_once_an_interval_at_most() {
    let bench = Bench::new().await;
    let running = Running::start(&bench, SEARCH_API);
    bench.sleep(1205).await;
    let reads = bench.calls("ListTagsForResource");
    assert!((36..=44).contains(&reads), "{reads} reads of two resources in twenty intervals");
    running.stop().await;
}

/// Objects for services s0, s1, …, each with an alarm of its own.
fn several(bench: &Bench, count: usize) -> String {
    let object = |i: usize| {
        let name = format!("s{i}");
        bench.world.world().add_service(&home(), "B", &ServiceSeed::new(&name, 2), bench.clock.now());
        SEARCH_API
            .replace("name: search-api\n  labels", &format!("name: {name}\n  labels"))
            .replace("service: search-api", &format!("service: {name}"))
            .replace(ALARM, &format!("{name}-high"))
    };
    (0..count).map(object).collect::<Vec<_>>().join("---\n")
}

#[tokio::test(start_paused = true)]
async fn no_more_objects_are_changed_in_a_pass_than_the_cap_allows() {
    let mut bench = Bench::new().await;
    bench.settings.max_changes = 1;
    let running = Running::start(&bench, &several(&bench, 3));
    bench.sleep(5).await;
    let waits = |name: &str| {
        let status = running.status(name);
        status.condition(ConditionType::TargetSynced).is_some_and(|synced| synced.reason == Reason::ChangeLimit)
    };
    assert_eq!(["s0", "s1", "s2"].into_iter().filter(|name| waits(name)).count(), 2);
    bench.sleep(140).await;
    assert!(["s0", "s1", "s2"].into_iter().all(|name| running.status(name).is_ready()), "one with each sweep");
    running.stop().await;
}

// tf#17915, tf#427: the object's own backoff begins at a second.
#[tokio::test(start_paused = true)]
async fn what_passes_by_itself_is_tried_again_within_seconds() {
    let bench = Bench::new().await;
    bench.world.world().cloud.knobs.target_propagation = Duration::from_millis(500);
    bench.fail("RegisterScalableTarget", 1, Fault::Conflict);
    let running = Running::start(&bench, SEARCH_API);
    bench.sleep(8).await;
    assert!(running.status("search-api").is_ready(), "{:#?}", running.status("search-api"));
    assert!(bench.calls("PutScalingPolicy") > 1, "the policy was refused while its target was not to be seen");
    running.stop().await;
}

// A list that fails is asked for again by one sweep, sooner than the interval, and not by every object.
#[tokio::test(start_paused = true)]
async fn a_list_that_fails_is_read_again_soon_and_once_for_all() {
    let bench = Bench::new().await;
    let yaml = several(&bench, 20);
    bench.fail("DescribeScalableTargets", 3, Fault::InternalError);
    let running = Running::start(&bench, &yaml);
    bench.sleep(10).await;
    assert!((0..20).all(|i| running.status(&format!("s{i}")).is_ready()));
    let calls = bench.calls("DescribeScalableTargets");
    assert!(calls <= 6, "{calls}");
    running.stop().await;
}

// An object that leaves the source changes nothing in AWS and leaves the state.
#[tokio::test(start_paused = true)]
async fn an_object_that_is_gone_is_let_go() {
    let bench = Bench::new().await;
    let yaml = several(&bench, 2);
    let running = Running::start(&bench, &yaml);
    bench.sleep(65).await;
    let before = bench.writes();
    running.wants(yaml.split("---\n").next().unwrap());
    bench.sleep(130).await;
    assert_eq!(running.state.objects().len(), 1);
    assert_eq!(bench.writes(), before);
    running.stop().await;
}

// The whole way from a file to AWS: a change goes out once it has settled, about two seconds later.
#[tokio::test(start_paused = true)]
async fn a_changed_file_becomes_a_write_within_seconds() {
    use ecs_scaling::controller::daemon::Daemon;
    use ecs_scaling::source::Source;
    use ecs_scaling::source::directory::{DirectorySource, Timing};
    let bench = Bench::new().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("search-api.yaml");
    std::fs::write(&file, SEARCH_API).unwrap();
    let shutdown = CancellationToken::new();
    let timing = Timing { poll: Duration::from_secs(1), watch: false, ..Timing::default() };
    let daemon = Daemon {
        source: Source::Directory(DirectorySource::new(directory.path(), timing)),
        settings: bench.settings.clone(),
        aws: bench.aws.clone(),
        clock: bench.clock,
        state: Arc::default(),
        metrics: Arc::new(Metrics::new(bench.settings.interval).unwrap()),
        kick: Arc::default(),
        shutdown: shutdown.clone(),
    };
    let ended = tokio::spawn(daemon.run());
    bench.sleep(5).await;
    assert_eq!(bench.target().range.max(), 20);
    std::fs::write(&file, SEARCH_API.replace("maxCapacity: 20", "maxCapacity: 30")).unwrap();
    bench.sleep(4).await;
    assert_eq!(bench.target().range.max(), 30);
    shutdown.cancel();
    ended.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_owner_id_that_matches_nothing_while_another_matches_our_objects_is_said_once_and_loudly() {
    let (log, _guard) = Log::capture();
    let mut bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.settings.owner = OwnerId::parse("itt").unwrap();
    let running = Running::start(&bench, SEARCH_API);
    bench.sleep(600).await;
    running.stop().await;
    let said: Vec<_> =
        log.text().lines().filter(|line| line.contains("is --owner right?")).map(str::to_owned).collect();
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].contains("\"other\":\"it\"") && said[0].contains("\"level\":\"ERROR\""), "{}", said[0]);
}
