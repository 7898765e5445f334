//! Scheduled actions.

use super::*;

fn action(more: Json) -> Json {
    let mut action = json!({
        "ScheduledActionName": "morning", "Schedule": "cron(0 8 ? * MON-FRI *)",
        "ScalableTargetAction": {"MinCapacity": 0}
    });
    if let (Some(all), Json::Object(more)) = (action.as_object_mut(), more) {
        all.extend(more);
        all.retain(|_, value| !value.is_null());
    }
    action
}

#[test]
fn an_action_is_kept_as_it_was_put() {
    // S-042 (a zero is a value), S-043, S-047, S-053
    let mut sandbox = Sandbox::with_target();
    let put = action(json!({"Timezone": "Asia/Seoul", "StartTime": 86_400, "EndTime": 172_800}));
    assert_eq!(sandbox.aas("PutScheduledAction", put).unwrap(), json!({}));
    let read = |sandbox: &mut Sandbox| {
        sandbox.list("DescribeScheduledActions", json!({})).unwrap()["ScheduledActions"][0].clone()
    };
    let first = read(&mut sandbox);
    assert_eq!(first["ScalableTargetAction"], json!({"MinCapacity": 0}));
    assert_eq!((&first["StartTime"], &first["Timezone"]), (&json!(86_400.0), &json!("Asia/Seoul")));
    assert!(
        first["ScheduledActionARN"]
            .as_str()
            .unwrap()
            .ends_with(":resource/ecs/service/B/api:scheduledActionName/morning")
    );
    let update = json!({"ScheduledActionName": "morning", "ScalableTargetAction": {"MaxCapacity": 9}});
    sandbox.aas("PutScheduledAction", update).unwrap();
    let second = read(&mut sandbox);
    assert_eq!((&second["StartTime"], &second["EndTime"]), (&Json::Null, &Json::Null), "S-043");
    assert_eq!((&second["Timezone"], &second["Schedule"]), (&first["Timezone"], &first["Schedule"]));
    assert_eq!(second["ScheduledActionARN"], first["ScheduledActionARN"]);
    sandbox.aas("DeleteScheduledAction", json!({"ScheduledActionName": "morning"})).unwrap();
    assert_eq!(read(&mut sandbox), Json::Null);
}

#[test]
fn names_times_zones_and_capacities_are_checked() {
    // S-039, S-041, S-042
    let mut sandbox = Sandbox::with_target();
    for name in [" a", "a ", "a:b", "a/b", "a|b", ""] {
        let refused = sandbox.aas("PutScheduledAction", action(json!({"ScheduledActionName": name})));
        assert_eq!(refusal(refused).0, "ValidationException", "{name:?}");
    }
    for (wrong, text) in [
        (json!({"StartTime": 2, "EndTime": 1}), "StartTime must be before EndTime"),
        (json!({"Timezone": "Mars/Olympus"}), "Invalid timezone"),
        (json!({"ScalableTargetAction": null}), "ScalableTargetAction must be set"),
        (
            json!({"ScalableTargetAction": {}}),
            "At least one of minimum capacity and maximum capacity should be provided",
        ),
        (
            json!({"ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 2}}),
            "Maximum capacity cannot be less than minimum capacity",
        ),
        (json!({"Schedule": "cron(0 8 * * * *)"}), "Invalid CRON expression"),
    ] {
        assert_eq!(refusal(sandbox.aas("PutScheduledAction", action(wrong))).1, text);
    }
    let untargeted = Sandbox::new().aas("PutScheduledAction", action(json!({})));
    assert_eq!(refusal(untargeted).0, "ObjectNotFoundException");
}

#[test]
fn a_target_has_at_most_two_hundred_actions_and_they_come_fifty_a_page() {
    // S-053, S-060
    let mut sandbox = Sandbox::with_target();
    for n in 0..200 {
        sandbox.aas("PutScheduledAction", action(json!({"ScheduledActionName": format!("a{n}")}))).unwrap();
    }
    assert_eq!(refusal(sandbox.aas("PutScheduledAction", action(json!({})))).0, "LimitExceededException");
    let page = sandbox.list("DescribeScheduledActions", json!({})).unwrap();
    assert_eq!(page["ScheduledActions"].as_array().unwrap().len(), 50);
    assert!(page["NextToken"].is_string());
}
