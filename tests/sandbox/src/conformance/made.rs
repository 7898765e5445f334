//! What a run made, and how each is removed. A removal that finds nothing has nothing left to do.

use std::time::Duration;

use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace};

use super::Stop;
use super::ground::{Ground, ask};

/// Rounds of removal before what is left is only reported, and the pause between two.
const ROUNDS: usize = 5;
const PAUSE: Duration = Duration::from_secs(2);

/// Something that a run made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// The first revision of a family.
    TaskDefinition(String),
    /// A service in the run's cluster.
    Service(String),
    /// A scalable target, by its resource id.
    Target(String),
    /// A policy on the run's service.
    Policy(String),
    /// A scheduled action on the run's service.
    ScheduledAction(String),
    /// A metric alarm.
    Alarm(String),
}

impl std::fmt::Display for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TaskDefinition(family) => write!(f, "task definition {family}:1"),
            Self::Service(name) => write!(f, "service {name}"),
            Self::Target(resource) => write!(f, "scalable target {resource}"),
            Self::Policy(name) => write!(f, "policy {name}"),
            Self::ScheduledAction(name) => write!(f, "scheduled action {name}"),
            Self::Alarm(name) => write!(f, "alarm {name}"),
        }
    }
}

/// Whether an error says that there was nothing to remove. `ValidationException` and its like are of a name that AWS
/// refused when it should have been made.
fn was_not_there(refusal: &str) -> bool {
    let starts = ["ObjectNotFound", "ResourceNotFound", "ServiceNotFound", "ServiceNotActive", "Validation"];
    starts.iter().any(|start| refusal.starts_with(start)) || refusal.contains("does not exist")
}

impl Ground {
    /// Removes what was made after the first `mark` things, the last first. What could not be removed stays in the
    /// journal.
    pub(super) async fn remove_to(&self, mark: usize) {
        let mut made = {
            let mut journal = self.journal();
            let mark = mark.min(journal.len());
            journal.split_off(mark)
        };
        let mut kept = vec![];
        while let Some(one) = made.pop() {
            if self.remove(&one).await.is_err() {
                kept.push(one);
            }
        }
        kept.reverse();
        self.journal().extend(kept);
    }

    /// Removes everything of the journal, and tries again what failed.
    pub(super) async fn remove_all(&self) {
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            self.remove_to(0).await;
            if self.journal().is_empty() {
                return;
            }
        }
    }

    async fn remove(&self, made: &Made) -> Result<(), Stop> {
        match self.removal(made).await {
            Err(Stop::Refused(text)) if was_not_there(&text) => Ok(()),
            done => done,
        }
    }

    async fn removal(&self, made: &Made) -> Result<(), Stop> {
        let (ecs, dimension) = (ServiceNamespace::Ecs, ScalableDimension::EcsServiceDesiredCount);
        let (scaling, resource) = (&self.scaling, self.place.resource());
        match made {
            Made::TaskDefinition(family) => {
                ask(self.ecs.deregister_task_definition().task_definition(format!("{family}:1")).send()).await.map(drop)
            }
            Made::Service(name) => {
                let delete = self.ecs.delete_service().cluster(&self.place.cluster).service(name).force(true);
                ask(delete.send()).await.map(drop)
            }
            Made::Target(resource) => {
                let of = scaling.deregister_scalable_target().service_namespace(ecs).scalable_dimension(dimension);
                ask(of.resource_id(resource).send()).await.map(drop)
            }
            Made::Policy(name) => {
                let of = scaling.delete_scaling_policy().service_namespace(ecs).scalable_dimension(dimension);
                ask(of.resource_id(resource).policy_name(name).send()).await.map(drop)
            }
            Made::ScheduledAction(name) => {
                let of = scaling.delete_scheduled_action().service_namespace(ecs).scalable_dimension(dimension);
                ask(of.resource_id(resource).scheduled_action_name(name).send()).await.map(drop)
            }
            Made::Alarm(name) => ask(self.cloudwatch.delete_alarms().alarm_names(name).send()).await.map(drop),
        }
    }
}
