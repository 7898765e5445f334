//! Profiles and names by template, from files to objects and findings.

use crate::api::desired::{Mode, ObjectKey, ServiceScaling};
use crate::api::load::{Loaded, ObjectRef, SourceFile, load};

const PROFILE: &str = "apiVersion: ecs-scaling.dev/v1alpha1
kind: ScalingProfile
metadata: {name: web}
spec:
  minCapacity: 2
  maxCapacity: 20
  mode: Observe
  suspendedState: {dynamicScalingInSuspended: true}
  tags: {team: web, tier: front}
  stepScaling:
  - policyName: '{service}-out'
    adjustmentType: ChangeInCapacity
    alarm:
      alarmName: '{cluster}-{service}-high'
      metricName: CPUUtilization
      threshold: 30
      comparisonOperator: GreaterThanOrEqualToThreshold
    steps:
    - {lower: 30, adjustment: 2}
";

fn object(name: &str, more: &str) -> String {
    format!(
        "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {{name: {name}}}
spec:
  cluster: B
  service: {name}
  profile: web
{more}"
    )
}

/// The objects stand in a file before the profile's: the order of files makes no difference.
fn read(profile: &str, objects: &[String]) -> Loaded {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), bytes: text.as_bytes().to_vec() };
    let files = [file("a.yaml", &objects.join("---\n")), file("profiles.yaml", profile)];
    load(&files.into_iter().filter(|file| !file.bytes.is_empty()).collect::<Vec<_>>())
}

fn messages(loaded: &Loaded) -> Vec<String> {
    loaded.findings.iter().map(ToString::to_string).collect()
}

fn one(loaded: &Loaded, name: &str) -> ServiceScaling {
    assert_eq!(messages(loaded), [""; 0]);
    loaded.desired.services[&ObjectKey::new("default", name)].clone()
}

/// The one finding on the one object, without its hint.
fn finding(profile: &str, more: &str) -> String {
    let loaded = read(profile, &[object("api", more)]);
    let found = messages(&loaded);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(loaded.desired.services.is_empty() && !loaded.held.is_empty());
    found[0].lines().next().unwrap_or_default().to_owned()
}

