//! Cases: a request first, then statements made from it, so that each part of each is as likely to match as not.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::case::Case;

const REQUESTS: &[(&str, &str)] = &[
    ("ecs:UpdateService", "arn:aws:ecs:eu-west-1:111122223333:service/B/search-api"),
    ("iam:CreateServiceLinkedRole", "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/X"),
    ("cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:search/$out"),
    (
        "application-autoscaling:RegisterScalableTarget",
        "arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/0ec5",
    ),
    ("s3:GetObject", "arn:aws:s3:::state/search/a:b/$x"),
];

/// Keys by the type of their values, and values of each type, as a request and as a policy may hold them.
struct Typed {
    keys: &'static [&'static str],
    of_requests: &'static [&'static str],
    of_policies: &'static [&'static str],
    /// Where the two are known to differ: seldom, so that the cases are about the rest too.
    seldom: &'static [&'static str],
    operators: &'static [&'static str],
}

const TYPES: &[Typed] = &[
    Typed {
        keys: &["iam:AWSServiceName", "aws:PrincipalTag/team", "aws:TagKeys", "aws:username"],
        of_requests: &["search", "Search", "ops", "a*b", "ecs.amazonaws.com", "axb"],
        of_policies: &[
            "search",
            "SEARCH",
            "s*",
            "?ps",
            "*",
            "ops",
            "a*b",
            "a?b",
            "ecs.*.com",
            "ecs.amazonaws.com",
            "${aws:username}",
            "${aws:username, 'search'}",
            "${AWS:Username}*",
            "${aws:absent, 'ops'}",
        ],
        seldom: &["a${*}b", "${aws:absent}", "${?}", "${$}{x}"],
        operators: &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ],
    },
    Typed {
        keys: &["ecs:cluster", "aws:PrincipalArn"],
        of_requests: &[
            "arn:aws:ecs:eu-west-1:111122223333:cluster/B",
            "arn:aws:iam::111122223333:role/controller",
            "arn:aws:ecs:eu-west-1:111122223333:cluster/a:b/c",
        ],
        of_policies: &[
            "arn:aws:ecs:eu-west-1:111122223333:cluster/B",
            "arn:aws:ecs:*:111122223333:cluster/*",
            "arn:*:iam::*:role/c?ntroller",
            "arn:aws:ecs:*:*:cluster/a:*",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:ecs:eu-west-1:111122223333:cluster/${aws:absent, 'B'}",
            "arn:aws:ecs:*:*:*:*",
        ],
        seldom: &["arn:aws:ecs:*", "*", "arn:aws:ecs:eu-west-1:${aws:PrincipalAccount}:cluster/*"],
        operators: &["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "StringLike", "StringEquals"],
    },
    Typed {
        keys: &["aws:MultiFactorAuthAge", "s3:max-keys"],
        of_requests: &["0", "10", "3600", "10.5", "-1"],
        of_policies: &["0", "10", "3599", "3600", "10.50", "-2"],
        seldom: &[],
        operators: &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
    },
    Typed {
        keys: &["aws:CurrentTime", "aws:TokenIssueTime"],
        of_requests: &["2026-01-02T00:00:00Z", "2026-01-01T23:59:59Z", "2026-01-02T01:00:00+01:00"],
        of_policies: &["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-02"],
        seldom: &["1767312000"],
        operators: &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
    },
    Typed {
        keys: &["aws:SecureTransport", "aws:ViaAWSService"],
        of_requests: &["true", "false"],
        of_policies: &["true", "false", "True"],
        seldom: &[],
        operators: &["Bool"],
    },
    Typed {
        keys: &["aws:SourceIp"],
        of_requests: &["203.0.113.7", "198.51.100.1", "2001:db8::1"],
        of_policies: &["203.0.113.0/24", "203.0.113.7", "203.0.113.7/32", "2001:db8::/32", "198.51.100.0/31"],
        seldom: &["0.0.0.0/0"],
        operators: &["IpAddress", "NotIpAddress"],
    },
    Typed {
        keys: &["x:Hash"],
        of_requests: &["QmluYXJ5", "YWJj"],
        of_policies: &["QmluYXJ5", "YWJj", "YWI="],
        seldom: &[],
        operators: &["BinaryEquals"],
    },
];

