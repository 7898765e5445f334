//! Policy documents as IAM keeps them: the text that was sent, and what it means.

use std::fmt::Write as _;

use ecs_scaling::model::iam::Document;
use serde_json::{Value as Json, json};

use crate::error::AwsError;

/// A policy document that IAM accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyText {
    text: String,
    document: Document,
}

impl PolicyText {
    /// Reads the policy of a principal: it names resources, and no principal.
    ///
    /// # Errors
    /// `MalformedPolicyDocument`.
    pub fn of_identity(text: &str) -> Result<Self, AwsError> {
        let policy = Self::read(text)?;
        if policy.has_statement_with(&["Principal", "NotPrincipal"]) {
            return Err(malformed("Policy document should not specify a principal."));
        }
        Ok(policy)
    }

    /// Reads a trust policy: it names principals, and no resource.
    ///
    /// # Errors
    /// `MalformedPolicyDocument`.
    pub fn of_trust(text: &str) -> Result<Self, AwsError> {
        let policy = Self::read(text)?;
        if policy.has_statement_with(&["Resource", "NotResource"]) {
            return Err(malformed("Has prohibited field Resource"));
        }
        Ok(policy)
    }

    /// A policy of one statement that is known to be sound; of an unsound one, a policy that says nothing.
    pub(super) fn of_statement(statement: Json) -> Self {
        let json = json!({"Version": "2012-10-17", "Statement": [statement]});
        let text = json.to_string();
        Self { text, document: Document::from_json(json).unwrap_or_else(|_| Document::empty()) }
    }

    fn read(text: &str) -> Result<Self, AwsError> {
        let json = serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))?;
        let document = Document::from_json(json).map_err(|_| malformed("Syntax errors in policy."))?;
        Ok(Self { text: text.to_owned(), document })
    }

    fn has_statement_with(&self, fields: &[&str]) -> bool {
        self.document.statements.iter().any(|statement| fields.iter().any(|f| statement.json.get(f).is_some()))
    }

    /// What it means.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// How much of a size quota it takes: IAM does not count white space.
    pub(super) fn size(&self) -> usize {
        self.text.chars().filter(|c| !c.is_whitespace()).count()
    }

    /// As IAM hands it out: percent-encoded by RFC 3986, a space as `%20` (E-01).
    pub(super) fn encoded(&self) -> String {
        self.text.bytes().fold(String::new(), |mut encoded, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
            encoded
        })
    }
}

fn malformed(message: &str) -> AwsError {
    AwsError::sender("MalformedPolicyDocument", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_handed_out_percent_encoded_and_read_back() {
        // E-01
        let text = r#"{"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::1:role/a+b~*"}}"#;
        let policy = PolicyText::of_identity(text).unwrap();
        let encoded = policy.encoded();
        assert!(encoded.starts_with("%7B%22Statement%22%3A%20%7B%22Effect%22"), "{encoded}");
        assert!(encoded.contains("a%2Bb~%2A"), "{encoded}");
        assert_eq!(&Document::parse(&encoded).unwrap(), policy.document());
    }

    #[test]
    fn what_iam_would_not_accept_is_malformed() {
        let statement = |fields: &str| format!(r#"{{"Statement": {{"Effect": "Allow", "Action": "*", {fields}}}}}"#);
        let (resource, principal) = (statement(r#""Resource": "*""#), statement(r#""Principal": "*""#));
        for refused in [
            PolicyText::of_identity("{"),
            PolicyText::of_identity("{}"),
            PolicyText::of_identity(&principal),
            PolicyText::of_trust(&resource),
        ] {
            assert_eq!(refused.unwrap_err().code, "MalformedPolicyDocument");
        }
        assert!(PolicyText::of_identity(&resource).is_ok() && PolicyText::of_trust(&principal).is_ok());
    }
}
