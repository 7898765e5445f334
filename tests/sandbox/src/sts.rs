//! STS: who calls, and the sessions of roles.
//!
//! Owns credentials beyond the administrators' keys. Who may assume which role is decided in `permissions`.

use ecs_scaling::model::arn::Arn;
use ecs_scaling::model::iam::NamedPolicy;
use ecs_scaling::model::names::AccountId;
use jiff::{SignedDuration, Timestamp};

use crate::caller::Principal;
use crate::cloud::{Answer, Call, Cloud, Handler};
use crate::error::AwsError;
use crate::iam::{PolicyText, Role};
use crate::value::Value;
use crate::web_identity;

/// The longest session of a role that another role assumed, in seconds.
const CHAINED_LIMIT: i32 = 3600;

/// What an access key stands for: a session of a role, or a user.
#[derive(Clone, Debug)]
pub struct Session {
    /// The account that it acts in.
    pub account: AccountId,
    /// The role or user.
    pub principal: Principal,
    /// The assumed role's ARN, or the user's.
    pub arn: String,
    /// The role's id and the session's name, or the user's id.
    pub user_id: String,
    /// What was sent along to AssumeRole: it must allow as well.
    pub policy: Option<NamedPolicy>,
    /// When the credentials end.
    pub expires: Timestamp,
}

/// What signs requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Begins with `ASIA` for a session, `AKIA` for a user.
    pub access_key_id: String,
    /// Not looked at: signatures are not verified.
    pub secret_access_key: String,
    /// Not looked at either.
    pub session_token: Option<String>,
}

pub(crate) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "GetCallerIdentity" => Handler::Read(get_caller_identity),
        "AssumeRole" => Handler::Write(assume_role),
        web_identity::OPERATION => Handler::Write(web_identity::assume_role),
        _ => return None,
    })
}

fn get_caller_identity(_: &Cloud, call: &Call<'_>) -> Answer {
    Ok(Value::map([
        ("Account", call.scope.account.as_str().into()),
        ("Arn", (&call.caller.arn).into()),
        ("UserId", (&call.caller.user_id).into()),
    ]))
}

fn assume_role(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let role_arn = call.input.text("RoleArn")?.unwrap_or_default();
    let name = session_name(call.input)?;
    let (account, role_name, role) = find_role(cloud, role_arn).ok_or_else(|| refused(call, role_arn))?;
    let seconds = duration(call, role)?;
    let policy = call.input.text("Policy")?.map(PolicyText::of_identity).transpose()?;
    let mut session = session_of(&account, role_name, role, name);
    session.policy = policy.map(|policy| NamedPolicy::new("session", policy.document().clone()));
    begin(cloud, call, session, seconds)
}

/// Begins a session: its credentials, and who it is.
pub(crate) fn begin(cloud: &mut Cloud, call: &Call<'_>, mut session: Session, seconds: i32) -> Answer {
    session.expires = call.now.checked_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX);
    let user = Value::map([("Arn", (&session.arn).into()), ("AssumedRoleId", (&session.user_id).into())]);
    let expires = session.expires;
    let credentials = hand_out(cloud, session);
    let credentials = Value::map([
        ("AccessKeyId", credentials.access_key_id.into()),
        ("SecretAccessKey", credentials.secret_access_key.into()),
        ("SessionToken", credentials.session_token.into()),
        ("Expiration", expires.into()),
    ]);
    Ok(Value::map([("Credentials", credentials), ("AssumedRoleUser", user)]))
}

pub(crate) fn session_name(input: &Value) -> Result<&str, AwsError> {
    let name = input.text("RoleSessionName")?.unwrap_or_default();
    let refuse = |must: &str| Err(AwsError::cloudwatch(AwsError::constraint(name, "roleSessionName", must)));
    if !(2..=64).contains(&name.len()) {
        return refuse("have length between 2 and 64");
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)) {
        return refuse(r"satisfy regular expression pattern: [\w+=,.@-]*");
    }
    Ok(name)
}

pub(crate) fn duration(call: &Call<'_>, role: &Role) -> Result<i32, AwsError> {
    let seconds = call.input.int("DurationSeconds")?.unwrap_or(3600);
    if !(900..=43_200).contains(&seconds) {
        let must = "have value between 900 and 43200";
        return Err(AwsError::cloudwatch(AwsError::constraint(&seconds.to_string(), "durationSeconds", must)));
    }
    if seconds > CHAINED_LIMIT && matches!(call.caller.principal, Principal::Role(_)) {
        return Err(AwsError::cloudwatch(
            "The requested DurationSeconds exceeds the 1-hour session limit for roles assumed by role chaining",
        ));
    }
    if seconds > role.max_session_seconds {
        return Err(AwsError::cloudwatch(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

/// A role by its ARN, with its account and name.
pub(crate) fn find_role<'a>(cloud: &'a Cloud, role_arn: &str) -> Option<(AccountId, &'a str, &'a Role)> {
    let arn = Arn::parse(role_arn)?;
    let name = arn.resource.rsplit('/').next()?;
    let account = AccountId::new(arn.account);
    let (name, role) = cloud.accounts.get(&account)?.roles.get_key_value(name)?;
    (role.arn == role_arn).then_some((account, name, role))
}

/// Says no without a reason; a role that does not exist reads the same (iam.md §1.9).
pub(crate) fn refused(call: &Call<'_>, role_arn: &str) -> AwsError {
    let who = &call.caller.arn;
    let message = format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {role_arn}");
    AwsError::sender("AccessDeniedException", message)
}

/// A session of a role that never ends.
pub(crate) fn session_of(account: &AccountId, role_name: &str, role: &Role, name: &str) -> Session {
    let partition = Arn::parse(&role.arn).map_or_else(|| "aws".to_owned(), |arn| arn.partition);
    Session {
        account: account.clone(),
        principal: Principal::Role(role_name.to_owned()),
        arn: format!("arn:{partition}:sts::{account}:assumed-role/{role_name}/{name}"),
        user_id: format!("{}:{name}", role.id),
        policy: None,
        expires: Timestamp::MAX,
    }
}

/// Makes the access key of a session or a user.
pub(crate) fn hand_out(cloud: &mut Cloud, session: Session) -> Credentials {
    let secret = cloud.new_id(&session.arn);
    let is_session = matches!(session.principal, Principal::Role(_));
    let kind = if is_session { "ASIA" } else { "AKIA" };
    let key: String = format!("{kind}{}", secret.to_uppercase().replace('-', "")).chars().take(20).collect();
    cloud.sessions.insert(key.clone(), session);
    Credentials {
        access_key_id: key,
        secret_access_key: format!("secret-{secret}"),
        session_token: is_session.then(|| format!("token-{secret}")),
    }
}
