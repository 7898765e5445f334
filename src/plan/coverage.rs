//! How a service's scaling is taken care of.

use serde::Serialize;

use super::ownership::{OwnerId, Ownership, holder};
use crate::model::observed::{ScalableTarget, Tags};

/// Whether a service scales, and by whose will.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Coverage {
    /// It scales, and its target is ours.
    Managed,
    /// It scales, and its target is not ours.
    Unmanaged,
    /// It has a target, and nothing on it that would ever change the task count.
    TargetOnly,
    /// It has no target.
    None,
}

impl Coverage {
    /// Every value, the best first.
    pub const ALL: [Self; 4] = [Self::Managed, Self::Unmanaged, Self::TargetOnly, Self::None];

    /// As labels and JSON spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Unmanaged => "unmanaged",
            Self::TargetOnly => "targetOnly",
            Self::None => "none",
        }
    }
}

/// What AWS holds of a service's scaling, as far as coverage goes.
#[derive(Clone, Copy, Debug)]
pub struct Scaling<'a> {
    /// The scalable target.
    pub target: &'a ScalableTarget,
    /// How many policies and scheduled actions are on it.
    pub movers: usize,
    /// The target's tags; `None` where it can have none (tf#31261).
    pub tags: Option<&'a Tags>,
}

/// How a service is covered. Without an owner id, whoever has one counts as ours.
pub fn coverage(scaling: Option<Scaling<'_>>, owner: Option<&OwnerId>) -> Coverage {
    let Some(Scaling { movers, tags, .. }) = scaling else { return Coverage::None };
    if movers == 0 {
        return Coverage::TargetOnly;
    }
    match tags.map_or(Ownership::Nobody, holder) {
        Ownership::Other(id) if owner.is_none_or(|owner| owner.as_str() == id) => Coverage::Managed,
        _ => Coverage::Unmanaged,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ownership::TAG_OWNER;
    use super::*;
    use crate::model::capacity::{CapacityRange, SuspendedState};

    fn said(movers: usize, tags: &[(&str, &str)], owner: Option<&str>) -> Coverage {
        let range = CapacityRange::new(1, 2).unwrap();
        let target = ScalableTarget { arn: None, range, suspended: SuspendedState::default() };
        let tags: Tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let owner = owner.map(|owner| OwnerId::parse(owner).unwrap());
        coverage(Some(Scaling { target: &target, movers, tags: Some(&tags) }), owner.as_ref())
    }

    #[test]
    fn a_service_is_covered_by_its_owner_and_by_what_moves_it() {
        let ours = [(TAG_OWNER, "us")];
        assert_eq!(coverage(None, None), Coverage::None);
        assert_eq!(said(0, &ours, Some("us")), Coverage::TargetOnly, "a target alone moves nothing, whoever owns it");
        assert_eq!(said(1, &ours, Some("us")), Coverage::Managed);
        assert_eq!(said(1, &ours, None), Coverage::Managed);
        assert_eq!(said(1, &ours, Some("them")), Coverage::Unmanaged);
        assert_eq!(said(1, &[], None), Coverage::Unmanaged);
        let stack = [(TAG_OWNER, "us"), ("aws:cloudformation:stack-name", "web")];
        assert_eq!(said(1, &stack, Some("us")), Coverage::Unmanaged, "a stack writes back what it holds");
    }
}