fn one<'a, T: ?Sized>(random: &mut Rng, list: &[&'a T]) -> &'a T {
    list[random.usize(0..list.len())]
}

fn percent(random: &mut Rng, chance: u8) -> bool {
    random.u8(0..100) < chance
}

/// One case.
pub(crate) fn case(random: &mut Rng) -> Case {
    let (action, resource) = REQUESTS[random.usize(0..REQUESTS.len())];
    let context = context(random);
    let request = Case {
        identity: Vec::new(),
        boundary: None,
        action: action.to_owned(),
        resource: resource.to_owned(),
        context,
    };
    let identity = (0..random.usize(1..4)).map(|_| document(random, &request, 25)).collect();
    let boundary = percent(random, 25).then(|| document(random, &request, 12));
    Case { identity, boundary, ..request }
}

fn context(random: &mut Rng) -> BTreeMap<String, Vec<String>> {
    let mut context = BTreeMap::from([("aws:PrincipalAccount".to_owned(), vec!["111122223333".to_owned()])]);
    for typed in TYPES {
        for key in typed.keys {
            if percent(random, 60) {
                // A key that is used as a variable holds one value.
                let count = if *key != "aws:username" && percent(random, 25) { random.usize(2..4) } else { 1 };
                let mut values: Vec<String> = (0..count).map(|_| one(random, typed.of_requests).to_owned()).collect();
                if *key == "aws:TagKeys" && percent(random, 5) {
                    values = vec![String::new()];
                }
                context.insert((*key).to_owned(), values);
            }
        }
    }
    context
}

fn document(random: &mut Rng, request: &Case, denies: u8) -> Value {
    let statements: Vec<Value> = (0..random.usize(1..4)).map(|_| statement(random, request, denies)).collect();
    match random.u8(0..10) {
        0 => json!({"Version": "2008-10-17", "Statement": statements}),
        1 => json!({"Statement": statements}),
        _ => json!({"Version": "2012-10-17", "Statement": statements}),
    }
}

fn statement(random: &mut Rng, request: &Case, denies: u8) -> Value {
    let mut fields = Map::new();
    fields.insert("Effect".to_owned(), if percent(random, denies) { "Deny" } else { "Allow" }.into());
    let negated = |random: &mut Rng| percent(random, 15);
    let action = if negated(random) { "NotAction" } else { "Action" };
    fields.insert(action.to_owned(), some(random, |random| pattern_of_action(random, &request.action)));
    let resource = if negated(random) { "NotResource" } else { "Resource" };
    fields.insert(resource.to_owned(), some(random, |random| pattern_of_resource(random, &request.resource)));
    let count = [0, 0, 1, 1, 1, 2][random.usize(0..6)];
    if count > 0 {
        fields.insert("Condition".to_owned(), conditions(random, request, count));
    }
    Value::Object(fields)
}

/// One value, or a list of some.
fn some(random: &mut Rng, mut value: impl FnMut(&mut Rng) -> String) -> Value {
    if percent(random, 60) {
        return value(random).into();
    }
    (0..random.usize(1..4)).map(|_| Value::from(value(random))).collect()
}

fn pattern_of_action(random: &mut Rng, action: &str) -> String {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    match random.u8(0..40) {
        0..=2 => action.to_owned(),
        3 => action.to_uppercase(),
        4 | 5 => format!("{service}:*"),
        6 => format!("{service}:{}*", &name[..random.usize(0..name.len())]),
        7 => format!("{service}:*{}", &name[random.usize(0..name.len())..]),
        8 => format!("{service}:{}?{}", &name[..3], &name[4..]),
        9 => "*".to_owned(),
        10 => "*:*".to_owned(),
        11 | 12 => format!("{service}:{}??*", &name[..name.len() - 1]),
        13..=18 => one(random, &["ecs:*", "iam:Get*", "s3:*", "cloudwatch:Put*"]).to_owned(),
        19..=22 => format!("{action}s"),
        23..=26 => "*".to_owned(),
        27..=34 => format!("{service}:*"),
        _ => action.to_owned(),
    }
}

