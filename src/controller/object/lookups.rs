//! What a plan asks for: whose something is, where a target group is and what scheduled actions did, read at most once a
//! pass and kept in the memory.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{Context, inputs};
use crate::admission::{Call, Refused, admit};
use crate::api::status::Reason;
use crate::controller::assign::Assigned;
use crate::model::activity::ActivityReading;
use crate::model::capacity::CapacityRange;
use crate::model::failure::{AwsService, Failure};
use crate::model::names::TargetKey;
use crate::model::observed::{ObservedTarget, RoleStanding, TagReading, TargetGroupReading};
use crate::plan::{Lookup, Memory, Part, Plan, Withheld, plan_target};

/// A plan is made again after a lookup: for the tags, for what they make necessary to know, and for what is new by then.
const LOOKUP_ROUNDS: usize = 3;
/// Pages of activities that are read to find out what scheduled actions did: the other activities are between.
const HISTORY_PAGES: usize = 4;

/// The plan, with everything looked up that it asks for.
pub(super) async fn plan_with_lookups(
    context: &Context,
    object: &Assigned,
    observed: &ObservedTarget,
    memory: &mut Memory,
    role: &RoleStanding,
) -> Plan {
    let mut failed: BTreeMap<Lookup, Failure> = BTreeMap::new();
    let mut plan = plan_target(inputs(context, object, observed, memory, role));
    for _ in 0..LOOKUP_ROUNDS {
        if plan.lookups.is_empty() {
            return plan;
        }
        for lookup in std::mem::take(&mut plan.lookups) {
            match look_up(context, &object.key, &lookup).await {
                Ok(found) => {
                    failed.remove(&lookup);
                    found.note(memory);
                }
                Err(failure) => {
                    failed.insert(lookup, failure);
                }
            }
        }
        plan = plan_target(inputs(context, object, observed, memory, role));
    }
    say_failed_lookups(&mut plan, object, observed, &failed);
    plan
}

/// What a lookup found.
pub(in crate::controller) enum Found {
    /// Whose the resource with this ARN is.
    Tags(String, TagReading),
    /// Which load balancers the target group with this ARN is behind.
    TargetGroup(String, TargetGroupReading),
    /// What scaled the service, and what scheduled actions did, which is to explain a range.
    Activities(ActivityReading, CapacityRange),
}

impl Found {
    fn note(self, memory: &mut Memory) {
        match self {
            Self::Tags(arn, reading) => _ = memory.tags.insert(arn, reading),
            Self::TargetGroup(arn, reading) => _ = memory.target_groups.insert(arn, reading),
            Self::Activities(reading, range) => {
                memory.history = Some(reading.history(range));
                let asked_at = reading.read_at;
                memory.activities = std::mem::take(&mut memory.activities).with(Ok(reading), asked_at);
            }
        }
    }
}

/// Looks something up, unless that is known to be denied and it is not time for a probe: fifty objects ask once.
pub(in crate::controller) async fn look_up(
    context: &Context,
    key: &TargetKey,
    lookup: &Lookup,
) -> Result<Found, Failure> {
    let (scope, desk, read_at) = (&context.scope, &context.desk, context.clock.now());
    let (service, operation, on) = match lookup {
        Lookup::TargetTags(_) => (AwsService::ApplicationAutoScaling, "ListTagsForResource", ""),
        Lookup::AlarmTags(arn) => (AwsService::CloudWatch, "ListTagsForResource", arn.as_str()),
        Lookup::TargetGroup(_) => (AwsService::ElasticLoadBalancing, "DescribeTargetGroups", ""),
        Lookup::History(_) => (AwsService::ApplicationAutoScaling, "DescribeScalingActivities", ""),
    };
    let found = async {
        let tags = |arn: &str, tags| Found::Tags(arn.to_owned(), TagReading { tags, read_at });
        match lookup {
            Lookup::TargetTags(arn) => scope.target_tags(arn).await.map(|read| tags(arn, read)),
            Lookup::AlarmTags(arn) => scope.alarm_tags(arn).await.map(|read| tags(arn, read)),
            Lookup::TargetGroup(arn) => {
                let load_balancers = scope.load_balancers(arn).await?;
                Ok(Found::TargetGroup(arn.clone(), TargetGroupReading { load_balancers, read_at }))
            }
            Lookup::History(range) => {
                let reading = scope.activities(&key.service, HISTORY_PAGES, read_at).await?;
                Ok(Found::Activities(reading, *range))
            }
        }
    };
    admit(desk.as_ref(), Call { service, operation, key, on }, found).await.map_err(Refused::failure)
}

