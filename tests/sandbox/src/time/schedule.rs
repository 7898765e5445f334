//! When a scheduled action runs: `at(…)`, `rate(…)` and `cron(…)` (S-040, S-041, S-044).
//!
//! Plays what was accepted; refusing a wrong expression is the business of PutScheduledAction.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::cron::Cron;

/// When an action runs.
#[derive(Clone, Debug)]
pub(crate) enum Schedule {
    /// Once.
    At(Timestamp),
    /// Again and again, from its start.
    Rate(SignedDuration),
    /// By the clock of a time zone.
    Cron(Cron, TimeZone),
}

/// The time in which an action runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// `StartTime`; when it was put, where it has none.
    pub(crate) start: Timestamp,
    /// Whether `StartTime` was given: then a recurring action runs at it as well (S-044).
    pub(crate) runs_at_start: bool,
    /// `EndTime`.
    pub(crate) end: Option<Timestamp>,
}

impl Schedule {
    /// Reads an expression; `None` for one that is not played: wrong ones, and a cron with `L`, `W` or `#`.
    pub(crate) fn parse(text: &str, timezone: Option<&str>) -> Option<Self> {
        let (kind, body) = text.trim().strip_suffix(')')?.split_once('(')?;
        let zone = TimeZone::get(timezone.unwrap_or("UTC")).ok()?;
        match kind {
            "at" => {
                let at: DateTime = body.parse().ok()?;
                Some(Self::At(zone.to_timestamp(at).ok()?))
            }
            "rate" => rate(body).map(Self::Rate),
            "cron" => Some(Self::Cron(Cron::parse(body)?, zone)),
            _ => None,
        }
    }

    /// The first time that it runs after an instant.
    pub(crate) fn next(&self, after: Timestamp, span: Span) -> Option<Timestamp> {
        let recurring = !matches!(self, Self::At(_));
        let next = if recurring && span.runs_at_start && after < span.start {
            Some(span.start)
        } else {
            self.next_by_itself(after, span)
        };
        next.filter(|next| span.end.is_none_or(|end| *next <= end))
    }

    fn next_by_itself(&self, after: Timestamp, span: Span) -> Option<Timestamp> {
        let from = after.max(span.start);
        match self {
            Self::At(at) => (after < *at && span.start <= *at).then_some(*at),
            Self::Rate(every) => {
                let passed = from.duration_since(span.start).as_secs().checked_div(every.as_secs())?;
                span.start.checked_add(SignedDuration::from_secs((passed + 1) * every.as_secs())).ok()
            }
            Self::Cron(cron, zone) => cron.next(from, zone),
        }
    }
}

fn rate(body: &str) -> Option<SignedDuration> {
    let (count, unit) = body.trim().split_once(' ')?;
    let count: i64 = count.parse().ok().filter(|count| *count > 0)?;
    let seconds = match unit.trim() {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    count.checked_mul(seconds).map(SignedDuration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn always(start: &str) -> Span {
        Span { start: at(start), runs_at_start: false, end: None }
    }

    fn next(text: &str, zone: Option<&str>, after: &str) -> Option<Timestamp> {
        Schedule::parse(text, zone).unwrap().next(at(after), always("2026-01-01T00:00:00Z"))
    }

    // S-041: the zone applies to `at`.
    #[test]
    fn at_runs_once_on_the_clock_of_its_zone() {
        let expected = at("2026-11-25T01:00:00Z");
        assert_eq!(next("at(2026-11-25T10:00:00)", Some("Asia/Seoul"), "2026-11-24T00:00:00Z"), Some(expected));
        assert_eq!(next("at(2026-11-25T10:00:00)", Some("Asia/Seoul"), "2026-11-25T01:00:00Z"), None);
    }

    // S-040
    #[test]
    fn rate_counts_from_its_start() {
        assert_eq!(next("rate(2 hours)", None, "2026-01-01T03:00:00Z"), Some(at("2026-01-01T04:00:00Z")));
        assert_eq!(next("rate(1 day)", None, "2026-01-01T00:00:00Z"), Some(at("2026-01-02T00:00:00Z")));
        assert!(Schedule::parse("rate(0 days)", None).is_none());
    }

    // S-044: a recurring action runs at its StartTime as well, and not after its EndTime.
    #[test]
    fn start_and_end_bound_a_recurring_action() {
        let schedule = Schedule::parse("cron(0 18 * * ? *)", None).unwrap();
        let span =
            Span { start: at("2026-11-25T10:30:00Z"), runs_at_start: true, end: Some(at("2026-11-26T00:00:00Z")) };
        assert_eq!(schedule.next(at("2026-11-25T00:00:00Z"), span), Some(at("2026-11-25T10:30:00Z")));
        assert_eq!(schedule.next(at("2026-11-25T10:30:00Z"), span), Some(at("2026-11-25T18:00:00Z")));
        assert_eq!(schedule.next(at("2026-11-25T18:00:00Z"), span), None);
    }
}
