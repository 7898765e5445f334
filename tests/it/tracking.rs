//! Target tracking: made, left alone where equal, put back, renamed; one policy a metric; labels of target groups.

use ecs_scaling::api::load::{SourceFile, load};
use ecs_scaling::api::status::{ConditionStatus, ConditionType, Reason};
use ecs_scaling::controller::object::Passed;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::observed::{ScalingPolicy, Tags};
use ecs_scaling::plan::{LastLook, Outcome, OutcomeResult, Victim};
use ecs_scaling_sandbox::Fault;
use ecs_scaling_sandbox::autoscaling::PolicyConfig;
use ecs_scaling_sandbox::elastic_load_balancing::{load_balancer_arn, target_group_arn};
use serde_json::{Value, json};

use crate::harness::{Bench, condition, corrections, home, said};
use crate::somebody::on_target;

const HEAD: &str = "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {name: search-api}
spec:
  cluster: B
  service: search-api
  minCapacity: 2
  maxCapacity: 20
";
const CPU: &str = "predefinedMetricSpecification: {predefinedMetricType: ECSServiceAverageCPUUtilization}";
const REQUESTS: &str = "predefinedMetricSpecification: {predefinedMetricType: ALBRequestCountPerTarget}";
const MATH: &str = "customizedMetricSpecification: {metrics: [\
    {id: e1, expression: m1 / m2}, \
    {id: m1, returnData: false, metricStat: {stat: Sum, metric: {namespace: AWS/SQS, metricName: Messages, \
    dimensions: {QueueName: q, Stage: prod}}}}, \
    {id: m2, returnData: false, metricStat: {stat: Average, metric: {namespace: Search, metricName: Tasks}}}]}";

/// An object with these policies: name, target value and the rest.
fn object(policies: &[(&str, &str, &str)]) -> String {
    let item = |(name, value, rest): &(&str, &str, &str)| {
        format!("  - policyName: {name}\n    targetValue: {value}\n    {rest}\n")
    };
    format!("{HEAD}  targetTracking:\n{}", policies.iter().map(item).collect::<String>())
}

fn tracking(bench: &Bench, name: &str) -> Option<Value> {
    match &bench.target().policies.get(name)?.config {
        PolicyConfig::TargetTracking(tracking) => Some(tracking.config.to_json()),
        _ => None,
    }
}

/// Somebody puts a target tracking policy.
fn put(bench: &Bench, name: &str, config: &Value) {
    let more = json!({"PolicyName": name, "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": config});
    bench.somebody(AwsService::ApplicationAutoScaling, "PutScalingPolicy", on_target(more));
}

fn names(bench: &Bench) -> Vec<String> {
    bench.target().policies.keys().cloned().collect()
}

/// A target group of this name behind a load balancer of this name.
fn plant_group(bench: &Bench, group: &str, balancer: &str) {
    let balancers = vec![load_balancer_arn(&home(), balancer)];
    let mut world = bench.world.world();
    world.cloud.scope_mut(&home()).target_groups.insert(target_group_arn(&home(), group), balancers);
}

/// The service gets these target groups.
fn attach(bench: &Bench, groups: &[&str]) {
    let balancer = |group: &&str| json!({"targetGroupArn": target_group_arn(&home(), group), "containerPort": 80});
    let balancers: Vec<Value> = groups.iter().map(balancer).collect();
    let input = json!({"cluster": "B", "service": "search-api", "loadBalancers": balancers});
    bench.somebody(AwsService::Ecs, "UpdateService", input);
}

fn label(bench: &Bench, policy: &str) -> Option<String> {
    let config = tracking(bench, policy)?;
    config["PredefinedMetricSpecification"]["ResourceLabel"].as_str().map(str::to_owned)
}

