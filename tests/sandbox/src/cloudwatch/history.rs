//! DescribeAlarmHistory.

use ecs_scaling::model::names::AlarmName;
use jiff::Timestamp;

use super::{invalid_token, page_too_large};
use crate::cloud::{Answer, Call, Cloud};
use crate::value::Value;

/// Something that happened to an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmEvent {
    /// The alarm.
    pub alarm: AlarmName,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// For people.
    pub summary: String,
    /// As JSON.
    pub data: String,
}

/// The kinds of alarm events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// PutMetricAlarm.
    ConfigurationUpdate,
    /// The state became another.
    StateUpdate,
    /// An action was taken.
    Action,
}

impl EventKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::ConfigurationUpdate => "ConfigurationUpdate",
            Self::StateUpdate => "StateUpdate",
            Self::Action => "Action",
        }
    }
}

/// Newest first, unless `ScanBy` asks for the oldest.
pub(super) fn describe(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let input = call.input;
    let (name, kind) = (input.text("AlarmName")?, input.text("HistoryItemType")?);
    let (start, end) = (input.time("StartDate")?, input.time("EndDate")?);
    let size = crate::pages::size(input.int("MaxRecords")?, "maxRecords", 50, 100, page_too_large)?;
    let oldest_first = input.text("ScanBy")? == Some("TimestampAscending");
    let mut wanted: Vec<(String, &AlarmEvent)> = cloud
        .scope(call.scope)
        .alarm_events
        .iter()
        .enumerate()
        .filter(|(_, e)| name.is_none_or(|name| name == e.alarm.as_str()))
        .filter(|(_, e)| kind.is_none_or(|kind| kind == e.kind.as_str()))
        .filter(|(_, e)| start.is_none_or(|start| start <= e.at) && end.is_none_or(|end| e.at <= end))
        .map(|(at, event)| (format!("{:020}", if oldest_first { at } else { usize::MAX - at }), event))
        .collect();
    wanted.sort_by(|(a, _), (b, _)| a.cmp(b));
    let page = crate::pages::page("DescribeAlarmHistory", wanted.into_iter(), input.text("NextToken")?, size)
        .ok_or_else(invalid_token)?;
    Ok(Value::map([
        ("AlarmHistoryItems", page.values(|event| describe_one(event))),
        ("NextToken", page.token(cloud.knobs.empty_final_token)),
    ]))
}

fn describe_one(event: &AlarmEvent) -> Value {
    Value::map([
        ("AlarmName", event.alarm.as_str().into()),
        ("AlarmType", "MetricAlarm".into()),
        ("Timestamp", event.at.into()),
        ("HistoryItemType", event.kind.as_str().into()),
        ("HistorySummary", (&event.summary).into()),
        ("HistoryData", (&event.data).into()),
    ])
}
