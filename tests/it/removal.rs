//! What is taken out of an object, and what is to be absent, goes; nothing else does.

use std::time::Duration;

use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::aws::Limits;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::AlarmName;
use ecs_scaling::plan::{Outcome, OutcomeResult};
use ecs_scaling_sandbox::{Fault, ServiceSeed, World};
use serde_json::json;

use crate::estate::{Item, plant, yaml};
use crate::harness::{ALARM, Bench, POLICY, SEARCH_API, condition, home, said, search_api, start, with_spec};
use crate::harness_daemon::Field;
use crate::somebody::on_target;

const NIGHT: &str = "  scheduledActions:
  - scheduledActionName: night
    schedule: cron(0 23 * * ? *)
    scalableTargetAction: {minCapacity: 1}
";

/// search-api with everything that can be taken out of it.
fn whole() -> String {
    with_spec(NIGHT)
}

/// search-api without its policies and its scheduled action.
fn bare() -> String {
    SEARCH_API.split("  stepScaling:\n").next().unwrap().to_owned()
}

fn absent() -> String {
    with_spec("  state: Absent\n")
}

impl Bench {
    /// Somebody else's policy, scheduled action and alarm, beside ours.
    fn put_theirs_beside(&self) {
        self.put_policy("theirs");
        self.put_scheduled_action("theirs");
        self.put_alarm(json!({"AlarmName": "theirs", "Tags": [{"Key": "ecs-scaling.dev/owner", "Value": "another"}]}));
    }

    fn put_scheduled_action(&self, name: &str) {
        let more = json!({
            "ScheduledActionName": name, "Schedule": "cron(0 4 * * ? *)", "ScalableTargetAction": {"MaxCapacity": 20}
        });
        self.somebody(AwsService::ApplicationAutoScaling, "PutScheduledAction", on_target(more));
    }

    /// Everything of scaling that the home scope holds, to the byte.
    fn everything(&self) -> String {
        let world = self.world.world();
        let held = world.cloud.scope(&home());
        let targets = held.targets.iter().map(|(id, target)| format!("{id} {target:?}\n"));
        let alarm = |(name, a): (&AlarmName, &ecs_scaling_sandbox::cloudwatch::Alarm)| {
            format!("{name} {:?} {:?}\n", a.spec, a.tags)
        };
        targets.chain(held.alarms.iter().map(alarm)).collect()
    }

    fn alarms(&self) -> Vec<String> {
        self.world.world().cloud.scope(&home()).alarms.keys().map(ToString::to_string).collect()
    }

    /// The keys of the target's tags that hold digests.
    fn digest_tags(&self) -> Vec<String> {
        let kinds = ["policies", "schedules", "attached"];
        let is_digests = |key: &String| kinds.iter().any(|kind| key.contains(kind));
        self.target().tags.keys().filter(|key| is_digests(key)).cloned().collect()
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_out_of_an_object_goes_and_what_is_not_ours_stays_to_the_byte() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&whole()).await).await;
    bench.put_theirs_beside();
    let theirs = |bench: &Bench| {
        let (target, world) = (bench.target(), bench.world.world());
        let alarm = world.alarm(&home(), "theirs").cloned().unwrap();
        format!(
            "{:?} {:?} {:?} {:?}",
            target.policies["theirs"], target.scheduled_actions["theirs"], alarm.spec, alarm.tags
        )
    };
    let before = theirs(&bench);
    bench.sleep(120).await;
    let writes = bench.writes();
    let mut session = bench.session(&bare()).await;
    let passed = bench.pass(&mut session).await;
    // S-107: what fires a policy goes before it.
    let written = bench.written_since(writes);
    assert_eq!(written, ["DeleteAlarms", "DeleteScalingPolicy", "DeleteScheduledAction"], "{:#?}", passed.plan);
    let events: Vec<&str> = passed.kept.status.events.iter().map(|event| event.message.as_str()).collect();
    assert!(events.contains(&format!("deleted ScalingPolicy {POLICY}").as_str()), "{events:?}");
    bench.converge(&mut session).await;
    assert_eq!(bench.alarms(), ["theirs"]);
    assert_eq!(bench.target().policies.keys().collect::<Vec<_>>(), ["theirs"]);
    assert_eq!(bench.target().scheduled_actions.keys().collect::<Vec<_>>(), ["theirs"]);
    assert_eq!(bench.digest_tags(), [""; 0], "no tag is left of what is gone");
    assert_eq!(theirs(&bench), before);
}

