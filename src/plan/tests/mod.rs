//! Plans, from the point of view of a person who reads them: what is wanted, what is there, and what comes of it.

mod after;
mod allow;
mod attach;
mod capacity;
mod lint;
mod memory;
mod order;
mod owners;
mod prune;
mod removal;
mod respelled;
mod scope;
mod tags;
mod tracking;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::ownership::{Untagged, object_tags};
use super::*;
use crate::api::load::{SourceFile, load};
use crate::api::status::Reason;
use crate::model::alarm::{AlarmActions, AlarmState};
use crate::model::capacity::{CapacityRange, SuspendedState};
use crate::model::failure::{AwsService, Effect, Failure, Origin};
use crate::model::names::{AccountId, AlarmName, PolicyName, Region, ScopeId};
use crate::model::observed::{Alarm, AlarmReading, Read, RoleStanding, ScalableTarget, ScalingPolicy, TagReading};

const YAML: &str = include_str!("../../../deploy/examples/search-api.yaml");
const POLICY: &str = "ECSPersonalScaleOutPolicyProd";
const ALARM: &str = "ECSPersonalScaleOutAlarmProd";
const TARGET_ARN: &str = "arn:aws:application-autoscaling:ap-northeast-2:111122223333:scalable-target/1";
const ALARM_ARN: &str = "arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:ECSPersonalScaleOutAlarmProd";

/// Everything that a plan is made from, in one's hands.
struct Scene {
    desired: ServiceScaling,
    key: TargetKey,
    observed: ObservedTarget,
    memory: Memory,
    owner: OwnerId,
    allow: Allow,
    taken: BTreeSet<AlarmName>,
    mode: Mode,
    now: Timestamp,
}

fn service_scaling(yaml: &str) -> ServiceScaling {
    let loaded = load(&[SourceFile { path: "test.yaml".into(), bytes: yaml.as_bytes().to_vec() }]);
    loaded.desired.services.into_values().next().unwrap_or_else(|| panic!("{:#?}", loaded.findings))
}

impl Scene {
    /// search-api with two tasks, and nothing of scaling.
    fn empty() -> Self {
        Self::of(YAML)
    }

    fn of(yaml: &str) -> Self {
        let desired = service_scaling(yaml);
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let scope = ScopeId { account: AccountId::new("111122223333"), region: Region::new("ap-northeast-2") };
        let service = Service {
            arn: "arn:aws:ecs:ap-northeast-2:111122223333:service/B/search-api".into(),
            status: "ACTIVE".into(),
            desired_count: 2,
            running_count: 2,
            pending_count: 0,
            daemon: false,
            code_deploy: false,
            deploying: false,
            target_groups: vec![],
        };
        let names = desired.policies.iter().flat_map(|policy| &policy.alarms).map(|alarm| alarm.name.clone());
        let observed = ObservedTarget {
            read_at: now,
            service: Read::Known(Some(service)),
            target: Read::Known(None),
            policies: Read::Known(vec![]),
            scheduled_actions: Read::Known(vec![]),
            alarms: names.map(|name| (name, Read::Known(None))).collect(),
            others: BTreeMap::new(),
        };
        Self {
            key: TargetKey { scope, service: desired.service.clone() },
            desired,
            observed,
            memory: Memory::default(),
            owner: OwnerId::parse("us").unwrap(),
            allow: Allow::default(),
            taken: BTreeSet::new(),
            mode: Mode::Apply,
            now,
        }
    }

    /// search-api, in place and ours; the tags were read with the rest.
    fn in_place() -> Self {
        let mut scene = Self::empty();
        let target = ScalableTarget {
            arn: Some(TARGET_ARN.into()),
            range: scene.desired.range,
            suspended: SuspendedState::default(),
        };
        let policy = scene.desired.policies[0].clone();
        let arn = policy_arn("1");
        let held = ScalingPolicy {
            name: policy.name.clone(),
            arn: arn.clone(),
            config: Ok(policy.config.clone()),
            alarms: vec![],
        };
        let alarm = Alarm {
            arn: ALARM_ARN.into(),
            config: Ok(policy.alarms[0].config.clone()),
            actions: AlarmActions { alarm: [arn].into(), ..AlarmActions::default() },
            state: AlarmState::Ok,
            reading: Some(AlarmReading::default()),
        };
        let mut tags = object_tags(&scene.desired, &scene.owner);
        scene.knows(ALARM_ARN, tags.clone());
        tags.extend(Untagged::Policies.tags(&[policy_digest(&policy.name)].into()));
        scene.knows(TARGET_ARN, tags);
        scene.observed.target = Read::Known(Some(target));
        scene.observed.policies = Read::Known(vec![held]);
        scene.observed.alarms = BTreeMap::from([(AlarmName::new(ALARM), Read::Known(Some(alarm)))]);
        scene
    }

