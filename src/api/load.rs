//! From files to desired objects and findings, in one run.
//!
//! A file or object that is refused stops none of the others; it is named in [`Loaded::held`], so that what it wanted
//! before can be kept. Owns the order of the run; the rules are in the modules that it calls.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::desired::{AwsAccount, Desired, ObjectKey, Position};
use super::document::{self, Checked, Declared, Surroundings};
use super::finding::{Finding, Report, Severity};
use super::path::Path;
use super::schema::Schemas;
use super::spec_hash::spec_hash;
use super::types::Kind;
use super::validate::across::{self, Claimant};
use super::validate::actions;
use super::yaml::{self, Content, Document, Fault, Mark, Node};
use crate::model::names::AccountName;

/// A file as the source gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the source; findings name it.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Which object, among all kinds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectRef {
    /// A `ServiceScaling`.
    ServiceScaling(ObjectKey),
    /// An `AwsAccount`.
    AwsAccount(AccountName),
    /// A `ScalingProfile`.
    ScalingProfile(ObjectKey),
}

impl std::fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ServiceScaling(key) => write!(f, "ServiceScaling {key}"),
            Self::AwsAccount(name) => write!(f, "AwsAccount {name}"),
            Self::ScalingProfile(key) => write!(f, "ScalingProfile {key}"),
        }
    }
}

/// Something that was refused. What it wants is not known, so that nothing may be concluded from its absence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Held {
    /// The file that it stands in.
    pub file: String,
    /// `None`: it cannot be told which objects; any object of the file may be meant.
    pub object: Option<ObjectRef>,
}

/// What a set of files says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The objects that keep every rule.
    pub desired: Desired,
    /// Everything that is wrong, by file and place.
    pub findings: Vec<Finding>,
    /// What was refused, without repetition.
    pub held: Vec<Held>,
}

/// Reads and checks all files, whatever the time.
pub fn load(files: &[SourceFile]) -> Loaded {
    load_at(files, None)
}

/// Reads and checks all files, and warns of what is past at a time.
pub fn load_at(files: &[SourceFile], now: Option<Timestamp>) -> Loaded {
    let mut loaded = Loaded::default();
    let texts: Vec<(&str, &str)> = files.iter().filter_map(|file| decode(file, &mut loaded)).collect();
    let documents: Vec<(&str, Document<'_>)> = texts
        .into_iter()
        .flat_map(|(file, text)| yaml::documents(text).into_iter().map(move |document| (file, document)))
        .collect();
    let schemas = Schemas::new();
    // Services come last: accounts and profiles say what they lack.
    let (services, others): (Vec<_>, Vec<_>) = documents.iter().partition(|(_, document)| is_service(document));
    let mut candidates = read_all(&others, &schemas, &Surroundings::default(), &mut loaded);
    let surroundings = surroundings(&candidates, now);
    candidates.extend(read_all(&services, &schemas, &surroundings, &mut loaded));
    check_across(&mut candidates);
    for candidate in candidates {
        settle(candidate, &mut loaded);
    }
    loaded.findings.sort();
    loaded.findings.dedup();
    loaded.held.sort();
    loaded.held.dedup();
    loaded
}

/// Whether a document is a `ServiceScaling`, or is meant to be one for all that can be told.
fn is_service(document: &Document<'_>) -> bool {
    let kind = document.root.as_ref().and_then(|root| root.get("kind")).and_then(Node::text);
    !matches!(kind.and_then(Kind::from_name), Some(Kind::AwsAccount | Kind::ScalingProfile))
}

fn read_all<'a>(
    documents: &[&'a (&'a str, Document<'a>)],
    schemas: &Schemas,
    surroundings: &Surroundings<'a>,
    loaded: &mut Loaded,
) -> Vec<Candidate<'a>> {
    let documents = documents.iter();
    let mut candidates: Vec<Candidate<'a>> =
        documents.filter_map(|(file, document)| candidate(file, document, schemas, surroundings, loaded)).collect();
    refuse_repeated(&mut candidates);
    candidates
}

