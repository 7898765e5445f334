//! AWS's cron: minute, hour, day of month, month, day of week, year; with the second first where there are seven fields.
//!
//! Exactly one of the two fields of days is `?` (S-040). A time that a clock skips runs an offset later, and one that it
//! shows twice runs the first time.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::error::ScheduleError;
use super::field::{self, DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND, Text, Values, WEEKDAYS, YEAR};

/// How far a firing is looked for, in days: past the next leap year, whatever the century.
const HORIZON: usize = 366 * 9;

/// A cron expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: Values,
    hours: Values,
    days: Days,
    months: Values,
    years: Values,
}

/// The days: by one field or the other.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Days {
    /// Days of the month; `None` is every day, whichever field said so.
    OfMonth(Values),
    /// `L`, or `L-n`: so many days before the last of the month.
    BeforeLast(i16),
    /// `LW`: the last day of the month from Monday to Friday.
    LastWorkday,
    /// `nW`: the nearest day from Monday to Friday, within the month.
    NearestWorkday(i16),
    /// Days of the week, Sunday being 1.
    OfWeek(Vec<i16>),
    /// `FRIL`: the last one of the month.
    LastOfWeek(i16),
    /// `FRI#2`: the second one of the month.
    NthOfWeek(i16, i16),
}

impl Cron {
    /// Reads the text between the brackets.
    pub fn parse(body: &str) -> Result<Self, ScheduleError> {
        let all = fields(body);
        let (seconds, rest) = match all.as_slice() {
            [seconds, rest @ ..] if all.len() == 7 => (Some(*seconds), rest),
            rest => (None, rest),
        };
        if let Some(seconds) = seconds.filter(|seconds| field::parse(*seconds, &SECOND) != Ok(Some(vec![0]))) {
            let message = format!("the second `{}` cannot be kept: schedules run by the minute", seconds.text);
            return Err(ScheduleError::new(seconds.at, message, "write 0, or leave the field out"));
        }
        let (&[minute, hour, days, month, weekdays], year) = rest
            .split_first_chunk::<5>()
            .filter(|(_, year)| year.len() <= 1)
            .ok_or_else(|| wrong_count(body, all.len()))?;
        Ok(Self {
            minutes: field::parse(minute, &MINUTE)?,
            hours: field::parse(hour, &HOUR)?,
            days: days_of(body, days, weekdays)?,
            months: field::parse(month, &MONTH)?,
            years: year.first().map_or(Ok(None), |year| field::parse(*year, &YEAR))?,
        })
    }

    /// The first firing after an instant.
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let from = zone.to_datetime(after).date();
        let of_day = |date: Date| self.firings(date, zone).into_iter().filter(|at| *at > after).min();
        let mut days = from.checked_sub(1.day()).unwrap_or(from).series(1.day()).take(HORIZON);
        // A clock that skips a whole day moves its times behind those of the next.
        let found = days.find_map(of_day)?;
        days.next().and_then(of_day).into_iter().chain([found]).min()
    }

    /// The last firing up to an instant, itself included.
    pub fn previous(&self, up_to: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let from = zone.to_datetime(up_to).date();
        let of_day = |date: Date| self.firings(date, zone).into_iter().filter(|at| *at <= up_to).max();
        let mut days = from.checked_add(1.day()).unwrap_or(from).series(-1.day()).take(HORIZON);
        let found = days.find_map(of_day)?;
        days.next().and_then(of_day).into_iter().chain([found]).max()
    }

    /// When it fires on a day, in the order of the clock's hands.
    fn firings(&self, date: Date, zone: &TimeZone) -> Vec<Timestamp> {
        if !self.matches(date) {
            return Vec::new();
        }
        let times = values(&self.hours, 0, 23).into_iter().flat_map(|hour| {
            let minutes = values(&self.minutes, 0, 59);
            minutes.into_iter().filter_map(move |minute| time(hour, minute))
        });
        times.filter_map(|time| zone.to_timestamp(date.to_datetime(time)).ok()).collect()
    }

    fn matches(&self, date: Date) -> bool {
        let holds = |set: &Values, value: i16| set.as_ref().is_none_or(|set| set.contains(&value));
        holds(&self.months, date.month().into()) && holds(&self.years, date.year()) && self.days.match_day(date)
    }
}

