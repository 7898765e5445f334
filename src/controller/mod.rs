//! The loop: desired from the source, one actor a scope, one state that everybody reads.
//!
//! The only module that wires the others together. It decides when things are done; what is done is decided in `plan`.
//!
//! - [`assign`] gives each object its scope, as far as its account can be used.
//! - `actor` works on the objects of one scope that are due, never on one twice at once.
//! - `entry` is an object in its care; `tag_sweep` reads whose its resources are, `activity_sweep` what scaled it.
//! - [`desk`] is what the scopes of one account share: its service-linked role, its denials.
//! - `leftovers` is what prune knows of a scope: what no object is for, and whose it is.
//! - [`object`] is one pass over one object.
//! - `coverage` counts the services of its clusters by how they are covered.
//! - `brake` holds a scope back while AWS throttles it or its credentials fail.
//! - [`supervisor`] keeps one actor for each scope that is desired.
//! - [`daemon`] puts source, supervisor and state together.
//! - [`once`] is the same without a loop, for `plan` and `apply` on the command line.

mod account_view;
mod activity_sweep;
mod actor;
pub mod assign;
mod brake;
mod clock;
mod coverage;
pub mod daemon;
pub mod desk;
mod entry;
mod leftovers;
pub mod object;
pub mod once;
mod retry;
mod state;
pub mod supervisor;
mod tag_sweep;

pub use account_view::AccountView;
pub use clock::Clock;
pub use coverage::Counts;
pub use desk::{Desk, RolePolicy};
pub use state::{ConfigView, ObjectView, OrphansView, State};

use std::time::Duration;

use crate::api::desired::Mode;
use crate::plan::OwnerId;

/// What the loop is told once, at start.
#[derive(Clone, Debug)]
pub struct LoopSettings {
    /// Who we are.
    pub owner: OwnerId,
    /// The process's mode.
    pub mode: Mode,
    /// From one sweep to the next.
    pub interval: Duration,
    /// What is done while the service-linked role is absent.
    pub role_policy: RolePolicy,
    /// How many objects may be changed in one sweep's pass of a scope.
    pub max_changes: usize,
    /// Whether the services of the objects' clusters are counted by how they are covered.
    pub coverage: bool,
    /// Whether what is ours and wanted by no object any more is removed.
    pub prune: Option<Prune>,
}

/// How prune is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prune {
    /// So many objects of a scope may go at once, where that is more than a fifth of them.
    pub limit: Option<usize>,
}
