//! Alarms: what a put does, and what is read and deleted.

use aws_sdk_cloudwatch::types::{StateValue, Tag};

use super::super::ground::{Ground, ask};
use super::super::{Probe, Told};
use crate::rules::Rule;

impl Ground {
    async fn tags_after(&self) -> Told {
        let tag = |key: &str| Tag::builder().key(key).value("x").build();
        self.put_alarm(self.alarm("tags").tags(tag("first"))).await?;
        self.put_alarm(self.alarm("tags").tags(tag("second"))).await?;
        let arn = self.described_alarm("tags").await?.alarm_arn.unwrap_or_default();
        let tags = ask(self.cloudwatch.list_tags_for_resource().resource_arn(arn).send()).await?;
        let keys: Vec<&str> = tags.tags().iter().filter_map(Tag::key).collect();
        Ok(format!("tags: {}", keys.join(", ")))
    }

    async fn set_ok(&self, suffix: &str) -> Told {
        let set = self.cloudwatch.set_alarm_state().alarm_name(self.named(suffix));
        ask(set.state_value(StateValue::Ok).state_reason("a probe").send()).await.map(|_| "accepted".into())
    }

    async fn delete_with_unknown(&self) -> Told {
        self.put_alarm(self.alarm("known")).await?;
        let delete = self.cloudwatch.delete_alarms().alarm_names(self.named("unknown"));
        let told = match ask(delete.alarm_names(self.named("known")).send()).await {
            Ok(_) => "accepted".to_owned(),
            Err(super::super::Stop::Refused(text)) => text,
            Err(unanswered) => return Err(unanswered),
        };
        let left = self.alarms(vec![self.named("known")]).await?.len();
        Ok(format!("{told}; of the known alarms {left} left"))
    }

    async fn found_by_action(&self) -> Told {
        let arn = self.put_a_step_policy("called").await?;
        self.put_alarm(self.alarm("calls").alarm_actions(&arn)).await?;
        self.put_alarm(self.alarm("does-nothing")).await?;
        let describe = self.cloudwatch.describe_alarms().alarm_name_prefix(&self.place.name).action_prefix(arn);
        let found = ask(describe.send()).await?;
        let names: Vec<&str> = found.metric_alarms().iter().filter_map(|alarm| alarm.alarm_name()).collect();
        Ok(format!("alarms: {}", names.join(", ")))
    }
}

pub(super) fn probes() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::AlarmIsReplaced,
            "an alarm with a description is put again without",
            |g| {
                Box::pin(async move {
                    g.put_alarm(g.alarm("replaced").alarm_description("first")).await?;
                    g.put_alarm(g.alarm("replaced")).await?;
                    let alarm = g.described_alarm("replaced").await?;
                    Ok(format!("description {:?}", alarm.alarm_description().unwrap_or_default()))
                })
            },
            "description \"\"",
        ),
        Probe::rule(
            Rule::AlarmStateIsKept,
            "an alarm that is OK is put again",
            |g| {
                Box::pin(async move {
                    g.put_alarm(g.alarm("state")).await?;
                    g.set_ok("state").await?;
                    g.put_alarm(g.alarm("state").threshold(60.0)).await?;
                    let alarm = g.described_alarm("state").await?;
                    Ok(alarm.state_value().map_or("no state", StateValue::as_str).to_owned())
                })
            },
            "OK",
        ),
        Probe::rule(
            Rule::AlarmTagsOnCreateAlone,
            "an alarm is put again with another tag",
            |g| Box::pin(async move { g.tags_after().await }),
            "tags: first",
        ),
        Probe::rule(
            Rule::StateIsOfAnAlarm,
            "a state is set of an alarm that is not there",
            |g| Box::pin(async move { g.set_ok("none").await }),
            "ResourceNotFound: Alarm not found: {name}-none",
        ),
        Probe::rule(
            Rule::UnknownAlarmsAreReported,
            "a known and an unknown alarm are deleted in one call",
            |g| Box::pin(async move { g.delete_with_unknown().await }),
            "ResourceNotFound: Alarms not found: {name}-unknown; of the known alarms 0 left",
        ),
        Probe::rule(
            Rule::NamesOrPrefix,
            "alarms are described by name and by prefix",
            |g| {
                Box::pin(async move {
                    let describe = g.cloudwatch.describe_alarms().alarm_names(g.named("a"));
                    ask(describe.alarm_name_prefix(g.named("a")).send()).await.map(|_| "accepted".to_owned())
                })
            },
            "InvalidParameterCombination: AlarmNames and AlarmNamePrefix are mutually exclusive",
        ),
        Probe::rule(
            Rule::AlarmNamesAreBounded,
            "alarms are described by 101 names",
            |g| {
                Box::pin(async move {
                    let names = (0..101).map(|number| g.named(&format!("none-{number}"))).collect();
                    g.alarms(names).await.map(|_| "accepted".to_owned())
                })
            },
            "ValidationError: 1 validation error detected: Value '[101 items]' at 'alarmNames' failed to satisfy \
             constraint: Member must have length less than or equal to 100",
        ),
        Probe::rule(
            Rule::ActionPrefixSelects,
            "alarms are described by the policy that they call",
            |g| Box::pin(async move { g.found_by_action().await }),
            "alarms: {name}-calls",
        ),
    ]
}