fn pattern_of_resource(random: &mut Rng, resource: &str) -> String {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let with = |index: usize, text: &str| {
        let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        parts[index] = text.to_owned();
        parts.join(":")
    };
    let last = parts[5];
    // Wildcards stand behind the type of the resource, and seldom in it.
    let kind = &last[..last.find(['/', ':']).map_or(0, |at| at + 1)];
    let cut =
        if percent(random, 95) { random.usize(kind.len().max(1)..last.len()) } else { random.usize(1..last.len()) };
    match random.u8(0..60) {
        0..=2 => "*".to_owned(),
        3 | 4 => resource.to_owned(),
        5 => with(3, "*"),
        6 => with(4, "*"),
        7 => with(4, "${aws:PrincipalAccount}"),
        8 => with(5, &format!("{}*", &last[..cut])),
        9 => with(5, &format!("{kind}*{}", &last[cut..])),
        10 => with(5, &format!("{}?{}", &last[..cut], &last[cut + 1..])),
        11 => with(1, "aws-cn"),
        12 => with(5, &last.replace('*', "${*}").replace('?', "${?}").replace('$', "${$}")),
        13 => with(5, one(random, &["*${aws:absent}", "${aws:absent, 'role'}/*", "${aws:username}*", "*"])),
        14 => with(5, &last.to_uppercase()),
        15 if percent(random, 30) => parts[..random.usize(3..5)].join(":"),
        15 => format!("{}:*", parts[..3].join(":")),
        16 => with(5, "*/*"),
        17..=24 => "*".to_owned(),
        25..=34 => with(5, &format!("{kind}*")),
        35..=44 => with(4, "*"),
        45..=50 => with(5, &format!("{kind}${{aws:username, 'x'}}*")),
        _ => resource.to_owned(),
    }
}

fn conditions(random: &mut Rng, request: &Case, count: usize) -> Value {
    let mut operators: Map<String, Value> = Map::new();
    for _ in 0..count {
        let typed = &TYPES[random.usize(0..TYPES.len())];
        let key = one(random, typed.keys);
        let held = request.context.get(key);
        let is_null = percent(random, 8);
        let operator = operator(random, typed, is_null, held.map_or(0, Vec::len));
        let value = if is_null {
            one(random, &["true", "false"]).into()
        } else {
            // Every other time what the request holds, so that it often matches.
            some(random, |random| match held {
                Some(held) if percent(random, 50) => held[random.usize(0..held.len())].clone(),
                _ if percent(random, 3) && !typed.seldom.is_empty() => one(random, typed.seldom).to_owned(),
                _ => one(random, typed.of_policies).to_owned(),
            })
        };
        let key = if percent(random, 10) { key.to_uppercase() } else { key.to_owned() };
        let keys = operators.entry(operator).or_insert_with(|| json!({}));
        if let Value::Object(keys) = keys {
            keys.insert(key, value);
        }
    }
    Value::Object(operators)
}

fn operator(random: &mut Rng, typed: &Typed, is_null: bool, held: usize) -> String {
    if is_null {
        return "Null".to_owned();
    }
    // A key with several values wants a set operator, and mostly gets one.
    let set = match (held > 1, random.u8(0..10)) {
        (true, 0..=3) | (false, 0) => "ForAnyValue:",
        (true, 4..=7) | (false, 1) => "ForAllValues:",
        _ => "",
    };
    let if_exists = if percent(random, if set == "ForAnyValue:" { 3 } else { 20 }) { "IfExists" } else { "" };
    format!("{set}{}{if_exists}", one(random, typed.operators))
}
