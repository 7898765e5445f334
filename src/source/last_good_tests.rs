use super::*;
use crate::api::load::{SourceFile, load};

/// A good object named like its service, with an alarm of its own.
fn object(name: &str, service: &str) -> String {
    format!(
        "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {{name: {name}}}
spec: {{cluster: B, service: {service}, minCapacity: 1, maxCapacity: 9}}
---
"
    )
}

fn account(name: &str, role_account: &str) -> String {
    format!(
        "apiVersion: ecs-scaling.dev/v1alpha1
kind: AwsAccount
metadata: {{name: {name}}}
spec: {{roleArn: \"arn:aws:iam::{role_account}:role/r\", regions: [eu-west-1]}}
---
"
    )
}

fn read(files: &[(&str, String)]) -> Loaded {
    let files: Vec<SourceFile> = files
        .iter()
        .map(|(path, text)| SourceFile { path: (*path).into(), bytes: text.clone().into_bytes() })
        .collect();
    load(&files)
}

fn good(files: &[(&str, String)]) -> Desired {
    let loaded = read(files);
    assert_eq!((loaded.findings, loaded.held), (vec![], vec![]));
    loaded.desired
}

fn names(desired: &Desired) -> Vec<String> {
    desired.services.values().map(|object| format!("{}={}", object.key.name, object.service.service)).collect()
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("default", name)
}

#[test]
fn a_good_read_replaces_everything() {
    let before = good(&[("a.yaml", object("a", "a") + &object("b", "b"))]);
    let merged = merge(&before, read(&[("a.yaml", object("b", "b2") + &object("c", "c"))]));
    assert_eq!(names(&merged.desired), ["b=b2", "c=c"]);
    assert_eq!((merged.kept, merged.waiting, merged.was_emptied), (vec![], vec![], false));
}

#[test]
fn an_objects_absence_means_something_only_where_nothing_was_rejected_and_the_source_is_sure() {
    use Absence::{InDoubt, Unwanted};
    let before = good(&[("a.yaml", object("a", "a")), ("b.yaml", object("b", "b"))]);
    let of = |files: &[(&str, String)], of_read: Absence| merge(&before, read(files)).absence(&of_read);
    let a = || ("a.yaml", object("a", "a"));
    let no_revision = InDoubt(Doubt::NoRevision);
    assert_eq!(of(&[a()], Unwanted), Unwanted);
    assert_eq!(of(&[a()], no_revision.clone()), no_revision, "half of an upload");
    assert_eq!(of(&[], Unwanted), InDoubt(Doubt::Emptied));
    // Kept at its last good version; new and refused; a file of which nobody knows what it holds.
    for refused in [object("b", "b").replace("1,", "10,"), object("c", "c").replace("1,", "10,"), "[".to_owned()] {
        assert_eq!(of(&[a(), ("c.yaml", refused)], Unwanted), InDoubt(Doubt::Rejected));
    }
    // A clash keeps the older: what the newer wanted is not done, and may be what is absent.
    assert_eq!(of(&[a(), ("c.yaml", object("c", "a"))], Unwanted), InDoubt(Doubt::Rejected));
    assert_eq!(Absence::default(), InDoubt(Doubt::NotRead));
}

#[test]
fn a_refused_object_keeps_its_last_good_version_and_a_new_one_waits() {
    let before = good(&[("a.yaml", object("a", "a"))]);
    let broken = |name| object(name, "x").replace("minCapacity: 1", "minCapacity: 10");
    let merged = merge(&before, read(&[("a.yaml", broken("a") + &broken("n") + &object("b", "b"))]));
    assert_eq!(names(&merged.desired), ["a=a", "b=b"]);
    assert_eq!(merged.kept, [(ObjectRef::ServiceScaling(key("a")), Cause::Refused)]);
    let waiting = Held { file: "a.yaml".into(), object: Some(ObjectRef::ServiceScaling(key("n"))) };
    assert_eq!(merged.waiting, [(waiting, Cause::Refused)]);
}

#[test]
fn a_file_that_cannot_be_read_keeps_all_of_its_objects() {
    let before = good(&[("a.yaml", object("a", "a") + &object("b", "b")), ("c.yaml", object("c", "c"))]);
    let merged = merge(&before, read(&[("a.yaml", "x: [\n".into()), ("d.yaml", object("b", "b9"))]));
    assert_eq!(names(&merged.desired), ["a=a", "b=b9"], "a kept, b moved to another file, c gone with its file");
}

#[test]
fn a_source_that_is_suddenly_empty_changes_nothing() {
    let before = good(&[("a.yaml", object("a", "a"))]);
    for files in [vec![], vec![("a.yaml", "# all gone\n".to_owned())]] {
        let merged = merge(&before, read(&files));
        assert!(merged.was_emptied);
        assert_eq!(merged.desired, before);
    }
    assert!(!merge(&Desired::default(), read(&[])).was_emptied, "one that always was empty is just empty");
}

#[test]
fn a_new_object_gives_way_to_a_last_good_one_of_the_same_service() {
    let before = good(&[("a.yaml", object("a", "api"))]);
    // `a` moved on to another service but is broken, so that its last good version still has `api`.
    let broken = object("a", "other").replace("minCapacity: 1", "minCapacity: 10");
    let merged = merge(&before, read(&[("a.yaml", broken), ("b.yaml", object("b", "api"))]));
    assert_eq!(names(&merged.desired), ["a=api"]);
    let waiting = Held { file: "b.yaml".into(), object: Some(ObjectRef::ServiceScaling(key("b"))) };
    assert_eq!(merged.waiting, [(waiting, Cause::ClashesWith(key("a")))]);
}

// ack#2011
#[test]
fn a_kept_object_keeps_its_account() {
    let in_prod = object("a", "a").replace("cluster: B", "account: prod, cluster: B");
    let before = good(&[("p.yaml", account("prod", "111122223333")), ("a.yaml", in_prod.clone())]);
    let merged = merge(&before, read(&[("a.yaml", in_prod), ("b.yaml", object("b", "b"))]));
    assert_eq!(names(&merged.desired), ["a=a", "b=b"]);
    assert_eq!(merged.desired.accounts, before.accounts);
}

#[test]
fn a_new_account_gives_way_to_a_last_good_one_that_is_the_same() {
    let before = good(&[("p.yaml", account("prod", "111122223333")), ("a.yaml", object("a", "a"))]);
    let broken = account("prod", "111122223333").replace("eu-west-1", "nowhere");
    let files = [("p.yaml", broken), ("q.yaml", account("live", "111122223333")), ("a.yaml", object("a", "a"))];
    let merged = merge(&before, read(&files));
    assert_eq!(merged.desired.accounts, before.accounts);
    let waiting = Held { file: "q.yaml".into(), object: Some(ObjectRef::AwsAccount(AccountName::new("live"))) };
    assert_eq!(merged.waiting, [(waiting, Cause::Refused)]);
}
