//! What vanishes is made again in the next pass: services deleted and recreated, and parts removed by hand.

use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::model::failure::AwsService;
use serde_json::json;

use crate::harness::{ALARM, Bench, POLICY, SEARCH_API, corrections, home, said, search_api};
use crate::somebody::on_target;

const TOPIC: &str = "arn:aws:sns:ap-northeast-2:111122223333:others";

/// Holds that target, policy and alarm are there, and that the alarm fires the policy that lives.
fn assert_whole(bench: &Bench) {
    let target = bench.target();
    assert_eq!((target.range.min(), target.range.max()), (2, 20));
    assert!(bench.alarm().spec.alarm_actions.contains(&target.policies[POLICY].arn));
}

impl Bench {
    fn delete_service(&self) {
        let input = json!({"cluster": "B", "service": "search-api", "force": true});
        self.somebody(AwsService::Ecs, "DeleteService", input);
    }

    fn create_service(&self) {
        let input = json!({"cluster": "B", "serviceName": "search-api", "taskDefinition": "app", "desiredCount": 2});
        self.somebody(AwsService::Ecs, "CreateService", input);
    }
}

// tf#5747, tf#10432, tf#9473, tf#14615, S-050: between two passes, so that nobody sees the service gone.
#[tokio::test(start_paused = true)]
async fn a_service_deleted_and_recreated_gets_its_scaling_back_in_the_next_pass() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    let dead = bench.policy_arn();
    bench.change_alarm(|alarm| alarm.spec.alarm_actions.push(TOPIC.to_owned()));
    bench.delete_service();
    bench.create_service();
    assert!(bench.world.world().target(&home(), &search_api()).is_none());
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, ["RegisterScalableTarget", "PutScalingPolicy", "PutMetricAlarm"]);
    assert_eq!(corrections(&passed), 3);
    assert_whole(&bench);
    let actions = bench.alarm().spec.alarm_actions;
    assert!(!actions.contains(&dead) && actions.contains(&TOPIC.to_owned()), "{actions:?}");
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
}

// S-098, cop#3342
#[tokio::test(start_paused = true)]
async fn a_deleted_service_is_said_and_left_alone_until_it_is_there_again() {
    let bench = Bench::new().await;
    bench.world.world().cloud.knobs.start_delay = std::time::Duration::from_secs(90);
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    bench.delete_service();
    for status in ["DRAINING", "INACTIVE"] {
        let (passed, written) = bench.next_pass(&mut session).await;
        assert_eq!(written, [""; 0]);
        let found = crate::harness::condition(&passed, ConditionType::ServiceFound);
        assert_eq!((found.status, found.reason), (ConditionStatus::False, Reason::ServiceNotActive));
        assert!(found.message.contains(status), "{}", found.message);
        assert!(passed.kept.status.condition(ConditionType::Stalled).is_some());
    }
    bench.create_service();
    let (passed, _) = bench.next_pass(&mut session).await;
    assert!(passed.kept.status.is_ready(), "{:#?}", passed.kept.status);
    assert_whole(&bench);
}

// S-048: with the policy goes the alarm's action, and both come back.
#[tokio::test(start_paused = true)]
async fn a_policy_deleted_by_hand_is_put_back_with_its_alarms_action() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    let delete = on_target(json!({"PolicyName": POLICY}));
    bench.somebody(AwsService::ApplicationAutoScaling, "DeleteScalingPolicy", delete);
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!((written.len(), corrections(&passed)), (2, 2), "{written:?}");
    assert_whole(&bench);
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
}

// S-049: the policies go with their target.
#[tokio::test(start_paused = true)]
async fn a_target_deregistered_by_hand_comes_back_with_everything_on_it() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    bench.somebody(AwsService::ApplicationAutoScaling, "DeregisterScalableTarget", on_target(json!({})));
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!((written.len(), corrections(&passed)), (3, 3), "{written:?}");
    assert_whole(&bench);
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_alarm_comes_back_and_is_counted() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    bench.somebody(AwsService::CloudWatch, "DeleteAlarms", json!({"AlarmNames": [ALARM]}));
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!((written.len(), corrections(&passed)), (1, 1), "{written:?}");
    assert_whole(&bench);
    assert!(bench.alarm().tags.contains_key("ecs-scaling.dev/owner"), "it is ours again");
}

// S-016, S-022, tf#427: a policy that AWS refuses because it does not see the target yet is put with the next pass.
#[tokio::test(start_paused = true)]
async fn a_target_that_policies_do_not_see_yet_is_waited_for() {
    let bench = Bench::new().await;
    bench.world.world().cloud.knobs.target_propagation = std::time::Duration::from_secs(5);
    let mut session = bench.session(SEARCH_API).await;
    let passed = bench.pass(&mut session).await;
    assert_eq!(said(&passed, ConditionType::PoliciesSynced), (ConditionStatus::False, Reason::WriteFailed));
    assert!(passed.kept.status.condition(ConditionType::Reconciling).is_some(), "it passes by itself");
    assert_eq!(passed.again, ecs_scaling::controller::object::Again::Soon);
    let (passed, _) = bench.next_pass(&mut session).await;
    assert!(passed.kept.status.is_ready());
    assert_whole(&bench);
}

// hako PR#69 and S-050 the other way round: an alarm whose action is a dead ARN of the same policy.
#[tokio::test(start_paused = true)]
async fn a_stale_policy_arn_is_replaced_and_others_stay() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    let ours = bench.policy_arn();
    let stale = ours.replacen("scalingPolicy:", "scalingPolicy:dead-", 1);
    bench.put_alarm(json!({"AlarmActions": [stale, TOPIC]}));
    bench.next_pass(&mut session).await;
    let mut actions = bench.alarm().spec.alarm_actions;
    actions.sort();
    assert_eq!(actions, [ours, TOPIC.to_owned()]);
}
