//! Profiles and intervals at work: the objects of deploy/fleet against the sandbox.

use std::fs;
use std::path::Path;
use std::time::Duration;

use ecs_scaling::api::load::{SourceFile, load};
use ecs_scaling::model::names::ServiceId;
use ecs_scaling::plan;
use ecs_scaling::source::directory::Timing;
use ecs_scaling_sandbox::ServiceSeed;
use ecs_scaling_sandbox::autoscaling::PolicyConfig;

use crate::harness::{Bench, desired, home};
use crate::harness_daemon::{Field, Running};
use crate::source_tree::root;

const WEB: &str = include_str!("../../deploy/fleet/web.yaml");
const QUEUE: &str = include_str!("../../deploy/fleet/queue.yaml");
const MINUTE: Duration = Duration::from_secs(60);

fn put(folder: &Path, text: &str) {
    fs::write(folder.join(".new"), text).unwrap();
    fs::rename(folder.join(".new"), folder.join("web.yaml")).unwrap();
}

async fn started(folder: &Path) -> (Field, Running) {
    let field = Field::new();
    for name in ["shop", "checkout"] {
        let now = field.world.now();
        field.world.world().add_service(&home(), "B", &ServiceSeed::new(name, 4), now);
    }
    put(folder, WEB);
    let timing = Timing { watch: false, ..Timing::default() };
    let running = field.start_daemon(folder, timing).await;
    running.until_ready(MINUTE).await;
    (field, running)
}

/// The adjustments of a service's policy, from low to high.
fn adjustments(field: &Field, service: &str) -> Vec<i32> {
    let world = field.world.world();
    let target = &world.cloud.scope(&home()).targets[&ServiceId::new("B", service)];
    let PolicyConfig::Step(config) = &target.policies[&format!("{service}-out")].config else {
        panic!("{service} has no step scaling policy")
    };
    config.steps.iter().map(|step| step.adjustment).collect()
}

fn written(field: &Field, from: usize) -> Vec<String> {
    let attempts = field.tap.attempts();
    let mut written: Vec<String> = attempts
        .iter()
        .filter(|attempt| attempt.is_write())
        .map(|attempt| attempt.operation.clone())
        .skip(from)
        .collect();
    written.sort();
    written
}

#[test]
fn the_examples_have_no_finding() {
    let read = |name: &str| {
        let path = format!("deploy/fleet/{name}");
        SourceFile { bytes: fs::read(root().join(&path)).unwrap(), path }
    };
    let loaded = load(&[read("web.yaml"), read("queue.yaml")]);
    assert_eq!(loaded.findings, []);
    assert_eq!((loaded.desired.services.len(), loaded.desired.profiles.len()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_changed_profile_is_planned_anew_for_every_object_that_names_it_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let (field, running) = started(folder.path()).await;
    assert_eq!((adjustments(&field, "shop"), adjustments(&field, "checkout")), (vec![2, 4], vec![2, 4]));
    let before = field.tap.writes();
    running.run(3 * MINUTE).await;
    assert_eq!(written(&field, before), [""; 0], "a second pass writes nothing");

    put(folder.path(), &WEB.replace("change: 4", "change: 6"));
    running.until(2 * MINUTE, |_| ["shop", "checkout"].iter().all(|name| adjustments(&field, name) == [2, 6])).await;
    running.run(3 * MINUTE).await;
    assert_eq!(written(&field, before), ["PutScalingPolicy", "PutScalingPolicy"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_profile_holds_its_objects_and_deletes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (field, running) = started(folder.path()).await;
    let before = field.tap.writes();
    let held = |running: &Running, name: &str| running.state.config().held.iter().any(|line| line.contains(name));
    for broken in [
        WEB.replace("maxCapacity: 20", "maxCapacity: many"),
        WEB.replace("change: 4", "change: -4"),
        WEB.replace("name: web\n", "name: webs\n"),
    ] {
        put(folder.path(), &broken);
        running.until(2 * MINUTE, |running| held(running, "default/shop") && held(running, "default/checkout")).await;
        running.run(3 * MINUTE).await;
        assert_eq!(written(&field, before), [""; 0]);
        put(folder.path(), WEB);
        running.until(2 * MINUTE, |running| running.state.config().held.is_empty()).await;
    }
    running.stop().await;
}

// cdk#10141: no step seems missing
#[tokio::test(start_paused = true)]
async fn a_plan_of_intervals_shows_every_step_in_both_forms_and_is_made_once() {
    let bench = Bench::new().await;
    let now = bench.clock.now();
    bench.world.world().add_service(&home(), "C", &ServiceSeed::new("queue-worker", 2), now);
    let mut session = bench.session(QUEUE).await;
    let passed = bench.pass(&mut session).await;
    let desired = desired(QUEUE);
    let object = desired.services.values().next().unwrap();
    let text = plan::text(&[(object, passed.plan.as_ref().unwrap())], 0);
    let lines: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in [
        "+ scaling policy queue-worker-ApproximateNumberOfMessagesVisible-scale-out",
        "100 to 500 +1 task (threshold +0 to +400)",
        "500 to 2000 +5 tasks (threshold +400 to +1900)",
        "2000 to +∞ +10 tasks (threshold +1900 to +∞)",
        "0 to 10 -1 task (threshold -10 to +0)",
        "-∞ to 0 -2 tasks (threshold -∞ to -10)",
        "+ alarm C-queue-worker-ApproximateNumberOfMessagesVisible-scale-in",
        "+ dimensions: QueueName=queue-worker-jobs",
    ] {
        assert!(lines.iter().any(|found| found == line), "{line}\nis not in\n{text}");
    }
    bench.converge(&mut session).await;
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
}
