//! Time: one place reads the wall clock, and what is periodic follows the monotonic one.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use ecs_scaling::api::status::Reason;
use ecs_scaling::controller::Clock;
use ecs_scaling::model::names::ServiceId;
use ecs_scaling::source::directory::Timing;
use ecs_scaling_sandbox::ServiceSeed;
use jiff::{SignedDuration, Timestamp};

use crate::estate::{Item, check, plant, yaml};
use crate::harness::{SEARCH_API, home};
use crate::harness_daemon::{Field, Running};
use crate::source_tree::{code_only, files, shown};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

thread_local! {
    /// The true time, and by how much the controller's machine shows another: each test runs on a thread of its own.
    static TRUTH: Cell<Option<Clock>> = const { Cell::new(None) };
    static OFF: Cell<SignedDuration> = const { Cell::new(SignedDuration::ZERO) };
}

/// What the wall clock of the controller's machine shows.
fn machine() -> Timestamp {
    TRUTH.get().expect("the test has set it").now() + OFF.get()
}

/// A field whose controller is on a machine with a clock that can be set; the world has the true time.
fn field_with_a_clock_that_is_off_by(off: SignedDuration) -> Field {
    let field = Field::new();
    TRUTH.set(Some(field.clock));
    OFF.set(off);
    Field { clock: Clock::reading(machine), ..field }
}

/// A daemon on files, with this in them.
async fn daemon(field: &Field, text: &str) -> (Running, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("all.yaml"), text).unwrap();
    let timing = Timing { watch: false, ..Timing::default() };
    (field.start_daemon(folder.path(), timing).await, folder)
}

/// The machine's clock is set, and the controller has time to notice.
async fn set_clock(running: &Running, off: SignedDuration) {
    OFF.set(off);
    tokio::time::sleep(Duration::from_secs(15)).await;
    running.begins_anew();
}

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

/// Sweeps, and the gaps between them in seconds, within a time.
fn sweeps(field: &Field, from: Duration) -> Vec<f64> {
    let attempts = field.tap.attempts();
    let all = attempts.iter().filter(|a| a.operation == "DescribeScalableTargets" && a.at >= from);
    let at: Vec<f64> = all.map(|a| a.at.as_secs_f64()).collect();
    at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_jumps_by_an_hour_either_way_changes_no_interval_and_no_resource() {
    for off in [HOUR, -HOUR] {
        let field = field_with_a_clock_that_is_off_by(SignedDuration::ZERO);
        let mut items = Item::many(3);
        plant(&field, &items);
        let (running, folder) = daemon(&field, &yaml(&items)).await;
        running.until_ready(MINUTE).await;
        running.run(5 * MINUTE).await;
        let (writes, jumped) = (field.tap.writes(), field.tap.elapsed());
        set_clock(&running, off).await;
        running.until_ready(MINUTE).await;
        running.run(20 * MINUTE).await;
        let gaps = sweeps(&field, jumped + MINUTE);
        assert!(gaps.len() >= 17 && gaps.iter().all(|gap| (53.9..=66.1).contains(gap)), "{off}: {gaps:?}");
        let calls = field.tap.count(jumped, field.tap.elapsed(), |_| true);
        println!(
            "the clock jumps by {} s: {calls} calls in the 20 minutes after it, 0 writes, sweeps as before",
            off.as_secs()
        );
        assert!(calls < 500, "{off}: no busy loop: {calls} calls");
        assert_eq!(field.tap.writes(), writes, "{off}");
        // What is shown goes by the clock that people have: an alert on stale syncs compares it with theirs.
        let scrape = running.metrics.scrape(&running.state).unwrap();
        let line = scrape.lines().find(|line| line.starts_with("ecs_scaling_last_sync_timestamp_seconds{")).unwrap();
        let synced: f64 = line.rsplit_once(' ').unwrap().1.parse().unwrap();
        let age = machine().as_second() as f64 - synced;
        assert!((-1.0..=70.0).contains(&age), "{off}: last synced {age} s ago");
        // And it goes on working.
        items[1].max = 19;
        std::fs::write(folder.path().join("all.yaml"), yaml(&items)).unwrap();
        running.until(MINUTE, |_| check(&field, &items).is_ok()).await;
        running.stop().await;
    }
}

// A clock that was behind at the start, and is set: what is reckoned is reckoned by the hour that it is.
#[tokio::test(start_paused = true)]
async fn schedules_go_by_the_clock_that_was_set_and_not_by_the_one_at_start() {
    let text = SEARCH_API.trim_end().to_owned()
        + "\n  scheduledActions:\n  - {scheduledActionName: morning, schedule: cron(30 9 * * ? *), scalableTargetAction: {minCapacity: 5}}\n";
    let field = field_with_a_clock_that_is_off_by(-HOUR);
    let now = field.world.now();
    field.world.world().add_service(&home(), "B", &ServiceSeed::new("search-api", 6), now);
    let (running, _folder) = daemon(&field, &text).await;
    running.until_ready(MINUTE).await;
    set_clock(&running, SignedDuration::ZERO).await;
    running.run(40 * MINUTE).await; // it is 9:40, and would be 8:40
    let min = || field.world.world().target(&home(), &ServiceId::new("B", "search-api")).unwrap().range.min();
    assert_eq!(min(), 5, "the schedule has set it");
    let next = running.view("search-api").status.schedule.unwrap().next.unwrap().time;
    assert!(next > field.world.now() + SignedDuration::from_hours(20), "it has fired today: {next}");
    let writes = field.tap.writes();
    running.run(30 * MINUTE).await;
    assert_eq!((min(), field.tap.writes()), (5, writes), "and nobody takes it for drift");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_aws_does_not_accept_is_named_as_such() {
    // An hour is noticed here as well, and everything begins with who we are; of some seconds AWS alone knows.
    let little = SignedDuration::from_secs(8);
    for (off, tolerance) in [(HOUR, 300), (-HOUR, 300), (little, 5), (-little, 5)] {
        let said = off.as_secs();
        let field = field_with_a_clock_that_is_off_by(SignedDuration::ZERO);
        field.world.world().cloud.knobs.clock_tolerance = Some(Duration::from_secs(tolerance));
        let items = Item::many(1);
        plant(&field, &items);
        let (running, _folder) = daemon(&field, &yaml(&items)).await;
        running.until_ready(MINUTE).await;
        set_clock(&running, off).await;
        running.run(2 * MINUTE).await;
        let view = running.view("s-0");
        let ready = &view.status.conditions[0];
        assert_eq!(ready.reason, Reason::CredentialsFailed, "{said}: {ready:#?}");
        assert!(ready.message.contains("this machine's clock differs from AWS's"), "{said}: {}", ready.message);
        assert!(ready.hint.contains("Set the clock"), "{said}: {}", ready.hint);
        let writes = field.tap.writes();
        set_clock(&running, SignedDuration::ZERO).await;
        let took = running.until_ready(Duration::from_secs(30)).await;
        println!("a clock {said} s off: named; Ready {} s after it was set right", took.as_secs() + 15);
        assert_eq!(field.tap.writes(), writes);
        running.stop().await;
    }
}
