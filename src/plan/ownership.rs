//! Who owns a resource: ownership lives in AWS, in tags.
//!
//! Scalable targets and alarms carry tags. Policies and scheduled actions cannot be tagged, so the target's tags also
//! hold a short digest of the name of each, written before it is put. Nor is anything written into the tags of somebody
//! else's alarm: that we attached a policy to one is told by a digest of the two names in the target's tags, written
//! before it is done.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::api::desired::{DeletionPolicy, Mode, ObjectKey, ServiceScaling};
use crate::model::fields::Change;
use crate::model::names::{AlarmName, PolicyName, ScheduledActionName};
use crate::model::observed::Tags;

/// The tag that holds the owner id.
pub const TAG_OWNER: &str = "ecs-scaling.dev/owner";
/// The tag that holds the object's `namespace/name`.
pub const TAG_OBJECT: &str = "ecs-scaling.dev/object";
/// The tag that holds the object's deletion policy.
pub(super) const TAG_DELETION_POLICY: &str = "ecs-scaling.dev/deletion-policy";
/// The brake: `Observe` on a target stops every write to it and to what belongs to it.
pub const TAG_MODE: &str = "ecs-scaling.dev/mode";
/// The range of the spec as it was last applied, on a target that has scheduled actions.
pub(super) const TAG_RANGE: &str = "ecs-scaling.dev/range";
/// A tag value has at most 256 characters (S-007).
const TAG_VALUE_MAX: usize = 256;
/// This controller's own tags begin with this.
const TAG_PREFIX: &str = "ecs-scaling.dev/";
/// CloudFormation's own tags begin with this.
const CLOUDFORMATION: &str = "aws:cloudformation:";

/// The controller's owner id: which resources are its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnerId(String);

impl OwnerId {
    /// Checks an owner id: 1 to 64 letters, digits, `.`, `_`, `-`, `/`, which every tag value may hold.
    pub fn parse(text: &str) -> Result<Self, String> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
        if text.is_empty() || text.len() > 64 || !text.chars().all(legal) {
            return Err("an owner id has 1 to 64 letters, digits, '.', '_', '-' or '/'".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for OwnerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who owns a resource, as its tags say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The tags were not read, or too long ago.
    Unknown,
    /// This controller.
    Ours,
    /// Another controller, by its owner id.
    Other(String),
    /// A CloudFormation stack.
    CloudFormation(String),
    /// Nobody says so.
    Nobody,
}

impl Ownership {
    /// Who it is, for a message.
    pub fn describe(&self) -> String {
        match self {
            Self::Unknown => "an unknown owner".to_owned(),
            Self::Ours => "this controller".to_owned(),
            Self::Other(owner) => format!("the owner {owner:?} (tag {TAG_OWNER})"),
            Self::CloudFormation(stack) => format!("the CloudFormation stack {stack:?}"),
            Self::Nobody => "nobody known: it carries no owner tag".to_owned(),
        }
    }
}

/// Who owns what carries these tags, from this owner's point of view.
pub fn classify(tags: &Tags, owner: &OwnerId) -> Ownership {
    match holder(tags) {
        Ownership::Other(id) if id == owner.as_str() => Ownership::Ours,
        held => held,
    }
}

/// Who owns what carries these tags, as somebody without an owner id sees it; never [`Ownership::Ours`]. CloudFormation
/// is looked for first: its stacks write back what they hold.
pub fn holder(tags: &Tags) -> Ownership {
    if let Some((_, stack)) = tags.iter().find(|(key, _)| key.starts_with(CLOUDFORMATION)) {
        let stack = tags.get("aws:cloudformation:stack-name").unwrap_or(stack);
        return Ownership::CloudFormation(stack.clone());
    }
    tags.get(TAG_OWNER).map_or(Ownership::Nobody, |id| Ownership::Other(id.clone()))
}

/// Whether a tag is the user's own: neither AWS's nor this controller's.
pub fn is_users_tag(key: &str) -> bool {
    !key.starts_with("aws:") && !key.starts_with(TAG_PREFIX)
}

/// Another owner id that holds our objects' resources while ours holds none: most likely `--owner` is wrong.
///
/// `resources` are tags, each with the object that it was read for.
pub fn mistaken_owner<'a>(
    resources: impl IntoIterator<Item = (&'a ObjectKey, &'a Tags)>,
    owner: &OwnerId,
) -> Option<&'a str> {
    let mut other = None;
    for (object, tags) in resources {
        match tags.get(TAG_OWNER) {
            Some(id) if id == owner.as_str() => return None,
            Some(id) if tags.get(TAG_OBJECT).is_some_and(|of| *of == object.to_string()) => other = Some(id.as_str()),
            _ => {}
        }
    }
    other
}

