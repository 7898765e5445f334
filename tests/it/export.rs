//! Taking over what exists: what `export` prints is what AWS holds, so that applying it writes nothing but tags; and a
//! clone of it is another service's.

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::{AccountId, AlarmName};
use ecs_scaling_sandbox::DenialStyle;
use serde_json::{Value, json};

use crate::golden;
use crate::harness::{ACCOUNT, desired, home};
use crate::process::{Done, Sandbox};
use crate::somebody::{merged, on_target};

const SERVICE: [&str; 4] = ["--cluster", "B", "--service", "search-api"];
const TOPIC: &str = "arn:aws:sns:ap-northeast-2:111122223333:busy";

/// A call by somebody else, with all permissions.
fn somebody(sandbox: &Sandbox, service: AwsService, operation: &str, input: Value) {
    let now = sandbox.world.now();
    let reply = sandbox.world.world().call_as_admin(&home(), service, operation, input, now);
    reply.unwrap_or_else(|error| panic!("{operation}: {error:?}"));
}

fn put_policy(sandbox: &Sandbox, name: &str, kind: &str, config: Value) {
    let member = format!("{kind}PolicyConfiguration");
    let mut input = on_target(json!({"PolicyName": name, "PolicyType": kind}));
    input[member.as_str()] = config;
    somebody(sandbox, AwsService::ApplicationAutoScaling, "PutScalingPolicy", input);
}

fn policy_arn(sandbox: &Sandbox, name: &str) -> String {
    let world = sandbox.world.world();
    world.target(&home(), &crate::harness::search_api()).unwrap().policies[name].arn.clone()
}

/// An alarm on search-api's CPU that fires a policy.
fn put_alarm(sandbox: &Sandbox, name: &str, policy: &str, more: Value) {
    let dimensions = json!([{"Name": "ServiceName", "Value": "search-api"}, {"Name": "ClusterName", "Value": "B"}]);
    let alarm = json!({
        "AlarmName": name, "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": dimensions,
        "Statistic": "Average", "Period": 60, "EvaluationPeriods": 3, "DatapointsToAlarm": 2, "Threshold": 0.3,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
        "AlarmActions": [policy_arn(sandbox, policy), TOPIC], "OKActions": [TOPIC],
    });
    let mut alarm = merged(alarm, more);
    alarm.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    somebody(sandbox, AwsService::CloudWatch, "PutMetricAlarm", alarm);
}

/// Every kind of resource on B's search-api, made by somebody else.
fn with_every_kind() -> Sandbox {
    let sandbox = Sandbox::start();
    let suspended = json!({"ScheduledScalingSuspended": true});
    let register = on_target(json!({
        "MinCapacity": 2, "MaxCapacity": 20, "SuspendedState": suspended, "Tags": {"team": "search"},
    }));
    somebody(&sandbox, AwsService::ApplicationAutoScaling, "RegisterScalableTarget", register);
    // S-028: tenths, in no order; a policy without a cooldown.
    let steps = json!([
        {"MetricIntervalLowerBound": 0.2, "ScalingAdjustment": 40},
        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 0.2, "ScalingAdjustment": 20},
    ]);
    let config = json!({
        "AdjustmentType": "PercentChangeInCapacity", "StepAdjustments": steps, "MinAdjustmentMagnitude": 2,
        "MetricAggregationType": "Maximum",
    });
    for name in ["out", "by-math", "by-stack"] {
        put_policy(&sandbox, name, "StepScaling", config.clone());
    }
    put_alarm(&sandbox, "B-search-api high", "out", json!({"Tags": [{"Key": "team", "Value": "search"}]}));
    let of_queue = json!({
        "Namespace": "AWS/SQS", "MetricName": "Waiting", "Dimensions": [{"Name": "QueueName", "Value": "search"}],
    });
    put_alarm(
        &sandbox,
        "math",
        "by-math",
        json!({
            "Namespace": null, "MetricName": null, "Dimensions": null, "Statistic": null, "Period": null,
            "Metrics": [
                {"Id": "m1", "ReturnData": false, "MetricStat": {"Metric": of_queue, "Period": 60, "Stat": "p95"}},
                {"Id": "e1", "Expression": "m1 / 2", "Label": "Half", "ReturnData": true},
            ],
        }),
    );
    put_alarm(&sandbox, "of-a-stack", "by-stack", json!({}));
    {
        let mut world = sandbox.world.world();
        let alarm = world.cloud.scope_mut(&home()).alarms.get_mut(&AlarmName::new("of-a-stack")).unwrap();
        alarm.tags.insert("aws:cloudformation:stack-name".into(), "web".into());
    }
    let cpu = json!({"PredefinedMetricType": "ECSServiceAverageCPUUtilization"});
    let tracks = json!({"TargetValue": 50.5, "PredefinedMetricSpecification": cpu, "DisableScaleIn": true});
    put_policy(&sandbox, "tracks", "TargetTrackingScaling", tracks);
    let threads = json!({"MetricName": "Threads", "Namespace": "Search", "Statistic": "Maximum", "Unit": "Count"});
    let custom = json!({"TargetValue": 8, "CustomizedMetricSpecification": threads, "ScaleInCooldown": 600});
    put_policy(&sandbox, "threads", "TargetTrackingScaling", custom);
    let pair = json!({"PredefinedMetricType": "ECSServiceCPUUtilization"});
    let forecast = json!([{"TargetValue": 40, "PredefinedMetricPairSpecification": pair}]);
    put_policy(&sandbox, "forecast", "PredictiveScaling", json!({"MetricSpecifications": forecast}));
    let night = on_target(json!({
        "ScheduledActionName": "night", "Schedule": "cron(0 22 ? * MON-FRI *)", "Timezone": "Asia/Seoul",
        "StartTime": "2030-01-01T00:00:00Z", "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 2},
    }));
    somebody(&sandbox, AwsService::ApplicationAutoScaling, "PutScheduledAction", night);
    sandbox.world.world().reset_counters();
    sandbox
}

