//! An alarm's statistic, and the forms of the extended ones (S-069).

use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::AlarmSpec;
use crate::model::metric::{MetricStatistic, Statistic};

/// Checks that there is one statistic, and one that CloudWatch has.
pub(super) fn check(spec: &AlarmSpec, at: &Path, report: &mut Report<'_>) -> MetricStatistic {
    let Some(text) = &spec.extended_statistic else {
        return MetricStatistic::Simple(spec.statistic.unwrap_or(Statistic::Average));
    };
    let path = at.key("extendedStatistic");
    if spec.statistic.is_some() {
        report.error(&path, "statistic and extendedStatistic cannot stand together", "keep one of the two");
    }
    if !is_extended(text) {
        report.error(&path, format!("`{text}` is not an extended statistic"), EXTENDED_HINT);
    }
    MetricStatistic::Extended(text.clone())
}

const EXTENDED_HINT: &str = "write a percentile such as p95, or one of tm, tc, ts, wm with a percentage (tm90), IQM, or a range \
                             such as TM(10%:90%) or PR(:300)";

/// Checks a query's `stat` that is none of the simple statistics.
pub(super) fn check_stat(text: &str, path: &Path, report: &mut Report<'_>) {
    if !is_extended(text) {
        let simple = Statistic::ALL.iter().map(|statistic| statistic.as_str()).collect::<Vec<_>>().join(", ");
        report.error(
            path,
            format!("`{text}` is not a statistic"),
            format!("write one of {simple}, or {EXTENDED_HINT}"),
        );
    }
}

fn is_extended(text: &str) -> bool {
    if text == "IQM" {
        return true;
    }
    let inner = |name| text.strip_prefix(name).and_then(|rest: &str| rest.strip_suffix(')'));
    if let Some(values) = inner("PR(") {
        return is_range(values, is_value);
    }
    if let Some(range) = ["TC(", "TM(", "TS(", "WM("].into_iter().find_map(inner) {
        return is_range(range, is_value) || is_range(range, |side| side.strip_suffix('%').is_some_and(is_percentage));
    }
    ["p", "tm", "tc", "ts", "wm"].iter().filter_map(|name| text.strip_prefix(name)).any(is_percentage)
}

/// Two sides, at most one of them open.
fn is_range(text: &str, is_side: impl Fn(&str) -> bool) -> bool {
    let is_open_or_good = |side: &str| side.is_empty() || is_side(side);
    text != ":" && text.split_once(':').is_some_and(|(low, high)| is_open_or_good(low) && is_open_or_good(high))
}

/// A value of the metric.
fn is_value(text: &str) -> bool {
    is_decimal(text.strip_prefix('-').unwrap_or(text))
}

fn is_percentage(text: &str) -> bool {
    is_decimal(text) && text.parse().is_ok_and(|value: f64| value <= 100.0)
}

fn is_decimal(text: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').map_or(is_digits(text), |(whole, fraction)| is_digits(whole) && is_digits(fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-069
    #[test]
    fn extended_statistics_are_known_by_their_form() {
        for good in [
            "p0",
            "p95",
            "p99.9",
            "p100",
            "tm90",
            "wm98",
            "ts50",
            "tc90",
            "IQM",
            "TM(10%:90%)",
            "TM(:95%)",
            "TC(5:)",
            "PR(:300)",
            "PR(-1:0.5)",
            "WM(150:1000)",
        ] {
            assert!(is_extended(good), "{good}");
        }
        for bad in [
            "",
            "p",
            "p101",
            "p9.9.9",
            "p-1",
            "95",
            "average",
            "TM(10%:90%",
            "TM(:)",
            "TM(a:b)",
            "TM(10)",
            "TM(1:2:3)",
            "TM(10%:900%)",
            "TM(10%:90)",
            "PR(10%:90%)",
            "xPR(:300)",
            "IQM(1:2)",
            "iqm",
            "px",
        ] {
            assert!(!is_extended(bad), "{bad}");
        }
    }
}