/// What accounts and profiles say of services.
fn surroundings<'a>(candidates: &[Candidate<'a>], now: Option<Timestamp>) -> Surroundings<'a> {
    let mut surroundings = Surroundings { now, ..Surroundings::default() };
    for candidate in candidates {
        if let Some(AwsAccount { name, regions, .. }) = candidate.account()
            && let [only] = regions.as_slice()
        {
            surroundings.only_regions.insert(name.clone(), only.clone());
        }
        let Some(ObjectRef::ScalingProfile(key)) = &candidate.reference else { continue };
        let spec = match &candidate.checked {
            Some(Checked::Profile(profile)) if !candidate.report.has_errors() => Some(profile.spec.clone()),
            _ => None,
        };
        let (file, document, position) = (candidate.file, candidate.document, candidate.position.clone());
        surroundings.profiles.insert(key.clone(), Declared { file, document, position, spec });
    }
    surroundings
}

/// A document on its way to an object.
struct Candidate<'a> {
    file: &'a str,
    document: &'a Node,
    reference: Option<ObjectRef>,
    position: Position,
    /// Used only when the report has no error; else it serves the rules among objects.
    checked: Option<Checked>,
    report: Report<'a>,
}

fn decode<'a>(file: &'a SourceFile, loaded: &mut Loaded) -> Option<(&'a str, &'a str)> {
    match yaml::decode(&file.bytes) {
        Ok(text) => Some((file.path.as_str(), text)),
        Err(fault) => {
            loaded.findings.push(finding(&file.path, fault));
            loaded.held.push(Held { file: file.path.clone(), object: None });
            None
        }
    }
}

fn finding(file: &str, fault: Fault) -> Finding {
    let Fault { mark: Mark { line, column }, message, hint } = fault;
    let (file, path) = (file.to_owned(), String::new());
    Finding { file, line, column, severity: Severity::Error, path, message, hint }
}

fn candidate<'a>(
    file: &'a str,
    document: &'a Document<'a>,
    schemas: &Schemas,
    surroundings: &Surroundings<'a>,
    loaded: &mut Loaded,
) -> Option<Candidate<'a>> {
    let Some(root) = &document.root else {
        loaded.findings.extend(document.faults.iter().map(|fault| finding(file, fault.clone())));
        loaded.held.push(Held { file: file.to_owned(), object: None });
        return None;
    };
    let mark = start(root);
    let position = Position { file: file.to_owned(), line: mark.line, column: mark.column };
    let mut report = Report::new(file, root);
    let checked = document::check(document, root, position.clone(), schemas, surroundings, &mut report);
    Some(Candidate { file, document: root, reference: document::reference(root), position, checked, report })
}

fn start(root: &Node) -> Mark {
    match &root.content {
        Content::Map(entries) => entries.first().map_or(root.mark, |entry| entry.mark),
        Content::Scalar(_) | Content::List(_) => root.mark,
    }
}

