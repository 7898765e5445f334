//! Several accounts and regions in one process: one that is broken harms no other, and nobody else's credentials help.

use std::time::Duration;

use ecs_scaling::api::load::{SourceFile, load};
use ecs_scaling::api::status::{ConditionType, Reason, Status};
use ecs_scaling::aws::Limits;
use ecs_scaling_sandbox::seed::scope;
use ecs_scaling_sandbox::{ServiceSeed, World};

use crate::harness::{ACCOUNT, Bench, SEARCH_API, start};
use crate::member::{Log, Loop, assert_no_secret};

const SOUND: &str = "444455556666";
const BROKEN: &str = "777788889999";
const REGIONS: [&str; 2] = ["ap-northeast-2", "eu-west-1"];

/// An AwsAccount and an object in each of its regions.
fn account(name: &str, id: &str, more: &str) -> String {
    let mut yaml = format!(
        "apiVersion: ecs-scaling.dev/v1alpha1\nkind: AwsAccount\nmetadata: {{name: {name}}}\nspec:\n  accountId: \
         \"{id}\"\n  regions: [{}]\n{more}",
        REGIONS.join(", ")
    );
    for region in REGIONS {
        let object = SEARCH_API.replace("name: search-api", &format!("name: {name}-{region}"));
        let placed = format!("  account: {name}\n  region: {region}\n");
        yaml += &format!("---\n{}", object.replace("  region: ap-northeast-2\n", &placed));
    }
    yaml
}

fn role(id: &str, external_id: &str) -> String {
    format!("  roleArn: arn:aws:iam::{id}:role/scaling\n  externalId: {external_id}\n")
}

/// The hub and two further accounts, each with a role that trusts the hub with the external id `tools`.
async fn world() -> Bench {
    let (clock, mut world) = (start(), World::new());
    for id in [ACCOUNT, SOUND, BROKEN] {
        for region in REGIONS {
            world.add_service(&scope(id, region), "B", &ServiceSeed::new("search-api", 2), clock.now());
        }
        if id != ACCOUNT {
            let hub = vec![scope(ACCOUNT, REGIONS[0]).account];
            world.add_role(id, "scaling", hub, Some("tools".to_owned()), clock.now());
        }
    }
    Bench::over(world, clock, Limits::none(), "test").await
}

fn status(running: &Loop, name: &str) -> Status {
    running.state.objects().into_iter().find(|view| view.desired.key.name == name).expect("the object").status
}

/// Runs a sound account beside a broken one; gives what the broken one's object says.
async fn beside_a_broken_one(broken: &str, more: &str) -> Status {
    let (log, _guard) = Log::capture();
    let bench = world().await;
    let yaml = format!("{}---\n{}", account("sound", SOUND, &role(SOUND, "tools")), account(broken, BROKEN, more));
    let running = bench.run(&yaml);
    tokio::time::sleep(Duration::from_secs(300)).await;
    for region in REGIONS {
        assert!(status(&running, &format!("sound-{region}")).is_ready());
        let target = bench.world.world().target(&scope(SOUND, region), &crate::harness::search_api()).cloned();
        assert!(target.is_some(), "{region}");
    }
    // Nobody else's credentials in its place: the hub's were used to assume roles and to ask who we are, no more.
    let calls = bench.world.world().counters().calls().clone();
    let by_hub = calls.keys().filter(|key| key.scope.account.as_str() == ACCOUNT);
    assert!(by_hub.clone().all(|key| ["AssumeRole", "GetCallerIdentity"].contains(&key.operation.as_str())));
    for record in bench.records_since(0) {
        assert!(record.caller.starts_with(&format!("arn:aws:sts::{SOUND}:assumed-role/scaling/")), "{record:?}");
    }
    let told = status(&running, &format!("{broken}-eu-west-1"));
    assert!(!told.is_ready());
    assert_no_secret(&bench, &(log.text() + &running.json()));
    running.end().await;
    told
}

fn ready_says(status: &Status) -> (Reason, String) {
    let ready = status.condition(ConditionType::Ready).expect("Ready");
    (ready.reason, format!("{} → {}", ready.message, ready.hint))
}

#[tokio::test(start_paused = true)]
async fn a_role_that_does_not_trust_us_harms_no_other_account() {
    let other = role(BROKEN, "tools").replace("role/scaling", "role/other");
    let (reason, text) = ready_says(&beside_a_broken_one("broken", &other).await);
    assert_eq!(reason, Reason::CredentialsFailed);
    assert!(text.contains("role/other") && text.contains("trust policy"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_external_id_harms_no_other_account() {
    let (reason, text) = ready_says(&beside_a_broken_one("broken", &role(BROKEN, "wrong")).await);
    assert_eq!(reason, Reason::CredentialsFailed);
    assert!(text.contains("external id") && text.contains("sts:AssumeRole"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn credentials_of_another_account_than_the_one_that_is_named_are_not_used() {
    // The hub's own credentials under another account's id.
    let (reason, text) = ready_says(&beside_a_broken_one("broken", "").await);
    assert_eq!(reason, Reason::AccountNotUsable);
    assert!(text.contains(ACCOUNT) && text.contains(BROKEN), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_trust_that_is_mended_is_found_without_a_restart() {
    let bench = world().await;
    bench.world.world().add_role(BROKEN, "scaling", vec![], None, bench.clock.now());
    let running = bench.run(&account("late", BROKEN, &role(BROKEN, "tools")));
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(running.ready(), 0);
    let hub = vec![scope(ACCOUNT, REGIONS[0]).account];
    bench.world.world().add_role(BROKEN, "scaling", hub, Some("tools".to_owned()), bench.clock.now());
    tokio::time::sleep(Duration::from_secs(90)).await;
    assert_eq!(running.ready(), REGIONS.len());
    let made = bench.calls("CreateServiceLinkedRole");
    assert_eq!(made, 1, "the role is the account's, not the region's");
    running.end().await;
}

#[test]
fn two_accounts_with_one_id_are_refused_at_load() {
    let yaml = format!(
        "{}---\n{}",
        account("one", SOUND, &role(SOUND, "tools")),
        account("two", SOUND, &role(SOUND, "tools"))
    );
    let loaded = load(&[SourceFile { path: "test.yaml".to_owned(), bytes: yaml.into_bytes() }]);
    let refused =
        loaded.findings.iter().any(|finding| finding.path == "spec.accountId" && finding.message.contains("the same"));
    assert!(refused && !loaded.held.is_empty(), "{:#?}", loaded.findings);
}
