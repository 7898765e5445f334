//! The controller on the sandbox, in one process and in virtual time. Use with `#[tokio::test(start_paused = true)]`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use ecs_scaling::api::desired::{Desired, Mode, ObjectKey};
use ecs_scaling::api::load::{SourceFile, load};
use ecs_scaling::api::status::{Condition, ConditionStatus, ConditionType, Reason, Status};
use ecs_scaling::aws::{Aws, AwsOptions, Limits};
use ecs_scaling::controller::object::Passed;
use ecs_scaling::controller::once::Session;
use ecs_scaling::controller::{Clock, LoopSettings, RolePolicy};
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::{Region, ScopeId, ServiceId};
use ecs_scaling::model::role::SLR_SERVICE;
use ecs_scaling::plan::{OutcomeResult, OwnerId};
use ecs_scaling::status::lint;
use ecs_scaling_sandbox::client::http_client;
use ecs_scaling_sandbox::counters::CallRecord;
use ecs_scaling_sandbox::seed::scope;
use ecs_scaling_sandbox::{ServiceSeed, Shared, World};
use serde_json::json;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "ap-northeast-2";

/// DESIGN's example: the story's object.
pub(crate) const SEARCH_API: &str = include_str!("../../deploy/examples/search-api.yaml");
/// Its policy and its alarm.
pub(crate) const POLICY: &str = "ECSPersonalScaleOutPolicyProd";
pub(crate) const ALARM: &str = "ECSPersonalScaleOutAlarmProd";

/// A world, and the way to it.
pub(crate) struct Bench {
    pub(crate) world: Shared,
    pub(crate) clock: Clock,
    pub(crate) aws: Aws,
    pub(crate) settings: LoopSettings,
    /// Every status seen, for the linter.
    seen: Mutex<BTreeMap<ObjectKey, Status>>,
}

impl Bench {
    /// A world with cluster B and the service search-api (2 tasks), without rate limits.
    pub(crate) async fn new() -> Self {
        Self::with_limits(Limits::none()).await
    }

    pub(crate) async fn with_limits(limits: Limits) -> Self {
        let clock = start();
        let mut world = World::new();
        world.add_service(&home(), "B", &ServiceSeed::new("search-api", 2), clock.now());
        let role = json!({"AWSServiceName": SLR_SERVICE});
        world
            .call_as_admin(&home(), AwsService::Iam, "CreateServiceLinkedRole", role, clock.now())
            .expect("the service-linked role");
        Self::over(world, clock, limits, "test").await
    }

    /// A world of the test's own, with the clock that it was made by, and the access key of the controller's own
    /// credentials there.
    pub(crate) async fn over(mut world: World, clock: Clock, limits: Limits, key: &str) -> Self {
        world.reset_counters();
        let world = Shared::new(world, move || clock.now());
        let aws = Aws::load(AwsOptions {
            http_client: Some(http_client(world.clone())),
            credentials: Some((key.to_owned(), "secret".to_owned())),
            region: Some(Region::new(REGION)),
            limits,
            ..AwsOptions::default()
        })
        .await;
        let settings = LoopSettings {
            owner: OwnerId::parse("it").unwrap(),
            mode: Mode::Apply,
            role_policy: RolePolicy::Create,
            interval: Duration::from_secs(60),
            max_changes: usize::MAX,
            coverage: false,
            prune: None,
        };
        Self { world, clock, aws, settings, seen: Mutex::default() }
    }

    /// A session on these objects, as a controller that was just started has it.
    pub(crate) async fn session(&self, yaml: &str) -> Session {
        Session::connect(&self.aws, &desired(yaml), self.clock, &self.settings).await
    }

    /// One sweep and one pass over every object; every status must pass the linter.
    pub(crate) async fn round(&self, session: &mut Session) -> BTreeMap<ObjectKey, Passed> {
        let results = session.round(|_, _| {}).await;
        let mut seen = self.seen.lock().unwrap();
        for (key, passed) in &results {
            let status = &passed.kept.status;
            let broken = lint(seen.get(key), status, passed.kept.generation);
            assert_eq!(broken, Ok(()), "{key}: {status:#?}");
            seen.insert(key.clone(), status.clone());
        }
        results
    }

