//! The one state that metrics, the HTTP API and the command line read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;

use super::account_view::AccountView;
use super::coverage::Counts;
use crate::api::desired::{ObjectKey, ServiceScaling};
use crate::api::finding::Finding;
use crate::api::resource::{Excerpt, Metadata, Resource, Target};
use crate::api::status::Status;
use crate::api::types::{API_VERSION, Kind};
use crate::model::names::{ScopeId, TargetKey};
use crate::plan::{Fate, Plan, text};
use crate::source::absence::Absence;

/// One object, as it is known.
#[derive(Clone, Debug)]
pub struct ObjectView {
    /// The object.
    pub desired: Arc<ServiceScaling>,
    /// What it manages, once its account is known.
    pub key: Option<TargetKey>,
    /// Its generation.
    pub generation: u64,
    /// Its status.
    pub status: Status,
    /// The last plan.
    pub plan: Option<Arc<Plan>>,
}

impl ObjectView {
    /// The object in its own shape, with the last plan as long as it did not lead to what is wanted.
    pub fn with_plan(&self) -> Resource {
        let plan = self.plan.as_deref().filter(|_| !self.status.is_ready());
        let last_plan = plan.map(|plan| text(&[(&self.desired, plan)], 0));
        Resource { last_plan, ..self.resource() }
    }

    /// The object in its own shape, as the API gives it.
    pub fn resource(&self) -> Resource {
        let desired = &self.desired;
        Resource {
            api_version: API_VERSION.to_owned(),
            kind: Kind::ServiceScaling.to_string(),
            metadata: Metadata {
                namespace: desired.key.namespace.clone(),
                name: desired.key.name.clone(),
                labels: desired.labels.clone(),
                generation: self.generation,
                source: desired.position.to_string(),
            },
            spec: desired.spec.clone(),
            status: self.status.clone(),
            target: self.key.as_ref().map(|key| Target {
                account: key.scope.account.to_string(),
                region: key.scope.region.to_string(),
                cluster: key.service.cluster.to_string(),
                service: key.service.service.to_string(),
            }),
            last_plan: None,
        }
    }
}

/// The source, as it was last read.
#[derive(Clone, Debug, Default)]
pub struct ConfigView {
    /// Where the files are.
    pub source: String,
    /// Whether the last read was taken without rejecting anything.
    pub successful: bool,
    /// When a read was last taken.
    pub read_at: Option<Timestamp>,
    /// What it was.
    pub revision: String,
    /// What was wrong with it, or worth saying.
    pub findings: Vec<Finding>,
    /// What it means that an object is not there.
    pub absence: Absence,
    /// Why the source could not be read.
    pub error: Option<String>,
    /// Objects of which the last good version is held, or of which there is none yet.
    pub held: Vec<String>,
    /// The lines that the findings stand at.
    pub excerpts: Vec<Excerpt>,
}

/// What is ours in a scope and wanted by no object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrphansView {
    /// How many objects of each fate.
    pub by_fate: BTreeMap<Fate, usize>,
    /// Why nothing goes, where too many would.
    pub blocked: Option<String>,
}

#[derive(Debug, Default)]
struct Inner {
    objects: BTreeMap<ObjectKey, ObjectView>,
    accounts: Vec<AccountView>,
    config: ConfigView,
    orphans: BTreeMap<ScopeId, OrphansView>,
    heartbeats: BTreeMap<ScopeId, Timestamp>,
    passed: BTreeSet<ScopeId>,
    coverage: BTreeMap<ScopeId, Counts>,
    started: bool,
}

/// Everything that is known, behind one lock that is never held across a call.
#[derive(Debug, Default)]
pub struct State(RwLock<Inner>);

impl State {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every object.
    pub fn objects(&self) -> Vec<ObjectView> {
        self.read().objects.values().cloned().collect()
    }

    /// What is wanted of every object, in their order. For readers that need little of each: nothing is copied.
    pub fn map_objects<T>(&self, of: impl FnMut(&ObjectView) -> T) -> Vec<T> {
        self.read().objects.values().map(of).collect()
    }

    /// Every account that there is an object for, or that an object names.
    pub fn accounts(&self) -> Vec<AccountView> {
        self.read().accounts.clone()
    }

    /// One object.
    pub fn object(&self, key: &ObjectKey) -> Option<ObjectView> {
        self.read().objects.get(key).cloned()
    }

    /// The source.
    pub fn config(&self) -> ConfigView {
        self.read().config.clone()
    }

    /// Whether the first pass of every scope has been attempted.
    pub fn is_ready(&self) -> bool {
        let inner = self.read();
        inner.started && inner.heartbeats.keys().all(|scope| inner.passed.contains(scope))
    }

    /// The oldest heartbeat of the scopes' loops.
    pub fn oldest_heartbeat(&self) -> Option<Timestamp> {
        self.read().heartbeats.values().min().copied()
    }

    /// When the loop of a scope last ticked, where it has one.
    pub fn heartbeat(&self, scope: &ScopeId) -> Option<Timestamp> {
        self.read().heartbeats.get(scope).copied()
    }

    /// How the services of the objects' clusters are covered, by scope: those of which it was found out.
    pub fn coverage(&self) -> BTreeMap<ScopeId, Counts> {
        self.read().coverage.clone()
    }

    pub(super) fn set_coverage(&self, scope: &ScopeId, counts: Counts) {
        self.write().coverage.insert(scope.clone(), counts);
    }

    /// Takes an object as it is now known.
    pub(crate) fn put(&self, view: ObjectView) {
        self.write().objects.insert(view.desired.key.clone(), view);
    }

    /// Forgets what is no longer desired; gives what that was.
    pub(crate) fn retain(&self, keep: impl Fn(&ObjectKey) -> bool) -> Vec<ObjectKey> {
        self.write().objects.extract_if(.., |key, _| !keep(key)).map(|(key, _)| key).collect()
    }

    /// Forgets everything but the source, as a process that has just started.
    pub(super) fn forget(&self) {
        let mut inner = self.write();
        *inner = Inner { config: std::mem::take(&mut inner.config), ..Inner::default() };
    }

    /// The orphans of each scope, where prune is on.
    pub fn orphans(&self) -> BTreeMap<ScopeId, OrphansView> {
        self.read().orphans.clone()
    }

    pub(crate) fn set_orphans(&self, scope: &ScopeId, orphans: OrphansView) {
        self.write().orphans.insert(scope.clone(), orphans);
    }

    pub(crate) fn set_accounts(&self, accounts: Vec<AccountView>) {
        self.write().accounts = accounts;
    }

    pub(crate) fn set_config(&self, config: ConfigView) {
        self.write().config = config;
    }

    /// The scopes that have a loop; others lose their heartbeat. They are all that there will be, for now, once the
    /// source was read and every account was asked who we are: `complete`.
    pub(crate) fn set_scopes(&self, scopes: &BTreeSet<ScopeId>, complete: bool, now: Timestamp) {
        let mut inner = self.write();
        inner.started |= complete;
        inner.heartbeats.retain(|scope, _| scopes.contains(scope));
        inner.passed.retain(|scope| scopes.contains(scope));
        inner.coverage.retain(|scope, _| scopes.contains(scope));
        for scope in scopes {
            inner.heartbeats.entry(scope.clone()).or_insert(now);
        }
    }

    pub(crate) fn beat(&self, scope: &ScopeId, now: Timestamp) {
        if let Some(beat) = self.write().heartbeats.get_mut(scope) {
            *beat = now;
        }
    }

    pub(super) fn first_pass_done(&self, scope: &ScopeId) {
        self.write().passed.insert(scope.clone());
    }
}
