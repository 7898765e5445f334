//! The rule for min and max on a target that scheduled actions may change (S-045): tfecs#422, tf#17100.
//!
//! What a schedule has done is never undone, an edit of min or max in YAML is applied once, and a value that neither the
//! spec nor any schedule explains is put back. Min and max are looked at one by one:
//!
//! | the bound that AWS holds | YAML was edited since | what is done |
//! | --- | --- | --- |
//! | is the spec's | either | kept |
//! | anything | this bound was | the spec's is written, once |
//! | is what the schedule that fired last set | no | kept |
//! | is what the schedule before it set, and that fired within two minutes | no | kept: AWS may be late |
//! | is something else, and a schedule fires about now | no | nothing is written before that is over |
//! | is something else | no | AWS's record is read, once for a range and a firing |
//! | is what the last run of AWS's record set | no | kept: the record outranks our reckoning |
//! | is something else again | no | what was set last is written: by a run, or by the spec |
//! | is something else again, beside a schedule that cannot be read | no | nothing is written; a condition says so |
//!
//! A bound that is the spec's is explained by the spec, and kept: also inside a window, and whoever set it there. AWS is the only store: a tag of the target holds the range of
//! the spec as it was last applied, and when an edit was. Schedules of others count as ours do.

use jiff::{SignedDuration, Timestamp};

use crate::api::status::Reason;
use crate::model::capacity::CapacityRange;
use crate::model::observed::{History, ScheduledAction};
use crate::model::schedule::{Firing, last_firings, next_firings};

/// How long after a firing AWS may still show what was before it.
pub(super) const GRACE: SignedDuration = SignedDuration::from_mins(2);
/// How far AWS's clock may be ahead of ours.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// The spec's range as it was last applied, from the target's tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Applied {
    pub(super) range: CapacityRange,
    /// When an edit was applied; `None` where the range was the first one.
    pub(super) at: Option<Timestamp>,
}

impl Applied {
    /// Reads the tag's value: `2-20`, with the time of the edit behind a space where there was one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (range, at) = text.split_once(' ').map_or((text, None), |(range, at)| (range, Some(at)));
        let (min, max) = range.split_once('-')?;
        let range = CapacityRange::new(min.parse().ok()?, max.parse().ok()?)?;
        let at = at.map(str::parse).transpose().ok()?;
        Some(Self { range, at })
    }
}

impl std::fmt::Display for Applied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.range.min(), self.range.max())?;
        self.at.map_or(Ok(()), |at| write!(f, " {}", at.strftime("%Y-%m-%dT%H:%M:%SZ")))
    }
}

/// Everything that the rule looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation<'a> {
    pub(super) spec: CapacityRange,
    pub(super) applied: Option<Applied>,
    pub(super) schedules: &'a [ScheduledAction],
    pub(super) history: Option<&'a History>,
    pub(super) observed: CapacityRange,
    pub(super) now: Timestamp,
}

/// What becomes of min and max.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// They stay.
    Keep,
    /// An edit in YAML is applied.
    Apply(CapacityRange),
    /// They are put back.
    Correct(CapacityRange),
    /// AWS's record must be read first.
    ReadHistory,
    /// They stay for now, and it is said why.
    Unsure(Reason, &'static str),
}

/// Decides by the table at the head of this module.
pub(super) fn decide(situation: Situation<'_>) -> Decision {
    let Situation { spec, applied, schedules, observed, .. } = situation;
    if observed == spec {
        return Decision::Keep;
    }
    if schedules.is_empty() {
        return Decision::Correct(spec); // nobody else may have set it
    }
    let (min, max) = (Side::Min.of(situation), Side::Max.of(situation));
    if let Some(applied) = applied.filter(|applied| applied.range != spec) {
        let bound = |side: Side, bound: &BoundState| {
            let is_edited = side.bound(applied.range) != side.bound(spec);
            if is_edited {
                side.bound(spec)
            } else if bound.is_explained {
                side.bound(observed)
            } else {
                bound.expected
            }
        };
        let both = CapacityRange::new(bound(Side::Min, &min), bound(Side::Max, &max));
        let wanted = both.unwrap_or(spec); // a bound that the other edit crosses cannot stay
        return if wanted == observed { Decision::Keep } else { Decision::Apply(wanted) };
    }
    if min.is_explained && max.is_explained {
        return Decision::Keep;
    }
    unexplained(situation, &min, &max)
}