// What a removed policy's name was is nobody's afterwards: somebody who makes one of that name keeps it.
#[tokio::test(start_paused = true)]
async fn a_name_that_was_ours_once_is_free_again() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&whole()).await).await;
    bench.sleep(120).await;
    let mut session = bench.session(&bare()).await;
    bench.converge(&mut session).await;
    bench.put_policy(POLICY);
    bench.put_scheduled_action("night");
    let (_, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, [""; 0]);
    assert_eq!(bench.target().policies.len() + bench.target().scheduled_actions.len(), 2);
}

// S-050, ack#1980: the new alarm is there before the old one goes, and the policy is never without.
#[tokio::test(start_paused = true)]
async fn a_renamed_alarm_leaves_no_old_one_behind() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.sleep(120).await;
    let (mut session, before) = (bench.session(&SEARCH_API.replace(ALARM, "renamed")).await, bench.writes());
    bench.pass(&mut session).await;
    assert_eq!(bench.written_since(before), ["PutMetricAlarm", "DeleteAlarms"]);
    bench.converge(&mut session).await;
    assert_eq!(bench.alarms(), ["renamed"]);
}

#[tokio::test(start_paused = true)]
async fn a_renamed_step_policy_is_made_before_the_old_one_goes_and_keeps_its_alarm() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.sleep(120).await;
    let (mut session, before) = (bench.session(&SEARCH_API.replace(POLICY, "renamed")).await, bench.writes());
    bench.converge(&mut session).await;
    let written = bench.written_since(before);
    let at = |operation: &str| written.iter().position(|written| written == operation).unwrap();
    assert!(at("PutScalingPolicy") < at("DeleteScalingPolicy"), "{written:?}");
    assert!(!written.contains(&"DeleteAlarms".to_owned()), "{written:?}");
    assert_eq!(bench.target().policies.keys().collect::<Vec<_>>(), ["renamed"]);
    assert_eq!(bench.alarm().spec.alarm_actions, [bench.target().policies["renamed"].arn.clone()]);
}

// clouddriver PR#687, cc#874: no policy lists an alarm any more once its policy is gone; it is found by its dead action.
#[tokio::test(start_paused = true)]
async fn a_leftover_alarm_is_found_whose_target_somebody_deregistered() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.somebody(AwsService::ApplicationAutoScaling, "DeregisterScalableTarget", on_target(json!({})));
    assert_eq!(bench.alarms(), [ALARM]);
    bench.sleep(120).await;
    bench.converge(&mut bench.session(&bare()).await).await;
    assert_eq!(bench.alarms(), [""; 0]);
}

// tf#18114: somebody was faster.
#[tokio::test(start_paused = true)]
async fn what_is_gone_when_it_is_deleted_is_as_wanted() {
    let bench = Bench::new().await;
    let another = |yaml: String| {
        let (_, policy) = yaml.split_once("  stepScaling:\n").unwrap();
        yaml.clone() + &policy.replace(ALARM, "z-alarm").replace(POLICY, "another")
    };
    bench.converge(&mut bench.session(&another(whole())).await).await;
    bench.sleep(120).await;
    let mut session = bench.session(&bare()).await;
    bench.fail("DeleteAlarms", 1, Fault::Delay(2000));
    let (passed, ()) = tokio::join!(bench.pass(&mut session), async {
        bench.sleep(1).await; // while the first alarm is deleted, before the others are
        bench.somebody(AwsService::CloudWatch, "DeleteAlarms", json!({"AlarmNames": ["z-alarm"]}));
        let policy = on_target(json!({"PolicyName": POLICY}));
        bench.somebody(AwsService::ApplicationAutoScaling, "DeleteScalingPolicy", policy);
        let night = on_target(json!({"ScheduledActionName": "night"}));
        bench.somebody(AwsService::ApplicationAutoScaling, "DeleteScheduledAction", night);
    });
    let refused = |outcome: &&Outcome| !matches!(outcome.result, OutcomeResult::Done { .. });
    assert_eq!(passed.outcomes.iter().filter(refused).count(), 0, "{:#?}", passed.outcomes);
    assert_eq!(passed.outcomes.len(), 5);
    assert!(passed.kept.status.is_ready(), "{:#?}", passed.kept.status);
}

