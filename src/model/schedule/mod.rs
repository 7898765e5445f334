//! When a scheduled action runs: `at(…)`, `rate(…)` and `cron(…)` in AWS's dialect (S-040, S-041, S-044).
//!
//! Owns the expressions, their canonical spelling, and the next and previous firing on the clock of a time zone. What a
//! firing does to a target is not said here. A wrong expression is refused with its place and what to write instead.

mod cron;
mod error;
mod field;
mod firings;
mod timing;

use jiff::SignedDuration;
use jiff::civil::DateTime;

pub use cron::Cron;
pub use error::ScheduleError;
pub use firings::{Firing, last_firings, next_firings};
pub use timing::Timing;

/// How long an `at` is, as AWS takes it: `yyyy-mm-ddThh:mm:ss`.
const AT_LENGTH: usize = 19;
/// The most that a rate may count, in its unit: a rate of centuries is a mistake, and seconds must not overflow.
const RATE_MAX: u32 = 1_000_000;

/// A schedule expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Once, on the clock of the action's time zone.
    At(DateTime),
    /// Again and again.
    Rate(Rate),
    /// By the clock of the action's time zone.
    Cron(Box<Cron>),
}

/// How often a rate runs; the time zone has no part in it (S-041).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    unit: RateUnit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RateUnit {
    Minute,
    Hour,
    Day,
}

impl Rate {
    /// The time between two firings.
    pub fn every(self) -> SignedDuration {
        let seconds = match self.unit {
            RateUnit::Minute => 60,
            RateUnit::Hour => 3600,
            RateUnit::Day => 86_400,
        };
        SignedDuration::from_secs(i64::from(self.count) * seconds)
    }
}

/// Reads an expression as AWS takes it, but for numbers as days of the week: AWS's pages are not of one mind about them
/// (S-040), so that names are asked for.
pub fn parse(text: &str) -> Result<Schedule, ScheduleError> {
    let start = text.len() - text.trim_start().len();
    let trimmed = text.trim();
    let Some((kind, rest)) = trimmed.split_once('(') else {
        return Err(no_kind(trimmed).moved(start));
    };
    let offset = start + kind.len() + 1;
    let Some(body) = rest.strip_suffix(')') else {
        let hint = format!("close the bracket at its end: {kind}(…)");
        return Err(ScheduleError::new(start + trimmed.len(), "the expression has no `)` at its end", hint));
    };
    match kind {
        "at" => at(body).map(Schedule::At).map_err(|error| error.moved(offset)),
        "rate" => rate(body).map(Schedule::Rate).map_err(|error| error.moved(offset)),
        "cron" => Cron::parse(body).map(|cron| Schedule::Cron(Box::new(cron))).map_err(|error| error.moved(offset)),
        _ => {
            let near = kind.to_ascii_lowercase();
            let hint = match near.trim() {
                near @ ("at" | "rate" | "cron") => format!("write {near}({body}) in lower case, with no space"),
                _ => "write at(…), rate(…) or cron(…)".to_owned(),
            };
            Err(ScheduleError::new(start, format!("`{kind}` is no kind of schedule"), hint))
        }
    }
}

/// Text without a bracket: most often a bare Unix cron expression, or a time.
fn no_kind(text: &str) -> ScheduleError {
    let hint = if text.split_whitespace().count() >= 5 {
        format!("write {}", cron::from_unix(text).unwrap_or_else(|| format!("cron({text})")))
    } else if text.parse::<DateTime>().is_ok() {
        format!("write at({})", text.trim_end_matches('Z'))
    } else {
        "write at(2026-12-31T23:30:00), rate(1 day) or cron(30 6 * * ? *)".to_owned()
    };
    ScheduleError::new(0, format!("`{text}` is no schedule"), hint)
}

/// `yyyy-mm-ddThh:mm:ss`, without a zone (S-040).
fn at(body: &str) -> Result<DateTime, ScheduleError> {
    let is_plain = body.len() == AT_LENGTH && body.as_bytes().get(10) == Some(&b'T');
    if let (true, Ok(at)) = (is_plain, body.parse()) {
        return Ok(at);
    }
    let plain = body.trim().trim_end_matches(['Z', 'z']).replace(' ', "T");
    let hint = match plain.parse::<DateTime>() {
        Ok(at) => format!(
            "write at({}); the zone stands in `timezone`",
            at.round(jiff::Unit::Second).unwrap_or(at).strftime("%Y-%m-%dT%H:%M:%S")
        ),
        Err(_) => "write a date and a time without a zone: at(2026-12-31T23:30:00)".to_owned(),
    };
    Err(ScheduleError::new(0, format!("`{body}` is no time as AWS takes it"), hint))
}

/// A positive number of minutes, hours or days; singular and plural are one (S-040).
fn rate(body: &str) -> Result<Rate, ScheduleError> {
    let words: Vec<&str> = body.split_whitespace().collect();
    let &[count, unit] = words.as_slice() else {
        return Err(ScheduleError::new(0, format!("`{body}` is no rate"), "write a number and a unit: rate(2 hours)"));
    };
    let unit_at = body.rfind(unit).unwrap_or_default();
    let unit = match unit {
        "minute" | "minutes" => RateUnit::Minute,
        "hour" | "hours" => RateUnit::Hour,
        "day" | "days" => RateUnit::Day,
        other => {
            let hint = "write minutes, hours or days";
            return Err(ScheduleError::new(unit_at, format!("`{other}` is no unit of a rate"), hint));
        }
    };
    match count.parse::<u32>() {
        Ok(count) if (1..=RATE_MAX).contains(&count) => Ok(Rate { count, unit }),
        _ => Err(ScheduleError::new(
            body.find(count).unwrap_or_default(),
            format!("a rate cannot count `{count}`"),
            format!("write a whole number from 1 to {RATE_MAX}"),
        )),
    }
}

impl std::fmt::Display for Schedule {
    /// Canonical: equal schedules read the same.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(at) => write!(f, "at({})", at.strftime("%Y-%m-%dT%H:%M:%S")),
            Self::Rate(rate) => {
                let unit = match rate.unit {
                    RateUnit::Minute => "minute",
                    RateUnit::Hour => "hour",
                    RateUnit::Day => "day",
                };
                write!(f, "rate({} {unit}{})", rate.count, if rate.count == 1 { "" } else { "s" })
            }
            Self::Cron(cron) => write!(f, "cron({cron})"),
        }
    }
}

/// An expression as AWS would take it either way: canonical where it can be read, else as it stands.
pub fn canonical(text: &str) -> String {
    parse(text).map_or_else(|_| text.to_owned(), |schedule| schedule.to_string())
}

#[cfg(test)]
mod tests;
