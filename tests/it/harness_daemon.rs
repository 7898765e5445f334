//! The whole controller (supervisor and actors) on the sandbox, with a tap on the wire: every attempt is recorded with
//! its moment, and may be made to go wrong, to panic or to stop time for the one who sent it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use ecs_scaling::api::desired::{Desired, Mode, ObjectKey};
use ecs_scaling::api::status::{Reason, Status};
use ecs_scaling::aws::{Aws, AwsOptions, Limits};
use ecs_scaling::controller::daemon::Daemon;
use ecs_scaling::controller::supervisor::Supervisor;
use ecs_scaling::controller::{Clock, LoopSettings, ObjectView, Prune, State};
use ecs_scaling::metrics::Metrics;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::Region;
use ecs_scaling::plan::OwnerId;
use ecs_scaling::source::Source;
use ecs_scaling::source::directory::{DirectorySource, Timing};
use ecs_scaling::status::lint;
use ecs_scaling_sandbox::client::http_client;
use ecs_scaling_sandbox::{Fault, FaultRule, Shared, World};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::harness::{ACCOUNT, REGION, desired};

/// The interval of every controller here.
pub(crate) const INTERVAL: Duration = Duration::from_secs(60);

/// One attempt, as it went over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// Since the field was made.
    pub(crate) at: Duration,
    /// `autoscaling`, `ecs`, `monitoring` or `sts`: by the host.
    pub(crate) host: String,
    pub(crate) operation: String,
    /// The access key that signed it: the account's.
    pub(crate) key: String,
    /// The body, as far as it is text.
    pub(crate) body: String,
}

impl Attempt {
    pub(crate) fn is_write(&self) -> bool {
        let reads = ["Describe", "List", "Get", "Assume"];
        !reads.iter().any(|read| self.operation.starts_with(read))
    }

    pub(crate) fn is_delete(&self) -> bool {
        self.operation.starts_with("Delete") || self.operation.starts_with("Deregister")
    }
}

/// What is to become of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Go(Fault),
    Panic,
    /// Nothing is sent, and the sender waits for ever; the test is told.
    HoldBefore,
    /// It takes effect, and the sender waits for ever; the test is told.
    HoldAfter,
    /// It is answered; the test is told.
    Tell,
}

type Hook = Box<dyn FnMut(&Attempt) -> Verdict + Send>;

/// The wire between one controller and the world.
#[derive(Clone)]
pub(crate) struct Tap {
    world: Shared,
    started: Instant,
    hook: Arc<Mutex<Hook>>,
    attempts: Arc<Mutex<Vec<Attempt>>>,
    /// A held or told attempt was reached.
    pub(crate) reached: Arc<Notify>,
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tap")
    }
}

impl Tap {
    pub(crate) fn new(world: Shared) -> Self {
        Self {
            world,
            started: Instant::now(),
            hook: Arc::new(Mutex::new(Box::new(|_| Verdict::Pass))),
            attempts: Arc::default(),
            reached: Arc::default(),
        }
    }

    /// Decides on every attempt from now on.
    pub(crate) fn set(&self, hook: impl FnMut(&Attempt) -> Verdict + Send + 'static) {
        *self.hook.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(hook);
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        self.set(|_| Verdict::Pass);
    }

    /// Every attempt so far.
    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        self.attempts.lock().unwrap().clone()
    }

    /// How many attempts of a kind were made between two moments.
    pub(crate) fn count(&self, from: Duration, to: Duration, of: impl Fn(&Attempt) -> bool) -> usize {
        let attempts = self.attempts.lock().unwrap();
        attempts.iter().filter(|attempt| attempt.at >= from && attempt.at < to && of(attempt)).count()
    }

    pub(crate) fn writes(&self) -> usize {
        self.attempts.lock().unwrap().iter().filter(|attempt| attempt.is_write()).count()
    }

    /// Since the field was made.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn see(&self, request: &HttpRequest) -> Verdict {
        let header = |name: &str| request.headers().get(name).unwrap_or_default().to_owned();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let form = || body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned();
        let target = header("x-amz-target");
        let operation = match (target.rsplit_once('.'), request.uri().rsplit_once("/operation/")) {
            (Some((_, operation)), _) | (_, Some((_, operation))) => operation.to_owned(),
            _ => form(),
        };
        let authorization = header("authorization");
        let key = authorization.split_once("Credential=").and_then(|(_, rest)| rest.split('/').next());
        let uri: http::Uri = request.uri().parse().expect("a URI");
        let host = uri.host().unwrap_or_default().split('.').next().unwrap_or_default().to_owned();
        let key = key.unwrap_or_default().to_owned();
        let attempt = Attempt { at: self.started.elapsed(), host, operation, key, body };
        let verdict = (self.hook.lock().unwrap_or_else(PoisonError::into_inner))(&attempt);
        self.attempts.lock().unwrap().push(attempt);
        verdict
    }
}

