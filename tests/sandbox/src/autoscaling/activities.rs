//! Scaling activities: what moved a desired count, or why it did not move.

use ecs_scaling::model::names::ServiceId;
use jiff::{SignedDuration, Timestamp};

use super::{Listing, resource_members};
use crate::cloud::{Answer, Call, Cloud, Scope};
use crate::value::Value;

/// S-054: six weeks.
const KEPT: SignedDuration = SignedDuration::from_hours(42 * 24);
const PAGE: usize = 50;

/// One scaling activity.
#[derive(Clone, Debug)]
pub struct Activity {
    /// Its id.
    pub id: String,
    /// The service.
    pub service: ServiceId,
    /// The desired count before and after.
    pub capacity: (i32, i32),
    /// The min and max that a scheduled action set, for an activity that did that and nothing else.
    pub bounds: Option<(Option<i32>, Option<i32>)>,
    /// What set it off, in AWS's words.
    pub cause: String,
    /// The policy that set it off.
    pub policy_arn: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Why nothing was scaled (S-084); empty for an activity that scaled.
    pub not_scaled_reasons: Vec<NotScaledReason>,
}

/// Why nothing was scaled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotScaledReason {
    /// Such as `AlreadyAtMaxCapacity`.
    pub code: String,
    /// The bound that was in the way.
    pub max: Option<i32>,
    /// The bound that was in the way.
    pub min: Option<i32>,
    /// The desired count.
    pub current: Option<i32>,
}

impl Activity {
    /// An activity that moved the desired count.
    pub(crate) fn successful(
        id: String,
        service: &ServiceId,
        capacity: (i32, i32),
        cause: String,
        policy_arn: Option<String>,
        at: Timestamp,
    ) -> Self {
        let (service, not_scaled_reasons) = (service.clone(), vec![]);
        Self { id, service, capacity, bounds: None, cause, policy_arn, at, not_scaled_reasons }
    }

    /// A scheduled action that ran, in AWS's words.
    pub(crate) fn scheduled(
        id: String,
        service: &ServiceId,
        name: &str,
        bounds: (Option<i32>, Option<i32>),
        at: Timestamp,
    ) -> Self {
        let cause = format!("scheduled action name {name} was triggered");
        Self { bounds: Some(bounds), ..Self::successful(id, service, (0, 0), cause, None, at) }
    }

    /// `min capacity to 5 and max capacity to 10`, or the desired count.
    fn what_is_set(&self) -> String {
        let Some((min, max)) = self.bounds else { return format!("desired count to {}", self.capacity.1) };
        let set = [("min", min), ("max", max)].into_iter().filter_map(|(name, bound)| Some((name, bound?)));
        set.map(|(name, bound)| format!("{name} capacity to {bound}")).collect::<Vec<_>>().join(" and ")
    }
}

impl Scope {
    /// The newest activity that moved a service's desired count.
    pub fn last_activity(&self, service: &ServiceId) -> Option<&Activity> {
        self.activities
            .iter()
            .rev()
            .find(|a| a.service == *service && a.bounds.is_none() && a.not_scaled_reasons.is_empty())
    }
}

/// Newest first.
pub(super) fn describe(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let listing = Listing::read(call, None, PAGE)?;
    let with_not_scaled = call.input.bool("IncludeNotScaledActivities")?.unwrap_or(false);
    let activities = cloud.scope(call.scope).activities.iter().enumerate().rev();
    let wanted = activities
        .filter(|(_, a)| listing.wants(&a.service, ""))
        .filter(|(_, a)| with_not_scaled || a.not_scaled_reasons.is_empty())
        .filter(|(_, a)| call.now.duration_since(a.at) <= KEPT)
        .map(|(at, a)| (format!("{:020}", usize::MAX - at), a));
    listing.reply(cloud, "ScalingActivities", wanted, |a| describe_one(a))
}

fn describe_one(activity: &Activity) -> Value {
    let [namespace, resource, dimension] = resource_members(&activity.service);
    let scaled = activity.not_scaled_reasons.is_empty();
    let set = activity.what_is_set();
    let message = match activity.bounds {
        Some(_) => format!("Successfully set {set}"),
        None => format!("Successfully set {set}. Change successfully fulfilled by ecs."),
    };
    let description = match activity.bounds {
        Some(_) => format!("Setting {set}"),
        None => format!("Setting {set}."),
    };
    let reasons: Vec<Value> = activity.not_scaled_reasons.iter().map(describe_reason).collect();
    Value::map([
        namespace,
        resource,
        dimension,
        ("ActivityId", (&activity.id).into()),
        ("Description", if scaled { description } else { "Attempting to scale.".into() }.into()),
        ("Cause", (&activity.cause).into()),
        ("StartTime", activity.at.into()),
        ("EndTime", activity.at.into()),
        ("StatusCode", if scaled { "Successful" } else { "NotScaled" }.into()),
        ("StatusMessage", scaled.then_some(message).into()),
        ("NotScaledReasons", if scaled { Value::Null } else { reasons.into() }),
    ])
}

fn describe_reason(reason: &NotScaledReason) -> Value {
    Value::map([
        ("Code", (&reason.code).into()),
        ("MaxCapacity", reason.max.into()),
        ("MinCapacity", reason.min.into()),
        ("CurrentCapacity", reason.current.into()),
    ])
}
