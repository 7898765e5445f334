//! IAM: the service-linked role, and the policies of the principal that the controller is.

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_iam::types as sdk;
use aws_sdk_iam::types::PolicyEvaluationDecisionType as Evaluated;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

use super::call::{CallRecorder, Gate, Operation};
use super::limits::Limits;
use super::scope::unreadable;
use crate::model::arn::partition;
use crate::model::failure::{AwsService, Failure};
use crate::model::iam::{Decision, Document, NamedPolicy, PrincipalPolicies, Request, requested_region_of_iam};
use crate::model::names::ScopeId;

const SERVICE: AwsService = AwsService::Iam;
const GET_ROLE: Operation = Operation::read(SERVICE, "GetRole");
const CREATE_SLR: Operation = Operation::write(SERVICE, "CreateServiceLinkedRole");
const LIST_INLINE: Operation = Operation::read(SERVICE, "ListRolePolicies");
const GET_INLINE: Operation = Operation::read(SERVICE, "GetRolePolicy");
const LIST_ATTACHED: Operation = Operation::read(SERVICE, "ListAttachedRolePolicies");
const GET_POLICY: Operation = Operation::read(SERVICE, "GetPolicy");
const GET_VERSION: Operation = Operation::read(SERVICE, "GetPolicyVersion");
const SIMULATE: Operation = Operation::read(SERVICE, "SimulatePrincipalPolicy");

/// IAM of one account.
#[derive(Clone, Debug)]
pub struct Iam {
    client: aws_sdk_iam::Client,
    gate: Gate,
}

/// A role's policies, as far as they may be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PoliciesRead {
    /// The role's ARN, with its path.
    pub role_arn: Option<String>,
    /// What was read.
    pub policies: PrincipalPolicies,
    /// What was not: with it the policies may allow more, or less.
    pub failures: Vec<Failure>,
}

/// What the simulator says of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// Its decision; unknown when context values are missing.
    pub decision: Decision,
    /// Context keys that the policies ask for and the request does not hold.
    pub missing_context: Vec<String>,
}

impl Iam {
    pub(super) fn new(
        id: &ScopeId,
        config: &SdkConfig,
        limits: Limits,
        recorder: Arc<dyn CallRecorder>,
        stop: CancellationToken,
    ) -> Self {
        let region = requested_region_of_iam(partition(&id.region));
        let config = aws_sdk_iam::config::Builder::from(config).region(SdkRegion::new(region)).build();
        let gate = Gate::new(id.account.as_str(), region, limits, recorder, stop);
        Self { client: aws_sdk_iam::Client::from_conf(config), gate }
    }

