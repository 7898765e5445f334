//! The last good state: what is wanted when some of what was read is not good.
//!
//! A refused object keeps its last good version, one that never had a good version waits, and a source that is
//! suddenly empty changes nothing. Owns this choice alone; it is a pure function of the state before and the new read.

use std::collections::BTreeSet;

use super::absence::{Absence, Doubt};
use crate::api::desired::{AwsAccount, Desired, ObjectKey};
use crate::api::load::{Held, Loaded, ObjectRef};
use crate::api::validate::across::{self, Claimant};
use crate::model::names::AccountName;

/// Why an object is not used as it was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// It, or its file, was refused; the findings say why.
    Refused,
    /// It names what the last good version of another object still has.
    ClashesWith(ObjectKey),
}

/// What is wanted now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// The objects to work on: new ones, and last good ones.
    pub desired: Desired,
    /// Objects whose last good version is in `desired`.
    pub kept: Vec<(ObjectRef, Cause)>,
    /// Objects, or whole files, that have no last good version: nothing is done for them, and nothing is concluded
    /// from their absence.
    pub waiting: Vec<(Held, Cause)>,
    /// The read had no `ServiceScaling` where there were some before: it was not used at all.
    pub was_emptied: bool,
}

/// Combines the state before with a new read.
pub fn merge(before: &Desired, read: Loaded) -> Merged {
    let mut merged = Merged { desired: read.desired, ..Merged::default() };
    for held in read.held {
        merged.hold(before, held);
    }
    merged.keep_accounts(before);
    merged.settle_accounts(before);
    merged.settle_clashes(before);
    if merged.desired.services.is_empty() && !before.services.is_empty() {
        return Merged { desired: before.clone(), was_emptied: true, waiting: merged.waiting, ..Merged::default() };
    }
    merged.kept.sort();
    merged.kept.dedup();
    merged
}

impl Merged {
    /// What it means that an object is not in `desired`, where the source says this of its read.
    pub fn absence(&self, of_read: &Absence) -> Absence {
        if self.was_emptied {
            return Absence::InDoubt(Doubt::Emptied);
        }
        if !self.kept.is_empty() || !self.waiting.is_empty() {
            return Absence::InDoubt(Doubt::Rejected);
        }
        of_read.clone()
    }

    fn hold(&mut self, before: &Desired, held: Held) {
        let objects = match &held.object {
            Some(object) => vec![object.clone()],
            None => objects_of(before, &held.file),
        };
        let kept: Vec<bool> = objects.into_iter().map(|object| self.keep(before, object, Cause::Refused)).collect();
        if !kept.contains(&true) {
            self.waiting.push((held, Cause::Refused));
        }
    }

    /// Puts the last good version in the place of one that cannot be used. False: there is none.
    fn keep(&mut self, before: &Desired, object: ObjectRef, cause: Cause) -> bool {
        let is_kept =
            match &object {
                ObjectRef::ServiceScaling(key) => before.services.get(key).is_some_and(|last| {
                    self.desired.services.entry(key.clone()).or_insert_with(|| last.clone()) == last
                }),
                ObjectRef::AwsAccount(name) => before.accounts.get(name).is_some_and(|last| {
                    self.desired.accounts.entry(name.clone()).or_insert_with(|| last.clone()) == last
                }),
                ObjectRef::ScalingProfile(key) => before.profiles.get(key).is_some_and(|last| {
                    self.desired.profiles.entry(key.clone()).or_insert_with(|| last.clone()) == last
                }),
            };
        if is_kept {
            self.kept.push((object, cause));
        }
        is_kept
    }

    /// A last good object comes with its account, or other credentials could be used for it (ack#2011).
    fn keep_accounts(&mut self, before: &Desired) {
        let wanted: BTreeSet<AccountName> = self.desired.services.values().map(|s| s.account.clone()).collect();
        for name in wanted.into_iter().filter(|name| !self.desired.accounts.contains_key(name)).collect::<Vec<_>>() {
            self.keep(before, ObjectRef::AwsAccount(name), Cause::Refused);
        }
    }

    /// A new account that is the same as a kept one is not used.
    fn settle_accounts(&mut self, before: &Desired) {
        let accounts = &self.desired.accounts;
        let is_same = |account: &&AwsAccount| {
            let others = accounts.values().filter(|other| other.name != account.name);
            across::same_account(account, others).is_some()
        };
        let same: Vec<AccountName> = accounts.values().filter(is_same).map(|account| account.name.clone()).collect();
        for name in same {
            let is_new = self.desired.accounts.get(&name) != before.accounts.get(&name);
            let Some(account) = self.desired.accounts.get(&name).filter(|_| is_new) else { continue };
            let object = ObjectRef::AwsAccount(name.clone());
            let held = Held { file: account.position.file.clone(), object: Some(object.clone()) };
            self.desired.accounts.remove(&name);
            if !self.keep(before, object, Cause::Refused) {
                self.waiting.push((held, Cause::Refused));
            }
        }
    }

    /// New objects give way to last good ones, until no two of them name the same thing. Ends, as each round replaces
    /// a new object and the last good ones did not clash among themselves.
    fn settle_clashes(&mut self, before: &Desired) {
        loop {
            let claimants: Vec<Claimant<'_>> = self.desired.services.values().map(Claimant::good).collect();
            let clashes = across::clashes(&claimants, &self.desired.accounts);
            let found: Vec<_> = clashes
                .into_iter()
                .filter(|(object, ..)| before.services.get(&object.key) != Some(*object))
                .map(|(object, _, other)| (object.key.clone(), object.position.file.clone(), other.key.clone()))
                .collect();
            if found.is_empty() {
                return;
            }
            for (key, file, other) in found {
                if self.desired.services.remove(&key).is_none() {
                    continue;
                }
                let object = ObjectRef::ServiceScaling(key);
                let cause = Cause::ClashesWith(other);
                if !self.keep(before, object.clone(), cause.clone()) {
                    self.waiting.push((Held { file, object: Some(object) }, cause));
                }
            }
        }
    }
}

fn objects_of(before: &Desired, file: &str) -> Vec<ObjectRef> {
    let services = before.services.values().filter(|object| object.position.file == file);
    let accounts = before.accounts.values().filter(|account| account.position.file == file);
    let profiles = before.profiles.values().filter(|profile| profile.position.file == file);
    services
        .map(|object| ObjectRef::ServiceScaling(object.key.clone()))
        .chain(accounts.map(|account| ObjectRef::AwsAccount(account.name.clone())))
        .chain(profiles.map(|profile| ObjectRef::ScalingProfile(profile.key.clone())))
        .collect()
}

#[cfg(test)]
#[path = "last_good_tests.rs"]
mod tests;
