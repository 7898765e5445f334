//! The one table of error classes: what each error of AWS and of the credential chain is, and how each class is retried.
//!
//! Must not look at policies, nor at how often something failed: that is the caller's memory.

use std::time::Duration;

use crate::model::failure::{Failure, Origin};

/// What kind of failure it is: what it decides is whether, when and by whom it can be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Too many requests.
    Throttled,
    /// Somebody else is changing the same thing.
    Conflict,
    /// A quota of the account is used up.
    Quota,
    /// A permission is missing.
    Denied,
    /// There are no usable credentials: none, expired, unknown to AWS, or signed with a wrong clock.
    Credentials,
    /// AWS refuses the request as it is.
    Invalid,
    /// What the request names is not there.
    Gone,
    /// Something that AWS itself needs is not ready, above all its service-linked role.
    Dependency,
    /// AWS failed, or could not be reached.
    Server,
    /// No answer came; whether a write took effect is unknown.
    Timeout,
}

/// How a class is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryRule {
    /// May pass with nothing changed by anybody.
    pub transient: bool,
    /// Tried again after this long, ahead of the object's backoff; `None` leaves it to the backoff.
    pub short_retry: Option<Duration>,
    /// If it lasts, only a person can end it.
    pub needs_person: bool,
}

impl Class {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::Throttled,
        Self::Conflict,
        Self::Quota,
        Self::Denied,
        Self::Credentials,
        Self::Invalid,
        Self::Gone,
        Self::Dependency,
        Self::Server,
        Self::Timeout,
    ];

    /// The class as metrics and logs spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Conflict => "conflict",
            Self::Quota => "quota",
            Self::Denied => "denied",
            Self::Credentials => "credentials",
            Self::Invalid => "invalid",
            Self::Gone => "gone",
            Self::Dependency => "dependency",
            Self::Server => "server",
            Self::Timeout => "timeout",
        }
    }

    /// The class's retry rule.
    ///
    /// A denial is not transient here: that it may pass within two minutes, because IAM is eventually consistent, is
    /// for the caller to remember. A write whose effect is unknown is read again before it is tried again.
    pub fn retry(self) -> RetryRule {
        let rule = |transient, short_retry: Option<u64>, needs_person| RetryRule {
            transient,
            short_retry: short_retry.map(Duration::from_secs),
            needs_person,
        };
        match self {
            Self::Throttled | Self::Server => rule(true, None, false),
            Self::Conflict | Self::Timeout => rule(true, Some(1), false),
            Self::Gone => rule(true, Some(2), false), // right after a create: S-016, tf#427
            Self::Dependency | Self::Credentials => rule(true, None, true),
            Self::Quota | Self::Denied | Self::Invalid => rule(false, None, true),
        }
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The class of a failure. An unknown code is classified by its HTTP status.
pub fn classify(failure: &Failure) -> Class {
    let text = folded(&failure.message);
    match &failure.origin {
        Origin::Service { code, status } => {
            let code = bare_code(code);
            let rule = RULES.iter().find(|rule| rule.matches(code, &text));
            rule.map_or_else(|| by_status(*status), |rule| rule.class)
        }
        Origin::Credentials(_) if text.contains("rate exceeded") => Class::Throttled,
        Origin::Credentials(_) => Class::Credentials,
        Origin::Timeout => Class::Timeout,
        Origin::Connection | Origin::Malformed => Class::Server,
        Origin::NotSent => Class::Dependency,
    }
}

/// A code without a namespace before it, a URL behind it and the suffix that only some protocols use.
pub(super) fn bare_code(code: &str) -> &str {
    let code = code.rsplit_once('#').map_or(code, |(_, name)| name);
    let code = code.split(':').next().unwrap_or(code).trim();
    code.strip_suffix("Exception").filter(|rest| !rest.is_empty()).unwrap_or(code)
}

/// A row of the table: it matches when its code is among `codes` (all codes, when there are none) and the text holds
/// `text`.
struct Rule {
    codes: &'static [&'static str],
    text: &'static str,
    class: Class,
}

impl Rule {
    fn matches(&self, bare_code: &str, folded: &str) -> bool {
        (self.codes.is_empty() || self.codes.contains(&bare_code)) && folded.contains(self.text)
    }
}

const fn code(class: Class, codes: &'static [&'static str]) -> Rule {
    Rule { codes, text: "", class }
}

const fn text(class: Class, codes: &'static [&'static str], text: &'static str) -> Rule {
    Rule { codes, text, class }
}

const VALIDATION: &[&str] = &["Validation", "ValidationError"];
const FAILED_ACCESS: &[&str] = &["FailedResourceAccess"];