    fn knows(&mut self, arn: &str, tags: crate::model::observed::Tags) {
        self.memory.tags.insert(arn.into(), TagReading { tags, read_at: self.now });
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs {
            desired: &self.desired,
            key: &self.key,
            observed: &self.observed,
            memory: &self.memory,
            owner: &self.owner,
            allow: &self.allow,
            role: &RoleStanding::Present,
            taken: &self.taken,
            mode: self.mode,
            now: self.now,
        }
    }

    /// The plan, which must keep the independent rules.
    fn plan(&self) -> Plan {
        let plan = plan_target(self.inputs());
        assert_eq!(super::lint(&plan, self.inputs()), Ok(()), "{plan:#?}");
        plan
    }

    fn target(&mut self) -> &mut ScalableTarget {
        match &mut self.observed.target {
            Read::Known(Some(target)) => target,
            other => panic!("{other:?}"),
        }
    }

    fn service(&mut self) -> &mut Service {
        match &mut self.observed.service {
            Read::Known(Some(service)) => service,
            other => panic!("{other:?}"),
        }
    }

    fn policies(&mut self) -> &mut Vec<ScalingPolicy> {
        match &mut self.observed.policies {
            Read::Known(policies) => policies,
            other => panic!("{other:?}"),
        }
    }

    fn alarm(&mut self) -> &mut Alarm {
        match self.observed.alarms.get_mut(&AlarmName::new(ALARM)) {
            Some(Read::Known(Some(alarm))) => alarm,
            other => panic!("{other:?}"),
        }
    }

    /// Time passes, and everything is read again.
    fn later(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        self.observed.read_at = self.now;
    }

    /// Carries a plan out as far as memory is concerned; AWS shows nothing of it yet.
    fn remember_done(&mut self, plan: &Plan) {
        let done =
            |action| Outcome { action, at: self.now, result: OutcomeResult::Done { arn: None, request_id: None } };
        let outcomes: Vec<Outcome> = (0..plan.actions.len()).map(done).collect();
        let memory = std::mem::take(&mut self.memory);
        self.memory = remember(memory, plan, &outcomes, &self.desired.spec_hash, self.now);
    }
}

fn policy_arn(id: &str) -> String {
    format!(
        "arn:aws:autoscaling:ap-northeast-2:111122223333:scalingPolicy:{id}:resource/ecs/service/B/search-api:policyName/{POLICY}"
    )
}

fn failure() -> Failure {
    Failure {
        service: AwsService::ApplicationAutoScaling,
        operation: "DescribeScalingPolicies".into(),
        origin: Origin::Service { code: "ThrottlingException".into(), status: 400 },
        message: "Rate exceeded".into(),
        effect: Effect::No,
        request_id: None,
    }
}

/// What is done, in order.
fn parts(plan: &Plan) -> Vec<Part> {
    plan.actions.iter().map(|action| action.part.clone()).collect()
}

/// What is withheld, and why.
fn withheld(plan: &Plan) -> Vec<(Part, Reason)> {
    plan.withheld.iter().map(|withheld| (withheld.part.clone(), withheld.reason)).collect()
}

fn policy_part() -> Part {
    Part::Policy(PolicyName::new(POLICY))
}

fn alarm_part() -> Part {
    Part::Alarm(AlarmName::new(ALARM))
}

fn range(min: i32, max: i32) -> CapacityRange {
    CapacityRange::new(min, max).unwrap()
}

#[test]
fn what_is_in_place_leaves_nothing_to_plan() {
    assert!(Scene::in_place().plan().is_empty());
}
