//! `AwsAccount`.

use super::{Written, has_length, metadata, target};
use crate::api::desired::{Allow, AwsAccount};
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::{AllowSpec, AwsAccountSpec, Object};
use crate::model::arn::Arn;
use crate::model::names::{AccountId, AccountName, Region};

/// Checks and resolves an `AwsAccount`.
pub fn aws_account(object: Object<AwsAccountSpec>, written: Written, report: &mut Report<'_>) -> AwsAccount {
    metadata::check(&object.metadata, report);
    if object.metadata.namespace.is_some() {
        let path = Path::root().key("metadata").key("namespace");
        report.error(&path, "an AwsAccount has no namespace", "remove it: accounts are named alike from everywhere");
    }
    let at = Path::root().key("spec");
    let spec = object.spec;
    check_id(spec.account_id.as_deref(), &at.key("accountId"), report);
    check_role(&spec, &at, report);
    let regions = regions(spec.regions.as_deref().unwrap_or_default(), &at.key("regions"), report);
    let allow = allow(spec.allow, &at.key("allow"), report);
    AwsAccount {
        name: AccountName::new(object.metadata.name),
        spec: written.spec,
        position: written.position,
        account_id: spec.account_id.map(AccountId::new),
        role_arn: spec.role_arn,
        external_id: spec.external_id,
        session_name: spec.session_name,
        regions,
        mode: spec.mode.unwrap_or_default(),
        allow,
    }
}

fn check_id(id: Option<&str>, path: &Path, report: &mut Report<'_>) {
    if let Some(id) = id.filter(|id| id.len() != 12 || !id.bytes().all(|b| b.is_ascii_digit())) {
        report.error(
            path,
            format!("`{id}` is not an account id"),
            "write its twelve digits, without dashes, in quotes",
        );
    }
}

fn check_role(spec: &AwsAccountSpec, at: &Path, report: &mut Report<'_>) {
    let Some(text) = &spec.role_arn else {
        for (name, value) in [("externalId", &spec.external_id), ("sessionName", &spec.session_name)] {
            if value.is_some() {
                report.error(&at.key(name), format!("`{name}` without `roleArn` has no effect"), "add `roleArn`");
            }
        }
        return;
    };
    let path = at.key("roleArn");
    let role = Arn::parse(text).filter(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
    match (role, &spec.account_id) {
        (None, _) => {
            let hint = "write arn:aws:iam::ACCOUNT:role/NAME; a session's ARN (sts, assumed-role) is not a role's";
            report.error(&path, format!("`{text}` is not the ARN of a role"), hint);
        }
        (Some(arn), Some(id)) if arn.account != *id => {
            let message = format!("the role is in the account {}, and accountId says {id}", arn.account);
            report.error(&path, message, "correct one of the two");
        }
        (Some(_), _) => {}
    }
    let is_session_char = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if let Some(name) = &spec.session_name
        && (!(2..=64).contains(&name.len()) || !name.chars().all(is_session_char))
    {
        let message = format!("`{name}` cannot be a session's name");
        report.error(&at.key("sessionName"), message, "use 2 to 64 letters, digits and _ + = , . @ -");
    }
    if let Some(id) = &spec.external_id
        && (!(2..=1224).contains(&id.len()) || !id.chars().all(|c| is_session_char(c) || c == ':' || c == '/'))
    {
        let message = format!("`{id}` cannot be an external id");
        report.error(&at.key("externalId"), message, "use 2 to 1224 letters, digits and _ + = , . @ : / -");
    }
}

fn regions(written: &[String], path: &Path, report: &mut Report<'_>) -> Vec<Region> {
    let mut regions = Vec::new();
    for (index, text) in written.iter().enumerate() {
        let Some(region) = target::region(text, &path.index(index), report) else { continue };
        if regions.contains(&region) {
            report.error(&path.index(index), format!("`{region}` stands here twice"), "remove one of the two");
        } else {
            regions.push(region);
        }
    }
    regions
}

fn allow(written: Option<AllowSpec>, path: &Path, report: &mut Report<'_>) -> Allow {
    let written = written.unwrap_or_default();
    for (name, patterns) in [("clusters", &written.clusters), ("services", &written.services)] {
        let path = path.key(name);
        if patterns.as_ref().is_some_and(Vec::is_empty) {
            report.warning(&path, "an empty list allows nothing", "write `[\"*\"]`, or leave it out");
        }
        for (index, pattern) in patterns.iter().flatten().enumerate() {
            has_length(pattern, 255, "the pattern", &path.index(index), report);
        }
    }
    let all = Allow::default();
    Allow { clusters: written.clusters.unwrap_or(all.clusters), services: written.services.unwrap_or(all.services) }
}