/// Two objects of one key: neither is used, whether or not they are otherwise fine.
fn refuse_repeated(candidates: &mut [Candidate<'_>]) {
    let mut places: BTreeMap<ObjectRef, Vec<Position>> = BTreeMap::new();
    for candidate in candidates.iter() {
        if let Some(reference) = &candidate.reference {
            places.entry(reference.clone()).or_default().push(candidate.position.clone());
        }
    }
    let path = Path::root().key("metadata").key("name");
    for candidate in candidates {
        let Some(reference) = &candidate.reference else { continue };
        let mut others = places.get(reference).into_iter().flatten().filter(|other| **other != candidate.position);
        if let Some(other) = others.next() {
            let message = format!("there is another {reference}, at {other}");
            candidate.report.error(&path, message, "rename or remove one of the two");
            candidate.checked = None;
        }
    }
}

fn check_across(candidates: &mut [Candidate<'_>]) {
    let accounts = accounts(candidates);
    refuse_same_accounts(candidates);
    let declared: Vec<AccountName> = candidates.iter().filter_map(Candidate::declared_account).collect();
    for candidate in candidates.iter_mut() {
        if let Some(Checked::Service(service)) = &mut candidate.checked {
            across::join_account(service, &accounts, &declared, &mut candidate.report);
            actions::check_regions(&service.scaling, &mut candidate.report);
        }
    }
    refuse_clashes(candidates, &accounts);
}

impl Candidate<'_> {
    fn account(&self) -> Option<&AwsAccount> {
        match &self.checked {
            Some(Checked::Account(account)) => Some(account),
            _ => None,
        }
    }

    /// The account that this is or was meant to be, so that its services are not blamed.
    fn declared_account(&self) -> Option<AccountName> {
        match &self.reference {
            Some(ObjectRef::AwsAccount(name)) => Some(name.clone()),
            _ => self.account().map(|account| account.name.clone()),
        }
    }

    /// The account, where nothing of what makes it this account is unreadable.
    fn known_account(&self) -> Option<&AwsAccount> {
        let fields = [("metadata", "name"), ("spec", "accountId"), ("spec", "roleArn")];
        self.account().filter(|_| self.report.is_read(&fields))
    }
}

fn accounts(candidates: &[Candidate<'_>]) -> BTreeMap<AccountName, AwsAccount> {
    let valid = candidates.iter().filter(|candidate| !candidate.report.has_errors());
    valid.filter_map(Candidate::account).map(|account| (account.name.clone(), account.clone())).collect()
}

fn refuse_same_accounts(candidates: &mut [Candidate<'_>]) {
    let found: Vec<_> = candidates
        .iter()
        .map(|candidate| {
            // One that is refused anyway stops none of the others.
            let others = candidates.iter().filter(|other| candidate.report.has_errors() || !other.report.has_errors());
            let others = others.filter(|other| other.position != candidate.position);
            across::same_account(candidate.known_account()?, others.filter_map(Candidate::known_account))
        })
        .collect();
    for (candidate, found) in candidates.iter_mut().zip(found) {
        if let Some((path, message, hint)) = found {
            candidate.report.error(&path, message, hint);
        }
    }
}

fn refuse_clashes(candidates: &mut [Candidate<'_>], accounts: &BTreeMap<AccountName, AwsAccount>) {
    let claimants = candidates.iter().filter_map(|candidate| match &candidate.checked {
        Some(Checked::Service(service)) => Some(Claimant::reported(&service.scaling, &candidate.report)),
        _ => None,
    });
    let claimants: Vec<Claimant<'_>> = claimants.collect();
    let mut found: BTreeMap<Position, Vec<(Path, String, String)>> = BTreeMap::new();
    for (object, clash, other) in across::clashes(&claimants, accounts) {
        found.entry(object.position.clone()).or_default().push(across::describe(&clash, other));
    }
    for candidate in candidates {
        for (path, message, hint) in found.get(&candidate.position).into_iter().flatten() {
            candidate.report.error(path, message.clone(), hint.clone());
        }
    }
}

/// Takes a candidate in, or holds it.
fn settle(candidate: Candidate<'_>, loaded: &mut Loaded) {
    let is_valid = !candidate.report.has_errors();
    match candidate.checked.filter(|_| is_valid) {
        Some(Checked::Service(service)) => {
            let mut scaling = service.scaling;
            scaling.spec_hash = spec_hash(&scaling);
            loaded.desired.services.insert(scaling.key.clone(), scaling);
        }
        Some(Checked::Account(account)) => {
            loaded.desired.accounts.insert(account.name.clone(), *account);
        }
        Some(Checked::Profile(profile)) => {
            loaded.desired.profiles.insert(profile.key.clone(), *profile);
        }
        None => loaded.held.push(Held { file: candidate.file.to_owned(), object: candidate.reference }),
    }
    loaded.findings.extend(candidate.report.into_findings());
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
