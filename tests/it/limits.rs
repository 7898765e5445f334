//! Our own rate limits, and that a change does not wait behind a sweep.

use std::time::Duration;

use ecs_scaling::aws::Limits;

use crate::estate::{Item, check, plant, plant_done, yaml};
use crate::harness_daemon::{Attempt, Field};

/// The most attempts of a kind within any window.
fn most_within(attempts: &[Attempt], window: Duration, of: impl Fn(&Attempt) -> bool) -> usize {
    let times: Vec<Duration> = attempts.iter().filter(|attempt| of(attempt)).map(|attempt| attempt.at).collect();
    let within = |at: usize| times[at..].iter().take_while(|time| **time < times[at] + window).count();
    (0..times.len()).map(within).max().unwrap_or_default()
}

// tf#31447: four puts at once are throttled, so there is a pace.
#[tokio::test(start_paused = true)]
async fn no_second_has_more_calls_than_burst_and_rate_and_alarms_are_put_one_a_second() {
    let field = Field { limits: Limits::default(), ..Field::new() };
    let items = Item::many(60);
    plant(&field, &items);
    let running = field.start(&yaml(&items)).await;
    let took = running.until_ready(Duration::from_secs(300)).await;
    running.run(Duration::from_secs(60)).await;
    let attempts = field.tap.attempts();
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    for host in ["application-autoscaling", "monitoring", "ecs"] {
        let (peak, steady) =
            (most_within(&attempts, second, |a| a.host == host), most_within(&attempts, minute, |a| a.host == host));
        println!("{host}: {peak} calls in the fullest second, {steady} in the fullest minute");
        assert!(peak > 0 && peak <= 15 && steady <= 10 + 5 * 60, "{host}: {peak}, {steady}");
    }
    let is_put = |a: &Attempt| a.operation == "PutMetricAlarm";
    let (peak, steady) = (most_within(&attempts, second, is_put), most_within(&attempts, minute, is_put));
    println!("PutMetricAlarm: {peak} in the fullest second, {steady} in the fullest minute; 60 objects in {took:?}");
    assert!(peak <= 4 && steady <= 63, "{peak}, {steady}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_changed_object_does_not_wait_for_a_sweep_of_a_thousand() {
    let field = Field { limits: Limits::default(), ..Field::new() };
    let mut items = Item::many(1000);
    plant(&field, &items);
    plant_done(&field, &items);
    let running = field.start(&yaml(&items)).await;
    let first = running.until_ready(Duration::from_secs(300)).await;
    running.kick.notify_one();
    running.run(Duration::from_secs(5)).await; // the sweep is under way
    let policies = |from| field.tap.count(from, field.tap.elapsed(), |a| a.operation == "DescribeScalingPolicies");
    let start = field.tap.elapsed();
    items[500].max = 77;
    running.want(&yaml(&items));
    let took = running.until(Duration::from_secs(10), |_| items[500].check(&field.world.world()).is_ok()).await;
    assert!(policies(start) > 1, "the sweep goes on meanwhile");
    println!("a sweep of 1,000 objects takes {} s; a change within it is written after {took:?}", first.as_secs());
    assert!(took < Duration::from_secs(5), "{took:?}");
    check(&field, &items).unwrap();
    assert_eq!(field.tap.writes(), 1);
    running.stop().await;
}
