//! `simulate` as a person meets it: its data, its formats, and what it says of itself.

use std::path::Path;

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::AccountId;
use ecs_scaling_sandbox::DenialStyle;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::golden;
use crate::harness::{ACCOUNT, home};
use crate::process::{Sandbox, run};

const OBJECT: &str = "deploy/examples/search-api.yaml";
/// The same with a threshold of 45 and a scale-in policy.
const OTHER: &str = "tests/data/simulate/search-api-later.yaml";
/// An hour of load, with the tasks that ran.
const LOAD: &str = "tests/data/simulate/load.csv";

fn simulate(arguments: &[&str]) -> crate::process::Done {
    run(&[&["simulate", "-f", OBJECT], arguments].concat())
}

fn json(arguments: &[&str]) -> Value {
    let done = simulate(&[arguments, &["-o", "json"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.transcript());
    done.json()
}

#[test]
fn both_loops_are_told_apart_in_every_format() {
    golden::check("simulate/open.txt", &simulate(&["--metrics", LOAD]).transcript());
    golden::check("simulate/closed.txt", &simulate(&["--metrics", LOAD, "--demand", "--startup", "90s"]).transcript());
    let (open, closed) = (json(&["--metrics", LOAD]), json(&["--metrics", LOAD, "--demand"]));
    assert_eq!((&open["feedback"], &closed["feedback"]), (&json!("open"), &json!("closed")));
    assert!(open["figures"]["taskHours"].as_f64() > closed["figures"]["taskHours"].as_f64());
    for format in ["text", "svg"] {
        let out = simulate(&["--metrics", LOAD, "--demand", "-o", format]).out;
        assert!(out.to_lowercase().contains("closed loop"), "{format}");
    }
}

/// The drawing of the README; it is looked at in a browser, on light and on dark ground.
#[test]
fn the_drawing_is_that_of_the_readme() {
    let done = run(&["simulate", "-f", OTHER, "--metrics", LOAD, "--demand", "--startup", "90s", "-o", "svg"]);
    golden::check("simulate/search-api.svg", &done.out);
    let readme = std::fs::read_to_string(crate::source_tree::root().join("README.md")).unwrap();
    assert!(readme.contains("(tests/it/golden/simulate/search-api.svg)"));
}

#[test]
fn a_spreadsheet_gets_a_line_a_minute() {
    golden::check("simulate/load.csv", &simulate(&["--metrics", LOAD, "--demand", "-o", "csv"]).transcript());
}

#[test]
fn two_objects_are_compared_by_what_a_person_decides_by() {
    let done = simulate(&["--metrics", LOAD, "--demand", "--against", OTHER]);
    assert_eq!(done.code, Some(0), "{}", done.transcript());
    let (_, against) = done.out.split_once("\nAgainst ").unwrap();
    golden::check("simulate/against.txt", against);
    let both = json(&["--metrics", LOAD, "--demand", "--against", OTHER]);
    assert_eq!(both["against"]["object"], "default/search-api");
    assert_ne!(both["figures"], both["against"]["figures"]);
    assert_eq!(simulate(&["--metrics", LOAD, "--against", OTHER, "-o", "svg"]).code, Some(1));
}

#[test]
fn what_is_wrong_with_the_data_is_said() {
    for (arguments, code, said) in [
        (&["--metrics", "nowhere.csv"][..], 1, "reading metric data from nowhere.csv"),
        (&["--metrics", OBJECT], 1, "line 1 is no header with `timestamp` first"),
        (&["--metrics", &format!("Requests={LOAD}")], 0, ""), // the file names its own columns
        (&[], 64, "--metrics"),
        (&["--load", "step", "--last", "1h"], 64, "cannot be used with"),
        (&["--last", "16d"], 64, "no longer"),
        (&["--load", "step", "--startup", "90"], 64, "write it with its unit"),
        (&["--metrics", LOAD, "--object", "nobody"], 1, "there are: default/search-api"),
    ] {
        let done = simulate(arguments);
        assert_eq!(done.code, Some(code), "{}", done.transcript());
        assert!(done.err.contains(said), "{said}: {}", done.err);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requests.csv");
    std::fs::write(&path, "timestamp,Requests\n2026-11-25T10:00:00Z,5\n").unwrap();
    let done = simulate(&["--metrics", path.to_str().unwrap()]);
    assert!(done.err.contains("the alarms look at CPUUtilization"), "{}", done.transcript());
}

#[test]
fn every_shape_of_load_scales_out_by_default() {
    for shape in ["sine", "step", "spike"] {
        let played = json(&["--load", shape, "--for", "6h", "--demand"]);
        assert!(played["figures"]["scaleOuts"].as_u64() > Some(0), "{shape}: {}", played["figures"]);
        assert_eq!(played["minutes"].as_array().unwrap().len(), 360);
    }
}

/// Three hours of CPU as ECS puts it, each task with its sample: 4 tasks, busy in the last hour.
fn feed(sandbox: &Sandbox) {
    let now = sandbox.world.now();
    let minute = |back: i64| now - SignedDuration::from_mins(back);
    let dimensions = json!([{"Name": "ClusterName", "Value": "B"}, {"Name": "ServiceName", "Value": "search-api"}]);
    let datum = |back: i64| {
        let (at, value): (Timestamp, f64) = (minute(back), if back <= 60 { 36.0 } else { 12.0 });
        json!({
            "MetricName": "CPUUtilization", "Dimensions": dimensions, "Timestamp": at.as_second(),
            "Values": [value], "Counts": [4.0],
        })
    };
    let data: Vec<Value> = (1..=180).rev().map(datum).collect();
    let input = json!({"Namespace": "AWS/ECS", "MetricData": data});
    sandbox.world.world().call_as_admin(&home(), AwsService::CloudWatch, "PutMetricData", input, now).unwrap();
}

#[test]
fn the_last_hours_are_fetched_and_kept_and_read_again_without_aws() {
    let sandbox = Sandbox::start();
    feed(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("search-api.json");
    let arguments =
        ["simulate", "-f", OBJECT, "--last", "3h", "--cache", cache.to_str().unwrap(), "--demand", "-o", "json"];
    let first = sandbox.run(&arguments).json();
    assert_eq!((&first["tasks"], &first["data"]), (&json!(4), &json!("from CloudWatch")));
    let figures = &first["figures"];
    assert_eq!((&figures["scaleOuts"], &figures["peakTasks"]), (&json!(1), &json!(6)), "144 % of a task is 24 % of 6");
    let ids: Vec<&str> = first["assumptions"].as_array().unwrap().iter().filter_map(|a| a["id"].as_str()).collect();
    assert!(ids.contains(&"A-16") && !ids.contains(&"A-12"), "tasks are known by their samples: {ids:?}");
    assert!(Path::new(&cache).exists());
    let again = run(&arguments).json();
    assert_eq!((&again["events"], &again["figures"]), (&first["events"], &first["figures"]));
    assert!(again["data"].as_str().unwrap().contains("as kept in"));
}

#[test]
fn what_aws_has_now_can_be_compared_with() {
    let sandbox = Sandbox::start();
    assert_eq!(sandbox.run(&["apply", "--owner", "it", "--config", OBJECT]).code, Some(0));
    let arguments = ["simulate", "-f", OTHER, "--metrics", LOAD, "--demand", "--against", "aws", "-o", "json"];
    let compared = sandbox.run(&arguments).json();
    let alone = json(&["--metrics", LOAD, "--demand"]);
    assert_eq!(compared["against"]["figures"], alone["figures"], "AWS has what the object says");
    assert_eq!(compared["against"]["object"], "AWS 111122223333/ap-northeast-2");
    let empty = Sandbox::start();
    let done = empty.run(&arguments);
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("the service B/search-api has no scalable target"), "{}", done.err);
}

#[test]
fn a_missing_permission_is_named_and_a_flag_asks_for_it() {
    let sandbox = Sandbox::start();
    sandbox.world.world().deny(
        &AccountId::new(ACCOUNT),
        "cloudwatch:GetMetricData",
        "*",
        DenialStyle::NoIdentityPolicy,
    );
    let done = sandbox.run(&["simulate", "-f", OBJECT, "--last", "1h"]);
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("cloudwatch:GetMetricData"), "{}", done.err);
    for mode in ["read-only", "reconcile"] {
        let asks = |more: &[&str]| run(&[&["iam-policy", "--mode", mode], more].concat()).out.contains("GetMetricData");
        assert_eq!((asks(&[]), asks(&["--simulate"])), (false, true), "{mode}");
    }
}
