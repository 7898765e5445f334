//! A drawing: the metric with its thresholds above, the task counts within their bounds below.
//!
//! It stands by itself, is read on light and on dark ground, and names what it shows for those who do not see it.

use jiff::Timestamp;

use super::{shown, value_at};
use crate::model::simulation::subject::Subject;
use crate::model::simulation::{Setup, Simulation};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 944.0;
/// Top and bottom of the metric's part and of the tasks' part.
const METRIC: (f64, f64) = (64.0, 244.0);
const TASKS: (f64, f64) = (292.0, 440.0);
const HEIGHT: f64 = 496.0;
/// More points than this on a line are not seen apart.
const MOST_POINTS: usize = 1200;

const STYLE: &str = "\
svg{--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--paper:#ffffff;--metric:#0969da;--running:#1a7f37;--desired:#9a6700;\
--limit:#cf222e;font:13px system-ui,sans-serif}\
@media (prefers-color-scheme:dark){svg{--ink:#f0f6fc;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;--metric:#4493f8;\
--running:#3fb950;--desired:#d29922;--limit:#f85149}}\
.paper{fill:var(--paper)}text{fill:var(--ink)}.soft{fill:var(--soft)}.grid{stroke:var(--line)}\
.m{fill:none;stroke:var(--metric);stroke-width:1.5}.m1{stroke-dasharray:6 3}.r{fill:none;stroke:var(--running);stroke-width:2}\
.d{fill:none;stroke:var(--desired);stroke-width:1.5;stroke-dasharray:3 3}.t{stroke:var(--limit);stroke-dasharray:8 4}\
.b{fill:none;stroke:var(--soft);stroke-dasharray:2 4}.tm{fill:var(--metric)}.tr{fill:var(--running)}.td{fill:var(--desired)}\
.tl{fill:var(--limit)}";

/// A straight scale from values to places.
#[derive(Clone, Copy)]
struct Scale {
    from: f64,
    to: f64,
    places: (f64, f64),
}

impl Scale {
    fn at(self, value: f64) -> f64 {
        let span = (self.to - self.from).max(f64::EPSILON);
        self.places.0 + (value - self.from) / span * (self.places.1 - self.places.0)
    }
}

/// The drawing, as a file of its own.
pub fn svg(subject: &Subject, setup: &Setup, simulation: &Simulation) -> String {
    let seconds = |at: Timestamp| at.as_second() as f64;
    let time = Scale { from: seconds(setup.start), to: seconds(setup.end), places: (LEFT, RIGHT) };
    let title = escaped(&format!("{}: service {}", subject.name, subject.service));
    let feedback = match setup.feedback {
        crate::model::simulation::Feedback::Open => "open loop: the metric stays as recorded",
        crate::model::simulation::Feedback::Closed => "closed loop: running tasks share the load",
    };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"{title}, {}\">\n<style>{STYLE}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\"/>\n",
        escaped(&spoken(simulation))
    );
    out += &format!("<text x=\"{LEFT}\" y=\"26\" font-size=\"16\" font-weight=\"600\">{title}</text>\n");
    out += &format!("<text class=\"soft\" x=\"{RIGHT}\" y=\"26\" text-anchor=\"end\">{feedback}</text>\n");
    out += &hours(setup, time);
    out += &metric_part(subject, simulation, time);
    out += &tasks_part(simulation, time);
    out + &figures(simulation) + "</svg>\n"
}

fn spoken(simulation: &Simulation) -> String {
    let figures = &simulation.figures;
    format!("{} scale-outs, {} scale-ins, at most {} tasks", figures.scale_outs, figures.scale_ins, figures.peak_tasks)
}