fn policies_said(passed: &Passed) -> (ConditionStatus, Reason) {
    said(passed, ConditionType::PoliciesSynced)
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_metric_is_made_and_a_second_pass_writes_nothing() {
    let bench = Bench::new().await;
    let single =
        "customizedMetricSpecification: {metricName: Threads, namespace: Search, statistic: Maximum, unit: Count}";
    let high =
        "predefinedMetricSpecification: {predefinedMetricType: ECSServiceAverageMemoryUtilizationHighResolution}";
    let all = [("cpu", "50", CPU), ("math", "100", MATH), ("memory", "60.5", high), ("threads", "3e1", single)];
    let yaml = object(&all);
    bench.converge(&mut bench.session(&yaml).await).await;
    assert_eq!(names(&bench), ["cpu", "math", "memory", "threads"]);
    let before = bench.writes();
    bench.round(&mut bench.session(&yaml).await).await;
    assert_eq!(bench.written_since(before), [""; 0], "a controller that was just started finds it equal");
}

#[tokio::test(start_paused = true)]
async fn order_spelling_and_defaults_never_cause_a_write() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&object(&[("cpu", "50", CPU), ("math", "100", MATH)])).await).await;
    let spelled = "scaleInCooldown: 300\n    scaleOutCooldown: 300\n    disableScaleIn: false\n    customizedMetricSpecification: \
         {metrics: [{id: m2, returnData: false, metricStat: {stat: Average, metric: {namespace: Search, metricName: \
         Tasks, dimensions: {}}}}, {id: m1, returnData: false, metricStat: {stat: Sum, metric: {namespace: AWS/SQS, \
         metricName: Messages, dimensions: {Stage: prod, QueueName: q}}}}, \
         {id: e1, expression: m1 / m2, returnData: true}]}";
    let before = bench.writes();
    let yaml = object(&[("math", "1e2", spelled), ("cpu", "50.0", CPU)]);
    assert!(bench.pass(&mut bench.session(&yaml).await).await.kept.status.is_ready());
    assert_eq!(bench.written_since(before), [""; 0]);
}

// S-096, S-095: what AWS holds in another order, or with its defaults left out, is equal too.
#[tokio::test(start_paused = true)]
async fn what_aws_echoes_otherwise_is_equal() {
    let bench = Bench::new().await;
    let yaml = object(&[("math", "100", MATH)]);
    bench.converge(&mut bench.session(&yaml).await).await;
    let stat = |stat: &str, namespace: &str, name: &str, dimensions: Value| json!({"Stat": stat, "Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}});
    let both = json!([{"Name": "Stage", "Value": "prod"}, {"Name": "QueueName", "Value": "q"}]);
    let queries = json!([
        {"Id": "m2", "ReturnData": false, "MetricStat": stat("Average", "Search", "Tasks", json!([]))},
        {"Id": "e1", "Expression": "m1 / m2"},
        {"Id": "m1", "ReturnData": false, "MetricStat": stat("Sum", "AWS/SQS", "Messages", both)}
    ]);
    put(&bench, "math", &json!({"TargetValue": 100, "CustomizedMetricSpecification": {"Metrics": queries}}));
    let before = bench.writes();
    assert!(bench.pass(&mut bench.session(&yaml).await).await.kept.status.is_ready());
    assert_eq!(bench.written_since(before), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn each_field_that_changes_is_one_write_and_drift_in_it_is_put_back() {
    let before = object(&[("cpu", "50", CPU)]);
    for (from, to) in [
        ("targetValue: 50", "targetValue: 51"),
        (CPU, "predefinedMetricSpecification: {predefinedMetricType: ECSServiceAverageMemoryUtilization}"),
        (CPU, MATH),
        (
            CPU,
            "scaleOutCooldown: 0\n    predefinedMetricSpecification: {predefinedMetricType: ECSServiceAverageCPUUtilization}",
        ),
        (
            CPU,
            "scaleInCooldown: 60\n    predefinedMetricSpecification: {predefinedMetricType: ECSServiceAverageCPUUtilization}",
        ),
        (
            CPU,
            "disableScaleIn: true\n    predefinedMetricSpecification: {predefinedMetricType: ECSServiceAverageCPUUtilization}",
        ),
    ] {
        let bench = Bench::new().await;
        bench.converge(&mut bench.session(&before).await).await;
        let was = tracking(&bench, "cpu").unwrap();
        bench.sleep(120).await;
        let mut session = bench.session(&before.replace(from, to)).await;
        let writes = bench.writes();
        bench.pass(&mut session).await;
        assert_eq!(bench.written_since(writes), ["PutScalingPolicy"], "{to}");
        let wanted = tracking(&bench, "cpu").unwrap();
        assert_ne!(wanted, was);
        bench.converge(&mut session).await;
        bench.sleep(120).await;
        put(&bench, "cpu", &was);
        let (passed, written) = bench.next_pass(&mut session).await;
        assert_eq!((corrections(&passed), written), (1, vec!["PutScalingPolicy".to_owned()]), "{to}");
        assert_eq!(tracking(&bench, "cpu").unwrap(), wanted);
        assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
    }
}

// S-037: AWS takes one policy a metric, so that a rename cannot put before it deletes.
#[tokio::test(start_paused = true)]
async fn a_rename_deletes_and_then_puts_and_trims_the_old_digest() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&object(&[("old", "50", CPU)])).await).await;
    bench.sleep(120).await;
    let mut session = bench.session(&object(&[("new", "50", CPU)])).await;
    let before = bench.writes();
    let passed = bench.pass(&mut session).await;
    assert_eq!(bench.written_since(before), ["TagResource", "DeleteScalingPolicy", "PutScalingPolicy"]);
    assert!(passed.kept.status.is_ready(), "{:#?}", passed.kept.status);
    assert_eq!(names(&bench), ["new"]);
    let digest = |name: &str| ecs_scaling::plan::policy_digest(&name.into());
    bench.converge(&mut session).await;
    let held = bench.target().tags["ecs-scaling.dev/policies"].clone();
    assert_eq!(held, digest("new"), "the digest of what is gone is trimmed");
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn two_policies_that_swap_their_metrics_come_out_right() {
    let memory = "predefinedMetricSpecification: {predefinedMetricType: ECSServiceAverageMemoryUtilization}";
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&object(&[("a", "50", CPU), ("b", "60", memory)])).await).await;
    bench.sleep(120).await;
    bench.converge(&mut bench.session(&object(&[("a", "60", memory), ("b", "50", CPU)])).await).await;
    let metric = |name: &str| tracking(&bench, name).unwrap()["PredefinedMetricSpecification"].to_string();
    assert!(metric("a").contains("Memory") && metric("b").contains("CPU"));
}

