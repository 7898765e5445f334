use std::collections::BTreeSet;

use jiff::Timestamp;

use super::*;
use crate::model::names::{AccountId, Region, ScopeId};

const INTERVAL: Duration = Duration::from_secs(60);

fn served() -> (Served, ScopeId) {
    let clock = Clock::starting_at("2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap());
    let (state, metrics) = (Arc::new(State::default()), Arc::new(Metrics::new(INTERVAL).unwrap()));
    let scope = ScopeId { account: AccountId::new("111122223333"), region: Region::new("eu-west-1") };
    (Served { state, metrics, clock, interval: INTERVAL, token: None, owner: "it".into(), mode: Mode::Apply }, scope)
}

async fn is_alive(served: &Served) -> bool {
    healthz(Extract(served.clone())).await.status() == StatusCode::OK
}

#[tokio::test(start_paused = true)]
async fn the_process_is_unhealthy_once_a_loop_has_not_ticked_for_three_intervals() {
    let (served, scope) = served();
    served.state.set_scopes(&BTreeSet::from([scope.clone()]), true, served.clock.now());
    tokio::time::advance(INTERVAL * 3).await;
    assert!(is_alive(&served).await, "three intervals are not more than three");
    tokio::time::advance(Duration::from_secs(1)).await;
    let reply = healthz(Extract(served.clone())).await;
    assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
    served.state.beat(&scope, served.clock.now());
    assert!(is_alive(&served).await, "it ticks again");
}

#[tokio::test(start_paused = true)]
async fn one_stuck_loop_is_enough_and_one_that_is_no_longer_wanted_is_none() {
    let (served, scope) = served();
    let other = ScopeId { region: Region::new("us-east-1"), ..scope.clone() };
    served.state.set_scopes(&BTreeSet::from([scope.clone(), other.clone()]), true, served.clock.now());
    tokio::time::advance(INTERVAL * 4).await;
    served.state.beat(&scope, served.clock.now());
    assert!(!is_alive(&served).await);
    served.state.set_scopes(&BTreeSet::from([scope]), true, served.clock.now());
    assert!(is_alive(&served).await);
}

#[tokio::test]
async fn a_process_without_a_loop_yet_is_alive_and_not_ready() {
    let (served, _) = served();
    assert!(is_alive(&served).await);
    assert_eq!(readyz(Extract(served)).await.status(), StatusCode::SERVICE_UNAVAILABLE);
}
