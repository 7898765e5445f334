//! Managed policies and their versions.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ecs_scaling::model::arn::Arn;
use ecs_scaling::model::iam::NamedPolicy;
use ecs_scaling::model::names::AccountId;
use jiff::Timestamp;

use super::{PolicyText, already_exists, limit_exceeded, listing, new_id, no_such_entity, path, required};
use crate::cloud::{Answer, Call, Cloud, iam_arn};
use crate::error::AwsError;
use crate::value::Value;

/// Characters of one version.
const SIZE_QUOTA: usize = 6144;
/// Versions of one policy.
const VERSION_QUOTA: usize = 5;

/// Allows everything.
pub(super) const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// What the service-linked role may do.
pub(super) const SERVICE_ROLE_POLICY: &str =
    "arn:aws:iam::aws:policy/aws-service-role/AWSApplicationAutoscalingECSServicePolicy";

/// A managed policy.
#[derive(Clone, Debug)]
pub struct ManagedPolicy {
    /// Its ARN, with the path.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Begins and ends with `/`.
    pub path: String,
    /// IAM's own id.
    pub id: String,
    /// When it was created.
    pub created: Timestamp,
    /// Its versions, by the number behind the `v`.
    pub versions: BTreeMap<u32, PolicyVersion>,
    /// The version that counts (E-09).
    pub default_version: u32,
    /// The newest number that was ever given.
    newest: u32,
}

/// One version of a managed policy.
#[derive(Clone, Debug)]
pub struct PolicyVersion {
    /// What it says.
    pub policy: PolicyText,
    /// When it was created.
    pub created: Timestamp,
}

/// The policies of AWS that something here is attached to.
static OF_AWS: LazyLock<BTreeMap<String, ManagedPolicy>> = LazyLock::new(|| {
    let everything = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let service_role = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:DescribeServices",
        "ecs:UpdateService","cloudwatch:PutMetricAlarm","cloudwatch:DescribeAlarms","cloudwatch:DeleteAlarms",
        "cloudwatch:GetMetricData"],"Resource":"*"}]}"#;
    let texts = [(ADMINISTRATOR_ACCESS, everything), (SERVICE_ROLE_POLICY, service_role)];
    let policies = texts.into_iter().filter_map(|(arn, text)| {
        let (path, name) = arn.split_once(":policy")?.1.rsplit_once('/')?;
        let version = PolicyVersion { policy: PolicyText::of_identity(text).ok()?, created: Timestamp::UNIX_EPOCH };
        Some((arn.to_owned(), ManagedPolicy::new(arn.into(), name, format!("{path}/"), format!("ANPA{name}"), version)))
    });
    policies.collect()
});

impl ManagedPolicy {
    pub(super) fn new(arn: String, name: &str, path: String, id: String, first: PolicyVersion) -> Self {
        let created = first.created;
        let versions = BTreeMap::from([(1, first)]);
        Self { arn, name: name.into(), path, id, created, versions, default_version: 1, newest: 1 }
    }

    /// The policy by its default version, for evaluation.
    pub(crate) fn named(&self) -> NamedPolicy {
        let document = self.versions.get(&self.default_version).map(|v| v.policy.document().clone());
        let policy = NamedPolicy::new(&self.name, document.unwrap_or_else(ecs_scaling::model::iam::Document::empty));
        NamedPolicy { arn: Some(self.arn.clone()), ..policy }
    }

    fn describe(&self, attachments: usize) -> Value {
        Value::map([
            ("PolicyName", (&self.name).into()),
            ("PolicyId", (&self.id).into()),
            ("Arn", (&self.arn).into()),
            ("Path", (&self.path).into()),
            ("DefaultVersionId", version_id(self.default_version).into()),
            ("AttachmentCount", i64::try_from(attachments).unwrap_or(i64::MAX).into()),
            ("IsAttachable", true.into()),
            ("CreateDate", self.created.into()),
            ("UpdateDate", self.versions.values().map(|v| v.created).max().unwrap_or(self.created).into()),
        ])
    }

    fn describe_version(&self, number: u32, version: &PolicyVersion, with_document: bool) -> Value {
        Value::map([
            ("VersionId", version_id(number).into()),
            ("IsDefaultVersion", (number == self.default_version).into()),
            ("CreateDate", version.created.into()),
            ("Document", with_document.then(|| version.policy.encoded()).into()), // E-01
        ])
    }
}

impl Cloud {
    /// A managed policy of an account, or one of AWS's own.
    pub fn managed_policy(&self, arn: &str) -> Option<&ManagedPolicy> {
        let account = Arn::parse(arn)?.account;
        if account == "aws" {
            return OF_AWS.get(arn);
        }
        self.accounts.get(&AccountId::new(account))?.policies.get(arn)
    }
}

