use serde_json::Value;

use super::*;

const CORPUS: &str = include_str!("../../../tests/data/iam-errors.jsonl");

fn corpus() -> Vec<Value> {
    CORPUS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn parse_row(row: &Value, message: &str) -> Value {
    let text = |key: &str| row[key].as_str();
    let status = row["http_status"].as_u64().map(|status| status as u16);
    snake(&parse(text("service").unwrap(), text("operation").unwrap(), text("code"), status, message))
}

/// The reply as the corpus spells it.
fn snake(reply: &Reply) -> Value {
    let Value::Object(fields) = serde_json::to_value(reply).unwrap() else { panic!("a reply is an object") };
    let spelled = |key: String| {
        key.chars().fold(String::new(), |mut out, c| {
            if c.is_ascii_uppercase() {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
            out
        })
    };
    fields.into_iter().map(|(key, value)| (spelled(key), value)).collect()
}

/// What `expect` says; what it does not name must be null.
fn expected(row: &Value) -> Value {
    let mut all = snake(&Reply::of(ReplyKind::NotPermission));
    for (key, value) in row["expect"].as_object().unwrap() {
        assert!(all.get(key).is_some(), "no field {key}");
        all[key] = value.clone();
    }
    all
}

#[test]
fn each_observed_reply_gives_exactly_what_is_expected() {
    let rows = corpus();
    assert_eq!(rows.len(), 80);
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(parse_row(row, row["message"].as_str().unwrap()), expected(row), "line {}", i + 1);
    }
}

#[test]
fn what_surrounds_a_message_makes_no_difference() {
    type Wrap = fn(&Value, &str) -> String;
    let wraps: &[(&str, Wrap)] = &[
        ("botocore", |row, m| {
            let code = row["code"].as_str().unwrap_or("Unknown");
            format!("An error occurred ({code}) when calling the {} operation: {m}", row["operation"].as_str().unwrap())
        }),
        ("go v2", |row, m| {
            let code = row["code"].as_str().unwrap_or("Unknown");
            format!(
                "operation error X: Y, https response error StatusCode: 400, RequestID: 1-2-3, api error {code}: {m}"
            )
        }),
        ("go v1", |row, m| {
            format!("{}: {m}\n\tstatus code: 400, request id: 1-2-3", row["code"].as_str().unwrap_or("Unknown"))
        }),
        ("java", |_, m| format!("{m} (Service: AmazonX; Status Code: 400; Request ID: 1-2-3; Proxy: null)")),
        ("cloudformation", |_, m| {
            format!("Resource handler returned message: \"{m}\" (RequestToken: 1-2-3, HandlerErrorCode: AccessDenied)")
        }),
        ("rust", |row, m| {
            let code = row["code"].as_str().unwrap_or("Unknown");
            format!(
                "service error: unhandled error ({code}): Error {{ code: {code:?}, message: {m:?}, aws_request_id: \"1-2-3\" }}"
            )
        }),
        ("json", |row, m| {
            serde_json::json!({"__type": row["code"].as_str().unwrap_or("Unknown"), "message": m}).to_string()
        }),
        ("xml", |_, m| format!("<Error><Code>x</Code><Message>{m}</Message><RequestId>1-2-3</RequestId></Error>")),
        ("line breaks", |_, m| m.replace(' ', "\n")),
        ("indented", |_, m| m.replace(' ', "\r\n    ")),
        ("spaces", |_, m| format!("   {}  ", m.replace(' ', "  "))),
    ];
    for (name, wrap) in wraps {
        for (i, row) in corpus().iter().enumerate() {
            let message = wrap(row, row["message"].as_str().unwrap());
            assert_eq!(parse_row(row, &message), expected(row), "{name}, line {}: {message}", i + 1);
        }
    }
}

/// AWS's words for each kind of policy, those of other texts of AWS included.
const POLICY_WORDS: &[(&str, PolicyType)] = &[
    ("identity-based policy", PolicyType::Identity),
    ("resource-based policy", PolicyType::Resource),
    ("service control policy", PolicyType::Scp),
    ("resource control policy", PolicyType::Rcp),
    ("permissions boundary", PolicyType::PermissionsBoundary),
    ("permissions boundary policy", PolicyType::PermissionsBoundary),
    ("session policy", PolicyType::Session),
    ("sessions policy", PolicyType::Session),
    ("VPC endpoint policy", PolicyType::VpcEndpoint),
    ("role trust policy", PolicyType::RoleTrust),
    ("Identity based policy", PolicyType::Identity),
    ("SCP", PolicyType::Scp),
    ("permission boundary", PolicyType::PermissionsBoundary),
];

const ACTIONS: &[&str] = &[
    "application-autoscaling:RegisterScalableTarget",
    "application-autoscaling:PutScalingPolicy",
    "application-autoscaling:DescribeScalableTargets",
    "ecs:DescribeServices",
    "cloudwatch:PutMetricAlarm",
    "iam:CreateServiceLinkedRole",
    "iam:GetRole",
    "sts:AssumeRole",
];

const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:",
    "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:CPU too high (prod)",
    "arn:aws-cn:ecs:cn-north-1:111122223333:service/B/search-api",
    "arn:aws-us-gov:iam::111122223333:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/X",
    "role search-test-role",
    "policy arn:aws:iam::111122223333:policy/x",
    "instance profile web",
];