/// Whether the brake is on.
pub(super) fn brake(tags: &Tags) -> Mode {
    match tags.get(TAG_MODE).map(String::as_str) {
        Some("Apply") | None => Mode::Apply,
        Some(_) => Mode::Observe, // a brake that is misspelled still brakes
    }
}

/// What cannot be tagged itself, and is owned by a digest in the target's tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Untagged {
    /// Scaling policies.
    Policies,
    /// Scheduled actions.
    Schedules,
    /// Where our policies were attached to alarms of others.
    Attachments,
}

impl Untagged {
    /// Every kind.
    pub(super) const ALL: [Self; 3] = [Self::Policies, Self::Schedules, Self::Attachments];

    /// The first of the tags that hold the digests; further ones end in `-1`, `-2`, …
    fn tag(self) -> &'static str {
        match self {
            Self::Policies => "ecs-scaling.dev/policies",
            Self::Schedules => "ecs-scaling.dev/schedules",
            Self::Attachments => "ecs-scaling.dev/attached",
        }
    }

    /// Whether a tag holds digests of this kind.
    pub(super) fn holds(self, key: &str) -> bool {
        key.strip_prefix(self.tag()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// The digests that a target's tags hold.
    pub(super) fn digests(self, tags: &Tags) -> BTreeSet<String> {
        tags.iter()
            .filter(|(key, _)| self.holds(key))
            .flat_map(|(_, value)| value.split(' '))
            .filter(|digest| !digest.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The tags that hold these digests, as many as it takes.
    pub(super) fn tags(self, digests: &BTreeSet<String>) -> Tags {
        let mut values: Vec<String> = Vec::new();
        for digest in digests {
            match values.last_mut() {
                Some(value) if value.len() + 1 + digest.len() <= TAG_VALUE_MAX => {
                    value.push(' ');
                    value.push_str(digest);
                }
                _ => values.push(digest.clone()),
            }
        }
        let key = |i: usize| if i == 0 { self.tag().to_owned() } else { format!("{}-{i}", self.tag()) };
        values.into_iter().enumerate().map(|(i, value)| (key(i), value)).collect()
    }
}

/// A short digest of a policy's name: ten hex digits.
pub fn policy_digest(name: &PolicyName) -> String {
    digest(name.as_str())
}

/// A short digest of a scheduled action's name: ten hex digits.
pub(super) fn schedule_digest(name: &ScheduledActionName) -> String {
    digest(name.as_str())
}

/// A short digest of a policy and an alarm of somebody else that it was attached to: ten hex digits.
pub(super) fn attachment_digest(policy: &PolicyName, alarm: &AlarmName) -> String {
    digest(&format!("{policy}\n{alarm}"))
}

fn digest(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text).iter().take(5).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}

/// Whether the tags say that it is ours, and do not put the brake on.
pub(super) fn is_ours_to_write(tags: &Tags, owner: &OwnerId) -> bool {
    classify(tags, owner) == Ownership::Ours && brake(tags) == Mode::Apply
}

/// Whether a target's tags say that a policy on it is ours, and do not put the brake on.
pub(super) fn owns_policy(tags: &Tags, owner: &OwnerId, name: &PolicyName) -> bool {
    is_ours_to_write(tags, owner) && Untagged::Policies.digests(tags).contains(&policy_digest(name))
}

/// The tags of everything that belongs to an object: its own, and the user's.
pub(super) fn object_tags(desired: &ServiceScaling, owner: &OwnerId) -> Tags {
    let deletion_policy = match desired.deletion_policy {
        DeletionPolicy::Delete => "Delete",
        DeletionPolicy::Retain => "Retain",
    };
    let mut tags = desired.tags.clone();
    tags.insert(TAG_OWNER.to_owned(), owner.to_string());
    tags.insert(TAG_OBJECT.to_owned(), desired.key.to_string());
    tags.insert(TAG_DELETION_POLICY.to_owned(), deletion_policy.to_owned());
    tags
}

/// The changes that setting these tags makes.
pub(super) fn tag_changes(held: &Tags, set: &Tags) -> Vec<Change> {
    set.iter()
        .map(|(key, to)| Change {
            field: format!("tags.{key}"),
            from: held.get(key).map_or(Value::Null, |from| from.as_str().into()),
            to: to.as_str().into(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn tags_say_who_owns_a_resource() {
        let us = OwnerId::parse("tools").unwrap();
        assert_eq!(classify(&tags(&[(TAG_OWNER, "tools")]), &us), Ownership::Ours);
        assert_eq!(classify(&tags(&[(TAG_OWNER, "others")]), &us), Ownership::Other("others".into()));
        assert_eq!(classify(&tags(&[("team", "x")]), &us), Ownership::Nobody);
        let stack = tags(&[("aws:cloudformation:stack-id", "arn"), ("aws:cloudformation:stack-name", "web")]);
        assert_eq!(classify(&stack, &us), Ownership::CloudFormation("web".into()));
    }

    #[test]
    fn two_hundred_and_fifty_digests_are_spread_over_tags_and_read_back() {
        let all: BTreeSet<String> = (0..250).map(|i| policy_digest(&PolicyName::new(format!("policy-{i}")))).collect();
        let spread = Untagged::Policies.tags(&all);
        assert_eq!(all.len(), 250);
        assert!(spread.values().all(|value| value.len() <= TAG_VALUE_MAX));
        assert!(spread.len() < 45, "a resource has at most 50 tags");
        assert_eq!(Untagged::Policies.digests(&spread), all);
        assert_eq!(Untagged::Schedules.digests(&spread).len(), 0, "each kind has its own");
    }

    #[test]
    fn an_owner_id_that_holds_nothing_while_another_holds_our_objects_is_mistaken() {
        let (us, object) = (OwnerId::parse("tools").unwrap(), ObjectKey::new("default", "api"));
        let theirs = tags(&[(TAG_OWNER, "tool"), (TAG_OBJECT, "default/api")]);
        let strangers = tags(&[(TAG_OWNER, "tool"), (TAG_OBJECT, "default/other")]);
        let ours = tags(&[(TAG_OWNER, "tools"), (TAG_OBJECT, "default/api")]);
        assert_eq!(mistaken_owner([(&object, &strangers), (&object, &theirs)], &us), Some("tool"));
        assert_eq!(mistaken_owner([(&object, &strangers)], &us), None);
        assert_eq!(mistaken_owner([(&object, &theirs), (&object, &ours)], &us), None);
    }

    #[test]
    fn a_misspelled_brake_still_brakes() {
        assert_eq!(brake(&tags(&[(TAG_MODE, "observe")])), Mode::Observe);
        assert_eq!(brake(&tags(&[(TAG_MODE, "Apply")])), Mode::Apply);
        assert_eq!(brake(&Tags::new()), Mode::Apply);
    }

    #[test]
    fn an_owner_id_fits_into_a_tag() {
        assert!(OwnerId::parse("tools/prod-1").is_ok());
        for bad in ["", "a b", "ü", &"x".repeat(65)] {
            assert!(OwnerId::parse(bad).is_err(), "{bad}");
        }
    }
}
