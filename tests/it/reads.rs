//! Reads and writes that fail: nothing is written from an incomplete list, and every failure is said and passes.

use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::controller::object::Again;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling_sandbox::Fault;
use serde_json::json;

use crate::harness::{ALARM, Bench, SEARCH_API, said};

/// A list, the IAM action behind it, and the condition that says that it is missing.
const LISTS: [(&str, &str, ConditionType); 5] = [
    ("DescribeScalableTargets", "application-autoscaling:DescribeScalableTargets", ConditionType::TargetSynced),
    ("DescribeScalingPolicies", "application-autoscaling:DescribeScalingPolicies", ConditionType::PoliciesSynced),
    ("DescribeScheduledActions", "application-autoscaling:DescribeScheduledActions", ConditionType::SchedulesSynced),
    ("DescribeServices", "ecs:DescribeServices", ConditionType::ServiceFound),
    ("DescribeAlarms", "cloudwatch:DescribeAlarms", ConditionType::AlarmsSynced),
];

/// Everything drifts: the target, the policy and the alarm.
fn drift(bench: &Bench) {
    bench.register(json!({"MinCapacity": 1}));
    bench.put_policy(crate::harness::POLICY);
    bench.somebody(AwsService::CloudWatch, "DeleteAlarms", json!({"AlarmNames": [ALARM]}));
}

/// What may still be written while a list is missing.
fn writable_without(list: &str) -> &'static [&'static str] {
    match list {
        // Without the policies the alarm's action is not known; with no target nothing is known to be ours.
        "DescribeScalingPolicies" => &["RegisterScalableTarget"],
        "DescribeScheduledActions" => &["PutScalingPolicy", "PutMetricAlarm"],
        "DescribeAlarms" => &["RegisterScalableTarget", "PutScalingPolicy"],
        _ => &[],
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fails_is_said_nothing_is_written_from_it_and_the_rest_goes_on() {
    for (list, _, kind) in LISTS {
        let bench = Bench::new().await;
        let mut session = bench.session(SEARCH_API).await;
        bench.converge(&mut session).await;
        drift(&bench);
        bench.fail(list, 1000, Fault::InternalError);
        let (passed, written) = bench.next_pass(&mut session).await;
        assert_eq!(written, writable_without(list), "{list}");
        assert_eq!(said(&passed, kind), (ConditionStatus::Unknown, Reason::ReadFailed), "{list}");
        let status = &passed.kept.status;
        assert!(!status.is_ready() && status.condition(ConditionType::Reconciling).is_some(), "{list}");
        assert_eq!(passed.again, Again::WithASweep, "{list}: a list of the scope is not asked for by each object");
        bench.world.world().clear_faults();
        bench.sleep(60).await;
        bench.converge(&mut session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_denied_is_said_as_a_permission() {
    for (list, action, kind) in LISTS {
        let bench = Bench::new().await;
        let mut session = bench.session(SEARCH_API).await;
        bench.converge(&mut session).await;
        bench.deny(action);
        let (passed, written) = bench.next_pass(&mut session).await;
        assert_eq!(written, [""; 0], "{list}");
        let granted = crate::harness::condition(&passed, ConditionType::PermissionsGranted);
        assert_eq!((granted.status, granted.reason), (ConditionStatus::False, Reason::AccessDenied), "{list}");
        assert!(granted.message.contains(action), "{}", granted.message);
        assert_eq!(said(&passed, kind).0, ConditionStatus::Unknown, "{list}");
        bench.allow(action);
        bench.sleep(60).await;
        bench.converge(&mut session).await;
    }
}

// An empty world seen through a failing list must not look empty: nothing is created.
#[tokio::test(start_paused = true)]
async fn nothing_is_created_from_a_list_that_failed() {
    for (list, _, _) in LISTS.into_iter().filter(|(list, ..)| *list != "DescribeScheduledActions") {
        let bench = Bench::new().await;
        bench.fail(list, 1000, Fault::InternalError); // a throttle would end the sweep there and then
        bench.pass(&mut bench.session(SEARCH_API).await).await;
        let created = bench.written_since(0);
        let expected: &[&str] = match list {
            "DescribeAlarms" => &["RegisterScalableTarget", "PutScalingPolicy"],
            "DescribeScalingPolicies" => &["RegisterScalableTarget"],
            _ => &[],
        };
        assert_eq!(created, expected, "{list}");
    }
}

// The SDK reads three times before it gives up, so one throttle is nobody's matter.
#[tokio::test(start_paused = true)]
async fn a_single_throttle_of_a_read_is_not_seen() {
    for (list, _, _) in LISTS {
        let bench = Bench::new().await;
        bench.fail(list, 2, Fault::Throttle);
        bench.converge(&mut bench.session(SEARCH_API).await).await;
    }
}

// A denied write stops what builds on it and nothing else.
#[tokio::test(start_paused = true)]
async fn a_denied_write_stops_what_requires_it() {
    let cases = [
        ("application-autoscaling:RegisterScalableTarget", ConditionType::TargetSynced, 0),
        ("application-autoscaling:PutScalingPolicy", ConditionType::PoliciesSynced, 1),
        ("cloudwatch:PutMetricAlarm", ConditionType::TargetSynced, 0), // S-015: the register asks for it as well
    ];
    for (action, kind, done) in cases {
        let bench = Bench::new().await;
        bench.deny(action);
        let passed = bench.pass(&mut bench.session(SEARCH_API).await).await;
        assert_eq!(said(&passed, kind), (ConditionStatus::False, Reason::AccessDenied), "{action}");
        let succeeded = bench.records_since(0).iter().filter(|write| write.result.is_ok()).count();
        assert_eq!(succeeded, done, "{action}");
        assert_eq!(said(&passed, ConditionType::PermissionsGranted).0, ConditionStatus::False);
    }
}

// Effect unknown: it is read again before anything else is tried, and nothing is done twice.
#[tokio::test(start_paused = true)]
async fn a_write_without_an_answer_is_read_again_and_heals() {
    for fault in [Fault::TimeoutBeforeEffect, Fault::TimeoutAfterEffect, Fault::ResetBeforeEffect, Fault::InternalError]
    {
        for operation in ["RegisterScalableTarget", "PutScalingPolicy", "PutMetricAlarm"] {
            let bench = Bench::new().await;
            let mut session = bench.session(SEARCH_API).await;
            bench.fail(operation, 1, fault);
            let passed = bench.pass(&mut session).await;
            assert!(!passed.kept.status.is_ready());
            assert_eq!(passed.again, Again::Soon, "{operation}, {fault:?}");
            bench.sleep(60).await;
            bench.converge(&mut session).await;
        }
    }
}

// S-061: reads that lag behind our own writes lead to no second write.
#[tokio::test(start_paused = true)]
async fn aws_showing_our_writes_late_leads_to_no_second_write() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    bench.world.world().set_read_lag(std::time::Duration::from_secs(20));
    bench.register(json!({"MinCapacity": 1}));
    bench.sleep(60).await;
    let before = bench.writes();
    bench.pass(&mut session).await;
    bench.sleep(5).await;
    let passed = bench.pass(&mut session).await;
    assert_eq!(said(&passed, ConditionType::TargetSynced).1, Reason::AwaitingRead);
    assert_eq!(bench.written_since(before), ["RegisterScalableTarget"]);
    let (passed, written) = bench.next_pass(&mut session).await;
    assert!(written.is_empty() && passed.kept.status.is_ready());
}