#[test]
fn an_object_takes_what_its_profile_gives() {
    let loaded = read(PROFILE, &[object("api", ""), object("web", "")]);
    let (api, web) = (one(&loaded, "api"), one(&loaded, "web"));
    assert_eq!((api.range.min(), api.range.max(), api.mode), (2, 20, Mode::Observe));
    let names = |object: &ServiceScaling| {
        object.policies.iter().map(|p| (p.name.to_string(), p.alarms[0].name.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(names(&api), [("api-out".to_owned(), "B-api-high".to_owned())]);
    assert_eq!(names(&web), [("web-out".to_owned(), "B-web-high".to_owned())]);
    assert_eq!(api.position.to_string(), "a.yaml:1:1");
    assert_eq!(api.spec["stepScaling"][0]["policyName"], "api-out", "the API shows what became of it");
    assert_eq!(loaded.desired.profiles.len(), 1);
}

#[test]
fn an_object_goes_before_its_profile_field_by_field() {
    let more = "  maxCapacity: 5
  mode: Apply
  suspendedState: {scheduledScalingSuspended: false}
  tags: {tier: back}
";
    let object = one(&read(PROFILE, &[object("api", more)]), "api");
    assert_eq!((object.range.min(), object.range.max(), object.mode), (2, 5, Mode::Apply));
    let suspended = (object.suspended.dynamic_scaling_in_suspended, object.suspended.scheduled_scaling_suspended);
    assert_eq!(suspended, (Some(true), Some(false)), "maps are merged by key");
    let tags: Vec<(&str, &str)> = object.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(tags, [("team", "web"), ("tier", "back")]);
}

#[test]
fn a_list_is_taken_whole_from_the_object_or_from_the_profile() {
    let object = one(&read(PROFILE, &[object("api", "  stepScaling: []\n")]), "api");
    assert_eq!(object.policies, []);
}

#[test]
fn what_neither_has_is_missing_from_the_object() {
    let bare = PROFILE.replace("  maxCapacity: 20\n", "");
    assert_eq!(finding(&bare, ""), "a.yaml:5:3: error: spec: `maxCapacity` is missing");
    assert_eq!(one(&read(&bare, &[object("api", "  maxCapacity: 9\n")]), "api").range.max(), 9);
}

#[test]
fn an_error_points_at_the_line_in_either_file() {
    let shape = PROFILE.replace("minCapacity: 2", "minCapacity: two");
    let found = messages(&read(&shape, &[object("api", "")]));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].starts_with("a.yaml:7:12: error: spec.profile: the ScalingProfile default/web (profiles.yaml:1:1)")
    );
    assert!(found[1].starts_with("profiles.yaml:5:16: error: spec.minCapacity: the text `two` stands"), "{found:#?}");

    let expected = "profiles.yaml:17:14: error: spec.stepScaling[0].steps[0]";
    let wrong = PROFILE.replace("    - {lower: 30, adjustment: 2}", "    - {lower: 30, upper: 30, adjustment: 2}");
    let found = finding(&wrong, "");
    assert!(found.starts_with(&expected.replace("17:14", "19:15")), "{found}");

    let found = finding(PROFILE, "  maxCapacity: 1\n");
    assert!(found.starts_with("a.yaml:8:16: error: spec.maxCapacity: maxCapacity 1 is below"), "{found}");
    let found = finding(PROFILE, "  minCapacity: 40\n");
    assert!(found.starts_with("profiles.yaml:6:16: error: spec.maxCapacity: maxCapacity 20 is below"), "{found}");
    let found = finding(PROFILE, "  tags: {'aws:x': y}\n");
    assert!(found.starts_with("a.yaml:8:19: error: spec.tags"), "{found}");
    let found = finding(&PROFILE.replace("{team: web", "{'aws:x': y"), "  tags: {team: api}\n");
    assert!(found.starts_with("profiles.yaml:9:19: error: spec.tags"), "{found}");
    // A list of the object hides the profile's.
    let found = finding(
        PROFILE,
        "  stepScaling:\n  - {policyName: out, adjustmentType: ChangeInCapacity, steps: [{lower: 1, adjustment: 1}]}\n",
    );
    assert!(found.starts_with("a.yaml:9:5: error: spec.stepScaling[0]: the policy `out` has no alarm"), "{found}");
}

#[test]
fn one_mistake_of_a_profile_is_said_once_and_holds_all_its_objects() {
    let wrong = PROFILE.replace("threshold: 30", "threshold: 30\n      period: 45");
    let loaded = read(&wrong, &[object("api", ""), object("web", "")]);
    assert_eq!(messages(&loaded).len(), 1, "{:#?}", loaded.findings);
    assert_eq!((loaded.desired.services.len(), loaded.held.len()), (0, 2));
}

#[test]
fn a_profile_that_is_not_there_is_named_with_the_nearest() {
    let loaded = read(&PROFILE.replace("name: web", "name: webs"), &[object("api", "")]);
    let expected = "a.yaml:7:12: error: spec.profile: there is no ScalingProfile default/web\n    did you mean `webs`?";
    assert_eq!(messages(&loaded), [expected]);
    let other = PROFILE.replace("name: web", "name: web, namespace: team");
    let found = finding(&other, "");
    assert_eq!(
        found, "a.yaml:7:12: error: spec.profile: there is no ScalingProfile default/web",
        "namespaces part them"
    );
    assert_eq!(read("{", &[object("api", "")]).held.len(), 2, "the object is held where its profile cannot be read");
}

#[test]
fn two_profiles_of_one_name_are_both_refused() {
    let loaded = read(&format!("{PROFILE}---\n{PROFILE}"), &[object("api", "")]);
    let found = messages(&loaded);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[1].contains("there is another ScalingProfile default/web"), "{found:#?}");
    let web = ObjectRef::ScalingProfile(ObjectKey::new("default", "web"));
    assert!(loaded.held.iter().any(|held| held.object.as_ref() == Some(&web)));
}

#[test]
fn a_profile_says_neither_which_service_nor_what_lifts_a_safety() {
    for field in [
        "account: a",
        "region: eu-west-1",
        "cluster: B",
        "service: s",
        "adoption: Unowned",
        "profile: other",
        "allowCapacityMove: true",
        "state: Absent",
    ] {
        let name = field.split(':').next().unwrap_or_default();
        let profile = PROFILE.replace("spec:\n", &format!("spec:\n  {field}\n"));
        let loaded = read(&profile, &[]);
        let expected = format!("profiles.yaml:5:3: error: spec.{name}: ");
        assert!(messages(&loaded)[0].starts_with(&expected), "{:#?}", loaded.findings);
    }
}

