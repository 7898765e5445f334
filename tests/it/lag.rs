//! Reads that show the past: what is only late is not repaired.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::estate::{Item, check, plant, yaml};
use crate::harness_daemon::Field;

/// How often each operation was written.
fn writes(field: &Field) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for attempt in field.tap.attempts().into_iter().filter(|attempt| attempt.is_write()) {
        *counts.entry(attempt.operation).or_default() += 1;
    }
    counts
}

fn counted(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_only_late_is_not_written_again() {
    for lag in [0, 1, 10, 30, 60] {
        let field = Field::new();
        field.world.world().set_read_lag(Duration::from_secs(lag));
        let mut items = Item::many(2);
        plant(&field, &items);
        tokio::time::sleep(Duration::from_secs(lag + 1)).await; // the services are seen
        let running = field.start(&yaml(&items)).await;
        running.run(Duration::from_secs(200)).await;
        check(&field, &items).unwrap_or_else(|wrong| panic!("lag {lag}: {wrong}"));
        let created = [("PutMetricAlarm", 2), ("PutScalingPolicy", 2), ("RegisterScalableTarget", 2)];
        assert_eq!(writes(&field), counted(&created), "lag {lag}: one write for each thing that is created");
        for item in &mut items {
            (item.max, item.threshold) = (12, 50);
        }
        running.want(&yaml(&items));
        running.run(Duration::from_secs(200)).await;
        check(&field, &items).unwrap_or_else(|wrong| panic!("lag {lag}: {wrong}"));
        // The policy's steps are relative to the threshold and do not change with it.
        let updated = [("PutMetricAlarm", 4), ("PutScalingPolicy", 2), ("RegisterScalableTarget", 4)];
        assert_eq!(writes(&field), counted(&updated), "lag {lag}: one write for each thing that is changed");
        assert!(running.is_ready(), "lag {lag}: {:#?}", running.troubles());
        println!("lag {lag} s: {:?}", writes(&field));
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_changed_back_and_forth_under_lag_ends_as_wanted() {
    let field = Field::new();
    field.world.world().set_read_lag(Duration::from_secs(30));
    let mut items = Item::many(1);
    plant(&field, &items);
    tokio::time::sleep(Duration::from_secs(31)).await;
    let running = field.start(&yaml(&items)).await;
    running.run(Duration::from_secs(120)).await;
    for max in [20, 10, 20, 10, 15] {
        items[0].max = max;
        running.want(&yaml(&items));
        running.run(Duration::from_secs(7)).await;
    }
    running.run(Duration::from_secs(240)).await;
    check(&field, &items).unwrap();
    let before = field.tap.writes();
    running.run(Duration::from_secs(180)).await;
    assert_eq!(field.tap.writes(), before);
    assert!(before <= 3 + 5, "one write a change at most: {before}");
    running.stop().await;
}
