//! From files to AWS: how soon, and what a source that is broken does not do.
//!
//! Files are real and time is virtual: while a file is read, time stands still. Notifications come in real time, so
//! only the last test has them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::source::directory::Timing;
use ecs_scaling_sandbox::Fault;
use serde_json::json;
use tempfile::TempDir;

use crate::estate::{Item, check, plant, yaml};
use crate::harness_daemon::{Dice, Field, Running, Verdict};

const SUCCESSFUL: &str = "ecs_scaling_config_last_reload_successful";
const MINUTE: Duration = Duration::from_secs(60);

fn polling() -> Timing {
    Timing { watch: false, ..Timing::default() }
}

/// A file appears as a whole.
fn put(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(".new"), text).unwrap();
    fs::rename(folder.join(".new"), folder.join(name)).unwrap();
}

/// One file an object.
fn put_all(folder: &Path, items: &[Item]) {
    for item in items {
        put(folder, &format!("{}.yaml", item.name), &item.yaml());
    }
}

async fn started(items: &[Item]) -> (Field, TempDir, Running) {
    let (field, folder) = (Field::new(), tempfile::tempdir().unwrap());
    plant(&field, items);
    put_all(folder.path(), items);
    let running = field.start_daemon(folder.path(), polling()).await;
    running.until_ready(MINUTE).await;
    (field, folder, running)
}

