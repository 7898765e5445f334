//! IAM roles and STS sessions.
//!
//! Owns who exists and who may assume whom. What a role may do is not evaluated here (see `permissions`).

use ecs_scaling::model::arn::{self, Arn};
use ecs_scaling::model::names::{AccountId, ScopeId};
use jiff::{SignedDuration, Timestamp};

use crate::autoscaling::{SERVICE_LINKED_ROLE, SERVICE_PRINCIPAL};
use crate::cloud::{Answer, Call, Cloud, Handler};
use crate::error::AwsError;
use crate::value::Value;

/// An IAM role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its ARN, with the path.
    pub arn: String,
    /// Begins and ends with `/`.
    pub path: String,
    /// IAM's own id.
    pub id: String,
    /// Free text.
    pub description: Option<String>,
    /// Who may assume it.
    pub trust: Trust,
    /// When it was created.
    pub created: Timestamp,
}

/// A trust policy, as far as it is looked at.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Everybody in these accounts, with this external id where one is asked for.
    Accounts {
        /// Account ids.
        accounts: Vec<AccountId>,
        /// `sts:ExternalId`.
        external_id: Option<String>,
    },
    /// An AWS service; no caller can assume it.
    Service(String),
}

impl Trust {
    fn document(&self) -> String {
        let (principal, action, condition) = match self {
            Self::Accounts { accounts, external_id } => {
                let roots: Vec<String> = accounts.iter().map(|a| format!("\"arn:aws:iam::{a}:root\"")).collect();
                let condition = external_id
                    .as_ref()
                    .map(|id| format!(r#","Condition":{{"StringEquals":{{"sts:ExternalId":"{id}"}}}}"#));
                (format!(r#"{{"AWS":[{}]}}"#, roots.join(",")), "sts:AssumeRole", condition.unwrap_or_default())
            }
            Self::Service(name) => (format!(r#"{{"Service":"{name}"}}"#), "sts:AssumeRole", String::new()),
        };
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"{action}"{condition}}}]}}"#
        )
    }
}

/// What AssumeRole handed out.
#[derive(Clone, Debug)]
pub struct Session {
    /// The role's account.
    pub account: AccountId,
    /// The assumed role's ARN.
    pub arn: String,
    /// The role's id and the session's name.
    pub user_id: String,
    /// When the credentials end.
    pub expires: Timestamp,
}

pub(crate) fn iam_handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "GetRole" => Handler::Read(get_role),
        "CreateServiceLinkedRole" => Handler::Write(create_service_linked_role),
        _ => return None,
    })
}

pub(crate) fn sts_handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "GetCallerIdentity" => Handler::Read(get_caller_identity),
        "AssumeRole" => Handler::Write(assume_role),
        _ => return None,
    })
}

/// The ARN of Application Auto Scaling's role for ECS (iam.md §2).
pub(crate) fn service_linked_role_arn(scope: &ScopeId) -> String {
    let partition = arn::partition(&scope.region);
    format!("arn:{partition}:iam::{}:role{}{SERVICE_LINKED_ROLE}", scope.account, service_linked_path())
}

fn service_linked_path() -> String {
    format!("/aws-service-role/{SERVICE_PRINCIPAL}/")
}

/// Creates Application Auto Scaling's role for ECS where it does not exist.
pub(crate) fn ensure_service_linked_role(cloud: &mut Cloud, scope: &ScopeId, now: Timestamp) {
    let exists = cloud.accounts.get(&scope.account).is_some_and(|a| a.roles.contains_key(SERVICE_LINKED_ROLE));
    if exists {
        return;
    }
    let role = Role {
        arn: service_linked_role_arn(scope),
        path: service_linked_path(),
        id: format!("AROA{}", cloud.new_id(SERVICE_LINKED_ROLE).to_uppercase().replace('-', "")),
        description: None,
        trust: Trust::Service(SERVICE_PRINCIPAL.into()),
        created: now,
    };
    cloud.account_mut(&scope.account).roles.insert(SERVICE_LINKED_ROLE.into(), role);
}

/// A role that a person made.
pub(crate) fn add_role(cloud: &mut Cloud, account: &AccountId, name: &str, trust: Trust, now: Timestamp) -> String {
    let arn = format!("arn:aws:iam::{account}:role/{name}");
    let id = format!("AROA{}", cloud.new_id(name).to_uppercase().replace('-', ""));
    let role = Role { arn: arn.clone(), path: "/".into(), id, description: None, trust, created: now };
    cloud.account_mut(account).roles.insert(name.to_owned(), role);
    arn
}

fn get_role(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let name = call.input.text("RoleName")?.unwrap_or_default();
    let role = cloud.accounts.get(&call.scope.account).and_then(|a| a.roles.get(name)).ok_or_else(|| {
        AwsError::with_status("NoSuchEntity", 404, format!("The role with name {name} cannot be found."))
    })?;
    Ok(Value::map([("Role", describe(name, role))]))
}