#[test]
fn a_template_is_judged_in_each_object_and_refused_at_its_place() {
    let found = finding(&PROFILE.replace("'{service}-out'", "'{servce}-out'"), "");
    assert!(found.starts_with("profiles.yaml:11:17: error: spec.stepScaling[0].policyName: there is no placeholder"));
    // The length of the result counts.
    let long = PROFILE.replace("{cluster}-{service}-high", &format!("{{service}}{}", "x".repeat(252)));
    assert_eq!(messages(&read(&long, &[object("api", "")])), [""; 0]);
    let loaded = read(&long, &[object("search", "")]);
    assert!(messages(&loaded)[0].starts_with("profiles.yaml:14:18: error: spec.stepScaling[0].alarm.alarmName: the"));
    let found = finding(&PROFILE.replace("{cluster}-{service}-high", "{region}-high"), "");
    assert!(found.ends_with("what `{region}` stands for is not known from the files"), "{found}");
}

#[test]
fn the_region_comes_from_the_accounts_only_one() {
    let account = "apiVersion: ecs-scaling.dev/v1alpha1
kind: AwsAccount
metadata: {name: prod}
spec: {regions: [eu-west-1]}
---
";
    let profile = format!("{account}{}", PROFILE.replace("{cluster}-{service}-high", "{account}-{region}-{name}"));
    let object = one(&read(&profile, &[object("api", "  account: prod\n")]), "api");
    assert_eq!(object.policies[0].alarms[0].name.as_str(), "prod-eu-west-1-api");
}

#[test]
fn two_objects_whose_templates_give_one_alarm_name_are_told() {
    let loaded =
        read(&PROFILE.replace("{cluster}-{service}-high", "{cluster}-high"), &[object("api", ""), object("web", "")]);
    let found = messages(&loaded);
    assert_eq!(found.len(), 2, "{found:#?}");
    for (found, other) in found.iter().zip(["api", "web"]) {
        assert!(found.starts_with("profiles.yaml:14:18: error: spec.stepScaling[0].alarm.alarmName: the object"));
        assert!(found.contains(&format!("default/{other}")) && found.contains("has an alarm `B-high` too"), "{found}");
    }
}

#[test]
fn a_change_of_the_profile_is_a_change_of_every_object_that_names_it() {
    let hash = |profile: &str, name: &str| one(&read(profile, &[object("api", ""), object("web", "")]), name).spec_hash;
    let changed = PROFILE.replace("adjustment: 2", "adjustment: 3");
    for name in ["api", "web"] {
        assert_ne!(hash(PROFILE, name), hash(&changed, name));
        assert_eq!(hash(PROFILE, name), hash(&PROFILE.replace("30\n", "30.0\n"), name));
    }
}

/// An object that writes out what its profile says is the same object.
#[test]
fn a_profile_is_no_more_than_what_it_gives() {
    let spelled =
        PROFILE.replace("kind: ScalingProfile\nmetadata: {name: web}", "kind: ServiceScaling\nmetadata: {name: api}");
    let spelled = spelled.replace("spec:\n", "spec:\n  cluster: B\n  service: api\n");
    let plain = one(&read("", &[spelled]), "api");
    let taken = one(&read(PROFILE, &[object("api", "")]), "api");
    assert_eq!((&plain.policies, &plain.tags, plain.spec_hash), (&taken.policies, &taken.tags, taken.spec_hash));
}

#[test]
fn a_profile_that_no_object_names_is_warned_of() {
    let warned = "profiles.yaml:3:18: warning: metadata.name: no object names the ScalingProfile default/web";
    let said = |objects: &[String]| {
        let lines = messages(&read(PROFILE, objects)).into_iter();
        lines.map(|line| line.lines().next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(said(&[]), [warned]);
    assert_eq!(said(&[object("api", "")]), [""; 0]);
    // An object that is refused names it all the same.
    let refused = said(&[object("api", "  minCapacity: 30\n")]);
    assert!(!refused.is_empty() && !refused.contains(&warned.to_owned()), "{refused:?}");
}