const PRINCIPALS: &[&str] = &[
    "arn:aws:iam::111122223333:user/first.last@example.com",
    "arn:aws-cn:sts::111122223333:assumed-role/search-test-role/ecs-scaling",
    "arn:aws-us-gov:iam::111122223333:role/ops/HR",
    "arn:aws:sts::111122223333:federated-user/bob",
];

fn facts(message: &str) -> Reply {
    parse("ecs", "X", Some("AccessDeniedException"), Some(400), message)
}

#[test]
fn the_phrase_family_is_read_for_every_action_resource_and_kind_of_policy() {
    for action in ACTIONS {
        for (i, resource) in RESOURCES.iter().enumerate() {
            let principal = PRINCIPALS[i % PRINCIPALS.len()];
            for (words, policy_type) in POLICY_WORDS {
                let start = format!("User: {principal} is not authorized to perform: {action}");
                let on = format!("on resource: {resource}");
                let refused = Reply {
                    principal: Some(principal.to_owned()),
                    action: Some((*action).to_owned()),
                    resource: Some((*resource).to_owned()),
                    policy_type: Some(*policy_type),
                    ..Reply::of(ReplyKind::AccessDenied)
                };
                let none_allows = Reply { explicit_deny: Some(false), ..refused.clone() };
                let denies = Reply { explicit_deny: Some(true), ..refused };
                let no = format!("because no {words} allows the {action} action");
                let deny = format!("with an explicit deny in a {words}");
                assert_eq!(facts(&format!("{start} {on} {no}")), none_allows);
                assert_eq!(facts(&format!("{start} {no} {on}.")), none_allows);
                assert_eq!(facts(&format!("{start} {on} {deny}")), denies);
                assert_eq!(facts(&format!("{start} {deny} {on}")), denies);
                let policy = "arn:aws:iam::111122223333:policy/Session-vpc";
                let named = Reply { policy_arn: Some(policy.to_owned()), ..denies };
                assert_eq!(facts(&format!("{start} {on} {deny}: {policy}.")), named);
                assert_eq!(facts(&format!("{start} {on}\n{deny}: {policy} (Service: Iam; Status Code: 403)")), named);
            }
        }
    }
}

