//! Time: one place reads the wall clock, and what is periodic follows the monotonic one.

use std::time::{Duration, SystemTime};

use crate::estate::{Item, plant, yaml};
use crate::harness_daemon::Field;
use crate::source_tree::{code_only, files, shown};

#[test]
fn the_wall_clock_is_read_in_one_place() {
    let readers = ["Timestamp::now", "SystemTime::now", "Zoned::now", "std::time::Instant", "UNIX_EPOCH"];
    let is_tests = |path: &str| path.ends_with("tests.rs") || path.contains("/tests/");
    let found: Vec<String> = files("src", ".rs")
        .iter()
        .filter(|path| !is_tests(&shown(path)))
        .flat_map(|path| {
            let code = code_only(&std::fs::read_to_string(path).unwrap());
            let lines: Vec<String> = code.lines().map(str::to_owned).collect();
            let tests = lines.iter().position(|line| line.contains("#[cfg(test)]")).unwrap_or(lines.len());
            let reads = |line: &String| readers.iter().any(|reader| line.contains(reader));
            let count = lines[..tests].iter().filter(|line| reads(line)).count();
            vec![shown(path); count]
        })
        .collect();
    assert_eq!(found, ["src/controller/clock.rs"], "take the time from controller::Clock or tokio::time::Instant");
}

#[tokio::test(start_paused = true)]
async fn sweeps_follow_the_monotonic_clock_whatever_the_wall_clock_shows() {
    let field = Field::new();
    let items = Item::many(1);
    plant(&field, &items);
    let (wall, running) = (SystemTime::now(), field.start(&yaml(&items)).await);
    running.run(Duration::from_secs(1200)).await;
    let attempts = field.tap.attempts();
    let sweeps: Vec<Duration> =
        attempts.iter().filter(|a| a.operation == "DescribeScalableTargets").map(|a| a.at).collect();
    let gaps: Vec<f64> = sweeps.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    println!("twenty minutes of {} sweeps in {:?} of wall time", sweeps.len(), wall.elapsed().unwrap());
    assert!((18..=23).contains(&sweeps.len()), "{}", sweeps.len());
    assert!(gaps.iter().all(|gap| (53.9..=66.1).contains(gap)), "{gaps:?}");
    running.stop().await;
}
