//! Ownership: what exists and is not ours is never overwritten, and ours is known by what AWS holds alone.

use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::controller::object::Passed;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling_sandbox::Fault;
use serde_json::json;

use crate::harness::{ALARM, Bench, POLICY, SEARCH_API, home, said, with_spec};

const CONFLICT: (ConditionStatus, Reason) = (ConditionStatus::False, Reason::Conflict);
const FINE: (ConditionStatus, Reason) = (ConditionStatus::True, Reason::AsWanted);

fn adopting() -> String {
    with_spec("  adoption: Unowned\n")
}

/// Target, policies, alarms.
fn said_of_parts(passed: &Passed) -> [(ConditionStatus, Reason); 3] {
    use ConditionType::{AlarmsSynced, PoliciesSynced, TargetSynced};
    [TargetSynced, PoliciesSynced, AlarmsSynced].map(|kind| said(passed, kind))
}

/// Passes twice over what others made; gives the last result and what was written.
async fn twice(bench: &Bench, yaml: &str) -> (Passed, Vec<String>) {
    let before = bench.writes();
    let mut session = bench.session(yaml).await;
    bench.pass(&mut session).await;
    let (passed, _) = bench.next_pass(&mut session).await;
    (passed, bench.written_since(before))
}

// tf#44212
#[tokio::test(start_paused = true)]
async fn a_target_that_others_made_is_a_conflict_and_stays_as_it_is() {
    let bench = Bench::new().await;
    bench.register(json!({"MinCapacity": 1, "MaxCapacity": 5}));
    let (passed, written) = twice(&bench, SEARCH_API).await;
    assert_eq!(written, [""; 0]);
    assert_eq!(said(&passed, ConditionType::TargetSynced), CONFLICT);
    assert!(passed.kept.status.condition(ConditionType::Stalled).is_some(), "a person has to act");
    assert_eq!(bench.target().range.max(), 5);
}

// tf#44146: PutMetricAlarm would replace it without a word.
#[tokio::test(start_paused = true)]
async fn an_alarm_that_others_made_is_a_conflict_and_the_policy_goes_on() {
    let bench = Bench::new().await;
    bench.put_alarm(json!({"Threshold": 99.0}));
    let (passed, written) = twice(&bench, SEARCH_API).await;
    assert_eq!(written, ["RegisterScalableTarget", "PutScalingPolicy"]);
    assert_eq!(said_of_parts(&passed), [FINE, FINE, CONFLICT]);
    assert_eq!(bench.alarm().spec.threshold, Some(99.0));
}

// Policies carry no tags: the digests in the target's tags say whose they are, and nothing else does.
#[tokio::test(start_paused = true)]
async fn a_policy_that_others_made_on_our_target_is_a_conflict_for_good() {
    let bench = Bench::new().await;
    let without = SEARCH_API.split("  stepScaling:").next().unwrap();
    bench.converge(&mut bench.session(without).await).await;
    bench.put_policy(POLICY);
    let theirs = format!("{:?}", bench.target().policies);
    for _ in 0..2 {
        let (passed, written) = twice(&bench, SEARCH_API).await;
        assert_eq!(written, [""; 0]);
        assert_eq!(said(&passed, ConditionType::PoliciesSynced), CONFLICT);
    }
    assert_eq!(format!("{:?}", bench.target().policies), theirs);
}

#[tokio::test(start_paused = true)]
async fn a_policy_whose_digest_was_taken_off_the_target_is_no_longer_ours() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.change_target(|target| target.tags.retain(|key, _| !key.starts_with("ecs-scaling.dev/policies")));
    bench.put_policy(POLICY);
    let (passed, written) = twice(&bench, SEARCH_API).await;
    assert_eq!(written, [""; 0]);
    assert_eq!(said(&passed, ConditionType::PoliciesSynced), CONFLICT);
}

#[tokio::test(start_paused = true)]
async fn adoption_takes_over_what_nobody_owns_and_leaves_everything_ours() {
    let bench = Bench::new().await;
    bench.register(json!({"MinCapacity": 1, "MaxCapacity": 5}));
    bench.put_policy(POLICY);
    bench.put_alarm(json!({"Threshold": 99.0}));
    let arn = bench.policy_arn();
    bench.converge(&mut bench.session(&adopting()).await).await;
    let (target, alarm) = (bench.target(), bench.alarm());
    assert_eq!((target.range.max(), alarm.spec.threshold), (20, Some(30.0)));
    assert_eq!(bench.policy_arn(), arn, "S-024: changed in place");
    for tags in [&target.tags, &alarm.tags] {
        assert_eq!(tags["ecs-scaling.dev/owner"], "it");
        assert_eq!(tags["ecs-scaling.dev/object"], "default/search-api");
    }
    // Now it is ours, whatever adoption says.
    let (passed, written) = twice(&bench, SEARCH_API).await;
    assert!(passed.kept.status.is_ready() && written.is_empty(), "{written:?}");
}

