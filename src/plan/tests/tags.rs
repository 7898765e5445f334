//! The tags of an alarm, which PutMetricAlarm does not change once it exists.

use super::*;

#[test]
fn a_tag_of_an_alarm_that_is_other_or_gone_is_put_back_and_no_tag_that_is_right() {
    let right = || Scene::in_place().memory.tags[ALARM_ARN].tags.clone();
    let key = "ecs-scaling.dev/object";
    let changed = [
        {
            let mut tags = right();
            tags.insert(key.to_owned(), "default/other".to_owned());
            tags
        },
        {
            let mut tags = right();
            tags.remove(key);
            tags
        },
    ];
    for tags in changed {
        let mut scene = Scene::in_place();
        scene.knows(ALARM_ARN, tags);
        let plan = scene.plan();
        let [Action { kind: ActionKind::TagAlarm { arn, tags }, part, .. }] = &plan.actions[..] else {
            panic!("{plan:#?}")
        };
        assert_eq!((&**arn, part), (ALARM_ARN, &Part::AlarmTags(AlarmName::new(ALARM))));
        assert_eq!(*tags, [(key.to_owned(), right()[key].clone())].into());
    }
    let mut scene = Scene::in_place();
    let mut tags = right();
    tags.insert("theirs".to_owned(), "stays".to_owned());
    scene.knows(ALARM_ARN, tags);
    assert!(scene.plan().actions.is_empty());
}
