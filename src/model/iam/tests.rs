use serde_json::{Value, json};

use super::*;

const SLR: &str = "arn:aws:iam::111122223333:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/X";

fn document(statements: Value) -> Document {
    Document::from_json(json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn policies(statements: Value) -> PrincipalPolicies {
    PrincipalPolicies { identity: vec![NamedPolicy::new("p", document(statements))], boundary: None }
}

fn allow(fields: Value) -> Value {
    let mut statement = json!({"Effect": "Allow"});
    for (key, value) in fields.as_object().unwrap() {
        statement[key] = value.clone();
    }
    statement
}

fn decide(statement: Value, request: &Request) -> Decision {
    evaluate(&policies(statement), request).decision
}

fn request(action: &str, resource: &str) -> Request {
    Request::new(action, resource).complete()
}

/// Whether a statement with this condition allows a request with these keys.
fn holds(condition: Value, context: &[(&str, &[&str])]) -> bool {
    let mut request = request("iam:GetRole", SLR);
    for (key, values) in context {
        request.context.insert((*key).to_owned(), values.iter().map(|v| (*v).to_owned()).collect());
    }
    let statement = allow(json!({"Action": "*", "Resource": "*", "Condition": condition}));
    decide(statement, &request) == Decision::Allowed
}

#[test]
fn documents_are_percent_decoded_and_a_plus_stays_a_plus() {
    // E-01
    let encoded = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22iam%3A%2A%22%2C\
                   %22Resource%22%3A%22arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa+b%22%7D%7D";
    let document = Document::parse(encoded).unwrap();
    let resources = ResourceBlock::Only(vec!["arn:aws:iam::1:role/a+b".to_owned()]);
    assert_eq!(document.statements[0].resource, Some(resources));
    let plain = r#" {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a%20b"}} "#;
    let resources = ResourceBlock::Only(vec!["arn:aws:s3:::a%20b".to_owned()]);
    assert_eq!(Document::parse(plain).unwrap().statements[0].resource, Some(resources));
}

#[test]
fn one_or_a_list_is_the_same_and_numbers_need_no_quotes() {
    // E-02
    let one = json!({"Statement": {"Effect": "Allow", "Action": "a:B", "Resource": "*",
        "Condition": {"Bool": {"aws:ViaAWSService": false}, "NumericLessThan": {"x:y": 5}}}});
    let list = json!({"Statement": [{"Effect": "Allow", "Action": ["a:B"], "Resource": ["*"],
        "Condition": {"Bool": {"aws:ViaAWSService": ["false"]}, "NumericLessThan": {"x:y": ["5"]}}}]});
    let (one, list) = (Document::from_json(one).unwrap(), Document::from_json(list).unwrap());
    assert_eq!(one.statements[0].conditions, list.statements[0].conditions);
    assert_eq!(one.statements[0].action, list.statements[0].action);
    let wrong = Document::from_json(json!({"Statement": [{"Effect": "allow", "Action": "a:B", "Resource": "*"}]}));
    let message = wrong.unwrap_err().to_string();
    assert_eq!(message, "statement 0 of the policy document has the Effect \"allow\": expected \"Allow\" or \"Deny\"");
}

#[test]
fn actions_have_no_case_and_wildcards_but_not_for_the_service() {
    // E-03
    for (pattern, matches) in [
        ("iam:CreateServiceLinkedRole", true),
        ("IAM:createservicelinkedrole", true),
        ("iam:Create*", true),
        ("iam:*Linked*", true),
        ("iam:CreateServiceLinkedRol?", true),
        ("iam:CreateServiceLinkedRole?", false),
        ("iam:Create", false),
        ("*", true),
        ("i*:CreateServiceLinkedRole", false),
        ("ia?:*", false),
        ("iam", false),
    ] {
        let statement = allow(json!({"Action": pattern, "Resource": "*"}));
        let expected = if matches { Decision::Allowed } else { Decision::ImplicitDeny };
        assert_eq!(decide(statement, &request("iam:CreateServiceLinkedRole", SLR)), expected, "{pattern}");
    }
    // Documented nowhere: whether it allows or denies, no promise is made.
    for effect in ["Allow", "Deny"] {
        let unclear = json!({"Effect": effect, "Action": "*:*", "Resource": "*"});
        let statements = json!([allow(json!({"Action": "iam:*", "Resource": "*"})), unclear]);
        let expected = if effect == "Allow" { Decision::Allowed } else { Decision::Unknown };
        assert_eq!(decide(statements, &request("iam:CreateServiceLinkedRole", SLR)), expected);
        let expected = if effect == "Allow" { Decision::Unknown } else { Decision::ImplicitDeny };
        assert_eq!(decide(json!([unclear]), &request("ecs:ListServices", "*")), expected);
    }
}

#[test]
fn a_wildcard_in_the_type_of_a_resource_promises_nothing_and_a_short_arn_is_completed() {
    // E-03
    let on = |element: &str, pattern: &str, resource: &str| {
        let mut statement = allow(json!({"Action": "*"}));
        statement[element] = pattern.into();
        decide(statement, &request("x:Y", resource))
    };
    let queue = "arn:aws:sqs:eu-west-1:111122223333:queue";
    for (pattern, resource, expected) in [
        ("arn:aws:iam::111122223333:r*", SLR, Decision::Unknown),
        ("arn:aws:iam::111122223333:*/*", SLR, Decision::Unknown),
        ("arn:aws:iam::111122223333:u*", SLR, Decision::ImplicitDeny),
        ("arn:aws:iam::111122223333:*", SLR, Decision::Allowed),
        ("arn:aws:iam:*", SLR, Decision::Allowed),
        ("arn:aws:iam", SLR, Decision::Allowed),
        ("arn:aws:sqs", queue, Decision::Allowed),
        ("arn:aws:sqs:eu-west-1", queue, Decision::Allowed),
        ("arn:aws:sqs:us-east-1", queue, Decision::ImplicitDeny),
        ("arn:aws:iam", queue, Decision::ImplicitDeny),
        ("arn:aws:s3:::b*/x", "arn:aws:s3:::bucket/x", Decision::Allowed),
    ] {
        assert_eq!(on("Resource", pattern, resource), expected, "{pattern}");
        let opposite = match expected {
            Decision::Allowed => Decision::ImplicitDeny,
            Decision::ImplicitDeny => Decision::Allowed,
            other => other,
        };
        assert_eq!(on("NotResource", pattern, resource), opposite, "not {pattern}");
    }
}

#[test]
fn resources_have_case_and_a_star_crosses_slashes_but_not_for_the_service() {
    // E-03
    for (pattern, matches) in [
        (SLR, true),
        ("*", true),
        ("arn:aws:iam::*:role/*", true),
        ("arn:aws:iam::111122223333:role/*/X", true),
        ("arn:*:iam::111122223333:role/*", true),
        ("arn:aws:iam::111122223333:role/X", false),
        ("arn:aws:iam::111122223333:Role/*", false),
        ("arn:aws:i*m::111122223333:role/*", false),
        ("arn:aws:*:*:*:*", false),
        ("arn:aws:iam::111122223333:role/?ws-service-role/*", true),
    ] {
        let statement = allow(json!({"Action": "iam:GetRole", "Resource": pattern}));
        let expected = if matches { Decision::Allowed } else { Decision::ImplicitDeny };
        assert_eq!(decide(statement, &request("iam:GetRole", SLR)), expected, "{pattern}");
    }
}

#[test]
fn not_action_and_not_resource_are_everything_else_for_allow_and_deny() {
    // E-04
    let (of_iam, of_ecs) = (request("iam:GetRole", SLR), request("ecs:UpdateService", "arn:aws:ecs:r:1:service/a/b"));
    let not_iam = allow(json!({"NotAction": "iam:*", "Resource": "*"}));
    assert_eq!(decide(not_iam.clone(), &of_iam), Decision::ImplicitDeny);
    assert_eq!(decide(not_iam, &of_ecs), Decision::Allowed);
    let not_roles = allow(json!({"Action": "*", "NotResource": "arn:aws:iam::*:role/*"}));
    assert_eq!(decide(not_roles.clone(), &of_iam), Decision::ImplicitDeny);
    assert_eq!(decide(not_roles, &of_ecs), Decision::Allowed);
    let all_but = json!([allow(json!({"Action": "*", "Resource": "*"})),
        {"Effect": "Deny", "NotAction": ["iam:*"], "Resource": "*"}]);
    assert_eq!(decide(all_but.clone(), &of_iam), Decision::Allowed);
    assert_eq!(decide(all_but, &of_ecs), Decision::ExplicitDeny);
}

#[test]
fn operators_and_keys_are_anded_and_values_ored() {
    // E-05
    let context: &[(&str, &[&str])] = &[("a:one", &["1"]), ("a:two", &["2"])];
    assert!(holds(json!({"StringEquals": {"a:one": ["0", "1"], "A:TWO": "2"}}), context));
    assert!(!holds(json!({"StringEquals": {"a:one": "1", "a:two": "1"}}), context));
    assert!(!holds(json!({"StringEquals": {"a:one": "1"}, "StringLike": {"a:two": "1*"}}), context));
    // Of a negated operator, none may match.
    assert!(!holds(json!({"StringNotEquals": {"a:one": ["0", "1"]}}), context));
    assert!(holds(json!({"StringNotEquals": {"a:one": ["0", "2"]}}), context));
}

#[test]
fn strings_are_compared_as_their_operator_says() {
    // E-05
    let key: &[(&str, &[&str])] = &[("iam:AWSServiceName", &["ecs.application-autoscaling.amazonaws.com"])];
    for (operator, value, expected) in [
        ("StringEquals", "ecs.application-autoscaling.amazonaws.com", true),
        ("StringEquals", "ECS.application-autoscaling.amazonaws.com", false),
        ("StringEquals", "*.application-autoscaling.amazonaws.com", false),
        ("StringLike", "*.application-autoscaling.amazonaws.com", true),
        ("StringLike", "ec?.*", true),
        ("StringLike", "ECS.*", false),
        ("StringEqualsIgnoreCase", "ECS.Application-autoscaling.amazonaws.com", true),
        ("StringNotLike", "*.amazonaws.com", false),
        ("StringNotEqualsIgnoreCase", "ecs", true),
        ("stringequals", "ecs.application-autoscaling.amazonaws.com", true),
    ] {
        assert_eq!(holds(json!({operator: {"iam:awsservicename": value}}), key), expected, "{operator} {value}");
    }
}

#[test]
fn arns_are_compared_part_by_part_and_equals_is_like() {
    // E-05
    let key: &[(&str, &[&str])] = &[("ecs:cluster", &["arn:aws:ecs:eu-west-1:111122223333:cluster/a:b/c"])];
    for (value, expected) in [
        ("arn:aws:ecs:*:111122223333:cluster/*", true),
        ("arn:aws:ecs:eu-west-1:*:cluster/a:?/c", true),
        ("arn:aws:ecs:*:cluster/*", false), // five parts
        ("arn:aws:s3:*", false),
        ("arn:aws:ecs:us-*:111122223333:cluster/*", false),
    ] {
        assert_eq!(holds(json!({"ArnEquals": {"ecs:cluster": value}}), key), expected, "{value}");
        assert_eq!(holds(json!({"ArnLike": {"ecs:cluster": value}}), key), expected, "{value}");
        assert_eq!(holds(json!({"ArnNotLike": {"ecs:cluster": value}}), key), !expected, "{value}");
    }
    // AWS documents six parts, and nothing of fewer: neither operator is sure to hold.
    for short in ["*", "arn:*", "arn:aws:ecs:*"] {
        assert!(!holds(json!({"ArnLike": {"ecs:cluster": short}}), key), "{short}");
        assert!(!holds(json!({"ArnNotLike": {"ecs:cluster": short}}), key), "{short}");
    }
}

#[test]
fn numbers_dates_booleans_and_networks_are_compared_as_such() {
    // E-05
    for (operator, value, of_request, expected) in [
        ("NumericEquals", "10", "10.0", true),
        ("NumericNotEquals", "10", "11", true),
        ("NumericLessThan", "10", "9", true),
        ("NumericLessThanEquals", "10", "10", true),
        ("NumericGreaterThan", "10", "9", false),
        ("NumericGreaterThanEquals", "10", "x", false),
        ("DateLessThan", "2026-01-02T00:00:00Z", "2026-01-01T23:59:59Z", true),
        ("DateGreaterThanEquals", "2026-01-02", "2026-01-02T01:00:00+01:00", true),
        ("DateEquals", "1767312000", "2026-01-02T00:00:00Z", true),
        ("DateNotEquals", "2026-01-02", "2026-01-03", true),
        ("Bool", "true", "TRUE", true),
        ("Bool", "false", "true", false),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", true),
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", true),
        ("IpAddress", "203.0.113.7", "203.0.113.8", false),
        ("IpAddress", "0.0.0.0/0", "203.0.113.7", true),
        ("IpAddress", "2001:db8::/32", "2001:db8:1::1", true),
        ("IpAddress", "2001:db8::/32", "203.0.113.7", false),
        ("IpAddress", "203.0.113.0/33", "203.0.113.0", false),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", true),
    ] {
        assert_eq!(holds(json!({operator: {"k": value}}), &[("k", &[of_request])]), expected, "{operator} {value}");
    }
}

#[test]
fn an_absent_key_is_false_for_positive_true_for_negated_and_tested_by_null() {
    // E-05
    for (operator, value, expected) in [
        ("StringEquals", "x", false),
        ("StringNotEquals", "x", true),
        ("StringEqualsIfExists", "x", true),
        ("ArnLike", "*", false),
        ("ArnNotLike", "*", true),
        ("Bool", "false", false),
        ("NumericLessThanIfExists", "1", true),
        ("Null", "true", true),
        ("Null", "false", false),
        ("ForAnyValue:StringEquals", "x", false),
        ("ForAnyValue:StringNotEquals", "x", false),
        ("ForAllValues:StringEquals", "x", true),
    ] {
        assert_eq!(holds(json!({operator: {"k": value}}), &[]), expected, "{operator}");
        assert_eq!(holds(json!({operator: {"k": value}}), &[("k", &[])]), expected, "{operator}, empty");
    }
    assert!(holds(json!({"Null": {"k": "false"}}), &[("k", &["v"])]));
}

#[test]
fn set_operators_look_at_one_or_at_each_value() {
    // E-05
    let both: &[(&str, &[&str])] = &[("aws:TagKeys", &["a", "b"])];
    assert!(holds(json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["b", "c"]}}), both));
    assert!(!holds(json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["b", "c"]}}), both));
    assert!(holds(json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}}), both));
    assert!(holds(json!({"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}}), both));
    assert!(!holds(json!({"ForAllValues:StringNotEquals": {"aws:TagKeys": "a"}}), both));
    let single: &[(&str, &[&str])] = &[("iam:AWSServiceName", &["x.amazonaws.com"])];
    assert!(holds(json!({"ForAnyValue:StringLike": {"iam:AWSServiceName": "x.*"}}), single));
    // An empty text is no value, though one among others is.
    let empty: &[(&str, &[&str])] = &[("aws:TagKeys", &[""])];
    assert!(holds(json!({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}), empty));
    assert!(!holds(json!({"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}}), empty));
    assert!(!holds(json!({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}), &[("aws:TagKeys", &["", "a"])]));
    assert!(holds(json!({"StringNotEquals": {"aws:TagKeys": "a"}}), empty));
    // Of an absent key AWS says true for IfExists and false for ForAnyValue: not sure to hold, nor to fail.
    let both = json!({"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "a"}});
    let denied = json!([{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": both}]);
    let allowed = allow(json!({"Action": "*", "Resource": "*", "Condition": both}));
    assert_eq!(decide(allowed.clone(), &request("iam:GetRole", SLR)), Decision::Unknown);
    let all = allow(json!({"Action": "*", "Resource": "*"}));
    assert_eq!(decide(json!([denied[0], all]), &request("iam:GetRole", SLR)), Decision::Unknown);
}

#[test]
fn variables_need_the_version_and_an_unresolved_one_matches_nothing() {
    // E-06
    let asked = request("s3:GetObject", "arn:aws:s3:::b/bob").with("aws:username", "bob").with("aws:star", "b*");
    let statement = |resource: &str| allow(json!({"Action": "s3:*", "Resource": resource}));
    let decide_in = |version: Value, resource: &str| {
        let json = json!({"Version": version, "Statement": statement(resource)});
        let document = Document::from_json(json).unwrap();
        let policies = PrincipalPolicies { identity: vec![NamedPolicy::new("p", document)], boundary: None };
        evaluate(&policies, &asked).decision
    };
    let now = json!("2012-10-17");
    assert_eq!(decide_in(now.clone(), "arn:aws:s3:::b/${aws:UserName}"), Decision::Allowed);
    assert_eq!(decide_in(json!("2008-10-17"), "arn:aws:s3:::b/${aws:username}"), Decision::ImplicitDeny);
    assert_eq!(decide_in(Value::Null, "arn:aws:s3:::b/${aws:username}"), Decision::ImplicitDeny);
    assert_eq!(decide_in(now.clone(), "arn:aws:s3:::b/${aws:absent}*"), Decision::ImplicitDeny);
    assert_eq!(decide_in(now.clone(), "arn:aws:s3:::b/${aws:absent, 'bob'}"), Decision::Allowed);
    // The user guide lets a variable stand behind the fifth colon only; AWS's own AmazonTimestreamInfluxDBServiceRolePolicy
    // has one for the account.
    let account = |place: &str| {
        let statement = allow(json!({"Action": "*", "Resource": format!("arn:aws:iam::{place}:role/*")}));
        decide(statement, &request("iam:GetRole", SLR).with("aws:PrincipalAccount", "111122223333"))
    };
    assert_eq!(account("${aws:PrincipalAccount}"), Decision::Allowed);
    assert_eq!(account("${aws:username}"), Decision::ImplicitDeny);
    // What a variable holds is literal, and so are the escapes.
    assert_eq!(decide_in(now.clone(), "arn:aws:s3:::b/${aws:star}"), Decision::ImplicitDeny);
    assert_eq!(decide_in(now.clone(), "arn:aws:s3:::b/${*}"), Decision::ImplicitDeny);
    assert_eq!(decide_in(now, "arn:aws:s3:::?/${aws:username}"), Decision::Allowed);
    assert!(holds(json!({"StringEquals": {"k": "a${*}${?}${$}"}}), &[("k", &["a*?$"])]));
    assert!(holds(json!({"StringLike": {"k": "${j}*"}}), &[("k", &["*xy"]), ("j", &["*x"])]));
}

#[test]
fn many_variables_of_long_values_take_no_time() {
    // E-06; filled in, they would be 64 GiB.
    let many = "${k}".repeat(1 << 16);
    let asked = request("iam:GetRole", SLR).with("k", "x".repeat(1 << 20));
    let resource = format!("arn:aws:iam::111122223333:role/{many}");
    assert_eq!(decide(allow(json!({"Action": "*", "Resource": resource})), &asked), Decision::ImplicitDeny);
    let condition = json!({"StringNotEquals": {"j": many}});
    let statement = allow(json!({"Action": "*", "Resource": "*", "Condition": condition}));
    assert_eq!(decide(statement, &asked.with("j", "x")), Decision::Allowed);
}

#[test]
fn calls_to_iam_are_asked_for_in_the_partitions_own_region() {
    // E-07
    let statement = allow(json!({"Action": "iam:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": "ap-northeast-2"}}}));
    let asked = request("iam:GetRole", SLR).with("aws:RequestedRegion", requested_region_of_iam("aws"));
    assert_eq!(decide(statement, &asked), Decision::ImplicitDeny);
    assert_eq!(requested_region_of_iam("aws-cn"), "cn-north-1");
    assert_eq!(requested_region_of_iam("aws-us-gov"), "us-gov-west-1");
}

#[test]
fn of_a_forwarded_call_it_is_unknown_where_it_comes_from() {
    // E-08
    let from_home = |key: &str| {
        allow(json!({"Action": "ecs:UpdateService", "Resource": "*",
            "Condition": {"IpAddress": {key: "203.0.113.0/24"}}}))
    };
    let direct = request("ecs:UpdateService", "*").with("aws:SourceIp", "203.0.113.7");
    assert_eq!(decide(from_home("aws:SourceIp"), &direct), Decision::Allowed);
    assert_eq!(decide(from_home("aws:sourceip"), &direct.clone().forwarded()), Decision::Unknown);
    let not_via = json!([allow(json!({"Action": "*", "Resource": "*"})), {"Effect": "Deny", "Action": "*",
        "Resource": "*", "Condition": {"Bool": {"aws:ViaAWSService": "true"}}}]);
    assert_eq!(decide(not_via, &direct.forwarded()), Decision::ExplicitDeny);
}

#[test]
fn a_deny_anywhere_wins_and_the_boundary_must_allow_too() {
    // E-09
    let everything = allow(json!({"Action": "*", "Resource": "*"}));
    let asked = request("iam:GetRole", SLR);
    let mut all = policies(everything.clone());
    assert_eq!(evaluate(&all, &asked).decision, Decision::Allowed);
    all.boundary = Some(NamedPolicy::new("fence", document(allow(json!({"Action": "ecs:*", "Resource": "*"})))));
    let stopped = evaluate(&all, &asked);
    assert_eq!((stopped.decision, stopped.stopped_by_boundary), (Decision::ImplicitDeny, true));
    all.boundary = Some(NamedPolicy::new("fence", document(everything)));
    assert_eq!(evaluate(&all, &asked).decision, Decision::Allowed);
    let deny = json!([{"Sid": "No", "Effect": "Deny", "Action": "iam:Get*", "Resource": "*"}]);
    all.identity.push(NamedPolicy::new("q", document(deny)));
    let denied = evaluate(&all, &asked);
    assert_eq!(denied.decision, Decision::ExplicitDeny);
    let place = StatementRef { policy: "q".to_owned(), in_boundary: false, sid: Some("No".to_owned()), index: 0 };
    assert_eq!(denied.matched, vec![place]);
}

#[test]
fn only_the_default_version_counts() {
    // E-09
    let mut policy = NamedPolicy::new("p", document(json!([])));
    policy.other_versions.push(("v3".to_owned(), document(allow(json!({"Action": "*", "Resource": "*"})))));
    let policies = PrincipalPolicies { identity: vec![policy], boundary: None };
    assert_eq!(evaluate(&policies, &request("iam:GetRole", SLR)).decision, Decision::ImplicitDeny);
}

#[test]
fn an_unknown_key_makes_the_decision_unknown_only_where_it_matters() {
    let conditional = allow(json!({"Action": "iam:*", "Resource": "*", "Condition": {"Bool": {"aws:MfaAge": "true"}}}));
    let asked = Request::new("iam:GetRole", SLR);
    let unknown = evaluate(&policies(conditional.clone()), &asked);
    assert_eq!(unknown.decision, Decision::Unknown);
    assert_eq!(unknown.missing_keys.into_iter().collect::<Vec<_>>(), vec!["aws:MfaAge"]);
    assert_eq!(decide(conditional.clone(), &Request::new("ecs:ListServices", "*")), Decision::ImplicitDeny);
    let beside = json!([conditional, allow(json!({"Action": "iam:GetRole", "Resource": "*"}))]);
    assert_eq!(decide(beside, &asked), Decision::Allowed);
    let tagged = allow(json!({"Action": "iam:*", "Resource": "arn:aws:iam::111122223333:role/${aws:x, 'y'}"}));
    assert_eq!(decide(tagged, &asked), Decision::Unknown);
}

#[test]
fn what_iam_would_refuse_is_refused_with_its_place() {
    for (statement, problem) in [
        (json!({"Effect": "Allow", "Resource": "*"}), "has neither Action nor NotAction"),
        (json!({"Effect": "Allow", "Action": "a:B"}), "has neither Resource nor NotResource"),
        (
            json!({"Effect": "Allow", "Action": "a:B", "NotAction": "a:C", "Resource": "*"}),
            "has both Action and NotAction",
        ),
        (
            json!({"Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": {"StringIs": {"k": "v"}}}),
            "has the unknown condition operator \"StringIs\"",
        ),
        (json!("x"), "is not an object"),
    ] {
        let error = Document::from_json(json!({"Statement": [statement]})).unwrap_err();
        assert_eq!(error, DocumentError::Statement { index: 0, problem: problem.to_owned() });
    }
    assert_eq!(Document::parse("{}").unwrap_err(), DocumentError::NoStatement);
    assert!(matches!(Document::parse("%7B"), Err(DocumentError::NotJson(_))));
}

#[test]
fn a_key_that_is_known_to_be_absent_is_not_unknown() {
    let statement = allow(json!({"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"ns:Key": "ecs"}}}));
    let asked = Request::new("application-autoscaling:DescribeScalableTargets", "*");
    assert_eq!(decide(statement.clone(), &asked), Decision::Unknown);
    assert_eq!(decide(statement, &asked.without("NS:key")), Decision::ImplicitDeny);
}

/// Where an independent evaluator (`@cloud-copilot/iam-simulate`) decides otherwise, AWS's documentation was asked. The list
/// is what `make oracles` compares by: a difference of no kind in it fails there.
#[test]
fn where_evaluators_differ_the_documentation_decides() {
    let kinds: Value = serde_json::from_str(include_str!("../../../tests/oracles/iam-differences.json")).unwrap();
    let named = |json: &Value| NamedPolicy::new("p", Document::from_json(json.clone()).unwrap());
    for kind in kinds.as_array().unwrap() {
        assert!(kind["page"].as_str().unwrap().len() > 20 && kind["says"].as_str().unwrap().len() > 40, "{kind}");
        for sample in kind["cases"].as_array().unwrap() {
            let case = &sample["case"];
            let policies = PrincipalPolicies {
                identity: case["identity"].as_array().unwrap().iter().map(named).collect(),
                boundary: case["boundary"].as_object().map(|_| named(&case["boundary"])),
            };
            let mut asked = request(case["action"].as_str().unwrap(), case["resource"].as_str().unwrap());
            asked.context = serde_json::from_value(case["context"].clone()).unwrap();
            let decision = evaluate(&policies, &asked).decision;
            assert_eq!(decision.as_str(), sample["decision"], "{}: {sample}", kind["kind"]);
        }
    }
}

#[test]
fn what_a_variable_or_a_wildcard_stands_for_is_the_same_in_not_resource() {
    let on = |element: &str, pattern: &str| {
        let mut statement = allow(json!({"Action": "*"}));
        statement[element] = pattern.into();
        statement
    };
    let put = request("cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:T*x");
    // E-03: `*` at the end of a part goes beyond the colon, so that `arn:aws:ecs:*` is every resource of ECS, and
    // NotResource with it every other.
    assert_eq!(decide(on("NotResource", "arn:aws:ecs:*"), &put), Decision::Allowed);
    // E-06: an escape is a character.
    assert_eq!(decide(on("NotResource", "arn:aws:cloudwatch:*:*:alarm:T${*}*"), &put), Decision::ImplicitDeny);
    // E-06: what has no value matches nothing, so that NotResource leaves nothing out.
    assert_eq!(decide(on("NotResource", "arn:aws:cloudwatch:*:*:alarm:${aws:absent}*"), &put), Decision::Allowed);
    // E-06: a variable without a value is null: nothing equals it, and negated operators match.
    assert!(holds(json!({"StringNotEquals": {"k": "${aws:absent}"}}), &[("k", &["v"])]));
    assert!(!holds(json!({"StringEquals": {"k": "${aws:absent}"}}), &[("k", &["v"])]));
    // E-05: of NotIpAddress, none may match.
    assert!(!holds(json!({"NotIpAddress": {"k": ["0.0.0.0/0", "203.0.113.7"]}}), &[("k", &["198.51.100.1"])]));
}

mod properties;
