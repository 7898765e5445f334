//! Who calls: read from the credential scope of the Authorization header.
//!
//! Signatures are not verified, but for their time where a knob says so. A key of twelve digits is that account's administrator; `test` is the default
//! account's; a temporary key belongs to the role session that AssumeRole made it for.

use ecs_scaling::model::arn;
use ecs_scaling::model::iam::NamedPolicy;
use ecs_scaling::model::names::{AccountId, Region, ScopeId};
use jiff::Timestamp;

use crate::cloud::Cloud;
use crate::error::AwsError;
use crate::message::Request;

/// The account of the key `test`.
pub const DEFAULT_ACCOUNT: &str = "111122223333";

/// What a caller is in IAM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The administrator that every account has here; no policy binds it.
    Administrator,
    /// A session of a role, by the role's name.
    Role(String),
    /// A user, by its name.
    User(String),
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// The account it acts in, and the region it signed for.
    pub scope: ScopeId,
    /// A user's or an assumed role's ARN.
    pub arn: String,
    /// As GetCallerIdentity reports it.
    pub user_id: String,
    /// What it is in IAM.
    pub principal: Principal,
    /// A session's own policy, which must allow as well.
    pub session_policy: Option<NamedPolicy>,
}

impl Caller {
    /// The administrator of an account.
    pub fn admin(account: &AccountId, region: &Region) -> Self {
        let partition = arn::partition(region);
        Self {
            scope: ScopeId { account: account.clone(), region: region.clone() },
            arn: format!("arn:{partition}:iam::{account}:user/admin"),
            user_id: format!("AIDA{account}ADMIN"),
            principal: Principal::Administrator,
            session_policy: None,
        }
    }

    /// Reads the caller of a request.
    ///
    /// # Errors
    /// `MissingAuthenticationToken`, `InvalidSignatureException`, `UnrecognizedClientException` or
    /// `ExpiredTokenException`.
    pub fn identify(request: &Request, cloud: &Cloud, now: Timestamp) -> Result<Self, AwsError> {
        let (key, region) = credential_scope(request)?;
        is_signed_in_time(request, cloud, now)?;
        Self::by_key(&key, region, cloud, now)
    }

    /// The caller that an access key stands for.
    ///
    /// # Errors
    /// `UnrecognizedClientException` or `ExpiredTokenException`.
    pub fn by_key(key: &str, region: Region, cloud: &Cloud, now: Timestamp) -> Result<Self, AwsError> {
        if key == "test" {
            return Ok(Self::admin(&AccountId::new(DEFAULT_ACCOUNT), &region));
        }
        if key.len() == 12 && key.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self::admin(&AccountId::new(key), &region));
        }
        let session = cloud.sessions.get(key).ok_or_else(|| {
            AwsError::sender("UnrecognizedClientException", "The security token included in the request is invalid.")
        })?;
        if now >= session.expires {
            return Err(expired_token());
        }
        Ok(Self {
            scope: ScopeId { account: session.account.clone(), region },
            arn: session.arn.clone(),
            user_id: session.user_id.clone(),
            principal: session.principal.clone(),
            session_policy: session.policy.clone(),
        })
    }
}

pub(crate) fn expired_token() -> AwsError {
    AwsError::sender("ExpiredTokenException", "The security token included in the request is expired")
}

/// A signature's time, as `x-amz-date` has it.
const SIGNED_AT: &str = "%Y%m%dT%H%M%SZ";

/// A request whose signer's clock is wrong is refused, with AWS's own words for it.
fn is_signed_in_time(request: &Request, cloud: &Cloud, now: Timestamp) -> Result<(), AwsError> {
    let Some(tolerance) = cloud.knobs.clock_tolerance else { return Ok(()) };
    let signed = request.header("x-amz-date").and_then(|text| text.parse::<Timestamp>().ok());
    let Some(signed) = signed else { return Ok(()) };
    let (shown, minutes) = (|at: Timestamp| at.strftime(SIGNED_AT).to_string(), tolerance.as_secs() / 60);
    let text = if signed < now - tolerance {
        let earliest = shown(now - tolerance);
        format!("Signature expired: {} is now earlier than {earliest} ({} - {minutes} min.)", shown(signed), shown(now))
    } else if signed > now + tolerance {
        let latest = shown(now + tolerance);
        let signed = shown(signed);
        format!("Signature not yet current: {signed} is still later than {latest} ({} + {minutes} min.)", shown(now))
    } else {
        return Ok(());
    };
    Err(AwsError::sender("InvalidSignatureException", text))
}

/// `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn credential_scope(request: &Request) -> Result<(String, Region), AwsError> {
    let missing = || AwsError::sender("MissingAuthenticationToken", "Request is missing Authentication Token");
    let header = request.header("authorization").ok_or_else(missing)?;
    let (_, credential) = header.split_once("Credential=").ok_or_else(missing)?;
    let mut parts = credential.split([',', ' ']).next().unwrap_or_default().split('/');
    let key = parts.next().filter(|key| !key.is_empty()).ok_or_else(missing)?;
    let region = parts.nth(1).ok_or_else(missing)?;
    Ok((key.to_owned(), Region::new(region)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(key: &str) -> Request {
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/ecs/aws4_request, SignedHeaders=host, Signature=0"
        );
        Request { headers: vec![("authorization".into(), value)], ..Request::default() }
    }

    #[test]
    fn the_key_says_the_account_and_the_scope_says_the_region() {
        let cloud = Cloud::default();
        let caller = Caller::identify(&request("444455556666"), &cloud, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(caller.scope.to_string(), "444455556666/eu-west-1");
        assert_eq!(caller.arn, "arn:aws:iam::444455556666:user/admin");
        let test = Caller::identify(&request("test"), &cloud, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(test.scope.account.as_str(), DEFAULT_ACCOUNT);
    }

    #[test]
    fn a_signature_of_another_time_is_refused_where_it_is_looked_at() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut cloud = Cloud::default();
        let mut signed = request("test");
        signed.headers.push(("x-amz-date".into(), "20260302T090000Z".into()));
        let said = |cloud: &Cloud, now: &str| Caller::identify(&signed, cloud, at(now)).map_err(|error| error.message);
        assert!(said(&cloud, "2026-03-02T10:00:00Z").is_ok());
        cloud.knobs.clock_tolerance = Some(std::time::Duration::from_secs(300));
        assert!(said(&cloud, "2026-03-02T09:05:00Z").is_ok() && said(&cloud, "2026-03-02T08:55:00Z").is_ok());
        let late =
            "Signature expired: 20260302T090000Z is now earlier than 20260302T095500Z (20260302T100000Z - 5 min.)";
        assert_eq!(said(&cloud, "2026-03-02T10:00:00Z").unwrap_err(), late);
        let early = "Signature not yet current: 20260302T090000Z is still later than 20260302T080500Z (20260302T080000Z + 5 min.)";
        assert_eq!(said(&cloud, "2026-03-02T08:00:00Z").unwrap_err(), early);
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let refused = Caller::identify(&request("AKIAUNKNOWN"), &Cloud::default(), Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!((refused.code, refused.query_code()), ("UnrecognizedClientException", "InvalidClientTokenId"));
    }
}
