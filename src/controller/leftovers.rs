//! What prune knows of a scope: everything with tags that belongs to a service which no object is for, and whose it is.
//!
//! Owns that nothing is concluded before all of it is known: the lists are complete and every tag is read. What becomes of
//! it is decided in `plan`.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};

use super::Prune;
use super::assign::{Assigned, Named, Placed};
use super::object::{Context, Found, look_up};
use crate::api::desired::ServiceScaling;
use crate::api::reads::Reads;
use crate::model::arn::{Arn, partition};
use crate::model::failure::{AwsService, Effect, Failure, Origin};
use crate::model::names::{AlarmName, ScopeId, ServiceId, TargetKey};
use crate::model::observed::TagReading;
use crate::observe::Swept;
use crate::plan::{Lookup, Orphan, OwnerId, PruneInputs, PrunePlan, plan_scope};

/// Between two readings of tags: two a second.
const PACE: Duration = Duration::from_millis(500);
/// Tags are read again after this long. Before anything goes they are read once more anyway.
const TAGS_AGE: SignedDuration = SignedDuration::from_hours(1);

type Reading = Pin<Box<dyn Future<Output = (String, Result<TagReading, Failure>)> + Send>>;

/// What no object of the source is for, in one scope.
#[derive(Default)]
pub(super) struct Leftovers {
    /// By ARN. `None`: the list of scalable targets was not read completely.
    tagged: Option<BTreeMap<String, ServiceId>>,
    /// As of the last complete list; `None`: there was none yet.
    firing: Option<BTreeMap<ServiceId, BTreeSet<AlarmName>>>,
    tags: BTreeMap<String, TagReading>,
    /// What could not be read since the last sweep.
    failed: BTreeSet<String>,
    reading: Option<Reading>,
}

impl Leftovers {
    /// Takes what a sweep has read.
    pub(super) fn take(&mut self, scope: &ScopeId, swept: &mut Swept, named: &Named) {
        self.failed.clear();
        self.firing = swept.firing.take().or_else(|| self.firing.take());
        self.tagged = swept.targets.take().map(|targets| {
            let targets = targets.into_iter().filter_map(|(service, arn)| Some((arn?, service)));
            let alarms =
                self.firing.iter().flatten().flat_map(|(service, names)| {
                    names.iter().map(move |name| (alarm_arn(scope, name), service.clone()))
                });
            targets.chain(alarms).filter(|(_, service)| !named.services.contains(service)).collect()
        });
        let tagged = self.tagged.iter().flatten().map(|(arn, _)| arn).collect::<BTreeSet<_>>();
        self.tags.retain(|arn, _| tagged.contains(arn));
    }

    /// Begins to read the tags of the next thing, unless one is being read.
    pub(super) fn start(&mut self, context: &Context) {
        if self.reading.is_some() {
            return;
        }
        let Some((arn, service)) = self.unread(context.clock.now()) else { return };
        let (context, lost) = (context.clone(), arn.clone());
        let work = async move {
            tokio::time::sleep(PACE).await;
            let read = read_tags(&context, &service, &arn).await;
            (arn, read)
        };
        // A panic is a fault of ours, and must not end the loop.
        let work = AssertUnwindSafe(work).catch_unwind().map(|read| read.unwrap_or_else(|_| (lost, Err(panicked()))));
        self.reading = Some(Box::pin(work));
    }

    /// Waits for the reading that is under way, for ever where there is none, and takes it.
    pub(super) async fn next(&mut self) {
        let (arn, read) = match &mut self.reading {
            Some(reading) => reading.await,
            None => std::future::pending().await,
        };
        self.reading = None;
        self.note(arn, read);
    }

    /// Reads all tags, one after the other.
    pub(super) async fn read_all(&mut self, context: &Context) {
        while let Some((arn, service)) = self.unread(context.clock.now()) {
            let read = Box::pin(read_tags(context, &service, &arn)).await;
            self.note(arn, read);
        }
    }

