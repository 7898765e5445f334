//! `doctor`: who we are in each account, and which of the needed actions are allowed, denied or unknown.

use std::collections::BTreeMap;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::plan::connect;
use super::terminal::{self, plain};
use super::{Done, Output, objects};
use crate::api::types::API_VERSION;
use crate::aws::{Iam, Identity, PoliciesRead};
use crate::controller::assign::{Assigned, Identities, Known, assign, identity_region, used_accounts};
use crate::diagnose::near_miss::{Step, find};
use crate::diagnose::needs::{Feature, Need, Privilege, needs};
use crate::diagnose::principal::{Principal, PrincipalKind};
use crate::model::credentials::CredentialSource;
use crate::model::iam::{Decision, evaluate};
use crate::model::names::AccountName;
use crate::model::role::{CREATE_SLR_COMMAND, SLR_NAME};
use crate::settings::{ConfigArgs, OwnerArgs};

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    owner: OwnerArgs,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// One account, examined.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Examined {
    account: String,
    account_id: String,
    principal: String,
    /// Where the credentials come from.
    credentials: String,
    service_linked_role: &'static str,
    /// What could not be read, so that a decision rests on less.
    unread: Vec<String>,
    actions: Vec<Checked>,
}

/// One needed action, checked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Checked {
    action: &'static str,
    resource: String,
    decision: &'static str,
    /// `simulator` or `policies`; null where neither could say.
    by: Option<&'static str>,
    why: &'static str,
    lacks: Option<String>,
    edit: Option<String>,
    statements: Vec<Value>,
}

pub(super) async fn run(args: DoctorArgs) -> Result<Done> {
    let aws = connect(&args.owner).await;
    let loaded = objects::read(&args.config.config, Some(&aws)).await?;
    let desired = &loaded.desired;
    let default_region = aws.default_region();
    let (mut identities, mut accounts) = (Identities::new(), BTreeMap::new());
    for (name, spec) in used_accounts(desired, false) {
        let of_objects = || desired.services.values().filter(|o| o.account == *name).find_map(|o| o.region.clone());
        let Some(region) = identity_region(spec, default_region.as_ref()).or_else(of_objects) else { continue };
        let account = aws.account(spec).await;
        let (source, identity) = (account.source().clone(), account.identity(&region).await);
        identities.insert(name.clone(), Known { source, identity });
        accounts.insert(name.clone(), account);
    }
    let assignment = assign(desired, &identities, default_region.as_ref(), false);
    let mut examined = Vec::new();
    for (name, account) in &accounts {
        let Some(Known { identity: Ok(identity), source }) = identities.get(name) else { continue };
        let scopes = assignment.scopes.iter().filter(|(scope, _)| assignment.accounts.get(*scope) == Some(name));
        let objects: Vec<&Assigned> = scopes.flat_map(|(_, placed)| placed.objects.values()).collect();
        let Some(first) = objects.first() else { continue };
        let iam = account.iam(&first.key.scope, CancellationToken::new());
        examined.push(examine(name, identity, source, &iam, &objects).await);
    }
    match args.output {
        Output::Json => {
            let troubles: Vec<Value> = assignment
                .troubles
                .iter()
                .map(|(key, t)| json!({"object": key.to_string(), "reason": t.reason, "message": t.message, "hint": t.hint}))
                .collect();
            let body = json!({"apiVersion": API_VERSION, "accounts": examined, "troubles": troubles});
            terminal::print(&super::json(&body)?)?;
        }
        Output::Text => {
            terminal::print(&objects::troubles(&assignment.troubles))?;
            for account in &examined {
                terminal::print(&text(account)?)?;
            }
        }
    }
    let missing = examined.iter().flat_map(|account| &account.actions).any(|action| action.decision == "denied");
    Ok(if missing || !assignment.troubles.is_empty() { Done::NotAllWell } else { Done::Well })
}

