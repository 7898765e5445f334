//! SimulatePrincipalPolicy: what a principal's policies say of actions on resources (iam.md §4).
//!
//! It knows of the context only what it is sent: unlike a real call, which carries everything.

use std::collections::BTreeSet;

use ecs_scaling::model::arn::Arn;
use ecs_scaling::model::iam::{Decision, NamedPolicy, PrincipalPolicies, Request, evaluate};

use super::{Grants, PolicyText, account, invalid_input, listing, no_such_entity, required, role_not_found};
use crate::cloud::{Answer, Call, Cloud};
use crate::error::AwsError;
use crate::value::Value;

/// A policy with what the results call it.
struct Source {
    policy: NamedPolicy,
    id: String,
    kind: &'static str,
}

/// Everything that is weighed.
struct Simulation {
    identity: Vec<Source>,
    boundary: Option<Vec<Source>>,
    organization: Option<Vec<NamedPolicy>>,
}

/// What came out for an action on a resource.
struct Verdict {
    decision: Decision,
    matched: Vec<Value>,
    missing: BTreeSet<String>,
    allowed_by_boundary: Option<bool>,
    allowed_by_organization: Option<bool>,
}

pub(super) fn simulate(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let simulation = read(cloud, call)?;
    let actions = actions(call)?;
    let resources = call.input.texts("ResourceArns")?;
    let on_resources = !resources.is_empty();
    let resources = if on_resources { resources } else { vec!["*".to_owned()] };
    let context = context(call.input)?;
    let mut results = Vec::new();
    for (action, resource) in actions.iter().flat_map(|action| resources.iter().map(move |r| (action, r))) {
        let mut request = Request::new(action, resource);
        request.context.extend(context.clone());
        let verdict = simulation.weigh(&request);
        results.push((format!("{:06}", results.len()), verdict.describe(&request, on_resources)));
    }
    listing(call, "SimulatePrincipalPolicy", "EvaluationResults", results.into_iter())
}

fn actions(call: &Call<'_>) -> Result<Vec<String>, AwsError> {
    let actions = call.input.texts("ActionNames")?;
    if actions.is_empty() {
        required(call.input, "ActionNames")?;
    }
    let is_action =
        |a: &String| a.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
    let invalid: Vec<&str> = actions.iter().filter(|a| !is_action(a)).map(String::as_str).collect();
    if invalid.is_empty() {
        Ok(actions)
    } else {
        Err(invalid_input(format!("Invalid Input Actions: [{}]", invalid.join(", "))))
    }
}

fn context(input: &Value) -> Result<Vec<(String, Vec<String>)>, AwsError> {
    let entry = |entry: &Value| Ok((required(entry, "ContextKeyName")?.to_owned(), entry.texts("ContextKeyValues")?));
    input.list("ContextEntries")?.iter().map(entry).collect()
}

fn read(cloud: &Cloud, call: &Call<'_>) -> Result<Simulation, AwsError> {
    let (prefix, grants) = principal(cloud, call)?;
    let mut identity: Vec<Source> = grants.identity(cloud).into_iter().map(|policy| source(policy, &prefix)).collect();
    identity.extend(sent(call.input, "PolicyInputList")?);
    let boundary = sent(call.input, "PermissionsBoundaryPolicyInputList")?;
    let boundary = match grants.boundary(cloud) {
        _ if !boundary.is_empty() => Some(boundary),
        own => own.map(|policy| vec![source(policy, &prefix)]),
    };
    let organization = account(cloud, call).map(|a| a.service_control_policies.clone()).filter(|list| !list.is_empty());
    Ok(Simulation { identity, boundary, organization })
}

/// A principal's policies, and how the ids of its inline policies begin.
fn principal<'a>(cloud: &'a Cloud, call: &Call<'_>) -> Result<((&'static str, String), &'a Grants), AwsError> {
    let text = required(call.input, "PolicySourceArn")?;
    let unclear = || invalid_input(format!("Invalid Entity Arn: {text} does not clearly define entity type and name."));
    let arn = Arn::parse(text).ok_or_else(|| invalid_input(format!("Invalid ARN provided in the request: {text}")))?;
    let (kind, path) = arn.resource.split_once('/').filter(|_| arn.service == "iam").ok_or_else(unclear)?;
    let name = path.rsplit('/').next().unwrap_or_default();
    let account = account(cloud, call);
    match kind {
        "role" => {
            let role = account.and_then(|a| a.roles.get(name)).filter(|role| role.arn == text);
            role.map(|role| (("role", name.to_owned()), &role.grants)).ok_or_else(|| role_not_found(name))
        }
        "user" => {
            let user = account.and_then(|a| a.users.get(name)).filter(|user| user.arn == text);
            let not_found = || no_such_entity(format!("The user with name {name} cannot be found."));
            user.map(|user| (("user", name.to_owned()), &user.grants)).ok_or_else(not_found)
        }
        _ => Err(unclear()),
    }
}

