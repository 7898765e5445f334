//! `explain`: what an AWS error means, or whether policies allow an action. Offline.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::conditions::by_hand;
use super::{Done, Output, terminal};
use crate::api::types::API_VERSION;
use crate::diagnose::advice::{capital, with_article};
use crate::diagnose::explain::{Diagnosis, explain};
use crate::diagnose::near_miss::{Findings, Step, find};
use crate::diagnose::needs::without_absent_keys;
use crate::diagnose::parse::{parse, sanitise};
use crate::model::iam::{Decision, Document, NamedPolicy, PrincipalPolicies, Request, evaluate};

/// The most that is read of an error's text or a policy, in bytes.
const MOST_TEXT: u64 = 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The error's text; `-` reads it from standard input
    #[arg(required_unless_present = "policy", conflicts_with = "policy")]
    message: Option<String>,
    /// The service that answered, such as application-autoscaling
    #[arg(long, default_value = "")]
    service: String,
    /// The operation that was called
    #[arg(long, default_value = "")]
    operation: String,
    /// The error's code
    #[arg(long)]
    code: Option<String>,
    /// A policy document to evaluate instead; may be repeated
    #[arg(long, value_name = "FILE", requires = "action")]
    policy: Vec<PathBuf>,
    /// The permissions boundary to evaluate with the policies
    #[arg(long, value_name = "FILE", requires = "policy")]
    boundary: Option<PathBuf>,
    /// The action that is asked for, such as iam:CreateServiceLinkedRole
    #[arg(long, requires = "policy")]
    action: Option<String>,
    /// The resource that it is asked for on
    #[arg(long, default_value = "*", requires = "policy")]
    resource: String,
    /// A context key of the request and its value; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "policy")]
    context: Vec<String>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

pub(super) fn run(args: &ExplainArgs) -> Result<Done> {
    match (&args.message, &args.action) {
        (Some(message), _) => explain_message(args, message),
        (None, Some(action)) => explain_policies(args, action),
        (None, None) => bail!("give an error's text, or --policy with --action"),
    }
}

fn explain_message(args: &ExplainArgs, message: &str) -> Result<Done> {
    let mut text = message.to_owned();
    if message == "-" {
        text = read(std::io::stdin()).context("reading the error's text from standard input")?;
    }
    let diagnosis = explain(parse(&args.service, &args.operation, args.code.as_deref(), None, &text));
    match args.output {
        Output::Json => terminal::print(&super::json(&message_json(&diagnosis)?)?)?,
        Output::Text => terminal::print(&message_text(&diagnosis))?,
    }
    Ok(Done::Well)
}

fn message_json(diagnosis: &Diagnosis) -> Result<Value> {
    let mut json = serde_json::to_value(diagnosis)?;
    if let Value::Object(fields) = &mut json {
        fields.insert("apiVersion".to_owned(), API_VERSION.into());
        fields.insert("command".to_owned(), diagnosis.fix.command.as_deref().into());
    }
    Ok(json)
}

fn message_text(diagnosis: &Diagnosis) -> String {
    let reply = &diagnosis.reply;
    let actions = reply.actions().join(", ");
    let policy = reply.policy_type.map(|policy| policy.in_words().to_owned());
    let denied_by = match (policy, reply.explicit_deny) {
        (Some(policy), Some(true)) => Some(format!("{}, explicitly", with_article(&policy))),
        (Some(policy), _) => Some(format!("no {policy} allows it")),
        (None, Some(true)) => Some("an explicit deny".to_owned()),
        (None, _) => None,
    };
    let lines = [
        ("kind", Some(reply.kind.as_str().to_owned())),
        ("who", diagnosis.who.clone().or_else(|| reply.principal.clone())),
        ("action", Some(actions).filter(|actions| !actions.is_empty())),
        ("resource", reply.resource.clone().or_else(|| reply.role_arn.clone())),
        ("denied by", denied_by),
        ("policy", reply.policy_arn.clone()),
        ("authorization id", reply.authorization_id.clone()),
    ];
    let facts: String =
        lines.iter().filter_map(|(name, value)| Some(format!("  {name:<17} {}\n", value.as_ref()?))).collect();
    let command = diagnosis.fix.command.as_ref().map_or_else(String::new, |command| format!("{}\n", by_hand(command)));
    format!("{}.\n\n{facts}\n{}\n{command}", capital(&diagnosis.summary), diagnosis.hint)
}

fn explain_policies(args: &ExplainArgs, action: &str) -> Result<Done> {
    let identity = args.policy.iter().map(read_policy).collect::<Result<Vec<_>>>()?;
    let boundary = args.boundary.as_ref().map(read_policy).transpose()?;
    let policies = PrincipalPolicies { identity, boundary };
    let mut request = Request::new(action, args.resource.as_str());
    for pair in &args.context {
        let (key, value) = pair.split_once('=').with_context(|| format!("--context {pair}: write KEY=VALUE"))?;
        request = request.with(key, value);
    }
    let request = without_absent_keys(request);
    let decision = evaluate(&policies, &request).decision;
    let findings = if decision == Decision::Allowed { Findings::default() } else { find(&policies, &request, &[]) };
    match args.output {
        Output::Json => {
            let body = json!({
                "apiVersion": API_VERSION,
                "decision": decision.as_str(),
                "nearMisses": findings.near_misses,
                "remedy": findings.remedy_line(),
                "statements": findings.steps.iter().flat_map(Step::statements).collect::<Vec<_>>(),
            });
            terminal::print(&super::json(&body)?)?;
        }
        Output::Text => terminal::print(&policies_text(&request, decision, &findings)?)?,
    }
    Ok(if decision == Decision::Allowed { Done::Well } else { Done::NotAllWell })
}

/// A text of a size that an error or a policy has: IAM's largest documents have some thousand characters.
fn read(from: impl std::io::Read) -> Result<String> {
    let mut text = String::new();
    from.take(MOST_TEXT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST_TEXT {
        bail!("it has more than {MOST_TEXT} bytes; give the error's text or the policy alone");
    }
    Ok(text)
}

fn read_policy(path: &PathBuf) -> Result<NamedPolicy> {
    let shown = path.display();
    let read = std::fs::File::open(path).map_err(anyhow::Error::from).and_then(read);
    let text = read.with_context(|| format!("reading the policy {shown}"))?;
    let document = Document::parse(&text).with_context(|| format!("reading the policy {shown}"))?;
    let name = path.file_stem().map_or_else(|| shown.to_string(), |name| name.to_string_lossy().into_owned());
    Ok(NamedPolicy::new(name, document))
}

fn policies_text(request: &Request, decision: Decision, findings: &Findings) -> Result<String> {
    let mut out = format!("{} on {}: {}\n", sanitise(&request.action), sanitise(&request.resource), decision.as_str());
    for near in &findings.near_misses {
        out.push_str(&format!("\n{} ({}): {}\n", near.place(), near.kind.id(), near.lacks));
        if let Some(edit) = &near.edit {
            out.push_str(&format!("  → {edit}\n"));
        }
    }
    if let Some(line) = findings.remedy_line() {
        out.push_str(&format!("\nWhat allows it: {line}\n"));
    }
    for statement in findings.steps.iter().flat_map(Step::statements) {
        out.push_str(&format!("\n{}\n", serde_json::to_string_pretty(&statement)?));
    }
    Ok(out)
}
