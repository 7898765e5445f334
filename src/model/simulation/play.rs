//! The player: one moment after another, in the order in which AWS lets things happen.

use jiff::{SignedDuration, Timestamp};

use super::evaluate::AlarmPlay;
use super::event::{Event, EventKind, Held};
use super::figures::Meter;
use super::series::{Series, SeriesSet};
use super::subject::Subject;
use super::{Feedback, Minute, Setup, Simulation, assumption};
use crate::model::capacity::CapacityRange;
use crate::model::cooldown::{Cooldowns, Counts};
use crate::model::firing;
use crate::model::schedule::Timing;
use crate::model::tasks::Moves;

const MINUTE: i64 = 60;
const HIGH_RESOLUTION: i64 = 10;

/// A scheduled action and when it runs next.
struct ActionPlay<'a> {
    name: &'a str,
    min: Option<i32>,
    max: Option<i32>,
    timing: Timing,
    next: Option<Timestamp>,
}

/// Everything that changes while time passes.
pub(super) struct Player<'a> {
    pub(super) subject: &'a Subject,
    setup: &'a Setup,
    /// Of each shared series in a closed loop, the demand.
    demand: Vec<Option<Series>>,
    pub(super) series: SeriesSet,
    pub(super) range: CapacityRange,
    pub(super) counts: Counts,
    moves: Moves,
    pub(super) cooldowns: Cooldowns,
    /// In the order of their names.
    pub(super) alarms: Vec<AlarmPlay<'a>>,
    actions: Vec<ActionPlay<'a>>,
    pub(super) events: Vec<Event>,
    minutes: Vec<Minute>,
    pub(super) meter: Meter,
    /// Why the newest activity scaled nothing, with the desired count: said once for as long as it stays so (S-084).
    pub(super) not_scaled: Option<(&'static str, CapacityRange, i32)>,
    /// Of each policy, what last kept it from doing anything.
    pub(super) held: Vec<Option<Held>>,
    pub(super) left_out: Vec<String>,
}

impl<'a> Player<'a> {
    pub(super) fn new(subject: &'a Subject, mut series: SeriesSet, setup: &'a Setup) -> Self {
        let demand = series.0.iter_mut().map(|series| take_demand(series, setup.feedback)).collect();
        let mut left_out = subject.left_out.clone();
        let mut player = Self {
            subject,
            setup,
            demand,
            range: subject.range,
            counts: Counts { running: setup.tasks, desired: setup.tasks },
            moves: Moves::default(),
            cooldowns: Cooldowns::default(),
            alarms: AlarmPlay::all(subject, &series, &mut left_out),
            actions: actions(subject, setup.start, &mut left_out),
            series,
            events: Vec::new(),
            minutes: Vec::new(),
            meter: Meter::default(),
            not_scaled: None,
            held: vec![None; subject.policies.len()],
            left_out,
        };
        player.bring_into_range(setup.start);
        player
    }

    pub(super) fn play(mut self) -> Simulation {
        let is_fine = self.alarms.iter().any(|alarm| i64::from(alarm.config.metric.period()) < MINUTE);
        let grain = SignedDuration::from_secs(if is_fine { HIGH_RESOLUTION } else { MINUTE });
        let mut at = self.setup.start + grain;
        while at <= self.setup.end {
            self.moment(at);
            at += grain;
        }
        let assumptions = assumption::in_play(self.subject, &self.series, self.setup);
        let figures = self.meter.figures();
        let Self { events, minutes, series, left_out, .. } = self;
        Simulation { events, minutes, series, figures, assumptions, left_out }
    }

    /// Everything that happens up to `at`, since the moment before.
    fn moment(&mut self, at: Timestamp) {
        self.moves.settle(&mut self.counts.running, at);
        self.run_schedules(at);
        let is_minute = at.as_second().rem_euclid(MINUTE) == 0;
        if is_minute {
            self.put_shared(at);
        }
        self.evaluate_due(at);
        self.call_due(at);
        self.moves.settle(&mut self.counts.running, at); // what starts or stops in no time
        if is_minute {
            self.end_minute(at);
        }
    }