fn source(policy: NamedPolicy, (kind, name): &(&'static str, String)) -> Source {
    let (id, kind) = match &policy.arn {
        Some(arn) if arn.contains(":iam::aws:") => (policy.name.clone(), "aws-managed"),
        Some(_) => (policy.name.clone(), "user-managed"),
        None => (format!("{kind}_{name}_{}", policy.name), *kind),
    };
    Source { policy, id, kind }
}

/// Policies that are sent along, by their place in the list.
fn sent(input: &Value, member: &str) -> Result<Vec<Source>, AwsError> {
    let texts = input.texts(member)?;
    let read = |(index, text): (usize, &String)| {
        let id = format!("{member}.{}", index + 1);
        let policy = NamedPolicy::new(&id, PolicyText::of_identity(text)?.document().clone());
        Ok(Source { policy, id, kind: "none" })
    };
    texts.iter().enumerate().map(read).collect()
}

impl Simulation {
    fn weigh(&self, request: &Request) -> Verdict {
        let complete = request.clone().complete();
        let decide = |sources: &[Source]| evaluate(&only(sources.iter().map(|s| &s.policy)), &complete).decision;
        let by_identity = decide(&self.identity);
        let by_boundary = self.boundary.as_deref().map(decide);
        let by_organization = self.organization.as_deref().map(|policies| {
            let each = policies.iter().map(|policy| evaluate(&only([policy]), &complete).decision);
            each.max_by_key(|decision| severity(*decision)).unwrap_or(Decision::Allowed)
        });
        let decisions = [Some(by_identity), by_boundary, by_organization];
        let decision = decisions.into_iter().flatten().max_by_key(|d| severity(*d)).unwrap_or(by_identity);
        Verdict {
            decision,
            matched: self.matched(decision, &complete),
            missing: self.missing(request),
            allowed_by_boundary: by_boundary.map(|d| d == Decision::Allowed),
            allowed_by_organization: by_organization.map(|d| d == Decision::Allowed),
        }
    }

    fn sources(&self) -> impl Iterator<Item = &Source> {
        self.identity.iter().chain(self.boundary.iter().flatten())
    }

    /// The statements that apply; of an explicit deny, the Denies alone.
    fn matched(&self, decision: Decision, request: &Request) -> Vec<Value> {
        let mut matched = Vec::new();
        for source in self.sources() {
            let evaluation = evaluate(&only([&source.policy]), request);
            if decision == Decision::ExplicitDeny && evaluation.decision != Decision::ExplicitDeny {
                continue;
            }
            matched.extend(evaluation.matched.iter().map(|_| {
                Value::map([("SourcePolicyId", (&source.id).into()), ("SourcePolicyType", source.kind.into())])
            }));
        }
        matched
    }

    /// The context keys that a statement's answer hangs on and that were not sent.
    fn missing(&self, request: &Request) -> BTreeSet<String> {
        let documents = self.sources().map(|source| &source.policy.document);
        let statements = documents.flat_map(|d| d.statements.iter().map(|statement| (d.has_variables, statement)));
        statements
            .filter(|(has_variables, statement)| statement.compare(*has_variables, request).is_undecided())
            .flat_map(|(has_variables, statement)| statement.missing_keys(has_variables, request))
            .collect()
    }
}

fn only<'a>(policies: impl IntoIterator<Item = &'a NamedPolicy>) -> PrincipalPolicies {
    PrincipalPolicies { identity: policies.into_iter().cloned().collect(), boundary: None }
}

/// Which of several decisions counts: a deny, before the lack of an allow (E-09).
fn severity(decision: Decision) -> u8 {
    match decision {
        Decision::Allowed => 0,
        Decision::ImplicitDeny | Decision::Unknown => 1,
        Decision::ExplicitDeny => 2,
    }
}

impl Verdict {
    /// With resources, the missing keys stand in the results of the resources.
    fn describe(&self, request: &Request, on_resources: bool) -> Value {
        let decision: Value = self.decision.as_str().into();
        let missing: Value = self.missing.iter().cloned().collect::<Vec<_>>().into();
        let matched: Value = self.matched.clone().into();
        let boundary = |allowed: bool| Value::map([("AllowedByPermissionsBoundary", allowed.into())]);
        let boundary: Value = self.allowed_by_boundary.map(boundary).into();
        let organization = |allowed: bool| Value::map([("AllowedByOrganizations", allowed.into())]);
        let of_the_resource = Value::map([
            ("EvalResourceName", (&request.resource).into()),
            ("EvalResourceDecision", decision.clone()),
            ("MatchedStatements", matched.clone()),
            ("MissingContextValues", missing.clone()),
            ("PermissionsBoundaryDecisionDetail", boundary.clone()),
        ]);
        let (missing, by_resource) =
            if on_resources { (Value::List(vec![]), vec![of_the_resource]) } else { (missing, vec![]) };
        Value::map([
            ("EvalActionName", (&request.action).into()),
            ("EvalResourceName", (&request.resource).into()),
            ("EvalDecision", decision),
            ("MatchedStatements", matched),
            ("MissingContextValues", missing),
            ("PermissionsBoundaryDecisionDetail", boundary),
            ("OrganizationsDecisionDetail", self.allowed_by_organization.map(organization).into()),
            ("ResourceSpecificResults", by_resource.into()),
        ])
    }
}
