//! Conditions (E-05): operators AND, keys AND, values OR; of negated operators, none may match.

use std::cmp::Ordering;

use super::evaluate::Truth;
use super::pattern::{Pattern, Wildcards, variable_keys};
use super::{Request, value};

/// One operator on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// How values are compared.
    pub operator: Operator,
    /// The operator as the policy spells it.
    pub operator_name: String,
    /// The key as the policy spells it; its case does not matter.
    pub key: String,
    /// The policy's values.
    pub values: Vec<String>,
}

/// An operator, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `ForAnyValue:` or `ForAllValues:`.
    pub set: Option<SetOperator>,
    /// What is compared.
    pub comparison: Comparison,
    /// Whether it is a "Not" operator.
    pub negated: bool,
    /// `…IfExists`: true when the key is absent.
    pub if_exists: bool,
}

/// What `ForAnyValue:` and `ForAllValues:` mean for a key with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// One value must match; false for none.
    Any,
    /// Each value must match; true for none.
    All,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// StringEquals: exact, in its case, no wildcards.
    StringEquals,
    /// StringEqualsIgnoreCase.
    StringEqualsIgnoreCase,
    /// StringLike: in its case, with wildcards.
    StringLike,
    /// ArnEquals and ArnLike are one: part by part, with wildcards.
    Arn,
    /// Numeric…, true in the orders listed.
    Numeric(&'static [Ordering]),
    /// Date…, true in the orders listed.
    Date(&'static [Ordering]),
    /// Bool.
    Bool,
    /// BinaryEquals.
    Binary,
    /// IpAddress.
    Ip,
    /// Null: whether the key is absent.
    Null,
}

const EQUAL: &[Ordering] = &[Ordering::Equal];
const LESS: &[Ordering] = &[Ordering::Less];
const AT_MOST: &[Ordering] = &[Ordering::Less, Ordering::Equal];
const GREATER: &[Ordering] = &[Ordering::Greater];
const AT_LEAST: &[Ordering] = &[Ordering::Greater, Ordering::Equal];

impl Operator {
    /// Reads an operator's name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (set, name) = match name.split_once(':') {
            Some(("foranyvalue", rest)) => (Some(SetOperator::Any), rest),
            Some(("forallvalues", rest)) => (Some(SetOperator::All), rest),
            Some(_) => return None,
            None => (None, name.as_str()),
        };
        let (name, if_exists) = name.strip_suffix("ifexists").map_or((name, false), |rest| (rest, true));
        let (comparison, negated) = comparison(name)?;
        Some(Self { set, comparison, negated, if_exists })
    }
}

fn comparison(name: &str) -> Option<(Comparison, bool)> {
    Some(match name {
        "stringequals" => (Comparison::StringEquals, false),
        "stringnotequals" => (Comparison::StringEquals, true),
        "stringequalsignorecase" => (Comparison::StringEqualsIgnoreCase, false),
        "stringnotequalsignorecase" => (Comparison::StringEqualsIgnoreCase, true),
        "stringlike" => (Comparison::StringLike, false),
        "stringnotlike" => (Comparison::StringLike, true),
        "arnequals" | "arnlike" => (Comparison::Arn, false),
        "arnnotequals" | "arnnotlike" => (Comparison::Arn, true),
        "numericequals" => (Comparison::Numeric(EQUAL), false),
        "numericnotequals" => (Comparison::Numeric(EQUAL), true),
        "numericlessthan" => (Comparison::Numeric(LESS), false),
        "numericlessthanequals" => (Comparison::Numeric(AT_MOST), false),
        "numericgreaterthan" => (Comparison::Numeric(GREATER), false),
        "numericgreaterthanequals" => (Comparison::Numeric(AT_LEAST), false),
        "dateequals" => (Comparison::Date(EQUAL), false),
        "datenotequals" => (Comparison::Date(EQUAL), true),
        "datelessthan" => (Comparison::Date(LESS), false),
        "datelessthanequals" => (Comparison::Date(AT_MOST), false),
        "dategreaterthan" => (Comparison::Date(GREATER), false),
        "dategreaterthanequals" => (Comparison::Date(AT_LEAST), false),
        "bool" => (Comparison::Bool, false),
        "binaryequals" => (Comparison::Binary, false),
        "ipaddress" => (Comparison::Ip, false),
        "notipaddress" => (Comparison::Ip, true),
        "null" => (Comparison::Null, false),
        _ => return None,
    })
}

