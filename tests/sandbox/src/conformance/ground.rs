//! What a probe works on: the clients, the names of this run, and the journal of what it made.
//!
//! Everything that makes something writes it into the journal before the call, since a call that fails may have had its
//! effect.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_applicationautoscaling as aas;
use aws_sdk_applicationautoscaling::operation::put_scaling_policy::builders::PutScalingPolicyFluentBuilder;
use aws_sdk_applicationautoscaling::operation::put_scheduled_action::builders::PutScheduledActionFluentBuilder;
use aws_sdk_applicationautoscaling::operation::register_scalable_target::builders::RegisterScalableTargetFluentBuilder;
use aws_sdk_applicationautoscaling::types::{ScalableDimension, ScalableTarget, ServiceNamespace};
use aws_sdk_cloudwatch as cloudwatch;
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, MetricAlarm, Statistic};
use aws_sdk_ecs as ecs;
use aws_sdk_ecs::types::{ContainerDefinition, LaunchType};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::made::Made;
use super::{Stop, Told};

/// The tag that says which run registered a target.
pub(super) const TAG: &str = "ecs-scaling-conformance";

/// Seconds within which a new target must be described.
const SEEN_WITHIN: usize = 20;

/// Where a run is, and what its things are called.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) cluster: String,
    /// Stands before the name of everything that the run makes, and is the name of its service.
    pub(super) name: String,
    /// A service of the user's; without one, the run makes its own.
    pub(super) given: Option<String>,
}

impl Place {
    pub(super) fn service(&self) -> &str {
        self.given.as_deref().unwrap_or(&self.name)
    }

    pub(super) fn resource(&self) -> String {
        format!("service/{}/{}", self.cluster, self.service())
    }
}

/// A place with clients to reach it.
pub(super) struct Ground {
    pub(super) place: Place,
    pub(super) scaling: aas::Client,
    pub(super) cloudwatch: cloudwatch::Client,
    pub(super) ecs: ecs::Client,
    journal: Mutex<Vec<Made>>,
}

/// Sends a call: its output, or why there is none.
pub(super) async fn ask<T, E>(sent: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>) -> Result<T, Stop>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    sent.await.map_err(|error| {
        let message = error.message().unwrap_or_default();
        match error.code() {
            Some(code) if !says_nothing(code, message) => Stop::Refused(format!("{code}: {message}")),
            _ => Stop::Unanswered(DisplayErrorContext(&error).to_string()),
        }
    })
}

/// Whether an error is of the caller or the moment, and not of the rule that was asked for.
fn says_nothing(code: &str, message: &str) -> bool {
    ["AccessDenied", "Throttl", "Expired", "Unrecognized", "InvalidClientToken", "Internal", "ServiceUnavailable"]
        .iter()
        .any(|start| code.starts_with(start))
        || message.contains("missing the following permissions")
        || message.contains("Rate exceeded")
}