    /// Scheduled actions that are due by `at`, in the order of their times (S-046).
    fn run_schedules(&mut self, at: Timestamp) {
        if self.subject.suspended.scheduled_scaling_suspended {
            return;
        }
        let due = |action: &ActionPlay<'_>| action.next.filter(|next| *next <= at);
        let mut runs: Vec<(Timestamp, usize)> =
            self.actions.iter().enumerate().filter_map(|(index, action)| Some((due(action)?, index))).collect();
        runs.sort_by_key(|(due, _)| *due);
        for (due, index) in runs {
            let Some(action) = self.actions.get_mut(index) else { continue };
            action.next = action.timing.next(at);
            let (min, max) = (action.min.unwrap_or(self.range.min()), action.max.unwrap_or(self.range.max()));
            // Bounds that would cross change nothing: AWS wants both sent then (S-046).
            let Some(range) = CapacityRange::new(min, max) else { continue };
            let action = action.name.to_owned();
            self.range = range;
            self.not_scaled = None;
            self.events.push(Event { at: due, kind: EventKind::Scheduled { action, min, max } });
            self.bring_into_range(due);
        }
    }

    /// S-010: a desired count outside of the bounds moves to the nearest.
    fn bring_into_range(&mut self, at: Timestamp) {
        if let Some(cause) = firing::cause_of_range(self.counts.desired, self.range) {
            self.set_desired(self.range.clamp(self.counts.desired), cause, None, at);
        }
    }

    pub(super) fn set_desired(&mut self, to: i32, cause: String, policy: Option<&str>, at: Timestamp) {
        let from = std::mem::replace(&mut self.counts.desired, to);
        self.moves.aim(self.counts.running, to, at, self.setup.times);
        self.not_scaled = None;
        let kind = EventKind::Scaled { from, to, cause, policy: policy.map(str::to_owned) };
        self.events.push(Event { at, kind });
    }

    /// In a closed loop, what the tasks that run now make of the demand of the minute that ends at `at`.
    fn put_shared(&mut self, at: Timestamp) {
        if self.counts.running <= 0 {
            return; // S-017: no task, no datapoint
        }
        let tasks = f64::from(self.counts.running);
        let (from, to) = (at.as_second() - MINUTE, at.as_second());
        for (series, demand) in self.series.0.iter_mut().zip(&self.demand) {
            for (second, value) in demand.iter().flat_map(|demand| demand.within(from, to)) {
                series.push(*second, value / tasks);
            }
        }
    }

    /// When the alarms were made, as far as a warm-up goes.
    pub(super) fn made(&self) -> Timestamp {
        self.setup.start
    }

    fn end_minute(&mut self, at: Timestamp) {
        let Counts { desired, running } = self.counts;
        let (min, max) = (self.range.min(), self.range.max());
        self.minutes.push(Minute { at, desired, running, min, max });
        let is_breached = self.alarms.iter().any(|alarm| alarm.scales_out && alarm.is_newest_breaching);
        self.meter.minute(at, self.counts, self.range, is_breached);
    }
}

/// Takes the demand out of a series that tasks share; what they make of it is put back minute by minute.
fn take_demand(series: &mut Series, feedback: Feedback) -> Option<Series> {
    let is_demand = feedback == Feedback::Closed && series.is_shared;
    is_demand.then(|| {
        let empty = series.emptied();
        std::mem::replace(series, empty)
    })
}

/// The scheduled actions, as if they had been made at the start.
fn actions<'a>(subject: &'a Subject, start: Timestamp, left_out: &mut Vec<String>) -> Vec<ActionPlay<'a>> {
    let mut actions = Vec::new();
    for (name, config) in &subject.schedules {
        match config.timing(start) {
            Some(timing) => {
                let (min, max) = (config.min_capacity, config.max_capacity);
                actions.push(ActionPlay { name, min, max, next: timing.next(start), timing });
            }
            None => left_out.push(format!("{name}: its schedule {} cannot be read", config.schedule)),
        }
    }
    actions.sort_by_key(|action| action.name);
    actions
}
