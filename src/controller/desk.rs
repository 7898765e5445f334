//! One account's desk: its service-linked role, its denials, and the policies of the principal that the controller is.
//!
//! What belongs to an account and not to an object is found out once, and said once in the log. Decides when IAM is
//! asked; what an answer means is decided in `diagnose`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Clock;
use crate::admission::{Admission, Call};
use crate::api::accounts::DenialStatus;
use crate::api::desired::Mode;
use crate::aws::{Iam, Identity, PoliciesRead};
use crate::diagnose::class::{Class, classify};
use crate::diagnose::denials::Denials;
use crate::diagnose::explain::{Background, Diagnosis, Permission, diagnose};
use crate::diagnose::needs::{Features, Privilege, need};
use crate::diagnose::parse::sanitise;
use crate::diagnose::principal::{Principal, PrincipalKind};
use crate::model::failure::{AwsService, Failure};
use crate::model::iam::{Decision, Document, Request};
use crate::model::names::TargetKey;
use crate::model::observed::RoleStanding;
use crate::model::role::{SLR_NAME, SLR_SERVICE};
use crate::status::{Explained, explain_with};

/// A role that exists is looked at again after this long.
const ROLE_AGE: SignedDuration = SignedDuration::from_mins(10);
/// A role that could not be seen is looked for again after this long.
const NOT_SEEN_AGE: SignedDuration = SignedDuration::from_secs(60);
/// A new role may not be usable everywhere for this long (Terraform waits as long).
const PROPAGATION: SignedDuration = SignedDuration::from_secs(120);
/// Policies are read again after this long, so that a hint does not outlive the edit that it asked for.
const POLICIES_AGE: SignedDuration = SignedDuration::from_secs(60);

/// Policies that may not be read are tried again after this long, as other denied calls are.
const UNREAD_AGE: SignedDuration = SignedDuration::from_mins(5);
/// The simulator is asked the same again after this long.
const PROOF_AGE: SignedDuration = SignedDuration::from_mins(10);

/// What is done while the service-linked role is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RolePolicy {
    /// The controller makes it, through iam:CreateServiceLinkedRole: that call's refusal says who, on what and why.
    #[default]
    Create,
    /// Nothing is written until somebody has made it.
    Require,
}

/// One account, as its scopes share it.
#[derive(Debug)]
pub struct Desk {
    iam: Iam,
    caller: String,
    principal: Option<Principal>,
    policy: RolePolicy,
    mode: Mode,
    clock: Clock,
    state: Mutex<DeskState>,
    /// Held while IAM is asked, so that it is asked once.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct DeskState {
    role: RoleStanding,
    role_seen: Option<Timestamp>,
    made_at: Option<Timestamp>,
    denials: Denials,
    policies: Option<(Timestamp, Arc<PoliciesRead>)>,
    proofs: BTreeMap<Proof, (Timestamp, Option<Decision>)>,
}

/// An action, a resource, and the document that is to allow the one on the other.
type Proof = (String, String, String);

impl Desk {
    /// The desk of an account whose identity is known. `mode` Observe makes no role.
    pub fn new(iam: Iam, identity: &Identity, policy: RolePolicy, mode: Mode, clock: Clock) -> Self {
        let (caller, principal) = (identity.arn.clone(), Principal::parse(&identity.arn));
        let (state, asking) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { iam, caller, principal, policy, mode, clock, state, asking }
    }

    fn state(&self) -> MutexGuard<'_, DeskState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the service-linked role stands, as it was last seen.
    pub fn role(&self) -> RoleStanding {
        let state = self.state();
        let propagating = state.made_at.is_some_and(|at| self.clock.now().duration_since(at) < PROPAGATION);
        match &state.role {
            RoleStanding::Present if propagating => RoleStanding::Propagating,
            role => role.clone(),
        }
    }

    /// What is denied.
    pub fn denials(&self) -> Vec<DenialStatus> {
        self.state().denials.all(self.clock.now())
    }

    /// Lets what is denied be tried at once: somebody says that it was granted.
    pub fn probe_now(&self) {
        let mut state = self.state();
        state.denials.probe_now();
        state.role_seen = None;
        state.policies = None;
    }

