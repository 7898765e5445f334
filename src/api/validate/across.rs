//! The rules among objects: what two of them must not both name, and what one must find in another.
//!
//! Owns nothing of a single object. Both sides of a clash are refused: neither can be told to be the right one. But one
//! that is refused anyway stops none of the others: the clash is then said of the refused one alone.

use std::collections::BTreeMap;

use super::CheckedService;
use crate::api::desired::{AwsAccount, ObjectKey, Presence, ServiceScaling};
use crate::api::finding::{Report, nearest};
use crate::api::path::Path;
use crate::model::arn::Arn;
use crate::model::names::{AccountName, AlarmName, Region, ServiceId};

/// What two objects both name, though only one may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// One ECS service, and so one scalable target.
    Service(ServiceId),
    /// One alarm of one account and region (S-099).
    Alarm {
        /// The alarm.
        name: AlarmName,
        /// Where it stands in the object.
        at: Path,
    },
}

/// A service's account, as its credentials tell: accounts without a role are the controller's own, whatever their
/// names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Own,
    Known(String),
    Named(AccountName),
}

fn identity(name: &AccountName, accounts: &BTreeMap<AccountName, AwsAccount>) -> Identity {
    match accounts.get(name) {
        None if *name == AccountName::default_account() => Identity::Own,
        None => Identity::Named(name.clone()),
        Some(account) => identity_of(account),
    }
}

fn identity_of(account: &AwsAccount) -> Identity {
    let Some(role) = &account.role_arn else { return Identity::Own };
    let id = account.account_id.as_ref().map(|id| id.as_str().to_owned());
    match id.or_else(|| Arn::parse(role).map(|arn| arn.account)) {
        Some(id) => Identity::Known(id),
        None => Identity::Named(account.name.clone()),
    }
}

/// A service as the rules among objects see it.
#[derive(Clone, Debug)]
pub struct Claimant<'a> {
    service: &'a ServiceScaling,
    is_refused: bool,
    claims: Vec<Clash>,
}

impl<'a> Claimant<'a> {
    /// A good service, with everything that it names.
    pub fn good(service: &'a ServiceScaling) -> Self {
        Self { service, is_refused: false, claims: claims(service) }
    }

    /// A service with its report: what could not be read of it clashes with nothing.
    pub fn reported(service: &'a ServiceScaling, report: &Report<'_>) -> Self {
        let is_read = |claim: &Clash| match claim {
            Clash::Service(_) => report.is_read(&[("spec", "cluster"), ("spec", "service")]),
            Clash::Alarm { at, .. } => report.is_path_read(&at.key("alarmName")),
        };
        let place = [("metadata", "name"), ("metadata", "namespace"), ("spec", "account"), ("spec", "region")];
        let mut claims = claims(service);
        claims.retain(|claim| report.is_read(&place) && is_read(claim));
        Self { service, is_refused: report.has_errors(), claims }
    }

    fn gives_way_to(&self, other: &Self) -> bool {
        let is_other = (&self.service.key, &self.service.position) != (&other.service.key, &other.service.position);
        is_other && (self.is_refused || !other.is_refused)
    }
}

fn claims(service: &ServiceScaling) -> Vec<Clash> {
    let mut claims = vec![Clash::Service(service.service.clone())];
    // What is to be absent makes no alarms.
    let made = service.policies.iter().filter(|_| service.presence == Presence::Present);
    let alarms = made.flat_map(|policy| &policy.alarms);
    claims.extend(alarms.map(|alarm| Clash::Alarm { name: alarm.name.clone(), at: alarm.at.clone() }));
    claims
}

