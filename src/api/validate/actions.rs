//! An alarm's further actions, beside the policy that it fires.

use std::collections::BTreeSet;

use super::target::Place;
use crate::api::desired::{DesiredActions, ServiceScaling};
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::AlarmSpec;
use crate::model::arn::{self, Arn};
use crate::model::names::Region;

/// AWS takes five actions a state (S-061); on `ALARM` one of them is the policy.
const MAX_ACTIONS: usize = 5;

/// What may stand behind `arn:PARTITION:` in an action (S-070).
const VENDORS: [&str; 8] = ["automate", "sns", "autoscaling", "ssm", "ssm-incidents", "lambda", "aiops", "swf"];

/// Checks the three lists (S-069, S-070), but for their regions: see [`check_regions`].
pub(super) fn check(
    spec: &AlarmSpec,
    policy: &str,
    place: &Place,
    at: &Path,
    report: &mut Report<'_>,
) -> DesiredActions {
    let mut list = |name: &str, written: Option<&Vec<String>>, max: usize| {
        let path = at.key(name);
        let written = written?;
        for (index, text) in written.iter().enumerate() {
            check_action(text, policy, place, &path.index(index), report);
        }
        let actions: BTreeSet<String> = written.iter().cloned().collect();
        if actions.len() > max {
            let message = format!("there are {} actions; at most {max} may stand here", actions.len());
            report.error(&path, message, "notify one SNS topic, and let it reach the others");
        }
        Some(actions)
    };
    DesiredActions {
        alarm: list("alarmActions", spec.alarm_actions.as_ref(), MAX_ACTIONS - 1),
        ok: list("okActions", spec.ok_actions.as_ref(), MAX_ACTIONS),
        insufficient_data: list("insufficientDataActions", spec.insufficient_data_actions.as_ref(), MAX_ACTIONS),
    }
}

fn check_action(text: &str, policy: &str, place: &Place, path: &Path, report: &mut Report<'_>) {
    let Some(arn) = Arn::parse(text).filter(|_| text.len() <= 1024) else {
        let hint = "write an ARN of at most 1024 characters, such as arn:aws:sns:REGION:ACCOUNT:TOPIC";
        return report.error(path, format!("`{text}` is not an ARN"), hint);
    };
    if !VENDORS.contains(&arn.service.as_str()) {
        let message = format!("an alarm cannot act on `{}`", arn.service);
        return report.error(path, message, format!("CloudWatch takes {}", VENDORS.join(", ")));
    }
    let own = arn::policy(text).is_some_and(|named| named.service == place.service && named.policy_name == policy);
    if own {
        let hint = "remove it: the policy is always among the alarm's actions, with the ARN that AWS gave it";
        report.error(path, "this is the policy's own ARN", hint);
    }
}

/// Checks that all actions are in the alarm's region (S-070), once that is known from the object or its account.
pub(in crate::api) fn check_regions(object: &ServiceScaling, report: &mut Report<'_>) {
    let Some(region) = &object.region else { return };
    for alarm in object.policies.iter().flat_map(|policy| &policy.alarms) {
        let DesiredActions { alarm: on_alarm, ok, insufficient_data } = &alarm.actions;
        for (name, list) in
            [("alarmActions", on_alarm), ("okActions", ok), ("insufficientDataActions", insufficient_data)]
        {
            list.iter().flatten().for_each(|action| check_region(action, region, &alarm.at.key(name), report));
        }
    }
}

/// Some actions, such as those of `ssm-incidents`, are of no region.
fn check_region(action: &str, region: &Region, list: &Path, report: &mut Report<'_>) {
    let other = Arn::parse(action).map(|arn| arn.region).filter(|other| !other.is_empty() && other != region.as_str());
    if let Some(other) = other {
        let message = format!("`{action}` is in the region {other}, and the alarm is in {region}");
        report.error(list, message, "an alarm acts in its own region only: name something there");
    }
}
