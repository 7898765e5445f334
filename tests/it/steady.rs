//! A real process at rest: what it holds does not grow, and it answers while it works.
//!
//! `OBJECTS=1000 PASSES=60` is the long run of `make soak`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use ecs_scaling::model::failure::AwsService;
use ecs_scaling_sandbox::ServiceSeed;
use serde_json::json;

use crate::estate::{Item, put_done};
use crate::process::{Daemon, Sandbox, until};

/// Passes that fill caches.
const WARM: usize = 6;

fn number(name: &str, or: usize) -> usize {
    std::env::var(name).map_or(or, |text| text.parse().expect("a number"))
}

/// What one moment holds: resident memory in KiB, open descriptors, series.
struct Held {
    memory: usize,
    descriptors: usize,
    series: usize,
}

fn held(daemon: &Daemon) -> Held {
    let pid = daemon.pid();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let memory = line.trim().trim_end_matches(" kB").parse().unwrap();
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    let series = daemon.get("/metrics").body.lines().filter(|line| !line.starts_with('#')).count();
    Held { memory, descriptors, series }
}

fn mean(of: impl ExactSizeIterator<Item = usize>) -> usize {
    let count = of.len();
    of.sum::<usize>() / count
}

#[test]
fn at_rest_memory_descriptors_and_series_do_not_grow_and_scrapes_are_quick() {
    if !cfg!(target_os = "linux") {
        return; // it reads /proc
    }
    let (objects, passes) = (number("OBJECTS", 100), number("PASSES", 12));
    let (sandbox, items) = (Sandbox::start(), Item::many(objects));
    let now = sandbox.world.now();
    for item in &items {
        sandbox.world.world().add_service(&item.scope(), item.cluster, &ServiceSeed::new(&item.name, 2), now);
    }
    put_done(&mut sandbox.world.world(), &items, now);
    sandbox.world.world().reset_counters();
    let text = items.iter().fold(String::new(), |mut text, item| {
        write!(text, "{}", item.yaml()).unwrap();
        text
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("all.yaml"), text).unwrap();
    let arguments = ["--interval", "1s", "--requests-per-second", "1000"]; // as many passes as the machine can make
    let daemon = Daemon::start(&sandbox, folder.path().to_str().unwrap(), &arguments);
    let sweeps = || daemon.log().iter().filter(|line| line["message"] == "swept").count();
    let (mut seen, mut scrapes) = (Vec::new(), Vec::new());
    for pass in 1..=WARM + passes {
        until("the next sweep", || (sweeps() >= pass).then_some(()));
        for _ in 0..5 {
            let start = Instant::now();
            assert_eq!(daemon.get("/metrics").status, 200);
            scrapes.push(start.elapsed());
        }
        seen.push(held(&daemon));
    }
    daemon.until_ready();
    let rest = &seen[WARM..];
    let (first, last) = (&rest[..rest.len() / 3], &rest[rest.len() - rest.len() / 3..]);
    let memory = [first, last].map(|part| mean(part.iter().map(|held| held.memory)));
    scrapes.sort();
    let p99 = scrapes[scrapes.len() * 99 / 100];
    println!(
        "{objects} objects, {passes} passes after {WARM}: {} KiB, then {} KiB; {} descriptors, then {}; {} series, then {}; \
         scrapes p99 {p99:?}",
        memory[0], memory[1], first[0].descriptors, last[0].descriptors, first[0].series, last[0].series
    );
    // Allocators keep pages back in steps; what leaks with each pass is more than this in so many.
    assert!(memory[1] <= memory[0] + memory[0] / 33, "memory grows: {memory:?} KiB");
    let most = |part: &[Held]| part.iter().map(|held| held.descriptors).max().unwrap();
    // A connection more at one moment is no leak; one a pass would be two thirds of the passes more.
    assert!(most(last) < most(first) + rest.len() / 3, "descriptors grow: {} to {}", most(first), most(last));
    assert!(rest.iter().all(|held| held.series == rest[0].series), "series come or go at rest");
    // Unoptimised, and on a machine that does other things: far from the 50 ms of a release build, and far from a stall.
    assert!(p99 < Duration::from_secs(1), "{p99:?}");
    let world = sandbox.world.world();
    assert!(
        world.counters().writes().is_empty(),
        "at rest nothing is written: {:?}",
        world.counters().writes().first()
    );
}

#[test]
fn a_restart_writes_nothing() {
    let (sandbox, one) = (Sandbox::start(), "deploy/examples/search-api.yaml");
    drop(Daemon::settled(&sandbox, one, &[]));
    let writes = sandbox.world.world().counters().writes().len();
    for _ in 0..3 {
        drop(Daemon::settled(&sandbox, one, &[]));
        assert_eq!(sandbox.world.world().counters().writes().len(), writes);
    }
    // And where something drifted meanwhile, that alone.
    let gone = json!({"AlarmNames": [crate::harness::ALARM]});
    let (now, home) = (sandbox.world.now(), crate::harness::home());
    sandbox.world.world().call_as_admin(&home, AwsService::CloudWatch, "DeleteAlarms", gone, now).unwrap();
    drop(Daemon::settled(&sandbox, one, &[]));
    let world = sandbox.world.world();
    let operations: Vec<&str> = world.counters().writes()[writes..].iter().map(|w| w.call.operation.as_str()).collect();
    assert_eq!(operations, ["DeleteAlarms", "PutMetricAlarm"], "the first is the test's own");
}