    fn note(&mut self, arn: String, read: Result<TagReading, Failure>) {
        match read {
            Ok(reading) => _ = self.tags.insert(arn, reading),
            Err(failure) if failure.is_gone() => {
                if let Some(tagged) = &mut self.tagged {
                    tagged.remove(&arn);
                }
            }
            Err(failure) => {
                tracing::debug!(arn, error = %failure, "tags could not be read, so nothing is pruned");
                self.failed.insert(arn);
            }
        }
    }

    fn unread(&self, now: Timestamp) -> Option<(String, ServiceId)> {
        let is_fresh =
            |arn: &String| self.tags.get(arn).is_some_and(|reading| now.duration_since(reading.read_at) < TAGS_AGE);
        let mut unread = self.tagged.iter().flatten().filter(|(arn, _)| !is_fresh(arn) && !self.failed.contains(*arn));
        unread.next().map(|(arn, service)| (arn.clone(), service.clone()))
    }

    /// What becomes of what is left; `None` while not everything is known. `reads` as in [`PruneInputs`].
    pub(super) fn plan(
        &self,
        named: &Named,
        owner: &OwnerId,
        owned: usize,
        reads: Option<&Reads>,
        prune: Prune,
    ) -> Option<PrunePlan> {
        let (tagged, _) = self.tagged.as_ref().zip(self.firing.as_ref())?;
        let beside = tagged.iter().filter(|(_, service)| !named.services.contains(service));
        let beside: Option<Vec<_>> =
            beside.map(|(arn, service)| Some((service.clone(), self.tags.get(arn)?.tags.clone()))).collect();
        let (beside, wanted) = (beside?, &named.objects);
        Some(plan_scope(PruneInputs { beside: &beside, owner, wanted, owned, reads, limit: prune.limit }))
    }

    /// The alarms that name a policy of a service.
    pub(super) fn alarms_of(&self, service: &ServiceId) -> BTreeSet<AlarmName> {
        self.firing.iter().filter_map(|firing| firing.get(service)).flatten().cloned().collect()
    }

    /// Forgets what is gone by now.
    pub(super) fn forget(&mut self, gone: &ServiceId) {
        if let Some(tagged) = &mut self.tagged {
            tagged.retain(|_, service| service != gone);
        }
        if let Some(firing) = &mut self.firing {
            firing.remove(gone);
        }
    }
}

/// An orphan as an object of its scope, which is to be absent.
pub(super) fn departed(orphan: &Orphan, scope: &ScopeId, placed: &Placed) -> Assigned {
    Assigned {
        desired: ServiceScaling::departed(orphan.object.clone(), orphan.service.clone()),
        key: TargetKey { scope: scope.clone(), service: orphan.service.clone() },
        mode: placed.mode,
        allow: placed.allow.clone(),
    }
}

/// Whose a resource is, as its tags say now.
pub(super) async fn read_tags(context: &Context, service: &ServiceId, arn: &str) -> Result<TagReading, Failure> {
    let target = TargetKey { scope: context.scope.id().clone(), service: service.clone() };
    let lookup = match Arn::parse(arn) {
        Some(parsed) if parsed.service == "cloudwatch" => Lookup::AlarmTags(arn.to_owned()),
        _ => Lookup::TargetTags(arn.to_owned()),
    };
    match look_up(context, &target, &lookup).await? {
        Found::Tags(_, reading) => Ok(reading),
        Found::TargetGroup(..) | Found::Activities(..) => Err(panicked()),
    }
}

fn alarm_arn(ScopeId { account, region }: &ScopeId, name: &AlarmName) -> String {
    format!("arn:{}:cloudwatch:{region}:{account}:alarm:{name}", partition(region))
}

fn panicked() -> Failure {
    Failure {
        service: AwsService::ApplicationAutoScaling,
        operation: "ListTagsForResource".to_owned(),
        origin: Origin::NotSent,
        message: "the reading of tags ended early, by a fault of the controller".to_owned(),
        effect: Effect::No,
        request_id: None,
    }
}