// The owner first, so that a crash in between leaves nothing changed that is nobody's.
#[tokio::test(start_paused = true)]
async fn adopting_a_target_writes_its_tags_before_anything_else() {
    let bench = Bench::new().await;
    bench.register(json!({"MinCapacity": 1, "MaxCapacity": 5}));
    let (_, written) = twice(&bench, &adopting()).await;
    assert_eq!(written, ["TagResource", "RegisterScalableTarget", "PutScalingPolicy", "PutMetricAlarm"]);
}

#[tokio::test(start_paused = true)]
async fn adoption_never_takes_what_an_owner_or_a_stack_holds() {
    let owners = [("ecs-scaling.dev/owner", "another"), ("aws:cloudformation:stack-name", "their-stack")];
    for (key, owner) in owners {
        let bench = Bench::new().await;
        bench.register(json!({"MinCapacity": 1, "MaxCapacity": 5}));
        bench.change_target(|target| target.tags.extend([(key.to_owned(), owner.to_owned())]));
        let (passed, written) = twice(&bench, &adopting()).await;
        assert_eq!(written, [""; 0], "{key}");
        assert_eq!(said(&passed, ConditionType::TargetSynced), CONFLICT);
        assert!(crate::harness::condition(&passed, ConditionType::TargetSynced).message.contains(owner));
    }
}

#[tokio::test(start_paused = true)]
async fn adoption_never_takes_an_alarm_that_an_owner_or_a_stack_holds() {
    let owners = [("ecs-scaling.dev/owner", "another"), ("aws:cloudformation:stack-name", "their-stack")];
    for (key, owner) in owners {
        let bench = Bench::new().await;
        bench.put_alarm(json!({"Threshold": 99.0}));
        bench.change_alarm(|alarm| alarm.tags.extend([(key.to_owned(), owner.to_owned())]));
        let (passed, _) = twice(&bench, &adopting()).await;
        assert_eq!(said(&passed, ConditionType::AlarmsSynced), CONFLICT);
        assert_eq!(bench.alarm().spec.threshold, Some(99.0));
    }
}

// Two controllers with owner ids of their own: neither takes from the other.
#[tokio::test(start_paused = true)]
async fn another_owner_id_is_a_conflict() {
    let mut bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.settings.owner = ecs_scaling::plan::OwnerId::parse("another").unwrap();
    let (passed, written) = twice(&bench, &adopting().replace("maxCapacity: 20", "maxCapacity: 10")).await;
    assert_eq!(written, [""; 0]);
    assert_eq!(said(&passed, ConditionType::TargetSynced), CONFLICT);
}

// external-dns#5993: the digest is there before the policy is, so that a crash in between loses nothing.
#[tokio::test(start_paused = true)]
async fn digests_are_written_before_the_put_and_a_crash_in_between_heals() {
    let bench = Bench::new().await;
    let without = SEARCH_API.split("  stepScaling:").next().unwrap();
    bench.converge(&mut bench.session(without).await).await;
    let before = bench.writes();
    bench.fail("PutScalingPolicy", 1, Fault::ResetBeforeEffect);
    bench.pass(&mut bench.session(SEARCH_API).await).await;
    assert_eq!(bench.written_since(before), ["TagResource"]);
    bench.sleep(60).await;
    bench.converge(&mut bench.session(SEARCH_API).await).await; // a controller that remembers nothing
    assert_eq!(bench.written_since(before), ["TagResource", "PutScalingPolicy", "PutMetricAlarm"]);
}

// The same where the put took effect and the answer was lost: the policy is known for ours.
#[tokio::test(start_paused = true)]
async fn a_put_whose_answer_was_lost_is_no_conflict() {
    for fault in [Fault::TimeoutAfterEffect, Fault::ResetAfterEffect, Fault::MalformedBody] {
        for operation in ["RegisterScalableTarget", "PutScalingPolicy", "PutMetricAlarm"] {
            let bench = Bench::new().await;
            bench.fail(operation, 1, fault);
            bench.pass(&mut bench.session(SEARCH_API).await).await;
            bench.sleep(60).await;
            bench.converge(&mut bench.session(SEARCH_API).await).await;
            assert_eq!(bench.calls(operation), 1, "{operation}, {fault:?}");
        }
    }
}

// S-007: a tag value has 256 characters, 23 digests; 30 policies need two tags.
#[tokio::test(start_paused = true)]
async fn more_policies_than_fit_into_one_tag_are_all_ours() {
    let one = SEARCH_API.split_once("  - policyName").map(|(_, policy)| format!("  - policyName{policy}")).unwrap();
    let head = SEARCH_API.split("  - policyName").next().unwrap();
    let policies: String =
        (0..30).map(|i| one.replace(POLICY, &format!("{POLICY}{i}")).replace(ALARM, &format!("{ALARM}{i}"))).collect();
    let many = format!("{head}{policies}");
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&many).await).await;
    let spread = bench.target().tags.keys().filter(|key| key.starts_with("ecs-scaling.dev/policies")).count();
    assert_eq!(spread, 2);
    // One policy taken out of the object is known for ours, though a restart lies between, and goes alone.
    let fewer = many.replace(&one.replace(POLICY, &format!("{POLICY}7")).replace(ALARM, &format!("{ALARM}7")), "");
    bench.converge(&mut bench.session(&fewer).await).await;
    let held = bench.target().policies;
    assert!(held.len() == 29 && !held.contains_key(&format!("{POLICY}7")), "{:?}", held.keys());
}

