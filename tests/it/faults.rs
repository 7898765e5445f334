//! Whatever goes wrong with calls: what is ours becomes as wanted, and nothing else is touched.
//!
//! A seed repeats all that is left to chance: the faults, the disturbances, and the jitter of the SDK's retries and of our
//! own. `SEED=N` plays one again, `SEEDS=N` so many from 0 on (`make soak`).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ecs_scaling::model::failure::AwsService;
use ecs_scaling_sandbox::Fault;
use serde_json::json;

use crate::estate::{Item, check, foreign, plant, plant_foreign, yaml};
use crate::harness_daemon::{Attempt, Dice, Field, Running, Verdict};

const FAULTS: &[Fault] = &[
    Fault::Throttle,
    Fault::InternalError,
    Fault::Unavailable,
    Fault::TimeoutBeforeEffect,
    Fault::TimeoutAfterEffect,
    Fault::ResetBeforeEffect,
    Fault::ResetAfterEffect,
    Fault::MalformedBody,
    Fault::ExpiredToken,
    Fault::Delay(3_000),
];
/// An interval has a jitter of a tenth.
const THREE_PASSES: Duration = Duration::from_secs(198);
const SEEDS: u64 = 20;
const FAULTS_A_SEED: usize = 50;

fn items() -> Vec<Item> {
    let item = |i: usize| Item {
        cluster: if i.is_multiple_of(2) { "A" } else { "B" },
        is_remote: i.is_multiple_of(3),
        ..Item::new(&format!("s-{i}"))
    };
    (0..8).map(item).collect()
}

#[tokio::test(start_paused = true)]
async fn random_faults_lose_nothing_and_touch_nothing_that_is_not_ours() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("SEED and SEEDS are numbers"));
    let seeds: Vec<u64> =
        number("SEED").map_or_else(|| (0..number("SEEDS").unwrap_or(SEEDS)).collect(), |seed| vec![seed]);
    let (mut longest, mut writes) = (Duration::ZERO, 0);
    for seed in &seeds {
        println!("seed {seed} (again alone: SEED={seed} cargo test -p ecs-scaling-sandbox --test it random_faults)");
        let Played { took, attempts } = one_seed(*seed).await;
        longest = longest.max(took);
        writes += attempts.iter().filter(|attempt| attempt.is_write()).count();
    }
    println!(
        "{} faults, {writes} writes: as wanted at most {} s after the last one (three passes are {} s), 0 deletes, 0 \
         foreign changes",
        seeds.len() * FAULTS_A_SEED,
        longest.as_secs(),
        THREE_PASSES.as_secs()
    );
}

#[tokio::test(start_paused = true)]
async fn a_seed_repeats_every_call_to_the_millisecond() {
    let calls = |played: Played| -> Vec<String> {
        played.attempts.into_iter().map(|a| format!("{:?} {} {} {}", a.at, a.host, a.operation, a.key.len())).collect()
    };
    let first = calls(one_seed(3).await);
    let again = calls(one_seed(3).await);
    let differs = first.iter().zip(&again).position(|(a, b)| a != b);
    let around = differs.map(|at| (at, &first[at.saturating_sub(3)..=at], &again[at.saturating_sub(3)..=at]));
    assert!(first == again, "{around:#?}");
    assert!(first.len() > 100 && first != calls(one_seed(4).await), "{} calls", first.len());
}

/// What became of a seed.
struct Played {
    /// From the last fault until everything was as wanted.
    took: Duration,
    attempts: Vec<Attempt>,
}

/// One world from one seed.
async fn one_seed(seed: u64) -> Played {
    fastrand::seed(seed); // the jitter: everything runs on this thread
    let field = Field::new();
    let mut items = items();
    plant(&field, &items);
    plant_foreign(&field);
    let before = foreign(&field);
    let mut dice = Dice::new(seed);
    let done = inject(&field, &mut dice);
    let running = field.start(&yaml(&items)).await;
    while *done.lock().unwrap() < FAULTS_A_SEED {
        running.run(Duration::from_secs(10 + dice.next() % 20)).await;
        disturb(&field, &running, &mut items, &mut dice);
    }
    field.tap.heal();
    let healed = field.tap.elapsed();
    while check(&field, &items).is_err() || !running.is_ready() {
        let wrong = || (check(&field, &items), running.troubles());
        assert!(field.tap.elapsed() - healed < THREE_PASSES, "seed {seed}: {:#?}", wrong());
        running.run(Duration::from_secs(1)).await;
    }
    let took = field.tap.elapsed() - healed;
    let writes = field.tap.writes();
    running.kick.notify_one();
    running.run(Duration::from_secs(5)).await;
    assert_eq!(field.tap.writes(), writes, "seed {seed}: a further pass writes");
    assert_eq!(foreign(&field), before, "seed {seed}");
    let deletes: Vec<_> = field.tap.attempts().into_iter().filter(|a| a.is_delete()).collect();
    assert!(deletes.is_empty(), "seed {seed}: {deletes:?}");
    running.stop().await;
    Played { took, attempts: field.tap.attempts() }
}

/// Calls go wrong until there were enough: of writes one in two, of reads one in four. The slow sweep of tags makes the
/// most calls by far and matters least: one in forty.
fn inject(field: &Field, dice: &mut Dice) -> Arc<Mutex<usize>> {
    let done = Arc::new(Mutex::new(0));
    let (count, mut dice) = (done.clone(), Dice::new(dice.next()));
    field.tap.set(move |attempt| {
        let mut count = count.lock().unwrap();
        let one_in = match attempt.operation.as_str() {
            "ListTagsForResource" => 40,
            _ if attempt.is_write() => 2,
            _ => 4,
        };
        if *count >= FAULTS_A_SEED || dice.below(one_in) > 0 {
            return Verdict::Pass;
        }
        *count += 1;
        Verdict::Go(dice.pick(FAULTS))
    });
    done
}

/// Something to do: a changed object, an alarm deleted by somebody, a target deregistered with all that is on it.
fn disturb(field: &Field, running: &Running, items: &mut [Item], dice: &mut Dice) {
    let at = dice.below(items.len());
    let item = &mut items[at];
    let now = field.world.now();
    match dice.below(4) {
        0 => {
            let input = json!({"AlarmNames": [item.alarm()]});
            let _ =
                field.world.world().call_as_admin(&item.scope(), AwsService::CloudWatch, "DeleteAlarms", input, now);
        }
        1 => {
            let input = json!({"ServiceNamespace": "ecs", "ResourceId": item.id().resource_id(),
                "ScalableDimension": "ecs:service:DesiredCount"});
            // It may not be there yet.
            let _ = field.world.world().call_as_admin(
                &item.scope(),
                AwsService::ApplicationAutoScaling,
                "DeregisterScalableTarget",
                input,
                now,
            );
        }
        _ => {
            item.max += 1;
            item.threshold = 40 + i32::try_from(dice.below(30)).unwrap();
            item.cooldown += 10;
            running.want(&yaml(items));
        }
    }
}