async fn examine(
    name: &AccountName,
    identity: &Identity,
    source: &CredentialSource,
    iam: &Iam,
    objects: &[&Assigned],
) -> Examined {
    let principal = Principal::parse(&identity.arn);
    let role = principal
        .as_ref()
        .filter(|p| !matches!(p.kind, PrincipalKind::User | PrincipalKind::Root | PrincipalKind::FederatedUser));
    let read = match role {
        Some(role) => iam.role_policies(&role.name).await,
        None => PoliciesRead::default(),
    };
    let slr = iam.role_exists(SLR_NAME).await;
    let mut wanted: BTreeMap<(&'static str, String), Need> = BTreeMap::new();
    let of_object = |o: &&Assigned| needs(&o.key, Privilege::ReconcileSlr, &Feature::of(&o.desired));
    for need in objects.iter().flat_map(of_object) {
        let makes_role = need.call.privilege == Privilege::ReconcileSlr;
        if !(makes_role && slr == Ok(true)) {
            wanted.insert((need.call.action, need.resource.clone()), need);
        }
    }
    let mut actions = Vec::new();
    for need in wanted.into_values() {
        actions.push(check(iam, role.is_some(), &read, need).await);
    }
    Examined {
        account: name.to_string(),
        account_id: identity.account.to_string(),
        principal: principal.map_or_else(|| identity.arn.clone(), |principal| principal.to_string()),
        credentials: source.to_string(),
        service_linked_role: match slr {
            Ok(true) => "present",
            Ok(false) => "absent",
            Err(_) => "unknown",
        },
        unread: read.failures.iter().map(ToString::to_string).collect(),
        actions,
    }
}

/// The simulator knows more (service control policies); the policies themselves say why.
async fn check(iam: &Iam, is_role: bool, read: &PoliciesRead, need: Need) -> Checked {
    let request = need.request();
    let simulated = match &read.role_arn {
        Some(arn) => iam.simulate(arn, &request, &[]).await.ok().map(|simulated| simulated.decision),
        None => None,
    };
    let complete = is_role && read.failures.is_empty();
    let offline = complete.then(|| evaluate(&read.policies, &request).decision);
    let (decision, by) = match (simulated.filter(|decision| *decision != Decision::Unknown), offline) {
        (Some(decision), _) => (decision, Some("simulator")),
        (None, Some(decision)) if decision != Decision::Unknown => (decision, Some("policies")),
        _ => (Decision::Unknown, None),
    };
    let denied = matches!(decision, Decision::ImplicitDeny | Decision::ExplicitDeny);
    let findings = if denied && is_role { find(&read.policies, &request, &[]) } else { Default::default() };
    let nearest = findings.near_misses.first();
    Checked {
        action: need.call.action,
        resource: need.resource,
        decision: match decision {
            Decision::Allowed => "allowed",
            Decision::Unknown => "unknown",
            Decision::ImplicitDeny | Decision::ExplicitDeny => "denied",
        },
        by,
        why: need.call.why,
        lacks: nearest.map(|near| format!("{}: {}", near.place(), near.lacks)),
        edit: findings.remedy_line(),
        statements: findings.steps.iter().flat_map(Step::statements).collect(),
    }
}

fn text(account: &Examined) -> Result<String> {
    use std::fmt::Write as _;
    let mut out = String::new();
    writeln!(out, "Account {} ({}): {}", account.account, account.account_id, plain(&account.principal))?;
    writeln!(out, "  credentials: {}", plain(&account.credentials))?;
    writeln!(out, "  service-linked role: {}", account.service_linked_role)?;
    if account.service_linked_role == "absent" {
        writeln!(out, "    → the controller makes it; or once by hand: {CREATE_SLR_COMMAND}")?;
    }
    for unread in &account.unread {
        writeln!(out, "  not read: {}", plain(unread))?;
    }
    for action in &account.actions {
        writeln!(out, "  {:<9} {:<55} {}", action.decision, action.action, plain(&action.resource))?;
        if action.decision == "denied" {
            writeln!(out, "            it {}", action.why)?;
        }
        if let Some(lacks) = &action.lacks {
            writeln!(out, "            {}", plain(lacks))?;
        }
        if let Some(edit) = &action.edit {
            writeln!(out, "            → {}", plain(edit))?;
        }
        for statement in &action.statements {
            writeln!(out, "              {statement}")?;
        }
    }
    Ok(out)
}
