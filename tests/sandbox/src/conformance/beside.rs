//! The same probes on this double, in the process: what it answers, and which calls a run makes.

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ecs::config::Credentials;
use ecs_scaling::model::names::AccountId;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::ground::{Ground, Place};
use super::play::{Answer, play};
use super::{Probe, Stop};
use crate::caller::DEFAULT_ACCOUNT;
use crate::client::http_client;
use crate::rules::Rules;
use crate::seed::{ServiceSeed, scope};
use crate::shared::Shared;
use crate::world::World;

/// What the double answers, and the calls by service and operation.
pub(super) struct Beside<'p> {
    pub(super) answers: Vec<(&'p Probe, Answer)>,
    pub(super) calls: BTreeMap<(&'static str, String), u64>,
    /// What was not removed again.
    pub(super) left: Vec<String>,
}

impl Beside<'_> {
    /// What the double answers otherwise than its probes expect, and what a run on it leaves behind. Where there is any,
    /// this is not a run to make on AWS.
    pub(super) fn faults(&self) -> Vec<String> {
        let wrong = self.answers.iter().filter(|(probe, answer)| answer.text() != probe.expects);
        let wrong =
            wrong.map(|(probe, answer)| format!("{}: {:?}, not {:?}", probe.asks, answer.text(), probe.expects));
        wrong.chain(self.left.iter().map(|left| format!("left behind: {left}"))).collect()
    }
}

/// Plays the probes at a place like this one, on a world in which these rules hold.
pub(super) async fn beside<'p>(probes: &'p [Probe], place: &Place, rules: Rules) -> Result<Beside<'p>, Stop> {
    let place = Place { account: DEFAULT_ACCOUNT.to_owned(), ..place.clone() };
    let (mut world, now) = (World::new(), Timestamp::UNIX_EPOCH);
    let scope = scope(&place.account, &place.region);
    world.add_cluster(&scope, &place.cluster);
    if let Some(given) = &place.given {
        world.add_service(&scope, &place.cluster, &ServiceSeed::new(given, 0), now);
    }
    world.cloud.account_mut(&AccountId::new(place.account.as_str()));
    world.cloud.rules = rules;
    let world = Shared::new(world, move || now);
    let ground = Ground::new(&config(world.clone(), &place.region), place);
    let answers = play(&ground, probes, &CancellationToken::new()).await?;
    ground.remove_all().await;
    let left = ground.journal().iter().map(ToString::to_string).collect();
    let mut calls = BTreeMap::new();
    for (key, count) in world.world().counters().calls() {
        *calls.entry((key.service.iam_prefix(), key.operation.clone())).or_default() += count;
    }
    Ok(Beside { answers, calls, left })
}

fn config(world: Shared, region: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(aws_sdk_ecs::config::SharedCredentialsProvider::new(Credentials::new(
            "test", "test", None, None, "sandbox",
        )))
        .http_client(http_client(world))
        .build()
}