impl Comparison {
    fn wildcards(self) -> Wildcards {
        if matches!(self, Self::StringLike | Self::Arn) { Wildcards::Yes } else { Wildcards::No }
    }

    /// Whether policy variables are filled in: in strings and ARNs only.
    fn takes_variables(self) -> bool {
        matches!(self, Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike | Self::Arn)
    }

    /// Whether one value of the request matches one of the policy's. Values that cannot be read match nothing.
    fn holds(self, value: &str, wanted: &str) -> bool {
        let in_order = |orders: &[Ordering], order: Option<Ordering>| order.is_some_and(|o| orders.contains(&o));
        match self {
            Self::Numeric(orders) => in_order(orders, value::compare_numbers(value, wanted)),
            Self::Date(orders) => in_order(orders, value::compare_dates(value, wanted)),
            Self::Ip => value::is_in_network(value, wanted).unwrap_or(false),
            Self::Bool => value.eq_ignore_ascii_case(wanted),
            Self::Binary => value.trim() == wanted.trim(),
            Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike | Self::Arn | Self::Null => false,
        }
    }
}

impl Condition {
    /// Whether the condition holds for a request.
    pub(super) fn holds(&self, has_variables: bool, request: &Request) -> Truth {
        let values = request.values(&self.key);
        if values.is_none() && !request.knows(&self.key) {
            return Truth::Unknown;
        }
        if self.operator.comparison == Comparison::Null {
            let is_absent = if values.is_none() { "true" } else { "false" };
            return Truth::from(self.values.iter().any(|wanted| wanted.eq_ignore_ascii_case(is_absent)));
        }
        let Some(values) = values else { return self.holds_when_absent() };
        // To a set operator, an empty text is no value.
        let is_empty = self.operator.set.is_some() && values.iter().all(String::is_empty);
        let values = if is_empty { &[] } else { values };
        let each = values.iter().map(|value| self.value_holds(value, has_variables, request));
        match self.operator.set {
            Some(SetOperator::All) => each.min().unwrap_or(Truth::Yes),
            Some(SetOperator::Any) => each.max().unwrap_or(Truth::No),
            // A key with several values needs a set operator; without one, AWS does not say what happens.
            None if values.len() > 1 => Truth::No,
            None => each.max().unwrap_or(Truth::No),
        }
    }

    fn holds_when_absent(&self) -> Truth {
        match self.operator.set {
            Some(SetOperator::All) => Truth::Yes,
            // AWS documents IfExists as true for an absent key, ForAnyValue as false, and not which of them wins.
            Some(SetOperator::Any) if self.operator.if_exists => Truth::Unknown,
            Some(SetOperator::Any) => Truth::No,
            None => Truth::from(self.operator.if_exists || self.operator.negated),
        }
    }

    /// Whether one value of the request matches any of the policy's values; if negated, none.
    fn value_holds(&self, value: &str, has_variables: bool, request: &Request) -> Truth {
        let each = self.values.iter().map(|wanted| self.matches(value, wanted, has_variables, request));
        let any = each.max().unwrap_or(Truth::No);
        if self.operator.negated { any.negate() } else { any }
    }

    fn matches(&self, value: &str, wanted: &str, has_variables: bool, request: &Request) -> Truth {
        let comparison = self.operator.comparison;
        if !comparison.takes_variables() {
            return Truth::from(comparison.holds(value, wanted));
        }
        match Pattern::expand(wanted, comparison.wildcards(), has_variables, request, value.len()) {
            Ok(pattern) if comparison == Comparison::Arn => pattern.matches_arn(value),
            Ok(pattern) => Truth::from(pattern.matches(value, comparison == Comparison::StringEqualsIgnoreCase)),
            Err(truth) => truth,
        }
    }

    /// The keys that it reads: its own, and those of its variables.
    pub(super) fn keys(&self, has_variables: bool) -> Vec<&str> {
        let mut keys = vec![self.key.as_str()];
        if has_variables && self.operator.comparison.takes_variables() {
            keys.extend(self.values.iter().flat_map(|value| variable_keys(value)));
        }
        keys
    }
}