impl Days {
    fn match_day(&self, date: Date) -> bool {
        let (day, last) = (i16::from(date.day()), i16::from(date.days_in_month()));
        let weekday = i16::from(date.weekday().to_sunday_one_offset());
        match self {
            Self::OfMonth(days) => days.as_ref().is_none_or(|days| days.contains(&day)),
            Self::BeforeLast(before) => day == last - before,
            Self::LastWorkday => day == nearest_workday(date, last),
            Self::NearestWorkday(wanted) => *wanted <= last && day == nearest_workday(date, *wanted),
            Self::OfWeek(days) => days.contains(&weekday),
            Self::LastOfWeek(wanted) => weekday == *wanted && day + 7 > last,
            Self::NthOfWeek(wanted, nth) => weekday == *wanted && (day - 1) / 7 + 1 == *nth,
        }
    }
}

/// The day from Monday to Friday that is nearest to a day of the month, and in the same month. For the last day, that
/// is the last one before.
fn nearest_workday(date: Date, wanted: i16) -> i16 {
    let last = i16::from(date.days_in_month());
    let weekday = i8::try_from(wanted).ok().and_then(|day| Date::new(date.year(), date.month(), day).ok());
    match weekday.map(Date::weekday) {
        Some(Weekday::Saturday) if wanted == 1 => 3,
        Some(Weekday::Saturday) => wanted - 1,
        Some(Weekday::Sunday) if wanted == last => wanted - 2,
        Some(Weekday::Sunday) => wanted + 1,
        _ => wanted,
    }
}

fn values(set: &Values, low: i16, high: i16) -> Vec<i16> {
    set.clone().unwrap_or_else(|| (low..=high).collect())
}

fn time(hour: i16, minute: i16) -> Option<Time> {
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
}

/// The fields with their places.
fn fields(body: &str) -> Vec<Text<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for piece in body.split(char::is_whitespace) {
        if !piece.is_empty() {
            found.push(Text { text: piece, at });
        }
        at += piece.len() + body.get(at + piece.len()..).and_then(|r| r.chars().next()).map_or(1, char::len_utf8);
    }
    found
}

fn wrong_count(body: &str, count: usize) -> ScheduleError {
    let hint = "write six fields: minute, hour, day of month, month, day of week, year; such as cron(30 6 * * ? *)";
    ScheduleError::new(body.len(), format!("{count} fields are no cron expression of AWS"), hint)
}

fn days_of(body: &str, month: Text<'_>, week: Text<'_>) -> Result<Days, ScheduleError> {
    match (month.text, week.text) {
        ("?", "?") => {
            let hint = "write `*` as day of the month to run on every day";
            Err(ScheduleError::new(week.at, "both fields of days are `?`; AWS takes exactly one", hint))
        }
        ("?", _) => days_of_week(week),
        (_, "?") => days_of_month(month),
        _ => {
            let hint = match from_unix(body) {
                Some(right) => format!("write {right}"),
                None => "let one of the two be `?`: two schedules say what one cannot".to_owned(),
            };
            Err(ScheduleError::new(week.at, "neither field of days is `?`; AWS takes exactly one", hint))
        }
    }
}

fn days_of_month(field: Text<'_>) -> Result<Days, ScheduleError> {
    let Text { text, at } = field;
    let upper = text.to_ascii_uppercase();
    if upper == "L" {
        return Ok(Days::BeforeLast(0));
    }
    if upper == "LW" {
        return Ok(Days::LastWorkday);
    }
    if upper.starts_with("L-")
        && let Some(before) = text.get(2..)
    {
        let before = field::value(Text { text: before, at: at + 2 }, &DAY_OF_MONTH)?;
        return if before <= 30 {
            Ok(Days::BeforeLast(before))
        } else {
            Err(ScheduleError::new(at, format!("no month has {before} days before its last"), "write L-30 or less"))
        };
    }
    if let Some(day) = upper.strip_suffix('W').filter(|day| !day.is_empty()) {
        return field::value(Text { text: day, at }, &DAY_OF_MONTH).map(Days::NearestWorkday);
    }
    field::parse(field, &DAY_OF_MONTH).map(Days::OfMonth)
}

