//! `/metrics` of a running daemon: names, types, help and labels are a promise to dashboards and alerts.

use std::collections::BTreeSet;

use ecs_scaling_sandbox::{Fault, FaultRule};

use crate::golden;
use crate::process::{Daemon, Sandbox};

/// A scrape without its values, without the buckets of histograms, and without the calls that the slow sweep of tags may
/// have made by then.
fn masked(text: &str) -> String {
    let kept = text.lines().filter(|line| !line.contains("_bucket{") && !line.contains("ListTagsForResource"));
    let line = |line: &str| match line.rsplit_once(' ') {
        Some((series, _)) if !line.starts_with('#') => format!("{series} #\n"),
        _ => format!("{line}\n"),
    };
    kept.map(line).collect()
}

#[test]
fn names_types_help_and_labels_are_as_they_were() {
    let sandbox = Sandbox::start();
    sandbox.world.world().inject(FaultRule::next("PutMetricAlarm", Fault::Throttle));
    let daemon = Daemon::settled(&sandbox, "deploy/examples/search-api.yaml", &[]);
    let text = daemon.get("/metrics").body;
    golden::check("metrics/search-api.txt", &masked(&text));
    let series: Vec<&str> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.rsplit_once(' ')?.0)).collect();
    assert_eq!(series.len(), series.iter().collect::<BTreeSet<_>>().len(), "no series stands there twice");
    // It collides with the label that Prometheus itself gives a target.
    assert!(!series.iter().any(|series| series.contains("{namespace=") || series.contains(",namespace=")));
}