fn create_service_linked_role(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let invalid = |message: String| AwsError::sender("InvalidInput", message);
    let principal = call.input.text("AWSServiceName")?.unwrap_or_default();
    if principal != SERVICE_PRINCIPAL {
        return Err(invalid(format!("Service {principal} is not known to this double of AWS.")));
    }
    if call.input.has("CustomSuffix") {
        return Err(invalid(format!("Custom suffix is not allowed for {principal}")));
    }
    if cloud.account_mut(&call.scope.account).roles.contains_key(SERVICE_LINKED_ROLE) {
        return Err(invalid(format!(
            "Service role name {SERVICE_LINKED_ROLE} has been taken in this account, please try a different suffix."
        )));
    }
    ensure_service_linked_role(cloud, call.scope, call.now);
    let description = call.input.text("Description")?.map(str::to_owned);
    let roles = &mut cloud.account_mut(&call.scope.account).roles;
    let role = roles.get_mut(SERVICE_LINKED_ROLE).ok_or_else(|| invalid("The role vanished.".into()))?;
    role.description = description;
    Ok(Value::map([("Role", describe(SERVICE_LINKED_ROLE, role))]))
}

fn describe(name: &str, role: &Role) -> Value {
    let document: String = form_urlencoded::byte_serialize(role.trust.document().as_bytes()).collect();
    Value::map([
        ("Path", (&role.path).into()),
        ("RoleName", name.into()),
        ("RoleId", (&role.id).into()),
        ("Arn", (&role.arn).into()),
        ("CreateDate", role.created.into()),
        ("AssumeRolePolicyDocument", document.replace('+', "%20").into()), // E-01
        ("Description", role.description.clone().into()),
        ("MaxSessionDuration", 3600.into()),
    ])
}

fn get_caller_identity(_: &Cloud, call: &Call<'_>) -> Answer {
    Ok(Value::map([
        ("Account", call.scope.account.as_str().into()),
        ("Arn", (&call.caller.arn).into()),
        ("UserId", (&call.caller.user_id).into()),
    ]))
}

fn assume_role(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let role_arn = call.input.text("RoleArn")?.unwrap_or_default().to_owned();
    let session_name = call.input.text("RoleSessionName")?.unwrap_or_default().to_owned();
    if !(2..=64).contains(&session_name.len()) {
        let constraint = AwsError::constraint(&session_name, "roleSessionName", "have length between 2 and 64");
        return Err(AwsError::cloudwatch(constraint));
    }
    let seconds = call.input.int("DurationSeconds")?.unwrap_or(3600);
    if !(900..=43_200).contains(&seconds) {
        let must = "have value between 900 and 43200";
        return Err(AwsError::cloudwatch(AwsError::constraint(&seconds.to_string(), "durationSeconds", must)));
    }
    let (account, name, role) = assumable(cloud, call, &role_arn)?;
    let user_id = format!("{}:{session_name}", role.id);
    let partition = arn::partition(&call.scope.region);
    let arn = format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}");
    let expires = call.now.checked_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX);
    let secret = cloud.new_id(&arn);
    let key: String = format!("ASIA{}", secret.to_uppercase().replace('-', "")).chars().take(20).collect();
    let session = Session { account, arn: arn.clone(), user_id: user_id.clone(), expires };
    cloud.sessions.insert(key.clone(), session);
    Ok(Value::map([
        (
            "Credentials",
            Value::map([
                ("AccessKeyId", key.into()),
                ("SecretAccessKey", format!("secret-{secret}").into()),
                ("SessionToken", format!("token-{secret}").into()),
                ("Expiration", expires.into()),
            ]),
        ),
        ("AssumedRoleUser", Value::map([("Arn", arn.into()), ("AssumedRoleId", user_id.into())])),
    ]))
}

/// The role, where it exists and trusts the caller; the two failures read the same (iam.md §1.9).
fn assumable(cloud: &Cloud, call: &Call<'_>, role_arn: &str) -> Result<(AccountId, String, Role), AwsError> {
    let external_id = call.input.text("ExternalId")?;
    let role = Arn::parse(role_arn).and_then(|arn| {
        let name = arn.resource.rsplit('/').next()?.to_owned();
        let account = AccountId::new(arn.account);
        let role = cloud.accounts.get(&account)?.roles.get(&name)?;
        (role.arn == role_arn && trusts(&role.trust, &call.scope.account, external_id))
            .then(|| (account, name, role.clone()))
    });
    role.ok_or_else(|| {
        let who = &call.caller.arn;
        let message = format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {role_arn}");
        AwsError::sender("AccessDeniedException", message)
    })
}

fn trusts(trust: &Trust, caller: &AccountId, sent: Option<&str>) -> bool {
    match trust {
        Trust::Accounts { accounts, external_id } => {
            accounts.contains(caller) && external_id.as_deref().is_none_or(|id| sent == Some(id))
        }
        Trust::Service(_) => false,
    }
}
