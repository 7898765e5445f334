//! Scheduled actions.

use aws_sdk_applicationautoscaling::types::{
    ScalableDimension, ScalableTargetAction, ScheduledAction, ServiceNamespace,
};
use aws_smithy_types::DateTime;

use super::super::ground::{Ground, ask};
use super::super::{Probe, Stop, Told};
use crate::rules::Rule;

/// 2098 and 2099, in epoch seconds.
const EARLY: i64 = 4_039_372_800;
const LATE: i64 = 4_070_908_800;

impl Ground {
    async fn schedule(&self, expression: &str) -> Told {
        self.put_action(self.action("due").schedule(expression)).await
    }

    async fn described_action(&self) -> Result<ScheduledAction, Stop> {
        let describe = self.scaling.describe_scheduled_actions().service_namespace(ServiceNamespace::Ecs);
        let described = ask(describe.resource_id(self.place.resource()).send()).await?;
        let actions = described.scheduled_actions.unwrap_or_default();
        actions.into_iter().next().ok_or_else(|| Stop::Refused("the scheduled action is not described".into()))
    }

    async fn set_range(&self, range: ScalableTargetAction) -> Told {
        self.put_action(self.action("due").scalable_target_action(range)).await
    }
}

pub(super) fn probes() -> Vec<Probe> {
    let mut all = expressions();
    all.extend(members());
    all.extend(updates());
    all
}

fn expressions() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::ScheduleIsOfAKind,
            "a schedule is 'every day'",
            |g| Box::pin(async move { g.schedule("every day").await }),
            "ValidationException: Invalid schedule expression: every day",
        ),
        Probe::rule(
            Rule::AtHasItsForm,
            "the moment of at() ends with Z",
            |g| Box::pin(async move { g.schedule("at(2099-01-01T00:00:00Z)").await }),
            "ValidationException: Invalid schedule at DateTime expression",
        ),
        Probe::rule(
            Rule::RateHasItsForm,
            "a rate is of weeks",
            |g| Box::pin(async move { g.schedule("rate(5 weeks)").await }),
            "ValidationException: Invalid schedule rate expression: rate(5 weeks)",
        ),
        Probe::rule(
            Rule::RateIsPositive,
            "a rate is of 0 minutes",
            |g| Box::pin(async move { g.schedule("rate(0 minutes)").await }),
            "ValidationException: Invalid schedule frequency: executions are less than 60 seconds apart",
        ),
        Probe::rule(
            Rule::CronHasOneQuestionMark,
            "both days of a cron are stars",
            |g| Box::pin(async move { g.schedule("cron(0 8 * * * *)").await }),
            "ValidationException: Invalid CRON expression",
        ),
    ]
}

fn members() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::ScheduleNameIsBounded,
            "a scheduled action's name has a colon",
            |g| Box::pin(async move { g.put_action(g.action("a:b")).await }),
            "ValidationException: 1 validation error detected: Value '{name}-a:b' at 'scheduledActionName' failed to \
             satisfy constraint: Member must satisfy regular expression pattern: \
             (?!((^[ ]+.*)|(.*([\\u0000-\\u001f]|[\\u007f-\\u009f]|[:/|])+.*)|(.*[ ]+$))).+",
        ),
        Probe::rule(
            Rule::ScheduleIsRequired,
            "a new scheduled action has no schedule",
            |g| Box::pin(async move { g.put_action(g.action("due").set_schedule(None)).await }),
            "ValidationException: Schedule must be specified",
        ),
        Probe::rule(
            Rule::TimezoneIsKnown,
            "a time zone is of the moon",
            |g| Box::pin(async move { g.put_action(g.action("due").timezone("Moon/Tycho")).await }),
            "ValidationException: Invalid timezone",
        ),
        Probe::rule(
            Rule::StartIsBeforeEnd,
            "a scheduled action starts after its end",
            |g| {
                let (start, end) = (DateTime::from_secs(LATE), DateTime::from_secs(EARLY));
                Box::pin(async move { g.put_action(g.action("due").start_time(start).end_time(end)).await })
            },
            "ValidationException: StartTime must be before EndTime",
        ),
        Probe::rule(
            Rule::ScheduledRangeIsRequired,
            "a new scheduled action sets nothing",
            |g| Box::pin(async move { g.put_action(g.action("due").set_scalable_target_action(None)).await }),
            "ValidationException: ScalableTargetAction must be set",
        ),
        Probe::rule(
            Rule::ScheduledRangeIsNotEmpty,
            "a scheduled action sets neither a minimum nor a maximum",
            |g| Box::pin(async move { g.set_range(ScalableTargetAction::builder().build()).await }),
            "ValidationException: At least one of minimum capacity and maximum capacity should be provided",
        ),
        Probe::rule(
            Rule::ScheduledRangeIsInOrder,
            "a scheduled action sets 2 to 1",
            |g| {
                let range = ScalableTargetAction::builder().min_capacity(2).max_capacity(1).build();
                Box::pin(async move { g.set_range(range).await })
            },
            "ValidationException: Maximum capacity cannot be less than minimum capacity",
        ),
        Probe::rule(
            Rule::ScheduledActionIsThere,
            "a scheduled action that is not there is deleted",
            |g| {
                Box::pin(async move {
                    let delete = g.scaling.delete_scheduled_action().service_namespace(ServiceNamespace::Ecs);
                    let delete = delete.scalable_dimension(ScalableDimension::EcsServiceDesiredCount);
                    let delete = delete.resource_id(g.place.resource()).scheduled_action_name(g.named("none"));
                    ask(delete.send()).await.map(|_| "accepted".to_owned())
                })
            },
            "ObjectNotFoundException: No scheduled action {name}-none found for service namespace: ecs, resource ID: \
             {resource}, scalable dimension: ecs:service:DesiredCount",
        ),
    ]
}

fn updates() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::UnsentTimesGo,
            "a scheduled action with start and end is put again without",
            |g| {
                Box::pin(async move {
                    let (start, end) = (DateTime::from_secs(EARLY), DateTime::from_secs(LATE));
                    g.put_action(g.action("due").start_time(start).end_time(end)).await?;
                    g.put_action(g.action("due")).await?;
                    let action = g.described_action().await?;
                    Ok(format!("start {}, end {}", action.start_time().is_some(), action.end_time().is_some()))
                })
            },
            "start false, end false",
        ),
        Probe::rule(
            Rule::UnsentScheduleIsKept,
            "a scheduled action is put again without its schedule",
            |g| {
                Box::pin(async move {
                    g.put_action(g.action("due")).await?;
                    g.put_action(g.action("due").set_schedule(None)).await?;
                    Ok(g.described_action().await?.schedule)
                })
            },
            "at(2099-01-01T00:00:00)",
        ),
    ]
}