fn days_of_week(field: Text<'_>) -> Result<Days, ScheduleError> {
    let Text { text, at } = field;
    let upper = text.to_ascii_uppercase();
    if upper == "L" {
        return Ok(Days::OfWeek(vec![7])); // the last day of the week is Saturday
    }
    if let Some((day, nth)) = text.split_once('#') {
        let nth_at = at + day.len() + 1;
        let day = field::value(Text { text: day, at }, &DAY_OF_WEEK)?;
        return match nth.parse::<i16>() {
            Ok(nth) if (1..=5).contains(&nth) => Ok(Days::NthOfWeek(day, nth)),
            _ => {
                let message = format!("`{nth}` is no week of a month");
                Err(ScheduleError::new(nth_at, message, "write 1 to 5 behind `#`, and only one such day"))
            }
        };
    }
    if let Some(day) = upper.strip_suffix('L').filter(|day| !day.is_empty()) {
        return field::value(Text { text: day, at }, &DAY_OF_WEEK).map(Days::LastOfWeek);
    }
    Ok(field::parse(field, &DAY_OF_WEEK)?.map_or(Days::OfMonth(None), Days::OfWeek))
}

/// AWS's spelling of a Unix cron expression, in which Sunday is 0 or 7; `None` where there is no one that means the same.
pub(super) fn from_unix(text: &str) -> Option<String> {
    let all: Vec<&str> = text.split_whitespace().collect();
    let (&[minute, hour, days, month, weekdays], year) = all.split_first_chunk::<5>()?;
    let year = match year {
        [] => "*",
        [year] => year,
        _ => return None,
    };
    let (days, weekdays) = match (days, weekdays) {
        ("*" | "?", "*" | "?") => ("*".to_owned(), "?".to_owned()),
        (days, "*" | "?") => (days.to_owned(), "?".to_owned()),
        ("*" | "?", weekdays) => ("?".to_owned(), unix_weekdays(weekdays)?),
        _ => return None,
    };
    let right = format!("{minute} {hour} {days} {month} {weekdays} {year}");
    Cron::parse(&right).ok().map(|_| format!("cron({right})"))
}

fn unix_weekdays(text: &str) -> Option<String> {
    let name = |day: &str| match day.parse::<usize>() {
        Ok(number) => WEEKDAYS.get(number % 7).filter(|_| number <= 7).map(|name| (*name).to_owned()),
        Err(_) => Some(day.to_owned()),
    };
    let part = |part: &str| match part.split_once('-') {
        Some((first, last)) => Some(format!("{}-{}", name(first)?, name(last)?)),
        None => name(part),
    };
    text.split(',').map(part).collect::<Option<Vec<_>>>().map(|parts| parts.join(","))
}

impl std::fmt::Display for Cron {
    /// Six fields, canonical.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let weekday = |day: &i16| field::shown(*day, &DAY_OF_WEEK);
        let (days, weekdays) = match &self.days {
            Days::OfMonth(days) => (field::text(days, &DAY_OF_MONTH), "?".to_owned()),
            Days::BeforeLast(0) => ("L".to_owned(), "?".to_owned()),
            Days::BeforeLast(before) => (format!("L-{before}"), "?".to_owned()),
            Days::LastWorkday => ("LW".to_owned(), "?".to_owned()),
            Days::NearestWorkday(day) => (format!("{day}W"), "?".to_owned()),
            Days::OfWeek(days) => ("?".to_owned(), field::text(&Some(days.clone()), &DAY_OF_WEEK)),
            Days::LastOfWeek(day) => ("?".to_owned(), format!("{}L", weekday(day))),
            Days::NthOfWeek(day, nth) => ("?".to_owned(), format!("{}#{nth}", weekday(day))),
        };
        let (minutes, hours) = (field::text(&self.minutes, &MINUTE), field::text(&self.hours, &HOUR));
        let (months, years) = (field::text(&self.months, &MONTH), field::text(&self.years, &YEAR));
        write!(f, "{minutes} {hours} {days} {months} {weekdays} {years}")
    }
}