    /// Looks at the role, and makes it where it is absent. `key` is any object's: denials of the account are probed by
    /// their schedule, whoever asks.
    pub async fn look_at_role(&self, key: &TargetKey) {
        let _asking = self.asking.lock().await;
        let now = self.clock.now();
        let fresh = {
            let state = self.state();
            let age = state.role_seen.map(|seen| now.duration_since(seen));
            let lasts = match state.role {
                RoleStanding::Present => ROLE_AGE,
                RoleStanding::NotSeen(_) => NOT_SEEN_AGE,
                _ => SignedDuration::ZERO,
            };
            age.is_some_and(|age| age < lasts)
        };
        let get = of_iam("GetRole", key);
        if fresh || self.denial(get).is_some() {
            return;
        }
        let seen = self.iam.role_exists(SLR_NAME).await;
        if seen.is_ok() {
            self.went_through(get);
        }
        let role = match seen {
            Ok(true) => RoleStanding::Present,
            Ok(false) => self.make_role(key).await,
            Err(failure) => {
                self.note(&failure, get);
                // What was seen before counts while it may be looked at again.
                let is_seen = self.state().role == RoleStanding::Present && classify(&failure) != Class::Denied;
                if is_seen { RoleStanding::Present } else { RoleStanding::NotSeen(Box::new(failure)) }
            }
        };
        let mut state = self.state();
        state.role = role;
        state.role_seen = Some(self.clock.now());
    }

    async fn make_role(&self, key: &TargetKey) -> RoleStanding {
        if self.policy == RolePolicy::Require {
            return RoleStanding::Absent;
        }
        if self.mode == Mode::Observe {
            return RoleStanding::WillBeMade;
        }
        let create = of_iam("CreateServiceLinkedRole", key);
        if let Some(failure) = self.denial(create) {
            return RoleStanding::NotMade(Box::new(failure));
        }
        match self.iam.create_service_linked_role(SLR_SERVICE).await {
            Ok(()) => {
                self.went_through(create);
                self.state().made_at = Some(self.clock.now());
                tracing::info!(audit = true, account = %key.scope.account, role = SLR_NAME, "service-linked role made");
                RoleStanding::Present
            }
            Err(failure) => {
                self.note(&failure, create);
                RoleStanding::NotMade(Box::new(failure))
            }
        }
    }

    /// Looks into failures that are about permissions; others say enough themselves.
    pub async fn look_into(
        &self,
        failures: Vec<Failure>,
        key: &TargetKey,
        features: &Features,
    ) -> Vec<(Failure, Explained)> {
        let mut explained = Vec::new();
        for failure in failures {
            if classify(&failure) != Class::Denied || explained.iter().any(|(known, _)| *known == failure) {
                continue;
            }
            let diagnosis = self.diagnose(&failure, key, features).await;
            let text = explain_with(&failure, &diagnosis);
            explained.push((failure, text));
        }
        explained
    }

    async fn diagnose(&self, failure: &Failure, key: &TargetKey, features: &Features) -> Diagnosis {
        // A role that is there need not be made.
        let is_there = matches!(self.role(), RoleStanding::Present | RoleStanding::Propagating);
        let privilege = match self.policy {
            RolePolicy::Create if !is_there => Privilege::ReconcileSlr,
            RolePolicy::Create | RolePolicy::Require => Privilege::Reconcile,
        };
        let read = self.policies().await;
        let policies = read.as_ref().filter(|read| read.failures.is_empty()).map(|read| &read.policies);
        let target = Some((key, privilege, features));
        let background = Background { caller: Some(&self.caller), target, policies, elsewhere: &[] };
        let mut diagnosis = diagnose(failure, background);
        if let Some(doubt) = self.prove(&diagnosis, read.as_deref(), key).await {
            diagnosis.fix.notes.push(doubt);
        }
        if let Some(unread) = read.as_ref().and_then(|read| read.failures.first()) {
            let unread = format!(
                "The role's policies could not be read ({unread}), so no edit is proposed; `ecs-scaling iam-policy` prints \
                 what lets them be read."
            );
            diagnosis.fix.notes.push(sanitise(&unread));
        }
        diagnosis
    }

