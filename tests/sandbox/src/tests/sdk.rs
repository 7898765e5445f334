//! The real SDK on the in-process client, in virtual time.

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace};
use aws_sdk_cloudwatch::error::ProvideErrorMetadata;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
use std::time::Duration;

use super::*;
use crate::client::http_client;
use crate::faults::{Fault, FaultRule};
use crate::shared::Shared;

async fn config(world: Shared) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(aws_sdk_sts::config::Credentials::new("test", "test", None, None, "test"))
        .http_client(http_client(world))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(5)).build())
        .load()
        .await
}

fn shared() -> Shared {
    let sandbox = Sandbox::new();
    Shared::new(sandbox.world, || Timestamp::UNIX_EPOCH)
}

#[tokio::test(start_paused = true)]
async fn the_sdk_reads_back_what_it_wrote() {
    let world = shared();
    let config = config(world.clone()).await;
    let scaling = aws_sdk_applicationautoscaling::Client::new(&config);
    let register = scaling
        .register_scalable_target()
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id("service/B/api")
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .min_capacity(2)
        .max_capacity(3);
    register.send().await.unwrap();
    let targets = scaling.describe_scalable_targets().service_namespace(ServiceNamespace::Ecs).send().await.unwrap();
    assert_eq!(targets.scalable_targets()[0].max_capacity(), 3);
    let services = aws_sdk_ecs::Client::new(&config).describe_services().cluster("B").services("api");
    assert_eq!(services.send().await.unwrap().services()[0].desired_count(), 3);
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&config);
    let alarm = cloudwatch
        .put_metric_alarm()
        .alarm_name("high")
        .namespace("AWS/ECS")
        .metric_name("CPUUtilization")
        .statistic(Statistic::Average)
        .period(60)
        .evaluation_periods(1)
        .threshold(30.0)
        .comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold);
    alarm.clone().send().await.unwrap();
    let read = cloudwatch.describe_alarms().alarm_names("high").send().await.unwrap();
    assert_eq!(read.metric_alarms()[0].threshold(), Some(30.0));
    let refused = alarm.period(45).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("ValidationError"));
    let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("111122223333"));
    let role = aws_sdk_iam::Client::new(&config)
        .get_role()
        .role_name("AWSServiceRoleForApplicationAutoScaling_ECSService")
        .send()
        .await
        .unwrap();
    assert!(role.role().unwrap().path().starts_with("/aws-service-role/"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_ends_by_the_timeout_in_virtual_time() {
    let world = shared();
    let rule = FaultRule { times: 3, ..FaultRule::next("DescribeAlarms", Fault::TimeoutBeforeEffect) };
    world.world().inject(rule);
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&config(world.clone()).await);
    let begin = tokio::time::Instant::now();
    cloudwatch.describe_alarms().send().await.unwrap_err();
    assert!(begin.elapsed() >= Duration::from_secs(15), "three attempts of five virtual seconds each");
    assert_eq!(world.world().counters().count("DescribeAlarms"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_malformed_answer_is_unreadable_in_every_protocol() {
    let world = shared();
    let config = config(world.clone()).await;
    let broken = |operation: &str| {
        world.world().inject(FaultRule::next(operation, Fault::MalformedBody));
    };
    broken("DescribeAlarms");
    assert!(aws_sdk_cloudwatch::Client::new(&config).describe_alarms().send().await.is_err());
    broken("ListClusters");
    assert!(aws_sdk_ecs::Client::new(&config).list_clusters().send().await.is_err());
    broken("GetCallerIdentity");
    assert!(aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.is_err());
}
