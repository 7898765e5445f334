//! Metric math as far as alarms need it: arithmetic over ids, and a few functions.
//!
//! Owns reading an expression and its value in one period. What CloudWatch can do beyond that is [`Unsupported`], never a
//! guess.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::metric::{MetricQuery, QuerySource, SingleMetric};

/// An expression that cannot be evaluated here, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the expression {expression:?} is not evaluated here: {why}")]
pub struct Unsupported {
    /// The expression.
    pub expression: String,
    /// What of it.
    pub why: String,
}

/// The ids that an expression names: what begins with a lower-case letter, outside of quotes.
///
/// None are read out of a Metrics Insights query, whose words may be in any case.
pub fn ids(expression: &str) -> BTreeSet<String> {
    if is_query(expression) {
        return BTreeSet::new();
    }
    let words = tokens(expression).into_iter().filter_map(|token| match token {
        Token::Word(word) if word.starts_with(|c: char| c.is_ascii_lowercase()) => Some(word),
        _ => None,
    });
    words.collect()
}

/// Whether an expression calls a function, in any case.
pub fn calls(expression: &str, function: &str) -> bool {
    tokens(expression).windows(2).any(|pair| match pair {
        [Token::Word(word), Token::Sign('(')] => word.eq_ignore_ascii_case(function),
        _ => false,
    })
}

fn is_query(expression: &str) -> bool {
    matches!(tokens(expression).first(), Some(Token::Word(word)) if word.eq_ignore_ascii_case("SELECT"))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Word(String),
    Quoted,
    Sign(char),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = |is_part: fn(char) -> bool| rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let (token, taken) = if first.is_ascii_digit() || first == '.' {
            let taken = length(|c| c.is_ascii_digit() || c == '.');
            let number = rest.get(..taken).and_then(|number| number.parse().ok());
            (number.map_or(Token::Sign(first), Token::Number), taken)
        } else if first.is_ascii_alphabetic() || first == '_' {
            let taken = length(|c| c.is_ascii_alphanumeric() || c == '_');
            (Token::Word(rest.get(..taken).unwrap_or_default().to_owned()), taken)
        } else if matches!(first, '\'' | '"') {
            let end = rest.get(1..).and_then(|inner| inner.find(first)).map_or(rest.len(), |at| at + 2);
            (Token::Quoted, end)
        } else {
            (Token::Sign(first), first.len_utf8())
        };
        tokens.push(token);
        rest = rest.get(taken..).unwrap_or_default().trim_start();
    }
    tokens
}

/// The value of the query that returns data, in one period; `None` where it has none. `of_metric` gives a metric's.
pub fn returned(
    queries: &BTreeMap<String, MetricQuery>,
    of_metric: &impl Fn(&SingleMetric) -> Option<f64>,
) -> Result<Option<f64>, Unsupported> {
    let watched = queries.iter().find(|(_, query)| query.return_data).map(|(id, _)| id.as_str());
    watched.map_or(Ok(None), |id| value_of(queries, id, of_metric, queries.len()))
}

fn value_of(
    queries: &BTreeMap<String, MetricQuery>,
    id: &str,
    of_metric: &impl Fn(&SingleMetric) -> Option<f64>,
    depth: usize,
) -> Result<Option<f64>, Unsupported> {
    let text = match queries.get(id).map(|query| &query.source) {
        None => return Ok(None),
        Some(QuerySource::Metric(metric)) => return Ok(of_metric(metric)),
        Some(QuerySource::Expression { expression, .. }) => expression,
    };
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Unsupported { expression: text.clone(), why: "it leads back to itself".to_owned() });
    };
    let expression = Expression::parse(text)?;
    let values = ids(text).into_iter().map(|id| value_of(queries, &id, of_metric, depth).map(|value| (id, value)));
    Ok(expression.value(&values.collect::<Result<_, _>>()?))
}

/// A read expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(Node);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(f64),
    Id(String),
    Negated(Box<Node>),
    Two(Box<Node>, Operator, Box<Node>),
    Call(Function, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    /// Over several series at once, datapoint by datapoint.
    Max,
    Min,
    Avg,
    Sum,
    If,
    Fill,
}

/// Values deeper than this are no expression that a person wrote.
const MAX_DEPTH: usize = 64;

impl Expression {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, Unsupported> {
        let mut parser = Parser { tokens: tokens(text), at: 0, depth: 0 };
        let unsupported = |why| Unsupported { expression: text.to_owned(), why };
        let node = parser.comparison().map_err(unsupported)?;
        match parser.peek() {
            None => Ok(Self(node)),
            Some(token) => Err(unsupported(format!("{token:?} stands behind its end"))),
        }
    }

