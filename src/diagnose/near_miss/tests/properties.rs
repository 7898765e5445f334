//! An edit allows what was asked and nothing else, for any policies.

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use super::*;

const ACTIONS: &[&str] = &[
    "iam:CreateServiceLinkedRole",
    "iam:Create*",
    "iam:PassRole",
    "iam:CreateServiceLinkRole",
    "ecs:UpdateService",
    "ecs:DescribeServices",
    "ecs:*",
    "*",
    "application-autoscaling:RegisterScalableTarget",
];
const RESOURCES: &[&str] = &[
    "*",
    SLR,
    TARGETS,
    "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/*",
    "arn:aws:ecs:eu-west-1:111122223333:service/B/x",
    "arn:aws:ecs:eu-west-1:111122223333:service/B/*",
];
const ASKED: &[(&str, &str)] = &[
    ("iam:CreateServiceLinkedRole", SLR),
    ("iam:CreateRole", "arn:aws:iam::111122223333:role/x"),
    ("iam:PassRole", SLR),
    ("ecs:UpdateService", "arn:aws:ecs:eu-west-1:111122223333:service/B/x"),
    ("ecs:UpdateService", "arn:aws:ecs:eu-west-1:111122223333:service/B/y"),
    ("ecs:DescribeServices", "arn:aws:ecs:eu-west-1:111122223333:service/B/x"),
    ("application-autoscaling:RegisterScalableTarget", TARGETS),
    ("ecs:ListServices", "*"),
];
const NAMES: &[&str] = &["ecs.amazonaws.com", SERVICE, "*.amazonaws.com", "ECS.amazonaws.com", "ecs"];
const CLUSTERS: &[&str] = &[CLUSTER, "arn:aws:ecs:eu-west-1:111122223333:cluster/C", "arn:aws:ecs:*:*:cluster/*"];
const CLUSTER: &str = "arn:aws:ecs:eu-west-1:111122223333:cluster/B";

fn some(list: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![
        proptest::sample::select(list).prop_map(Value::from),
        prop::collection::vec(proptest::sample::select(list), 1..3).prop_map(Value::from),
    ]
}

/// One operator on one key, its values of the kind that the key has.
fn condition() -> impl Strategy<Value = (&'static str, &'static str, Value)> {
    let names = (
        proptest::sample::select(
            &["StringEquals", "StringLike", "StringNotEquals", "StringEqualsIfExists", "ForAnyValue:StringLike"][..],
        ),
        proptest::sample::select(&["iam:AWSServiceName", "application-autoscaling:service-namespace"][..]),
        some(NAMES),
    );
    let clusters = (proptest::sample::select(&["ArnEquals", "ArnNotLike"][..]), Just("ecs:cluster"), some(CLUSTERS));
    let mfa = (
        proptest::sample::select(&["Bool", "BoolIfExists"][..]),
        Just("aws:MultiFactorAuthPresent"),
        proptest::sample::select(&["true", "false"][..]).prop_map(Value::from),
    );
    let absent = (Just("Null"), Just("aws:TokenIssueTime"), Just(Value::from("true")));
    prop_oneof![4 => names, 2 => clusters, 1 => mfa, 1 => absent]
}

/// None, or up to three of them: of one operator with several keys, or of several operators.
fn conditions() -> impl Strategy<Value = Option<Value>> {
    prop::option::of(prop::collection::vec(condition(), 1..4)).prop_map(|list| {
        list.map(|list| {
            let mut all = json!({});
            for (operator, key, values) in list {
                all[operator][key] = values;
            }
            all
        })
    })
}

fn statement() -> impl Strategy<Value = Value> {
    let parts = (
        prop::bool::weighted(0.2),
        some(ACTIONS),
        prop::bool::weighted(0.1),
        some(RESOURCES),
        prop::bool::weighted(0.1),
        conditions(),
    );
    parts.prop_map(|(denies, action, not_action, resource, not_resource, condition)| {
        let mut json = json!({"Effect": if denies { "Deny" } else { "Allow" }});
        json[if not_action { "NotAction" } else { "Action" }] = action;
        json[if not_resource { "NotResource" } else { "Resource" }] = resource;
        if let Some(condition) = condition {
            json["Condition"] = condition;
        }
        json
    })
}

/// A statement that is about one of the requests, with one value that may be another.
fn near_statement() -> impl Strategy<Value = Value> {
    let asked = proptest::sample::select(requests());
    (asked, prop::bool::weighted(0.3), some(ACTIONS), some(RESOURCES), some(NAMES), 0..5).prop_map(
        |(asked, denies, action, resource, names, other)| {
            let mut json = json!({"Effect": if denies { "Deny" } else { "Allow" }});
            json["Action"] = if other == 0 { action } else { asked.action.clone().into() };
            json["Resource"] = match other {
                1 => resource,
                2 => "*".into(),
                _ => asked.resource.clone().into(),
            };
            for (key, values) in asked.context.iter().filter(|(key, _)| !denies && !key.starts_with("aws:")) {
                json["Condition"]["StringEquals"][key] = if other == 3 { names.clone() } else { json!(values) };
            }
            json
        },
    )
}

