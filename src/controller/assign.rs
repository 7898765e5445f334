//! Which scope each object lives in, once it is known whose the credentials are. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::api::desired::{Allow, AwsAccount, Desired, Mode, ObjectKey, Presence, ServiceScaling};
use crate::api::reads::Reads;
use crate::api::status::Reason;
use crate::aws::Identity;
use crate::diagnose::class::{Class, classify};
use crate::diagnose::parse::sanitise;
use crate::model::credentials::CredentialSource;
use crate::model::failure::{Failure, Origin};
use crate::model::names::{AccountName, AlarmName, Region, ScopeId, ServiceId, TargetKey};
use crate::plan::{ScopeConflict, scope_conflicts};
use crate::status::{Trouble, explain};

/// What is known of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Where its credentials come from.
    pub source: CredentialSource,
    /// Who we are there, or why that is not known.
    pub identity: Result<Identity, Failure>,
}

/// What is known of each account.
pub type Identities = BTreeMap<AccountName, Known>;

/// An object with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned {
    /// The object.
    pub desired: ServiceScaling,
    /// What it manages.
    pub key: TargetKey,
    /// The account's and the object's mode, the more careful of the two.
    pub mode: Mode,
    /// What the account lets us touch.
    pub allow: Allow,
}

impl Assigned {
    /// Whether the account's service-linked role is needed for it: nothing needs it to go, and AWS need not get it for that.
    pub fn needs_role(&self) -> bool {
        self.desired.presence == Presence::Present
    }
}

/// The objects of one scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placed {
    /// By key.
    pub objects: BTreeMap<ObjectKey, Assigned>,
    /// The alarms that any object names which lives in the scope or may do so, those in trouble among them.
    pub taken: Arc<BTreeSet<AlarmName>>,
    /// The account's mode.
    pub mode: Mode,
    /// What the account lets us touch.
    pub allow: Allow,
    /// Everything that the source names, wherever it lives.
    pub source: Arc<Named>,
}

/// What a source names, and what may be concluded from what it does not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Named {
    /// The objects.
    pub objects: BTreeSet<ObjectKey>,
    /// Their services.
    pub services: BTreeSet<ServiceId>,
    /// What the reads say.
    pub reads: Reads,
}

impl Named {
    /// What these objects name.
    fn by(desired: &Desired) -> Self {
        Self {
            objects: desired.services.keys().cloned().collect(),
            services: desired.services.values().map(|object| object.service.clone()).collect(),
            reads: desired.reads.clone(),
        }
    }
}

/// Every object: in a scope, or in trouble.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// Objects by scope.
    pub scopes: BTreeMap<ScopeId, Placed>,
    /// The account that each scope is reached through.
    pub accounts: BTreeMap<ScopeId, AccountName>,
    /// Objects that cannot be looked at, and why.
    pub troubles: BTreeMap<ObjectKey, Trouble>,
}

/// The region in which an account is asked who we are.
pub fn identity_region(account: Option<&AwsAccount>, default: Option<&Region>) -> Option<Region> {
    account.and_then(|account| account.regions.first()).or(default).cloned()
}

/// The accounts that the objects name; for prune also those that no object names any more.
pub fn used_accounts(desired: &Desired, prunes: bool) -> impl Iterator<Item = (&AccountName, Option<&AwsAccount>)> {
    let mut names: BTreeSet<&AccountName> = desired.services.values().map(|s| &s.account).collect();
    names.extend(desired.accounts.keys().filter(|_| prunes));
    names.into_iter().map(|name| (name, desired.accounts.get(name)))
}

/// Gives each object its scope. With prune, every region of every account is a scope, whether there is an object for it or
/// not.
pub fn assign(desired: &Desired, identities: &Identities, default_region: Option<&Region>, prunes: bool) -> Assignment {
    let mut placed: Vec<(AccountName, Assigned)> = Vec::new();
    let mut troubles = BTreeMap::new();
    for (key, object) in &desired.services {
        match place(desired, object, identities, default_region) {
            Ok(assigned) => placed.push((object.account.clone(), assigned)),
            Err(trouble) => {
                troubles.insert(key.clone(), trouble);
            }
        }
    }
    // Wherever it is to live: what it names is not to be deleted there.
    let nowhere = troubles.keys().filter_map(|key| desired.services.get(key));
    let nowhere: BTreeSet<AlarmName> = nowhere.flat_map(ServiceScaling::alarm_names).cloned().collect();
    for (key, conflict) in scope_conflicts(placed.iter().map(|(_, a)| (&a.key, &a.desired))) {
        troubles.insert(key, conflict_trouble(&conflict));
    }
    let mut taken: BTreeMap<ScopeId, BTreeSet<AlarmName>> = BTreeMap::new();
    for (_, assigned) in &placed {
        taken.entry(assigned.key.scope.clone()).or_default().extend(assigned.desired.alarm_names().cloned());
    }
    let mut assignment = Assignment { troubles, ..Assignment::default() };
    for (account, assigned) in placed {
        if assignment.troubles.contains_key(&assigned.desired.key) {
            continue;
        }
        let scope = assigned.key.scope.clone();
        assignment.accounts.entry(scope.clone()).or_insert(account);
        let scope = assignment.scopes.entry(scope).or_default();
        scope.objects.insert(assigned.desired.key.clone(), assigned);
    }
    for (name, account) in desired.accounts.iter().filter(|_| prunes) {
        for scope in scopes_of(account, identities, default_region) {
            assignment.accounts.entry(scope.clone()).or_insert_with(|| name.clone());
            assignment.scopes.entry(scope).or_default();
        }
    }
    let source = Arc::new(Named::by(desired));
    for (scope, placed) in &mut assignment.scopes {
        let taken = taken.remove(scope).unwrap_or_default();
        placed.taken = Arc::new(taken.union(&nowhere).cloned().collect());
        placed.source = Arc::clone(&source);
        let account = assignment.accounts.get(scope).and_then(|name| desired.accounts.get(name));
        placed.mode = account.map_or(Mode::Apply, |account| account.mode);
        placed.allow = account.map(|account| account.allow.clone()).unwrap_or_default();
    }
    assignment
}

