//! AWS's cron expressions: minutes, hours, day of month, month, day of week, year.
//!
//! Days of the week by number count from 1, Sunday, as in EventBridge; the documentation of Application Auto Scaling
//! is not of one mind (S-040). `L`, `W` and `#` are not read.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// How far ahead a run is looked for, in days: past the next leap year, whatever the century.
const HORIZON: usize = 366 * 9;

/// A cron expression; an unset field is every value.
#[derive(Clone, Debug)]
pub(crate) struct Cron {
    minutes: BTreeSet<i16>,
    hours: BTreeSet<i16>,
    days: Option<BTreeSet<i16>>,
    months: BTreeSet<i16>,
    weekdays: Option<BTreeSet<i16>>,
    years: Option<BTreeSet<i16>>,
}

impl Cron {
    /// Reads five or six fields; exactly one of the two fields of days is `?` (S-040).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (&[minutes, hours, days, months, weekdays], year) = fields.split_first_chunk::<5>()?;
        if (days == "?") == (weekdays == "?") {
            return None;
        }
        let day_field = |text: &str, low, high, names| match text {
            "?" => Some(None),
            text => field(text, low, high, names).map(Some),
        };
        Some(Self {
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: day_field(days, 1, 31, &[])?,
            months: field(months, 1, 12, &MONTHS)?,
            weekdays: day_field(weekdays, 1, 7, &WEEKDAYS)?,
            years: match year {
                [] | ["*"] => None,
                [year, ..] => Some(field(year, 1970, 2199, &[])?),
            },
        })
    }

    /// The first run after an instant. A time that a clock skips runs an offset later.
    pub(crate) fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = zone.to_datetime(after).date();
        today
            .series(1.day())
            .take(HORIZON)
            .filter(|date| self.matches(*date))
            .flat_map(|date| self.times().filter_map(move |time| zone.to_timestamp(date.to_datetime(time)).ok()))
            .find(|at| *at > after)
    }

    fn matches(&self, date: Date) -> bool {
        let holds = |set: &Option<BTreeSet<i16>>, value: i16| set.as_ref().is_none_or(|set| set.contains(&value));
        self.months.contains(&date.month().into())
            && holds(&self.years, date.year())
            && holds(&self.days, date.day().into())
            && holds(&self.weekdays, i16::from(date.weekday().to_sunday_one_offset()))
    }

    fn times(&self) -> impl Iterator<Item = Time> + '_ {
        let narrow = |value: &i16| i8::try_from(*value).ok();
        self.hours.iter().flat_map(move |hour| {
            self.minutes.iter().filter_map(move |minute| Time::new(narrow(hour)?, narrow(minute)?, 0, 0).ok())
        })
    }
}

/// `*`, `a`, `a-b`, `a/n`, `a-b/n`, `*/n`, and lists of these, by number or name.
fn field(text: &str, low: i16, high: i16, names: &[&str]) -> Option<BTreeSet<i16>> {
    let mut values = BTreeSet::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let value = |text: &str| value(text, low, names).filter(|value| (low..=high).contains(value));
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((first, last)) => (value(first)?, value(last)?),
            None => (value(range)?, if step.is_some() { high } else { value(range)? }),
        };
        values.extend((first..=last).step_by(step.unwrap_or(1)));
    }
    (!values.is_empty()).then_some(values)
}

fn value(text: &str, low: i16, names: &[&str]) -> Option<i16> {
    let by_name = names.iter().position(|name| name.eq_ignore_ascii_case(text));
    match by_name {
        Some(index) => i16::try_from(index).ok().map(|index| index + low),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(cron: &str, zone: &str, after: &str) -> Option<String> {
        let zone = TimeZone::get(zone).unwrap();
        let next = Cron::parse(cron).unwrap().next(after.parse().unwrap(), &zone);
        next.map(|at| at.to_string())
    }

    #[test]
    fn days_and_hours_are_found_on_the_clock_of_the_zone() {
        let cases = [
            ("0 9 ? * MON-FRI *", "UTC", "2026-11-27T09:00:00Z", "2026-11-30T09:00:00Z"), // from Friday to Monday
            ("0/15 8-9 * * ? *", "UTC", "2026-11-25T08:50:00Z", "2026-11-25T09:00:00Z"),
            ("30 18 1,15 * ? *", "UTC", "2026-11-25T00:00:00Z", "2026-12-01T18:30:00Z"),
            ("0 9 * * ? *", "Asia/Seoul", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"),
            ("0 0 29 FEB ? *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 9 ? * 2 *", "UTC", "2026-11-25T00:00:00Z", "2026-11-30T09:00:00Z"), // 2 is Monday
        ];
        for (cron, zone, after, expected) in cases {
            assert_eq!(next(cron, zone, after).as_deref(), Some(expected), "{cron}");
        }
        assert_eq!(next("0 9 1 1 ? 2020", "UTC", "2026-01-01T00:00:00Z"), None);
    }

    // S-040: exactly one of the two fields of days is `?`.
    #[test]
    fn what_aws_refuses_is_not_read() {
        for cron in ["0 9 * * * *", "0 9 ? * ? *", "0 9 1 * 2 *", "60 9 * * ? *", "0 9 * *", "0 9 L * ? *"] {
            assert!(Cron::parse(cron).is_none(), "{cron}");
        }
    }

    #[test]
    fn a_skipped_hour_runs_later_and_not_never() {
        let next = next("30 2 * * ? *", "Europe/Berlin", "2026-03-28T12:00:00Z");
        assert_eq!(next.as_deref(), Some("2026-03-29T01:30:00Z"));
    }
}
