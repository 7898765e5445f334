//! Wildcards and policy variables (E-03, E-06).

use super::Request;
use super::evaluate::Truth;

/// Whether `*` and `?` stand for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wildcards {
    /// `*` is any run of characters, `?` any one.
    Yes,
    /// They are themselves, as in StringEquals.
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    One,
    Any,
}

/// A text with wildcards, its variables filled in. What a variable held is literal, wildcards too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

impl Pattern {
    /// A pattern without variables.
    pub(super) fn new(text: &str, wildcards: Wildcards) -> Self {
        let mut pattern = Self::default();
        pattern.push(text, wildcards);
        pattern
    }

    /// A pattern with the variables of a request. `Err(No)` when a variable has no value, so that nothing can match;
    /// `Err(Unknown)` when its value is unknown. It is for a value of `longest` bytes: `Err(No)` as soon as it stands for
    /// more, so that many variables of long values take no time.
    pub(super) fn expand(
        text: &str,
        wildcards: Wildcards,
        has_variables: bool,
        request: &Request,
        longest: usize,
    ) -> Result<Self, Truth> {
        let mut pattern = Self::default();
        let mut filled = 0;
        let mut rest = text;
        while let Some((before, variable, after)) = has_variables.then(|| next_variable(rest)).flatten() {
            pattern.push(before, wildcards);
            let value = resolve(variable, request)?;
            pattern.push(value, Wildcards::No);
            filled += value.chars().count();
            if filled > longest {
                return Err(Truth::No);
            }
            rest = after;
        }
        pattern.push(rest, wildcards);
        Ok(pattern)
    }

    fn push(&mut self, text: &str, wildcards: Wildcards) {
        self.0.extend(text.chars().map(|c| match (c, wildcards) {
            ('*', Wildcards::Yes) => Token::Any,
            ('?', Wildcards::Yes) => Token::One,
            _ => Token::Char(c),
        }));
    }

    /// Whether the whole text matches. `ignore_case` is for actions, and for operators that say so.
    pub(super) fn matches(&self, text: &str, ignore_case: bool) -> bool {
        let text: Vec<char> = text.chars().collect();
        matches(&self.0, &text, ignore_case)
    }

    /// Whether an ARN matches, each of its six parts by itself. Unknown where the pattern has fewer: AWS completes those of
    /// `Resource`, and does not say so of those of conditions.
    pub(super) fn matches_arn(&self, arn: &str) -> Truth {
        let patterns: Vec<&[Token]> = self.parts().collect();
        let parts: Vec<Vec<char>> = arn.splitn(6, ':').map(|part| part.chars().collect()).collect();
        if parts.len() < 6 || !patterns.iter().zip(&parts).all(|(pattern, part)| matches(pattern, part, false)) {
            return Truth::No;
        }
        if patterns.len() < 6 { Truth::Unknown } else { Truth::Yes }
    }

    /// The six parts of an ARN, or fewer.
    fn parts(&self) -> impl Iterator<Item = &[Token]> {
        self.0.splitn(6, |token| *token == Token::Char(':'))
    }

    /// With `*` for each part that it lacks of an ARN.
    fn completed(mut self) -> Self {
        for _ in self.parts().count()..6 {
            self.0.extend([Token::Char(':'), Token::Any]);
        }
        self
    }

    /// Whether a wildcard stands in the type of a resource, as in `arn:aws:iam::*:u*`. A resource that is `*` has all types.
    fn has_wildcard_in_type(&self) -> bool {
        let resource = self.parts().nth(5).unwrap_or_default();
        let mut of_type = resource.iter().take_while(|token| !matches!(token, Token::Char('/' | ':')));
        resource != [Token::Any] && of_type.any(|token| matches!(token, Token::Any | Token::One))
    }
}

