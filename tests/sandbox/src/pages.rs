//! Pages: a few items at a time, and a token that only the operation that made it can read.

use std::fmt::Write as _;

use crate::error::AwsError;
use crate::value::Value;

/// One page of a listing that is ordered by key.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next_token: Option<String>,
}

impl<T> Page<T> {
    /// The items as a list.
    pub(crate) fn values(&self, to_value: impl Fn(&T) -> Value) -> Value {
        self.items.iter().map(to_value).collect::<Vec<_>>().into()
    }

    /// The token as a member: absent on the last page, or empty where that is asked for (S-058).
    pub(crate) fn token(&self, empty_final: bool) -> Value {
        match &self.next_token {
            Some(token) => token.into(),
            None if empty_final => "".into(),
            None => Value::Null,
        }
    }
}

/// Takes the page behind a token. The token holds the last key and not a count, so that what is deleted between two
/// pages makes nothing else vanish. `None` for a token that this operation did not make.
pub(crate) fn page<T>(
    operation: &str,
    items: impl Iterator<Item = (String, T)>,
    token: Option<&str>,
    size: usize,
) -> Option<Page<T>> {
    let after = match token.filter(|t| !t.is_empty()) {
        Some(token) => Some(read_token(operation, token)?),
        None => None,
    };
    let mut rest = items.skip_while(|(key, _)| after.as_ref().is_some_and(|after| key <= after)).peekable();
    let mut taken = Vec::new();
    let mut last = None;
    while taken.len() < size {
        let Some((key, item)) = rest.next() else { break };
        taken.push(item);
        last = Some(key);
    }
    let next_token = rest.peek().and(last).map(|key| write_token(operation, &key));
    Some(Page { items: taken, next_token })
}

/// A page size, by its limit, which is also the default.
pub(crate) fn size(
    requested: Option<i32>,
    member: &str,
    default: usize,
    limit: usize,
    error: fn(String) -> AwsError,
) -> Result<usize, AwsError> {
    let Some(requested) = requested else { return Ok(default) };
    match usize::try_from(requested) {
        Ok(size) if (1..=limit).contains(&size) => Ok(size),
        _ => {
            let must = if requested < 1 {
                "have value greater than or equal to 1".to_owned()
            } else {
                format!("have value less than or equal to {limit}")
            };
            Err(error(AwsError::constraint(&requested.to_string(), member, &must)))
        }
    }
}

fn write_token(operation: &str, key: &str) -> String {
    format!("{operation}\n{key}").bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn read_token(operation: &str, token: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = (0..token.len())
        .step_by(2)
        .map(|at| token.get(at..at + 2).and_then(|byte| u8::from_str_radix(byte, 16).ok()))
        .collect();
    let text = String::from_utf8(bytes?).ok()?;
    let (made_by, key) = text.split_once('\n')?;
    (made_by == operation).then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters() -> impl Iterator<Item = (String, char)> {
        ('a'..='e').map(|c| (c.to_string(), c))
    }

    #[test]
    fn pages_follow_each_other_without_a_gap() {
        let mut token: Option<String> = None;
        let mut seen = Vec::new();
        loop {
            let page = page("Op", letters(), token.as_deref(), 2).unwrap();
            seen.extend(page.items);
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, ['a', 'b', 'c', 'd', 'e']);
    }

    #[test]
    fn a_full_last_page_has_no_token() {
        assert_eq!(page("Op", letters(), None, 5).unwrap().next_token, None);
    }

    #[test]
    fn a_foreign_token_is_refused_and_an_empty_one_is_none() {
        let token = page("Op", letters(), None, 2).unwrap().next_token.unwrap();
        assert!(page("Other", letters(), Some(&token), 2).is_none());
        assert!(page("Op", letters(), Some("zz"), 2).is_none());
        assert_eq!(page("Op", letters(), Some(""), 9).unwrap().items.len(), 5); // S-058
    }
}