impl HttpClient for Tap {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = http_client(self.world.clone()).http_connector(settings, parts);
        SharedHttpConnector::new(Tapped { tap: self.clone(), inner })
    }
}

#[derive(Clone, Debug)]
struct Tapped {
    tap: Tap,
    inner: SharedHttpConnector,
}

impl HttpConnector for Tapped {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            match this.tap.see(&request) {
                Verdict::Pass => this.inner.call(request).await,
                Verdict::Go(fault) => {
                    // Taken by this very call: the world answers before anything else can run.
                    let rule = FaultRule { service: None, operation: None, nth: 1, times: 1, fault };
                    this.tap.world.world().inject(rule);
                    this.inner.call(request).await
                }
                Verdict::Panic => panic!("a fault of the controller, as a test wants it"),
                Verdict::HoldBefore => {
                    this.tap.reached.notify_one();
                    std::future::pending().await
                }
                Verdict::HoldAfter => {
                    let _ = this.inner.call(request).await;
                    this.tap.reached.notify_one();
                    std::future::pending().await
                }
                Verdict::Tell => {
                    let reply = this.inner.call(request).await;
                    this.tap.reached.notify_one();
                    reply
                }
            }
        })
    }
}

/// The wall clock of the controller's machine, as the SDK takes it: credentials expire in virtual time too.
#[derive(Debug)]
struct VirtualTime(Clock);

impl TimeSource for VirtualTime {
    fn now(&self) -> std::time::SystemTime {
        let since = Duration::try_from(self.0.wall().as_duration()).expect("after 1970");
        std::time::SystemTime::UNIX_EPOCH + since
    }
}

/// A world with a clock, on which controllers are started.
pub(crate) struct Field {
    pub(crate) world: Shared,
    pub(crate) clock: Clock,
    pub(crate) tap: Tap,
    pub(crate) limits: Limits,
    pub(crate) interval: Duration,
    pub(crate) prune: Option<Prune>,
    pub(crate) owner: &'static str,
}

impl Field {
    /// An empty world, without rate limits.
    pub(crate) fn new() -> Self {
        let clock = Clock::starting_at("2026-03-02T09:00:00Z".parse().unwrap());
        let mut world = World::new();
        for account in [ACCOUNT, "444455556666"] {
            let role = serde_json::json!({"AWSServiceName": ecs_scaling::model::role::SLR_SERVICE});
            let at = ecs_scaling_sandbox::seed::scope(account, REGION);
            world.call_as_admin(&at, AwsService::Iam, "CreateServiceLinkedRole", role, clock.now()).unwrap();
        }
        world.reset_counters();
        let world = Shared::new(world, move || clock.now());
        let tap = Tap::new(world.clone());
        Self { world, clock, tap, limits: Limits::none(), interval: INTERVAL, prune: None, owner: "it" }
    }

    /// The way to AWS of a new process.
    pub(crate) async fn aws(&self, recorder: Arc<Metrics>) -> Aws {
        Aws::load(AwsOptions {
            http_client: Some(SharedHttpClient::new(self.tap.clone())),
            credentials: Some(("test".to_owned(), "test".to_owned())),
            region: Some(Region::new(REGION)),
            time_source: Some(SharedTimeSource::new(VirtualTime(self.clock))),
            limits: self.limits,
            recorder,
        })
        .await
    }

    pub(crate) fn settings(&self, owner: &str) -> LoopSettings {
        LoopSettings {
            owner: OwnerId::parse(owner).unwrap(),
            mode: Mode::Apply,
            role_policy: ecs_scaling::controller::RolePolicy::Create,
            interval: self.interval,
            max_changes: usize::MAX,
            coverage: false,
            prune: self.prune,
        }
    }

    /// A controller that was just started, with nothing in its memory.
    pub(crate) async fn start(&self, yaml: &str) -> Running {
        self.start_as("it", yaml).await
    }

    pub(crate) async fn start_as(&self, owner: &str, yaml: &str) -> Running {
        self.start_with(self.settings(owner), yaml).await
    }

    pub(crate) async fn start_with(&self, settings: LoopSettings, yaml: &str) -> Running {
        let metrics = Arc::new(Metrics::new(self.interval).unwrap());
        let (state, shutdown, kick) = (Arc::new(State::default()), CancellationToken::new(), Arc::new(Notify::new()));
        let (objects, receiver) = watch::channel(Arc::new(desired(yaml)));
        let supervisor = Supervisor {
            aws: self.aws(metrics.clone()).await,
            clock: self.clock,
            settings,
            state: state.clone(),
            metrics: metrics.clone(),
            desired: receiver,
            kick: kick.clone(),
            shutdown: shutdown.clone(),
        };
        let task = tokio::spawn(supervisor.run());
        Running { state, metrics, kick, shutdown, objects, task, seen: Mutex::default() }
    }

    /// A whole daemon, which reads its objects from files.
    pub(crate) async fn start_daemon(&self, config: &Path, timing: Timing) -> Running {
        self.start_daemon_on(Source::Directory(DirectorySource::new(config, timing))).await
    }

