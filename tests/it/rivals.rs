//! Two controllers on the same resources.

use std::time::Duration;

use ecs_scaling::api::status::Reason;

use crate::estate::{Item, check, plant, yaml};
use crate::harness_daemon::Field;

/// Twenty passes are soon over.
const INTERVAL: Duration = Duration::from_secs(20);

#[tokio::test(start_paused = true)]
async fn two_controllers_with_one_owner_id_converge_and_do_not_oscillate() {
    let field = Field { interval: INTERVAL, ..Field::new() };
    let mut items = Item::many(4);
    plant(&field, &items);
    let one = field.start(&yaml(&items)).await;
    let two = field.start(&yaml(&items)).await;
    one.until_ready(2 * INTERVAL).await;
    two.until_ready(2 * INTERVAL).await;
    check(&field, &items).unwrap();
    let created = field.tap.writes();
    for item in &mut items {
        item.max = 19;
    }
    // A rollout: one of them learns of the change a few seconds later.
    one.want(&yaml(&items));
    one.run(Duration::from_secs(3)).await;
    two.want(&yaml(&items));
    one.run(2 * INTERVAL).await;
    check(&field, &items).unwrap();
    let settled = field.tap.writes();
    one.run(20 * INTERVAL).await;
    assert_eq!(field.tap.writes(), settled, "no oscillation in 20 passes");
    assert!(one.is_ready() && two.is_ready());
    println!("12 resources: {created} writes by two controllers, {} for 4 changes, 0 in 20 passes", settled - created);
    assert!(created <= 24 && settled - created <= 8, "each writes at most once");
    one.stop().await;
    two.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_controller_with_another_owner_id_keeps_off_and_says_whose_it_is() {
    let field = Field { interval: INTERVAL, ..Field::new() };
    let items = Item::many(3);
    plant(&field, &items);
    let owner = field.start(&yaml(&items)).await;
    owner.until_ready(INTERVAL).await;
    let written = field.tap.writes();
    let wanted_otherwise: Vec<Item> = items.iter().map(|item| Item { max: 3, threshold: 20, ..item.clone() }).collect();
    let rival = field.start_as("rival", &yaml(&wanted_otherwise)).await;
    rival.run(20 * INTERVAL).await;
    assert_eq!(field.tap.writes(), written, "nobody writes in 20 passes");
    check(&field, &items).unwrap();
    assert!(owner.is_ready());
    for item in &items {
        assert_eq!(rival.reason(&item.name), Some(Reason::Conflict));
    }
    println!("another owner id: 0 writes in 20 passes of both");
    owner.stop().await;
    rival.stop().await;
}