    /// The value in one period; `None` where it has none, as where a metric has no datapoint or a divisor is 0.
    pub fn value(&self, values: &BTreeMap<String, Option<f64>>) -> Option<f64> {
        value(&self.0, values).filter(|value| value.is_finite())
    }
}

fn value(node: &Node, values: &BTreeMap<String, Option<f64>>) -> Option<f64> {
    match node {
        Node::Number(number) => Some(*number),
        Node::Id(id) => values.get(id).copied().flatten(),
        Node::Negated(inner) => Some(-value(inner, values)?),
        Node::Two(left, operator, right) => two(value(left, values)?, *operator, value(right, values)?),
        Node::Call(function, arguments) => call(*function, arguments, values),
    }
}

fn two(left: f64, operator: Operator, right: f64) -> Option<f64> {
    let truth = |is: bool| Some(f64::from(u8::from(is)));
    match operator {
        Operator::Add => Some(left + right),
        Operator::Subtract => Some(left - right),
        Operator::Multiply => Some(left * right),
        Operator::Divide => (right.abs() > 0.0).then(|| left / right),
        Operator::Power => Some(left.powf(right)),
        Operator::Less => truth(left < right),
        Operator::LessOrEqual => truth(left <= right),
        Operator::Greater => truth(left > right),
        Operator::GreaterOrEqual => truth(left >= right),
        Operator::Equal => truth((left - right).abs() == 0.0),
        Operator::NotEqual => truth((left - right).abs() > 0.0),
    }
}

