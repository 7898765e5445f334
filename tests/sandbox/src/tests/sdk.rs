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

/// The founding story, by the SDK that the controller uses.
#[tokio::test(start_paused = true)]
async fn the_sdk_assumes_a_role_reads_its_policy_and_simulates_the_fix() {
    let mut world = World::new();
    world.plant_founding_story(Timestamp::UNIX_EPOCH).unwrap();
    let hub = config(Shared::new(world, || Timestamp::UNIX_EPOCH)).await;
    let arn = "arn:aws:iam::444455556666:role/search-test-role";
    let assume = aws_sdk_sts::Client::new(&hub).assume_role().role_arn(arn).role_session_name("ctl");
    let refused = assume.clone().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));
    let assumed = assume.external_id("tools").send().await.unwrap();
    let key = assumed.credentials().unwrap();
    let (id, secret, token) = (key.access_key_id(), key.secret_access_key(), key.session_token());
    let credentials = aws_sdk_sts::config::Credentials::new(id, secret, Some(token.into()), None, "test");
    let provider = aws_sdk_sts::config::SharedCredentialsProvider::new(credentials);
    let role = hub.into_builder().credentials_provider(provider).build();
    let iam = aws_sdk_iam::Client::new(&role);
    let policy = iam.get_role_policy().role_name("search-test-role").policy_name("search-ecs").send().await.unwrap();
    assert!(policy.policy_document().starts_with("%7B"), "E-01: the SDK does not decode");
    let service = "ecs.application-autoscaling.amazonaws.com";
    let refused = iam.create_service_linked_role().aws_service_name(service).send().await.unwrap_err();
    assert!(refused.message().unwrap().contains("because no identity-based policy allows"));
    let fix = json!({"Statement": story::allow(json!(story::ACTION), json!("*"))}).to_string();
    let key = aws_sdk_iam::types::ContextEntry::builder()
        .context_key_name("iam:AWSServiceName")
        .context_key_values(service)
        .context_key_type(aws_sdk_iam::types::ContextKeyTypeEnum::String)
        .build();
    let simulate =
        iam.simulate_principal_policy().policy_source_arn(arn).action_names(story::ACTION).context_entries(key);
    let decision = |reply: &aws_sdk_iam::operation::simulate_principal_policy::SimulatePrincipalPolicyOutput| {
        reply.evaluation_results()[0].eval_decision().as_str().to_owned()
    };
    assert_eq!(decision(&simulate.clone().send().await.unwrap()), "implicitDeny");
    assert_eq!(decision(&simulate.policy_input_list(fix).send().await.unwrap()), "allowed");
}
