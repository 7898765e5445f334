//! What an account allows, by patterns; and the names of the parts.

use super::*;
use crate::model::names::ScheduledActionName;

#[test]
fn a_star_is_any_text_a_question_mark_one_character_and_all_else_is_itself() {
    for (pattern, text) in [
        ("B", "B"),
        ("*", ""),
        ("*", "any"),
        ("prod-*", "prod-"),
        ("prod-*", "prod-b"),
        ("*-prod", "b-prod"),
        ("a*b*c", "a-b-b-c"),
        ("prod-?", "prod-b"),
        ("??", "ab"),
        ("", ""),
    ] {
        assert!(matches_pattern(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [
        ("B", "A"),
        ("B", "b"),
        ("B", "BB"),
        ("B", ""),
        ("", "B"),
        ("prod-*", "prod"),
        ("prod-*", "a-prod-b"),
        ("*-prod", "b-prod-c"),
        ("a*b*c", "a-c-b"),
        ("prod-?", "prod-"),
        ("prod-?", "prod-bc"),
        (".*", "B"),
    ] {
        assert!(!matches_pattern(pattern, text), "{pattern} {text}");
    }
}

#[test]
fn a_service_outside_the_accounts_bounds_is_withheld_whichever_of_the_two_it_misses() {
    let plan = |clusters: &str, services: &str| {
        let mut scene = Scene::empty();
        scene.allow =
            Allow { clusters: vec![clusters.to_owned()], services: vec!["other".into(), services.to_owned()] };
        scene.plan()
    };
    assert!(!plan("?", "search-*").actions.is_empty());
    for (clusters, services) in [("A", "search-*"), ("B", "search"), ("A", "worker")] {
        let plan = plan(clusters, services);
        assert!(plan.actions.is_empty() && !plan.withheld.is_empty(), "{clusters} {services}: {plan:#?}");
    }
}

// They are labels of metrics and fields of the audit: alerts and searches are written on them.
#[test]
fn each_part_has_the_kind_of_its_resource() {
    let (policy, alarm) = (PolicyName::new("p"), AlarmName::new("a"));
    for (part, kind) in [
        (Part::Object, "Object"),
        (Part::Target, "ScalableTarget"),
        (Part::TargetTags, "ScalableTarget"),
        (Part::Policy(policy), "ScalingPolicy"),
        (Part::Alarm(alarm.clone()), "Alarm"),
        (Part::AlarmTags(alarm), "Alarm"),
        (Part::ScheduledAction(ScheduledActionName::new("s")), "ScheduledAction"),
    ] {
        assert_eq!(part.kind(), kind);
    }
}

// `adoption: Never` is the default: what nobody owns is not ours to take, and what somebody owns never is.
#[test]
fn what_nobody_owns_is_taken_over_where_the_object_says_so_and_nowhere_else() {
    use crate::api::desired::Adoption;
    let plan = |adoption: Adoption, tags: &[(&str, &str)]| {
        let mut scene = Scene::in_place();
        scene.desired.adoption = adoption;
        let tags: crate::model::observed::Tags = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        scene.knows(ALARM_ARN, tags.clone());
        scene.knows(TARGET_ARN, tags);
        scene.target().range = CapacityRange::new(1, 5).unwrap();
        scene.plan()
    };
    let conflicts = |plan: &Plan| plan.withheld.iter().filter(|one| one.reason == Reason::Conflict).count();
    let nobodys = [("team", "x")];
    let (never, unowned) = (plan(Adoption::Never, &nobodys), plan(Adoption::Unowned, &nobodys));
    assert!(never.actions.is_empty() && conflicts(&never) >= 2, "{never:#?}");
    assert!(!unowned.actions.is_empty() && conflicts(&unowned) == 0, "{unowned:#?}");
    for owner in [("ecs-scaling.dev/owner", "others"), ("aws:cloudformation:stack-name", "shop")] {
        for adoption in [Adoption::Never, Adoption::Unowned] {
            let plan = plan(adoption, &[owner]);
            assert!(plan.actions.is_empty() && conflicts(&plan) >= 2, "{owner:?} {adoption:?}: {plan:#?}");
        }
    }
}