impl Ground {
    pub(super) fn new(config: &SdkConfig, place: Place) -> Self {
        Self {
            place,
            scaling: aas::Client::new(config),
            cloudwatch: cloudwatch::Client::new(config),
            ecs: ecs::Client::new(config),
            journal: Mutex::default(),
        }
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Vec<Made>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what is about to be made, once.
    pub(super) fn note(&self, made: Made) {
        let mut journal = self.journal();
        if !journal.contains(&made) {
            journal.push(made);
        }
    }

    /// A name of this run.
    pub(super) fn named(&self, suffix: &str) -> String {
        format!("{}-{suffix}", self.place.name)
    }

    /// Makes a service that runs nothing: desired count 0, for EC2, so that it needs no network.
    pub(super) async fn make_service(&self, name: &str) -> Result<(), Stop> {
        let family = &self.place.name;
        let has_family = self.journal().contains(&Made::TaskDefinition(family.clone()));
        if !has_family {
            self.note(Made::TaskDefinition(family.clone()));
            let image = "public.ecr.aws/docker/library/busybox:stable";
            let container = ContainerDefinition::builder().name("nothing").image(image).memory(64).build();
            ask(self.ecs.register_task_definition().family(family).container_definitions(container).send()).await?;
        }
        self.note(Made::Service(name.to_owned()));
        let create = self.ecs.create_service().cluster(&self.place.cluster).service_name(name);
        let create = create.task_definition(format!("{family}:1")).launch_type(LaunchType::Ec2).desired_count(0);
        ask(create.send()).await.map(drop)
    }

    /// A register of the service, with nothing but its name.
    pub(super) fn register(&self) -> RegisterScalableTargetFluentBuilder {
        self.register_of(&self.place.resource())
    }

    pub(super) fn register_of(&self, resource: &str) -> RegisterScalableTargetFluentBuilder {
        self.scaling
            .register_scalable_target()
            .service_namespace(ServiceNamespace::Ecs)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .resource_id(resource)
    }

    pub(super) async fn put_target(&self, register: RegisterScalableTargetFluentBuilder) -> Told {
        self.note(Made::Target(register.get_resource_id().clone().unwrap_or_default()));
        ask(register.send()).await.map(|_| accepted())
    }

    /// Registers the service from 0 to 2, tagged as of this run.
    pub(super) async fn new_target(&self) -> Result<(), Stop> {
        let register = self.register().min_capacity(0).max_capacity(2).tags(TAG, &self.place.name);
        self.put_target(register).await?;
        // A target cannot be used at once (S-016).
        for _ in 0..SEEN_WITHIN {
            if self.target_of(&self.place.resource()).await?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Err(Stop::Unanswered("the new target is not described".into()))
    }

    pub(super) async fn target_of(&self, resource: &str) -> Result<Option<ScalableTarget>, Stop> {
        let describe = self.scaling.describe_scalable_targets().service_namespace(ServiceNamespace::Ecs);
        let described = ask(describe.resource_ids(resource).send()).await?;
        Ok(described.scalable_targets.unwrap_or_default().into_iter().next())
    }

    /// The service's target.
    pub(super) async fn target(&self) -> Result<ScalableTarget, Stop> {
        let missing = || Stop::Refused("the target is not described".into());
        self.target_of(&self.place.resource()).await?.ok_or_else(missing)
    }

    /// A put of a policy, with nothing but its name and target.
    pub(super) fn policy(&self, suffix: &str) -> PutScalingPolicyFluentBuilder {
        self.scaling
            .put_scaling_policy()
            .service_namespace(ServiceNamespace::Ecs)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .resource_id(self.place.resource())
            .policy_name(self.named(suffix))
    }

    pub(super) async fn put_policy(&self, put: PutScalingPolicyFluentBuilder) -> Told {
        self.note(Made::Policy(put.get_policy_name().clone().unwrap_or_default()));
        ask(put.send()).await.map(|_| accepted())
    }

    /// A put of a scheduled action in a far year, with a range.
    pub(super) fn action(&self, suffix: &str) -> PutScheduledActionFluentBuilder {
        let range = aas::types::ScalableTargetAction::builder().min_capacity(0).max_capacity(1).build();
        self.scaling
            .put_scheduled_action()
            .service_namespace(ServiceNamespace::Ecs)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .resource_id(self.place.resource())
            .scheduled_action_name(self.named(suffix))
            .schedule("at(2099-01-01T00:00:00)")
            .scalable_target_action(range)
    }

    pub(super) async fn put_action(&self, put: PutScheduledActionFluentBuilder) -> Told {
        self.note(Made::ScheduledAction(put.get_scheduled_action_name().clone().unwrap_or_default()));
        ask(put.send()).await.map(|_| accepted())
    }

    /// A put of an alarm on the service's CPU that does nothing.
    pub(super) fn alarm(&self, suffix: &str) -> PutMetricAlarmFluentBuilder {
        let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
        self.cloudwatch
            .put_metric_alarm()
            .alarm_name(self.named(suffix))
            .namespace("AWS/ECS")
            .metric_name("CPUUtilization")
            .dimensions(dimension("ClusterName", &self.place.cluster))
            .dimensions(dimension("ServiceName", self.place.service()))
            .statistic(Statistic::Average)
            .period(60)
            .evaluation_periods(1)
            .threshold(50.0)
            .comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold)
    }

    pub(super) async fn put_alarm(&self, put: PutMetricAlarmFluentBuilder) -> Told {
        self.note(Made::Alarm(put.get_alarm_name().clone().unwrap_or_default()));
        ask(put.send()).await.map(|_| accepted())
    }

    pub(super) async fn alarms(&self, names: Vec<String>) -> Result<Vec<MetricAlarm>, Stop> {
        let described = ask(self.cloudwatch.describe_alarms().set_alarm_names(Some(names)).send()).await?;
        Ok(described.metric_alarms.unwrap_or_default())
    }

    pub(super) async fn described_alarm(&self, suffix: &str) -> Result<MetricAlarm, Stop> {
        let missing = || Stop::Refused("the alarm is not described".into());
        self.alarms(vec![self.named(suffix)]).await?.into_iter().next().ok_or_else(missing)
    }

    /// An answer without what is of this run.
    pub(super) fn without_names(&self, text: &str) -> String {
        let place = &self.place;
        let services = format!("service/{}/", place.cluster);
        let mut text = text.replace(&place.resource(), "{resource}").replace(&place.name, "{name}");
        text = text.replace(&services, "service/{cluster}/");
        for (of_run, shown) in [(&place.account, "{account}"), (&place.region, "{region}")] {
            if !of_run.is_empty() {
                text = text.replace(of_run.as_str(), shown);
            }
        }
        without_uuids(&text)
    }
}

pub(super) fn accepted() -> String {
    "accepted".to_owned()
}

fn without_uuids(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match rest.get(..36).filter(|start| uuid::Uuid::try_parse(start).is_ok()) {
            Some(_) => {
                shown.push_str("{uuid}");
                rest = rest.get(36..).unwrap_or_default();
            }
            None => {
                shown.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    shown
}
