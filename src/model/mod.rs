//! How AWS behaves, as functions and values.
//!
//! Owns the words of ECS service auto scaling (names, ARNs, capacities, steps, alarms), what AWS was seen to hold
//! ([`observed`]) and how a call can fail ([`failure`]). Must not know where values come from: no clock, no files, no
//! network. Rules carry the id of their fact (S-nnn), listed in `tests/it/facts.txt`.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod alarm;
pub mod arn;
pub mod capacity;
pub mod cooldown;
pub mod credentials;
pub mod evaluation;
pub mod failure;
pub mod fields;
pub mod iam;
pub mod intervals;
pub mod load_balancer;
pub mod metric;
pub mod names;
pub mod number;
pub mod observed;
pub mod policy;
pub mod role;
pub mod schedule;
pub mod scheduled_action;
pub mod steps;

/// Makes an enum whose variants are spelled just as AWS spells them, or as the text behind `=` where AWS's is no name.
macro_rules! aws_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident $(= $text:literal)?),+ $(,)? }) => {
        $(#[$meta])*
        #[allow(missing_docs)] // the names are AWS's own
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name { $($(#[$vmeta])* $(#[serde(rename = $text)])? $variant),+ }

        impl $name {
            /// Every value, in AWS's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The value as AWS spells it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $crate::model::aws_text!($variant $(= $text)?)),+ }
            }

            /// Reads AWS's spelling; `None` for a value that this version does not know.
            pub fn from_aws(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use aws_enum;

macro_rules! aws_text {
    ($variant:ident) => {
        stringify!($variant)
    };
    ($variant:ident = $text:literal) => {
        $text
    };
}
pub(crate) use aws_text;
