//! There and back: what AWS holds becomes an object, and the plan of that object writes nothing but tags.

mod clones;
mod notes;
mod round_trip;

use super::*;
use crate::api::desired::{Allow, Mode, ServiceScaling};
use crate::api::load::{SourceFile, load};
use crate::model::alarm::{
    AlarmActions, AlarmConfig, AlarmState, ComparisonOperator, EvaluationWindow, TreatMissingData,
};
use crate::model::capacity::{CapacityRange, SuspendedState};
use crate::model::metric::{AlarmMetric, MetricStatistic, SingleMetric, Statistic};
use crate::model::names::{AccountId, AlarmName, PolicyName, Region, ScheduledActionName, ScopeId};
use crate::model::number::Number;
use crate::model::observed::{AlarmReading, AlarmRef, RoleStanding, Service, TagReading};
use crate::model::policy::{AdjustmentType, PolicyConfig, StepAdjustment, StepScalingConfig};
use crate::model::scheduled_action::ScheduledActionConfig;
use crate::plan::{Inputs, Memory, OwnerId, Plan, Verb, plan_target};

const NOW: &str = "2026-03-02T09:00:00Z";
const TARGET_ARN: &str = "arn:aws:application-autoscaling:ap-northeast-2:111122223333:scalable-target/1";

/// What AWS holds, in one's hands: search-api of B, with a policy that its own alarm fires.
struct Scene {
    key: TargetKey,
    observed: ObservedTarget,
    tags: BTreeMap<String, Tags>,
    wish: Wish,
}

fn n(value: f64) -> Number {
    Number::new(value).unwrap()
}

fn policy_arn(name: &str) -> String {
    format!(
        "arn:aws:autoscaling:ap-northeast-2:111122223333:scalingPolicy:00000000-0000-0000-0000-000000000000:resource/ecs/service/B/search-api:policyName/{name}"
    )
}

fn alarm_arn(name: &str) -> String {
    format!("arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:{name}")
}