    /// A whole daemon, which reads its objects from a source.
    pub(crate) async fn start_daemon_on(&self, source: Source) -> Running {
        let metrics = Arc::new(Metrics::new(self.interval).unwrap());
        let (state, shutdown, kick) = (Arc::new(State::default()), CancellationToken::new(), Arc::new(Notify::new()));
        let daemon = Daemon {
            source,
            settings: self.settings(self.owner),
            aws: self.aws(metrics.clone()).await,
            clock: self.clock,
            state: state.clone(),
            metrics: metrics.clone(),
            kick: kick.clone(),
            shutdown: shutdown.clone(),
        };
        let task = tokio::spawn(daemon.run());
        let (objects, _) = watch::channel(Arc::default());
        Running { state, metrics, kick, shutdown, objects, task, seen: Mutex::default() }
    }
}

/// A controller at work.
pub(crate) struct Running {
    pub(crate) state: Arc<State>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) kick: Arc<Notify>,
    pub(crate) shutdown: CancellationToken,
    objects: watch::Sender<Arc<Desired>>,
    pub(crate) task: JoinHandle<()>,
    /// Every status seen, for the linter.
    seen: Mutex<BTreeMap<ObjectKey, (u64, Status)>>,
}

impl Running {
    /// What is wanted from now on, where no files are read.
    pub(crate) fn want(&self, yaml: &str) {
        self.objects.send_replace(Arc::new(desired(yaml)));
    }

    /// Time passes; every status on the way must pass the linter.
    pub(crate) async fn run(&self, time: Duration) {
        let end = Instant::now() + time;
        loop {
            self.lint();
            let now = Instant::now();
            if now >= end {
                return;
            }
            tokio::time::sleep((end - now).min(Duration::from_secs(1))).await;
        }
    }

    /// Time passes until so; how long it took, to a tenth of a second or a twentieth of it.
    pub(crate) async fn until(&self, limit: Duration, mut so: impl FnMut(&Self) -> bool) -> Duration {
        let start = Instant::now();
        while !so(self) {
            assert!(start.elapsed() < limit, "not within {limit:?}: {:#?}", self.troubles());
            let step = (start.elapsed() / 20).clamp(Duration::from_millis(100), Duration::from_secs(1));
            self.run(step).await;
        }
        start.elapsed()
    }

    pub(crate) async fn until_ready(&self, limit: Duration) -> Duration {
        self.until(limit, Self::is_ready).await
    }

    pub(crate) fn is_ready(&self) -> bool {
        let objects = self.state.objects();
        !objects.is_empty() && objects.iter().all(|view| view.status.is_ready())
    }

    /// One object by its name.
    pub(crate) fn view(&self, name: &str) -> ObjectView {
        self.state.object(&ObjectKey::new("default", name)).expect("the object is known")
    }

    /// Ready's reason, of one object.
    pub(crate) fn reason(&self, name: &str) -> Option<Reason> {
        use ecs_scaling::api::status::ConditionType;
        self.view(name).status.condition(ConditionType::Ready).map(|ready| ready.reason)
    }

    /// Objects that are not ready, and why.
    pub(crate) fn troubles(&self) -> Vec<String> {
        use ecs_scaling::api::status::ConditionType;
        let objects = self.state.objects();
        let not_ready = objects.iter().filter(|view| !view.status.is_ready());
        not_ready
            .map(|view| format!("{}: {:?}", view.desired.key, view.status.condition(ConditionType::Ready)))
            .collect()
    }

    /// The value of a metric without labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let scrape = self.metrics.scrape(&self.state).unwrap();
        let line = scrape.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).expect("the metric");
        line.parse().unwrap()
    }

    /// What was seen so far is forgotten: as after a restart, times and generations may begin anew.
    pub(crate) fn begins_anew(&self) {
        self.seen.lock().unwrap().clear();
    }

    fn lint(&self) {
        let mut seen = self.seen.lock().unwrap();
        let objects = self.state.objects();
        seen.retain(|key, _| objects.iter().any(|view| view.desired.key == *key));
        for view in objects.into_iter().filter(|view| !view.status.conditions.is_empty()) {
            let before = seen.get(&view.desired.key);
            if before.is_some_and(|(_, status)| *status == view.status) {
                continue;
            }
            let broken = lint(before.map(|(_, status)| status), &view.status, view.generation);
            assert_eq!(broken, Ok(()), "{}: {:#?}", view.desired.key, view.status);
            assert!(before.is_none_or(|(generation, _)| *generation <= view.generation), "{}", view.desired.key);
            seen.insert(view.desired.key.clone(), (view.generation, view.status));
        }
    }

    /// The process is killed: nothing of it goes on.
    pub(crate) async fn crash(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }

    /// Stops in order; how long it took.
    pub(crate) async fn stop(self) -> Duration {
        let start = Instant::now();
        self.shutdown.cancel();
        self.task.await.unwrap();
        start.elapsed()
    }
}

/// Random numbers that a seed repeats (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
