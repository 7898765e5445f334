//! Which calls are denied, and when one is tried again.
//!
//! A denial stands for an operation, an action and a resource pattern: objects that need the same wait together, and one
//! probe serves them all (crossplane#3789: 800 tries in 15 minutes). Two that differ in one of the three, in the cluster
//! say, do not hide each other. Pure: the time comes in by argument.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::class::{Class, classify};
use super::explain::reply_of;
use super::needs::resource_of;
use super::parse::sanitise;
use crate::api::accounts::DenialStatus;
use crate::model::failure::{AwsService, Failure};
use crate::model::names::{Region, TargetKey};

/// Between two probes, for the first ten minutes: one a minute. A probe comes with a sweep, which may come a tenth of its
/// interval early.
const EARLY: SignedDuration = SignedDuration::from_secs(60 - 6);
/// Between two probes, later: one in five minutes.
const LATE: SignedDuration = SignedDuration::from_secs(300 - 6);
const EARLY_FOR: SignedDuration = SignedDuration::from_mins(10);

/// What a denial stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pattern {
    /// A policy may allow one region and deny another; IAM has none.
    region: Option<Region>,
    service: AwsService,
    operation: String,
    action: String,
    resource: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Denial {
    failure: Failure,
    since: Timestamp,
    /// None: a probe is due, whatever the schedule says.
    probed: Option<Timestamp>,
}

impl Denial {
    fn pause(&self, now: Timestamp) -> SignedDuration {
        if now.duration_since(self.since) < EARLY_FOR { EARLY } else { LATE }
    }
}

/// The denials that stand in one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denials(BTreeMap<Pattern, Denial>);

impl Denials {
    /// Takes note of a failed call; one that was not denied changes nothing. True when the denial is new.
    pub fn note(&mut self, failure: &Failure, key: &TargetKey, now: Timestamp) -> bool {
        if classify(failure) != Class::Denied {
            return false;
        }
        let mut is_new = false;
        for pattern in patterns(failure, key) {
            let denial = self.0.entry(pattern).or_insert_with(|| {
                is_new = true;
                Denial { failure: failure.clone(), since: now, probed: None }
            });
            denial.failure = failure.clone();
            denial.probed = Some(now);
        }
        is_new
    }

    /// The denial that keeps a call from being sent now. When a probe is due, the caller becomes it: `None`, and others
    /// wait for what comes of it.
    pub fn standing(
        &mut self,
        service: AwsService,
        operation: &str,
        key: &TargetKey,
        now: Timestamp,
    ) -> Option<Failure> {
        let of_call = self.of_call(service, operation, key);
        let mut waits = None;
        for pattern in of_call {
            let Some(denial) = self.0.get_mut(&pattern) else { continue };
            let pause = denial.pause(now);
            if denial.probed.is_some_and(|probed| now.duration_since(probed) < pause) {
                waits = Some(denial.failure.clone());
            } else {
                denial.probed = Some(now);
            }
        }
        waits
    }

    /// Lets each be probed by the next call that needs it: somebody says that it was granted.
    pub fn probe_now(&mut self) {
        self.0.values_mut().for_each(|denial| denial.probed = None);
    }

    /// A call went through: what stood against it has ended.
    pub fn clear(&mut self, service: AwsService, operation: &str, key: &TargetKey) {
        for pattern in self.of_call(service, operation, key) {
            self.0.remove(&pattern);
        }
    }

    /// Every denial that stands, for people to read.
    pub fn all(&self, now: Timestamp) -> Vec<DenialStatus> {
        let status = |(pattern, denial): (&Pattern, &Denial)| DenialStatus {
            action: sanitise(&pattern.action),
            resource: sanitise(&pattern.resource),
            operation: pattern.operation.clone(),
            region: pattern.region.as_ref().map(Region::to_string),
            since: denial.since,
            next_probe: denial
                .probed
                .and_then(|probed| probed.checked_add(denial.pause(now)).ok())
                .filter(|next| *next > now),
            message: sanitise(&denial.failure.to_string()),
        };
        self.0.iter().map(status).collect()
    }

    /// How many patterns are denied.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is denied.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of_call(&self, service: AwsService, operation: &str, key: &TargetKey) -> Vec<Pattern> {
        let region = region(service, key);
        let matches = |pattern: &&Pattern| {
            pattern.service == service
                && pattern.region == region
                && pattern.operation == operation
                && resource_of(key, &pattern.action).is_none_or(|resource| resource == pattern.resource)
        };
        self.0.keys().filter(matches).cloned().collect()
    }
}

fn region(service: AwsService, key: &TargetKey) -> Option<Region> {
    (service != AwsService::Iam).then(|| key.scope.region.clone())
}