    /// One round of a world with one object.
    pub(crate) async fn pass(&self, session: &mut Session) -> Passed {
        self.round(session).await.into_values().next().expect("there is an object")
    }

    /// Rounds, an interval apart, until nothing is written; then one more, which must write nothing.
    pub(crate) async fn converge(&self, session: &mut Session) {
        for _ in 0..10 {
            let before = self.writes();
            let results = self.round(session).await;
            if self.writes() == before && results.values().all(|passed| passed.kept.status.is_ready()) {
                return;
            }
            self.sleep(60).await;
        }
        panic!("not converged after ten rounds: {:#?}", self.round(session).await);
    }

    /// How many writes have reached an operation; to assume a role changes nothing.
    pub(crate) fn writes(&self) -> usize {
        self.records_since(0).len()
    }

    /// The operations written since a count of [`Bench::writes`].
    pub(crate) fn written_since(&self, before: usize) -> Vec<String> {
        self.records_since(before).into_iter().map(|record| record.call.operation).collect()
    }

    /// The writes since a count of [`Bench::writes`].
    pub(crate) fn records_since(&self, before: usize) -> Vec<CallRecord> {
        let world = self.world.world();
        let writes = world.counters().writes().iter().filter(|record| record.call.service != AwsService::Sts);
        writes.skip(before).cloned().collect()
    }

    /// Lets one interval pass, then a round; gives its only object's result and what was written.
    pub(crate) async fn next_pass(&self, session: &mut Session) -> (Passed, Vec<String>) {
        self.sleep(60).await;
        let before = self.writes();
        let passed = self.pass(session).await;
        (passed, self.written_since(before))
    }

    /// How often an operation was called so far, in all scopes.
    pub(crate) fn calls(&self, operation: &str) -> u64 {
        self.world.world().counters().count(operation)
    }

    pub(crate) async fn sleep(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}

/// The clock at which worlds start.
pub(crate) fn start() -> Clock {
    Clock::starting_at("2026-03-02T09:00:00Z".parse().unwrap())
}

/// The scope of the tests.
pub(crate) fn home() -> ScopeId {
    scope(ACCOUNT, REGION)
}

pub(crate) fn search_api() -> ServiceId {
    ServiceId::new("B", "search-api")
}

/// The objects of a text, which must be without findings that are errors.
pub(crate) fn desired(yaml: &str) -> Desired {
    let loaded = load(&[SourceFile { path: "test.yaml".to_owned(), bytes: yaml.as_bytes().to_vec() }]);
    assert!(loaded.held.is_empty(), "{:#?}", loaded.findings);
    loaded.desired
}

/// The condition of a type; it must be there.
pub(crate) fn condition(passed: &Passed, kind: ConditionType) -> &Condition {
    passed.kept.status.condition(kind).unwrap_or_else(|| panic!("no {kind}: {:#?}", passed.kept.status))
}

/// search-api's object with lines put into its spec, two spaces deep.
pub(crate) fn with_spec(lines: &str) -> String {
    SEARCH_API.replace("  cluster: B\n", &format!("  cluster: B\n{lines}"))
}

/// A condition's status and reason.
pub(crate) fn said(passed: &Passed, kind: ConditionType) -> (ConditionStatus, Reason) {
    let condition = condition(passed, kind);
    (condition.status, condition.reason)
}

/// How many writes of a pass put back what somebody else had changed.
pub(crate) fn corrections(passed: &Passed) -> usize {
    let Some(plan) = &passed.plan else { return 0 };
    let done = passed.outcomes.iter().filter(|outcome| matches!(outcome.result, OutcomeResult::Done { .. }));
    done.filter(|outcome| plan.actions[outcome.action].drift).count()
}