// Between the plan and the call somebody else has taken the policy over: it stays.
#[tokio::test(start_paused = true)]
async fn what_changed_since_the_plan_is_not_deleted() {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&object(&[("old", "50", CPU)])).await).await;
    bench.sleep(120).await;
    let mut session = bench.session(&object(&[("new", "50", CPU)])).await;
    let passed = bench.pass(&mut session).await;
    let action = passed.plan.unwrap().actions.into_iter().find_map(|action| match action.kind {
        ecs_scaling::plan::ActionKind::Delete(doomed) => Some(doomed),
        _ => None,
    });
    let doomed = action.expect("a delete");
    let Victim::Policy(held) = doomed.what.clone() else { panic!("{doomed:?}") };
    let spared = |tags: Tags, policies: &[ScalingPolicy]| {
        doomed.spared(&LastLook { tags, policies: policies.to_vec(), ..LastLook::default() })
    };
    let ours = bench.target().tags.clone();
    let digests = ecs_scaling::plan::policy_digest(&"old".into());
    let tags = |digests: &str| {
        let mut tags = ours.clone();
        tags.insert("ecs-scaling.dev/policies".to_owned(), digests.to_owned());
        tags
    };
    assert_eq!(spared(tags(&digests), std::slice::from_ref(&held)), None);
    assert!(spared(tags("0123456789"), std::slice::from_ref(&held)).is_some(), "no longer ours");
    let mut braked = tags(&digests);
    braked.insert("ecs-scaling.dev/mode".to_owned(), "Observe".to_owned());
    assert!(spared(braked, std::slice::from_ref(&held)).is_some(), "the brake is on");
    let other = ScalingPolicy { arn: "another".into(), ..held };
    assert!(spared(tags(&digests), &[other]).is_some(), "made anew meanwhile");
    assert_eq!(spared(tags(&digests), &[]), None, "gone already is as wanted");
}

