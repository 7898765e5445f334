//! Reading what AWS holds: a sweep of a whole scope in pages, or a refresh of a few services.
//!
//! Owns which calls make up an observation and that a list with a failed page is no list. Decides nothing about what is
//! read.
//!
//! A steady sweep costs ⌈targets/50⌉ + ⌈policies/10⌉ + ⌈scheduled actions/50⌉ + ⌈wanted and listed alarms/100⌉ + Σ over clusters
//! ⌈services/10⌉ calls: lists are of the account's region, so foreign policies count. A list costs one call when empty, so
//! the constant beside it is three: targets, policies and scheduled actions. Every tenth sweep, the first among them, also
//! looks for alarms that no policy lists any more: ⌈alarms that fire a scaling policy/100⌉ calls. Once in ten minutes an account's
//! service-linked role is looked at, in one call.
//!
//! Beside the sweeps, `controller` reads the tags of two resources a second at most, and the scaling activities of ten
//! services a minute at most, one call each: every service once in ten minutes, those that are pressed once an interval.
//! With `--coverage`, a sweep in ten minutes lists the services of the objects' clusters as well: Σ ⌈services/100⌉.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::admission::{Admission, Call, Refused, admit};
use crate::api::desired::ServiceScaling;
use crate::aws::{Scope, Which};
use crate::diagnose::class::{Class, classify};
use crate::model::failure::{AwsService, Failure};
use crate::model::names::{AlarmName, ClusterName, PolicyName, ScopeId, ServiceId, ServiceName, TargetKey};
use crate::model::observed::{Alarm, ObservedTarget, Read, ScalableTarget, ScalingPolicy, ScheduledAction, Service};

const SERVICES_A_CALL: usize = 10; // S-056
const ALARMS_A_CALL: usize = 100; // S-055

/// What is to be read for one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The service.
    pub service: ServiceId,
    /// The alarms that the object wants.
    pub alarms: BTreeSet<AlarmName>,
    /// Its policies: what else AWS lists as firing them is read too.
    pub policies: BTreeSet<PolicyName>,
    /// Alarms that are read because they may be left over.
    pub others: BTreeSet<AlarmName>,
}

impl Wanted {
    /// What an object needs to be planned.
    pub fn of(object: &ServiceScaling) -> Self {
        let alarms = object.policies.iter().flat_map(|policy| {
            let own = policy.alarms.iter().map(|alarm| &alarm.name);
            own.chain(policy.alarm_ref.iter().map(|alarm| &alarm.name)).cloned()
        });
        Self {
            service: object.service.clone(),
            alarms: alarms.collect(),
            policies: object.policies.iter().map(|policy| policy.name.clone()).collect(),
            others: BTreeSet::new(),
        }
    }

    /// The same with further alarms, which may be left over.
    pub fn beside(self, others: &BTreeSet<AlarmName>) -> Self {
        Self { others: others.clone(), ..self }
    }

    /// The same with the alarms that AWS lists for the policies on the service (S-058): those of target tracking and of the
    /// object's own policies belong to it, the others may be left over. So may those that name a policy of the service in
    /// their actions.
    fn with_listed(&self, lists: &Lists) -> Self {
        let mut wanted = self.clone();
        for policy in lists.policies.iter().flat_map(|all| all.get(&self.service)).flatten() {
            let tracks = policy.config.as_ref().is_ok_and(|config| config.target_tracking().is_some());
            let names = policy.alarms.iter().map(|alarm| alarm.name.clone());
            match tracks || self.policies.contains(&policy.name) {
                true => wanted.alarms.extend(names),
                false => wanted.others.extend(names),
            }
        }
        wanted.others.extend(lists.firing.iter().filter_map(|firing| firing.get(&self.service)).flatten().cloned());
        wanted.others.retain(|name| !wanted.alarms.contains(name));
        wanted
    }
}

/// Observations by service.
pub type Observations = BTreeMap<ServiceId, ObservedTarget>;

/// Every service of a cluster that can be scaled, with what AWS holds of its scaling: the target, and how many policies
/// and scheduled actions are on it.
pub type Inventory = BTreeMap<ServiceId, Option<(ScalableTarget, usize)>>;

/// What a sweep reads beside what its objects need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Every alarm of the scope that fires policies: those that no policy lists any more may be left over.
    pub leftovers: bool,
    /// Every service of the objects' clusters, in Σ ⌈services/100⌉ further calls.
    pub inventory: bool,
}

/// What a sweep read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Swept {
    /// Of the services that were asked for.
    pub observations: Observations,
    /// The ARN of every scalable target of the scope, where the list was read completely.
    pub targets: Option<BTreeMap<ServiceId, Option<String>>>,
    /// Every alarm of the scope that fires policies, where they were asked for and read completely.
    pub firing: Option<BTreeMap<ServiceId, BTreeSet<AlarmName>>>,
    /// The services of the clusters, where they were asked for and read completely.
    pub inventory: Option<Inventory>,
}

