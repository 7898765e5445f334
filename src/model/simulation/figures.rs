//! What a person decides by.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::model::capacity::CapacityRange;
use crate::model::cooldown::{Counts, Direction};
use crate::model::policy::DEFAULT_COOLDOWN;

/// The figures of one simulation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Running tasks, summed over time: what is paid for.
    pub task_hours: f64,
    /// Minutes at whose end the newest period of an alarm that scales out breached its threshold.
    pub minutes_above_threshold: u32,
    /// Changes of the desired count by policies that added tasks.
    pub scale_outs: u32,
    /// Changes of the desired count by policies that took tasks away.
    pub scale_ins: u32,
    /// Scale-ins that came at most one cooldown, the longer of both, and one minute after a scale-out. A cooldown below
    /// 300 s counts as 300 s.
    pub flapping: u32,
    /// Minutes at whose end as many tasks were wanted as max allows.
    pub minutes_at_max: u32,
    /// The largest desired count.
    pub peak_tasks: i32,
    /// How fast tasks came once a threshold was crossed.
    pub reaction: Reaction,
}

/// From the first minute above a threshold to the first new task that runs, for each time that a threshold was crossed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    /// How often a threshold was crossed.
    pub crossings: u32,
    /// After how many of them a new task ran before the metric fell again.
    pub answered: u32,
    /// Seconds, of those answered.
    pub median_seconds: Option<i64>,
    /// Seconds, of those answered.
    pub longest_seconds: Option<i64>,
}

/// Takes the figures while time passes.
#[derive(Debug, Default)]
pub(super) struct Meter {
    task_minutes: f64,
    figures: Figures,
    /// When the last scale-out was, and its cooldown in seconds.
    last_out: Option<(Timestamp, i32)>,
    /// Since when a threshold is crossed, and the tasks that ran then; `None` once that was answered.
    crossed: Option<Option<(Timestamp, i32)>>,
    reactions: Vec<i64>,
}

impl Meter {
    pub(super) fn activity(&mut self, direction: Direction, cooldown: i32, at: Timestamp) {
        match direction {
            Direction::Out => {
                self.figures.scale_outs += 1;
                self.last_out = Some((at, cooldown));
            }
            Direction::In => {
                self.figures.scale_ins += 1;
                let within = |(out, of_out): (Timestamp, i32)| {
                    let longest = i64::from(of_out.max(cooldown).max(DEFAULT_COOLDOWN));
                    at.duration_since(out) <= SignedDuration::from_secs(longest + 60)
                };
                if self.last_out.take().is_some_and(within) {
                    self.figures.flapping += 1;
                }
            }
        }
    }

    /// The minute that ends at `at`.
    pub(super) fn minute(&mut self, at: Timestamp, counts: Counts, range: CapacityRange, is_breached: bool) {
        self.task_minutes += f64::from(counts.running.max(0));
        self.figures.minutes_above_threshold += u32::from(is_breached);
        self.figures.minutes_at_max += u32::from(counts.desired >= range.max());
        self.figures.peak_tasks = self.figures.peak_tasks.max(counts.desired);
        self.react(at, counts.running, is_breached);
    }

    fn react(&mut self, at: Timestamp, running: i32, is_breached: bool) {
        if let Some(Some((since, before))) = self.crossed
            && running > before
        {
            self.reactions.push(at.duration_since(since).as_secs());
            self.crossed = Some(None);
        }
        match (is_breached, self.crossed.is_some()) {
            (true, false) => {
                self.figures.reaction.crossings += 1;
                self.crossed = Some(Some((at - SignedDuration::from_mins(1), running)));
            }
            (false, true) => self.crossed = None,
            _ => {}
        }
    }

    pub(super) fn figures(&mut self) -> Figures {
        let mut figures = std::mem::take(&mut self.figures);
        figures.task_hours = self.task_minutes / 60.0;
        self.reactions.sort_unstable();
        figures.reaction.answered = u32::try_from(self.reactions.len()).unwrap_or(u32::MAX);
        figures.reaction.median_seconds = self.reactions.get(self.reactions.len() / 2).copied();
        figures.reaction.longest_seconds = self.reactions.last().copied();
        figures
    }
}

impl Figures {
    /// Each figure with its name and its value, for people and for comparing.
    pub fn rows(&self) -> Vec<(&'static str, f64, &'static str)> {
        let seconds = |value: Option<i64>| value.map_or(f64::NAN, |value| value as f64);
        vec![
            ("task-hours", self.task_hours, "h"),
            ("minutes above the threshold", f64::from(self.minutes_above_threshold), "min"),
            ("scale-outs", f64::from(self.scale_outs), ""),
            ("scale-ins", f64::from(self.scale_ins), ""),
            ("flapping (out, then in within one cooldown)", f64::from(self.flapping), ""),
            ("minutes at max", f64::from(self.minutes_at_max), "min"),
            ("most tasks", f64::from(self.peak_tasks), ""),
            ("threshold crossings", f64::from(self.reaction.crossings), ""),
            ("crossings answered by a new task", f64::from(self.reaction.answered), ""),
            ("time to react, median", seconds(self.reaction.median_seconds), "s"),
            ("time to react, longest", seconds(self.reaction.longest_seconds), "s"),
        ]
    }
}
