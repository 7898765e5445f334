//! The main job: objects become scaling, and stay so.

use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::model::failure::AwsService;
use serde_json::json;

use crate::harness::{Bench, SEARCH_API, condition, home, search_api};

// S-067: the SDK speaks CBOR to CloudWatch.
#[tokio::test(start_paused = true)]
async fn an_object_becomes_target_policy_and_alarm_in_that_order_and_a_second_pass_writes_nothing() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    let passed = bench.pass(&mut session).await;
    assert!(passed.kept.status.is_ready(), "{:#?}", passed.kept.status);
    let order: Vec<String> =
        bench.world.world().counters().writes().iter().map(|write| write.call.operation.clone()).collect();
    assert_eq!(order, ["RegisterScalableTarget", "PutScalingPolicy", "PutMetricAlarm"]); // S-106
    let target = bench.world.world().target(&home(), &search_api()).cloned().expect("a target");
    assert_eq!((target.range.min(), target.range.max()), (2, 20));
    let capacity = passed.kept.status.capacity.expect("the status does not wait for the next read");
    assert_eq!((capacity.min, capacity.max, capacity.desired), (Some(2), Some(20), 2));
    let kinds: Vec<&str> = passed.kept.status.resources.iter().map(|resource| resource.kind.as_str()).collect();
    assert_eq!(kinds, ["ScalableTarget", "ScalingPolicy", "Alarm"]);
    bench.sleep(60).await;
    let again = bench.pass(&mut session).await;
    assert_eq!(again.kept.status.resources, passed.kept.status.resources);
    assert_eq!(bench.writes(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_restarted_controller_writes_nothing() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    let before = bench.writes();
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    assert_eq!(bench.writes(), before);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_alarm_is_put_back_in_the_next_pass() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    bench.somebody(AwsService::CloudWatch, "DeleteAlarms", json!({"AlarmNames": ["ECSPersonalScaleOutAlarmProd"]}));
    bench.sleep(60).await;
    bench.pass(&mut session).await;
    assert!(bench.world.world().alarm(&home(), "ECSPersonalScaleOutAlarmProd").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_missing_service_is_said_and_scaling_follows_once_it_is_there() {
    let bench = Bench::new().await;
    let mut session = bench.session(&SEARCH_API.replace("service: search-api", "service: other")).await;
    let passed = bench.pass(&mut session).await;
    let found = condition(&passed, ConditionType::ServiceFound);
    assert_eq!((found.status, found.reason), (ConditionStatus::False, Reason::ServiceMissing));
    assert_eq!(bench.writes(), 0);
}
