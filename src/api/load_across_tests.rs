//! What objects and files must not both say, and what one must find in another.

use super::*;

#[test]
fn two_objects_of_one_key_are_both_held() {
    let loaded = load(&[file("a.yaml", &service("x", "a", "a")), file("b.yaml", &service("x", "b", "b"))]);
    assert!(loaded.desired.services.is_empty());
    assert_eq!(loaded.held.len(), 2);
    let expected = "a.yaml:3:18: error: metadata.name: there is another ServiceScaling default/x, at b.yaml:1:1\n    \
                    rename or remove one of the two";
    assert_eq!(messages(&loaded)[0], expected);
}

#[test]
fn two_objects_for_one_service_are_both_held() {
    let by_arn = service("y", "arn:aws:ecs:eu-west-1:111122223333:service/B/a", "b");
    let by_arn = by_arn.replace("cluster: B", "region: eu-west-1\n  cluster: B");
    let by_name = service("x", "a", "a").replace("cluster: B", "region: eu-west-1\n  cluster: B");
    let loaded = load(&[file("a.yaml", &format!("{by_name}---\n{by_arn}"))]);
    assert!(loaded.desired.services.is_empty());
    assert!(messages(&loaded)[0].contains("the object default/y (a.yaml:21:1) scales the service B/a too"));
}

// S-099
#[test]
fn an_alarm_name_is_unique_in_its_scope_and_a_policy_name_on_its_target() {
    let both = format!("{}---\n{}", service("a", "a", "high"), service("b", "b", "high"));
    let loaded = load_text(&both);
    assert!(loaded.desired.services.is_empty());
    assert!(messages(&loaded)[0].contains("spec.stepScaling[0].alarm.alarmName: the object default/b (a.yaml:20:1)"));
    let elsewhere = both.replacen("cluster: B", "region: eu-west-1\n  cluster: B", 1);
    assert_eq!(messages(&load_text(&elsewhere)), Vec::<String>::new(), "another region, and one policy name on both");
}

#[test]
fn accounts_are_joined_and_must_fit() {
    let account = |name: &str, spec: &str| {
        format!(
            "apiVersion: ecs-scaling.dev/v1alpha1\nkind: AwsAccount\nmetadata: {{name: {name}}}\nspec: {spec}\n---\n"
        )
    };
    let in_account = service("a", "a", "a").replace("cluster: B", "account: prod\n  cluster: B");
    let one = format!("{}{in_account}", account("prod", "{regions: [eu-west-1]}"));
    let loaded = load_text(&one);
    assert_eq!(messages(&loaded), Vec::<String>::new());
    let object = loaded.desired.services.values().next().unwrap();
    assert_eq!(object.region.as_ref().unwrap().as_str(), "eu-west-1");

    let several = format!("{}{in_account}", account("prod", "{regions: [eu-west-1, us-east-1]}"));
    assert!(errors_of(&several)[0].contains("`region` is missing: the account prod has several"));
    let misspelt = format!("{}{}", account("prod", "{}"), in_account.replace("account: prod", "account: prdo"));
    assert!(errors_of(&misspelt)[0].contains("there is no AwsAccount `prdo`\n    did you mean `prod`?"));
    let arn = in_account.replace("cluster: B", "cluster: arn:aws:ecs:eu-west-1:999999999999:cluster/B");
    let other_id = format!("{}{arn}", account("prod", "{accountId: \"111122223333\", regions: [eu-west-1]}"));
    assert!(errors_of(&other_id)[0].contains("the ARN is in the account 999999999999, and prod is 111122223333"));
    let same =
        format!("{}{}", account("a", "{accountId: \"111122223333\"}"), account("b", "{accountId: \"111122223333\"}"));
    assert_eq!(load_text(&same).held.len(), 2);
    assert!(errors_of(&same)[0].contains("the AwsAccount b (a.yaml:6:1) has the same account id"));
}

#[test]
fn a_service_of_a_refused_account_is_not_blamed() {
    let account =
        "apiVersion: ecs-scaling.dev/v1alpha1\nkind: AwsAccount\nmetadata: {name: prod}\nspec: {mode: Aply}\n---\n";
    let text = format!("{account}{}", service("a", "a", "a").replace("cluster: B", "account: prod\n  cluster: B"));
    assert_eq!(errors_of(&text).len(), 1);
}

#[test]
fn a_clash_with_a_refused_object_is_said_of_that_one_alone() {
    let refused = service("a", "a", "high").replace("maxCapacity: 20", "maxCapacity: \"20\"");
    let loaded = load_text(&format!("{refused}---\n{}---\n{}", service("b", "a", "low"), service("c", "c", "high")));
    let names: Vec<&str> = loaded.desired.services.keys().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["b", "c"], "a refused object stops none of the others");
    let found: Vec<&str> = loaded.findings.iter().map(|finding| finding.path.as_str()).collect();
    assert_eq!(found, ["spec.service", "spec.maxCapacity", "spec.stepScaling[0].alarm.alarmName"]);
    // Two good ones of one alarm are refused, though a refused one comes first.
    let loaded = load_text(&format!("{refused}---\n{}---\n{}", service("b", "b", "high"), service("c", "c", "high")));
    assert_eq!(loaded.held.len(), 3);
}

#[test]
fn names_that_cannot_be_read_clash_with_nothing() {
    let unreadable = |name: &str| service(name, "[a]", "[high]");
    let loaded = load_text(&format!("{}---\n{}", unreadable("a"), unreadable("b")));
    assert_eq!(loaded.findings.len(), 4, "{:?}", loaded.findings);
    let nowhere = |name: &str| service(name, "a", "high").replace("cluster: B", "cluster: B\n  region: 1");
    let loaded = load_text(&format!("{}---\n{}", nowhere("a"), nowhere("b")));
    assert_eq!(loaded.findings.len(), 2, "{:?}", loaded.findings);
}

#[test]
fn accounts_that_are_the_same_are_found_beside_other_mistakes() {
    let account = |name: &str, spec: &str| {
        format!(
            "apiVersion: ecs-scaling.dev/v1alpha1\nkind: AwsAccount\nmetadata: {{name: {name}}}\nspec: {{accountId: {spec}}}\n---\n"
        )
    };
    let good = account("a", "\"111122223333\"");
    let loaded = load_text(&format!("{good}{}", account("b", "\"111122223333\", mode: apply")));
    assert_eq!(loaded.desired.accounts.len(), 1);
    assert!(messages(&loaded)[0].contains("the AwsAccount a (a.yaml:1:1) has the same account id"));
    let unreadable = load_text(&format!("{good}{}{}", account("b", "111122223333"), account("c", "111122223333")));
    assert_eq!(unreadable.findings.len(), 2, "{:?}", unreadable.findings);
}
