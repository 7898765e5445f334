//! Scalable targets.

use std::time::Duration;

use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace, SuspendedState};

use super::super::ground::{Ground, TAG, ask};
use super::super::{Probe, Stop, Told};
use crate::rules::Rule;

/// How often it is asked whether a target went with its service, and the pause between.
const ASKED: usize = 6;
const PAUSE: Duration = Duration::from_secs(5);

impl Ground {
    async fn described_range(&self) -> Told {
        let target = self.target().await?;
        Ok(format!("{} to {}", target.min_capacity(), target.max_capacity()))
    }

    async fn tag_target(&self, key: &str) -> Told {
        let arn = self.target().await?.scalable_target_arn.unwrap_or_default();
        ask(self.scaling.tag_resource().resource_arn(arn).tags(key, "x").send()).await.map(|_| "accepted".into())
    }

    async fn desired_count(&self) -> Result<i32, Stop> {
        let describe = self.ecs.describe_services().cluster(&self.place.cluster).services(self.place.service());
        let described = ask(describe.send()).await?;
        described
            .services()
            .first()
            .map(|service| service.desired_count())
            .ok_or_else(|| Stop::Refused("no service".into()))
    }

    async fn move_desired(&self) -> Told {
        self.put_target(self.register().min_capacity(1).max_capacity(2)).await?;
        let moved = self.desired_count().await;
        let back = self.ecs.update_service().cluster(&self.place.cluster).service(self.place.service());
        self.put_target(self.register().min_capacity(0)).await?;
        ask(back.desired_count(0).send()).await?;
        Ok(format!("desired count {}", moved?))
    }

    async fn deregister(&self, resource: &str) -> Told {
        let deregister = self.scaling.deregister_scalable_target().service_namespace(ServiceNamespace::Ecs);
        let deregister = deregister.scalable_dimension(ScalableDimension::EcsServiceDesiredCount);
        ask(deregister.resource_id(resource).send()).await.map(|_| "accepted".into())
    }

    /// Deregisters a target with a policy, that an alarm calls, and a scheduled action.
    async fn deregister_all(&self) -> Told {
        self.new_target().await?;
        let arn = self.put_a_step_policy("goes").await?;
        self.put_alarm(self.alarm("stays").alarm_actions(arn)).await?;
        self.put_action(self.action("goes")).await?;
        self.deregister(&self.place.resource()).await?;
        let describe = self.scaling.describe_scheduled_actions().service_namespace(ServiceNamespace::Ecs);
        let actions = ask(describe.resource_id(self.place.resource()).send()).await?;
        let (policies, actions) = (self.policies().await?.len(), actions.scheduled_actions().len());
        let alarm = self.described_alarm("stays").await?;
        Ok(format!(
            "policies {policies}, scheduled actions {actions}, the alarm is there with actions {}",
            alarm.alarm_actions().len()
        ))
    }

    /// Deletes a service that has a target.
    async fn delete_service_with_target(&self) -> Told {
        let name = self.named("second");
        let resource = format!("service/{}/{name}", self.place.cluster);
        self.make_service(&name).await?;
        let register = self.register_of(&resource).min_capacity(0).max_capacity(1).tags(TAG, &self.place.name);
        self.put_target(register).await?;
        let delete = self.ecs.delete_service().cluster(&self.place.cluster).service(&name).force(true);
        ask(delete.send()).await?;
        for asked in 0..ASKED {
            if asked > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            if self.target_of(&resource).await?.is_none() {
                return Ok("no target".into());
            }
        }
        Ok("the target is there".into())
    }
}

pub(super) fn probes() -> Vec<Probe> {
    let mut all = creation();
    all.extend(updates());
    all.extend(reads_and_removal());
    all
}

fn creation() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::MinRequiredOnCreate,
            "a new target has no minimum",
            |g| Box::pin(async move { g.put_target(g.register().max_capacity(1)).await }),
            "ValidationException: Minimum capacity must be specified",
        )
        .without_target(),
        Probe::rule(
            Rule::MaxRequiredOnCreate,
            "a new target has no maximum",
            |g| Box::pin(async move { g.put_target(g.register().min_capacity(0)).await }),
            "ValidationException: Maximum capacity must be specified",
        )
        .without_target(),
        Probe::rule(
            Rule::MinNotNegative,
            "a minimum is -1",
            |g| Box::pin(async move { g.put_target(g.register().min_capacity(-1).max_capacity(1)).await }),
            "ValidationException: Minimum capacity cannot be less than 0",
        )
        .without_target(),
        Probe::rule(
            Rule::MaxNotNegative,
            "a maximum is -1",
            |g| Box::pin(async move { g.put_target(g.register().min_capacity(0).max_capacity(-1)).await }),
            "ValidationException: Maximum capacity cannot be less than 0",
        )
        .without_target(),
        Probe::rule(
            Rule::MaxNotBelowMin,
            "a target is from 2 to 1",
            |g| Box::pin(async move { g.put_target(g.register().min_capacity(2).max_capacity(1)).await }),
            "ValidationException: Maximum capacity cannot be less than minimum capacity",
        )
        .without_target(),
        Probe::rule(
            Rule::ResourceIsAnEcsService,
            "a target is a table",
            |g| {
                Box::pin(async move {
                    let register = g.register_of(&format!("table/{}", g.place.name));
                    g.put_target(register.min_capacity(0).max_capacity(1)).await
                })
            },
            "ValidationException: Unsupported service namespace, resource type or scalable dimension",
        )
        .without_target(),
        Probe::rule(
            Rule::ServiceExists,
            "a target is a service that is not there",
            |g| {
                Box::pin(async move {
                    let register = g.register_of(&format!("service/{}/none-{}", g.place.cluster, g.place.name));
                    g.put_target(register.min_capacity(0).max_capacity(1)).await
                })
            },
            "ValidationException: ECS service doesn't exist: service/{cluster}/none-{name}",
        )
        .without_target(),
        Probe::doubt(
            &["S-017"],
            "a target is from 0 to 0",
            |g| Box::pin(async move { g.put_target(g.register().min_capacity(0).max_capacity(0)).await }),
            "accepted",
        )
        .without_target(),
        Probe::rule(
            Rule::TargetHasItsOwnRole,
            "a target is described with its role",
            |g| Box::pin(async move { Ok(g.target().await?.role_arn) }),
            "arn:aws:iam::{account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/\
             AWSServiceRoleForApplicationAutoScaling_ECSService",
        ),
    ]
}

