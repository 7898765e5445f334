//! Which calls are denied, and when one is tried again.
//!
//! A denial stands for an operation, an action and a resource pattern: objects that need the same wait together, and one
//! probe serves them all (crossplane#3789: 800 tries in 15 minutes). Two that differ in one of the three, in the cluster
//! say, do not hide each other. Once the same call went through on something else, an alarm say, only what was refused
//! itself waits. Pure: the time comes in by argument.

use std::collections::{BTreeMap, BTreeSet};

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
/// A probe is first for what was not refused itself yet, as it may be allowed: what was refused lets it go before, for
/// as long as a sweep takes to come round.
const OTHERS_FIRST: SignedDuration = SignedDuration::from_secs(60 + 6);
const EARLY_FOR: SignedDuration = SignedDuration::from_mins(10);

/// A call, and what it is on.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Which service is called.
    pub service: AwsService,
    /// The operation.
    pub operation: &'a str,
    /// The service that it is for.
    pub key: &'a TargetKey,
    /// Which of several things of the service it is on, such as an alarm's name; empty where there is but one.
    pub on: &'a str,
}

/// What a call is on.
type Subject = (TargetKey, String);

impl Call<'_> {
    fn subject(&self) -> Subject {
        (self.key.clone(), self.on.to_owned())
    }
}

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
    waits: Waits,
}

/// When it was last tried; `None`: a probe is due, whatever the schedule says.
type Probed = Option<Timestamp>;

/// What waits for a denial to end.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Waits {
    /// Whatever needs the call: it went through on nothing yet.
    All { refused: BTreeSet<Subject>, probed: Probed, others_wait: bool },
    /// Only what was refused itself, each by its own schedule: the call went through on something else.
    Refused(BTreeMap<Subject, Probed>),
}

impl Waits {
    /// Whether `subject` may be tried now, and becomes the probe, where one is due after `pause`.
    fn lets_try(&mut self, subject: &Subject, pause: SignedDuration, now: Timestamp) -> bool {
        let is_due = |probed: Probed, pause| probed.is_none_or(|probed| now.duration_since(probed) >= pause);
        match self {
            Self::All { refused, probed, others_wait } => {
                let was_refused = refused.contains(subject);
                let yields = was_refused && *others_wait;
                let lets_try = is_due(*probed, if yields { pause + OTHERS_FIRST } else { pause });
                *others_wait = !lets_try && (*others_wait || !was_refused);
                if lets_try {
                    *probed = Some(now);
                }
                lets_try
            }
            Self::Refused(each) => each.get_mut(subject).is_none_or(|probed| {
                let lets_try = is_due(*probed, pause);
                if lets_try {
                    *probed = Some(now);
                }
                lets_try
            }),
        }
    }

    /// True when it was not known to wait.
    fn refuse(&mut self, subject: Subject, now: Timestamp) -> bool {
        match self {
            Self::All { refused, probed, .. } => {
                refused.insert(subject);
                *probed = Some(now);
                false
            }
            Self::Refused(each) => each.insert(subject, Some(now)).is_none(),
        }
    }

    /// When the one that is due next was last tried.
    fn last_probe(&self) -> Probed {
        match self {
            Self::All { probed, .. } => *probed,
            Self::Refused(each) => each.values().copied().min().flatten(),
        }
    }

    fn probe_now(&mut self) {
        match self {
            Self::All { probed, .. } => *probed = None,
            Self::Refused(each) => each.values_mut().for_each(|probed| *probed = None),
        }
    }

    /// What still waits once the call went through on `subject`: what was refused before is tried again at once.
    fn after(&self, subject: &Subject) -> Option<Self> {
        let left: BTreeMap<Subject, Probed> = match self {
            Self::All { refused, .. } => refused.iter().map(|subject| (subject.clone(), None)).collect(),
            Self::Refused(each) => each.clone(),
        };
        let left: BTreeMap<_, _> = left.into_iter().filter(|(waiting, _)| waiting != subject).collect();
        (!left.is_empty()).then_some(Self::Refused(left))
    }
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
    pub fn note(&mut self, failure: &Failure, call: Call<'_>, now: Timestamp) -> bool {
        if classify(failure) != Class::Denied {
            return false;
        }
        let mut is_new = false;
        for pattern in patterns(failure, call.key) {
            let denial = self.0.entry(pattern).or_insert_with(|| {
                is_new = true;
                let waits = Waits::All { refused: BTreeSet::new(), probed: None, others_wait: false };
                Denial { failure: failure.clone(), since: now, waits }
            });
            denial.failure = failure.clone();
            is_new |= denial.waits.refuse(call.subject(), now);
        }
        is_new
    }

    /// The denial that keeps a call from being sent now. When a probe is due, the caller becomes it: `None`, and others
    /// wait for what comes of it.
    pub fn standing(&mut self, call: Call<'_>, now: Timestamp) -> Option<Failure> {
        let mut waits = None;
        for pattern in self.of_call(call) {
            let Some(denial) = self.0.get_mut(&pattern) else { continue };
            let pause = denial.pause(now);
            if !denial.waits.lets_try(&call.subject(), pause, now) {
                waits = Some(denial.failure.clone());
            }
        }
        waits
    }

    /// Lets each be probed by the next call that needs it: somebody says that it was granted.
    pub fn probe_now(&mut self) {
        self.0.values_mut().for_each(|denial| denial.waits.probe_now());
    }

