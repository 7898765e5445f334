//! Application Auto Scaling: scheduled actions.

use std::collections::BTreeMap;

use aws_sdk_applicationautoscaling::types as sdk;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::autoscaling::{Which, gone_is_done};
use super::call::Operation;
use super::scope::{Pages, Scope, Written, unreadable};
use crate::model::failure::{AwsService, Failure};
use crate::model::names::{ScheduledActionName, ServiceId};
use crate::model::observed::ScheduledAction;
use crate::model::scheduled_action::{ScheduledActionConfig, UTC};

const SERVICE: AwsService = AwsService::ApplicationAutoScaling;
const DESCRIBE_SCHEDULES: Operation = Operation::read(SERVICE, "DescribeScheduledActions");
const DELETE: Operation = Operation::write(SERVICE, "DeleteScheduledAction");
const PUT: Operation = Operation::write(SERVICE, "PutScheduledAction");

impl Scope {
    /// The scheduled actions, by service.
    pub async fn scheduled_actions(
        &self,
        which: Which<'_>,
    ) -> Result<BTreeMap<ServiceId, Vec<ScheduledAction>>, Failure> {
        let (mut found, mut pages, mut token) = (BTreeMap::<_, Vec<_>>::new(), Pages::default(), None);
        loop {
            let request = self
                .autoscaling
                .read
                .describe_scheduled_actions()
                .service_namespace(sdk::ServiceNamespace::Ecs)
                .set_resource_id(which.resource_id())
                .set_scalable_dimension(which.resource_id().map(|_| sdk::ScalableDimension::EcsServiceDesiredCount))
                .set_next_token(token);
            let reply = self.call(DESCRIBE_SCHEDULES, request.send()).await?;
            for action in reply.scheduled_actions() {
                if let Some(service) = ServiceId::from_resource_id(action.resource_id()) {
                    found.entry(service).or_default().push(convert(action)?);
                }
            }
            token = pages.next(DESCRIBE_SCHEDULES, reply.next_token())?;
            if token.is_none() {
                return Ok(found);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Puts a scheduled action, with every parameter: a start or an end that is left out is deleted, and anything else
    /// that is left out stays (S-043).
    pub async fn put_scheduled_action(
        &self,
        service: &ServiceId,
        name: &ScheduledActionName,
        config: &ScheduledActionConfig,
    ) -> Result<Written, Failure> {
        let action = sdk::ScalableTargetAction::builder()
            .set_min_capacity(config.min_capacity)
            .set_max_capacity(config.max_capacity)
            .build();
        let request = self
            .autoscaling
            .write
            .put_scheduled_action()
            .service_namespace(sdk::ServiceNamespace::Ecs)
            .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
            .resource_id(service.resource_id())
            .scheduled_action_name(name.as_str())
            .schedule(&config.schedule)
            .timezone(&config.timezone)
            .set_start_time(config.start_time.map(to_sdk))
            .set_end_time(config.end_time.map(to_sdk))
            .scalable_target_action(action);
        self.write(PUT, request.send()).await
    }

    /// Deletes a scheduled action; what it has set stays (S-045). One that is gone already is as wanted.
    pub async fn delete_scheduled_action(
        &self,
        service: &ServiceId,
        name: &ScheduledActionName,
    ) -> Result<Written, Failure> {
        let request = self
            .autoscaling
            .write
            .delete_scheduled_action()
            .service_namespace(sdk::ServiceNamespace::Ecs)
            .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
            .resource_id(service.resource_id())
            .scheduled_action_name(name.as_str());
        gone_is_done(self.write(DELETE, request.send()).await)
    }
}

fn convert(action: &sdk::ScheduledAction) -> Result<ScheduledAction, Failure> {
    let optional = |time: Option<&DateTime>| time.map(|time| moment(DESCRIBE_SCHEDULES, time)).transpose();
    let set = action.scalable_target_action();
    let config = ScheduledActionConfig {
        schedule: action.schedule().to_owned(),
        timezone: action.timezone().unwrap_or(UTC).to_owned(),
        start_time: optional(action.start_time())?,
        end_time: optional(action.end_time())?,
        min_capacity: set.and_then(sdk::ScalableTargetAction::min_capacity),
        max_capacity: set.and_then(sdk::ScalableTargetAction::max_capacity),
    };
    Ok(ScheduledAction {
        name: ScheduledActionName::new(action.scheduled_action_name()),
        arn: Some(action.scheduled_action_arn().to_owned()),
        config: config.canonical(),
        created: moment(DESCRIBE_SCHEDULES, action.creation_time())?,
    })
}

/// A moment as AWS gives it.
pub(super) fn moment(operation: Operation, time: &DateTime) -> Result<Timestamp, Failure> {
    let moment = time.to_millis().ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
    moment.ok_or_else(|| unreadable(operation, format!("AWS reports the time {time}")))
}

fn to_sdk(time: Timestamp) -> DateTime {
    DateTime::from_secs(time.as_second())
}
