//! One field of a cron expression: `*`, values, ranges, lists and steps, by number or name.

use super::error::ScheduleError;

pub(super) const MONTHS: &[&str] =
    &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
pub(super) const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// For messages.
    pub(super) name: &'static str,
    pub(super) low: i16,
    pub(super) high: i16,
    /// In the order of the numbers from `low` on.
    pub(super) names: &'static [&'static str],
    /// Whether only names are taken.
    pub(super) names_only: bool,
}

const fn numbers(name: &'static str, low: i16, high: i16) -> Form {
    Form { name, low, high, names: &[], names_only: false }
}

pub(super) const SECOND: Form = numbers("second", 0, 59);
pub(super) const MINUTE: Form = numbers("minute", 0, 59);
pub(super) const HOUR: Form = numbers("hour", 0, 23);
pub(super) const DAY_OF_MONTH: Form = numbers("day of the month", 1, 31);
pub(super) const MONTH: Form = Form { name: "month", low: 1, high: 12, names: MONTHS, names_only: false };
pub(super) const DAY_OF_WEEK: Form =
    Form { name: "day of the week", low: 1, high: 7, names: WEEKDAYS, names_only: true };
pub(super) const YEAR: Form = numbers("year", 1970, 2199);

/// The values of a field, sorted and without repetition. `None` is `*`: every value.
pub(super) type Values = Option<Vec<i16>>;

/// A field's text and where it begins in the expression.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

/// Reads a field.
pub(super) fn parse(text: Text<'_>, form: &Form) -> Result<Values, ScheduleError> {
    if text.text == "*" {
        return Ok(None);
    }
    let mut values = Vec::new();
    let mut at = text.at;
    for part in text.text.split(',') {
        values.extend(part_values(Text { text: part, at }, form)?);
        at += part.len() + 1;
    }
    values.sort_unstable();
    values.dedup();
    let all = i16::try_from(values.len()).is_ok_and(|count| count == form.high - form.low + 1);
    Ok((!all).then_some(values))
}

/// `*`, `a`, `a-b`, and each of them with `/n`.
fn part_values(part: Text<'_>, form: &Form) -> Result<Vec<i16>, ScheduleError> {
    let Text { text, at } = part;
    let (range, step) = match text.split_once('/') {
        Some((range, step)) => (range, Some(self::step(Text { text: step, at: at + range.len() + 1 }, form)?)),
        None => (text, None),
    };
    let (first, last) = match range.split_once('-') {
        _ if range == "*" => (form.low, form.high),
        Some((first, last)) => {
            let to = value(Text { text: last, at: at + first.len() + 1 }, form)?;
            let from = value(Text { text: first, at }, form)?;
            if from > to {
                let (low, high) = (shown(form.low, form), shown(form.high, form));
                let hint = format!("write it as two: {first}-{high},{low}-{last}");
                return Err(ScheduleError::new(at, format!("the range {range} runs backwards"), hint));
            }
            (from, to)
        }
        None => {
            let from = value(Text { text: range, at }, form)?;
            (from, if step.is_some() { form.high } else { from })
        }
    };
    Ok((first..=last).step_by(step.unwrap_or(1)).collect())
}

fn step(part: Text<'_>, form: &Form) -> Result<usize, ScheduleError> {
    let wrong = || {
        let hint = format!("write a whole number from 1 to {}", form.high);
        ScheduleError::new(part.at, format!("`{}` is no step of the {}", part.text, form.name), hint)
    };
    let step: i16 = part.text.parse().map_err(|_| wrong())?;
    if !(1..=form.high).contains(&step) {
        return Err(wrong());
    }
    usize::try_from(step).map_err(|_| wrong())
}

/// One value by number or name.
pub(super) fn value(part: Text<'_>, form: &Form) -> Result<i16, ScheduleError> {
    let Text { text, at } = part;
    let by_name = form.names.iter().position(|name| name.eq_ignore_ascii_case(text));
    if let Some(index) = by_name.and_then(|index| i16::try_from(index).ok()) {
        return Ok(index + form.low);
    }
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if form.names_only && digits {
        let message = format!("the {} `{text}` could be either of two days: AWS's pages disagree", form.name);
        return Err(ScheduleError::new(at, message, "write the name: SUN, MON, TUE, WED, THU, FRI or SAT"));
    }
    let number = text.parse::<i16>().ok().filter(|_| digits);
    number.filter(|number| (form.low..=form.high).contains(number)).ok_or_else(|| {
        let (low, high) = (shown(form.low, form), shown(form.high, form));
        let hint = match form.names {
            [] => format!("write {low} to {high}"),
            _ if form.names_only => format!("write {low} to {high} by name"),
            _ => format!("write {} to {}, or {low} to {high}", form.low, form.high),
        };
        ScheduleError::new(at, format!("`{text}` is no {}", form.name), hint)
    })
}

/// A value as it is written: by name where there are names.
pub(super) fn shown(value: i16, form: &Form) -> String {
    let name = usize::try_from(value - form.low).ok().and_then(|index| form.names.get(index));
    name.map_or_else(|| value.to_string(), |name| (*name).to_owned())
}

/// The values in one spelling of many: `*`, `a/n` for even steps up to the end, else a list with runs as ranges.
pub(super) fn text(values: &Values, form: &Form) -> String {
    let Some(values) = values else { return "*".to_owned() };
    if let [first, second, .., last] = values.as_slice() {
        let step = second - first;
        let is_even = values.windows(2).all(|pair| matches!(pair, [a, b] if b - a == step));
        if step > 1 && is_even && last + step > form.high {
            return format!("{}/{step}", shown(*first, form));
        }
    }
    let mut runs: Vec<(i16, i16)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *value => *last = *value,
            _ => runs.push((*value, *value)),
        }
    }
    let run = |(first, last): (i16, i16)| match last - first {
        0 => shown(first, form),
        1 => format!("{},{}", shown(first, form), shown(last, form)),
        _ => format!("{}-{}", shown(first, form), shown(last, form)),
    };
    runs.into_iter().map(run).collect::<Vec<_>>().join(",")
}
