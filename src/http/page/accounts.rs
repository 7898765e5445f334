//! `/accounts`: who we are in each account, what is denied there, and how the service-linked role stands.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use super::super::Served;
use super::parts::{ago, badge, boxed, mode};
use crate::api::accounts::{AccountResource, DenialStatus, RoleStatus, ScopeStatus};
use crate::model::role::SLR_NAME;

/// The page below its frame.
pub(super) fn content(served: &Served) -> Markup {
    let now = served.clock.now();
    let accounts: Vec<AccountResource> =
        served.state.accounts().iter().map(|account| account.resource(&served.state)).collect();
    html! {
        h1 { "Accounts" }
        @if accounts.is_empty() { p { "There is none yet: no object was read." } }
        @for (index, account) in accounts.iter().enumerate() { (one(index, account, now)) }
    }
}

fn one(index: usize, account: &AccountResource, now: Timestamp) -> Markup {
    let status = &account.status;
    html! {
        section.account {
            h2 { (account.metadata.name) " " (standing(account)) " " (mode(status.mode)) }
            @if let Some(problem) = &status.problem {
                p { (problem.message) }
                @if !problem.hint.is_empty() { p.hint { (problem.hint) } }
            }
            dl.facts {
                @if let Some(identity) = &status.identity {
                    dt { "Account" } dd { (identity.account_id) }
                    dt { "We are" } dd { code { (identity.arn) } }
                }
                @if let Some(source) = &status.credentials { dt { "Credentials" } dd { (source) } }
                @if let Some(source) = &account.metadata.source { dt { "Source" } dd { code { (source) } } }
                (allowed(&account.spec))
                @if let Some(role) = &status.service_linked_role { dt { "Service-linked role" } dd { (role_standing(role)) } }
            }
            @if status.identity.is_some() {
                h3 { "Denied calls" }
                @if status.denials.is_empty() {
                    p.muted { "None is known: nothing that was called here stands denied." }
                } @else {
                    (boxed(&format!("denials-{index}"), "Denied calls", denials(&status.denials, now)))
                }
            }
            @if !status.scopes.is_empty() {
                h3 { "Regions" }
                (boxed(&format!("scopes-{index}"), "Regions", scopes(&status.scopes, now)))
            }
        }
    }
}

fn standing(account: &AccountResource) -> Markup {
    let status = &account.status;
    if status.problem.is_some() {
        badge("bad", "✕", "not usable")
    } else if status.identity.is_none() {
        badge("doubt", "?", if status.credentials.is_none() { "not used yet" } else { "unknown" })
    } else if status.denials.is_empty() {
        badge("good", "✓", "usable")
    } else {
        badge("bad", "!", "calls are denied")
    }
}

/// What the account's spec limits us to.
fn allowed(spec: &Value) -> Markup {
    let list = |path: &str| {
        let items = spec.pointer(path)?.as_array()?;
        Some(items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
    };
    html! {
        @for (name, path) in [("Regions", "/regions"), ("Clusters", "/allow/clusters"), ("Services", "/allow/services")] {
            @if let Some(list) = list(path) { dt { (name) " allowed" } dd { (list) } }
        }
    }
}

fn role_standing(role: &RoleStatus) -> Markup {
    let (class, shape) = match role.standing.as_str() {
        "Present" => ("good", "✓"),
        "Propagating" | "WillBeMade" => ("work", "↻"),
        "Absent" | "NotMade" => ("bad", "✕"),
        _ => ("doubt", "?"),
    };
    html! { (badge(class, shape, &role.standing)) " " code { (SLR_NAME) } " " span.muted { (role.message) } }
}

fn denials(denials: &[DenialStatus], now: Timestamp) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "Action" } th scope="col" { "On" } th scope="col" { "Refused call" } th scope="col" { "Since" }
                th scope="col" { "Tried again" } th scope="col" { "What AWS said" }
            } }
            tbody { @for denial in denials { tr {
                th scope="row" { code { (denial.action) } }
                td.arn { code { (denial.resource) } }
                td { (denial.operation) @if let Some(region) = &denial.region { div.muted { (region) } } }
                td.since { (ago(now, denial.since)) }
                td.since { @match denial.next_probe {
                    Some(at) => { "in " (at.duration_since(now).as_secs().max(0)) " s" }
                    None => { "with the next pass" }
                } }
                td.what { (denial.message) }
            } } }
        }
    }
}

fn scopes(scopes: &[ScopeStatus], now: Timestamp) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "Region" } th scope="col" { "Objects" } th scope="col" { "Loop" } } }
            tbody { @for scope in scopes { tr {
                th scope="row" { (scope.region) }
                td.number { (scope.objects) }
                td { @match scope.last_tick { Some(at) => { "ticked " (ago(now, at)) }, None => { "has not begun" } } }
            } } }
        }
    }
}