    /// Whether a role exists.
    pub async fn role_exists(&self, name: &str) -> Result<bool, Failure> {
        match self.gate.call(GET_ROLE, self.client.get_role().role_name(name).send()).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.code() == Some("NoSuchEntity") => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Makes a service-linked role. That there is one already is success (IAM answers InvalidInput, not
    /// EntityAlreadyExists).
    pub async fn create_service_linked_role(&self, service: &str) -> Result<(), Failure> {
        let request = self.client.create_service_linked_role().aws_service_name(service);
        match self.gate.call(CREATE_SLR, request.send()).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.message.contains("has been taken in this account") => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Reads a role's policies: inline, attached and boundary. What may not be read is said beside the rest.
    pub async fn role_policies(&self, role: &str) -> PoliciesRead {
        let mut read = PoliciesRead::default();
        match self.gate.call(GET_ROLE, self.client.get_role().role_name(role).send()).await {
            Ok(reply) => {
                let boundary = reply.role().and_then(|role| role.permissions_boundary());
                read.role_arn = reply.role().map(|role| role.arn().to_owned());
                if let Some(arn) = boundary.and_then(|boundary| boundary.permissions_boundary_arn()) {
                    keep(self.managed(arn).await, &mut read.failures, |policy| read.policies.boundary = Some(policy));
                }
            }
            Err(failure) => read.failures.push(failure),
        }
        match self.inline_names(role).await {
            Ok(names) => {
                for name in names {
                    let policy = self.inline(role, &name).await;
                    keep(policy, &mut read.failures, |policy| read.policies.identity.push(policy));
                }
            }
            Err(failure) => read.failures.push(failure),
        }
        match self.attached_arns(role).await {
            Ok(arns) => {
                for arn in arns {
                    let policy = self.managed(&arn).await;
                    keep(policy, &mut read.failures, |policy| read.policies.identity.push(policy));
                }
            }
            Err(failure) => read.failures.push(failure),
        }
        read
    }

    async fn inline_names(&self, role: &str) -> Result<Vec<String>, Failure> {
        let (mut names, mut marker) = (Vec::new(), None);
        loop {
            let request = self.client.list_role_policies().role_name(role).set_marker(marker);
            let reply = self.gate.call(LIST_INLINE, request.send()).await?;
            names.extend(reply.policy_names().iter().cloned());
            marker = reply.marker().filter(|_| reply.is_truncated()).map(str::to_owned);
            if marker.is_none() {
                return Ok(names);
            }
        }
    }

    async fn attached_arns(&self, role: &str) -> Result<Vec<String>, Failure> {
        let (mut arns, mut marker) = (Vec::new(), None);
        loop {
            let request = self.client.list_attached_role_policies().role_name(role).set_marker(marker);
            let reply = self.gate.call(LIST_ATTACHED, request.send()).await?;
            arns.extend(reply.attached_policies().iter().filter_map(|policy| policy.policy_arn().map(str::to_owned)));
            marker = reply.marker().filter(|_| reply.is_truncated()).map(str::to_owned);
            if marker.is_none() {
                return Ok(arns);
            }
        }
    }

    async fn inline(&self, role: &str, name: &str) -> Result<NamedPolicy, Failure> {
        let request = self.client.get_role_policy().role_name(role).policy_name(name);
        let reply = self.gate.call(GET_INLINE, request.send()).await?;
        Ok(NamedPolicy::new(name, document(GET_INLINE, reply.policy_document())?))
    }

    /// A managed policy with its default version, which is the only one that counts (E-09).
    async fn managed(&self, arn: &str) -> Result<NamedPolicy, Failure> {
        let reply = self.gate.call(GET_POLICY, self.client.get_policy().policy_arn(arn).send()).await?;
        let version = reply.policy().and_then(|policy| policy.default_version_id()).unwrap_or("v1");
        let request = self.client.get_policy_version().policy_arn(arn).version_id(version);
        let reply = self.gate.call(GET_VERSION, request.send()).await?;
        let text = reply.policy_version().and_then(|version| version.document()).unwrap_or_default();
        let name = arn.rsplit('/').next().unwrap_or(arn);
        Ok(NamedPolicy { arn: Some(arn.to_owned()), ..NamedPolicy::new(name, document(GET_VERSION, text)?) })
    }

    /// Asks AWS's simulator about one request, with further policies beside the principal's own: how an edit is proved.
    pub async fn simulate(&self, role_arn: &str, request: &Request, extra: &[String]) -> Result<Simulated, Failure> {
        let entries = request.context.iter().filter(|(_, values)| !values.is_empty()).map(|(key, values)| {
            sdk::ContextEntry::builder()
                .context_key_name(key)
                .set_context_key_values(Some(values.clone()))
                .context_key_type(sdk::ContextKeyTypeEnum::String)
                .build()
        });
        let call = self
            .client
            .simulate_principal_policy()
            .policy_source_arn(role_arn)
            .action_names(&request.action)
            .resource_arns(&request.resource)
            .set_policy_input_list((!extra.is_empty()).then(|| extra.to_vec()))
            .set_context_entries(Some(entries.collect()));
        let reply = self.gate.call(SIMULATE, call.send()).await?;
        let result = reply
            .evaluation_results()
            .first()
            .ok_or_else(|| unreadable(SIMULATE, "the reply holds no result".to_owned()))?;
        let missing =
            result.resource_specific_results().iter().flat_map(|of_resource| of_resource.missing_context_values());
        let missing_context: Vec<String> = result.missing_context_values().iter().chain(missing).cloned().collect();
        let decision = match result.eval_decision() {
            _ if !missing_context.is_empty() => Decision::Unknown,
            Evaluated::Allowed => Decision::Allowed,
            Evaluated::ExplicitDeny => Decision::ExplicitDeny,
            _ => Decision::ImplicitDeny,
        };
        Ok(Simulated { decision, missing_context })
    }
}

/// IAM hands documents out percent-encoded, and the SDK does not decode them (E-01).
fn document(operation: Operation, text: &str) -> Result<Document, Failure> {
    Document::parse(text).map_err(|error| unreadable(operation, error.to_string()))
}

fn keep<T>(read: Result<T, Failure>, failures: &mut Vec<Failure>, take: impl FnOnce(T)) {
    match read {
        Ok(value) => take(value),
        Err(failure) => failures.push(failure),
    }
}
