//! The newer parts of an alarm (S-071): how its window moves, its warm-up, what its notifications hold.

use super::has_length;
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::{ActionConfigurationSpec, EvaluationWindowSpec, WarmUpSpec};
use crate::model::alarm::{EvaluationWindow, TagsPropagation, WarmUp};

/// The periods that can be aligned to the clock, in seconds.
const CLOCK_PERIODS: [i32; 5] = [60, 300, 3600, 86_400, 604_800];

pub(super) fn window(
    spec: Option<&EvaluationWindowSpec>,
    period: i32,
    at: &Path,
    report: &mut Report<'_>,
) -> EvaluationWindow {
    let path = at.key("evaluationWindow");
    let Some(spec) = spec else { return EvaluationWindow::Sliding };
    match (&spec.sliding_window, &spec.wall_clock_window) {
        (Some(_), None) => EvaluationWindow::Sliding,
        (None, Some(clock)) => {
            if !CLOCK_PERIODS.contains(&period) {
                let message = format!("a window aligned to the clock cannot have a period of {period} seconds");
                report.error(&path, message, "use 60, 300, 3600, 86400 or 604800, or slidingWindow");
            }
            let timezone = clock.timezone.clone().unwrap_or_else(|| "UTC".to_owned());
            has_length(&timezone, 50, "the time zone", &path.key("wallClockWindow").key("timezone"), report);
            EvaluationWindow::WallClock { timezone }
        }
        _ => {
            report.error(&path, "exactly one kind of window is needed", "give slidingWindow or wallClockWindow");
            EvaluationWindow::Sliding
        }
    }
}

pub(super) fn warm_up(spec: Option<WarmUpSpec>, at: &Path, report: &mut Report<'_>) -> Option<WarmUp> {
    let spec = spec?;
    let minutes = spec.warm_up_period_duration_in_minutes;
    if !(1..=2880).contains(&minutes) {
        let path = at.key("warmUpConfiguration").key("warmUpPeriodDurationInMinutes");
        report.error(&path, format!("{minutes} minutes are out of range"), "write 1 to 2880 minutes");
    }
    Some(WarmUp {
        warm_up_period_duration_in_minutes: minutes,
        only_start_evaluating_after_warm_up_period_ends: spec
            .only_start_evaluating_after_warm_up_period_ends
            .unwrap_or_default(),
    })
}

pub(super) fn tags_propagation(
    spec: Option<&ActionConfigurationSpec>,
    at: &Path,
    report: &mut Report<'_>,
) -> Option<TagsPropagation> {
    let spec = &spec?.alarm_tags_propagation;
    let path = at.key("actionConfiguration").key("alarmTagsPropagation");
    if spec.included_tag_keys.is_some() && spec.excluded_tag_keys.is_some() {
        let message = "includedTagKeys and excludedTagKeys cannot stand together";
        report.error(&path, message, "keep one of the two");
    }
    for (name, keys) in [("includedTagKeys", &spec.included_tag_keys), ("excludedTagKeys", &spec.excluded_tag_keys)] {
        let path = path.key(name);
        if let Some(count) = keys.as_ref().map(Vec::len).filter(|count| !(1..=50).contains(count)) {
            report.error(
                &path,
                format!("there are {count} keys; AWS takes 1 to 50"),
                "shorten the list, or leave it out",
            );
        }
        for (index, key) in keys.iter().flatten().enumerate() {
            has_length(key, 128, "the tag's key", &path.index(index), report);
        }
    }
    let set = |keys: &Option<Vec<String>>| keys.iter().flatten().cloned().collect();
    Some(TagsPropagation {
        enabled: spec.enabled,
        included_tag_keys: set(&spec.included_tag_keys),
        excluded_tag_keys: set(&spec.excluded_tag_keys),
    })
}