fn export(sandbox: &Sandbox, more: &[&str]) -> Done {
    sandbox.run(&[&["export"], &SERVICE[..], more].concat())
}

fn written(sandbox: &Sandbox) -> Vec<String> {
    let world = sandbox.world.world();
    let writes = world.counters().writes().iter().filter(|record| record.call.service != AwsService::Sts);
    writes.map(|record| record.call.operation.clone()).collect()
}

/// A file with this text in a folder of its own.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exported.yaml");
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

#[test]
fn every_kind_of_resource_is_taken_over_by_tags_alone() {
    let sandbox = with_every_kind();
    let exported = export(&sandbox, &[]);
    golden::check("export/every-kind.txt", &exported.transcript());
    let (_folder, path) = file(&exported.out);
    let with = |command: &'static str| vec![command, "--owner", "it", "--config", &path];
    let plan = sandbox.run(&[&with("plan")[..], &["-o", "json"]].concat()).json();
    assert_eq!(plan["withheld"], json!([]));
    let verbs = plan["actions"].as_array().unwrap().iter().map(|action| action["verb"].as_str().unwrap());
    assert!(verbs.clone().count() > 0 && verbs.clone().all(|verb| verb == "tag"), "{plan:#}");
    let applied = sandbox.run(&with("apply"));
    assert_eq!(applied.code, Some(0), "{}", applied.transcript());
    let writes = written(&sandbox);
    assert!(writes.iter().all(|operation| operation == "TagResource"), "{writes:?}");
    assert_eq!(sandbox.run(&with("plan")).code, Some(0), "nothing is left to do");
    // What is owned exports as it did, and says whose it is.
    let again = export(&sandbox, &[]).out;
    let own = "# It is owned already: apply it with --owner it.\n";
    assert_eq!(again.replace(own, ""), exported.out);
}

#[test]
fn a_clone_is_made_and_the_original_is_left_alone() {
    let sandbox = with_every_kind();
    let original = export(&sandbox, &[]).out;
    let clone = export(&sandbox, &["--as", "C/web"]);
    assert_eq!(clone.code, Some(0), "{}", clone.transcript());
    assert!(clone.out.contains("  cluster: C\n  service: web\n"), "{}", clone.out);
    let (_folder, path) = file(&clone.out);
    let applied = sandbox.run(&["apply", "--owner", "it", "--config", &path]);
    assert_eq!(applied.code, Some(0), "{}", applied.transcript());
    assert_eq!(sandbox.run(&["plan", "--owner", "it", "--config", &path]).code, Some(0));
    assert_eq!(export(&sandbox, &[]).out, original, "nothing of the original has changed");
    let mut names: Vec<String> = alarm_names(&clone.out);
    names.sort();
    assert_eq!(names, ["C-web high", "math-C-web", "of-a-stack-C-web"]);
}

fn alarm_names(yaml: &str) -> Vec<String> {
    let objects = desired(yaml).services;
    let policies = objects.values().flat_map(|object| &object.policies);
    policies.flat_map(|policy| &policy.alarms).map(|alarm| alarm.name.to_string()).collect()
}

#[test]
fn a_cluster_and_an_account_come_as_one_document_a_service() {
    let sandbox = with_every_kind();
    let services = |done: Done| {
        assert_eq!(done.code, Some(0), "{}", done.transcript());
        let objects = desired(&done.out).services;
        objects.values().map(|object| object.service.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(services(sandbox.run(&["export", "--cluster", "A"])), ["A/search-api"]);
    let mut all = services(sandbox.run(&["export"]));
    all.sort();
    assert_eq!(all, ["A/search-api", "B/search-api"]);
    let json = sandbox.run(&["export", "-o", "json"]).json();
    assert_eq!(json["objects"][0]["metadata"]["name"], "search-api");
    assert_eq!(json["objects"][1]["metadata"]["name"], "b-search-api", "names are unique in a source");
}

#[test]
fn what_is_not_there_is_said() {
    let sandbox = Sandbox::start();
    let none = export(&sandbox, &[]);
    assert_eq!((none.code, none.out.as_str()), (Some(1), ""));
    assert!(none.err.contains("the service B/search-api has no scalable target"), "{}", none.err);
    for (arguments, said) in [
        (&["export", "--service", "x"][..], "--cluster"),
        (&["export", "--cluster", "B", "--as", "C/web"], "--service"),
        (&["export", "--cluster", "B", "--service", "x", "--as", "web"], "CLUSTER/SERVICE"),
    ] {
        let done = sandbox.run(arguments);
        assert!(done.code == Some(64) && done.err.contains(said), "{}", done.transcript());
    }
    let unknown = sandbox.run(&["export", "--account", "prod"]);
    assert!(unknown.err.contains("say with --config where it stands"), "{}", unknown.err);
}

// An object made of half of what is there would lose the other half once its policies are reconciled.
#[test]
fn nothing_is_printed_when_anything_could_not_be_read() {
    for action in [
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
        "application-autoscaling:ListTagsForResource",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:ListTagsForResource",
        "ecs:DescribeServices",
    ] {
        let sandbox = with_every_kind();
        sandbox.world.world().deny(&AccountId::new(ACCOUNT), action, "*", DenialStyle::NoIdentityPolicy);
        let done = export(&sandbox, &[]);
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{action}: {}", done.transcript());
        assert!(done.err.contains(action) && done.err.contains("nothing is exported"), "{action}: {}", done.err);
        assert!(written(&sandbox).is_empty());
    }
}