fn principal() -> impl Strategy<Value = PrincipalPolicies> {
    let list = || {
        prop::collection::vec(prop_oneof![statement(), near_statement()], 0..4).prop_map(|list| document(json!(list)))
    };
    let identity = prop::collection::vec(list(), 0..4);
    (identity, prop::option::weighted(0.3, list())).prop_map(|(identity, boundary)| PrincipalPolicies {
        identity: (0..).zip(identity).map(|(n, document)| NamedPolicy::new(format!("p{n}"), document)).collect(),
        boundary: boundary.map(|document| NamedPolicy::new("b", document)),
    })
}

/// Requests as AWS makes them: only CreateServiceLinkedRole carries iam:AWSServiceName, and that name and the role's
/// ARN go together.
fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for (action, resource) in ASKED {
        let request = asked(action, resource).with("aws:MultiFactorAuthPresent", "false");
        if *action == "iam:CreateServiceLinkedRole" {
            requests.push(request.clone().with("iam:AWSServiceName", SERVICE));
            let other = Request { resource: SLR.replace(SERVICE, "ecs.amazonaws.com"), ..request };
            requests.push(other.with("iam:AWSServiceName", "ecs.amazonaws.com"));
        } else if action.starts_with("application-autoscaling:") {
            for namespace in ["ecs", "dynamodb"] {
                requests.push(request.clone().with("application-autoscaling:service-namespace", namespace));
            }
        } else if action.starts_with("ecs:") && *resource != "*" {
            requests.push(request.with("ecs:cluster", CLUSTER));
        } else {
            requests.push(request);
        }
    }
    requests
}

/// What one case was, to count that the cases are of use.
#[derive(Default)]
struct Seen {
    denied: u32,
    remedies: u32,
    in_place: u32,
    several: u32,
    boundary: u32,
    exceptions: u32,
}

fn check(before: &PrincipalPolicies, request: &Request, seen: &mut Seen) -> Result<(), TestCaseError> {
    let findings = find(before, request, &[]);
    let decision = |policies: &PrincipalPolicies, request: &Request| evaluate(policies, request).decision;
    let remedy = &findings.remedy();
    seen.denied += u32::from(decision(before, request) != Decision::Allowed);
    seen.remedies += u32::from(!remedy.is_empty());
    seen.several += u32::from(remedy.len() > 1);
    seen.boundary += u32::from(remedy.iter().any(|change| change.in_boundary));
    seen.in_place += u32::from(remedy.iter().any(|change| matches!(change.edit, Edit::Replace { .. })));
    let has_deny = findings.near_misses.iter().any(|near| near.kind == Kind::OwnExplicitDeny);
    seen.exceptions += u32::from(has_deny && !remedy.is_empty());
    let mut edits = vec![remedy.clone()];
    edits.extend(findings.near_misses.iter().map(|near| near.changes.clone()));
    for (n, changes) in edits.iter().enumerate().filter(|(_, changes)| !changes.is_empty()) {
        let after = apply(before, changes).unwrap();
        if n == 0 {
            prop_assert_eq!(decision(&after, request), Decision::Allowed);
        }
        for other in requests().iter().filter(|other| *other != request) {
            let (was, is) = (decision(before, other), decision(&after, other));
            prop_assert_eq!(was == Decision::Allowed, is == Decision::Allowed, "{:?} by {:?}", other, changes);
        }
    }
    let was = decision(before, request);
    prop_assert!(was == Decision::Allowed || has_deny || !remedy.is_empty(), "nothing is proposed");
    Ok(())
}

#[test]
fn an_edit_allows_what_was_asked_and_nothing_else() {
    const CASES: u32 = 2_000;
    let seen = std::cell::RefCell::new(Seen::default());
    let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES));
    let requests = requests();
    let asked = proptest::sample::select(requests);
    runner.run(&(principal(), asked), |(before, asked)| check(&before, &asked, &mut seen.borrow_mut())).unwrap();
    let Seen { denied, remedies, in_place, several, boundary, exceptions } = seen.into_inner();
    println!(
        "of {CASES} cases {denied} are denied; an edit is proposed for {remedies}, {in_place} of them in place, {several} \
         with several changes, {boundary} in the boundary, {exceptions} with an exception to a Deny"
    );
    assert!(remedies * 2 > CASES, "an edit is proposed for {remedies} cases of {CASES}");
    assert!([in_place, several, boundary, exceptions].iter().all(|times| times * 50 > CASES), "one way is seldom seen");
}