/// A rename during which somebody does something behind the reading that the plan is made from.
async fn rename_while(meddle: impl Fn(&Bench)) -> (Bench, Passed) {
    let bench = Bench::new().await;
    bench.converge(&mut bench.session(&object(&[("old", "50", CPU)])).await).await;
    bench.sleep(120).await;
    let mut session = bench.session(&object(&[("new", "50", CPU)])).await;
    bench.fail("TagResource", 1, Fault::Delay(2000));
    let before = bench.writes();
    let (passed, ()) = tokio::join!(bench.pass(&mut session), async {
        bench.sleep(1).await; // while the new digest is written, before the delete
        meddle(&bench);
    });
    let written = bench.written_since(before);
    assert!(!written.contains(&"DeleteScalingPolicy".to_owned()), "{written:?}");
    let skipped = |outcome: &&Outcome| matches!(outcome.result, OutcomeResult::Skipped { .. });
    assert_eq!(passed.outcomes.iter().filter(skipped).count(), 2, "the delete, and the put that waits for it");
    assert_eq!(names(&bench), ["old"]);
    (bench, passed)
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_somebody_changes_right_before_its_delete_is_spared() {
    let (bench, _) = rename_while(|bench| {
        let metric = json!({"PredefinedMetricType": "ECSServiceAverageCPUUtilization"});
        put(bench, "old", &json!({"TargetValue": 70.0, "PredefinedMetricSpecification": metric}));
    })
    .await;
    assert_eq!(tracking(&bench, "old").unwrap()["TargetValue"], json!(70.0));
}

#[tokio::test(start_paused = true)]
async fn a_brake_put_on_right_before_a_delete_spares_the_policy() {
    let (_, passed) = rename_while(|bench| {
        bench.change_target(|target| {
            target.tags.insert("ecs-scaling.dev/mode".to_owned(), "Observe".to_owned());
        });
    })
    .await;
    assert!(!passed.kept.status.is_ready());
}

// tf#41179
#[tokio::test(start_paused = true)]
async fn a_foreign_policy_on_the_same_metric_is_a_conflict_and_stays() {
    let bench = Bench::new().await;
    let none = format!("{HEAD}  targetTracking: []\n");
    bench.converge(&mut bench.session(&none).await).await;
    let theirs = json!({"TargetValue": 70, "PredefinedMetricSpecification":
        {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}});
    put(&bench, "theirs", &theirs);
    bench.sleep(120).await;
    for adoption in ["Never", "Unowned"] {
        let yaml =
            object(&[("cpu", "50", CPU)]).replace("  minCapacity", &format!("  adoption: {adoption}\n  minCapacity"));
        let before = bench.writes();
        let passed = bench.pass(&mut bench.session(&yaml).await).await;
        assert_eq!(policies_said(&passed), (ConditionStatus::False, Reason::Conflict), "{adoption}");
        let told = condition(&passed, ConditionType::PoliciesSynced);
        assert!(told.message.contains("theirs") && told.hint.contains("policyName: \"theirs\""), "{told:?}");
        assert!(!bench.written_since(before).iter().any(|write| write.ends_with("ScalingPolicy")));
        assert_eq!(tracking(&bench, "theirs").unwrap()["TargetValue"], 70);
    }
}

// tf#41179
#[test]
fn two_policies_on_one_metric_are_rejected_at_load_with_both_positions() {
    let yaml = object(&[("a", "50", CPU), ("b", "60", CPU)]);
    let loaded = load(&[SourceFile { path: "a.yaml".into(), bytes: yaml.into_bytes() }]);
    let found: Vec<String> = loaded.findings.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("a.yaml:13:5: error: spec.targetTracking[1]: "), "{found:?}");
    assert!(found[0].contains("spec.targetTracking[0] (a.yaml:10:5)"), "{found:?}");
}