#[test]
fn unseen_wordings_of_the_family_come_out_right() {
    let principal = "arn:aws:sts::111122223333:assumed-role/ops/me";
    let resource = "arn:aws:ecs:eu-west-1:111122223333:service/B/search-api";
    for message in [
        format!(
            "{principal} is not authorized to perform the action ecs:UpdateService on the resource {resource} because the identity-based policy does not allow it"
        ),
        format!(
            "User: “{principal}” is not authorized to perform: “ecs:UpdateService” on resource: “{resource}” because no identity-based policy allows the “ecs:UpdateService” action"
        ),
        format!(
            "User:   {principal}   is   not   authorized  to  perform:   ecs:UpdateService   on   resource:   {resource}   because   no   identity-based   policy   allows   it."
        ),
        format!(
            "user: {principal} IS NOT AUTHORIZED TO PERFORM: ecs:UpdateService ON RESOURCE: {resource} BECAUSE NO IDENTITY-BASED POLICY ALLOWS the action"
        ),
        format!(
            "Principal: {principal} isn\u{2019}t here. User: {principal} is not authorised to perform: ecs:UpdateService because no identity-based policies allow the ecs:UpdateService action on resource {resource}"
        ),
        format!(
            "Error: caused by: User: {principal} is not allowed to perform the following action: ecs:UpdateService on resources: '{resource}' because no identity-based policy allows it"
        ),
        format!(
            "User: {principal} is not authorized to perform:ecs:UpdateService on resource:{resource} because no identity-based policy allows the ecs:UpdateService action"
        ),
        format!(
            "{{\"message\": \"User: {principal} is not authorized to perform: ecs:UpdateService on resource: \\\"{resource}\\\"\\nbecause no identity-based policy allows it\"}}"
        ),
        format!(
            "Access denied: User {principal} does not have permission to perform ecs:UpdateService on {resource} because no identity-based policy allows it"
        ),
        format!(
            "User: {principal} isn’t authorized to perform: ecs:UpdateService on resource: {resource} because no identity-based policy allows it"
        ),
        format!(
            "{principal} is not authorized to perform: ecs:UpdateService on resource: {resource}, because there is no identity-based policy that allows the action (Request ID: 1-2)"
        ),
        "User: arn:aws:sts::111122223333:assumed-role/\nops/me is not authorized to perform: ecs:UpdateService on resource: arn:aws:ecs:eu-west-1:111122223333:service/\n  B/search-api because no identity-based policy allows the ecs:UpdateService action".to_owned(),
    ] {
        let expected = Reply {
            principal: Some(principal.to_owned()),
            action: Some("ecs:UpdateService".to_owned()),
            resource: Some(resource.to_owned()),
            policy_type: Some(PolicyType::Identity),
            explicit_deny: Some(false),
            ..Reply::of(ReplyKind::AccessDenied)
        };
        assert_eq!(facts(&message), expected, "{message}");
    }
}

#[test]
fn the_id_of_aws_own_troubleshooter_is_kept() {
    let message = "User: arn:aws:iam::111122223333:user/x is not authorized to perform: iam:GetRole on resource: role y \
        because no identity-based policy allows the iam:GetRole action. Go to https://us-east-1.console.aws.amazon.com/\
        iam/home?region=us-east-1#/authorization-details/0a1b2c for complete details, or call the \
        GetRequestAuthorizationDetails API with the following authorization id: 0a1b2c";
    let reply = facts(message);
    assert_eq!(reply.authorization_id.as_deref(), Some("0a1b2c"));
    assert_eq!((reply.resource.as_deref(), reply.policy_type), (Some("role y"), Some(PolicyType::Identity)));
    assert_eq!(
        facts(&message.replace(" because no identity-based policy allows the iam:GetRole action", "")).resource,
        reply.resource
    );
}

#[test]
fn a_refusal_inside_a_failed_resource_access_is_read() {
    let message = "Unable to retrieve alarms for scaling policy arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:\
        1:resource/ecs/service/c/s:policyName/p due to reason: User: arn:aws:sts::111122223333:assumed-role/r/s is not \
        authorized to perform: cloudwatch:DescribeAlarms (Service: AmazonCloudWatch; Status Code: 403; Error Code: \
        AccessDenied; Request ID: 1)";
    let reply = parse("application-autoscaling", "DescribeScalingPolicies", None, None, message);
    assert_eq!((reply.kind, reply.nested_code.as_deref()), (ReplyKind::ResourceAccessFailed, Some("AccessDenied")));
    // A line break in the code is wrapping, and never gets into what is shown.
    let wrapped = message.replace("AccessDenied", "Access\r\nDenied\nERROR forged").replace("; Request ID: 1", "");
    let reply = parse("application-autoscaling", "DescribeScalingPolicies", None, None, &wrapped);
    assert_eq!(reply.nested_code.as_deref(), Some("AccessDeniedERROR"));
    assert_eq!(reply.action.as_deref(), Some("cloudwatch:DescribeAlarms"));
    assert_eq!(reply.principal.as_deref(), Some("arn:aws:sts::111122223333:assumed-role/r/s"));
}