fn unexplained(situation: Situation<'_>, min: &BoundState, max: &BoundState) -> Decision {
    let Situation { schedules, observed, now, .. } = situation;
    let fired = last_firings(schedules, now).last().is_some_and(|last| now.duration_since(last.at) < GRACE);
    let fires = next_firings(schedules, now).first().is_some_and(|next| next.at.duration_since(now) <= SKEW);
    if fired || fires {
        return Decision::Unsure(Reason::AwaitingRead, "a scheduled action fires about now, and AWS may show it late");
    }
    if situation.current_history().is_none() {
        return Decision::ReadHistory;
    }
    if schedules.iter().any(|action| action.config.timing(action.created).is_none()) {
        return Decision::Unsure(
            Reason::TargetHasSchedules,
            "neither the object nor a run in AWS's record explains min and max, and a scheduled action on the target \
             has a schedule that cannot be read",
        );
    }
    let bound = |side: Side, bound: &BoundState| {
        if bound.is_explained { side.bound(observed) } else { bound.expected }
    };
    let wanted = CapacityRange::new(bound(Side::Min, min), bound(Side::Max, max));
    Decision::Correct(wanted.or(CapacityRange::new(min.expected, max.expected)).unwrap_or(situation.spec))
}

#[derive(Clone, Copy)]
enum Side {
    Min,
    Max,
}

/// One of the two bounds.
struct BoundState {
    /// Whether the spec, a schedule or AWS's record explains what AWS holds.
    is_explained: bool,
    /// What was set last.
    expected: i32,
}

impl Side {
    fn bound(self, range: CapacityRange) -> i32 {
        match self {
            Self::Min => range.min(),
            Self::Max => range.max(),
        }
    }

    fn of_firing(self, firing: &Firing) -> Option<i32> {
        match self {
            Self::Min => firing.min,
            Self::Max => firing.max,
        }
    }

    fn of(self, situation: Situation<'_>) -> BoundState {
        let Situation { spec, schedules, observed, now, .. } = situation;
        let last = |up_to| last_firings(schedules, up_to).iter().rev().find_map(|firing| self.of_firing(firing));
        let by_reckoning = [Some(self.bound(spec)), last(now), last(now - GRACE)];
        let by_record = self.last_run(situation).map(|(_, value)| value);
        let held = Some(self.bound(observed));
        BoundState {
            is_explained: by_reckoning.contains(&held) || (by_record.is_some() && by_record == held),
            expected: self.expected(situation),
        }
    }

    /// The last run in AWS's record that set this bound.
    fn last_run(self, situation: Situation<'_>) -> Option<(Timestamp, i32)> {
        let runs = situation.current_history().into_iter().flat_map(|history| &history.runs);
        let set = runs.filter_map(|run| {
            let value = match self {
                Self::Min => run.min,
                Self::Max => run.max,
            };
            Some((run.at, value?))
        });
        set.max_by_key(|(at, _)| *at)
    }

    /// What set this bound last: the spec, a run in AWS's record, or a firing that the record does not reach back to.
    fn expected(self, situation: Situation<'_>) -> i32 {
        let Situation { spec, applied, schedules, now, .. } = situation;
        let since = situation.current_history().map(|history| history.since);
        let by_spec = (applied.and_then(|applied| applied.at).unwrap_or(Timestamp::MIN), self.bound(spec));
        let firings = last_firings(schedules, now).into_iter();
        let unrecorded = firings.filter(|firing| since.is_none_or(|since| firing.at < since));
        let by_firing = unrecorded.filter_map(|firing| Some((firing.at, self.of_firing(&firing)?)));
        let set = [by_spec].into_iter().chain(by_firing).chain(self.last_run(situation));
        set.max_by_key(|(at, _)| *at).map_or(by_spec.1, |(_, value)| value)
    }
}

impl<'a> Situation<'a> {
    /// AWS's record, where it was read of this range and after the last firing.
    fn current_history(&self) -> Option<&'a History> {
        let last = last_firings(self.schedules, self.now).last().map(|firing| firing.at);
        self.history.filter(|history| history.range == self.observed && last.is_none_or(|last| history.read_at > last))
    }
}

#[cfg(test)]
#[path = "range_tests.rs"]
mod tests;