    /// A call went through: what stood against it has ended.
    pub fn clear(&mut self, call: Call<'_>) {
        for pattern in self.of_call(call) {
            let Some(denial) = self.0.get_mut(&pattern) else { continue };
            match denial.waits.after(&call.subject()) {
                Some(left) => denial.waits = left,
                None => _ = self.0.remove(&pattern),
            }
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
                .waits
                .last_probe()
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

    fn of_call(&self, call: Call<'_>) -> Vec<Pattern> {
        let Call { service, operation, key, .. } = call;
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

    fn call<'a>(operation: &'a str, key: &'a TargetKey) -> Call<'a> {
        Call { service: AAS, operation, key, on: "" }
    }

    fn register(key: &TargetKey) -> Call<'_> {
        call("RegisterScalableTarget", key)
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
        assert!(denials.note(&missing("iam:CreateServiceLinkedRole"), register(&key("B")), at(0)));
        let mut probes = 0;
        for second in 1..3600 {
            for _ in 0..20 {
                if denials.standing(register(&key("B")), at(second)).is_none() {
                    probes += 1;
                    assert!(!denials.note(&missing("iam:CreateServiceLinkedRole"), register(&key("B")), at(second)));
                }
            }
        }
        assert!((19..=22).contains(&probes), "{probes}: ten in ten minutes, ten in the other fifty");
    }

    #[test]
    fn two_that_differ_in_the_cluster_do_not_hide_each_other() {
        let mut denials = Denials::default();
        denials.note(&missing("ecs:UpdateService"), register(&key("B")), at(0));
        assert!(denials.standing(register(&key("B")), at(1)).is_some());
        assert!(denials.standing(register(&key("C")), at(1)).is_none());
        assert!(denials.standing(call("PutScalingPolicy", &key("B")), at(1)).is_none());
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
        denials.note(&denied, register(&key("B")), at(0));
        assert!(denials.standing(call("DescribeScalableTargets", &key("C")), at(1)).is_some());
        assert!(denials.standing(call("DescribeScalableTargets", &other), at(1)).is_none());
    }

    #[test]
    fn a_person_may_ask_for_a_probe_and_gets_one() {
        let mut denials = Denials::default();
        denials.note(&missing("ecs:UpdateService"), register(&key("B")), at(0));
        denials.probe_now();
        let mut standing = |seconds| denials.standing(register(&key("B")), at(seconds)).is_some();
        assert!(!standing(1), "the probe");
        assert!(standing(2), "the others wait for what comes of it");
    }

    #[test]
    fn each_says_since_when_it_stands_and_when_it_is_tried_again() {
        let mut denials = Denials::default();
        denials.note(&missing("ecs:UpdateService"), register(&key("B")), at(0));
        let said = denials.all(at(10));
        assert_eq!(
            (said[0].action.as_str(), said[0].operation.as_str()),
            ("ecs:UpdateService", "RegisterScalableTarget")
        );
        assert_eq!(said[0].resource, "arn:aws:ecs:eu-west-1:111122223333:service/B/*");
        assert_eq!((said[0].since, said[0].next_probe), (at(0), Some(at(54))));
        assert_eq!(denials.all(at(54))[0].next_probe, None, "it is due");
        denials.probe_now();
        assert_eq!(denials.all(at(10))[0].next_probe, None, "somebody asked for it");
    }

    #[test]
    fn a_success_ends_it() {
        let mut denials = Denials::default();
        denials.note(&missing("ecs:UpdateService"), register(&key("B")), at(0));
        denials.clear(register(&key("B")));
        assert!(denials.is_empty());
    }

    /// An explicit Deny on one alarm says nothing of the others.
    #[test]
    fn once_it_went_through_elsewhere_only_what_was_refused_waits() {
        let (web, api) = (key("B"), key("C"));
        let put = |key, on| Call { service: AwsService::CloudWatch, operation: "PutMetricAlarm", key, on };
        let denied = Failure {
            service: AwsService::CloudWatch,
            operation: "PutMetricAlarm".into(),
            origin: Origin::Service { code: "AccessDenied".into(), status: 403 },
            message: "User: x is not authorized to perform: cloudwatch:PutMetricAlarm on resource: \
                      arn:aws:cloudwatch:eu-west-1:111122223333:alarm:high with an explicit deny in an \
                      identity-based policy"
                .into(),
            ..missing("")
        };
        let mut denials = Denials::default();
        assert!(denials.note(&denied, put(&web, "high"), at(0)));
        assert!(denials.standing(put(&api, "low"), at(1)).is_some(), "as far as is known, every alarm waits");
        assert!(denials.standing(put(&api, "low"), at(60)).is_none(), "the probe");
        denials.clear(put(&api, "low"));
        assert!(denials.standing(put(&web, "high"), at(61)).is_none(), "what was refused is tried again at once");
        assert!(!denials.note(&denied, put(&web, "high"), at(61)), "it is not said twice");
        for second in 62..100 {
            assert!(denials.standing(put(&web, "high"), at(second)).is_some());
            assert!(denials.standing(put(&web, "low"), at(second)).is_none());
            denials.clear(put(&web, "low"));
        }
        assert!(denials.standing(put(&web, "high"), at(120)).is_none(), "by its own schedule");
        denials.clear(put(&web, "high"));
        assert!(denials.is_empty());
    }

    #[test]
    fn what_is_no_denial_is_not_noted() {
        let mut failure = missing("x");
        failure.message = "Maximum capacity cannot be less than minimum capacity".into();
        let mut denials = Denials::default();
        assert!(!denials.note(&failure, register(&key("B")), at(0)));
        assert_eq!(denials.len(), 0);
    }
}