// tf#42553, cdk#34472
#[tokio::test(start_paused = true)]
async fn the_alarms_of_target_tracking_are_shown_with_their_states_and_never_written() {
    let bench = Bench::new().await;
    let mut session = bench.session(&object(&[("cpu", "50", CPU)])).await;
    bench.converge(&mut session).await;
    let (passed, _) = bench.next_pass(&mut session).await;
    let alarms: Vec<_> = passed.kept.status.resources.iter().filter(|r| r.kind == "Alarm").collect();
    assert_eq!(alarms.len(), 2, "{alarms:#?}");
    for alarm in alarms {
        assert!(alarm.name.starts_with("TargetTracking-service/B/search-api-Alarm"));
        assert_eq!((alarm.policy.as_deref(), alarm.state.as_deref()), (Some("cpu"), Some("INSUFFICIENT_DATA")));
        assert!(alarm.arn.as_ref().is_some_and(|arn| arn.ends_with(&alarm.name)));
    }
    assert_eq!(bench.calls("PutMetricAlarm"), 0);
}

// cop#4298
#[tokio::test(start_paused = true)]
async fn what_several_policies_do_together_is_said() {
    let bench = Bench::new().await;
    let memory = "predefinedMetricSpecification: {predefinedMetricType: ECSServiceAverageMemoryUtilization}";
    let keeps = MATH.replace("customized", "disableScaleIn: true\n    customized");
    let yaml = object(&[("cpu", "50", CPU), ("memory", "60", memory), ("queue", "9", &keeps)]);
    let mut session = bench.session(&yaml).await;
    bench.converge(&mut session).await;
    let passed = bench.next_pass(&mut session).await.0;
    assert_eq!(
        passed.kept.status.together[1..],
        [
            "Out: the largest task count that any policy asks for wins.",
            "In: target tracking takes tasks away only when all of these agree: cpu, memory. queue never takes tasks away.",
        ]
    );
}

// road#1681
#[tokio::test(start_paused = true)]
async fn a_label_is_looked_up_and_again_when_the_target_group_changes() {
    let bench = Bench::new().await;
    plant_group(&bench, "one", "web");
    plant_group(&bench, "two", "web");
    attach(&bench, &["one"]);
    let mut session = bench.session(&object(&[("requests", "1000", REQUESTS)])).await;
    bench.converge(&mut session).await;
    let of = |group: &str| format!("app/web/fedcba9876543210/targetgroup/{group}/0123456789abcdef");
    assert_eq!(label(&bench, "requests"), Some(of("one")));
    let asked = bench.calls("DescribeTargetGroups");
    assert_eq!(bench.next_pass(&mut session).await.1, [""; 0]);
    assert_eq!(bench.calls("DescribeTargetGroups"), asked, "what is known is not asked again");
    bench.sleep(120).await;
    attach(&bench, &["two"]);
    let (passed, written) = bench.next_pass(&mut session).await;
    assert_eq!(written, ["PutScalingPolicy"], "{:#?}", passed.kept.status);
    assert_eq!(label(&bench, "requests"), Some(of("two")));
    assert!(passed.kept.status.is_ready());
}

// road#1681: the target group is the same, and behind another load balancer.
#[tokio::test(start_paused = true)]
async fn a_label_is_looked_up_again_within_the_hour() {
    let bench = Bench::new().await;
    plant_group(&bench, "one", "web");
    attach(&bench, &["one"]);
    let mut session = bench.session(&object(&[("requests", "1000", REQUESTS)])).await;
    bench.converge(&mut session).await;
    plant_group(&bench, "one", "other");
    bench.sleep(3600).await;
    bench.converge(&mut session).await;
    assert!(label(&bench, "requests").unwrap().starts_with("app/other/"));
}