/// Upright lines at whole hours or days, whichever are few enough.
fn hours(setup: &Setup, time: Scale) -> String {
    let length = setup.end.duration_since(setup.start).as_secs();
    let steps = [300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400];
    let step = steps.into_iter().find(|step| length / step <= 12).unwrap_or(30 * 86_400);
    let mut out = String::new();
    let mut second = setup.start.as_second().div_euclid(step) * step + step;
    while second < setup.end.as_second() {
        let x = time.at(second as f64);
        let format = if step >= 86_400 || second.rem_euclid(86_400) == 0 { "%d %b" } else { "%H:%M" };
        let label = Timestamp::from_second(second).map(|at| at.strftime(format).to_string()).unwrap_or_default();
        out += &format!("<line class=\"grid\" x1=\"{x:.1}\" y1=\"{}\" x2=\"{x:.1}\" y2=\"{}\"/>", METRIC.0, TASKS.1);
        out += &format!(
            "<text class=\"soft\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>\n",
            TASKS.1 + 18.0
        );
        second += step;
    }
    out
}

fn metric_part(subject: &Subject, simulation: &Simulation, time: Scale) -> String {
    let minutes = &simulation.minutes;
    let mut out = String::new();
    let lines: Vec<(String, Vec<_>)> = shown(simulation)
        .map(|series| {
            let point = |end: i64| (end as f64, value_at(series, end));
            (series.id.label().to_owned(), thinned(minutes.iter().map(|minute| point(minute.at.as_second())).collect()))
        })
        .collect();
    let thresholds: Vec<(f64, &str)> = subject
        .alarms()
        .map(|alarm| (alarm.config.threshold.get(), alarm.config.comparison_operator.symbol()))
        .collect();
    let values = lines.iter().flat_map(|(_, points)| points).filter_map(|(_, value)| *value);
    let highest = values.chain(thresholds.iter().map(|(threshold, _)| *threshold)).fold(1.0, f64::max);
    let scale = Scale { from: 0.0, to: highest * 1.08, places: (METRIC.1, METRIC.0) };
    out += &axis(scale, highest);
    for (threshold, symbol) in &thresholds {
        let y = scale.at(*threshold);
        out += &format!("<line class=\"t\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\"/>");
        out += &format!(
            "<text class=\"tl\" x=\"{RIGHT}\" y=\"{:.1}\" text-anchor=\"end\">{} {threshold}</text>\n",
            y - 4.0,
            escaped(symbol)
        );
    }
    for (index, (name, points)) in lines.iter().enumerate() {
        out += &format!("<path class=\"m m{index}\" d=\"{}\"/>\n", line(points, time, scale));
        let x = LEFT + 180.0 * index as f64;
        out += &format!("<text class=\"tm\" x=\"{x:.0}\" y=\"54\">{}</text>\n", escaped(name));
    }
    out
}

fn tasks_part(simulation: &Simulation, time: Scale) -> String {
    let minutes = &simulation.minutes;
    let highest = minutes.iter().map(|minute| minute.max.min(minute.desired.max(1) * 4)).max().unwrap_or(1);
    let highest = f64::from(highest.max(minutes.iter().map(|m| m.running.max(m.desired)).max().unwrap_or(1)));
    let scale = Scale { from: 0.0, to: highest * 1.08, places: (TASKS.1, TASKS.0) };
    let steps = |of: fn(&crate::model::simulation::Minute) -> i32| {
        let points = minutes.iter().map(|minute| (minute.at.as_second() as f64, Some(f64::from(of(minute))))).collect();
        stairs(&points, time, scale)
    };
    let mut out = axis(scale, highest);
    for (class, path) in [
        ("b", steps(|minute| minute.min)),
        ("b", steps(|minute| minute.max)),
        ("d", steps(|minute| minute.desired)),
        ("r", steps(|minute| minute.running)),
    ] {
        out += &format!("<path class=\"{class}\" d=\"{path}\"/>\n");
    }
    let y = TASKS.0 - 12.0;
    out += &format!(
        "<text class=\"tr\" x=\"{LEFT}\" y=\"{y}\">running tasks</text><text class=\"td\" x=\"{}\" y=\"{y}\">desired</text>\
         <text class=\"soft\" x=\"{}\" y=\"{y}\">min and max</text>\n",
        LEFT + 110.0,
        LEFT + 190.0
    );
    out
}