/// What has no datapoint in a period takes no part in it.
fn call(function: Function, arguments: &[Node], values: &BTreeMap<String, Option<f64>>) -> Option<f64> {
    let there = || arguments.iter().filter_map(|argument| value(argument, values));
    match (function, arguments) {
        (Function::Max, _) => there().reduce(f64::max),
        (Function::Min, _) => there().reduce(f64::min),
        (Function::Sum, _) => there().reduce(|a, b| a + b),
        (Function::Avg, _) => {
            let all: Vec<f64> = there().collect();
            let count = f64::from(u32::try_from(all.len()).ok()?);
            (count > 0.0).then(|| all.iter().sum::<f64>() / count)
        }
        (Function::Fill, [series, filling]) => value(series, values).or_else(|| value(filling, values)),
        (Function::If, [condition, then]) => {
            (value(condition, values)?.abs() > 0.0).then(|| value(then, values)).flatten()
        }
        (Function::If, [condition, then, otherwise]) => {
            value(if value(condition, values)?.abs() > 0.0 { then } else { otherwise }, values)
        }
        _ => None,
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, sign: char) -> bool {
        let is_next = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(is_next);
        is_next
    }

    fn comparison(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("it is nested too deep".to_owned());
        }
        let mut left = self.sum()?;
        while let Some(operator) = self.comparing() {
            left = Node::Two(Box::new(left), operator, Box::new(self.sum()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn comparing(&mut self) -> Option<Operator> {
        let (first, second) = (self.peek()?.clone(), self.tokens.get(self.at + 1).cloned());
        let (operator, length) = match (first, second) {
            (Token::Sign('<'), Some(Token::Sign('='))) => (Operator::LessOrEqual, 2),
            (Token::Sign('>'), Some(Token::Sign('='))) => (Operator::GreaterOrEqual, 2),
            (Token::Sign('='), Some(Token::Sign('='))) => (Operator::Equal, 2),
            (Token::Sign('!'), Some(Token::Sign('='))) => (Operator::NotEqual, 2),
            (Token::Sign('<'), _) => (Operator::Less, 1),
            (Token::Sign('>'), _) => (Operator::Greater, 1),
            _ => return None,
        };
        self.at += length;
        Some(operator)
    }

    fn sum(&mut self) -> Result<Node, String> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Sign('+')) => Operator::Add,
                Some(Token::Sign('-')) => Operator::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            left = Node::Two(Box::new(left), operator, Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Node, String> {
        let mut left = self.negation()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Sign('*')) => Operator::Multiply,
                Some(Token::Sign('/')) => Operator::Divide,
                _ => return Ok(left),
            };
            self.at += 1;
            left = Node::Two(Box::new(left), operator, Box::new(self.negation()?));
        }
    }

    fn negation(&mut self) -> Result<Node, String> {
        let mut negative = false;
        while self.takes('-') {
            negative = !negative;
        }
        let base = self.single()?;
        let node =
            if self.takes('^') { Node::Two(Box::new(base), Operator::Power, Box::new(self.single()?)) } else { base };
        Ok(if negative { Node::Negated(Box::new(node)) } else { node })
    }

    fn single(&mut self) -> Result<Node, String> {
        match self.next() {
            Some(Token::Number(number)) => Ok(Node::Number(number)),
            Some(Token::Word(word)) if self.takes('(') => self.call(&word),
            Some(Token::Word(word)) if word.starts_with(|c: char| c.is_ascii_lowercase()) => Ok(Node::Id(word)),
            Some(Token::Sign('(')) => {
                let inner = self.comparison()?;
                if self.takes(')') { Ok(inner) } else { Err("a parenthesis is not closed".to_owned()) }
            }
            Some(token) => Err(format!("{token:?} stands where a value is meant")),
            None => Err("it ends where a value is meant".to_owned()),
        }
    }

    fn call(&mut self, name: &str) -> Result<Node, String> {
        let function = match name.to_ascii_uppercase().as_str() {
            "MAX" => Function::Max,
            "MIN" => Function::Min,
            "AVG" => Function::Avg,
            "SUM" => Function::Sum,
            "IF" => Function::If,
            "FILL" => Function::Fill,
            _ => return Err(format!("the function {name} is not known")),
        };
        let arguments = self.arguments()?;
        let fits = match function {
            Function::If => matches!(arguments.len(), 2 | 3),
            Function::Fill => arguments.len() == 2,
            // Of one series such a function gives its value over the whole time range, which is not known here.
            _ => arguments.len() > 1,
        };
        if fits { Ok(Node::Call(function, arguments)) } else { Err(format!("{name} of {} values", arguments.len())) }
    }

    /// `a, b)` or `[a, b])`.
    fn arguments(&mut self) -> Result<Vec<Node>, String> {
        let is_list = self.takes('[');
        let mut arguments = vec![self.comparison()?];
        while self.takes(',') {
            arguments.push(self.comparison()?);
        }
        if is_list && !self.takes(']') {
            return Err("a bracket is not closed".to_owned());
        }
        if self.takes(')') { Ok(arguments) } else { Err("a parenthesis is not closed".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(text: &str, values: &[(&str, Option<f64>)]) -> Option<f64> {
        let values = values.iter().map(|(id, value)| ((*id).to_owned(), *value)).collect();
        Expression::parse(text).unwrap().value(&values)
    }

    #[test]
    fn arithmetic_keeps_its_precedence() {
        let values = [("m1", Some(6.0)), ("m2", Some(3.0)), ("none", None)];
        for (text, expected) in [
            ("100 * m1 / (m1 + m2)", Some(600.0 / 9.0)),
            ("m1 - m2 - 1", Some(2.0)),
            ("-m1 + m2^2", Some(3.0)),
            ("m1 / 0", None),
            ("m1 + none", None),
            ("MAX([m1, m2])", Some(6.0)),
            ("MIN([m1, m2, none])", Some(3.0)),
            ("AVG([m1, m2])", Some(4.5)),
            ("SUM([m1, m2])", Some(9.0)),
            ("FILL(none, 0) + m1", Some(6.0)),
            ("IF(m1 > m2, m1, m2) * 2", Some(12.0)),
            ("IF(m1 < m2, m1)", None),
            ("IF(m1 >= 6, 1, 0) + IF(m2 == 3, 1, 0) + IF(m2 != 3, 1, 0)", Some(2.0)),
        ] {
            assert_eq!(evaluate(text, &values), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_said_and_never_guessed() {
        for text in
            ["RATE(m1)", "SUM(METRICS())", "MAX(m1)", "m1 m2", "(m1", "m1 +", "", "IF(m1)", "SELECT AVG(CPU) FROM x"]
        {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
        let deep = format!("{}m1{}", "(".repeat(1000), ")".repeat(1000));
        assert!(Expression::parse(&deep).is_err());
    }

    #[test]
    fn ids_are_read_outside_of_quotes_and_queries() {
        let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(ids("100 * (m1 / total_2) + FILL(e3, REPEAT)"), set(&["m1", "total_2", "e3"]));
        assert_eq!(ids("SUM(METRICS(\"m\")) + m1"), set(&["m1"]));
        assert_eq!(ids("SELECT AVG(CPUUtilization) FROM SCHEMA(\"AWS/ECS\") GROUP BY name"), set(&[]));
        assert!(calls("search ('x', 'Average')", "SEARCH") && !calls("m1 + 'SEARCH(x)'", "SEARCH"));
    }
}
