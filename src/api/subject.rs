//! An object as the simulation plays it.

use super::desired::{DesiredPolicy, ServiceScaling};
use crate::model::capacity::SuspendedState;
use crate::model::simulation::subject::{PolicyAlarm, Subject};

impl ServiceScaling {
    /// What a simulation plays of it. Suspended scaling that it leaves unset is not suspended.
    pub fn subject(&self) -> Subject {
        let suspended = self.suspended.over(SuspendedState::default());
        let mut subject = Subject::new(self.key.to_string(), self.service.clone(), self.range, suspended);
        for policy in &self.policies {
            match policy.config_at(None) {
                Some(config) => subject.add_policy(policy.name.as_str(), config, alarms(policy)),
                None => subject.left_out.push(format!(
                    "{}: its steps follow the threshold of an alarm that is not part of the object",
                    policy.name
                )),
            }
        }
        let schedules = self.schedules.iter();
        subject.schedules = schedules.map(|schedule| (schedule.name.to_string(), schedule.config.clone())).collect();
        subject
    }
}

fn alarms(policy: &DesiredPolicy) -> Vec<PolicyAlarm> {
    let alarm =
        |alarm: &super::desired::DesiredAlarm| PolicyAlarm { name: alarm.name.clone(), config: alarm.config.clone() };
    policy.alarms.iter().map(alarm).collect()
}
