//! Prune: what is ours and in no file any more goes, and every guard keeps it where it must.

use std::path::PathBuf;
use std::time::Duration;

use ecs_scaling::controller::Prune;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::source::directory::Timing;
use ecs_scaling_sandbox::{Fault, FaultRule};
use serde_json::json;
use tempfile::TempDir;

use crate::estate::{Item, OTHER_ACCOUNT, foreign, plant, plant_done, plant_foreign, yaml};
use crate::golden;
use crate::harness_daemon::{Dice, Field, Running, Verdict};
use crate::process::Sandbox;

const TIMING: Timing = Timing {
    poll: Duration::from_secs(30),
    settle: Duration::from_secs(1),
    give_up: Duration::from_secs(30),
    watch: false,
    again: Some(Duration::from_secs(60)),
};
/// Two reads five minutes apart, the polls and sweeps around them, and the deletions.
const LONG_ENOUGH: Duration = Duration::from_secs(9 * 60);

/// A world in which everything of some items is in place, and files of some of them.
struct Scene {
    field: Field,
    items: Vec<Item>,
    folder: TempDir,
}

impl Scene {
    /// Eight items in place; what belongs to others beside them.
    fn new() -> Self {
        let mut field = Field::new();
        field.prune = Some(Prune::default());
        let items = Item::many(8);
        plant(&field, &items);
        plant_foreign(&field);
        plant_done(&field, &items);
        Self { field, items, folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The files hold so many of the items.
    fn hold(&self, count: usize) {
        self.write("objects.yaml", &yaml(&self.items[..count]));
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    async fn start(&self) -> Running {
        self.field.start_daemon(self.folder.path(), TIMING).await
    }

    /// The items of which anything is left: a target or an alarm.
    fn left(&self) -> Vec<&str> {
        let world = self.field.world.world();
        let is_left = |item: &&Item| {
            world.target(&item.scope(), &item.id()).is_some() || world.alarm(&item.scope(), &item.alarm()).is_some()
        };
        self.items.iter().filter(is_left).map(|item| item.name.as_str()).collect()
    }

    fn deletes(&self) -> usize {
        self.field.tap.attempts().iter().filter(|attempt| attempt.is_delete()).count()
    }

    /// Those that the files hold are as wanted, and nothing of others was touched.
    fn assert_rest(&self, held: usize, before: &str) {
        let world = self.field.world.world();
        for item in &self.items[..held] {
            item.check(&world).unwrap();
        }
        drop(world);
        assert_eq!(foreign(&self.field), before);
    }
}

fn orphans(running: &Running, fate: &str) -> f64 {
    let scrape = running.metrics.scrape(&running.state).unwrap();
    let lines = scrape
        .lines()
        .filter(|line| line.starts_with("ecs_scaling_orphans{") && line.contains(&format!("fate=\"{fate}\"")));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

// Found by tags alone: this controller has never seen the object.
#[tokio::test(start_paused = true)]
async fn what_was_taken_out_while_no_controller_ran_goes_after_two_complete_reads() {
    let scene = Scene::new();
    scene.hold(7);
    let before = foreign(&scene.field);
    let running = scene.start().await;
    tokio::time::sleep(Duration::from_secs(4 * 60)).await;
    assert_eq!((scene.left().len(), scene.deletes()), (8, 0), "one read is not enough");
    assert_eq!(orphans(&running, "waits"), 1.0);
    tokio::time::sleep(LONG_ENOUGH).await;
    assert_eq!(scene.left().len(), 7, "{:?}", scene.left());
    let deleted: Vec<String> =
        scene.field.tap.attempts().into_iter().filter(|a| a.is_delete()).map(|a| a.operation).collect();
    assert_eq!(deleted, ["DeleteAlarms", "DeleteScalingPolicy", "DeregisterScalableTarget"]);
    scene.assert_rest(7, &before);
    let writes = scene.field.tap.writes();
    tokio::time::sleep(LONG_ENOUGH).await;
    assert_eq!(scene.field.tap.writes(), writes, "then nothing is written any more");
    assert_eq!(orphans(&running, "goes") + orphans(&running, "waits"), 0.0);
    assert!(running.is_ready(), "{:?}", running.troubles());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_object_whose_file_goes_goes_and_one_that_comes_back_in_time_stays() {
    let scene = Scene::new();
    scene.hold(8);
    let before = foreign(&scene.field);
    let running = scene.start().await;
    tokio::time::sleep(LONG_ENOUGH).await;
    scene.hold(7);
    tokio::time::sleep(Duration::from_secs(4 * 60)).await;
    scene.hold(8);
    tokio::time::sleep(LONG_ENOUGH).await;
    assert_eq!((scene.left().len(), scene.deletes()), (8, 0));
    scene.hold(7);
    tokio::time::sleep(Duration::from_secs(4 * 60)).await;
    assert_eq!(scene.deletes(), 0);
    tokio::time::sleep(LONG_ENOUGH).await;
    assert_eq!(scene.left().len(), 7);
    scene.assert_rest(7, &before);
    // And whoever wants it back gets it.
    scene.hold(8);
    tokio::time::sleep(LONG_ENOUGH).await;
    scene.assert_rest(8, &before);
    running.stop().await;
}

/// What keeps an orphan: set before the start, and mended afterwards, which must let it go.
struct Guard {
    name: &'static str,
    set: fn(&mut Scene),
    mend: Option<fn(&mut Scene)>,
}

fn deny(scene: &mut Scene, operation: &'static str) {
    scene.field.world.world().inject(FaultRule { times: u64::MAX, ..FaultRule::next(operation, Fault::Unavailable) });
}

fn retag(scene: &mut Scene, key: &str, value: &str) {
    let (scope, id) = (scene.items[7].scope(), scene.items[7].id());
    let mut world = scene.field.world.world();
    world.cloud.scope_mut(&scope).targets.get_mut(&id).unwrap().tags.insert(key.to_owned(), value.to_owned());
}

fn account(scene: &Scene, more: &str) {
    let account = format!(
        "apiVersion: ecs-scaling.dev/v1alpha1\nkind: AwsAccount\nmetadata: {{name: own}}\nspec: {{regions: \
         [ap-northeast-2], {more}}}\n---\n"
    );
    let objects = yaml(&scene.items[..7]).replace("  {region:", "  {account: own, region:");
    scene.write("objects.yaml", &(account + &objects));
}

const GUARDS: [Guard; 10] = [
    Guard { name: "prune is off", set: |s| s.field.prune = None, mend: None },
    Guard {
        name: "a file is rejected",
        set: |s| s.write("wrong.yaml", "kind: Wrong\n"),
        mend: Some(|s| std::fs::remove_file(s.path("wrong.yaml")).unwrap()),
    },
    Guard {
        name: "a file cannot be read",
        set: |s| std::os::unix::fs::symlink("/nowhere.yaml", s.path("lost.yaml")).unwrap(),
        mend: Some(|s| std::fs::remove_file(s.path("lost.yaml")).unwrap()),
    },
    Guard { name: "a list fails", set: |s| deny(s, "DescribeScalableTargets"), mend: None },
    Guard { name: "whose it is cannot be read", set: |s| deny(s, "ListTagsForResource"), mend: None },
    Guard {
        name: "it is to be retained",
        set: |s| retag(s, "ecs-scaling.dev/deletion-policy", "Retain"),
        mend: Some(|s| retag(s, "ecs-scaling.dev/deletion-policy", "Delete")),
    },
    Guard { name: "the brake is on", set: |s| retag(s, "ecs-scaling.dev/mode", "Observe"), mend: None },
    Guard { name: "the account observes", set: |s| account(s, "mode: Observe"), mend: None },
    Guard { name: "the account does not allow it", set: |s| account(s, "allow: {services: [s-0]}"), mend: None },
    Guard { name: "the owner id is another", set: |s| s.field.owner = "somebody-new", mend: None },
];

#[tokio::test(start_paused = true)]
async fn each_guard_keeps_what_it_must() {
    for Guard { name, set, mend } in GUARDS {
        let mut scene = Scene::new();
        scene.hold(7);
        set(&mut scene);
        let running = scene.start().await;
        tokio::time::sleep(2 * LONG_ENOUGH).await;
        assert_eq!((scene.left().len(), scene.deletes()), (8, 0), "{name}");
        if let Some(mend) = mend {
            mend(&mut scene);
            // Tags are read again after an hour.
            tokio::time::sleep(Duration::from_secs(3700)).await;
            assert_eq!(scene.left().len(), 7, "{name}: {:?}", running.troubles());
        }
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_empty_or_gone_removes_nothing() {
    for start_with in [8, 0] {
        let scene = Scene::new();
        scene.hold(start_with);
        let running = scene.start().await;
        tokio::time::sleep(LONG_ENOUGH).await;
        scene.hold(0);
        tokio::time::sleep(2 * LONG_ENOUGH).await;
        std::fs::remove_file(scene.path("objects.yaml")).unwrap();
        tokio::time::sleep(2 * LONG_ENOUGH).await;
        assert_eq!((scene.left().len(), scene.deletes()), (8, 0), "started with {start_with}");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn more_than_a_fifth_is_blocked_said_and_goes_once_the_limit_is_raised() {
    let mut scene = Scene::new();
    scene.hold(6);
    let before = foreign(&scene.field);
    let running = scene.start().await;
    tokio::time::sleep(2 * LONG_ENOUGH).await;
    assert_eq!((scene.left().len(), scene.deletes()), (8, 0));
    assert_eq!(orphans(&running, "blocked"), 2.0);
    let scrape = running.metrics.scrape(&running.state).unwrap();
    assert!(scrape.contains("ecs_scaling_withheld_actions{reason=\"PruneBlocked\"} 2"), "{scrape}");
    running.stop().await;
    scene.field.prune = Some(Prune { limit: Some(2) });
    let running = scene.start().await;
    tokio::time::sleep(2 * LONG_ENOUGH).await;
    assert_eq!(scene.left().len(), 6);
    scene.assert_rest(6, &before);
    running.stop().await;
}

// The last object of an account and region is gone: nobody would look there otherwise.
#[tokio::test(start_paused = true)]
async fn an_account_without_objects_is_looked_through() {
    let scene = Scene::new();
    let lone = Item { is_remote: true, ..Item::new("lone") };
    plant_done_with_service(&scene.field, &lone);
    scene.hold(8);
    let before = foreign(&scene.field);
    let running = scene.start().await;
    tokio::time::sleep(2 * LONG_ENOUGH).await;
    {
        let world = scene.field.world.world();
        assert!(world.target(&lone.scope(), &lone.id()).is_none(), "in {OTHER_ACCOUNT}");
        assert!(world.alarm(&lone.scope(), &lone.alarm()).is_none());
    }
    scene.assert_rest(8, &before);
    running.stop().await;
}

fn plant_done_with_service(field: &Field, item: &Item) {
    let now = field.world.now();
    let service = ecs_scaling_sandbox::ServiceSeed::new(&item.name, 2);
    field.world.world().add_service(&item.scope(), item.cluster, &service, now);
    plant_done(field, std::slice::from_ref(item));
}

// cc#874: the service is gone, with its target; only the alarm is left.
#[tokio::test(start_paused = true)]
async fn the_alarm_of_a_service_that_is_gone_goes() {
    let scene = Scene::new();
    scene.hold(7);
    let gone = json!({"cluster": "A", "service": "s-7", "force": true});
    let now = scene.field.world.now();
    scene
        .field
        .world
        .world()
        .call_as_admin(&scene.items[7].scope(), AwsService::Ecs, "DeleteService", gone, now)
        .unwrap();
    assert_eq!(scene.left().len(), 8);
    let running = scene.start().await;
    tokio::time::sleep(2 * LONG_ENOUGH).await;
    assert_eq!(scene.left().len(), 7);
    running.stop().await;
}

// Whatever AWS answers late or not at all: what is wanted stays.
#[tokio::test(start_paused = true)]
async fn what_is_wanted_stays_whatever_the_reads_show() {
    let scene = Scene::new();
    scene.hold(7);
    scene.field.world.world().set_read_lag(Duration::from_secs(60));
    let before = foreign(&scene.field);
    let running = scene.start().await;
    tokio::time::sleep(2 * LONG_ENOUGH).await;
    assert_eq!(scene.left().len(), 7);
    tokio::time::sleep(LONG_ENOUGH).await;
    scene.assert_rest(7, &before);
    running.stop().await;
}

// Two controllers of one owner: each finds what the other has removed to be as wanted.
#[tokio::test(start_paused = true)]
async fn two_controllers_prune_side_by_side() {
    let scene = Scene::new();
    scene.hold(7);
    let before = foreign(&scene.field);
    let (one, two) = (scene.start().await, scene.start().await);
    tokio::time::sleep(2 * LONG_ENOUGH).await;
    assert_eq!(scene.left().len(), 7);
    scene.assert_rest(7, &before);
    let writes = scene.field.tap.writes();
    tokio::time::sleep(LONG_ENOUGH).await;
    assert_eq!(scene.field.tap.writes(), writes);
    one.stop().await;
    two.stop().await;
}

// A controller that ends at any call of a prune is followed by one that finishes it.
#[tokio::test(start_paused = true)]
async fn a_crash_in_the_middle_of_a_prune_is_made_good() {
    for at in ["DeleteAlarms", "DeleteScalingPolicy", "DeregisterScalableTarget"] {
        let scene = Scene::new();
        scene.hold(7);
        let before = foreign(&scene.field);
        let running = scene.start().await;
        scene.field.tap.set(move |attempt| if attempt.operation == at { Verdict::HoldAfter } else { Verdict::Pass });
        tokio::time::timeout(2 * LONG_ENOUGH, scene.field.tap.reached.notified()).await.expect(at);
        running.crash().await;
        scene.field.tap.heal();
        let running = scene.start().await;
        tokio::time::sleep(2 * LONG_ENOUGH).await;
        assert_eq!(scene.left().len(), 7, "{at}");
        scene.assert_rest(7, &before);
        running.stop().await;
    }
}

// One look at the files cannot tell whether they are whole: a person says it.
#[test]
fn once_it_is_listed_first_and_goes_with_a_persons_word() {
    let sandbox = Sandbox::start();
    let with = |command: &str, config: &str, more: &[&str]| {
        let arguments = [&[command, "--owner", "it", "--config", config][..], more].concat();
        sandbox.run(&arguments)
    };
    let (all, one) = ("deploy/examples", "deploy/examples/search-api.yaml");
    assert_eq!(with("apply", all, &[]).code, Some(0));
    assert_eq!(with("plan", one, &[]).code, Some(0), "without --prune nothing is looked for");
    golden::check("plan/prune.txt", &golden::mask(&with("plan", one, &["--prune"]).transcript()));
    let unsaid = with("apply", one, &["--prune"]);
    assert!(unsaid.code == Some(1) && unsaid.err.contains("--yes"), "{}", unsaid.transcript());
    golden::check("apply/prune.txt", &golden::mask(&with("apply", one, &["--prune", "--yes"]).transcript()));
    let left = with("plan", one, &["--prune"]);
    assert_eq!(left.code, Some(0), "{}", left.transcript());
}

// The cap holds for a person's word as well.
#[test]
fn once_too_many_are_not_pruned_without_their_number() {
    let sandbox = Sandbox::start();
    let with = |command: &str, config: &str, more: &[&str]| {
        let arguments = [&[command, "--owner", "it", "--config", config][..], more].concat();
        sandbox.run(&arguments)
    };
    assert_eq!(with("apply", "deploy/examples", &[]).code, Some(0));
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.yaml");
    let absent = "apiVersion: ecs-scaling.dev/v1alpha1\nkind: ServiceScaling\nmetadata: {name: none}\nspec: {cluster: B, \
                  service: none, state: Absent}\n";
    std::fs::write(&other, absent).unwrap();
    let other = other.display().to_string();
    let blocked = with("apply", &other, &["--prune", "--yes"]);
    assert_eq!(blocked.code, Some(3), "{}", blocked.transcript());
    assert!(blocked.out.contains("--prune-limit-objects 2"), "{}", blocked.transcript());
    let listed = with("plan", &other, &["--prune"]);
    assert!(listed.code == Some(3) && listed.err.contains("stays: too many"), "{}", listed.transcript());
    let raised = with("apply", &other, &["--prune", "--yes", "--prune-limit-objects", "2"]);
    assert_eq!(raised.code, Some(0), "{}", raised.transcript());
    let world = sandbox.world.world();
    let held = world.cloud.scope(&crate::harness::home());
    let tags = held.targets.values().map(|target| &target.tags).chain(held.alarms.values().map(|alarm| &alarm.tags));
    assert_eq!(tags.filter(|tags| tags.contains_key("ecs-scaling.dev/owner")).count(), 0);
}

// Whatever goes wrong with calls: what is wanted stays, and what is left goes once they are answered again.
#[tokio::test(start_paused = true)]
async fn random_faults_never_prune_what_is_wanted() {
    for seed in 0..5 {
        let scene = Scene::new();
        scene.hold(7);
        let before = foreign(&scene.field);
        let mut dice = Dice::new(seed);
        let faults = [Fault::Throttle, Fault::InternalError, Fault::TimeoutAfterEffect, Fault::ResetBeforeEffect];
        scene.field.tap.set(move |_| if dice.below(4) == 0 { Verdict::Go(dice.pick(&faults)) } else { Verdict::Pass });
        let running = scene.start().await;
        tokio::time::sleep(3 * LONG_ENOUGH).await;
        scene.field.tap.heal();
        tokio::time::sleep(2 * LONG_ENOUGH).await;
        assert_eq!(scene.left().len(), 7, "seed {seed}: {:?}", running.troubles());
        scene.assert_rest(7, &before);
        let of_gone = |body: &str| body.contains("s-7");
        let deletes = scene.field.tap.attempts().into_iter().filter(|attempt| attempt.is_delete());
        let of_others: Vec<_> = deletes.filter(|a| a.host != "monitoring" && !of_gone(&a.body)).collect();
        assert!(of_others.is_empty(), "seed {seed}: {of_others:?}");
        running.stop().await;
    }
}