fn patterns(failure: &Failure, key: &TargetKey) -> Vec<Pattern> {
    let reply = reply_of(failure);
    let call = format!("{}:{}", failure.service.iam_prefix(), failure.operation);
    let named = reply.actions();
    let actions = if named.is_empty() { vec![call.as_str()] } else { named };
    let pattern = |action: &str| Pattern {
        region: region(failure.service, key),
        service: failure.service,
        operation: failure.operation.clone(),
        action: action.to_owned(),
        resource: resource_of(key, action).or_else(|| reply.resource.clone()).unwrap_or_default(),
    };
    actions.into_iter().map(pattern).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::{Effect, Origin};
    use crate::model::names::{AccountId, ScopeId, ServiceId};

    const AAS: AwsService = AwsService::ApplicationAutoScaling;

    fn key(cluster: &str) -> TargetKey {
        let scope = ScopeId { account: AccountId::new("111122223333"), region: Region::new("eu-west-1") };
        TargetKey { scope, service: ServiceId::new(cluster, "api") }
    }

    fn missing(actions: &str) -> Failure {
        Failure {
            service: AAS,
            operation: "RegisterScalableTarget".into(),
            origin: Origin::Service { code: "ValidationException".into(), status: 400 },
            message: format!("User is missing the following permissions: {actions}"),
            effect: Effect::No,
            request_id: None,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    #[test]
    fn one_probe_a_minute_serves_all_and_later_one_in_five() {
        let mut denials = Denials::default();
        assert!(denials.note(&missing("iam:CreateServiceLinkedRole"), &key("B"), at(0)));
        let mut probes = 0;
        for second in 1..3600 {
            for _ in 0..20 {
                if denials.standing(AAS, "RegisterScalableTarget", &key("B"), at(second)).is_none() {
                    probes += 1;
                    assert!(!denials.note(&missing("iam:CreateServiceLinkedRole"), &key("B"), at(second)));
                }
            }
        }
        assert!((19..=22).contains(&probes), "{probes}: ten in ten minutes, ten in the other fifty");
    }

    #[test]
    fn two_that_differ_in_the_cluster_do_not_hide_each_other() {
        let mut denials = Denials::default();
        denials.note(&missing("ecs:UpdateService"), &key("B"), at(0));
        assert!(denials.standing(AAS, "RegisterScalableTarget", &key("B"), at(1)).is_some());
        assert!(denials.standing(AAS, "RegisterScalableTarget", &key("C"), at(1)).is_none());
        assert!(denials.standing(AAS, "PutScalingPolicy", &key("B"), at(1)).is_none());
    }

    #[test]
    fn two_regions_do_not_hide_each_other() {
        let denied = Failure {
            operation: "DescribeScalableTargets".into(),
            origin: Origin::Service { code: "AccessDeniedException".into(), status: 400 },
            message: "User: x is not authorized to perform: application-autoscaling:DescribeScalableTargets on \
                      resource: *"
                .into(),
            ..missing("")
        };
        let mut other = key("B");
        other.scope.region = Region::new("us-east-1");
        let mut denials = Denials::default();
        denials.note(&denied, &key("B"), at(0));
        assert!(denials.standing(AAS, "DescribeScalableTargets", &key("C"), at(1)).is_some());
        assert!(denials.standing(AAS, "DescribeScalableTargets", &other, at(1)).is_none());
    }

    #[test]
    fn a_person_may_ask_for_a_probe_and_gets_one() {
        let mut denials = Denials::default();
        denials.note(&missing("ecs:UpdateService"), &key("B"), at(0));
        denials.probe_now();
        let mut standing = |seconds| denials.standing(AAS, "RegisterScalableTarget", &key("B"), at(seconds)).is_some();
        assert!(!standing(1), "the probe");
        assert!(standing(2), "the others wait for what comes of it");
    }

    #[test]
    fn each_says_since_when_it_stands_and_when_it_is_tried_again() {
        let mut denials = Denials::default();
        denials.note(&missing("ecs:UpdateService"), &key("B"), at(0));
        let said = denials.all(at(10));
        assert_eq!(
            (said[0].action.as_str(), said[0].operation.as_str()),
            ("ecs:UpdateService", "RegisterScalableTarget")
        );
        assert_eq!(said[0].resource, "arn:aws:ecs:eu-west-1:111122223333:service/B/api");
        assert_eq!((said[0].since, said[0].next_probe), (at(0), Some(at(54))));
        assert_eq!(denials.all(at(54))[0].next_probe, None, "it is due");
        denials.probe_now();
        assert_eq!(denials.all(at(10))[0].next_probe, None, "somebody asked for it");
    }

    #[test]
    fn a_success_ends_it() {
        let mut denials = Denials::default();
        denials.note(&missing("ecs:UpdateService"), &key("B"), at(0));
        denials.clear(AAS, "RegisterScalableTarget", &key("B"));
        assert!(denials.is_empty());
    }

    #[test]
    fn what_is_no_denial_is_not_noted() {
        let mut failure = missing("x");
        failure.message = "Maximum capacity cannot be less than minimum capacity".into();
        let mut denials = Denials::default();
        assert!(!denials.note(&failure, &key("B"), at(0)));
        assert_eq!(denials.len(), 0);
    }
}