#[test]
fn a_bare_code_or_status_is_understood_where_the_text_says_nothing() {
    let kind = |service, code, status, message| parse(service, "X", code, status, message).kind;
    assert_eq!(kind("ecs", Some("ExpiredTokenException"), None, ""), ReplyKind::ExpiredCredentials);
    assert_eq!(kind("ecs", None, None, "Failed: (UnrecognizedClientException)"), ReplyKind::InvalidCredentials);
    assert_eq!(kind("iam", None, Some(403), "Forbidden"), ReplyKind::AccessDenied);
    assert_eq!(kind("ecs", Some("com.amazonaws#ThrottlingException"), None, "x"), ReplyKind::Throttled);
    assert_eq!(
        kind("ecs", Some("ClusterNotFoundException"), Some(400), "Cluster not found."),
        ReplyKind::NotPermission
    );
}

#[test]
fn missing_permissions_are_read_bracketed_wrapped_and_with_and() {
    let read = |list: &str| facts(&format!("User is missing the following permissions: {list}")).missing_permissions;
    let wanted = Some(vec!["ecs:DescribeServices".to_owned(), "cloudwatch:PutMetricAlarm".to_owned()]);
    for list in [
        "ecs:DescribeServices, cloudwatch:PutMetricAlarm",
        "[ecs:DescribeServices, cloudwatch:PutMetricAlarm]",
        "ecs:DescribeServices,cloudwatch:PutMetricAlarm (Service: X; Status Code: 400)",
        "ecs:DescribeServices and\n  cloudwatch:PutMetricAlarm.",
        "\n- ecs:DescribeServices\n- cloudwatch:PutMetricAlarm\n",
    ] {
        assert_eq!(read(list), wanted, "{list}");
    }
}

#[test]
fn what_a_terminal_would_obey_is_shown_instead() {
    assert_eq!(sanitise("a\u{1b}[2Jb\r\nc\u{7f}\u{9b}\u{202e}d\tü"), "a\\u{1b}[2Jb\\r\\nc\\u{7f}\\u{9b}\\u{202e}d\\tü");
    let reply = facts("User: arn:aws:iam::1:user/\u{1b}[31mx is not authorized to perform: ecs:A on resource: \u{7}b");
    assert_eq!(reply.principal.as_deref(), Some("arn:aws:iam::1:user/\\u{1b}[31mx"));
    assert_eq!(reply.resource.as_deref(), Some("\\u{7}b"));
}

#[test]
fn reading_takes_linear_time() {
    let pieces = [
        "User: arn:aws:iam::1:user/x is not authorized to perform: ",
        "arn:",
        "on resource: (((",
        "explicit deny ",
        ")",
        "because ",
        "\n",
        "missing the following permissions: a:b ",
        "with an ",
        "is not ",
        "role with name ",
        "Error Code: ",
        "\\n",
    ];
    let length = 1_000_000;
    for piece in pieces {
        for message in
            [piece.repeat(length / piece.len()), format!("{}{}", pieces[0], piece.repeat(length / piece.len()))]
        {
            // The whole list takes a second or two; were it quadratic, hours.
            assert!(facts(&message).kind.as_str().len() > 3);
        }
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn piece() -> impl Strategy<Value = String> {
        let words: Vec<&'static str> = [
            "User:",
            "is not",
            "authorized to perform:",
            "ecs:A",
            "on resource:",
            "arn:aws:iam::1:role/x",
            "because no",
            "service control policy",
            "allows",
            "explicit deny",
            "transitively through a",
            "\"",
            "'",
            "(",
            ")",
            "\n",
            ":",
            "missing the following permissions:",
            "Error Code:",
            "role with name",
            "cannot be found",
            "unable to assume",
            "ü",
            "ß",
            "İ",
        ]
        .to_vec();
        prop_oneof![proptest::sample::select(words).prop_map(str::to_owned), ".{0,6}"]
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_comes_out_safe(pieces in prop::collection::vec(piece(), 0..24), spaced: bool) {
            let message = pieces.join(if spaced { " " } else { "" });
            let reply = facts(&message);
            let shown = serde_json::to_value(&reply).unwrap();
            for text in shown.as_object().unwrap().values().filter_map(Value::as_str) {
                prop_assert_eq!(text, sanitise(text));
            }
            for action in reply.actions() {
                prop_assert!(action.contains(':'));
            }
        }
    }
}
