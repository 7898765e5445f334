//! Metric values and thresholds.
//!
//! AWS keeps doubles; people write decimals. Differences are taken in decimal, so that 0.3 − 0.1 is 0.2 and not
//! 0.19999999999999998, which would be a step that AWS never lets match and a drift that never ends.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A finite double with a total order; −0 is 0.
#[derive(Clone, Copy, PartialEq)]
pub struct Number(f64);

impl Number {
    /// Zero.
    pub const ZERO: Self = Self(0.0);

    /// `None` for NaN and the infinities.
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value + 0.0))
    }

    /// The value as AWS's double.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The decimal difference; outside what a decimal of 28 digits can hold, the difference of the doubles.
    pub fn minus(self, other: Self) -> Self {
        self.decimal_with(other, |a, b| a.checked_sub(b)).or_else(|| Self::new(self.0 - other.0)).unwrap_or(self)
    }

    /// The decimal sum, with the same limits as [`Number::minus`].
    pub fn plus(self, other: Self) -> Self {
        self.decimal_with(other, |a, b| a.checked_add(b)).or_else(|| Self::new(self.0 + other.0)).unwrap_or(self)
    }

    fn decimal_with(self, other: Self, op: impl Fn(Decimal, Decimal) -> Option<Decimal>) -> Option<Self> {
        let result = op(self.to_decimal()?, other.to_decimal()?)?;
        result.to_string().parse().ok().and_then(Self::new)
    }

    /// Through the shortest text that reads back as this double, which is what the user wrote.
    fn to_decimal(self) -> Option<Decimal> {
        Decimal::from_str_exact(&self.0.to_string()).ok()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self(f64::from(value))
    }
}

impl Serialize for Number {
    /// Whole numbers are written as whole numbers: `30`, not `30.0`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53: every whole number below it is exact
        if self.0.fract() == 0.0 && self.0.abs() < EXACT {
            #[allow(clippy::cast_possible_truncation)]
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Self::new(value).ok_or_else(|| serde::de::Error::custom("expected a finite number"))
    }
}

impl schemars::JsonSchema for Number {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(value: f64) -> Number {
        Number::new(value).unwrap()
    }

    #[test]
    fn differences_are_taken_in_decimal() {
        assert_eq!(n(0.3).minus(n(0.1)), n(0.2));
        assert_eq!(n(70.4).minus(n(60.3)), n(10.1));
        assert_eq!(n(0.1).plus(n(0.2)), n(0.3));
        assert_eq!(n(1e300).minus(n(1.0)), n(1e300));
    }

    #[test]
    fn spelling_does_not_matter() {
        for text in ["30", "30.0", "3e1"] {
            assert_eq!(text.parse::<f64>().map(n).unwrap(), n(30.0));
        }
        assert_eq!(n(-0.0), Number::ZERO);
        assert_eq!(serde_json::to_string(&[n(30.0), n(0.5)]).unwrap(), "[30,0.5]");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        assert_eq!(Number::new(f64::NAN), None);
        assert_eq!(Number::new(f64::INFINITY), None);
    }
}
