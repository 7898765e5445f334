//! The world, the controller in the same process, and their one clock.

use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use ecs_scaling::api::desired::{Desired, Mode, ServiceScaling};
use ecs_scaling::api::load::{SourceFile, load};
use ecs_scaling::aws::{Aws, AwsOptions, Limits};
use ecs_scaling::controller::daemon::Daemon;
use ecs_scaling::controller::once::Session;
use ecs_scaling::controller::{Clock, LoopSettings, RolePolicy, State};
use ecs_scaling::metrics::Metrics;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::{Region, ScopeId};
use ecs_scaling::plan::{self, OwnerId, Plan};
use ecs_scaling::source::Source;
use ecs_scaling::source::directory::{DirectorySource, Timing, read_files};
use ecs_scaling_sandbox::caller::DEFAULT_ACCOUNT;
use ecs_scaling_sandbox::client::http_client;
use ecs_scaling_sandbox::seed::{DEFAULT_REGION, scope};
use ecs_scaling_sandbox::{Shared, World};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, OnceCell};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Who the demo's controller is.
pub(super) const OWNER: &str = "demo";
/// From one sweep of the controller to the next.
pub(super) const INTERVAL: Duration = Duration::from_secs(60);
/// From a new desired count until the tasks run.
const TASK_START: Duration = Duration::from_secs(40);
/// The story begins so long ago that it ends by now.
const STORY: SignedDuration = SignedDuration::from_mins(45);
/// Nothing in the story takes longer, in virtual time.
const PATIENCE: Duration = Duration::from_secs(600);

/// Everything that the story happens on.
pub(super) struct Stage {
    pub(super) world: Shared,
    pub(super) clock: Clock,
    pub(super) config: PathBuf,
    /// What the controller says of the objects.
    pub(super) state: Arc<State>,
    /// What the controller counts.
    pub(super) metrics: Arc<Metrics>,
    pub(super) aws: Aws,
    settings: LoopSettings,
    shutdown: CancellationToken,
    daemon: OnceCell<JoinHandle<()>>,
}

impl Stage {
    /// A world with the story's clusters, and a controller that is not started yet.
    pub(super) async fn set(config: PathBuf) -> Result<Self> {
        let clock = Clock::starting_at(a_whole_minute(Clock::system().now() - STORY)?);
        let mut world = World::new();
        world.cloud.knobs.start_delay = TASK_START;
        world.plant_story(clock.now())?;
        let world = Shared::new(world, move || clock.now());
        let metrics = Arc::new(Metrics::new(INTERVAL)?);
        let aws = Aws::load(AwsOptions {
            http_client: Some(http_client(world.clone())),
            credentials: Some(("test".to_owned(), "test".to_owned())),
            region: Some(Region::new(DEFAULT_REGION)),
            limits: Limits::default(),
            recorder: metrics.clone(),
            time_source: None,
        })
        .await;
        let settings = LoopSettings {
            owner: OwnerId::parse(OWNER).map_err(anyhow::Error::msg)?,
            mode: Mode::Apply,
            role_policy: RolePolicy::Create,
            interval: INTERVAL,
            max_changes: usize::MAX,
            coverage: false,
            prune: None,
        };
        let (state, shutdown, daemon) = (Arc::default(), CancellationToken::new(), OnceCell::new());
        Ok(Self { world, clock, config, state, metrics, aws, settings, shutdown, daemon })
    }

    /// The objects of the configuration.
    pub(super) fn files(&self) -> Result<Vec<SourceFile>> {
        read_files(&self.config).with_context(|| {
            format!("reading {} (the demo runs from the project's root; --config names another)", self.config.display())
        })
    }

    /// The text of one of them.
    pub(super) fn text_of(&self, name: &str) -> Result<String> {
        let file = self.files()?.into_iter().find(|file| file.path.ends_with(name));
        Ok(String::from_utf8(file.with_context(|| format!("{name} is not among the objects"))?.bytes)?)
    }

    /// A controller of its own for these objects, which passes when it is told to.
    pub(super) async fn session(&self, desired: &Desired) -> Session {
        Session::connect(&self.aws, desired, self.clock, &self.settings).await
    }