/// Reads everything in a scope that these objects need, in pages.
pub async fn sweep(
    scope: &Scope,
    admission: &impl Admission,
    wanted: &[Wanted],
    beside: Beside,
    now: impl Fn() -> Timestamp,
) -> Swept {
    let read_at = now();
    let mut row = Row { scope: scope.id(), admission, ended_by: None };
    let any = wanted.first().map_or_else(|| ServiceId::new("*", "*"), |any| any.service.clone());
    let lists = Lists::read(scope, Which::All, beside.leftovers, &any, &mut row).await;
    let services = services(scope, wanted, &mut row).await;
    let wanted: Vec<Wanted> = wanted.iter().map(|wanted| wanted.with_listed(&lists)).collect();
    let alarms = alarms(scope, &wanted, &mut row).await;
    let assemble = |w: &Wanted| (w.service.clone(), lists.assemble(read_at, w, &services, &alarms));
    let observations = wanted.iter().map(assemble).collect();
    let inventory = if beside.inventory { inventory(scope, &wanted, &lists, &mut row).await } else { None };
    let arns = |targets: &BTreeMap<ServiceId, ScalableTarget>| {
        targets.iter().map(|(service, target)| (service.clone(), target.arn.clone())).collect()
    };
    let targets = lists.targets.as_ref().ok().map(arns);
    Swept { observations, targets, firing: lists.firing, inventory }
}

/// Last in the row: whatever happens here, the objects are read.
async fn inventory(
    scope: &Scope,
    wanted: &[Wanted],
    lists: &Lists,
    row: &mut Row<'_, impl Admission>,
) -> Option<Inventory> {
    let (targets, policies) = (lists.targets.as_ref().ok()?, lists.policies.as_ref().ok()?);
    let schedules = lists.schedules.as_ref().ok()?;
    let clusters: BTreeMap<&ClusterName, &ServiceId> =
        wanted.iter().map(|wanted| (&wanted.service.cluster, &wanted.service)).collect();
    let mut found = Inventory::new();
    for (cluster, any) in clusters {
        let names = row.call(AwsService::Ecs, "ListServices", any, scope.service_names(cluster)).await.ok()?;
        for service in names {
            let id = ServiceId { cluster: cluster.clone(), service };
            let movers = policies.get(&id).map_or(0, Vec::len) + schedules.get(&id).map_or(0, Vec::len);
            found.insert(id.clone(), targets.get(&id).map(|target| (target.clone(), movers)));
        }
        tokio::task::yield_now().await;
    }
    Some(found)
}

/// Reads everything of the services with a scalable target that `takes` wants, whether an object names them or not: what an
/// export is made of. The alarms of all their policies are read.
///
/// # Errors
/// Where the scalable targets are not known. What else was not read stands in the observations.
pub async fn survey(
    scope: &Scope,
    admission: &impl Admission,
    which: Which<'_>,
    takes: impl Fn(&ServiceId) -> bool,
    now: impl Fn() -> Timestamp,
) -> Result<Observations, Failure> {
    let read_at = now();
    let mut row = Row { scope: scope.id(), admission, ended_by: None };
    let any = match which {
        Which::Of(service) => service.clone(),
        Which::All => ServiceId::new("*", "*"),
    };
    let lists = Lists::read(scope, which, false, &any, &mut row).await;
    let targets = lists.targets.as_ref().map_err(Clone::clone)?;
    let wanted = targets.keys().filter(|service| takes(service)).map(|service| {
        let policies = lists.policies.iter().flat_map(|all| all.get(service)).flatten();
        let policies = policies.map(|policy| policy.name.clone()).collect();
        let (alarms, others) = (BTreeSet::new(), BTreeSet::new());
        Wanted { service: service.clone(), alarms, policies, others }.with_listed(&lists)
    });
    let wanted: Vec<Wanted> = wanted.collect();
    let services = services(scope, &wanted, &mut row).await;
    let alarms = alarms(scope, &wanted, &mut row).await;
    Ok(wanted.iter().map(|w| (w.service.clone(), lists.assemble(read_at, w, &services, &alarms))).collect())
}

/// Reads one object anew.
pub async fn refresh(
    scope: &Scope,
    admission: &impl Admission,
    wanted: &Wanted,
    now: impl Fn() -> Timestamp,
) -> ObservedTarget {
    let read_at = now();
    let mut row = Row { scope: scope.id(), admission, ended_by: None };
    let lists = Lists::read(scope, Which::Of(&wanted.service), false, &wanted.service, &mut row).await;
    let wanted = &wanted.with_listed(&lists);
    let one = std::slice::from_ref(wanted);
    let services = services(scope, one, &mut row).await;
    let alarms = alarms(scope, one, &mut row).await;
    lists.assemble(read_at, wanted, &services, &alarms)
}

/// What every further call of a scope would meet as well: throttling, and credentials that are of no use.
pub fn meets_every_call(class: Class) -> bool {
    matches!(class, Class::Throttled | Class::Credentials)
}

/// Calls in a row, which ends with the first failure that the next call would meet as well. What is known to be denied is
/// not asked for: the denial stands in for the answer until it is time for a probe.
struct Row<'a, A> {
    scope: &'a ScopeId,
    admission: &'a A,
    ended_by: Option<Failure>,
}