/// The first row that matches counts. Codes are bare ([`bare_code`]), texts in lower case.
const RULES: &[Rule] = &[
    // Application Auto Scaling says several things with one code.
    text(Class::Denied, VALIDATION, "missing the following permissions"), // facts on IAM, 1
    text(Class::Dependency, &[], "unable to assume"),                     // tf#427, road#2614
    text(Class::Gone, VALIDATION, "ecs service doesn't exist"),           // S-012
    text(Class::Conflict, VALIDATION, "that you tried to tag already exists"), // S-011: made since it was observed
    text(Class::Conflict, &[], "a separate request to update this alarm is in progress"), // tf#422
    // What CloudWatch told Application Auto Scaling. A token that CloudWatch does not know is that of the
    // service-linked role's session, not ours: the role was just created, or deleted.
    text(Class::Throttled, FAILED_ACCESS, "rate exceeded"), // S-058, tf#1428
    text(Class::Throttled, FAILED_ACCESS, "error code: throttling"),
    text(Class::Denied, FAILED_ACCESS, "error code: accessdenied"),
    text(Class::Denied, FAILED_ACCESS, "is not authorized to perform"),
    code(Class::Dependency, FAILED_ACCESS),
    code(
        Class::Throttled,
        &[
            "Throttling",
            "Throttled",
            "RequestThrottled",
            "TooManyRequests",
            "RequestLimitExceeded",
            "BandwidthLimitExceeded",
            "PriorRequestNotComplete",
            "SlowDown",
        ],
    ),
    code(
        Class::Conflict,
        &[
            "ConcurrentUpdate", // tf#17915
            "ConcurrentModification",
            "Conflict",
            "DeleteConflict",
            "EntityAlreadyExists",
            "EntityTemporarilyUnmodifiable",
            "UpdateInProgress",
        ],
    ),
    text(Class::Conflict, &["InvalidInput"], "has been taken in this account"),
    // A quota, and not a throttle as the SDK has it (S-065, S-066).
    code(Class::Quota, &["LimitExceeded", "LimitExceededFault", "TooManyTags"]),
    code(
        Class::Denied,
        &[
            "AccessDenied",
            "UnauthorizedOperation",
            "AuthorizationError",
            "NotAuthorized",
            "OptInRequired",
            "SubscriptionRequired",
            "Blocked",
        ],
    ),
    code(
        Class::Credentials,
        &[
            "ExpiredToken",
            "UnrecognizedClient",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "InvalidSignature",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "InvalidIdentityToken",
            "IDPRejectedClaim",
            "RegionDisabled",
            "InvalidIdInRequest",
        ],
    ),
    code(
        Class::Gone,
        &[
            "ObjectNotFound",
            "ResourceNotFound",
            "NoSuchEntity",
            "ClusterNotFound",
            "ServiceNotFound",
            "ServiceNotActive",
            "TargetNotFound",
        ],
    ),
    code(Class::Dependency, &["IDPCommunicationError"]),
    code(
        Class::Server,
        &[
            "InternalFailure",
            "InternalService",
            "InternalServiceError",
            "InternalServiceFault",
            "InternalServerError",
            "InternalError",
            "Server",
            "ServiceUnavailable",
            "ServiceFailure",
        ],
    ),
    code(Class::Timeout, &["RequestTimeout"]),
    code(
        Class::Invalid,
        &[
            "Validation",
            "ValidationError",
            "InvalidInput",
            "InvalidParameter",
            "InvalidParameterValue",
            "InvalidParameterCombination",
            "InvalidFormat",
            "InvalidNextToken",
            "InvalidAction",
            "MissingParameter",
            "MissingRequiredParameter",
            "MalformedPolicyDocument",
            "MalformedQueryString",
            "PackedPolicyTooLarge",
            "PolicyEvaluation",
            "Serialization",
            "UnmodifiableEntity",
            "UnsupportedFeature",
            "UnknownOperation",
            "Client",
        ],
    ),
];

fn by_status(status: u16) -> Class {
    match status {
        429 => Class::Throttled,
        408 | 504 => Class::Timeout,
        401 | 403 => Class::Denied,
        404 | 410 => Class::Gone,
        409 => Class::Conflict,
        400..=499 => Class::Invalid,
        _ => Class::Server,
    }
}