    /// What `ecs-scaling plan` prints for these files.
    pub(super) async fn plan(&self, files: &[SourceFile]) -> Result<String> {
        let desired = objects(files)?;
        let settings = LoopSettings { mode: Mode::Observe, ..self.settings.clone() };
        let mut session = Session::connect(&self.aws, &desired, self.clock, &settings).await;
        let results = session.round(|_, _| {}).await;
        let plans = session.objects().filter_map(|object| {
            let mut plan = results.get(&object.desired.key)?.plan.clone()?;
            plan.mode = object.mode; // only this look at it observes
            Some((&object.desired, plan))
        });
        let plans: Vec<(&ServiceScaling, Plan)> = plans.collect();
        let plans: Vec<(&ServiceScaling, &Plan)> = plans.iter().map(|(object, plan)| (*object, plan)).collect();
        Ok(plan::text(&plans, desired.services.len() - plans.len()))
    }

    /// Starts the controller: from now on it reconciles every interval.
    pub(super) fn start_controller(&self) -> Result<()> {
        let daemon = Daemon {
            source: Source::Directory(DirectorySource::new(&self.config, Timing::default())),
            settings: self.settings.clone(),
            aws: self.aws.clone(),
            clock: self.clock,
            state: Arc::clone(&self.state),
            metrics: Arc::clone(&self.metrics),
            kick: Arc::new(Notify::new()),
            shutdown: self.shutdown.clone(),
        };
        self.daemon.set(tokio::spawn(daemon.run())).context("the controller runs already")
    }

    /// The world, as of now.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        let now = self.clock.now();
        let mut world = self.world.world();
        world.advance(now);
        world
    }

    /// A call by somebody else, who may do everything.
    pub(super) fn somebody(&self, service: AwsService, operation: &str, input: serde_json::Value) -> Result<()> {
        let now = self.clock.now();
        self.world.world().call_as_admin(&home(), service, operation, input, now)?;
        Ok(())
    }

    /// Lets seconds pass until it is true.
    pub(super) async fn wait_until(&self, what: &str, is_true: impl Fn(&Self) -> bool) -> Result<()> {
        let start = tokio::time::Instant::now();
        while !is_true(self) {
            ensure!(start.elapsed() < PATIENCE, "after {} s still not true: {what}", PATIENCE.as_secs());
            if self.daemon.get().is_some_and(JoinHandle::is_finished) {
                bail!("the controller ended before this was true: {what}");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }

    /// Lets time pass up to the next whole minute: the moment at which metrics come and alarms are evaluated.
    pub(super) async fn next_minute(&self) -> Result<()> {
        let now = self.clock.now();
        let next = a_whole_minute(now)? + SignedDuration::from_mins(1);
        tokio::time::sleep(next.duration_since(now).unsigned_abs()).await;
        Ok(())
    }

    /// Lets virtual time run on to the present, and hands over to real time.
    pub(super) async fn come_to_the_present(&self) {
        let behind = Clock::system().now().duration_since(self.clock.now());
        if behind.is_positive() {
            tokio::time::sleep(behind.unsigned_abs()).await;
        }
        tokio::time::resume();
    }

    /// Ends the controller.
    pub(super) async fn strike(self) -> Result<()> {
        self.shutdown.cancel();
        match self.daemon.into_inner() {
            Some(daemon) => daemon.await.context("the controller ended by a panic"),
            None => Ok(()),
        }
    }
}

/// The scope that the story happens in.
pub(super) fn home() -> ScopeId {
    scope(DEFAULT_ACCOUNT, DEFAULT_REGION)
}

/// The objects of files, which must be without errors.
pub(super) fn objects(files: &[SourceFile]) -> Result<Desired> {
    let loaded = load(files);
    ensure!(loaded.held.is_empty(), "the objects have errors: {:#?}", loaded.findings);
    Ok(loaded.desired)
}

/// A path as it is typed.
pub(super) fn typed(path: &Path) -> String {
    path.display().to_string()
}

/// The minute that holds a moment.
fn a_whole_minute(at: Timestamp) -> Result<Timestamp> {
    Ok(Timestamp::from_second(at.as_second() - at.as_second().rem_euclid(60))?)
}
