//! AWS says that there are too many calls, or that the credentials are of no use: few calls, and back soon after.

use std::time::Duration;

use ecs_scaling::api::status::{ConditionStatus, Reason};
use ecs_scaling::aws::Limits;
use ecs_scaling_sandbox::Fault;
use jiff::Timestamp;

use crate::estate::{Item, check, plant, yaml};
use crate::harness_daemon::{Attempt, Dice, Field, Verdict};

const MINUTE: Duration = Duration::from_secs(60);

fn is_home(attempt: &Attempt) -> bool {
    attempt.key == "test" && attempt.host != "sts"
}

fn is_remote(attempt: &Attempt) -> bool {
    attempt.key != "test"
}

#[tokio::test(start_paused = true)]
async fn a_throttled_scope_is_asked_a_tenth_and_others_do_not_notice() {
    let field = Field { limits: Limits::default(), ..Field::new() };
    let mut items = Item::many(60);
    items.extend((0..4).map(|i| Item { is_remote: true, ..Item::new(&format!("r-{i}")) }));
    plant(&field, &items);
    let running = field.start(&yaml(&items)).await;
    running.until_ready(2 * MINUTE).await;
    let start = field.tap.elapsed();
    running.run(3 * MINUTE).await;
    let steady = field.tap.count(start, start + 3 * MINUTE, is_home) / 3;
    let steady_remote = field.tap.count(start, start + 3 * MINUTE, is_remote) / 3;

    let begin = field.tap.elapsed();
    field.tap.set(|attempt| if is_home(attempt) { Verdict::Go(Fault::Throttle) } else { Verdict::Pass });
    running.run(MINUTE).await;
    items.iter_mut().filter(|item| !item.is_remote).for_each(|item| item.max += 1); // there is work to do, too
    running.want(&yaml(&items));
    running.run(9 * MINUTE).await;
    let calls = field.tap.count(begin, begin + 10 * MINUTE, is_home);
    let calls_remote = field.tap.count(begin, begin + 10 * MINUTE, is_remote);
    let a_minute = calls.div_ceil(10);
    println!(
        "throttled: {steady} → {a_minute} calls a minute; the other scope {steady_remote} → {}",
        calls_remote / 10
    );
    assert!(a_minute * 10 <= steady, "calls a minute fall by 90 %: {steady} → {a_minute}");
    assert!(calls_remote / 10 >= steady_remote - 2, "{steady_remote} → {}", calls_remote / 10);
    for view in running.state.objects() {
        let is_remote = view.desired.key.name.starts_with("r-");
        assert_eq!(view.status.is_ready(), is_remote, "{:#?}", view.status.conditions);
        assert!(is_remote || running.reason(&view.desired.key.name) == Some(Reason::Throttled));
    }

    let mut dice = Dice::new(11);
    let ten_percent = move |attempt: &Attempt| is_home(attempt) && dice.below(10) == 0;
    let mut ten_percent = ten_percent;
    field.tap.set(move |attempt| if ten_percent(attempt) { Verdict::Go(Fault::Throttle) } else { Verdict::Pass });
    let took = running.until_ready(2 * MINUTE).await;
    println!("recovered in {} s at 10 %", took.as_secs());
    check(&field, &items).unwrap();
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn throttled_writes_are_retried_ever_more_rarely_and_come_through_in_the_end() {
    let field = Field::new();
    let items = Item::many(8);
    plant(&field, &items);
    field.tap.set(|a| if a.is_write() { Verdict::Go(Fault::Throttle) } else { Verdict::Pass });
    let running = field.start(&yaml(&items)).await;
    running.run(10 * MINUTE).await;
    let writes = field.tap.writes();
    let late = field.tap.count(8 * MINUTE, 10 * MINUTE, Attempt::is_write) / 2;
    println!("{writes} throttled writes in ten minutes for {} objects, {late} a minute at the end", items.len());
    assert!(late <= 2 * items.len(), "{late} a minute");
    assert_eq!(running.reason("s-0"), Some(Reason::Throttled));
    field.tap.heal();
    running.until_ready(2 * MINUTE).await;
    check(&field, &items).unwrap();
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn expired_credentials_are_said_and_work_goes_on_within_half_a_minute_of_new_ones() {
    let field = Field::new();
    let mut items = Item::many(5);
    plant(&field, &items);
    // They expire in the middle of the first pass.
    let mut calls = 0;
    field.tap.set(move |_| {
        calls += 1;
        if calls > 9 { Verdict::Go(Fault::ExpiredToken) } else { Verdict::Pass }
    });
    let running = field.start(&yaml(&items)).await;
    running.run(5 * MINUTE).await;
    for item in &items {
        assert_eq!(
            running.reason(&item.name),
            Some(Reason::CredentialsFailed),
            "{:#?}",
            running.view(&item.name).status
        );
    }
    let a_minute = field.tap.count(3 * MINUTE, 5 * MINUTE, |_| true) / 2;
    field.tap.heal();
    let took = running.until_ready(Duration::from_secs(30)).await;
    println!("{a_minute} calls a minute with expired credentials; ready {} s after they are back", took.as_secs());
    assert!(a_minute <= 6, "{a_minute}");
    check(&field, &items).unwrap();
    // And once more, when there is nothing to do: Ready must not stay True on what nobody can read.
    field.tap.set(|_| Verdict::Go(Fault::ExpiredToken));
    running.run(2 * MINUTE).await;
    assert_eq!(running.reason("s-3"), Some(Reason::CredentialsFailed));
    items[3].max = 17;
    running.want(&yaml(&items));
    running.run(MINUTE).await;
    field.tap.heal();
    running.until(Duration::from_secs(30), |running| running.is_ready() && check(&field, &items).is_ok()).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_role_that_cannot_be_assumed_harms_its_own_account_alone() {
    let field = Field::new();
    let items = vec![Item::new("s-0"), Item { is_remote: true, ..Item::new("r-0") }];
    plant(&field, &items);
    field.tap.set(|a| if a.operation == "AssumeRole" { Verdict::Go(Fault::ExpiredToken) } else { Verdict::Pass });
    let running = field.start(&yaml(&items)).await;
    running.run(MINUTE).await;
    assert!(running.view("s-0").status.is_ready());
    assert_eq!(running.reason("r-0"), Some(Reason::CredentialsFailed));
    field.tap.heal();
    let took = running.until_ready(Duration::from_secs(30)).await;
    println!("the other account is ready {} s after its role can be assumed", took.as_secs());
    running.stop().await;
}

// The session that is under way goes on until it ends; then the role is gone.
#[tokio::test(start_paused = true)]
async fn a_role_that_is_revoked_stops_its_account_without_a_write_and_comes_back_within_half_a_minute() {
    let field = Field::new();
    let items = vec![Item::new("s-0"), Item { is_remote: true, ..Item::new("r-0") }];
    plant(&field, &items);
    let running = field.start(&yaml(&items)).await;
    running.until_ready(MINUTE).await;
    let account = items[1].scope().account;
    let role = field.world.world().cloud.accounts.get_mut(&account).unwrap().roles.remove("scaling").unwrap();
    let expired = Timestamp::UNIX_EPOCH;
    let sessions = |of: &mut dyn FnMut(&mut Timestamp)| {
        let mut world = field.world.world();
        let theirs = world.cloud.sessions.values_mut().filter(|session| session.account == account);
        theirs.for_each(|session| of(&mut session.expires));
    };
    sessions(&mut |expires| *expires = expired);
    let writes = field.tap.writes();
    running.until(2 * MINUTE, |running| !running.view("r-0").status.is_ready()).await;
    running.run(70 * MINUTE).await; // until the credentials are over by their own account, too
    let view = running.view("r-0");
    let ready = &view.status.conditions[0];
    assert_eq!((ready.status, ready.reason), (ConditionStatus::Unknown, Reason::CredentialsFailed), "{ready:#?}");
    assert!(running.view("s-0").status.is_ready(), "the other account does not notice");
    assert_eq!(field.tap.writes(), writes, "nothing is written, and nothing deleted");
    field.world.world().cloud.accounts.get_mut(&account).unwrap().roles.insert("scaling".into(), role);
    let took = running.until_ready(Duration::from_secs(30)).await;
    println!("a revoked role: Unknown, no write; Ready {} s after it is back", took.as_secs());
    check(&field, &items).unwrap();
    assert_eq!(field.tap.writes(), writes);
    running.stop().await;
}
