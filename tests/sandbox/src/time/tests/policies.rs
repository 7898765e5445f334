//! Policies move desired counts: the founding example, AWS's worked examples, and what must not happen.

use ecs_scaling::model::alarm::AlarmState;
use ecs_scaling::model::failure::AwsService::{ApplicationAutoScaling, CloudWatch, Ecs};
use serde_json::json;

use super::{FOUNDING, Stage, founding};
use crate::seed::ServiceSeed;

// The founding example, S-020, S-078, S-079, S-082, S-084.
#[test]
fn load_arrives_and_tasks_grow_by_the_steps() {
    let mut stage = founding(4, 300);
    stage.load(80.0);
    stage.wait(300);
    assert_eq!((stage.state("high"), stage.desired()), (AlarmState::Ok, 4), "20 % on each of 4 tasks");
    stage.load(140.0);
    stage.wait(60);
    assert_eq!((stage.state("high"), stage.desired(), stage.running()), (AlarmState::Alarm, 6, 4), "35 %: +2");
    stage.wait(60);
    assert_eq!((stage.state("high"), stage.running()), (AlarmState::Ok, 6), "23 %");
    stage.wait(600);
    stage.load(360.0);
    stage.wait(60);
    assert_eq!(stage.desired(), 10, "60 %: +4");
    stage.wait(300);
    assert_eq!(stage.desired(), 12, "36 %: +2, once the cooldown is over");
    stage.wait(3600);
    assert_eq!((stage.desired(), stage.state("high")), (14, AlarmState::Ok), "30 % still fires, 25.7 % does not");
    assert_eq!(stage.causes(), vec!["monitor alarm high in state ALARM triggered policy out"; 4]);
}

#[test]
fn each_step_is_chosen_by_its_bounds() {
    for (percent, expected) in [(29.9, 4), (30.0, 6), (39.9, 6), (45.0, 6), (50.0, 8), (99.0, 8)] {
        let mut stage = founding(4, 300);
        assert_eq!(stage.minute_of(percent), expected, "{percent} %");
    }
}

// S-080, S-081: AWS's example in percent: threshold 60 and 40, 10 tasks, then 11, 14, 13 and 10.
#[test]
fn the_example_in_percent_goes_up_and_down_again() {
    let mut stage = Stage::new(10, 5, 15);
    let steps = [(Some(0.0), Some(10.0), 10), (Some(10.0), None, 30)];
    let out = stage.policy("out", "PercentChangeInCapacity", 0, &steps);
    let steps = [(Some(-10.0), Some(0.0), -10), (None, Some(-10.0), -30)];
    let back = stage.policy("in", "PercentChangeInCapacity", 0, &steps);
    stage.alarm("high", "GreaterThanOrEqualToThreshold", 60, &out, json!({}));
    stage.alarm("low", "LessThanOrEqualToThreshold", 40, &back, json!({}));
    let minutes = [(60.0, 11), (50.0, 11), (70.0, 14), (50.0, 14), (40.0, 13), (50.0, 13), (30.0, 10), (50.0, 10)];
    for (percent, expected) in minutes {
        assert_eq!(stage.minute_of(percent), expected, "{percent} %");
    }
}

// S-082: AWS's example: 2, then 3 within the cooldown, adds 1.
#[test]
fn a_larger_step_within_the_cooldown_adds_the_difference() {
    let mut stage = Stage::new(10, 2, 20);
    let steps = [(Some(0.0), Some(10.0), 2), (Some(10.0), None, 3)];
    let arn = stage.policy("out", "ChangeInCapacity", 300, &steps);
    stage.alarm_above(30, &arn);
    let counts: Vec<i32> = [35.0, 35.0, 45.0, 45.0].map(|percent| stage.minute_of(percent)).into();
    assert_eq!(counts, [12, 12, 13, 13]);
}

// S-078: with a period of five minutes the policy is still called every minute.
#[test]
fn a_policy_is_called_every_minute_while_the_alarm_lasts() {
    let mut stage = Stage::new(2, 2, 20);
    let arn = stage.policy("out", "ChangeInCapacity", 0, &[(Some(0.0), None, 1)]);
    stage.alarm("high", "GreaterThanOrEqualToThreshold", 30, &arn, json!({ "Period": 300 }));
    let counts: Vec<i32> = (0..4).map(|_| stage.minute_of(50.0)).collect();
    assert_eq!(counts, [3, 4, 5, 6]);
}

// S-084
#[test]
fn at_the_maximum_it_is_said_once_why_nothing_scales() {
    let mut stage = founding(20, 0);
    for _ in 0..5 {
        assert_eq!(stage.minute_of(90.0), 20);
    }
    let query = json!({ "IncludeNotScaledActivities": true });
    let mut input = query;
    input["ServiceNamespace"] = "ecs".into();
    input["ResourceId"] = stage.id.resource_id().into();
    let reply = stage.call(ApplicationAutoScaling, "DescribeScalingActivities", input);
    let activities = reply["ScalingActivities"].as_array().unwrap();
    let [activity] = activities.as_slice() else { panic!("one activity: {reply}") };
    let reason = &activity["NotScaledReasons"][0];
    assert_eq!((&reason["Code"], &reason["MaxCapacity"]), (&json!("AlreadyAtMaxCapacity"), &json!(20)));
}