#[tokio::test(start_paused = true)]
async fn without_notifications_a_change_is_written_within_one_poll() {
    let mut items = Item::many(2);
    let (field, folder, running) = started(&items).await;
    let mut longest = Duration::ZERO;
    for max in 11..111 {
        items[1].max = max;
        put_all(folder.path(), &items[1..]);
        let took = running.until(MINUTE, |_| items[1].check(&field.world.world()).is_ok()).await;
        longest = longest.max(took);
        running.run(Duration::from_millis(3_700)).await;
    }
    println!("100 changes without notifications: each written within {longest:?} (a poll of 30 s, settling in 1 s)");
    assert!(longest <= Duration::from_secs(32), "{longest:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_swapped_config_map_is_taken_whole() {
    let (field, folder) = (Field::new(), tempfile::tempdir().unwrap());
    let mut items = Item::many(2);
    plant(&field, &items);
    let root = folder.path();
    let swap = |version: &str, items: &[Item]| {
        fs::create_dir(root.join(version)).unwrap();
        fs::write(root.join(version).join("all.yaml"), yaml(items).trim_end()).unwrap();
        symlink(version, root.join("..tmp")).unwrap();
        fs::rename(root.join("..tmp"), root.join("..data")).unwrap();
    };
    swap("..1", &items);
    symlink("..data/all.yaml", root.join("all.yaml")).unwrap();
    let running = field.start_daemon(root, polling()).await;
    running.until_ready(MINUTE).await;
    (items[0].max, items[1].max) = (21, 22);
    swap("..2", &items);
    fs::remove_dir_all(root.join("..1")).unwrap();
    running.until(Duration::from_secs(31), |_| check(&field, &items).is_ok()).await;
    assert_eq!(running.metric(SUCCESSFUL), 1.0);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_rejected_file_holds_its_objects_and_the_others_go_on() {
    let mut items = Item::many(3);
    let (field, folder, running) = started(&items).await;
    put(folder.path(), "s-0.yaml", &items[0].yaml().replace("minCapacity: 1", "minCapacity: 99"));
    put(folder.path(), "s-1.yaml", "spec: [\n");
    items[2].max = 15;
    put_all(folder.path(), &items[2..]);
    running.until(MINUTE, |_| check(&field, &items).is_ok()).await;
    assert_eq!((running.metric(SUCCESSFUL), running.state.config().held.len()), (0.0, 2));
    // What is held is still kept as it was: an alarm that somebody deletes comes back.
    let input = json!({"AlarmNames": [items[0].alarm()]});
    let now = field.world.now();
    let deleted =
        field.world.world().call_as_admin(&items[0].scope(), AwsService::CloudWatch, "DeleteAlarms", input, now);
    deleted.unwrap();
    running.until(2 * MINUTE, |_| check(&field, &items).is_ok()).await;
    put_all(folder.path(), &items);
    running.until(MINUTE, |running| running.metric(SUCCESSFUL) > 0.0).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_emptied_missing_unmounted_or_unreadable_changes_nothing() {
    let items = Item::many(3);
    let (field, folder, running) = started(&items).await;
    let before = field.tap.writes();
    let root = folder.path().to_owned();
    let aside = root.with_extension("aside");
    let emptied = || (0..3).for_each(|i| fs::remove_file(root.join(format!("s-{i}.yaml"))).unwrap());
    let missing = || fs::rename(&root, &aside).unwrap();
    // What is left of a mount that is gone: its empty mount point.
    let unmounted = || {
        fs::rename(&root, &aside).unwrap();
        fs::create_dir(&root).unwrap();
    };
    let mounted = || {
        fs::remove_dir(&root).unwrap();
        fs::rename(&aside, &root).unwrap();
    };
    let unreadable = || symlink("/nowhere", root.join("s-3.yaml")).unwrap();
    type Break<'a> = (&'a str, &'a dyn Fn(), &'a dyn Fn());
    let breaks: [Break<'_>; 4] = [
        ("emptied", &emptied, &|| put_all(&root, &items)),
        ("missing", &missing, &|| fs::rename(&aside, &root).unwrap()),
        ("unmounted", &unmounted, &mounted),
        ("unreadable", &unreadable, &|| fs::remove_file(root.join("s-3.yaml")).unwrap()),
    ];
    for (name, harm, mend) in breaks {
        harm();
        running.until(MINUTE, |running| running.metric(SUCCESSFUL) == 0.0).await;
        running.run(3 * MINUTE).await;
        assert_eq!(running.metric(SUCCESSFUL), 0.0, "{name}");
        assert!(running.state.config().error.is_some(), "{name}: it is said why");
        assert_eq!(running.state.objects().len(), 3, "{name}");
        assert!(running.is_ready(), "{name}: the last good objects go on");
        mend();
        running.until(MINUTE, |running| running.metric(SUCCESSFUL) > 0.0).await;
    }
    assert_eq!(field.tap.writes(), before, "nothing was written");
    check(&field, &items).unwrap();
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_object_without_a_good_version_is_held_and_not_absent() {
    let (field, folder) = (Field::new(), tempfile::tempdir().unwrap());
    let items = Item::many(2);
    plant(&field, &items);
    put(folder.path(), "s-0.yaml", &items[0].yaml().replace("minCapacity: 1", "minCapacity: 99"));
    put_all(folder.path(), &items[1..]);
    let running = field.start_daemon(folder.path(), polling()).await;
    running.until_ready(MINUTE).await;
    let held = running.state.config().held;
    assert!(held.len() == 1 && held[0].contains("s-0") && held[0].contains("no good version yet"), "{held:?}");
    assert!(items[0].check(&field.world.world()).is_err());
    put_all(folder.path(), &items);
    running.until(MINUTE, |_| check(&field, &items).is_ok()).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn objects_that_are_gone_leave_nothing_behind() {
    let field = Field::new();
    let all = Item::many(40);
    plant(&field, &all);
    let running = field.start(&yaml(&all[..2])).await;
    let series = |running: &Running| {
        let scrape = running.metrics.scrape(&running.state).unwrap();
        scrape.lines().filter(|line| line.contains("object=")).count()
    };
    let mut counts = Vec::new();
    for two in all.chunks(2) {
        running.want(&yaml(two));
        running.until(MINUTE, |running| running.is_ready() && check(&field, two).is_ok()).await;
        running.kick.notify_one();
        running.run(Duration::from_secs(1)).await; // from here on, what differs is drift
        let input = json!({"AlarmNames": [two[0].alarm()]});
        let now = field.world.now();
        let alarms = AwsService::CloudWatch;
        field.world.world().call_as_admin(&two[0].scope(), alarms, "DeleteAlarms", input, now).unwrap();
        running.kick.notify_one();
        running.until(MINUTE, |_| check(&field, two).is_ok()).await;
        let scrape = running.metrics.scrape(&running.state).unwrap();
        assert!(scrape.contains("ecs_scaling_drift_corrections_total{"), "the drift is counted");
        counts.push(series(&running));
    }
    let scrape = running.metrics.scrape(&running.state).unwrap();
    let gone = scrape.lines().filter(|line| line.contains("\"default/s-0\"")).count();
    println!(
        "40 objects came and went: {} series of objects after the first two, {} in the end",
        counts[0], counts[19]
    );
    assert_eq!((running.state.objects().len(), gone), (2, 0));
    assert_eq!(counts[0], counts[19], "{counts:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_at_any_moment_ends_the_daemon_and_nothing_is_sent_after_it() {
    let mut dice = Dice::new(9);
    let mut longest = Duration::ZERO;
    for round in 0..60 {
        let (field, folder) = (Field::new(), tempfile::tempdir().unwrap());
        let mut items = Item::many(6);
        items.push(Item { is_remote: true, ..Item::new("r-0") });
        plant(&field, &items);
        put(folder.path(), "all.yaml", &yaml(&items));
        let slow = [Fault::Delay(300), Fault::Delay(2_000), Fault::TimeoutBeforeEffect, Fault::Throttle];
        let mut faults = Dice::new(round);
        field.tap.set(move |_| if faults.below(3) == 0 { Verdict::Go(faults.pick(&slow)) } else { Verdict::Pass });
        let running = field.start_daemon(folder.path(), polling()).await;
        running.run(Duration::from_millis(900 + dice.next() % 9_000)).await;
        let at = field.tap.elapsed();
        let sent = field.tap.attempts().len();
        longest = longest.max(running.stop().await);
        tokio::time::sleep(MINUTE).await;
        assert_eq!(field.tap.attempts().len(), sent, "round {round}: something was sent after {at:?}");
    }
    println!("60 stops: ended within {longest:?}, nothing sent after it");
    assert!(longest <= Duration::from_secs(6), "{longest:?}");
}

#[tokio::test]
async fn with_notifications_a_change_is_written_about_two_seconds_later() {
    let (field, folder) = (Field::new(), tempfile::tempdir().unwrap());
    let mut items = Item::many(1);
    plant(&field, &items);
    put_all(folder.path(), &items);
    let running = field.start_daemon(folder.path(), Timing { poll: MINUTE, ..Timing::default() }).await;
    running.until_ready(Duration::from_secs(20)).await;
    items[0].max = 14;
    put_all(folder.path(), &items);
    let start = Instant::now();
    running.until(Duration::from_secs(20), |_| check(&field, &items).is_ok()).await;
    println!("a change is written {:?} after it was made", start.elapsed());
    assert!(start.elapsed() >= Duration::from_secs(1), "it must settle first");
    running.stop().await;
}
