//! Application Auto Scaling: its record of what moved a service's tasks, or why they did not move.

use aws_sdk_applicationautoscaling::types as sdk;
use jiff::{SignedDuration, Timestamp};

use super::call::Operation;
use super::schedules::moment;
use super::scope::{Pages, Scope};
use crate::model::activity::{Activity, ActivityOutcome, ActivityReading, NotScaledCode, NotScaledReason};
use crate::model::failure::{AwsService, Failure};
use crate::model::names::ServiceId;

const DESCRIBE: Operation = Operation::read(AwsService::ApplicationAutoScaling, "DescribeScalingActivities");

/// How long AWS keeps activities (S-054): six weeks.
const KEPT: SignedDuration = SignedDuration::from_hours(42 * 24);

impl Scope {
    /// The newest activities of a target, those that scaled nothing among them (S-054): at most `pages` pages of 50.
    pub async fn activities(
        &self,
        service: &ServiceId,
        pages: usize,
        now: Timestamp,
    ) -> Result<ActivityReading, Failure> {
        let (mut activities, mut seen, mut token) = (Vec::new(), Pages::default(), None);
        for _ in 0..pages {
            let request = self
                .autoscaling
                .read
                .describe_scaling_activities()
                .service_namespace(sdk::ServiceNamespace::Ecs)
                .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
                .resource_id(service.resource_id())
                .include_not_scaled_activities(true)
                .set_next_token(token);
            let reply = self.call(DESCRIBE, request.send()).await?;
            for activity in reply.scaling_activities() {
                activities.push(convert(activity)?);
            }
            token = seen.next(DESCRIBE, reply.next_token())?;
            if token.is_none() {
                break;
            }
        }
        // AWS lists the newest first; what is newest must not hang on it.
        activities.sort_by_key(|activity| std::cmp::Reverse(activity.at));
        let oldest = activities.last().map(|activity| activity.at).filter(|_| token.is_some());
        Ok(ActivityReading { activities, since: oldest.unwrap_or(now - KEPT), read_at: now })
    }
}

fn convert(activity: &sdk::ScalingActivity) -> Result<Activity, Failure> {
    let reasons: Vec<NotScaledReason> = activity.not_scaled_reasons().iter().map(reason).collect();
    let status = activity.status_code().as_str();
    Ok(Activity {
        id: activity.activity_id().to_owned(),
        at: moment(DESCRIBE, activity.start_time())?,
        outcome: ActivityOutcome::from_aws(status, !reasons.is_empty()),
        status: status.to_owned(),
        description: activity.description().to_owned(),
        cause: activity.cause().to_owned(),
        message: activity.status_message().unwrap_or_default().to_owned(),
        reasons,
    })
}

fn reason(reason: &sdk::NotScaledReason) -> NotScaledReason {
    NotScaledReason {
        code: NotScaledCode::from_aws(reason.code()).ok_or_else(|| reason.code().to_owned()),
        max: reason.max_capacity(),
        min: reason.min_capacity(),
        current: reason.current_capacity(),
    }
}
