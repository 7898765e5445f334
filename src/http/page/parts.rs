//! Small things that several pages show. A status is said by word and shape, never by colour alone.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::api::age::age;
use crate::api::desired::Mode;
use crate::api::status::{ConditionStatus, ConditionType, Status};

/// How an object stands, in one word, in the order in which people want to see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// A person must do something.
    Stalled,
    /// Not Ready, and no work is under way.
    NotReady,
    /// Not Ready, and the controller is at work.
    Reconciling,
    /// Not known.
    Unknown,
    /// As wanted.
    Ready,
}

impl Standing {
    pub(super) fn of(status: &Status) -> Self {
        let holds = |kind| status.condition(kind).is_some_and(|condition| condition.status == ConditionStatus::True);
        let ready = status.condition(ConditionType::Ready).map(|ready| ready.status);
        match ready {
            Some(ConditionStatus::True) => Self::Ready,
            _ if holds(ConditionType::Stalled) => Self::Stalled,
            _ if holds(ConditionType::Reconciling) => Self::Reconciling,
            Some(ConditionStatus::False) => Self::NotReady,
            Some(ConditionStatus::Unknown) | None => Self::Unknown,
        }
    }

    fn shown(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Ready => ("good", "✓", "Ready"),
            Self::Stalled => ("bad", "✕", "Stalled"),
            Self::NotReady => ("bad", "✕", "Not ready"),
            Self::Reconciling => ("work", "↻", "Reconciling"),
            Self::Unknown => ("doubt", "?", "Unknown"),
        }
    }

    /// As a badge.
    pub(super) fn badge(self) -> Markup {
        let (class, shape, word) = self.shown();
        badge(class, shape, word)
    }
}

/// A shape and a word.
pub(super) fn badge(class: &str, shape: &str, word: &str) -> Markup {
    html! { span class={"badge " (class)} { span.shape aria-hidden="true" { (shape) } (word) } }
}

/// A condition's status; what only informs is never bad.
pub(super) fn condition_badge(kind: ConditionType, status: ConditionStatus) -> Markup {
    let is_good_when_true = !matches!(kind, ConditionType::Stalled | ConditionType::Reconciling);
    let (class, shape) = match status {
        ConditionStatus::Unknown => ("doubt", "?"),
        ConditionStatus::True if is_good_when_true => ("good", "✓"),
        ConditionStatus::True if kind == ConditionType::Reconciling => ("work", "↻"),
        ConditionStatus::True => ("bad", "✕"),
        ConditionStatus::False if kind.counts() || kind == ConditionType::Ready => ("bad", "✕"),
        ConditionStatus::False => ("doubt", "!"),
    };
    badge(class, shape, status.as_str())
}

/// The mode, where it is worth a word.
pub(super) fn mode(mode: Mode) -> Markup {
    match mode {
        Mode::Apply => badge("good", "✓", "Apply"),
        Mode::Observe => badge("doubt", "◇", "Observe: nothing is written"),
    }
}

/// How long ago, with the moment itself beside it.
pub(super) fn ago(now: Timestamp, then: Timestamp) -> Markup {
    html! { time datetime=(then) title=(second(then)) { (age(now, then)) " ago" } }
}

/// A moment to the second, in UTC.
pub(super) fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Text that can be taken over as it is. The button works with the script alone, and is shown with it alone.
pub(super) fn copyable(id: &str, text: &str) -> Markup {
    html! {
        div.copyable {
            pre id=(id) tabindex="0" { (text) }
            button.copy type="button" data-copy=(id) { "Copy" }
        }
    }
}

/// A table that scrolls within its own box, by keyboard too.
pub(super) fn boxed(id: &str, label: &str, table: Markup) -> Markup {
    html! { div.box id=(id) role="region" aria-label=(label) tabindex="0" { (table) } }
}
