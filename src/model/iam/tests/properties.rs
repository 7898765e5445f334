//! What holds for any policy: more Allow never allows less, more Deny never more, and what is unknown stays open.

use proptest::prelude::*;

use super::*;

const ACTIONS: &[&str] = &["iam:GetRole", "iam:*", "ecs:UpdateService", "*", "ecs:Upd*"];
const RESOURCES: &[&str] =
    &["*", SLR, "arn:aws:iam::*:role/*", "arn:aws:ecs:r:1:service/a/${k:j}", "arn:aws:ecs:r:1:*"];
const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotLike",
    "StringEqualsIfExists",
    "ForAllValues:StringLike",
    "ForAnyValue:StringNotEquals",
    "Null",
    "Bool",
    "ArnLike",
];

fn pick(list: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(list)
}

fn statement(effect: &'static str) -> impl Strategy<Value = Value> {
    let condition = prop::option::of((pick(OPERATORS), pick(&["k:j", "k:i"]), pick(&["true", "b", "*"])));
    (pick(ACTIONS), any::<bool>(), pick(RESOURCES), any::<bool>(), condition).prop_map(
        move |(action, not_action, resource, not_resource, condition)| {
            let mut json = json!({"Effect": effect});
            json[if not_action { "NotAction" } else { "Action" }] = action.into();
            json[if not_resource { "NotResource" } else { "Resource" }] = resource.into();
            if let Some((operator, key, value)) = condition {
                json["Condition"] = json!({operator: {key: value}});
            }
            json
        },
    )
}

fn statements() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(prop_oneof![2 => statement("Allow"), 1 => statement("Deny")], 0..5)
}

fn asked() -> impl Strategy<Value = Request> {
    let context = prop::collection::btree_map(
        pick(&["k:j", "k:i"]).prop_map(str::to_owned),
        prop::collection::vec(pick(&["true", "b"]).prop_map(str::to_owned), 0..3),
        0..3,
    );
    (
        pick(&["iam:GetRole", "ecs:UpdateService"]),
        pick(&[SLR, "arn:aws:ecs:r:1:service/a/b", "*"]),
        context,
        any::<bool>(),
    )
        .prop_map(|(action, resource, context, complete)| Request {
            action: action.to_owned(),
            resource: resource.to_owned(),
            context,
            complete,
        })
}

proptest! {
    #[test]
    fn an_added_allow_never_turns_allowed_to_denied(mut list in statements(), added in statement("Allow"), asked in asked()) {
        let before = decide(json!(list), &asked);
        list.push(added);
        let after = decide(json!(list), &asked);
        prop_assert!(before != Decision::Allowed || after == Decision::Allowed);
        prop_assert!(before != Decision::ExplicitDeny || after == Decision::ExplicitDeny);
    }

    #[test]
    fn an_added_deny_never_turns_denied_to_allowed(mut list in statements(), added in statement("Deny"), asked in asked()) {
        let before = decide(json!(list), &asked);
        list.push(added);
        let after = decide(json!(list), &asked);
        prop_assert!(after != Decision::Allowed || before == Decision::Allowed);
    }

    #[test]
    fn what_is_decided_without_a_key_stays_decided_whatever_the_key_is(
        list in statements(), asked in asked(), key in pick(&["k:j", "k:i"]), values in prop::collection::vec("[b*]|true", 1..3),
    ) {
        let mut unknown = asked.clone();
        unknown.complete = false;
        unknown.context.remove(key);
        let before = decide(json!(list), &unknown);
        let mut known = unknown.complete();
        let absent = decide(json!(list), &known);
        known.context.insert(key.to_owned(), values);
        let present = decide(json!(list), &known);
        if matches!(before, Decision::Allowed | Decision::ExplicitDeny) {
            prop_assert_eq!(before, absent);
            prop_assert_eq!(before, present);
        }
        if before == Decision::ImplicitDeny {
            prop_assert!(absent != Decision::Allowed && present != Decision::Allowed);
        }
    }

    #[test]
    fn any_document_is_read_or_refused(text in "\\PC{0,200}", json in any::<bool>()) {
        let text = if json { format!("{{\"Statement\":[{text}]}}") } else { text };
        let _ = Document::parse(&text).map(|document| document.statements.len());
    }
}