// S-050: the service is made anew, and its alarm calls a policy that is gone.
#[test]
fn an_alarm_that_names_a_dead_policy_does_nothing_and_says_nothing() {
    let mut stage = founding(4, 0);
    stage.call(Ecs, "DeleteService", json!({ "cluster": "B", "service": "search-api", "force": true }));
    stage.wait(60);
    stage.world.add_service(&stage.scope, "B", &ServiceSeed::new("search-api", 4), stage.now);
    stage.register(json!({ "MinCapacity": 2, "MaxCapacity": 20 }));
    assert_eq!(stage.minute_of(90.0), 4);
    assert_eq!(stage.state("high"), AlarmState::Alarm);
    assert_eq!(stage.causes(), Vec::<String>::new());
    let anew = stage.policy("out", "ChangeInCapacity", 0, &FOUNDING);
    stage.alarm_above(30, &anew);
    assert_eq!(stage.minute_of(90.0), 8);
}

// ecs-watchbot PR#187: the alarm fires and no step matches.
#[test]
fn a_value_that_no_step_covers_moves_nothing() {
    let mut stage = Stage::new(4, 2, 20);
    let arn = stage.policy("out", "ChangeInCapacity", 0, &[(Some(15.0), None, 2)]);
    stage.alarm_above(30, &arn);
    assert_eq!((stage.minute_of(40.0), stage.state("high")), (4, AlarmState::Alarm));
    assert_eq!(stage.minute_of(45.0), 6);
}

// S-006, and actions that are switched off.
#[test]
fn what_is_suspended_or_switched_off_does_not_scale() {
    let mut stage = founding(4, 0);
    stage.register(json!({ "SuspendedState": { "DynamicScalingOutSuspended": true } }));
    assert_eq!(stage.minute_of(90.0), 4);
    stage.register(json!({ "SuspendedState": { "DynamicScalingOutSuspended": false } }));
    stage.call(CloudWatch, "DisableAlarmActions", json!({ "AlarmNames": ["high"] }));
    assert_eq!(stage.minute_of(90.0), 4);
    stage.call(CloudWatch, "EnableAlarmActions", json!({ "AlarmNames": ["high"] }));
    assert_eq!(stage.minute_of(90.0), 8);
}

// S-018, S-019: the desired count was set by hand.
#[test]
fn a_desired_count_outside_the_range_is_brought_back_by_the_policy_that_moves_that_way() {
    let by_hand = |stage: &mut Stage, count: i32| {
        stage.call(Ecs, "UpdateService", json!({ "cluster": "B", "service": "search-api", "desiredCount": count }));
        stage.wait(60);
    };
    let mut stage = founding(4, 0);
    by_hand(&mut stage, 1);
    assert_eq!(stage.minute_of(35.0), 4, "the minimum, 2, and then +2");
    by_hand(&mut stage, 25);
    assert_eq!(stage.minute_of(35.0), 25);
}

// S-037
#[test]
fn target_tracking_follows_in_proportion_and_goes_back_slowly() {
    let mut stage = Stage::new(4, 2, 20);
    let config = json!({
        "TargetValue": 50.0, "ScaleOutCooldown": 60, "ScaleInCooldown": 60,
        "PredefinedMetricSpecification": { "PredefinedMetricType": "ECSServiceAverageCPUUtilization" },
    });
    stage.on_target(
        "PutScalingPolicy",
        json!({
            "PolicyName": "track", "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": config,
        }),
    );
    stage.load(400.0);
    stage.wait(60);
    assert_eq!(stage.desired(), 4, "three datapoints make the alarm");
    stage.wait(240);
    assert_eq!(stage.desired(), 8, "100 % of 4 is 50 % of 8");
    stage.load(200.0);
    stage.wait(600);
    assert_eq!(stage.desired(), 8, "fifteen datapoints bring it back");
    stage.wait(1200);
    assert_eq!(stage.desired(), 4);
}

// S-083
#[test]
fn while_a_deployment_is_under_way_tasks_are_added_and_none_taken_away() {
    let mut stage = Stage::new(10, 2, 20);
    stage.world.cloud.knobs.deployment = std::time::Duration::from_secs(600);
    let out = stage.policy("out", "ChangeInCapacity", 0, &[(Some(0.0), None, 1)]);
    let scale_in = stage.policy("in", "ChangeInCapacity", 0, &[(None, Some(0.0), -1)]);
    stage.alarm_above(70, &out);
    stage.alarm("low", "LessThanOrEqualToThreshold", 20, &scale_in, json!({}));
    let deploy = json!({ "cluster": "B", "service": "search-api", "taskDefinition": "search-api:2" });
    let reply = stage.call(Ecs, "UpdateService", deploy);
    assert_eq!(reply["service"]["deployments"].as_array().unwrap().len(), 2);
    assert_eq!(stage.minute_of(10.0), 10);
    assert_eq!(stage.minute_of(90.0), 11);
    (0..10).for_each(|_| assert_eq!(stage.minute_of(50.0), 11));
    assert_eq!(stage.minute_of(10.0), 10);
}

#[test]
fn a_count_that_ecs_refuses_is_a_failed_activity_and_starts_no_cooldown() {
    let mut stage = founding(4, 300);
    let service = |stage: &mut Stage, refusal: Option<&str>| {
        let scope = stage.world.cloud.scope_mut(&stage.scope);
        scope.service_mut(&stage.id).unwrap().refuses_scaling = refusal.map(str::to_owned);
    };
    service(&mut stage, Some("The service is not in a scalable state."));
    assert_eq!(stage.minute_of(90.0), 4);
    let reply = stage.on_target("DescribeScalingActivities", json!({}));
    let activity = &reply["ScalingActivities"][0];
    let said = "Failed to set desired count to 8. Reason: The service is not in a scalable state.";
    assert_eq!((&activity["StatusCode"], &activity["StatusMessage"]), (&json!("Failed"), &json!(said)));
    service(&mut stage, None);
    assert_eq!(stage.minute_of(90.0), 8);
}
