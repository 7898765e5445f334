//! Rules of `AwsAccount`.

use super::read;

/// Every finding of an account with this spec, as `severity path message`.
fn findings(metadata: &str, spec: &str) -> Vec<String> {
    let head = "apiVersion: ecs-scaling.dev/v1alpha1\nkind: AwsAccount";
    let found = read(&format!("{head}\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n")).findings;
    found.into_iter().map(|f| format!("{} {} {}", f.severity, f.path, f.message)).collect()
}

/// The spec gives the one finding.
fn expect(spec: &str, finding: &str) {
    let found = findings("name: prod", spec);
    assert_eq!(found.len(), 1, "{spec}: {found:#?}");
    assert!(found[0].starts_with(finding), "{spec}: {found:#?}");
}

const ROLE: &str = "roleArn: \"arn:aws:iam::111122223333:role/path/scaling\"";

#[test]
fn an_account_id_has_twelve_digits_in_quotes() {
    assert_eq!(findings("name: prod", "accountId: \"011122223333\""), [""; 0]);
    expect("accountId: \"1111-2222-3333\"", "error spec.accountId `1111-2222-3333` is not an account id");
    expect("accountId: 111122223333", "error spec.accountId `111122223333` is read as a number");
}

#[test]
fn a_role_is_named_by_its_own_arn_and_is_in_the_account() {
    assert_eq!(findings("name: prod", ROLE), [""; 0]);
    let session = "roleArn: \"arn:aws:sts::111122223333:assumed-role/scaling/x\"";
    expect(session, "error spec.roleArn `arn:aws:sts::111122223333:assumed-role/scaling/x` is not the ARN of a role");
    expect(
        &format!("accountId: \"999999999999\", {ROLE}"),
        "error spec.roleArn the role is in the account 111122223333",
    );
}

// ack#2175: the external id of a cross-account role
#[test]
fn external_id_and_session_name_go_with_a_role() {
    let role = |field: &str| format!("{ROLE}, {field}");
    assert_eq!(findings("name: prod", &role("externalId: \"tools:a/b\", sessionName: ecs-scaling")), [""; 0]);
    expect("externalId: tools", "error spec.externalId `externalId` without `roleArn` has no effect");
    expect("sessionName: scaling", "error spec.sessionName `sessionName` without `roleArn` has no effect");
    expect(&role("externalId: x"), "error spec.externalId `x` cannot be an external id");
    expect(&role("sessionName: \"a b\""), "error spec.sessionName `a b` cannot be a session's name");
}

#[test]
fn regions_are_regions_and_stand_once() {
    expect("regions: [eu-west-1, eu-west-1a]", "error spec.regions[1] `eu-west-1a` is not a region");
    expect("regions: [eu-west-1, eu-west-1]", "error spec.regions[1] `eu-west-1` stands here twice");
}

#[test]
fn what_may_be_touched_is_a_list_of_patterns() {
    expect("allow: {clusters: []}", "warning spec.allow.clusters an empty list allows nothing");
    expect("allow: {services: [\"\"]}", "error spec.allow.services[0] the pattern is empty");
    expect("allow: {services: \"*\"}", "error spec.allow.services the text \"*\" stands where a list is meant");
}

#[test]
fn an_account_has_a_name_and_no_namespace() {
    let found = findings("name: prod, namespace: search", "");
    assert_eq!(found, ["error metadata.namespace an AwsAccount has no namespace"]);
}
