//! What AWS does not document, and is assumed here. Each has a name and an effect, and is listed with every simulation
//! that rests on it.

use serde::Serialize;

use super::series::{SeriesSet, TasksKnown};
use super::subject::Subject;
use super::{Feedback, Setup};
use crate::model::alarm::EvaluationWindow;
use crate::model::evaluation::statistic::percentile;
use crate::model::metric::MetricStatistic;
use crate::model::policy::{AdjustmentType, PolicyConfig};
use crate::model::schedule::Schedule;

/// Something that is assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Assumption {
    /// `A-01` and so on; never given anew.
    pub id: &'static str,
    /// What is assumed.
    pub assumed: &'static str,
    /// What it does to the outcome where AWS behaves otherwise.
    pub effect: &'static str,
}

/// Every assumption, by its id.
pub const ALL: [Assumption; 16] = [
    Assumption {
        id: "A-01",
        assumed: "A datapoint can be seen at the end of its minute.",
        effect: "CloudWatch has it one to three minutes later: add that to every time to react.",
    },
    Assumption {
        id: "A-02",
        assumed: "At the start every alarm is in INSUFFICIENT_DATA, and no cooldown lasts.",
        effect: "The first minutes may show a change of state, or an activity, that a running service would not have.",
    },
    Assumption {
        id: "A-03",
        assumed: "Tasks start together after the startup time, and are counted as running from the next minute on.",
        effect: "A slow image pull or a lack of room lets tasks come later, and then more of them are added.",
    },
    Assumption {
        id: "A-04",
        assumed: "No deployment is going on.",
        effect: "During one ECS keeps scale-in off: tasks would stay longer (S-083).",
    },
    Assumption {
        id: "A-05",
        assumed: "A scale-out within the cooldown of another starts the time again and keeps the count that the first began \
                  with.",
        effect: "If AWS counts from the second one, the next scale-out adds more.",
    },
    Assumption {
        id: "A-06",
        assumed: "An alarm looks at two periods more than its evaluation periods for datapoints that are missing.",
        effect: "With gaps in the data a state may change some minutes earlier or later (S-077).",
    },
    Assumption {
        id: "A-07",
        assumed: "Of policies called in one minute that come to the same count, the first by its alarm's name is obeyed.",
        effect: "Another one's cooldown would hold.",
    },
    Assumption {
        id: "A-08",
        assumed: "Target tracking wants running × metric ÷ target tasks, rounded up, of the average of its alarm's datapoints.",
        effect: "AWS keeps its rule to itself: each step may be larger or smaller, the level in the end is the same.",
    },
    Assumption {
        id: "A-09",
        assumed: "Target tracking scales in below 90 % of its target, after 15 minutes, and only when all of such policies \
                  would.",
        effect: "AWS says \"usually more than 10 % lower\": scale-in may come later.",
    },
    Assumption {
        id: "A-10",
        assumed: "Running tasks share the load evenly, and the metric is in proportion to it.",
        effect: "A metric with a fixed part, as most memory has, falls less: more tasks are added than shown.",
    },
    Assumption {
        id: "A-11",
        assumed: "Every recorded value counts as one sample of its minute.",
        effect: "Averages of longer periods are not weighted by the true number of samples, and percentiles of longer \
                 periods are those of the minutes' values.",
    },
    Assumption {
        id: "A-12",
        assumed: "While the metric was recorded, always as many tasks ran as at the start.",
        effect: "Where more of them ran, the load was larger than shown: give their number, as a column `tasks`.",
    },
    Assumption {
        id: "A-13",
        assumed: "A percentage of no tasks is none, but minAdjustmentMagnitude still holds.",
        effect: "Otherwise a service parked at 0 is not started by such a policy.",
    },
    Assumption {
        id: "A-14",
        assumed: "A rate without startTime counts from the start of the simulation.",
        effect: "AWS counts from when the action was made: its runs lie elsewhere within the rate.",
    },
    Assumption {
        id: "A-15",
        assumed: "The periods of an alarm on the wall clock begin at multiples of the period in UTC.",
        effect: "In another time zone, periods of hours and days begin elsewhere.",
    },
    Assumption {
        id: "A-16",
        assumed: "While the metric was recorded, as many tasks ran as CPUUtilization has samples in the minute.",
        effect: "Where a task sent none, or several, the load was larger or smaller than shown: give the number of tasks in a \
                 file, as a column `tasks`.",
    },
];

/// Those that a simulation rests on.
pub(super) fn in_play(subject: &Subject, series: &SeriesSet, setup: &Setup) -> Vec<Assumption> {
    let is_known_by = |known: TasksKnown| {
        setup.feedback == Feedback::Closed
            && series.0.iter().any(|series| series.is_shared && series.tasks_known == known)
    };
    let rests_on = |assumption: &Assumption| match assumption.id {
        "A-05" => subject.policies.iter().any(|policy| cooldown(&policy.config) > 0),
        "A-06" | "A-07" => subject.alarms().next().is_some(),
        "A-08" | "A-09" => subject.policies.iter().any(|policy| policy.config.target_tracking().is_some()),
        "A-10" => setup.feedback == Feedback::Closed,
        "A-11" => has_longer_periods(subject),
        "A-12" => is_known_by(TasksKnown::Guessed),
        "A-16" => is_known_by(TasksKnown::Samples),
        "A-13" => subject.policies.iter().filter_map(|policy| policy.config.step()).any(|step| {
            step.adjustment_type == AdjustmentType::PercentChangeInCapacity && step.min_adjustment_magnitude.is_some()
        }),
        "A-14" => subject.schedules.iter().any(|(_, config)| {
            config.start_time.is_none()
                && config.timing(setup.start).is_some_and(|timing| matches!(timing.schedule, Schedule::Rate(_)))
        }),
        "A-15" => {
            subject.alarms().any(|alarm| matches!(alarm.config.evaluation_window, EvaluationWindow::WallClock { .. }))
        }
        _ => true,
    };
    ALL.into_iter().filter(rests_on).collect()
}

fn cooldown(config: &PolicyConfig) -> i32 {
    match config {
        PolicyConfig::Step(step) => step.cooldown,
        PolicyConfig::TargetTracking(tracking) => tracking.scale_out_cooldown,
        PolicyConfig::Predictive(_) => 0,
    }
}

/// Whether an alarm makes one value of several minutes, or a percentile.
fn has_longer_periods(subject: &Subject) -> bool {
    let is_percentile = |statistic: &MetricStatistic| match statistic {
        MetricStatistic::Extended(text) => percentile(text).is_some(),
        MetricStatistic::Simple(_) => false,
    };
    subject.metrics().iter().any(|metric| metric.period > 60 || is_percentile(&metric.statistic))
}