// tf#31261: such a target can carry no tag, so it is nobody's; it is never tagged.
#[tokio::test(start_paused = true)]
async fn a_target_without_an_arn_is_tolerated_and_never_tagged() {
    let bench = Bench::new().await;
    bench.register(json!({"MinCapacity": 1, "MaxCapacity": 5}));
    bench.change_target(|target| target.arn = None);
    let (passed, written) = twice(&bench, SEARCH_API).await;
    assert_eq!((said(&passed, ConditionType::TargetSynced), written.len()), (CONFLICT, 0));
    let before = bench.writes();
    let (passed, written) = twice(&bench, &adopting()).await;
    assert!(passed.kept.status.is_ready(), "{:#?}", passed.kept.status);
    assert_eq!(written, ["RegisterScalableTarget", "PutScalingPolicy", "PutMetricAlarm"]);
    let register = &bench.records_since(before)[0];
    assert!(!register.input.has("Tags"));
}

// The service's whole scaling, handed from object to object of one owner.
#[tokio::test(start_paused = true)]
async fn a_renamed_object_of_the_same_owner_takes_over_with_its_tags() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    let renamed = SEARCH_API.replace("name: search-api\n  labels", "name: renamed\n  labels");
    let renamed = renamed.replace("maxCapacity: 20", "maxCapacity: 21");
    bench.converge(&mut bench.session(&renamed).await).await;
    assert_eq!(bench.target().tags["ecs-scaling.dev/object"], "default/renamed");
}

// Tags are read before the first write, and never in a steady pass. S-008: the register's answer holds the ARN.
#[tokio::test(start_paused = true)]
async fn steady_passes_read_no_tags() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    for _ in 0..5 {
        bench.next_pass(&mut session).await;
    }
    assert_eq!(bench.calls("ListTagsForResource"), 0, "what we made ourselves need not be asked for");
    bench.register(json!({"MinCapacity": 1}));
    bench.next_pass(&mut session).await;
    assert_eq!(bench.calls("ListTagsForResource"), 1, "the target's, before the write");
    bench.next_pass(&mut session).await;
    assert_eq!(bench.calls("ListTagsForResource"), 1);
}

// What is known to be somebody else's costs no further call.
#[tokio::test(start_paused = true)]
async fn a_conflict_is_not_read_again_in_every_pass() {
    let bench = Bench::new().await;
    bench.register(json!({"MinCapacity": 1, "MaxCapacity": 5}));
    let mut session = bench.session(SEARCH_API).await;
    for _ in 0..5 {
        bench.next_pass(&mut session).await;
    }
    assert_eq!(bench.calls("ListTagsForResource"), 1);
}

#[tokio::test(start_paused = true)]
async fn tags_that_cannot_be_read_withhold_the_write() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(SEARCH_API).await).await;
    bench.register(json!({"MinCapacity": 1}));
    bench.deny("application-autoscaling:ListTagsForResource");
    let before = bench.writes();
    let passed = bench.pass(&mut bench.session(SEARCH_API).await).await;
    assert_eq!(bench.written_since(before), [""; 0]);
    assert_eq!(said(&passed, ConditionType::TargetSynced), (ConditionStatus::Unknown, Reason::AccessDenied));
    assert_eq!(said(&passed, ConditionType::PermissionsGranted).0, ConditionStatus::False);
}

/// The brake, as somebody puts it on the target at night.
fn brake(bench: &Bench, mode: &str) {
    let input = json!({"ResourceARN": bench.target().arn, "Tags": {"ecs-scaling.dev/mode": mode}});
    bench.somebody(AwsService::ApplicationAutoScaling, "TagResource", input);
}

// The tags are in the controller's memory when the brake is put on, and read again all the same.
#[tokio::test(start_paused = true)]
async fn the_brake_on_a_target_withholds_every_write_of_the_object_at_once() {
    let bench = Bench::new().await;
    let mut session = bench.session(SEARCH_API).await;
    bench.converge(&mut session).await;
    bench.register(json!({"MinCapacity": 1}));
    bench.next_pass(&mut session).await; // the tags were read just now
    brake(&bench, "Observe");
    bench.register(json!({"MaxCapacity": 3}));
    bench.somebody(AwsService::CloudWatch, "DeleteAlarms", json!({"AlarmNames": [ALARM]}));
    let before = bench.writes();
    bench.sleep(1).await;
    let passed = bench.pass(&mut session).await;
    assert_eq!(bench.written_since(before), [""; 0]);
    let braked = (ConditionStatus::False, Reason::ObserveMode);
    assert_eq!(said_of_parts(&passed), [braked, FINE, braked]);
    brake(&bench, "Apply");
    let (passed, _) = bench.next_pass(&mut session).await;
    assert!(passed.kept.status.is_ready());
    assert!(bench.world.world().alarm(&home(), ALARM).is_some());
}
