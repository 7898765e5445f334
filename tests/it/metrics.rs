//! `/metrics` of a running daemon: names, types, help and labels are a promise to dashboards and alerts.

use std::collections::BTreeSet;

use crate::golden;
use crate::process::{Daemon, Sandbox};

/// A scrape without its values, and without the buckets of histograms.
fn masked(text: &str) -> String {
    let kept = text.lines().filter(|line| !line.contains("_bucket{"));
    let line = |line: &str| match line.rsplit_once(' ') {
        Some((series, _)) if !line.starts_with('#') => format!("{series} #\n"),
        _ => format!("{line}\n"),
    };
    kept.map(line).collect()
}

#[test]
fn names_types_help_and_labels_are_as_they_were() {
    let sandbox = Sandbox::start();
    let daemon = Daemon::settled(&sandbox, "deploy/examples/search-api.yaml", &[]);
    let text = daemon.get("/metrics").body;
    golden::check("metrics/search-api.txt", &masked(&text));
    let series: Vec<&str> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.rsplit_once(' ')?.0)).collect();
    assert_eq!(series.len(), series.iter().collect::<BTreeSet<_>>().len(), "no series stands there twice");
    // It collides with the label that Prometheus itself gives a target.
    assert!(!series.iter().any(|series| series.contains("{namespace=") || series.contains(",namespace=")));
}