/// Every clash among services: for each object in it, what it clashes on and with which other.
pub fn clashes<'a>(
    claimants: &[Claimant<'a>],
    accounts: &BTreeMap<AccountName, AwsAccount>,
) -> Vec<(&'a ServiceScaling, Clash, &'a ServiceScaling)> {
    let mut users: BTreeMap<_, Vec<(&Claimant<'a>, &Clash)>> = BTreeMap::new();
    for claimant in claimants {
        let service = claimant.service;
        for claim in &claimant.claims {
            let thing = match claim {
                Clash::Service(service) => (Some(service), None),
                Clash::Alarm { name, .. } => (None, Some(name)),
            };
            let scope = (identity(&service.account, accounts), service.region.as_ref());
            users.entry((scope, thing)).or_default().push((claimant, claim));
        }
    }
    let mut clashes = Vec::new();
    for users in users.values() {
        for (claimant, claim) in users {
            let other = users.iter().find(|(other, _)| claimant.gives_way_to(other));
            clashes.extend(other.map(|(other, _)| (claimant.service, (*claim).clone(), other.service)));
        }
    }
    clashes
}

/// Whether one of the others is the same account: the path, the sentence and the hint.
pub fn same_account<'a>(
    account: &AwsAccount,
    others: impl Iterator<Item = &'a AwsAccount> + Clone,
) -> Option<(Path, String, String)> {
    let spec = Path::root().key("spec");
    let same_id = |other: &&AwsAccount| account.account_id.is_some() && other.account_id == account.account_id;
    if let Some(other) = others.clone().find(same_id) {
        let message = format!("the AwsAccount {} ({}) has the same account id", other.name, other.position);
        let hint = "keep one AwsAccount for an account, with all of its regions".to_owned();
        return Some((spec.key("accountId"), message, hint));
    }
    let other = others.clone().find(|other| identity_of(other) == identity_of(account))?;
    let message = format!("the AwsAccount {} ({}) is the same account", other.name, other.position);
    let hint = "keep one of them with all regions; without `roleArn` both are the controller's own account";
    Some((spec, message, hint.to_owned()))
}

/// Finds a service's account: the account must exist, and region and ARNs must fit it. Fills the region in.
pub fn join_account(
    checked: &mut CheckedService,
    accounts: &BTreeMap<AccountName, AwsAccount>,
    declared: &[AccountName],
    report: &mut Report<'_>,
) {
    let spec = Path::root().key("spec");
    let name = &checked.scaling.account;
    let Some(account) = accounts.get(name) else {
        if !declared.contains(name) && *name != AccountName::default_account() {
            let hint = match nearest(name.as_str(), declared.iter().map(AccountName::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add an AwsAccount named {name}, or leave `account` out for the controller's own"),
            };
            report.error(&spec.key("account"), format!("there is no AwsAccount `{name}`"), hint);
        }
        return; // one that is declared and refused is reported by itself
    };
    if let (Some((path, id)), Some(expected)) = (&checked.arn_account, &account.account_id)
        && id != expected
    {
        let message = format!("the ARN is in the account {id}, and {} is {expected}", account.name);
        report.error(path, message, "write the name instead of the ARN, or name the account it is in");
    }
    checked.scaling.region = join_region(checked.scaling.region.take(), account, &spec.key("region"), report);
}

fn join_region(region: Option<Region>, account: &AwsAccount, path: &Path, report: &mut Report<'_>) -> Option<Region> {
    let list = || account.regions.iter().map(Region::as_str).collect::<Vec<_>>().join(", ");
    match (region, account.regions.as_slice()) {
        (None, [only]) => Some(only.clone()),
        (None, []) => None,
        (None, _) => {
            let message = format!("`region` is missing: the account {} has several", account.name);
            report.error(path, message, format!("write one of {}", list()));
            None
        }
        (Some(region), regions) => {
            if !regions.is_empty() && !regions.contains(&region) {
                let message = format!("the region {region} is not among those of the account {}", account.name);
                report.error(path, message, format!("write one of {}, or add it to the account's regions", list()));
            }
            Some(region)
        }
    }
}

/// The sentence and the hint of a clash, and where it stands in the object.
pub fn describe(clash: &Clash, other: &ServiceScaling) -> (Path, String, String) {
    let spec = Path::root().key("spec");
    let (key, position): (&ObjectKey, _) = (&other.key, &other.position);
    match clash {
        Clash::Service(service) => {
            let message = format!("the object {key} ({position}) scales the service {service} too");
            (spec.key("service"), message, "one object owns a service: merge the two".to_owned())
        }
        Clash::Alarm { name, at } => {
            let message = format!("the object {key} ({position}) has an alarm `{name}` too");
            let hint =
                "an alarm's name is unique in its account and region: put the service's name into it, as `{service}`"
                    .to_owned();
            (at.key("alarmName"), message, hint)
        }
    }
}
