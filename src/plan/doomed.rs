//! What is deleted, as it must still be when the call goes out.
//!
//! Owns the last look before a deletion: whose it is and what it is are read again right before, and what is no longer as
//! it was planned from stays. Decides nothing about what is to go.

use super::ownership::{self, OwnerId, TAG_OBJECT, Untagged, policy_digest, schedule_digest};
use super::prune::is_retained;
use crate::api::desired::ObjectKey;
use crate::model::names::AlarmName;
use crate::model::observed::{ScalingPolicy, ScheduledAction, Tags};

/// A resource of ours that is deleted.
#[derive(Clone, Debug, PartialEq)]
pub struct Doomed {
    /// What it is.
    pub what: Victim,
    /// The ARN of what carries the tags that say that it is ours: an alarm itself, of all else the scalable target.
    pub tagged: String,
    /// Who we are.
    pub owner: OwnerId,
    /// The object that it was made for.
    pub object: ObjectKey,
    /// Whether it goes since that object is gone: then the tags must say that it may.
    pub is_pruned: bool,
}

/// A resource that is deleted, as it was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Victim {
    /// An alarm.
    Alarm(AlarmName),
    /// A scaling policy; target tracking's alarms go with it (S-048).
    Policy(ScalingPolicy),
    /// A scheduled action.
    ScheduledAction(ScheduledAction),
    /// The scalable target, and all that is on it (S-049).
    Target,
}

/// What was read of a target and its tags a moment before a deletion. A list that is not asked for is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastLook {
    /// The tags of [`Doomed::tagged`].
    pub tags: Tags,
    /// The scaling policies on the target.
    pub policies: Vec<ScalingPolicy>,
    /// The scheduled actions on the target.
    pub schedules: Vec<ScheduledAction>,
}

impl Doomed {
    /// Whether the policies on the target must be looked at.
    pub fn looks_at_policies(&self) -> bool {
        matches!(self.what, Victim::Policy(_) | Victim::Target)
    }

    /// Whether the scheduled actions on the target must be looked at.
    pub fn looks_at_schedules(&self) -> bool {
        matches!(self.what, Victim::ScheduledAction(_) | Victim::Target)
    }

    /// Why it must not be deleted after all, by what was read a moment ago.
    pub fn spared(&self, look: &LastLook) -> Option<String> {
        if let Some(why) = self.spared_by_tags(&look.tags) {
            return Some(why);
        }
        match &self.what {
            Victim::Alarm(_) => None,
            Victim::Policy(policy) => {
                let held = look.policies.iter().find(|held| held.name == policy.name)?;
                let is_same = held.arn == policy.arn && held.config == policy.config;
                (!is_same)
                    .then(|| format!("the policy {} is no longer what it was when it was planned to go", held.name))
            }
            Victim::ScheduledAction(action) => {
                let held = look.schedules.iter().find(|held| held.name == action.name)?;
                (held.config != action.config).then(|| {
                    format!("the scheduled action {} is no longer what it was when it was planned to go", held.name)
                })
            }
            Victim::Target => {
                let foreign = foreign_names(&look.tags, &look.policies, &look.schedules);
                (!foreign.is_empty())
                    .then(|| format!("what is not ours is on the scalable target by now: {}", foreign.join(", ")))
            }
        }
    }

    fn spared_by_tags(&self, tags: &Tags) -> Option<String> {
        if !ownership::is_ours_to_write(tags, &self.owner) {
            return Some("its tags no longer say that it is ours, or put the brake on".to_owned());
        }
        if self.is_pruned && (!self.is_of_object(tags) || is_retained(tags)) {
            return Some("its tags no longer say that it may go with its object".to_owned());
        }
        let is_ours = match &self.what {
            Victim::Alarm(_) => self.is_of_object(tags),
            Victim::Policy(policy) => Untagged::Policies.digests(tags).contains(&policy_digest(&policy.name)),
            Victim::ScheduledAction(action) => {
                Untagged::Schedules.digests(tags).contains(&schedule_digest(&action.name))
            }
            Victim::Target => true,
        };
        (!is_ours).then(|| "the tags no longer say that it is ours".to_owned())
    }

    fn is_of_object(&self, tags: &Tags) -> bool {
        tags.get(TAG_OBJECT).is_some_and(|of| *of == self.object.to_string())
    }
}

/// What is on a target and has no digest in its tags: deregistering would take it along (S-049).
pub(super) fn foreign_names(tags: &Tags, policies: &[ScalingPolicy], schedules: &[ScheduledAction]) -> Vec<String> {
    let (ours, our_schedules) = (Untagged::Policies.digests(tags), Untagged::Schedules.digests(tags));
    let policies = policies.iter().filter(|policy| !ours.contains(&policy_digest(&policy.name)));
    let schedules = schedules.iter().filter(|action| !our_schedules.contains(&schedule_digest(&action.name)));
    policies
        .map(|policy| format!("policy {}", policy.name))
        .chain(schedules.map(|action| format!("scheduled action {}", action.name)))
        .collect()
}