fn updates() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::SuspendedMembersMerge,
            "two members of SuspendedState are sent one after the other",
            |g| {
                Box::pin(async move {
                    let suspend = |state| g.put_target(g.register().suspended_state(state));
                    suspend(SuspendedState::builder().dynamic_scaling_in_suspended(true).build()).await?;
                    suspend(SuspendedState::builder().scheduled_scaling_suspended(true).build()).await?;
                    let state = g.target().await?.suspended_state;
                    let is = |read: fn(&SuspendedState) -> Option<bool>| state.as_ref().and_then(read).unwrap_or(false);
                    let (dynamic_in, scheduled) = (
                        is(SuspendedState::dynamic_scaling_in_suspended),
                        is(SuspendedState::scheduled_scaling_suspended),
                    );
                    let none = SuspendedState::builder().dynamic_scaling_in_suspended(false);
                    suspend(none.scheduled_scaling_suspended(false).build()).await?;
                    Ok(format!("in {dynamic_in}, scheduled {scheduled}"))
                })
            },
            "in true, scheduled true",
        ),
        Probe::rule(
            Rule::UnsentCapacityIsKept,
            "an update sends the maximum alone",
            |g| {
                Box::pin(async move {
                    g.put_target(g.register().max_capacity(3)).await?;
                    let range = g.described_range().await;
                    g.put_target(g.register().max_capacity(2)).await?;
                    range
                })
            },
            "0 to 3",
        ),
        Probe::rule(
            Rule::TagsOnCreateAlone,
            "a target that exists is registered with a tag",
            |g| Box::pin(async move { g.put_target(g.register().min_capacity(0).tags("a", "b")).await }),
            "ValidationException: The scalable target that you tried to tag already exists. To update tags on an \
             existing scalable target, use the TagResource API.",
        ),
        Probe::rule(
            Rule::TagsAreBounded,
            "a target gets a tag of AWS's",
            |g| Box::pin(async move { g.tag_target("aws:x").await }),
            "ValidationException: Tag keys cannot start with aws:",
        ),
        Probe::rule(
            Rule::DesiredCountMovesAtOnce,
            "a service of the desired count 0 is registered from 1",
            |g| Box::pin(async move { g.move_desired().await }),
            "desired count 1",
        )
        .of_own_service(),
    ]
}

fn reads_and_removal() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::PageSizesAreBounded,
            "a page of 51 targets is asked for",
            |g| {
                Box::pin(async move {
                    let describe = g.scaling.describe_scalable_targets().service_namespace(ServiceNamespace::Ecs);
                    ask(describe.max_results(51).send()).await.map(|_| "accepted".to_owned())
                })
            },
            "ValidationException: 1 validation error detected: Value '51' at 'maxResults' failed to satisfy \
             constraint: Member must have value less than or equal to 50",
        ),
        Probe::rule(
            Rule::NamesAreBounded,
            "targets are described by 51 names",
            |g| {
                Box::pin(async move {
                    let names = (0..51).map(|number| format!("service/{}/none-{number}", g.place.cluster)).collect();
                    let describe = g.scaling.describe_scalable_targets().service_namespace(ServiceNamespace::Ecs);
                    ask(describe.set_resource_ids(Some(names)).send()).await.map(|_| "accepted".to_owned())
                })
            },
            "ValidationException: 1 validation error detected: Value '[51 items]' at 'resourceIds' failed to satisfy \
             constraint: Member must have length less than or equal to 50",
        ),
        Probe::rule(
            Rule::TargetIsRegistered,
            "a target that is not there is deregistered",
            |g| Box::pin(async move { g.deregister(&g.place.resource()).await }),
            "ObjectNotFoundException: No scalable target registered for service namespace: ecs, resource ID: \
             {resource}, scalable dimension: ecs:service:DesiredCount",
        )
        .without_target(),
        Probe::rule(
            Rule::DeregisterTakesAll,
            "a target is deregistered with a policy, its alarm and a scheduled action",
            |g| Box::pin(async move { g.deregister_all().await }),
            "policies 0, scheduled actions 0, the alarm is there with actions 1",
        )
        .without_target(),
        Probe::rule(
            Rule::ServiceTakesItsTarget,
            "a service is deleted that has a target",
            |g| Box::pin(async move { g.delete_service_with_target().await }),
            "no target",
        )
        .without_target()
        .of_own_service(),
    ]
}
