//! Permissions that are missing: what is said, and that doing what is said helps.

use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::diagnose::needs::{Features, Privilege, needs};
use ecs_scaling::model::names::TargetKey;
use ecs_scaling::model::role::CREATE_SLR_COMMAND;
use ecs_scaling_sandbox::founding::{POLICY, ROLE, STATEMENT, member, search_api};
use serde_json::{Value, json};

use crate::harness::{Bench, condition, said};
use crate::member::{Log, ROLE_ARN, assert_no_secret, founding_objects, member_account};

const FALSE: ConditionStatus = ConditionStatus::False;
const SLR_ARN: &str = "arn:aws:iam::444455556666:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/\
                       AWSServiceRoleForApplicationAutoScaling_ECSService";

fn key() -> TargetKey {
    TargetKey { scope: member(), service: search_api() }
}

#[tokio::test(start_paused = true)]
async fn the_founding_story_is_told_by_the_conditions_and_its_edit_ends_it() {
    let (log, _guard) = Log::capture();
    let bench = Bench::founding().await;
    let mut session = bench.session(&founding_objects()).await;
    let passed = bench.pass(&mut session).await;
    assert_eq!(said(&passed, ConditionType::ServiceLinkedRoleReady), (FALSE, Reason::ServiceLinkedRoleMissing));
    assert_eq!(said(&passed, ConditionType::PermissionsGranted), (FALSE, Reason::AccessDenied));
    for kind in [ConditionType::ServiceLinkedRoleReady, ConditionType::PermissionsGranted] {
        let told = condition(&passed, kind);
        let text = format!("{} {}", told.message, told.hint);
        assert_eq!(told.hint, told.fix.edits[0].edit, "what to do first, and nothing else");
        assert_eq!(told.fix.still_needed, [""; 0], "the policies allow all else");
        assert_eq!(told.fix.command.as_deref(), Some(CREATE_SLR_COMMAND));
        for fact in [
            ROLE,
            "iam:CreateServiceLinkedRole",
            SLR_ARN,
            "identity-based policy",
            POLICY,
            STATEMENT,
            "iam:AWSServiceName has [cloud9.amazonaws.com, ecs.amazonaws.com]",
            "add ecs.application-autoscaling.amazonaws.com",
        ] {
            assert!(text.contains(fact), "{kind} does not say {fact}: {text}");
        }
        assert!(!text.contains("assumed-role") && !text.contains("/ecs-scaling"), "the role, not the session: {text}");
        for need in needs(&key(), Privilege::ReconcileSlr, &Features::new()) {
            assert!(told.fix.needed.iter().any(|action| action == need.call.action), "{} is needed", need.call.action);
        }
    }
    assert!(passed.kept.status.condition(ConditionType::Reconciling).is_some());
    assert!(passed.kept.status.condition(ConditionType::Stalled).is_none(), "IAM is eventually consistent");
    bench.sleep(60).await;
    assert!(bench.pass(&mut session).await.kept.status.condition(ConditionType::Stalled).is_none());
    bench.sleep(61).await;
    let passed = bench.pass(&mut session).await;
    assert!(passed.kept.status.condition(ConditionType::Stalled).is_some());
    assert!(passed.kept.status.condition(ConditionType::Reconciling).is_none());
    assert_eq!(bench.calls("RegisterScalableTarget"), 0, "it would only have hidden the cause");

    let fix = &condition(&passed, ConditionType::ServiceLinkedRoleReady).fix;
    let edited = &fix.edits[0].edited_statements[0];
    assert_eq!(
        edited["Condition"]["StringEquals"]["iam:AWSServiceName"],
        json!(["cloud9.amazonaws.com", "ecs.amazonaws.com", "ecs.application-autoscaling.amazonaws.com"])
    );
    let mut document = bench.world.world().role_policy(&member_account(), ROLE, POLICY).unwrap().clone();
    let place = document["Statement"].as_array_mut().unwrap().iter_mut().find(|s| s["Sid"] == STATEMENT).unwrap();
    *place = edited.clone();
    bench.world.world().put_role_policy(&member_account(), ROLE, POLICY, &document).unwrap();
    bench.sleep(60).await;
    bench.converge(&mut session).await;

    let lines: Vec<Value> = log.lines("a permission is missing");
    assert_eq!(lines.len(), 1, "once for the account: {lines:#?}");
    assert_eq!(lines[0]["account"], "444455556666");
    assert_no_secret(&bench, &log.text());
    assert_no_secret(&bench, &serde_json::to_string(&passed.kept.status).unwrap());
    assert!(bench.records_since(0).iter().all(|record| {
        record.call.operation == "AssumeRole" || record.caller.contains(ROLE_ARN.rsplit('/').next().unwrap())
    }));
}