/// Lower case, every run of white space one space: AWS's texts come wrapped.
fn folded(message: &str) -> String {
    let mut folded = String::with_capacity(message.len());
    for word in message.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&word.to_lowercase().replace('\u{2019}', "'"));
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::credentials::CredentialFault;
    use crate::model::failure::{AwsService, Effect};

    fn failure(origin: Origin, message: &str) -> Failure {
        Failure {
            service: AwsService::ApplicationAutoScaling,
            operation: "RegisterScalableTarget".into(),
            origin,
            message: message.into(),
            effect: Effect::No,
            request_id: None,
        }
    }

    fn class(code: &str, status: u16, message: &str) -> Class {
        classify(&failure(Origin::Service { code: code.into(), status }, message))
    }

    #[test]
    fn a_quota_is_not_a_throttle() {
        // S-065
        assert_eq!(class("LimitExceededException", 400, ""), Class::Quota);
        // S-066
        assert_eq!(class("LimitExceeded", 400, ""), Class::Quota);
        assert_eq!(class("Throttling", 400, "Rate exceeded"), Class::Throttled);
        assert_eq!(class("ConcurrentModificationException", 429, ""), Class::Conflict);
    }

    #[test]
    fn a_validation_exception_is_classified_by_its_text() {
        let text = "User is missing the following\n permissions: iam:CreateServiceLinkedRole";
        assert_eq!(class("ValidationException", 400, text), Class::Denied);
        let text = "Unable to assume IAM role: arn:aws:iam::111122223333:role/x";
        assert_eq!(class("ValidationException", 400, text), Class::Dependency);
        // S-012
        assert_eq!(class("ValidationException", 400, "ECS service doesn't exist: service/a/b"), Class::Gone);
        // S-011
        let text = "The scalable target that you tried to tag already exists. To update tags on an existing scalable \
                    target, use the TagResource API.";
        assert_eq!(class("ValidationException", 400, text), Class::Conflict);
        let text = "Maximum capacity cannot be less than minimum capacity";
        assert_eq!(class("ValidationException", 400, text), Class::Invalid);
    }

    #[test]
    fn throttling_hides_inside_failed_resource_access() {
        // tf#1428, aws-sdk-go#1472
        let text = "Unable to retrieve alarms for scaling policy x due to reason: Rate exceeded (Service: \
                    AmazonCloudWatch; Status Code: 400; Error Code: Throttling; Request ID: y)";
        assert_eq!(class("FailedResourceAccessException", 400, text), Class::Throttled);
        let text = "due to reason: x (Service: AmazonCloudWatch; Status Code: 403; Error Code: AccessDenied; Request)";
        assert_eq!(class("FailedResourceAccessException", 400, text), Class::Denied);
        let text = "The security token included in the request is invalid. (Service: AmazonCloudWatch; Status Code: \
                    403; Error Code: InvalidClientTokenId; Request ID: y)";
        assert_eq!(class("FailedResourceAccessException", 400, text), Class::Dependency);
    }

    #[test]
    fn an_alarm_that_is_being_updated_is_a_conflict() {
        // tf#422
        let text = "A separate request to update this alarm is in progress";
        assert_eq!(class("ValidationError", 400, text), Class::Conflict);
    }

    #[test]
    fn what_passes_soon_is_tried_again_soon_and_a_denial_is_not() {
        let rule = |code: &str| class(code, 400, "").retry();
        // tf#17915
        assert!(rule("ConcurrentUpdateException").short_retry.is_some());
        // tf#427, S-016
        assert!(rule("ObjectNotFoundException").short_retry.is_some());
        // crossplane#3789
        assert!(rule("AccessDeniedException").short_retry.is_none());
        assert!(rule("AccessDeniedException").needs_person);
    }

    #[test]
    fn both_spellings_namespaces_and_urls_make_no_difference() {
        for code in ["AccessDenied", "AccessDeniedException", "com.amazonaws.ecs#AccessDeniedException"] {
            assert_eq!(class(code, 400, ""), Class::Denied, "{code}");
        }
        for code in ["ExpiredToken", "ExpiredTokenException:http://internal.amazon.com/coral/x/"] {
            assert_eq!(class(code, 400, ""), Class::Credentials, "{code}");
        }
    }

    #[test]
    fn a_wrong_clock_is_a_matter_of_credentials() {
        let text = "Signature expired: 20210502T144040Z is now earlier than 20210502T173143Z";
        assert_eq!(class("SignatureDoesNotMatch", 403, text), Class::Credentials);
        assert_eq!(class("InvalidSignatureException", 400, text), Class::Credentials);
    }

    #[test]
    fn an_unknown_code_is_classified_by_status() {
        for (status, expected) in [
            (429, Class::Throttled),
            (500, Class::Server),
            (503, Class::Server),
            (403, Class::Denied),
            (404, Class::Gone),
            (400, Class::Invalid),
        ] {
            assert_eq!(class("NeverSeenBefore", status, ""), expected, "{status}");
        }
    }

    #[test]
    fn what_never_reached_aws_has_a_class_too() {
        for (origin, expected) in [
            (Origin::Timeout, Class::Timeout),
            (Origin::Connection, Class::Server),
            (Origin::Malformed, Class::Server),
            (Origin::Credentials(Box::new(CredentialFault { source: None, refused: None })), Class::Credentials),
            (Origin::NotSent, Class::Dependency),
        ] {
            assert_eq!(classify(&failure(origin, "x")), expected);
        }
    }

    #[test]
    fn no_row_of_the_table_is_dead() {
        for (i, rule) in RULES.iter().enumerate() {
            let text = rule.text;
            for code in if rule.codes.is_empty() { &["Whatever"][..] } else { rule.codes } {
                let first = RULES.iter().position(|rule| rule.matches(code, text));
                assert_eq!(first, Some(i), "{code}");
            }
        }
    }

    #[test]
    fn what_only_a_person_can_end_is_never_retried_at_once() {
        for class in Class::ALL {
            let rule = class.retry();
            assert!(rule.transient || rule.needs_person, "{class}");
            assert!(!rule.needs_person || rule.short_retry.is_none(), "{class}");
        }
    }
}