/// Where an account may hold something of ours, once it is known that its credentials are of it.
fn scopes_of(account: &AwsAccount, identities: &Identities, default_region: Option<&Region>) -> Vec<ScopeId> {
    let identity = identities.get(&account.name).and_then(|known| known.identity.as_ref().ok());
    let identity =
        identity.filter(|identity| account.account_id.as_ref().is_none_or(|wanted| *wanted == identity.account));
    let regions = account.regions.iter().chain(default_region.filter(|_| account.regions.is_empty()));
    let scope = |region: &Region| Some(ScopeId { account: identity?.account.clone(), region: region.clone() });
    regions.filter_map(scope).collect()
}

fn place(
    desired: &Desired,
    object: &ServiceScaling,
    identities: &Identities,
    default_region: Option<&Region>,
) -> Result<Assigned, Trouble> {
    let account = desired.accounts.get(&object.account);
    if account.is_none() && object.account != AccountName::default_account() {
        return Err(not_usable(
            format!("there is no AwsAccount {}", object.account),
            "Add the AwsAccount, or correct spec.account.",
        ));
    }
    let region = region_of(object, account, default_region)?;
    let known = identities.get(&object.account).ok_or_else(|| waiting(&object.account))?;
    let identity =
        known.identity.as_ref().map_err(|failure| unknown_identity(&object.account, &known.source, failure))?;
    if let Some(wanted) = account.and_then(|account| account.account_id.as_ref()).filter(|id| **id != identity.account)
    {
        return Err(not_usable(
            format!(
                "the credentials of AwsAccount {} are of account {} ({}), not of {wanted}",
                object.account, identity.account, identity.arn
            ),
            "Correct spec.accountId or spec.roleArn of the AwsAccount, or give the controller other credentials.",
        ));
    }
    Ok(Assigned {
        desired: object.clone(),
        key: TargetKey {
            scope: ScopeId { account: identity.account.clone(), region },
            service: object.service.clone(),
        },
        mode: object.mode.max(account.map_or(Mode::Apply, |account| account.mode)),
        allow: account.map(|account| account.allow.clone()).unwrap_or_default(),
    })
}

fn region_of(
    object: &ServiceScaling,
    account: Option<&AwsAccount>,
    default_region: Option<&Region>,
) -> Result<Region, Trouble> {
    let regions = account.map(|account| account.regions.as_slice()).unwrap_or_default();
    match (&object.region, regions) {
        (Some(region), []) => Ok(region.clone()),
        (Some(region), allowed) if allowed.contains(region) => Ok(region.clone()),
        (Some(region), allowed) => Err(not_usable(
            format!("the region {region} is not among the account's: {}", join(allowed)),
            "Add the region to spec.regions of the AwsAccount, or correct spec.region.",
        )),
        (None, [only]) => Ok(only.clone()),
        (None, []) => default_region.cloned().ok_or_else(|| {
            not_usable(
                "no region is known".to_owned(),
                "Set spec.region, or the environment variable AWS_REGION for the controller.",
            )
        }),
        (None, several) => Err(not_usable(
            format!("the account has several regions: {}", join(several)),
            "Set spec.region to one of them.",
        )),
    }
}

fn join(regions: &[Region]) -> String {
    regions.iter().map(Region::as_str).collect::<Vec<_>>().join(", ")
}

fn not_usable(message: String, hint: &str) -> Trouble {
    Trouble { condition: None, reason: Reason::AccountNotUsable, message, hint: hint.to_owned() }
}

fn waiting(account: &AccountName) -> Trouble {
    Trouble {
        condition: None,
        reason: Reason::Progressing,
        message: format!("it is being found out whose the credentials of account {account} are"),
        hint: "It follows within seconds.".to_owned(),
    }
}

fn unknown_identity(account: &AccountName, source: &CredentialSource, failure: &Failure) -> Trouble {
    let explained = explain(failure);
    // A failure to get credentials names the link of the chain that failed; one of a call knows nothing of them.
    let with = match failure.origin {
        Origin::Credentials(_) => String::new(),
        _ => sanitise(&format!(" with {source}")),
    };
    let message = format!("the account {account} cannot be used{with}: {}", explained.message);
    let reason = match classify(failure) {
        Class::Credentials | Class::Denied => Reason::CredentialsFailed,
        _ => Reason::ReadFailed,
    };
    Trouble { condition: None, reason, message, hint: explained.hint }
}

fn conflict_trouble(conflict: &ScopeConflict) -> Trouble {
    Trouble {
        condition: None,
        reason: Reason::Conflict,
        message: conflict.to_string(),
        hint: "Let one object manage it, and remove or rename it in the other.".to_owned(),
    }
}
