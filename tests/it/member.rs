//! The founding story's account: a role in 444455556666 that the hub assumes, and whose policies decide.
//!
//! Beside it the loop as the daemon runs it, in virtual time, and what it logs.

use std::io::Write;
use std::sync::{Arc, Mutex};

use ecs_scaling::api::status::{ConditionStatus, ConditionType};
use ecs_scaling::aws::Limits;
use ecs_scaling::controller::State;
use ecs_scaling::controller::supervisor::Supervisor;
use ecs_scaling::diagnose::near_miss::{self, Change};
use ecs_scaling::metrics::Metrics;
use ecs_scaling::model::iam::PrincipalPolicies;
use ecs_scaling::model::names::AccountId;
use ecs_scaling_sandbox::World;
use ecs_scaling_sandbox::founding::{MEMBER_ACCOUNT, ROLE};
use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::harness::{Bench, SEARCH_API, desired, start};

/// The account, as the hub's objects name it.
pub(crate) const MEMBER: &str = "\
apiVersion: ecs-scaling.dev/v1alpha1
kind: AwsAccount
metadata: {name: prod-b}
spec:
  accountId: \"444455556666\"
  roleArn: arn:aws:iam::444455556666:role/search-test-role
  externalId: tools
  regions: [ap-northeast-2]
";

/// The role that decides.
pub(crate) const ROLE_ARN: &str = "arn:aws:iam::444455556666:role/search-test-role";

/// DESIGN's example, in the other account.
pub(crate) fn founding_objects() -> String {
    format!("{MEMBER}---\n{}", in_member(SEARCH_API))
}

/// An object, moved to the other account.
pub(crate) fn in_member(yaml: &str) -> String {
    yaml.replace("  cluster: B\n", "  account: prod-b\n  cluster: B\n")
}

pub(crate) fn member_account() -> AccountId {
    AccountId::new(MEMBER_ACCOUNT)
}

impl Bench {
    /// The founding story: the hub's credentials, and a role in the other account that lacks one value.
    pub(crate) async fn founding() -> Self {
        let (clock, mut world) = (start(), World::new());
        world.plant_founding_story(clock.now()).expect("the story");
        Self::over(world, clock, Limits::none(), "test").await
    }

    /// The policies that bind the role, as they are now.
    pub(crate) fn policies(&self) -> PrincipalPolicies {
        let world = self.world.world();
        let grants = &world.cloud.accounts[&member_account()].roles[ROLE].grants;
        PrincipalPolicies { identity: grants.identity(&world.cloud), boundary: grants.boundary(&world.cloud) }
    }

    /// Does to the role what a remedy says, to the letter.
    pub(crate) fn mend(&self, changes: &[Change]) {
        let changed = near_miss::apply(&self.policies(), changes).expect("the changes fit");
        self.write_policies(&changed);
    }

    /// Writes these policies to the role.
    pub(crate) fn write_policies(&self, policies: &PrincipalPolicies) {
        let (now, mut world) = (self.clock.now(), self.world.world());
        for policy in &policies.identity {
            let name = if policy.name == "(new)" { "new" } else { &policy.name };
            world.put_role_policy(&member_account(), ROLE, name, &policy.document.json).unwrap();
        }
        if let Some(boundary) = &policies.boundary {
            world.put_boundary(&member_account(), ROLE, &boundary.document.json, now).unwrap();
        }
    }

    /// Runs the loop on these objects, as the daemon does.
    pub(crate) fn run(&self, yaml: &str) -> Loop {
        let (state, shutdown) = (Arc::new(State::default()), CancellationToken::new());
        let (sender, receiver) = watch::channel(Arc::default());
        let kick = Arc::new(Notify::new());
        let supervisor = Supervisor {
            aws: self.aws.clone(),
            clock: self.clock,
            settings: self.settings.clone(),
            state: Arc::clone(&state),
            metrics: Arc::new(Metrics::new(self.settings.interval).unwrap()),
            desired: receiver,
            kick: Arc::clone(&kick),
            shutdown: shutdown.clone(),
        };
        sender.send(Arc::new(desired(yaml))).unwrap();
        Loop { state, kick, shutdown, task: tokio::spawn(supervisor.run()), _objects: sender }
    }
}

/// The loop, at work.
pub(crate) struct Loop {
    pub(crate) state: Arc<State>,
    /// What SIGHUP does.
    pub(crate) kick: Arc<Notify>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
    _objects: watch::Sender<Arc<ecs_scaling::api::desired::Desired>>,
}

impl Loop {
    /// How many objects are Ready.
    pub(crate) fn ready(&self) -> usize {
        self.state.objects().iter().filter(|view| view.status.is_ready()).count()
    }

    /// How many objects have this condition with this status.
    pub(crate) fn count(&self, kind: ConditionType, status: ConditionStatus) -> usize {
        let has = |view: &&ecs_scaling::controller::ObjectView| {
            view.status.condition(kind).is_some_and(|condition| condition.status == status)
        };
        self.state.objects().iter().filter(has).count()
    }

    /// Every status, as the API gives it.
    pub(crate) fn json(&self) -> String {
        let views = self.state.objects();
        let resources: Vec<_> = views.iter().map(|view| serde_json::to_value(view.resource()).unwrap()).collect();
        Value::from(resources).to_string()
    }

    pub(crate) async fn end(self) {
        self.shutdown.cancel();
        self.task.await.expect("the loop ends well");
    }
}

/// What was logged on this thread, one JSON object a line.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Captures until the guard is dropped.
    pub(crate) fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO) // as the daemon logs
            .with_writer(move || writer.clone())
            .json()
            .flatten_event(true)
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines with this message.
    pub(crate) fn lines(&self, message: &str) -> Vec<Value> {
        let lines = self.text();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["message"] == message).collect()
    }
}

/// Fails where a text holds a secret of any session that the world handed out.
pub(crate) fn assert_no_secret(bench: &Bench, text: &str) {
    let world = bench.world.world();
    assert!(!world.cloud.sessions.is_empty(), "there are secrets to be found");
    for key in world.cloud.sessions.keys() {
        // The secret and the token hold the same digits (`sts::hand_out`).
        let digits = key[4..12].to_lowercase();
        let hidden = [key.clone(), format!("secret-{digits}"), format!("token-{digits}")];
        assert!(!hidden.iter().any(|secret| text.contains(secret)), "a secret of {key} is in: {text}");
    }
}