fn own_dimensions() -> BTreeMap<String, String> {
    [("ClusterName", "B"), ("ServiceName", "search-api")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
}

fn cpu_above(threshold: f64) -> AlarmConfig {
    AlarmConfig {
        description: String::new(),
        actions_enabled: true,
        metric: AlarmMetric::Single(SingleMetric {
            namespace: "AWS/ECS".into(),
            metric_name: "CPUUtilization".into(),
            dimensions: own_dimensions(),
            statistic: MetricStatistic::Simple(Statistic::Average),
            period: 60,
            unit: None,
        }),
        evaluation_periods: 1,
        datapoints_to_alarm: 1,
        threshold: n(threshold),
        comparison_operator: ComparisonOperator::GreaterThanOrEqualToThreshold,
        treat_missing_data: TreatMissingData::Missing,
        evaluate_low_sample_count_percentile: None,
        evaluation_window: EvaluationWindow::Sliding,
        warm_up: None,
        tags_propagation: None,
    }
}

fn step(lower: Option<f64>, upper: Option<f64>, adjustment: i32) -> StepAdjustment {
    StepAdjustment { lower: lower.map(n), upper: upper.map(n), adjustment }
}

fn founding_steps() -> PolicyConfig {
    let steps = vec![step(Some(0.0), Some(10.0), 2), step(Some(10.0), Some(20.0), 2), step(Some(20.0), None, 4)];
    PolicyConfig::Step(StepScalingConfig::canonical(AdjustmentType::ChangeInCapacity, steps, None, None, None))
}

impl Scene {
    fn empty() -> Self {
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
        let target = ScalableTarget {
            arn: Some(TARGET_ARN.into()),
            range: CapacityRange::new(2, 20).unwrap(),
            suspended: SuspendedState::default(),
        };
        let observed = ObservedTarget {
            read_at: NOW.parse().unwrap(),
            service: Read::Known(Some(service)),
            target: Read::Known(Some(target)),
            policies: Read::Known(vec![]),
            scheduled_actions: Read::Known(vec![]),
            alarms: BTreeMap::new(),
            others: BTreeMap::new(),
        };
        let wish = Wish { name: "search-api".into(), account: None, clone_to: None };
        let tags = BTreeMap::from([(TARGET_ARN.to_owned(), Tags::new())]);
        Self { key: TargetKey { scope, service: ServiceId::new("B", "search-api") }, observed, tags, wish }
    }

    /// The founding story's policy and alarm.
    fn founding() -> Self {
        let mut scene = Self::empty();
        scene.add_policy("out", founding_steps(), &["cpu-high"]);
        scene.add_alarm("cpu-high", cpu_above(30.0), &["out"]);
        scene
    }

    fn add_policy(&mut self, name: &str, config: PolicyConfig, alarms: &[&str]) {
        let alarm = |name: &&str| AlarmRef { name: AlarmName::new(*name), arn: alarm_arn(name) };
        let Read::Known(policies) = &mut self.observed.policies else { panic!("read") };
        policies.push(ScalingPolicy {
            name: PolicyName::new(name),
            arn: policy_arn(name),
            config: Ok(config),
            alarms: alarms.iter().map(alarm).collect(),
        });
    }

    fn add_alarm(&mut self, name: &str, config: AlarmConfig, policies: &[&str]) {
        let actions =
            AlarmActions { alarm: policies.iter().map(|p| policy_arn(p)).collect(), ..AlarmActions::default() };
        let alarm = Alarm {
            arn: alarm_arn(name),
            config: Ok(config),
            actions,
            state: AlarmState::Ok,
            reading: Some(AlarmReading::default()),
        };
        self.tags.insert(alarm.arn.clone(), Tags::new());
        self.observed.alarms.insert(AlarmName::new(name), Read::Known(Some(alarm)));
    }

    fn add_schedule(&mut self, name: &str, config: ScheduledActionConfig) {
        let Read::Known(actions) = &mut self.observed.scheduled_actions else { panic!("read") };
        let (name, created) = (ScheduledActionName::new(name), NOW.parse().unwrap());
        actions.push(ScheduledAction { name, arn: None, config: config.canonical(), created });
    }

    fn alarm(&mut self, name: &str) -> &mut Alarm {
        let Some(Read::Known(Some(alarm))) = self.observed.alarms.get_mut(&AlarmName::new(name)) else {
            panic!("no {name}")
        };
        alarm
    }

    fn target(&mut self) -> &mut ScalableTarget {
        let Read::Known(Some(target)) = &mut self.observed.target else { panic!("no target") };
        target
    }

    fn tag(&mut self, arn: &str, pairs: &[(&str, &str)]) {
        self.tags.insert(arn.into(), pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect());
    }

    fn try_export(&self) -> Result<Exported, ExportError> {
        export(Held { key: &self.key, observed: &self.observed, tags: &self.tags }, &self.wish)
    }

    fn export(&self) -> Exported {
        self.try_export().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The exported object, loaded as a file would be.
    fn loaded(&self) -> ServiceScaling {
        let yaml = self.export().yaml();
        let loaded = load(&[SourceFile { path: "export.yaml".into(), bytes: yaml.clone().into_bytes() }]);
        loaded.desired.services.into_values().next().unwrap_or_else(|| panic!("{yaml}\n{:#?}", loaded.findings))
    }

    /// The plan of the exported object, with every tag known.
    fn plan(&self) -> Plan {
        let desired = self.loaded();
        let now = NOW.parse().unwrap();
        let reading = |(arn, tags): (&String, &Tags)| (arn.clone(), TagReading { tags: tags.clone(), read_at: now });
        let memory = Memory { tags: self.tags.iter().map(reading).collect(), ..Memory::default() };
        let (owner, allow) = (OwnerId::parse("it").unwrap(), Allow::default());
        plan_target(Inputs {
            desired: &desired,
            key: &self.key,
            observed: &self.observed,
            memory: &memory,
            owner: &owner,
            allow: &allow,
            role: &RoleStanding::Present,
            taken: &BTreeSet::new(),
            mode: Mode::Apply,
            now,
        })
    }

    /// Nothing but tags of ownership is written.
    fn assert_only_tags(&self) {
        let plan = self.plan();
        let writes: Vec<_> = plan.actions.iter().filter(|action| action.verb != Verb::Tag).collect();
        let yaml = self.export().yaml();
        assert!(writes.is_empty() && plan.withheld.is_empty() && plan.lookups.is_empty(), "{yaml}\n{plan:#?}");
        let changes = plan.actions.iter().flat_map(|action| &action.changes);
        for change in changes {
            assert!(change.field.starts_with("tags.ecs-scaling.dev/"), "{yaml}\n{change:?}");
        }
    }

    fn notes(&self) -> String {
        self.export().notes.into_iter().map(|note| note.message + "\n").collect()
    }
}