impl<A: Admission> Row<'_, A> {
    /// One call. `of` is a service that it is about: a list of the whole scope is about any.
    async fn call<T>(
        &mut self,
        service: AwsService,
        operation: &str,
        of: &ServiceId,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        if let Some(failure) = &self.ended_by {
            return Err(failure.clone());
        }
        let key = TargetKey { scope: self.scope.clone(), service: of.clone() };
        let reply =
            admit(self.admission, Call { service, operation, key: &key, on: "" }, call).await.map_err(Refused::failure);
        self.ended_by = reply.as_ref().err().filter(|failure| meets_every_call(classify(failure))).cloned();
        reply
    }
}

type List<T> = Result<BTreeMap<ServiceId, T>, Failure>;

struct Lists {
    targets: List<ScalableTarget>,
    policies: List<Vec<ScalingPolicy>>,
    schedules: List<Vec<ScheduledAction>>,
    /// The alarms that fire policies, where they were asked for and read completely.
    firing: Option<BTreeMap<ServiceId, BTreeSet<AlarmName>>>,
}

impl Lists {
    async fn read(
        scope: &Scope,
        which: Which<'_>,
        leftovers: bool,
        of: &ServiceId,
        row: &mut Row<'_, impl Admission>,
    ) -> Self {
        const SERVICE: AwsService = AwsService::ApplicationAutoScaling;
        let targets = row.call(SERVICE, "DescribeScalableTargets", of, scope.targets(which)).await;
        let policies = row.call(SERVICE, "DescribeScalingPolicies", of, scope.policies(which)).await;
        let schedules = row.call(SERVICE, "DescribeScheduledActions", of, scope.scheduled_actions(which)).await;
        let firing = match leftovers {
            false => None,
            true => {
                let call = scope.alarms_firing_policies();
                row.call(AwsService::CloudWatch, "DescribeAlarms", of, call).await.ok()
            }
        };
        Self { targets, policies, schedules, firing }
    }

    fn assemble(
        &self,
        read_at: Timestamp,
        wanted: &Wanted,
        services: &BTreeMap<ServiceId, Read<Option<Service>>>,
        alarms: &BTreeMap<AlarmName, Read<Option<Alarm>>>,
    ) -> ObservedTarget {
        let id = &wanted.service;
        let pick_named = |names: &BTreeSet<AlarmName>| {
            names.iter().filter_map(|name| Some((name.clone(), alarms.get(name)?.clone()))).collect()
        };
        ObservedTarget {
            read_at,
            service: services.get(id).cloned().unwrap_or(Read::Known(None)),
            target: pick(&self.targets, |targets| targets.get(id).cloned()),
            policies: pick(&self.policies, |policies| policies.get(id).cloned().unwrap_or_default()),
            scheduled_actions: pick(&self.schedules, |schedules| schedules.get(id).cloned().unwrap_or_default()),
            alarms: pick_named(&wanted.alarms),
            others: pick_named(&wanted.others),
        }
    }
}

fn pick<T, U>(list: &Result<T, Failure>, take: impl FnOnce(&T) -> U) -> Read<U> {
    match list {
        Ok(list) => Read::Known(take(list)),
        Err(failure) => Read::Failed(failure.clone()),
    }
}

async fn services(
    scope: &Scope,
    wanted: &[Wanted],
    row: &mut Row<'_, impl Admission>,
) -> BTreeMap<ServiceId, Read<Option<Service>>> {
    let mut by_cluster: BTreeMap<&ClusterName, Vec<ServiceName>> = BTreeMap::new();
    for w in wanted {
        by_cluster.entry(&w.service.cluster).or_default().push(w.service.service.clone());
    }
    let mut found = BTreeMap::new();
    for (cluster, names) in by_cluster {
        for chunk in names.chunks(SERVICES_A_CALL) {
            let id = |name: &ServiceName| ServiceId { cluster: cluster.clone(), service: name.clone() };
            let Some(first) = chunk.first().map(id) else { continue };
            let reply = row.call(AwsService::Ecs, "DescribeServices", &first, scope.services(cluster, chunk)).await;
            for name in chunk {
                found.insert(id(name), pick(&reply, |services| services.get(name).cloned().flatten()));
            }
            tokio::task::yield_now().await;
        }
    }
    found
}

async fn alarms(
    scope: &Scope,
    wanted: &[Wanted],
    row: &mut Row<'_, impl Admission>,
) -> BTreeMap<AlarmName, Read<Option<Alarm>>> {
    let mut found = BTreeMap::new();
    let Some(of) = wanted.first().map(|wanted| &wanted.service) else { return found };
    let names: BTreeSet<AlarmName> = wanted.iter().flat_map(|w| w.alarms.iter().chain(&w.others).cloned()).collect();
    let names: Vec<AlarmName> = names.into_iter().collect();
    for chunk in names.chunks(ALARMS_A_CALL) {
        let reply = row.call(AwsService::CloudWatch, "DescribeAlarms", of, scope.alarms(chunk)).await;
        for name in chunk {
            found.insert(name.clone(), pick(&reply, |alarms| alarms.get(name).cloned()));
        }
        tokio::task::yield_now().await;
    }
    found
}