fn figures(simulation: &Simulation) -> String {
    let figures = &simulation.figures;
    let said = format!(
        "{:.1} task-hours, {} min above the threshold, {} activities, {} flapping, {} min at max",
        figures.task_hours,
        figures.minutes_above_threshold,
        figures.scale_outs + figures.scale_ins,
        figures.flapping,
        figures.minutes_at_max,
    );
    format!("<text x=\"{LEFT}\" y=\"{}\">{said}</text>\n", HEIGHT - 12.0)
}

/// Level lines at four round values.
fn axis(scale: Scale, highest: f64) -> String {
    let raw = (highest / 4.0).max(f64::MIN_POSITIVE);
    let ten = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|by| by * ten).find(|step| *step >= raw).unwrap_or(raw);
    let mut out = String::new();
    let mut value = 0.0;
    while value <= scale.to {
        let y = scale.at(value);
        let label = (value * 1000.0).round() / 1000.0;
        out += &format!("<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\"/>");
        out += &format!(
            "<text class=\"soft\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>\n",
            LEFT - 8.0,
            y + 4.0
        );
        value += step;
    }
    out
}

/// At most so many points: of each stretch the highest, for it is peaks that scale.
fn thinned(points: Vec<(f64, Option<f64>)>) -> Vec<(f64, Option<f64>)> {
    let stretch = points.len().div_ceil(MOST_POINTS).max(1);
    let highest = |part: &[(f64, Option<f64>)]| {
        part.iter().copied().max_by(|(_, a), (_, b)| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal))
    };
    points.chunks(stretch).filter_map(highest).collect()
}

/// A line with gaps where there is no value.
fn line(points: &[(f64, Option<f64>)], time: Scale, scale: Scale) -> String {
    let mut path = String::new();
    let mut pen = 'M';
    for (second, value) in points {
        match value {
            None => pen = 'M',
            Some(value) => {
                path += &format!("{pen}{:.1} {:.1}", time.at(*second), scale.at(*value));
                pen = 'L';
            }
        }
    }
    path
}

/// Level until the next change, then upright.
fn stairs(points: &Vec<(f64, Option<f64>)>, time: Scale, scale: Scale) -> String {
    let mut path = String::new();
    let mut last: Option<f64> = None;
    for (second, value) in points {
        let Some(value) = value else { continue };
        let (x, y) = (time.at(*second), scale.at(*value));
        match last {
            None => path += &format!("M{LEFT:.1} {y:.1}"),
            Some(before) if before != *value => path += &format!("H{x:.1}V{y:.1}"),
            Some(_) => {}
        }
        last = Some(*value);
    }
    if last.is_some() { path + &format!("H{RIGHT:.1}") } else { path }
}

fn escaped(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.fold(String::new(), |mut out, c| {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '"' => out += "&quot;",
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_place() {
        assert_eq!(escaped("<script>\"&\n"), "&lt;script&gt;&quot;&amp;");
    }

    #[test]
    fn a_stretch_keeps_its_peak_and_a_gap_stays_one() {
        let points: Vec<(f64, Option<f64>)> =
            (0..2400).map(|at| (f64::from(at), Some(if at == 7 { 9.0 } else { 1.0 }))).collect();
        let thin = thinned(points);
        assert_eq!(thin.len(), 1200);
        assert!(thin.contains(&(7.0, Some(9.0))));
        let scale = Scale { from: 0.0, to: 1.0, places: (0.0, 10.0) };
        let drawn = line(&[(0.0, Some(1.0)), (0.5, None), (1.0, Some(0.0))], scale, scale);
        assert_eq!(drawn, "M0.0 10.0M10.0 0.0");
    }
}
