//! Schedule expressions: what AWS accepts as `at(…)`, `rate(…)` and `cron(…)` (S-040).
//!
//! Checks only; when a schedule comes due is not computed here.

use jiff::civil::DateTime;

use crate::error::AwsError;
use crate::rules::Rule;

pub(super) fn check(expression: &str) -> Result<(), AwsError> {
    let body = |prefix: &str| expression.strip_prefix(prefix)?.strip_suffix(')');
    if let Some(body) = body("at(") {
        return check_at(body);
    }
    if let Some(body) = body("rate(") {
        return check_rate(body);
    }
    match body("cron(") {
        Some(body) if is_cron(body) => Ok(()),
        Some(_) => Err(AwsError::validation("Invalid CRON expression").by(Rule::CronHasOneQuestionMark)),
        None => {
            let text = format!("Invalid schedule expression: {expression}");
            Err(AwsError::validation(text).by(Rule::ScheduleIsOfAKind))
        }
    }
}

/// `yyyy-mm-ddThh:mm:ss`, without a zone.
fn check_at(body: &str) -> Result<(), AwsError> {
    let is_plain = body.len() == 19 && body.as_bytes().get(10) == Some(&b'T');
    match body.parse::<DateTime>() {
        Ok(_) if is_plain => Ok(()),
        _ => Err(AwsError::validation("Invalid schedule at DateTime expression").by(Rule::AtHasItsForm)),
    }
}

/// A positive number of minutes, hours or days; singular and plural are one.
fn check_rate(body: &str) -> Result<(), AwsError> {
    let invalid =
        || AwsError::validation(format!("Invalid schedule rate expression: rate({body})")).by(Rule::RateHasItsForm);
    let (value, unit) = body.split_once(' ').ok_or_else(invalid)?;
    let value: u32 = value.parse().map_err(|_| invalid())?;
    if !matches!(unit, "minute" | "minutes" | "hour" | "hours" | "day" | "days") {
        return Err(invalid());
    }
    if value == 0 {
        let text = "Invalid schedule frequency: executions are less than 60 seconds apart";
        return Err(AwsError::validation(text).by(Rule::RateIsPositive));
    }
    Ok(())
}

/// Five to seven fields, the seconds first where there are seven; exactly one of day-of-month and day-of-week is `?`.
fn is_cron(body: &str) -> bool {
    let fields: Vec<&str> = body.split_whitespace().collect();
    let first = usize::from(fields.len() == 7);
    let is_field = |f: &&str| f.bytes().all(|b| b.is_ascii_alphanumeric() || b"*?,-/#".contains(&b));
    let (Some(day_of_month), Some(day_of_week)) = (fields.get(first + 2), fields.get(first + 4)) else { return false };
    fields.len() <= 7 && fields.iter().all(is_field) && (*day_of_month == "?") != (*day_of_week == "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_accepted_and_refused_as_measured() {
        // S-040
        for accepted in [
            "at(2030-01-02T03:04:05)",
            "rate(1 minute)",
            "rate(1 minutes)",
            "rate(5 hour)",
            "rate(2 days)",
            "cron(0 8 ? * MON-FRI *)",
            "cron(0 8 * * ? *)",
            "cron(0 8 1 * ? *)",
            "cron(0 8 ? * 2 *)",
            "cron(0 8 * * ?)",
            "cron(0 0 8 * * ? *)",
        ] {
            assert_eq!(check(accepted), Ok(()), "{accepted}");
        }
        for (refused, text) in [
            ("at(2030-01-02T03:04:05Z)", "Invalid schedule at DateTime expression"),
            ("at(2030-01-02)", "Invalid schedule at DateTime expression"),
            ("rate(0 minutes)", "Invalid schedule frequency"),
            ("rate(5 weeks)", "Invalid schedule rate expression"),
            ("cron(0 8 * * * *)", "Invalid CRON expression"),
            ("cron(0 8 1 * 2 *)", "Invalid CRON expression"),
            ("cron(0 8 ? * ? *)", "Invalid CRON expression"),
            ("cron(0 8)", "Invalid CRON expression"),
            ("every day", "Invalid schedule expression"),
        ] {
            assert!(check(refused).unwrap_err().message.starts_with(text), "{refused}");
        }
    }
}