fn version_id(number: u32) -> String {
    format!("v{number}")
}

pub(super) fn not_found(arn: &str) -> AwsError {
    no_such_entity(format!("Policy {arn} was not found."))
}

pub(super) fn policy<'a>(cloud: &'a Cloud, call: &Call<'_>) -> Result<&'a ManagedPolicy, AwsError> {
    let arn = required(call.input, "PolicyArn")?;
    cloud.managed_policy(arn).ok_or_else(|| not_found(arn))
}

/// A policy of the caller's account, to change.
fn policy_mut<'a>(cloud: &'a mut Cloud, call: &Call<'_>) -> Result<&'a mut ManagedPolicy, AwsError> {
    let arn = required(call.input, "PolicyArn")?;
    cloud.account_mut(&call.scope.account).policies.get_mut(arn).ok_or_else(|| not_found(arn))
}

fn sent_version(policy: &ManagedPolicy, call: &Call<'_>) -> Result<u32, AwsError> {
    let id = required(call.input, "VersionId")?;
    let number = id.strip_prefix('v').and_then(|number| number.parse().ok());
    number.filter(|number| policy.versions.contains_key(number)).ok_or_else(|| {
        no_such_entity(format!("Policy {} version {id} does not exist or is not attachable.", policy.arn))
    })
}

fn read_document(call: &Call<'_>) -> Result<PolicyVersion, AwsError> {
    let policy = PolicyText::of_identity(required(call.input, "PolicyDocument")?)?;
    if policy.size() > SIZE_QUOTA {
        return Err(limit_exceeded(format!("Cannot exceed quota for PolicySize: {SIZE_QUOTA}")));
    }
    Ok(PolicyVersion { policy, created: call.now })
}

pub(super) fn create(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let name = required(call.input, "PolicyName")?.to_owned();
    let path = path(call.input)?;
    let version = read_document(call)?;
    let arn = iam_arn(call.scope, &format!("policy{path}{name}"));
    if cloud.account_mut(&call.scope.account).policies.values().any(|policy| policy.name == name) {
        return Err(already_exists(format!("A policy called {name} already exists. Duplicate names are not allowed.")));
    }
    let id = new_id(cloud, "ANPA", &name);
    let policy = ManagedPolicy::new(arn.clone(), &name, path, id, version);
    let described = policy.describe(0);
    cloud.account_mut(&call.scope.account).policies.insert(arn, policy);
    Ok(Value::map([("Policy", described)]))
}

pub(super) fn get(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let policy = policy(cloud, call)?;
    let account = super::account(cloud, call).into_iter();
    let attached = account.flat_map(|a| {
        let roles = a.roles.values().map(|role| &role.grants);
        roles.chain(a.users.values().map(|user| &user.grants))
    });
    let attachments = attached.filter(|grants| grants.attached.contains(&policy.arn)).count();
    Ok(Value::map([("Policy", policy.describe(attachments))]))
}

pub(super) fn get_version(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let policy = policy(cloud, call)?;
    let number = sent_version(policy, call)?;
    let version = policy.versions.get(&number).map(|version| policy.describe_version(number, version, true));
    Ok(Value::map([("PolicyVersion", version.into())]))
}

/// The newest first, as IAM lists them.
pub(super) fn list_versions(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let policy = policy(cloud, call)?;
    let newest_first = policy.versions.iter().rev();
    let key = |number: &u32| format!("{:010}", u32::MAX - number);
    let items = newest_first.map(|(number, v)| (key(number), policy.describe_version(*number, v, false)));
    listing(call, "ListPolicyVersions", "Versions", items)
}

pub(super) fn create_version(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let version = read_document(call)?;
    let set_as_default = call.input.bool("SetAsDefault")?.unwrap_or(false);
    let policy = policy_mut(cloud, call)?;
    if policy.versions.len() >= VERSION_QUOTA {
        return Err(limit_exceeded(format!(
            "A managed policy can have up to {VERSION_QUOTA} versions. Before you create a new version, you must \
             delete an existing version."
        )));
    }
    policy.newest += 1;
    let number = policy.newest;
    if set_as_default {
        policy.default_version = number;
    }
    let described = policy.describe_version(number, &version, false);
    policy.versions.insert(number, version);
    Ok(Value::map([("PolicyVersion", described)]))
}

pub(super) fn delete_version(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let policy = policy_mut(cloud, call)?;
    let number = sent_version(policy, call)?;
    if number == policy.default_version {
        let message = "Cannot delete the default version of a policy.";
        return Err(AwsError::with_status("DeleteConflict", 409, message));
    }
    policy.versions.remove(&number);
    Ok(Value::empty())
}

pub(super) fn set_default_version(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let policy = policy_mut(cloud, call)?;
    policy.default_version = sent_version(policy, call)?;
    Ok(Value::empty())
}