#[tokio::test(start_paused = true)]
async fn without_one_target_group_nothing_is_guessed() {
    for groups in [vec![], vec!["one", "two"]] {
        let bench = Bench::new().await;
        plant_group(&bench, "one", "web");
        plant_group(&bench, "two", "web");
        attach(&bench, &groups);
        let mut session = bench.session(&object(&[("requests", "1000", REQUESTS), ("cpu", "50", CPU)])).await;
        let passed = bench.pass(&mut session).await;
        assert_eq!(policies_said(&passed), (ConditionStatus::False, Reason::TargetGroupUnclear));
        let told = condition(&passed, ConditionType::PoliciesSynced);
        assert!(groups.iter().all(|group| told.message.contains(group)), "{told:?}");
        assert_eq!(names(&bench), ["cpu"], "the other policy goes on");
        let digest = ecs_scaling::plan::policy_digest(&"requests".into());
        assert!(!bench.target().tags["ecs-scaling.dev/policies"].contains(&digest), "what is withheld is not claimed");
    }
}

// S-037
#[tokio::test(start_paused = true)]
async fn with_codedeploy_blue_green_request_counting_is_refused_with_the_way_out() {
    let given = REQUESTS.replace("Target}", "Target, resourceLabel: app/web/1/targetgroup/one/2}");
    for rest in [REQUESTS, &given] {
        let bench = Bench::new().await;
        plant_group(&bench, "one", "web");
        attach(&bench, &["one"]);
        {
            let mut world = bench.world.world();
            let cluster = world.cloud.scope_mut(&home()).clusters.get_mut(&"B".into()).unwrap();
            cluster.services.get_mut(&"search-api".into()).unwrap().deployment_controller = "CODE_DEPLOY".into();
        }
        let passed = bench.pass(&mut bench.session(&object(&[("requests", "1000", rest)])).await).await;
        assert_eq!(policies_said(&passed), (ConditionStatus::False, Reason::BlueGreenUnsupported));
        assert!(condition(&passed, ConditionType::PoliciesSynced).hint.contains("metric math over both target groups"));
        assert_eq!(names(&bench), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_denied_lookup_of_the_target_group_is_said_and_nothing_is_written() {
    let bench = Bench::new().await;
    plant_group(&bench, "one", "web");
    attach(&bench, &["one"]);
    bench.deny("elasticloadbalancing:DescribeTargetGroups");
    let yaml = object(&[("requests", "1000", REQUESTS)]);
    let passed = bench.pass(&mut bench.session(&yaml).await).await;
    assert_eq!(policies_said(&passed).1, Reason::AccessDenied);
    let told = condition(&passed, ConditionType::PermissionsGranted);
    assert!(told.message.contains("elasticloadbalancing:DescribeTargetGroups"), "{told:?}");
    assert_eq!(names(&bench), [""; 0]);
    bench.allow("elasticloadbalancing:DescribeTargetGroups");
    bench.sleep(120).await;
    bench.converge(&mut bench.session(&yaml).await).await;
    assert_eq!(names(&bench), ["requests"]);
}

// S-037, road#1681: AWS takes a label of any target group, and counts requests that never reach the service.
#[tokio::test(start_paused = true)]
async fn a_given_label_of_a_target_group_that_is_not_the_services_is_warned_of() {
    let bench = Bench::new().await;
    plant_group(&bench, "blue", "lb");
    plant_group(&bench, "green", "lb");
    attach(&bench, &["blue"]);
    let arn = |name: &str| target_group_arn(&home(), name);
    let label = |name: &str| {
        let balancer = load_balancer_arn(&home(), "lb");
        let (_, balancer) = balancer.split_once(":loadbalancer/").unwrap();
        format!("{balancer}/{}", arn(name).rsplit(':').next().unwrap())
    };
    let given = |name: &str| {
        let metric = format!("ALBRequestCountPerTarget, resourceLabel: {}}}", label(name));
        object(&[("requests", "1000", &REQUESTS.replace("ALBRequestCountPerTarget}", &metric))])
    };
    for (group, expected) in [
        ("blue", (ConditionStatus::True, Reason::AsWanted)),
        ("green", (ConditionStatus::False, Reason::TargetGroupOfOthers)),
    ] {
        let mut session = bench.session(&given(group)).await;
        bench.converge(&mut session).await;
        let passed = bench.next_pass(&mut session).await.0;
        assert_eq!(said(&passed, ConditionType::ScalingActive), expected, "{group}");
        assert!(passed.kept.status.is_ready(), "a warning, and no more");
    }
}
