//! The process ends at every call: what was done is found, what was not done is done.

use std::time::Duration;

use crate::estate::{Item, check, foreign, plant, plant_foreign, yaml};
use crate::harness_daemon::{Field, Verdict};

/// Where, around a call, the process ends.
const POINTS: [Verdict; 3] = [Verdict::HoldBefore, Verdict::HoldAfter, Verdict::Tell];

fn items() -> Vec<Item> {
    vec![Item::new("s-0"), Item { cluster: "B", is_remote: true, ..Item::new("s-1") }]
}

/// What a start that nothing disturbs does: how many calls, and how many writes.
async fn undisturbed() -> (usize, usize) {
    let field = Field::new();
    plant(&field, &items());
    let running = field.start(&yaml(&items())).await;
    running.until_ready(Duration::from_secs(30)).await;
    (field.tap.attempts().len(), field.tap.writes())
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_ends_at_any_call_is_followed_by_one_that_converges() {
    let (calls, needed) = undisturbed().await;
    let (mut crashes, mut most) = (0, 0);
    for nth in 1..=calls {
        for point in POINTS {
            let field = Field::new();
            plant(&field, &items());
            plant_foreign(&field);
            let before = foreign(&field);
            let mut seen = 0;
            field.tap.set(move |_| {
                seen += 1;
                if seen == nth { point } else { Verdict::Pass }
            });
            let running = field.start(&yaml(&items())).await;
            if tokio::time::timeout(Duration::from_secs(30), field.tap.reached.notified()).await.is_err() {
                continue; // another order of the two accounts needed fewer calls
            }
            running.crash().await;
            crashes += 1;
            field.tap.heal();
            let again = field.start(&yaml(&items())).await;
            again.until_ready(Duration::from_secs(90)).await;
            check(&field, &items()).unwrap_or_else(|wrong| panic!("{point:?} at call {nth}: {wrong}"));
            assert_eq!(foreign(&field), before, "{point:?} at call {nth}");
            let writes = field.tap.writes();
            most = most.max(writes - needed);
            assert!(writes <= needed + 1, "{point:?} at call {nth}: {writes} writes where {needed} are needed");
            again.kick.notify_one();
            again.run(Duration::from_secs(5)).await;
            assert_eq!(field.tap.writes(), writes, "{point:?} at call {nth}: a second pass writes");
            again.stop().await;
        }
    }
    println!("{crashes} crashes over {calls} calls: all converged, {most} extra write at most");
}

#[tokio::test(start_paused = true)]
async fn crash_after_crash_gets_further_each_time() {
    let field = Field::new();
    plant(&field, &items());
    let mut crashes = 0;
    // Each process ends right after its first write took effect.
    while check(&field, &items()).is_err() {
        assert!(crashes < 10, "{:?}", check(&field, &items()));
        field.tap.set(|attempt| if attempt.is_write() { Verdict::HoldAfter } else { Verdict::Pass });
        let running = field.start(&yaml(&items())).await;
        tokio::time::timeout(Duration::from_secs(60), field.tap.reached.notified()).await.expect("a write");
        running.crash().await;
        crashes += 1;
    }
    println!("{crashes} crashes for 6 writes");
    assert_eq!(field.tap.writes(), 6, "none is repeated");
}
