//! Application Auto Scaling: targets, policies and tags.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_applicationautoscaling::operation::RequestId;
use aws_sdk_applicationautoscaling::types as sdk;

use super::call::Operation;
use super::policies;
use super::scope::{Pages, Scope, Written, not_sent, unreadable};
use crate::model::capacity::{CapacityRange, SuspendedState};
use crate::model::failure::{AwsService, Failure};
use crate::model::names::{PolicyName, ServiceId};
use crate::model::observed::{ScalableTarget, ScalingPolicy, Tags};
use crate::model::policy::PolicyConfig;

const SERVICE: AwsService = AwsService::ApplicationAutoScaling;
const DESCRIBE_TARGETS: Operation = Operation::read(SERVICE, "DescribeScalableTargets");
const DESCRIBE_POLICIES: Operation = Operation::read(SERVICE, "DescribeScalingPolicies");
const LIST_TAGS: Operation = Operation::read(SERVICE, "ListTagsForResource");
const REGISTER: Operation = Operation::write(SERVICE, "RegisterScalableTarget");
const PUT_POLICY: Operation = Operation::write(SERVICE, "PutScalingPolicy");
const DELETE_POLICY: Operation = Operation::write(SERVICE, "DeleteScalingPolicy");
const TAG: Operation = Operation::write(SERVICE, "TagResource");
const DEREGISTER: Operation = Operation::write(SERVICE, "DeregisterScalableTarget");
const UNTAG: Operation = Operation::write(SERVICE, "UntagResource");

/// Which resources a list is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// All of the ECS namespace in this scope.
    All,
    /// Those of one service.
    Of(&'a ServiceId),
}

impl Which<'_> {
    pub(super) fn resource_id(self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Of(service) => Some(service.resource_id()),
        }
    }
}

impl Scope {
    /// The scalable targets, by service.
    pub async fn targets(&self, which: Which<'_>) -> Result<BTreeMap<ServiceId, ScalableTarget>, Failure> {
        let (mut found, mut pages, mut token) = (BTreeMap::new(), Pages::default(), None);
        loop {
            let request = self
                .autoscaling
                .read
                .describe_scalable_targets()
                .service_namespace(sdk::ServiceNamespace::Ecs)
                .set_resource_ids(which.resource_id().map(|id| vec![id]))
                .set_scalable_dimension(which.resource_id().map(|_| sdk::ScalableDimension::EcsServiceDesiredCount))
                .set_next_token(token);
            let reply = self.call(DESCRIBE_TARGETS, request.send()).await?;
            for target in reply.scalable_targets() {
                if let Some(service) = ServiceId::from_resource_id(target.resource_id()) {
                    found.insert(service, convert_target(target)?);
                }
            }
            token = pages.next(DESCRIBE_TARGETS, reply.next_token())?;
            if token.is_none() {
                return Ok(found);
            }
            tokio::task::yield_now().await;
        }
    }

    /// The scaling policies, by service.
    pub async fn policies(&self, which: Which<'_>) -> Result<BTreeMap<ServiceId, Vec<ScalingPolicy>>, Failure> {
        let (mut found, mut pages, mut token) = (BTreeMap::<_, Vec<_>>::new(), Pages::default(), None);
        loop {
            let request = self
                .autoscaling
                .read
                .describe_scaling_policies()
                .service_namespace(sdk::ServiceNamespace::Ecs)
                .set_resource_id(which.resource_id())
                .set_scalable_dimension(which.resource_id().map(|_| sdk::ScalableDimension::EcsServiceDesiredCount))
                .set_next_token(token);
            let reply = self.call(DESCRIBE_POLICIES, request.send()).await?;
            for policy in reply.scaling_policies() {
                if let Some(service) = ServiceId::from_resource_id(policy.resource_id()) {
                    found.entry(service).or_default().push(policies::convert(policy));
                }
            }
            token = pages.next(DESCRIBE_POLICIES, reply.next_token())?;
            if token.is_none() {
                return Ok(found);
            }
            tokio::task::yield_now().await;
        }
    }

    /// The tags of a scalable target.
    pub async fn target_tags(&self, arn: &str) -> Result<Tags, Failure> {
        let request = self.autoscaling.read.list_tags_for_resource().resource_arn(arn);
        let reply = self.call(LIST_TAGS, request.send()).await?;
        Ok(reply.tags().map(|tags| tags.iter().map(|(k, v)| (k.clone(), v.clone())).collect()).unwrap_or_default())
    }

