//! Single values: text without quotes that is read as a number, numbers in quotes, `no` where `false` is meant.

use super::Expected;
use crate::api::finding::nearest;
use crate::api::yaml::{Scalar, ScalarValue};

/// What is wrong, and what to write instead.
type Wrong = (String, String);

pub(super) fn check(scalar: &Scalar, expected: &Expected<'_>) -> Result<(), Wrong> {
    match expected {
        Expected::Text => text(scalar),
        Expected::Word(words) => word(scalar, words, expected),
        Expected::Int => int(scalar),
        Expected::Number => number(scalar),
        Expected::Bool => boolean(scalar),
        Expected::List(_) => Err((format!("{} stands where a list is meant", shown(scalar)), list_hint(scalar))),
        Expected::Map(_) => {
            Err((format!("{} stands where a map is meant", shown(scalar)), "write its fields below, indented".into()))
        }
        Expected::Anything => Ok(()),
    }
}

fn text(scalar: &Scalar) -> Result<(), Wrong> {
    let text = &scalar.text;
    let kind = match scalar.value() {
        ScalarValue::Text(_) if !scalar.is_doubtful_number() => return Ok(()),
        ScalarValue::Bool(_) => "is read as true or false",
        ScalarValue::Text(_) => "is a number to some readers and text to others",
        _ => "is read as a number",
    };
    Err((format!("`{text}` {kind}, but text is meant"), format!("quote it: \"{text}\"")))
}

fn word(scalar: &Scalar, words: &[&str], expected: &Expected<'_>) -> Result<(), Wrong> {
    if let ScalarValue::Text(text) = scalar.value()
        && words.contains(&text)
    {
        return Ok(());
    }
    let hint = match nearest(&scalar.text, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write {expected}"),
    };
    Err((format!("`{}` is not {expected}", scalar.text), hint))
}

fn int(scalar: &Scalar) -> Result<(), Wrong> {
    match scalar.value() {
        ScalarValue::Int(value) if i32::try_from(value).is_ok() => Ok(()),
        ScalarValue::Int(_) => Err((
            format!("`{}` is out of range", scalar.text),
            format!("write a whole number from {} to {}", i32::MIN, i32::MAX),
        )),
        ScalarValue::Float(value) if value.fract() == 0.0 && value.abs() < 1e9 => {
            Err((format!("{} is not written as a whole number", shown(scalar)), format!("write {value}")))
        }
        _ => Err(not_a_number(scalar, "a whole number")),
    }
}

fn number(scalar: &Scalar) -> Result<(), Wrong> {
    match scalar.value() {
        ScalarValue::Int(_) => Ok(()),
        ScalarValue::Float(value) if value.is_finite() => Ok(()),
        ScalarValue::Float(_) => Err((
            format!("`{}` is not a finite number", scalar.text),
            "leave a bound out where there is none; a threshold must be finite".into(),
        )),
        _ => Err(not_a_number(scalar, "a number")),
    }
}

fn not_a_number(scalar: &Scalar, wanted: &str) -> Wrong {
    let text = &scalar.text;
    let message = format!("{} stands where {wanted} is meant", shown(scalar));
    let unquoted = Scalar { text: text.clone(), plain: true };
    let stripped = text.trim_start_matches('0');
    let hint = match unquoted.value() {
        ScalarValue::Int(_) | ScalarValue::Float(_) if !scalar.plain => format!("remove the quotes: {text}"),
        _ if unquoted.is_doubtful_number() => format!("write it without the leading zero: {stripped}"),
        _ if text.ends_with('%') => format!("write it without the sign: {}", text.trim_end_matches('%').trim_end()),
        _ => format!("write {wanted}"),
    };
    (message, hint)
}

fn boolean(scalar: &Scalar) -> Result<(), Wrong> {
    let meant = match scalar.text.to_ascii_lowercase().as_str() {
        _ if matches!(scalar.value(), ScalarValue::Bool(_)) => return Ok(()),
        "true" | "yes" | "on" | "y" | "1" => Some(true),
        "false" | "no" | "off" | "n" | "0" => Some(false),
        _ => None,
    };
    let message = format!("{} stands where `true` or `false` is meant", shown(scalar));
    Err((message, meant.map_or("write `true` or `false`".into(), |meant| format!("write {meant}, without quotes"))))
}

fn list_hint(scalar: &Scalar) -> String {
    match scalar.plain {
        true => format!("write a list: [{}]", scalar.text),
        false => format!("write a list: [{:?}]", scalar.text),
    }
}

/// The value as the user sees it, with what it is.
fn shown(scalar: &Scalar) -> String {
    let kind = match scalar.value() {
        ScalarValue::Text(_) => "the text",
        ScalarValue::Bool(_) => "the value",
        ScalarValue::Null => return "nothing".into(),
        ScalarValue::Int(_) | ScalarValue::Float(_) => "the number",
    };
    match scalar.plain {
        true => format!("{kind} `{}`", scalar.text),
        false => format!("{kind} {:?}", scalar.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(text: &str, plain: bool, expected: &Expected<'_>) -> String {
        check(&Scalar { text: text.into(), plain }, expected).map_or_else(|(_, hint)| hint, |()| "fine".into())
    }

    #[test]
    fn numbers_where_text_is_meant_are_to_be_quoted() {
        assert_eq!(hint("111122223333", true, &Expected::Text), "quote it: \"111122223333\"");
        assert_eq!(hint("012345678901", true, &Expected::Text), "quote it: \"012345678901\"");
        assert_eq!(hint("1.10", true, &Expected::Text), "quote it: \"1.10\"");
        assert_eq!(hint("true", true, &Expected::Text), "quote it: \"true\"");
        assert_eq!(hint("no", true, &Expected::Text), "fine");
        assert_eq!(hint("12", false, &Expected::Text), "fine");
    }

    #[test]
    fn text_where_a_number_is_meant_says_how_to_write_it() {
        assert_eq!(hint("12", false, &Expected::Int), "remove the quotes: 12");
        assert_eq!(hint("012", true, &Expected::Int), "write it without the leading zero: 12");
        assert_eq!(hint("2.0", true, &Expected::Int), "write 2");
        assert_eq!(hint("30%", true, &Expected::Number), "write it without the sign: 30");
        assert_eq!(hint("3000000000", true, &Expected::Int), "write a whole number from -2147483648 to 2147483647");
        assert!(hint(".inf", true, &Expected::Number).contains("leave a bound out"));
    }

    #[test]
    fn no_is_text_in_yaml_1_2() {
        assert_eq!(hint("no", true, &Expected::Bool), "write false, without quotes");
        assert_eq!(hint("true", false, &Expected::Bool), "write true, without quotes");
        assert_eq!(hint("TRUE", true, &Expected::Bool), "fine");
    }

    #[test]
    fn a_wrong_word_names_the_nearest() {
        let words = Expected::Word(vec!["Apply", "Observe"]);
        assert_eq!(hint("observe", true, &words), "did you mean `Observe`?");
        assert_eq!(hint("DryRun", true, &words), "write one of Apply, Observe");
    }
}
