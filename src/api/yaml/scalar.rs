//! What a plain word of YAML means: the core schema of YAML 1.2, written down independently of serde_yaml.

/// A scalar: its text, how it was written, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The text, unquoted.
    pub text: String,
    /// Whether it was written without quotes, so that it may mean something else than text.
    pub plain: bool,
}

/// What a scalar means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScalarValue<'a> {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`; `yes`, `no`, `on` and `off` are text in YAML 1.2.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number, `.inf` and `.nan` included.
    Float(f64),
    /// Text.
    Text(&'a str),
}

impl Scalar {
    /// What it means.
    pub fn value(&self) -> ScalarValue<'_> {
        if !self.plain {
            return ScalarValue::Text(&self.text);
        }
        let text = self.text.as_str();
        match text {
            "" | "~" | "null" | "Null" | "NULL" => ScalarValue::Null,
            "true" | "True" | "TRUE" => ScalarValue::Bool(true),
            "false" | "False" | "FALSE" => ScalarValue::Bool(false),
            _ => int(text).or_else(|| float(text)).unwrap_or(ScalarValue::Text(text)),
        }
    }

    /// Whether, as a key, it means that the fields of its value belong to the map around it (YAML 1.1).
    pub fn is_merge_key(&self) -> bool {
        self.plain && self.text == "<<"
    }

    /// Whether it is a plain word that some readers take for a number and others for text, such as `0123`.
    pub fn is_doubtful_number(&self) -> bool {
        self.plain && has_leading_zero(&self.text)
    }
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Digits behind a leading zero: YAML 1.1 reads them as octal, the core schema as decimal, serde_yaml as text. Here
/// they are text, as an account id is.
fn has_leading_zero(text: &str) -> bool {
    let digits = unsigned(text);
    digits.len() > 1 && digits.starts_with('0') && is_digits(digits)
}

fn int(text: &str) -> Option<ScalarValue<'static>> {
    let radix = |digits: &str, radix| {
        let plain = digits.bytes().all(|b| b.is_ascii_alphanumeric());
        plain.then(|| i64::from_str_radix(digits, radix).ok()).flatten()
    };
    if let Some(hex) = text.strip_prefix("0x") {
        return radix(hex, 16).map(ScalarValue::Int);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return radix(octal, 8).map(ScalarValue::Int);
    }
    if !is_digits(unsigned(text)) || has_leading_zero(text) {
        return None;
    }
    text.parse().ok().map(ScalarValue::Int)
}

fn float(text: &str) -> Option<ScalarValue<'static>> {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Some(ScalarValue::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(ScalarValue::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => return Some(ScalarValue::Float(f64::NEG_INFINITY)),
        _ if has_leading_zero(text) => return None,
        _ => {}
    }
    let (mantissa, exponent) = match unsigned(text).split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned(text), None),
    };
    let is_mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    let is_number = is_mantissa && exponent.is_none_or(|exponent| is_digits(unsigned(exponent)));
    let value: f64 = is_number.then(|| text.parse().ok()).flatten()?;
    value.is_finite().then_some(ScalarValue::Float(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Scalar {
        Scalar { text: text.into(), plain: true }
    }

    #[test]
    fn words_mean_what_yaml_1_2_says() {
        for text in ["no", "yes", "on", "off", "y", "0123", "1_000", "1:30", "0b1", "-0x1", "1e400", "nan", ".", "e5"] {
            assert_eq!(value(text).value(), ScalarValue::Text(text), "{text}");
        }
        assert_eq!(value("12").value(), ScalarValue::Int(12));
        assert_eq!(value("-0x").value(), ScalarValue::Text("-0x"));
        assert_eq!(value("0x1F").value(), ScalarValue::Int(31));
        assert_eq!(value("0o17").value(), ScalarValue::Int(15));
        assert_eq!(value("+12").value(), ScalarValue::Int(12));
        assert_eq!(value(".5").value(), ScalarValue::Float(0.5));
        assert_eq!(value("1.").value(), ScalarValue::Float(1.0));
        assert_eq!(value("1e2").value(), ScalarValue::Float(100.0));
        assert_eq!(value("-.inf").value(), ScalarValue::Float(f64::NEG_INFINITY));
    }

    #[test]
    fn what_is_quoted_is_text() {
        let quoted = Scalar { text: "12".into(), plain: false };
        assert_eq!(quoted.value(), ScalarValue::Text("12"));
        assert!(!Scalar { text: "012".into(), plain: false }.is_doubtful_number());
        assert!(value("012345678901").is_doubtful_number());
    }
}