/// Goes back to the last `*` only, which is enough.
fn matches(pattern: &[Token], text: &[char], ignore_case: bool) -> bool {
    let same = |a: char, b: char| a == b || ignore_case && a.to_lowercase().eq(b.to_lowercase());
    let (mut p, mut t) = (0, 0);
    let mut last_any: Option<(usize, usize)> = None;
    while let Some(&c) = text.get(t) {
        match pattern.get(p) {
            Some(Token::Any) => {
                last_any = Some((p, t));
                p += 1;
                continue;
            }
            Some(Token::One) => (p, t) = (p + 1, t + 1),
            Some(Token::Char(wanted)) if same(*wanted, c) => (p, t) = (p + 1, t + 1),
            _ => match &mut last_any {
                Some((any, from)) => {
                    *from += 1;
                    (p, t) = (*any + 1, *from);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|token| *token == Token::Any)
}

/// The first `${…}`: what is before it, in it and behind it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (variable, after) = rest.split_once('}')?;
    Some((before, variable, after))
}

/// `key`, or `key, 'default'`; `${*}`, `${?}` and `${$}` are those characters.
fn resolve<'a>(variable: &'a str, request: &'a Request) -> Result<&'a str, Truth> {
    if matches!(variable, "*" | "?" | "$") {
        return Ok(variable);
    }
    let (key, default) = match variable.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
        None => (variable.trim(), None),
    };
    match request.values(key) {
        Some([value]) => Ok(value),
        Some(_) => Err(Truth::No), // a key with several values cannot be a variable
        None if !request.knows(key) => Err(Truth::Unknown),
        None => default.ok_or(Truth::No),
    }
}

/// The keys of a text's variables.
pub(super) fn variable_keys(text: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some((_, variable, after)) = next_variable(rest) {
        if !matches!(variable, "*" | "?" | "$") {
            keys.push(variable.split(',').next().unwrap_or_default().trim());
        }
        rest = after;
    }
    keys
}

/// Whether a text matches a pattern with wildcards, in its case.
pub fn text_matches(pattern: &str, text: &str) -> bool {
    Pattern::new(pattern, Wildcards::Yes).matches(text, false)
}

/// Whether an action matches for certain.
pub fn action_matches(pattern: &str, action: &str) -> bool {
    action_truth(pattern, action) == Truth::Yes
}

/// Whether an action matches: prefix and name in any case. A wildcard cannot replace the service (E-03); what `*:*` is, AWS
/// does not say.
pub(super) fn action_truth(pattern: &str, action: &str) -> Truth {
    match pattern.split_once(':') {
        None => Truth::from(pattern == "*"),
        Some(("*", "*")) => Truth::Unknown,
        Some((service, _)) if service.contains(['*', '?']) => Truth::No,
        Some(_) => Truth::from(Pattern::new(pattern, Wildcards::Yes).matches(action, true)),
    }
}

/// Whether a resource matches: in its case, `*` crosses `/` and `:`, and an ARN of fewer than six parts ends in `*`. A
/// wildcard cannot replace the service; AWS does not allow it in the type of a resource, nor says what it does there (E-03).
pub(super) fn resource_matches(pattern: &str, has_variables: bool, request: &Request) -> Truth {
    let service = pattern.split(':').nth(2).unwrap_or_default();
    if pattern.starts_with("arn:") && service.contains(['*', '?']) {
        return Truth::No;
    }
    let expanded = match Pattern::expand(pattern, Wildcards::Yes, has_variables, request, request.resource.len()) {
        Ok(expanded) => expanded,
        Err(truth) => return truth,
    };
    let has_type = service != "s3"; // a bucket's name comes first
    let is_unclear = has_type && expanded.has_wildcard_in_type();
    let is_match = expanded.matches(&request.resource, false)
        || pattern.starts_with("arn:") && expanded.completed().matches(&request.resource, false);
    match is_match {
        false => Truth::No,
        true if is_unclear => Truth::Unknown,
        true => Truth::Yes,
    }
}