    /// Creates or updates a target. What is `None` is not sent. RoleARN never is (tf#5023).
    pub async fn register_target(
        &self,
        service: &ServiceId,
        range: Option<CapacityRange>,
        suspended: Option<SuspendedState>,
        tags: &Tags,
    ) -> Result<Written, Failure> {
        let suspended = suspended.map(|state| {
            sdk::SuspendedState::builder()
                .dynamic_scaling_in_suspended(state.dynamic_scaling_in_suspended)
                .dynamic_scaling_out_suspended(state.dynamic_scaling_out_suspended)
                .scheduled_scaling_suspended(state.scheduled_scaling_suspended)
                .build()
        });
        let request = self
            .autoscaling
            .write
            .register_scalable_target()
            .service_namespace(sdk::ServiceNamespace::Ecs)
            .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
            .resource_id(service.resource_id())
            .set_min_capacity(range.map(CapacityRange::min))
            .set_max_capacity(range.map(CapacityRange::max))
            .set_suspended_state(suspended)
            .set_tags((!tags.is_empty()).then(|| to_map(tags)));
        let reply = self.call(REGISTER, request.send()).await?;
        Ok(Written {
            arn: reply.scalable_target_arn().map(str::to_owned),
            request_id: reply.request_id().map(str::to_owned),
        })
    }

    /// Puts a policy, with a complete configuration (S-023).
    pub async fn put_policy(
        &self,
        service: &ServiceId,
        name: &PolicyName,
        config: &PolicyConfig,
    ) -> Result<Written, Failure> {
        let configuration = policies::to_sdk(config).map_err(|error| not_sent(PUT_POLICY, &error))?;
        let request = self
            .autoscaling
            .write
            .put_scaling_policy()
            .service_namespace(sdk::ServiceNamespace::Ecs)
            .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
            .resource_id(service.resource_id())
            .policy_name(name.as_str())
            .policy_type(sdk::PolicyType::from(config.policy_type().as_str()))
            .set_step_scaling_policy_configuration(configuration.step)
            .set_target_tracking_scaling_policy_configuration(configuration.target_tracking)
            .set_predictive_scaling_policy_configuration(configuration.predictive);
        let reply = self.call(PUT_POLICY, request.send()).await?;
        Ok(Written { arn: Some(reply.policy_arn().to_owned()), request_id: reply.request_id().map(str::to_owned) })
    }

    /// Deletes a policy. One that is gone already is as wanted (tf#18114).
    pub async fn delete_policy(&self, service: &ServiceId, name: &PolicyName) -> Result<Written, Failure> {
        let request = self
            .autoscaling
            .write
            .delete_scaling_policy()
            .service_namespace(sdk::ServiceNamespace::Ecs)
            .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
            .resource_id(service.resource_id())
            .policy_name(name.as_str());
        gone_is_done(self.write(DELETE_POLICY, request.send()).await)
    }

    /// Deregisters a target, and with it all that is on it (S-049). One that is gone already is as wanted.
    pub async fn deregister_target(&self, service: &ServiceId) -> Result<Written, Failure> {
        let request = self
            .autoscaling
            .write
            .deregister_scalable_target()
            .service_namespace(sdk::ServiceNamespace::Ecs)
            .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
            .resource_id(service.resource_id());
        gone_is_done(self.write(DEREGISTER, request.send()).await)
    }

    /// Sets tags on a target that exists (S-011).
    pub async fn tag_target(&self, arn: &str, tags: &Tags) -> Result<Written, Failure> {
        let request = self.autoscaling.write.tag_resource().resource_arn(arn).set_tags(Some(to_map(tags)));
        self.write(TAG, request.send()).await
    }

    /// Takes tags off a target.
    pub async fn untag_target(&self, arn: &str, keys: &BTreeSet<String>) -> Result<Written, Failure> {
        let keys = keys.iter().cloned().collect();
        let request = self.autoscaling.write.untag_resource().resource_arn(arn).set_tag_keys(Some(keys));
        self.write(UNTAG, request.send()).await
    }
}

/// Not found on delete is success (tf#18114).
pub(super) fn gone_is_done(written: Result<Written, Failure>) -> Result<Written, Failure> {
    match written {
        Err(failure) if failure.is_gone() => Ok(Written { arn: None, request_id: failure.request_id }),
        other => other,
    }
}

fn to_map(tags: &Tags) -> HashMap<String, String> {
    tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn convert_target(target: &sdk::ScalableTarget) -> Result<ScalableTarget, Failure> {
    let (min, max) = (target.min_capacity(), target.max_capacity());
    let range = CapacityRange::new(min, max)
        .ok_or_else(|| unreadable(DESCRIBE_TARGETS, format!("AWS reports min {min} and max {max}")))?;
    let suspended = target.suspended_state().map_or_else(SuspendedState::default, |state| SuspendedState {
        dynamic_scaling_in_suspended: state.dynamic_scaling_in_suspended().unwrap_or(false),
        dynamic_scaling_out_suspended: state.dynamic_scaling_out_suspended().unwrap_or(false),
        scheduled_scaling_suspended: state.scheduled_scaling_suspended().unwrap_or(false),
    });
    Ok(ScalableTarget { arn: target.scalable_target_arn().map(str::to_owned), range, suspended })
}