    /// The principal's policies, where it is a role; at most a minute old, or five where they may not be read.
    async fn policies(&self) -> Option<Arc<PoliciesRead>> {
        let readable = |p: &&Principal| matches!(p.kind, PrincipalKind::Role | PrincipalKind::PermissionSet);
        let role = self.principal.as_ref().filter(readable)?;
        let _asking = self.asking.lock().await;
        let now = self.clock.now();
        let held = self.state().policies.clone();
        let age = |read: &PoliciesRead| if read.failures.is_empty() { POLICIES_AGE } else { UNREAD_AGE };
        if let Some((_, read)) = held.as_ref().filter(|(at, read)| now.duration_since(*at) < age(read)) {
            return Some(Arc::clone(read));
        }
        let read = Arc::new(self.iam.role_policies(&role.name).await);
        let mut state = self.state();
        if held.is_some_and(|(_, before)| before.policies != read.policies) {
            state.proofs.clear();
        }
        state.policies = Some((self.clock.now(), Arc::clone(&read)));
        drop(state);
        Some(read)
    }

    /// Lets AWS's simulator judge the proposed edits, where it may be asked. `Some` is a doubt, in words.
    async fn prove(&self, diagnosis: &Diagnosis, read: Option<&PoliciesRead>, key: &TargetKey) -> Option<String> {
        let role = read?.role_arn.as_deref()?;
        for permission in &diagnosis.permissions {
            let Some(request) = need(key, &permission.action).map(|need| need.request()) else { continue };
            let Some(edit) = proposed(permission) else { continue };
            let decision = self.simulated(role, &request, edit).await;
            if matches!(decision, Some(Decision::ImplicitDeny | Decision::ExplicitDeny)) {
                return Some(format!(
                    "AWS's simulator still denies {} with this edit: look for a service control policy or a \
                     permissions boundary.",
                    permission.action
                ));
            }
        }
        None
    }

    /// What the simulator says of a request with an edit: asked once for all objects, and again after ten minutes or
    /// when the role's policies have changed. `None` where it may not be asked.
    async fn simulated(&self, role: &str, request: &Request, edit: String) -> Option<Decision> {
        let _asking = self.asking.lock().await;
        let (now, proof) = (self.clock.now(), (request.action.clone(), request.resource.clone(), edit.clone()));
        if let Some((at, decision)) = self.state().proofs.get(&proof)
            && now.duration_since(*at) < PROOF_AGE
        {
            return *decision;
        }
        let decision = self.iam.simulate(role, request, &[edit]).await.ok().map(|simulated| simulated.decision);
        self.state().proofs.insert(proof, (now, decision));
        decision
    }
}

/// A call of IAM for an account.
fn of_iam<'a>(operation: &'a str, key: &'a TargetKey) -> Call<'a> {
    Call { service: AwsService::Iam, operation, key, on: "" }
}

/// The statements that a remedy puts into the role's own policies, as a document.
fn proposed(permission: &Permission) -> Option<String> {
    let changes = permission.findings.remedy();
    let of_role = changes.iter().filter(|change| !change.in_boundary);
    let statements: Vec<_> = of_role.filter_map(|change| change.edit.statement()).collect();
    let add = |document: Document, statement: &&Value| document.adding((*statement).clone()).ok();
    let document = statements.iter().try_fold(Document::empty(), add)?;
    (!statements.is_empty()).then(|| document.json.to_string())
}

impl Admission for Desk {
    fn denial(&self, call: Call<'_>) -> Option<Failure> {
        let now = self.clock.now();
        self.state().denials.standing(call, now)
    }

    fn went_through(&self, call: Call<'_>) {
        self.state().denials.clear(call);
    }

    /// A new denial is said once for the account, not once an object.
    fn note(&self, failure: &Failure, call: Call<'_>) {
        let now = self.clock.now();
        if self.state().denials.note(failure, call, now) {
            let background = Background { caller: Some(&self.caller), ..Background::default() };
            let Diagnosis { hint, fix, .. } = diagnose(failure, background);
            let (account, command) = (&call.key.scope.account, fix.command);
            tracing::error!(%account, error = %failure, hint, command, "a permission is missing");
        }
    }
}
