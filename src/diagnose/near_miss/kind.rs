//! The closed list of ways in which a statement almost allows a request.

use serde::{Serialize, Serializer};

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $number:literal),+ $(,)?) => {
        /// How a statement almost allows a request; the numbers are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$meta])* $name),+ }

        impl Kind {
            /// Every kind, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The kind's id, such as `N-1`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => concat!("N-", $number)),+ }
            }
        }
    };
}

kinds! {
    /// The condition lists other values.
    ConditionValueMissing = 1,
    /// The condition lists a value that looks like the right one.
    ConditionValueLookalike = 2,
    /// The condition lists the value in another case.
    ConditionValueCase = 3,
    /// StringEquals with a wildcard, which it takes literally.
    WildcardInStringEquals = 4,
    /// The condition is on a key that such requests do not carry.
    ConditionKeyNotInRequest = 5,
    /// Another condition of the same statement does not hold.
    AndConflict = 6,
    /// The condition is on the region, and the call goes to another one.
    RegionCondition = 7,
    /// A permissions boundary is required, which a service-linked role cannot have.
    BoundaryCondition = 8,
    /// The resource is another service's service-linked role.
    ResourceOtherSlr = 9,
    /// The role's ARN lacks its path.
    ResourceNoPath = 10,
    /// The ARN's partition, account or region is another one.
    ResourceWrongSegment = 11,
    /// The action is allowed on `*` only.
    ResourceOnStarOnlyAction = 12,
    /// The alarm names are narrower than what Application Auto Scaling probes for.
    ResourceNarrowerThanProbe = 13,
    /// The resource is another one of its type, or one whose id was not known.
    ResourceNewId = 14,
    /// The action is misspelled.
    ActionTypo = 15,
    /// The action has another service's prefix.
    ActionWrongPrefix = 16,
    /// The statement allows other actions of the service.
    ActionWildcardShort = 17,
    /// NotAction leaves the action out.
    NotActionHole = 18,
    /// NotResource leaves the resource out.
    NotResourceHole = 19,
    /// A Deny of the principal's own policies matches.
    OwnExplicitDeny = 20,
    /// The permissions boundary does not allow it.
    BoundaryHole = 21,
    /// A policy variable in a document whose Version takes it literally.
    VersionLiteralVariable = 22,
    /// Another version of the policy allows it.
    NotDefaultVersion = 23,
    /// Another principal's policy allows it.
    WrongPrincipal = 24,
    /// It depends on context that is not known.
    Undecidable = 25,
    /// The principal's policies allow it: something unseen refuses.
    Invisible = 26,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