// A reader that lags must not take what it does not show yet for gone: the digest is all that says whose a policy is.
#[tokio::test(start_paused = true)]
async fn a_policy_that_is_taken_out_before_aws_shows_it_is_still_removed() {
    for lag in [10, 30, 60] {
        let field = Field::new();
        let items = Item::many(1);
        plant(&field, &items);
        let all = yaml(&items);
        let none = format!("{}}}\n", all.split(",\n  stepScaling:").next().unwrap());
        let running = field.start(&none).await;
        running.run(Duration::from_secs(100)).await;
        field.world.world().set_read_lag(Duration::from_secs(lag));
        running.want(&all);
        running.run(Duration::from_secs(3)).await;
        let policies = || field.world.world().target(&items[0].scope(), &items[0].id()).unwrap().policies.len();
        assert_eq!(policies(), 1, "lag {lag}");
        running.want(&none);
        running.run(Duration::from_secs(400)).await;
        assert_eq!(policies(), 0, "lag {lag}: {:?}", running.troubles());
        {
            let world = field.world.world();
            let target = world.target(&items[0].scope(), &items[0].id()).unwrap();
            assert!(!target.tags.contains_key("ecs-scaling.dev/policies"), "lag {lag}: {:?}", target.tags);
            assert!(world.alarm(&items[0].scope(), &items[0].alarm()).is_none(), "lag {lag}");
        }
        assert!(running.is_ready(), "lag {lag}: {:?}", running.troubles());
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn observe_says_what_would_go_and_leaves_it() {
    let mut bench = Bench::new().await;
    bench.converge(&mut bench.session(&whole()).await).await;
    bench.sleep(120).await;
    bench.settings.mode = ecs_scaling::api::desired::Mode::Observe;
    for yaml in [bare(), absent()] {
        let (before, mut session) = (bench.everything(), bench.session(&yaml).await);
        let passed = bench.pass(&mut session).await;
        assert!(passed.plan.unwrap().actions.len() >= 3);
        assert_eq!(bench.everything(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_of_what_is_absent_but_the_task_count() {
    let bench = Bench::new().await;
    bench.put_alarm(json!({"AlarmName": "theirs"}));
    let before = bench.everything();
    bench.converge(&mut bench.session(&whole()).await).await;
    bench.set_desired(7);
    bench.sleep(120).await;
    let (mut session, writes) = (bench.session(&absent()).await, bench.writes());
    let passed = bench.pass(&mut session).await;
    let written = bench.written_since(writes);
    let order = ["DeleteAlarms", "DeleteScalingPolicy", "DeleteScheduledAction", "DeregisterScalableTarget"];
    assert_eq!(written, order, "{:#?}", passed.plan);
    assert_eq!(said(&passed, ConditionType::Ready), (ConditionStatus::True, Reason::Absent));
    assert!(condition(&passed, ConditionType::Ready).message.contains("keeps the task count"));
    bench.converge(&mut session).await;
    assert_eq!(bench.everything(), before);
    let desired = bench.world.world().cloud.scope(&home()).service(&search_api()).unwrap().desired;
    assert_eq!(desired, 7);
    // And back.
    bench.sleep(120).await;
    bench.converge(&mut bench.session(&whole()).await).await;
    assert_eq!(bench.target().policies.len(), 1);
}

// S-049: it would be gone without anybody having meant it.
#[tokio::test(start_paused = true)]
async fn a_target_stays_while_something_of_somebody_else_is_on_it() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&whole()).await).await;
    bench.put_theirs_beside();
    bench.sleep(120).await;
    let mut session = bench.session(&absent()).await;
    let passed = bench.pass(&mut session).await;
    let target = condition(&passed, ConditionType::TargetSynced);
    assert_eq!((target.status, target.reason), (ConditionStatus::False, Reason::Conflict));
    assert!(target.message.contains("policy theirs, scheduled action theirs"), "{}", target.message);
    assert_eq!(bench.target().policies.keys().collect::<Vec<_>>(), ["theirs"]);
    assert_eq!(bench.target().scheduled_actions.keys().collect::<Vec<_>>(), ["theirs"]);
    assert_eq!(bench.alarms(), ["theirs"]);
    for (operation, name) in [("DeleteScalingPolicy", "PolicyName"), ("DeleteScheduledAction", "ScheduledActionName")] {
        bench.somebody(AwsService::ApplicationAutoScaling, operation, on_target(json!({name: "theirs"})));
    }
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, ["DeregisterScalableTarget"]);
    assert!(passed.kept.status.is_ready(), "{:#?}", passed.kept.status);
}

// Between the plan and the call somebody has put something on the target: it stays.
#[tokio::test(start_paused = true)]
async fn what_comes_onto_the_target_at_the_last_moment_keeps_it() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&whole()).await).await;
    bench.sleep(120).await;
    let mut session = bench.session(&absent()).await;
    bench.fail("DeleteAlarms", 1, Fault::Delay(2000));
    let (passed, ()) = tokio::join!(bench.pass(&mut session), async {
        bench.sleep(1).await;
        bench.put_policy("theirs");
    });
    let last = &passed.outcomes.last().unwrap().result;
    let OutcomeResult::Skipped { why } = last else { panic!("{last:?}") };
    assert!(why.contains("policy theirs"), "{why}");
    assert_eq!(bench.target().policies.keys().collect::<Vec<_>>(), ["theirs"]);
}