/// What could not be looked up is not written to.
fn say_failed_lookups(
    plan: &mut Plan,
    object: &Assigned,
    observed: &ObservedTarget,
    failed: &BTreeMap<Lookup, Failure>,
) {
    for lookup in std::mem::take(&mut plan.lookups) {
        let failure = failed.get(&lookup);
        let why = failure.map_or_else(|| "it has not been read yet".to_owned(), ToString::to_string);
        let what = match lookup {
            Lookup::TargetTags(_) | Lookup::AlarmTags(_) => "whose it is could not be read, so nothing is written",
            Lookup::TargetGroup(_) => {
                "the load balancer of the service's target group could not be read, so nothing is written"
            }
            Lookup::History(_) => "what scheduled actions did to min and max could not be read, so they are left alone",
        };
        plan.withheld.push(Withheld {
            part: part_of(&lookup, object, observed),
            reason: Reason::ReadFailed,
            message: format!("{what}: {why}"),
            hint: format!("It is read again with the next pass; until then {} stays as it is.", object.desired.key),
            failure: failure.cloned(),
        });
    }
}

fn part_of(lookup: &Lookup, object: &Assigned, observed: &ObservedTarget) -> Part {
    match lookup {
        Lookup::TargetTags(_) | Lookup::History(_) => Part::Target,
        Lookup::AlarmTags(arn) => observed
            .alarms
            .iter()
            .chain(&observed.others)
            .find(|(_, read)| read.known().and_then(Option::as_ref).is_some_and(|alarm| alarm.arn == *arn))
            .map_or(Part::Object, |(name, _)| Part::Alarm(name.clone())),
        Lookup::TargetGroup(_) => {
            let policy = object.desired.policies.iter().find(|policy| policy.config.lacks_label());
            policy.map_or(Part::Object, |policy| Part::Policy(policy.name.clone()))
        }
    }
}

/// Forgets the tags and target groups of what is gone, once AWS would show it for sure: a service made anew every day has
/// a new target each time.
pub(super) fn forget_tags(memory: &mut Memory, observed: &ObservedTarget, now: Timestamp) {
    if !observed.is_complete() {
        return;
    }
    let target = observed.target.known().and_then(Option::as_ref).and_then(|target| target.arn.as_deref());
    let alarms = observed.alarms.values().chain(observed.others.values());
    let alarms = alarms.filter_map(|read| Some(read.known()?.as_ref()?.arn.as_str()));
    let there: BTreeSet<&str> = target.into_iter().chain(alarms).collect();
    let groups = observed.service.known().and_then(Option::as_ref).map(|service| &service.target_groups);
    memory.target_groups.retain(|arn, _| groups.is_some_and(|groups| groups.contains(arn)));
    memory.tags.retain(|arn, reading| {
        there.contains(arn.as_str()) || now.duration_since(reading.read_at) < SignedDuration::from_hours(1)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::capacity::SuspendedState;
    use crate::model::observed::{Read, ScalableTarget, Tags};

    #[test]
    fn tags_of_what_is_gone_are_forgotten_after_an_hour() {
        let read_at: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let target = ScalableTarget {
            arn: Some("there".to_owned()),
            range: CapacityRange::new(1, 2).unwrap(),
            suspended: SuspendedState::default(),
        };
        let observed = ObservedTarget {
            read_at,
            service: Read::Known(None),
            target: Read::Known(Some(target)),
            policies: Read::Known(Vec::new()),
            scheduled_actions: Read::Known(Vec::new()),
            alarms: BTreeMap::new(),
            others: BTreeMap::new(),
        };
        let mut memory = Memory::default();
        for arn in ["there", "gone"] {
            memory.tags.insert(arn.to_owned(), TagReading { tags: Tags::new(), read_at });
        }
        forget_tags(&mut memory, &observed, read_at + SignedDuration::from_mins(59));
        assert_eq!(memory.tags.len(), 2, "what was just made may not be shown yet");
        forget_tags(&mut memory, &observed, read_at + SignedDuration::from_mins(60));
        assert_eq!(memory.tags.keys().collect::<Vec<_>>(), ["there"]);
    }
}
