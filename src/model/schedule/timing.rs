//! An expression within its time zone, its start and its end: when it fires.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Schedule;

/// When a scheduled action fires.
#[derive(Clone, Debug)]
pub struct Timing {
    /// The expression.
    pub schedule: Schedule,
    /// The zone whose clock counts; not for a rate (S-041).
    pub zone: TimeZone,
    /// `StartTime`: a recurring action fires at it as well (S-044).
    pub start: Option<Timestamp>,
    /// `EndTime`: the last moment at which it fires.
    pub end: Option<Timestamp>,
    /// When the action was made: it did not fire before, and a rate without a start counts from it.
    pub created: Timestamp,
}

impl Timing {
    /// The first firing after an instant.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let start = self.start.filter(|start| self.is_recurring() && *start > after);
        let by_itself = self.next_by_itself(after.max(self.created));
        start.into_iter().chain(by_itself).min().filter(|at| self.is_before_end(*at))
    }

    /// The last firing up to an instant, itself included.
    pub fn previous(&self, up_to: Timestamp) -> Option<Timestamp> {
        let up_to = self.end.map_or(up_to, |end| end.min(up_to));
        let start = self.start.filter(|start| self.is_recurring() && *start <= up_to);
        start.into_iter().chain(self.previous_by_itself(up_to)).max().filter(|at| *at > self.created)
    }

    fn is_recurring(&self) -> bool {
        !matches!(self.schedule, Schedule::At(_))
    }

    fn is_before_end(&self, at: Timestamp) -> bool {
        self.end.is_none_or(|end| at <= end)
    }

    fn is_after_start(&self, at: Timestamp) -> bool {
        self.start.is_none_or(|start| at >= start)
    }

    fn next_by_itself(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.schedule {
            Schedule::At(at) => {
                let at = self.zone.to_timestamp(*at).ok()?;
                (at > after && self.is_after_start(at)).then_some(at)
            }
            Schedule::Rate(rate) => self.step(after, rate.every(), 1),
            Schedule::Cron(cron) => match self.start.filter(|start| *start > after) {
                Some(start) => cron.next(start, &self.zone),
                None => cron.next(after, &self.zone),
            },
        }
    }

    fn previous_by_itself(&self, up_to: Timestamp) -> Option<Timestamp> {
        let at = match &self.schedule {
            Schedule::At(at) => self.zone.to_timestamp(*at).ok()?,
            Schedule::Rate(rate) => self.step(up_to, rate.every(), 0).filter(|at| *at > self.anchor())?,
            Schedule::Cron(cron) => cron.previous(up_to, &self.zone)?,
        };
        (at <= up_to && self.is_after_start(at)).then_some(at)
    }

    /// What a rate counts from.
    fn anchor(&self) -> Timestamp {
        self.start.unwrap_or(self.created)
    }

    /// The multiple of a rate at or before an instant, and `more` after it.
    fn step(&self, at: Timestamp, every: SignedDuration, more: i64) -> Option<Timestamp> {
        let anchor = self.anchor();
        let passed = at.max(anchor).duration_since(anchor).as_secs().checked_div(every.as_secs())?;
        let seconds = passed.checked_add(more)?.checked_mul(every.as_secs())?;
        anchor.checked_add(SignedDuration::from_secs(seconds)).ok()
    }
}
