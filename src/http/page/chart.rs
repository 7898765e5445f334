//! Two drawings, as SVG within the page: steps over the metric, and task counts within their bounds.
//!
//! Only places are computed here; what is drawn was decided in `model`. Colours are classes of the style sheet.

use maud::{Markup, html};

use super::policies::Effect;
use crate::api::status::CapacityStatus;
use crate::model::number::Number;
use crate::model::policy::AdjustmentType;
use crate::plan::adjustment_text;

const WIDTH: f64 = 400.0;
/// The drawing's left and right margin.
const MARGIN: f64 = 10.0;
/// Where bars may stand.
const TOP: f64 = 34.0;
const BOTTOM: f64 = 128.0;
/// Labels nearer to each other than this would run into one another.
const APART: f64 = 26.0;

/// A straight scale from values to places.
struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    /// Holds all values, with room beside them for what is open.
    fn around(values: &[f64], room: f64) -> Self {
        let from = values.iter().copied().fold(f64::INFINITY, f64::min);
        let to = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (from, to) = if from <= to { (from, to) } else { (0.0, 1.0) };
        let span = if to > from { to - from } else { from.abs().max(1.0) };
        Self { from: from - span * room, to: to + span * room }
    }

    fn x(&self, value: f64) -> f64 {
        MARGIN + (value - self.from) / (self.to - self.from) * (WIDTH - 2.0 * MARGIN)
    }

    /// A bound's place; the edge where it is open.
    fn bound(&self, bound: Option<Number>, open: f64) -> f64 {
        bound.map_or(open, |bound| self.x(bound.get()))
    }
}

fn place(value: f64) -> String {
    format!("{value:.1}")
}

/// The change over the metric: a bar a step, the threshold across, what no step covers hatched.
pub(super) fn steps(effect: &Effect, kind: AdjustmentType) -> Markup {
    let (left, right) = (MARGIN, WIDTH - MARGIN);
    let threshold = effect.threshold.map(|(threshold, _)| threshold);
    let bounds: Vec<Number> =
        effect.steps.iter().flat_map(|step| [step.shown.lower, step.shown.upper]).flatten().chain(threshold).collect();
    let scale = Scale::around(&bounds.iter().map(|bound| bound.get()).collect::<Vec<_>>(), 0.3);
    let height = Height::of(effect.steps.iter().map(|step| step.shown.adjustment));
    let bars = effect.steps.iter().map(|step| {
        let (from, to) = (scale.bound(step.shown.lower, left), scale.bound(step.shown.upper, right));
        let (top, bottom) = height.bar(step.shown.adjustment);
        Bar { from, to, top, bottom, label: adjustment_text(kind, step.shown.adjustment), is_dead: step.is_dead }
    });
    let label = format!("Change in capacity over {}", effect.axis);
    html! {
        svg.chart viewBox="0 0 400 170" role="img" aria-label=(label) {
            @if let Some((threshold, operator)) = effect.threshold {
                @let x = scale.x(threshold.get());
                @let (from, to) = if operator.is_upward() { (x, right) } else { (left, x) };
                rect.fires x=(place(from)) y="20" width=(place(to - from)) height=(place(BOTTOM - 20.0)) {}
            }
            @for gap in &effect.gaps {
                @let (from, to) = (scale.bound(gap.lower, left), scale.bound(gap.upper, right));
                rect.hole x=(place(from)) y=(place(TOP)) width=(place(to - from)) height=(place(BOTTOM - TOP)) {}
            }
            @for bar in bars { (bar.drawn()) }
            line.axis x1=(place(left)) y1=(place(height.zero)) x2=(place(right)) y2=(place(height.zero)) {}
            @if let Some(threshold) = threshold {
                @let x = place(scale.x(threshold.get()));
                line.threshold x1=(x) y1="18" x2=(x) y2=(place(BOTTOM + 4.0)) {}
                text.tick x=(x) y="12" text-anchor="middle" { "threshold " (threshold) }
            }
            @for (x, bound) in ticks(&scale, bounds) { text.tick x=(place(x)) y="144" text-anchor="middle" { (bound) } }
            text.tick x=(place(right)) y="162" text-anchor="end" { (effect.axis) " →" }
        }
    }
}

