//! What is worth saying and needs no edit: N-23 to N-26.

use super::NearMiss;
use super::condition::list;
use super::kind::Kind;
use super::search::{Place, has_allow, places};
use crate::diagnose::parse::sanitise;
use crate::model::iam::{Decision, Effect, NamedPolicy, PrincipalPolicies, Request, evaluate};

fn note(kind: Kind, policy: Option<&NamedPolicy>, lacks: String, edit: Option<String>) -> NearMiss {
    let policy = policy.map(|policy| policy.name.clone());
    NearMiss { kind, policy, in_boundary: false, sid: None, index: None, lacks, edit, changes: Vec::new() }
}

/// N-26: the policies allow it, and yet it was denied.
pub(super) fn invisible() -> NearMiss {
    let lacks = "the principal's policies and boundary allow it: a service control policy, a resource control policy, a \
                 session policy or a VPC endpoint policy may refuse it, none of which can be seen from here";
    note(Kind::Invisible, None, lacks.to_owned(), None)
}

/// What is unknown though no key is: `*:*`, a wildcard in the type of a resource, a short ARN in a condition, and ForAnyValue
/// with IfExists.
const UNDOCUMENTED: &str = "AWS documents no meaning for a part of it: write actions as SERVICE:NAME, resources with their \
                            type, ARNs in conditions with six parts, and ForAnyValue without IfExists";

/// N-25: one for each statement, of an effect or of any, whose part in the decision is not known.
pub(super) fn undecided(policies: &PrincipalPolicies, request: &Request, effect: Option<Effect>) -> Vec<NearMiss> {
    let counts = |place: &Place<'_>| effect.is_none_or(|effect| effect == place.statement.effect);
    let undecided = places(policies).filter(counts).filter(|place| place.compare(request).is_undecided());
    let near_miss = |place: Place<'_>| {
        let keys: Vec<String> = place.statement.missing_keys(place.has_variables(), request).collect();
        let lacks = match keys.as_slice() {
            [] => UNDOCUMENTED.to_owned(),
            keys => format!("it depends on {}, which cannot be seen from here", list(keys)),
        };
        place.near_miss(Kind::Undecidable, lacks, None, Vec::new())
    };
    undecided.map(near_miss).collect()
}

/// N-23 and N-24: where it is allowed, but does not count.
pub(super) fn allowed_elsewhere(
    policies: &PrincipalPolicies,
    request: &Request,
    others: &[(String, PrincipalPolicies)],
) -> Vec<NearMiss> {
    let mut found = Vec::new();
    for policy in &policies.identity {
        for (version, document) in &policy.other_versions {
            if has_allow(&NamedPolicy::new(policy.name.as_str(), document.clone()), request) {
                found.push(other_version(policy, version));
            }
        }
    }
    for (principal, theirs) in others {
        let policy = theirs.identity.iter().find(|policy| has_allow(policy, request));
        if let Some(policy) = policy.filter(|_| evaluate(theirs, request).decision == Decision::Allowed) {
            found.push(other_principal(policy, principal));
        }
    }
    found
}

fn other_version(policy: &NamedPolicy, version: &str) -> NearMiss {
    let (name, shown) = (sanitise(&policy.name), sanitise(version));
    let lacks = format!("version {shown} of policy {name} allows it, and is not the default version");
    // What goes into a command that people copy is checked.
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b":/+=,.@_-".contains(&b));
    let edit = match policy.arn.as_deref().filter(|arn| is_plain(arn) && is_plain(version)) {
        Some(arn) => format!("aws iam set-default-policy-version --policy-arn {arn} --version-id {version}"),
        None => format!("make version {shown} of policy {name} the default"),
    };
    note(Kind::NotDefaultVersion, Some(policy), lacks, Some(edit))
}

fn other_principal(policy: &NamedPolicy, principal: &str) -> NearMiss {
    let (principal, name) = (sanitise(principal), sanitise(&policy.name));
    let lacks = format!("policy {name} allows it, and belongs to {principal}, which is not the caller");
    let edit = format!("add the statement to the caller's policies, and not to those of {principal}");
    note(Kind::WrongPrincipal, Some(policy), lacks, Some(edit))
}
