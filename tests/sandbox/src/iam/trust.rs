//! Trust policies: whom a role lets in.

use ecs_scaling::model::iam::{
    Decision, Document, Effect, NamedPolicy, PrincipalPolicies, Request, Statement, evaluate,
};
use ecs_scaling::model::names::AccountId;
use serde_json::{Value as Json, json};

use super::PolicyText;

/// Who asks to be let in.
pub(crate) struct Trusting<'a> {
    pub(crate) account: &'a AccountId,
    /// The ARN of the role or user.
    pub(crate) principal: &'a str,
    /// The ARN of the session, or again of the user.
    pub(crate) session: &'a str,
}

/// How far a trust policy lets somebody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// Not at all.
    No,
    /// As one of an account: what it may do is that account's to say.
    Account,
    /// By name.
    Name,
}

/// A trust policy of accounts, with an external id where one is asked for.
pub(super) fn trust_of_accounts(accounts: &[AccountId], external_id: Option<&str>) -> PolicyText {
    let roots: Vec<String> = accounts.iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
    let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": roots}, "Action": "sts:AssumeRole"});
    if let (Some(id), Json::Object(fields)) = (external_id, &mut statement) {
        fields.insert("Condition".into(), json!({"StringEquals": {"sts:ExternalId": id}}));
    }
    PolicyText::of_statement(statement)
}

/// The trust policy of a service's own role.
pub(super) fn trust_of_service(principal: &str) -> PolicyText {
    PolicyText::of_statement(json!({
        "Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"
    }))
}

/// How far a trust policy lets somebody in, for a request with the role as its resource.
pub(crate) fn grade(trust: &Document, who: &Trusting<'_>, request: &Request) -> Grade {
    [Grade::Name, Grade::Account].into_iter().find(|least| allows(trust, who, *least, request)).unwrap_or(Grade::No)
}

/// Whether it does, by Allows of at least this grade. Every Deny that names the caller counts.
fn allows(trust: &Document, who: &Trusting<'_>, least: Grade, request: &Request) -> bool {
    let mut document = trust.clone();
    document.statements.retain(|statement| {
        let named = names(statement, who);
        named >= least || statement.effect == Effect::Deny && named > Grade::No
    });
    let policies = PrincipalPolicies { identity: vec![NamedPolicy::new("trust", document)], boundary: None };
    evaluate(&policies, request).decision == Decision::Allowed
}

/// How a statement names somebody.
fn names(statement: &Statement, who: &Trusting<'_>) -> Grade {
    match (statement.json.get("Principal"), statement.json.get("NotPrincipal")) {
        (Some(principal), _) => names_in(principal, who),
        (None, Some(others)) if names_in(others, who) == Grade::No => Grade::Account,
        _ => Grade::No,
    }
}

fn names_in(principal: &Json, who: &Trusting<'_>) -> Grade {
    match principal {
        Json::String(everybody) if everybody == "*" => Grade::Account,
        Json::Object(kinds) => match kinds.get("AWS") {
            Some(Json::Array(list)) => list.iter().map(|one| grade_of(one, who)).max().unwrap_or(Grade::No),
            Some(one) => grade_of(one, who),
            None => Grade::No,
        },
        _ => Grade::No,
    }
}

fn grade_of(principal: &Json, who: &Trusting<'_>) -> Grade {
    let Some(text) = principal.as_str() else { return Grade::No };
    let is_root =
        |arn: &str| arn.strip_suffix(":root").and_then(|a| a.rsplit(':').next()) == Some(who.account.as_str());
    if text == who.principal || text == who.session {
        Grade::Name
    } else if text == "*" || text == who.account.as_str() || is_root(text) {
        Grade::Account
    } else {
        Grade::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::444455556666:role/scaling";

    fn graded(statements: Json, external_id: Option<&str>) -> Grade {
        let account = AccountId::new("111122223333");
        let who = Trusting {
            account: &account,
            principal: "arn:aws:iam::111122223333:role/hub",
            session: "arn:aws:sts::111122223333:assumed-role/hub/ctl",
        };
        let document = Document::from_json(json!({"Version": "2012-10-17", "Statement": statements})).unwrap();
        let request = Request::new("sts:AssumeRole", ROLE).complete();
        let request = match external_id {
            Some(id) => request.with("sts:ExternalId", id),
            None => request,
        };
        grade(&document, &who, &request)
    }

    fn allow(principal: Json) -> Json {
        json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
    }

    #[test]
    fn an_account_is_trusted_by_root_id_or_star_and_a_principal_by_name() {
        for principal in
            [json!("*"), json!({"AWS": ["111122223333"]}), json!({"AWS": "arn:aws:iam::111122223333:root"})]
        {
            assert_eq!(graded(allow(principal.clone()), None), Grade::Account, "{principal}");
        }
        for name in ["arn:aws:iam::111122223333:role/hub", "arn:aws:sts::111122223333:assumed-role/hub/ctl"] {
            assert_eq!(graded(allow(json!({"AWS": name})), None), Grade::Name, "{name}");
        }
        for other in [json!({"AWS": "arn:aws:iam::999988887777:root"}), json!({"Service": "ecs.amazonaws.com"})] {
            assert_eq!(graded(allow(other.clone()), None), Grade::No, "{other}");
        }
    }

    #[test]
    fn the_external_id_is_a_condition_and_a_deny_wins() {
        // E-05, E-09
        let mut trusted = allow(json!({"AWS": "111122223333"}));
        trusted["Condition"] = json!({"StringEquals": {"sts:ExternalId": "tools"}});
        assert_eq!(graded(trusted.clone(), Some("tools")), Grade::Account);
        assert_eq!(graded(trusted.clone(), Some("Tools")), Grade::No);
        assert_eq!(graded(trusted.clone(), None), Grade::No);
        let deny = json!({"Effect": "Deny", "NotPrincipal": {"AWS": "999988887777"}, "Action": "sts:*"});
        assert_eq!(graded(json!([trusted, deny]), Some("tools")), Grade::No);
    }
}
