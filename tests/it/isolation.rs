//! What is wrong with one object, or one call, stays there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ecs_scaling::api::status::{ConditionType, Reason};
use ecs_scaling::aws::Limits;
use ecs_scaling_sandbox::Fault;

use crate::estate::{Item, check, plant, yaml};
use crate::harness_daemon::{Attempt, Field, Running, Verdict};

const MINUTE: Duration = Duration::from_secs(60);

/// Whether an attempt is for one service, by the names that its body holds.
fn is_of(attempt: &Attempt, item: &Item) -> bool {
    attempt.body.contains(&format!("{}\"", item.id().resource_id())) || attempt.body.contains(&item.alarm())
}

fn ready(running: &Running) -> usize {
    running.state.objects().iter().filter(|view| view.status.is_ready()).count()
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_one_of_five_hundred_objects_stays_there() {
    let field = Field::new();
    let items = Item::many(500);
    plant(&field, &items);
    let unlucky = items[321].clone();
    field.tap.set(move |a| if a.is_write() && is_of(a, &unlucky) { Verdict::Panic } else { Verdict::Pass });
    let running = field.start(&yaml(&items)).await;
    running.until(MINUTE, |running| ready(running) == 499).await;
    assert_eq!(running.reason("s-321"), Some(Reason::Panicked));
    assert!(running.view("s-321").status.condition(ConditionType::Stalled).is_some());
    let scrape = running.metrics.scrape(&running.state).unwrap();
    assert!(
        scrape
            .lines()
            .any(|line| line.starts_with("controller_runtime_reconcile_panics_total") && !line.ends_with(" 0"))
    );
    field.tap.heal();
    running.until_ready(2 * MINUTE).await;
    check(&field, &items).unwrap();
    println!("500 objects: 499 Ready and 1 Panicked; all Ready once it is mended");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_sweep_ends_neither_the_loop_nor_another_scope() {
    let field = Field::new();
    let items = vec![Item::new("s-0"), Item { is_remote: true, ..Item::new("r-0") }];
    plant(&field, &items);
    field.tap.set(|a| match a.operation.as_str() {
        "DescribeScalingPolicies" if a.key == "test" => Verdict::Panic,
        _ => Verdict::Pass,
    });
    let running = field.start(&yaml(&items)).await;
    running.run(5 * MINUTE).await;
    assert!(running.view("r-0").status.is_ready());
    let tries =
        field.tap.count(Duration::ZERO, 5 * MINUTE, |a| a.operation == "DescribeScalingPolicies" && a.key == "test");
    assert!(tries < 15, "no busy loop: {tries} in five minutes");
    field.tap.heal();
    running.until_ready(2 * MINUTE).await;
    running.stop().await;
}

/// How long 99 of 100 other objects took at most from their change to its last write, while one object's calls go as they
/// go, and the slowest of them.
async fn settled_beside(fault: Option<Fault>) -> (Field, Running, Duration, Duration) {
    let field = Field::new();
    let mut items = Item::many(100);
    plant(&field, &items);
    let running = field.start(&yaml(&items)).await;
    running.until_ready(MINUTE).await;
    running.run(Duration::from_secs(90)).await;
    let slow = items[7].clone();
    field.tap.set(move |a| match fault {
        Some(fault) if is_of(a, &slow) && (a.is_write() || a.operation.starts_with("DescribeScal")) => {
            // A list names this service only when it is read for this object alone.
            Verdict::Go(fault)
        }
        // Each of the others takes its time as well.
        _ => Verdict::Go(Fault::Delay(20)),
    });
    for item in &mut items {
        item.max += 5;
    }
    running.want(&yaml(&items));
    let slow = items.remove(7);
    let (start, mut open, mut took) = (field.tap.elapsed(), items, Vec::new());
    while !open.is_empty() {
        running.run(Duration::from_millis(50)).await;
        let world = field.world.world();
        let before = open.len();
        open.retain(|item| item.check(&world).is_err());
        took.extend(std::iter::repeat_n(field.tap.elapsed() - start, before - open.len()));
        assert!(field.tap.elapsed() - start < 2 * MINUTE, "{} others are not done", open.len());
    }
    let is_done = slow.check(&field.world.world()).is_ok();
    assert!(fault.is_none() == is_done || fault == Some(Fault::Delay(1_000)), "the slow one is slow");
    let (p99, slowest) = (took[took.len() * 99 / 100], took[took.len() - 1]);
    (field, running, p99, slowest)
}

#[tokio::test(start_paused = true)]
async fn replies_after_one_second_ten_seconds_or_never_delay_no_other_object() {
    let (_, running, p99, slowest) = settled_beside(None).await;
    println!("99 other objects: p99 {p99:?}, the slowest {slowest:?}");
    running.stop().await;
    let before = (p99, slowest);
    for (name, fault) in
        [("1 s", Fault::Delay(1_000)), ("10 s", Fault::Delay(10_000)), ("never", Fault::TimeoutBeforeEffect)]
    {
        let (field, running, p99, slowest) = settled_beside(Some(fault)).await;
        println!("beside one whose replies come after {name}: p99 {p99:?}, the slowest {slowest:?}");
        // One of four is at work on the slow one: the others have three quarters of the hands.
        assert!(p99 <= before.0.mul_f64(1.4) && slowest <= before.1.mul_f64(1.4), "{name}: {p99:?} {slowest:?}");
        field.tap.heal();
        running.until_ready(2 * MINUTE).await;
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_lasts_five_seconds_and_an_operation_twenty() {
    let field = Field::new();
    let items = Item::many(1);
    plant(&field, &items);
    let running = field.start(&yaml(&items)).await;
    running.until_ready(MINUTE).await;
    field.tap.set(|a| {
        if a.operation == "DescribeServices" { Verdict::Go(Fault::TimeoutBeforeEffect) } else { Verdict::Pass }
    });
    let start = field.tap.elapsed();
    running.kick.notify_one();
    running.until(MINUTE, |running| !running.is_ready()).await;
    let took = field.tap.elapsed() - start;
    let attempts = field.tap.count(start, start + took, |a| a.operation == "DescribeServices");
    println!("a read that is never answered: {attempts} attempts, given up after {took:?}");
    assert!(took <= Duration::from_secs(21) && (2..=3).contains(&attempts), "{attempts} {took:?}");
    assert_eq!(field.tap.count(start, start + took, Attempt::is_write), 0);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_pass_over_an_object_ends_after_a_minute_and_the_next_one_goes_on() {
    let field = Field::new();
    let items = Item::many(2);
    plant(&field, &items);
    let running = field.start(&yaml(&items)).await;
    running.until_ready(MINUTE).await;
    // Each read comes just in time, and each is one of many: no attempt and no operation takes too long.
    let slow = items[0].clone();
    field.tap.set(move |a| match is_of(a, &slow) || a.operation == "ListTagsForResource" {
        true => Verdict::Go(Fault::Delay(4_900)),
        false => Verdict::Pass,
    });
    let changed: Vec<Item> = items.iter().map(|item| Item { max: 15, threshold: 50, ..item.clone() }).collect();
    running.want(&yaml(&changed));
    running.until(MINUTE, |_| changed[1].check(&field.world.world()).is_ok()).await;
    running.until(10 * MINUTE, |_| changed[0].check(&field.world.world()).is_ok()).await;
    field.tap.heal();
    running.until_ready(6 * MINUTE).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_object_with_many_alarms_is_done_in_the_end_at_one_alarm_a_second() {
    let field = Field { limits: Limits::default(), ..Field::new() };
    let item = Item::new("s-0");
    plant(&field, std::slice::from_ref(&item));
    let alarms: String = (0..90)
        .map(|i| {
            format!(
                "{{alarmName: a-{i}, metricName: CPUUtilization, threshold: {}, evaluationPeriods: 1, \
                 comparisonOperator: GreaterThanOrEqualToThreshold}}, ",
                60
            )
        })
        .collect();
    let text = yaml(std::slice::from_ref(&item));
    let (head, rest) = text.split_once("alarm: {").unwrap();
    let (_, tail) = rest.split_once("},\n    steps").unwrap();
    let running = field.start(&format!("{head}alarms: [{alarms}],\n    steps{tail}")).await;
    let took = running.until_ready(6 * MINUTE).await;
    let writes = field.tap.count(Duration::ZERO, field.tap.elapsed(), |a| a.operation == "PutMetricAlarm");
    println!("90 alarms of one object: ready after {} s with {writes} writes", took.as_secs());
    assert_eq!(writes, 90);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn no_object_is_worked_on_twice_at_once() {
    let field = Field::new();
    let items = Item::many(3);
    plant(&field, &items);
    // Every write takes 4 s; the objects come, go and come back meanwhile.
    let open: Arc<Mutex<BTreeMap<String, Duration>>> = Arc::default();
    let (seen, watched) = (open.clone(), items.clone());
    field.tap.set(move |a| {
        if !a.is_write() {
            return Verdict::Pass;
        }
        let item = watched.iter().find(|item| is_of(a, item)).expect("a write names its service or its alarm");
        if let Some(before) = seen.lock().unwrap().insert(item.name.clone(), a.at) {
            assert!(
                a.at - before >= Duration::from_secs(4),
                "two writes at once for {}: {before:?}, {:?}",
                item.name,
                a.at
            );
        }
        Verdict::Go(Fault::Delay(4_000))
    });
    let running = field.start(&yaml(&items)).await;
    for _ in 0..6 {
        running.run(Duration::from_secs(2)).await;
        running.want(&yaml(&items[..1]));
        running.run(Duration::from_secs(1)).await;
        running.want(&yaml(&items));
    }
    running.until_ready(2 * MINUTE).await;
    check(&field, &items).unwrap();
    running.stop().await;
}
