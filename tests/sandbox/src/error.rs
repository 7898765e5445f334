//! Errors as AWS words them: one code a failure, and what each protocol makes of it.

use crate::rules::Rule;

/// An error reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    /// The code in its awsJson spelling, such as `AccessDeniedException`.
    pub code: &'static str,
    /// The HTTP status in awsJson.
    pub status: u16,
    /// AWS's own text.
    pub message: String,
    /// The rule that is broken, where it is one of those that can be switched off.
    pub rule: Option<Rule>,
}

impl AwsError {
    /// An error of the caller's making, status 400.
    pub fn sender(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status: 400, message: message.into(), rule: None }
    }

    /// An error with a status of its own.
    pub fn with_status(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into(), rule: None }
    }

    /// The same error, as the refusal of a rule.
    #[must_use]
    pub fn by(self, rule: Rule) -> Self {
        Self { rule: Some(rule), ..self }
    }

    /// `ValidationException`, as Application Auto Scaling answers what it refuses.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::sender("ValidationException", message)
    }

    /// `ValidationError`, as CloudWatch answers what it refuses.
    pub fn cloudwatch(message: impl Into<String>) -> Self {
        Self::sender("ValidationError", message)
    }

    /// The sentence with which AWS reports a violated constraint of the service model.
    pub fn constraint(value: &str, member: &str, must: &str) -> String {
        format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {must}"
        )
    }

    pub(crate) fn wrong_type(member: &str, expected: &str) -> Self {
        Self::sender("SerializationException", format!("{member} must be {expected}"))
    }

    /// The code as awsQuery and `x-amzn-query-error` spell it.
    pub fn query_code(&self) -> &'static str {
        match self.code {
            "AccessDeniedException" => "AccessDenied",
            "ExpiredTokenException" => "ExpiredToken",
            "UnrecognizedClientException" => "InvalidClientTokenId",
            "ThrottlingException" => "Throttling",
            "InternalServiceFault" => "InternalServiceError",
            "LimitExceededFault" => "LimitExceeded",
            "InvalidParameterValueException" => "InvalidParameterValue",
            "InvalidParameterCombinationException" => "InvalidParameterCombination",
            "MissingRequiredParameterException" => "MissingParameter",
            "ServiceUnavailableException" => "ServiceUnavailable",
            other => other,
        }
    }

    /// The HTTP status in awsQuery and rpc-v2-cbor: refused credentials are 403 there (iam.md §1.4).
    pub fn query_status(&self) -> u16 {
        match self.query_code() {
            "AccessDenied" | "ExpiredToken" | "InvalidClientTokenId" | "MissingAuthenticationToken" => 403,
            _ => self.status,
        }
    }

    /// Whose fault it is, as AWS names the two.
    pub fn fault(&self) -> &'static str {
        if self.status >= 500 { "Receiver" } else { "Sender" }
    }
}

impl std::fmt::Display for AwsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for AwsError {}
