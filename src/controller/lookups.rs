//! What a plan asks to know before it is whole: tags, and what scheduled actions did.
//!
//! One call a lookup, none while it is known to be denied. What could not be looked up is not written to.

use std::collections::BTreeMap;
use std::future::Future;

use super::assign::Assigned;
use super::object::{Context, inputs};
use crate::api::status::Reason;
use crate::apply::Admission as _;
use crate::model::failure::{AwsService, Failure};
use crate::model::names::TargetKey;
use crate::model::observed::{History, ObservedTarget, RoleStanding, TagReading};
use crate::plan::{Lookup, Memory, Part, Plan, Withheld, plan_target};

/// A plan is made again after a lookup: for the tags, and for what they make necessary to know.
const LOOKUP_ROUNDS: usize = 3;

/// The plan, with the tags read that it asks for.
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
            let found = match &lookup {
                Lookup::TargetTags(arn) => {
                    let reading = look_up_tags(context, &object.key, Tagged::Target(arn)).await;
                    reading.map(|reading| drop(memory.tags.insert(arn.clone(), reading)))
                }
                Lookup::AlarmTags(arn) => {
                    let reading = look_up_tags(context, &object.key, Tagged::Alarm(arn)).await;
                    reading.map(|reading| drop(memory.tags.insert(arn.clone(), reading)))
                }
                Lookup::History => {
                    let history = look_up_history(context, &object.key, observed).await;
                    history.map(|history| memory.history = history)
                }
            };
            match found {
                Ok(()) => drop(failed.remove(&lookup)),
                Err(failure) => drop(failed.insert(lookup, failure)),
            }
        }
        plan = plan_target(inputs(context, object, observed, memory, role));
    }
    say_failed_lookups(&mut plan, object, observed, &failed);
    plan
}

/// A resource with tags, by its ARN.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tagged<'a> {
    Target(&'a str),
    Alarm(&'a str),
}

/// Reads the tags of a resource, unless that is known to be denied and it is not time for a probe: fifty objects ask once.
pub(super) async fn look_up_tags(context: &Context, key: &TargetKey, of: Tagged<'_>) -> Result<TagReading, Failure> {
    const OPERATION: &str = "ListTagsForResource";
    let (scope, read_at) = (&context.scope, context.clock.now());
    let tags = match of {
        Tagged::Target(arn) => {
            let call = scope.target_tags(arn);
            unless_denied(context, key, AwsService::ApplicationAutoScaling, OPERATION, call).await
        }
        Tagged::Alarm(arn) => {
            unless_denied(context, key, AwsService::CloudWatch, OPERATION, scope.alarm_tags(arn)).await
        }
    };
    Ok(TagReading { tags: tags?, read_at })
}

/// Reads what scheduled actions did to the target, so that the range that was observed can be explained.
async fn look_up_history(
    context: &Context,
    key: &TargetKey,
    observed: &ObservedTarget,
) -> Result<Option<History>, Failure> {
    let Some(target) = observed.target.known().and_then(Option::as_ref) else { return Ok(None) };
    let call = context.scope.schedule_history(&key.service, target.range, context.clock.now());
    let service = AwsService::ApplicationAutoScaling;
    unless_denied(context, key, service, "DescribeScalingActivities", call).await.map(Some)
}

async fn unless_denied<T>(
    context: &Context,
    key: &TargetKey,
    service: AwsService,
    operation: &str,
    call: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let desk = &context.desk;
    if let Some(denial) = desk.denial(service, operation, key) {
        return Err(denial);
    }
    let reply = call.await;
    match &reply {
        Ok(_) => desk.went_through(service, operation, key),
        Err(failure) => desk.note(failure, key),
    }
    reply
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
            Lookup::History => "what scheduled actions did to min and max could not be read, so they are left alone",
            Lookup::TargetTags(_) | Lookup::AlarmTags(_) => "whose it is could not be read, so nothing is written",
        };
        plan.withheld.push(Withheld {
            part: part_of(&lookup, observed),
            reason: Reason::ReadFailed,
            message: format!("{what}: {why}"),
            hint: format!("It is read again with the next pass; until then {} stays as it is.", object.desired.key),
            failure: failure.cloned(),
        });
    }
}

fn part_of(lookup: &Lookup, observed: &ObservedTarget) -> Part {
    match lookup {
        Lookup::TargetTags(_) | Lookup::History => Part::Target,
        Lookup::AlarmTags(arn) => observed
            .alarms
            .iter()
            .find(|(_, read)| read.known().and_then(Option::as_ref).is_some_and(|alarm| alarm.arn == *arn))
            .map_or(Part::Object, |(name, _)| Part::Alarm(name.clone())),
    }
}