// hako PR#69: AWS removes the target and the policies of a deleted service, and leaves the alarms.
#[tokio::test(start_paused = true)]
async fn the_alarms_of_a_deleted_service_go() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    let gone = json!({"cluster": "B", "service": "search-api", "force": true});
    bench.somebody(AwsService::Ecs, "DeleteService", gone);
    bench.sleep(120).await;
    assert_eq!(bench.alarms(), [ALARM]);
    bench.converge(&mut bench.session(&absent()).await).await;
    assert_eq!(bench.alarms(), [""; 0]);
}

// cfn-coverage#1991: "no scaling here" is said without a number, and never becomes one.
#[tokio::test(start_paused = true)]
async fn absent_needs_no_numbers_and_makes_nothing_not_even_the_role() {
    let lone = "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {name: search-api}
spec: {cluster: B, service: search-api, state: Absent}
";
    let clock = start();
    let mut world = World::new();
    world.add_service(&home(), "B", &ServiceSeed::new("search-api", 2), clock.now());
    let bench = Bench::over(world, clock, Limits::none(), "test").await;
    let mut session = bench.session(lone).await;
    bench.converge(&mut session).await;
    assert_eq!(bench.calls("GetRole") + bench.calls("CreateServiceLinkedRole"), 0);
    assert_eq!(bench.writes(), 0);
    // What is somebody else's stays, whole.
    let bench = Bench::new().await;
    bench.register(json!({"MinCapacity": 3, "MaxCapacity": 9}));
    let before = bench.everything();
    let passed = bench.pass(&mut bench.session(lone).await).await;
    assert_eq!(said(&passed, ConditionType::TargetSynced), (ConditionStatus::False, Reason::Conflict));
    assert_eq!(bench.everything(), before);
}