/// Bounds that have room beside each other.
fn ticks(scale: &Scale, mut bounds: Vec<Number>) -> Vec<(f64, Number)> {
    bounds.sort_unstable();
    bounds.dedup();
    let mut ticks: Vec<(f64, Number)> = Vec::new();
    for bound in bounds {
        let x = scale.x(bound.get());
        if ticks.last().is_none_or(|(last, _)| x - last >= APART) {
            ticks.push((x, bound));
        }
    }
    ticks
}

/// Where no change is, and how tall a change of one is.
struct Height {
    zero: f64,
    unit: f64,
}

impl Height {
    fn of(adjustments: impl Iterator<Item = i32> + Clone) -> Self {
        let up = f64::from(adjustments.clone().max().unwrap_or(0).max(0));
        let down = f64::from(adjustments.min().unwrap_or(0).min(0)).abs();
        let unit = (BOTTOM - TOP) / (up + down).max(1.0);
        Self { zero: TOP + up * unit, unit }
    }

    /// Top and bottom; no change is a thin line.
    fn bar(&self, adjustment: i32) -> (f64, f64) {
        let end = self.zero - f64::from(adjustment) * self.unit;
        if adjustment == 0 { (self.zero - 1.5, self.zero + 1.5) } else { (end.min(self.zero), end.max(self.zero)) }
    }
}

struct Bar {
    from: f64,
    to: f64,
    top: f64,
    bottom: f64,
    label: String,
    is_dead: bool,
}

impl Bar {
    /// Its label stands within it, where it has room.
    fn drawn(&self) -> Markup {
        let width = self.to - self.from;
        let middle = f64::midpoint(self.from, self.to);
        #[allow(clippy::cast_precision_loss)] // a label has a few characters
        let has_room = width >= self.label.chars().count() as f64 * 6.0;
        html! {
            rect class={"bar" @if self.is_dead { " dead" }} x=(place(self.from)) y=(place(self.top)) width=(place(width - 1.0))
                height=(place(self.bottom - self.top)) {}
            @if has_room {
                text.value x=(place(middle)) y=(place(f64::midpoint(self.top, self.bottom) + 4.0)) text-anchor="middle" { (self.label) }
            }
        }
    }
}

/// Bounds as a band, desired as a line, running as a dot.
pub(super) fn capacity(capacity: CapacityStatus) -> Markup {
    let CapacityStatus { min, max, desired, running } = capacity;
    let most = [max.unwrap_or(0), desired, running, 1].into_iter().max().unwrap_or(1);
    let scale = Scale { from: 0.0, to: f64::from(most) };
    let x = |count: i32| scale.x(f64::from(count));
    let known = |bound: Option<i32>| bound.map_or_else(|| "unknown".to_owned(), |bound| bound.to_string());
    let label = format!("min {}, max {}, desired {desired}, running {running}", known(min), known(max));
    html! {
        svg.chart.capacity viewBox="0 0 400 46" role="img" aria-label=(label) {
            line.axis x1=(place(x(0))) y1="20" x2=(place(x(most))) y2="20" {}
            @if let Some((min, max)) = min.zip(max) {
                rect.band x=(place(x(min))) y="12" width=(place((x(max) - x(min)).max(2.0))) height="16" rx="3" {}
                text.tick x=(place(x(min))) y="42" text-anchor=(anchor(x(min))) { (min) }
                @if x(max) - x(min) >= APART { text.tick x=(place(x(max))) y="42" text-anchor=(anchor(x(max))) { (max) } }
            }
            line.desired x1=(place(x(desired))) y1="6" x2=(place(x(desired))) y2="34" {}
            circle.running cx=(place(x(running))) cy="20" r="5" {}
        }
    }
}

/// A label at an edge stays within the drawing.
fn anchor(x: f64) -> &'static str {
    if x < 2.0 * MARGIN {
        "start"
    } else if x > WIDTH - 2.0 * MARGIN {
        "end"
    } else {
        "middle"
    }
}
