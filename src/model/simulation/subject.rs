//! What is played: one service's scaling, as it is wanted or as AWS holds it.

use crate::model::alarm::AlarmConfig;
use crate::model::capacity::{CapacityRange, SuspendedState};
use crate::model::metric::SingleMetric;
use crate::model::names::{AlarmName, ServiceId};
use crate::model::observed::{ObservedTarget, Read};
use crate::model::policy::PolicyConfig;
use crate::model::scheduled_action::ScheduledActionConfig;
use crate::model::tracking;

/// One service's scaling.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// What it is called: the object's key, or what it was read from.
    pub name: String,
    /// The service.
    pub service: ServiceId,
    /// Min and max.
    pub range: CapacityRange,
    /// What is suspended.
    pub suspended: SuspendedState,
    /// Scaling policies.
    pub policies: Vec<Policy>,
    /// Scheduled actions by name.
    pub schedules: Vec<(String, ScheduledActionConfig)>,
    /// What cannot be played of it, a sentence each.
    pub left_out: Vec<String>,
}

/// A scaling policy and the alarms that call it.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Whole: with steps relative to the threshold.
    pub config: PolicyConfig,
    /// Those of target tracking too.
    pub alarms: Vec<PolicyAlarm>,
}

/// An alarm that calls a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyAlarm {
    /// Its name.
    pub name: AlarmName,
    /// Canonical.
    pub config: AlarmConfig,
}

impl Subject {
    /// A service with its bounds, and nothing that moves it.
    pub fn new(name: impl Into<String>, service: ServiceId, range: CapacityRange, suspended: SuspendedState) -> Self {
        Self {
            name: name.into(),
            service,
            range,
            suspended,
            policies: Vec::new(),
            schedules: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Adds a policy with its own alarms. Those of target tracking are made as AWS makes them; what has none is said.
    pub fn add_policy(&mut self, name: &str, config: PolicyConfig, mut alarms: Vec<PolicyAlarm>) {
        match &config {
            PolicyConfig::Predictive(_) => {
                self.left_out.push(format!("{name}: predictive scaling; AWS's forecast cannot be made here"));
                return;
            }
            PolicyConfig::TargetTracking(tracking) => match tracking::alarms(&self.service, tracking) {
                Some(made) => alarms.extend(made.into_iter().map(|(side, config)| PolicyAlarm {
                    name: AlarmName::new(format!(
                        "TargetTracking-{}-{name}-{}",
                        self.service.resource_id(),
                        side.as_str()
                    )),
                    config,
                })),
                None => self
                    .left_out
                    .push(format!("{name}: the metric that it tracks is not known without a resource label")),
            },
            PolicyConfig::Step(_) if alarms.is_empty() => {
                self.left_out
                    .push(format!("{name}: its alarm is not part of the object, so that nothing calls it here"));
            }
            PolicyConfig::Step(_) => {}
        }
        self.policies.push(Policy { name: name.to_owned(), config, alarms });
    }

    /// What AWS holds. `None` where there is no scalable target, or it was not read completely.
    pub fn of_observed(name: &str, service: &ServiceId, observed: &ObservedTarget) -> Option<Self> {
        let target = observed.target.known()?.as_ref()?;
        let mut subject = Self::new(name, service.clone(), target.range, target.suspended);
        for policy in observed.policies.known()? {
            let config = match &policy.config {
                Ok(config) => config.clone(),
                Err(kind) => {
                    subject.left_out.push(format!("{}: a policy of the kind {kind}", policy.name));
                    continue;
                }
            };
            let mut alarms = Vec::new();
            for named in policy.alarms.iter().filter(|_| config.step().is_some()) {
                match observed.alarms.get(&named.name).map(Read::known) {
                    Some(Some(Some(alarm))) if alarm.config.is_ok() => {
                        let config = alarm.config.clone().ok();
                        alarms.extend(config.map(|config| PolicyAlarm { name: named.name.clone(), config }));
                    }
                    _ => subject.left_out.push(format!("{}: its alarm {} could not be read", policy.name, named.name)),
                }
            }
            subject.add_policy(policy.name.as_str(), config, alarms);
        }
        for action in observed.scheduled_actions.known()? {
            subject.schedules.push((action.name.to_string(), action.config.clone()));
        }
        Some(subject)
    }

    /// Every metric that an alarm looks at, each once.
    pub fn metrics(&self) -> Vec<&SingleMetric> {
        let mut metrics: Vec<&SingleMetric> = Vec::new();
        for metric in self.alarms().flat_map(|alarm| alarm.config.metric.metrics()) {
            if !metrics.contains(&metric) {
                metrics.push(metric);
            }
        }
        metrics
    }

    /// The alarms of every policy.
    pub fn alarms(&self) -> impl Iterator<Item = &PolicyAlarm> {
        self.policies.iter().flat_map(|policy| &policy.alarms)
    }
}
