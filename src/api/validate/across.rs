//! The rules among objects: what two of them must not both name, and what one must find in another.
//!
//! Owns nothing of a single object. Both sides of a clash are refused: neither can be told to be the right one.

use std::collections::BTreeMap;

use super::CheckedService;
use crate::api::desired::{AwsAccount, ObjectKey, ServiceScaling};
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
        /// Its policy and itself, as places in the object.
        at: (usize, usize),
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

/// Every clash among services: for each object in it, what it clashes on and with which other.
pub fn clashes<'a>(
    services: impl IntoIterator<Item = &'a ServiceScaling>,
    accounts: &BTreeMap<AccountName, AwsAccount>,
) -> Vec<(&'a ServiceScaling, Clash, &'a ServiceScaling)> {
    let mut targets: BTreeMap<_, Vec<&ServiceScaling>> = BTreeMap::new();
    let mut alarms: BTreeMap<_, Vec<(&ServiceScaling, (usize, usize))>> = BTreeMap::new();
    for service in services {
        let scope = (identity(&service.account, accounts), service.region.clone());
        targets.entry((scope.clone(), &service.service)).or_default().push(service);
        for (policy_at, policy) in service.policies.iter().enumerate() {
            for (alarm_at, alarm) in policy.alarms.iter().enumerate() {
                alarms.entry((scope.clone(), &alarm.name)).or_default().push((service, (policy_at, alarm_at)));
            }
        }
    }
    let mut clashes = Vec::new();
    for ((_, service), objects) in targets {
        for (index, object) in objects.iter().enumerate() {
            let other = objects.get(usize::from(index == 0)).filter(|_| objects.len() > 1);
            clashes.extend(other.map(|other| (*object, Clash::Service(service.clone()), *other)));
        }
    }
    for ((_, name), uses) in alarms {
        for (object, at) in &uses {
            let other = uses.iter().find(|(other, _)| other.key != object.key);
            clashes.extend(other.map(|(other, _)| (*object, Clash::Alarm { name: name.clone(), at: *at }, *other)));
        }
    }
    clashes
}

/// Reports that two accounts are the same account.
pub fn check_accounts(accounts: &BTreeMap<AccountName, AwsAccount>) -> Vec<(AccountName, Path, String, String)> {
    let mut found = Vec::new();
    for account in accounts.values() {
        let others = || accounts.values().filter(|other| other.name != account.name);
        let same_id = others().find(|other| account.account_id.is_some() && other.account_id == account.account_id);
        let same_credentials = others().find(|other| identity_of(other) == identity_of(account));
        let spec = Path::root().key("spec");
        if let Some(other) = same_id {
            let message = format!("the AwsAccount {} ({}) has the same account id", other.name, other.position);
            let hint = "keep one AwsAccount for an account, with all of its regions".to_owned();
            found.push((account.name.clone(), spec.key("accountId"), message, hint));
        } else if let Some(other) = same_credentials {
            let message = format!("the AwsAccount {} ({}) is the same account", other.name, other.position);
            let hint = "keep one of them with all regions; without `roleArn` both are the controller's own account";
            found.push((account.name.clone(), spec, message, hint.to_owned()));
        }
    }
    found
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
pub fn describe(clash: &Clash, object: &ServiceScaling, other: &ServiceScaling) -> (Path, String, String) {
    let spec = Path::root().key("spec");
    let (key, position): (&ObjectKey, _) = (&other.key, &other.position);
    match clash {
        Clash::Service(service) => {
            let message = format!("the object {key} ({position}) scales the service {service} too");
            (spec.key("service"), message, "one object owns a service: merge the two".to_owned())
        }
        Clash::Alarm { name, at: (policy_at, alarm_at) } => {
            let policy = spec.key("stepScaling").index(*policy_at);
            let is_short = object.spec.pointer(&format!("/stepScaling/{policy_at}/alarm")).is_some();
            let alarm = if is_short { policy.key("alarm") } else { policy.key("alarms").index(*alarm_at) };
            let message = format!("the object {key} ({position}) has an alarm `{name}` too");
            let hint = "an alarm's name is unique in its account and region: put the service's name into it".to_owned();
            (alarm.key("alarmName"), message, hint)
        }
    }
}
