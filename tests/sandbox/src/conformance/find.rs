//! What runs left behind in one cluster, by the form of its name: PREFIX_CLUSTER_RUN, and a suffix of alarms.
//!
//! A prefix has no underscore and a run is twelve hexadecimal digits, so that no other name reads as one of a run.

use aws_sdk_ecs::types::TaskDefinitionFamilyStatus;

use super::Stop;
use super::ground::{Ground, TAG, ask};
use super::made::Made;

/// Digits of a run's id.
const RUN: usize = 12;

/// Which runs are looked for.
#[derive(Clone, Debug)]
pub(super) struct Runs {
    start: String,
    run: Option<String>,
}

impl Runs {
    /// Every run with this prefix in this cluster.
    pub(super) fn every(prefix: &str, cluster: &str) -> Self {
        Self { start: format!("{prefix}_{cluster}_"), run: None }
    }

    /// One run.
    pub(super) fn one(prefix: &str, cluster: &str, run: &str) -> Self {
        Self { run: Some(run.to_owned()), ..Self::every(prefix, cluster) }
    }

    /// Whether a name is of these runs.
    pub(super) fn have(&self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix(&self.start) else { return false };
        let Some((run, suffix)) = rest.split_at_checked(RUN) else { return false };
        let is_run = run.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        is_run && (suffix.is_empty() || suffix.starts_with('-')) && self.run.as_ref().is_none_or(|one| one == run)
    }
}

impl Ground {
    /// Everything of these runs, in the order in which it was made.
    pub(super) async fn left_by(&self, runs: &Runs) -> Result<Vec<Made>, Stop> {
        let mut found: Vec<Made> = self.families(runs).await?.into_iter().map(Made::TaskDefinition).collect();
        let services = self.services(runs).await?;
        let resource = |service: &String| format!("service/{}/{service}", self.place.cluster);
        let mut targets = vec![];
        for resource in services.iter().map(resource) {
            targets.extend(self.target_of(&resource).await?.map(|_| Made::Target(resource)));
        }
        targets.extend(self.target_on_given(runs).await?);
        found.extend(services.into_iter().map(Made::Service));
        found.extend(targets);
        found.extend(self.alarms_of(runs).await?.into_iter().map(Made::Alarm));
        Ok(found)
    }

    async fn families(&self, runs: &Runs) -> Result<Vec<String>, Stop> {
        let (mut found, mut token) = (vec![], None);
        loop {
            let list = self.ecs.list_task_definition_families().family_prefix(&runs.start);
            let list = list.status(TaskDefinitionFamilyStatus::Active).set_next_token(token);
            let page = ask(list.send()).await?;
            found.extend(page.families.unwrap_or_default().into_iter().filter(|family| runs.have(family)));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// The services that are ACTIVE: the others are deleted.
    async fn services(&self, runs: &Runs) -> Result<Vec<String>, Stop> {
        let (mut names, mut token) = (vec![], None);
        loop {
            let list = self.ecs.list_services().cluster(&self.place.cluster).max_results(100);
            let page = ask(list.set_next_token(token).send()).await?;
            let all = page.service_arns.unwrap_or_default();
            names.extend(
                all.iter().filter_map(|arn| arn.rsplit('/').next()).filter(|n| runs.have(n)).map(str::to_owned),
            );
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        let mut found = vec![];
        for some in names.chunks(10) {
            let describe = self.ecs.describe_services().cluster(&self.place.cluster).set_services(Some(some.to_vec()));
            let described = ask(describe.send()).await?.services.unwrap_or_default();
            let active = described.into_iter().filter(|service| service.status() == Some("ACTIVE"));
            found.extend(active.filter_map(|service| service.service_name));
        }
        Ok(found)
    }

    /// The target on the user's service, where its tag says that a run registered it.
    async fn target_on_given(&self, runs: &Runs) -> Result<Option<Made>, Stop> {
        let resource = self.place.resource();
        let target = if self.place.given.is_some() { self.target_of(&resource).await? } else { None };
        let Some(arn) = target.and_then(|target| target.scalable_target_arn) else { return Ok(None) };
        let tags = ask(self.scaling.list_tags_for_resource().resource_arn(arn).send()).await?.tags;
        let is_ours = tags.unwrap_or_default().get(TAG).is_some_and(|name| runs.have(name));
        Ok(is_ours.then_some(Made::Target(resource)))
    }

    async fn alarms_of(&self, runs: &Runs) -> Result<Vec<String>, Stop> {
        let (mut found, mut token) = (vec![], None);
        loop {
            let describe = self.cloudwatch.describe_alarms().alarm_name_prefix(&runs.start).set_next_token(token);
            let page = ask(describe.send()).await?;
            let names = page.metric_alarms.unwrap_or_default().into_iter().filter_map(|alarm| alarm.alarm_name);
            found.extend(names.filter(|name| runs.have(name)));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Whether the user's service can be worked on: ACTIVE, with no task wanted and no target of its own.
    pub(super) async fn check_given(&self) -> Result<(), Stop> {
        let Some(given) = &self.place.given else { return Ok(()) };
        let describe = self.ecs.describe_services().cluster(&self.place.cluster).services(given);
        let described = ask(describe.send()).await?.services.unwrap_or_default();
        let service = described.first().filter(|service| service.status() == Some("ACTIVE"));
        let refuse = |why: &str| Err(Stop::Refused(format!("the service {given} {why}")));
        match service {
            None => refuse("is not ACTIVE in this cluster"),
            Some(service) if service.desired_count() != 0 => refuse("has tasks: give one with the desired count 0"),
            Some(_) if self.target_of(&self.place.resource()).await?.is_some() => {
                refuse("has a scalable target already: give one without")
            }
            Some(_) => Ok(()),
        }
    }

    /// Whether the cluster is there.
    pub(super) async fn check_cluster(&self) -> Result<(), Stop> {
        let described = ask(self.ecs.describe_clusters().clusters(&self.place.cluster).send()).await?;
        let is_active = |c: &aws_sdk_ecs::types::Cluster| c.status() == Some("ACTIVE");
        if described.clusters().iter().any(is_active) {
            return Ok(());
        }
        Err(Stop::Refused(format!("there is no ACTIVE cluster {} here", self.place.cluster)))
    }
}
