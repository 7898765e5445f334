//! Seeing what does not scale: the services of a cluster, an account or a configuration, by how they are covered.

use ecs_scaling::model::names::{AccountId, ClusterName, ServiceName};
use ecs_scaling_sandbox::DenialStyle;
use serde_json::{Value, json};

use crate::golden;
use crate::harness::{ACCOUNT, home};
use crate::process::Sandbox;

const EXAMPLES: &str = "deploy/examples";

/// A world in which every kind of coverage exists: A's search-api by hand, B's ours, C's worker with a target alone.
fn world() -> Sandbox {
    let sandbox = Sandbox::start();
    let object = "deploy/examples/search-api.yaml";
    assert_eq!(sandbox.run(&["apply", "--owner", "it", "--config", object]).code, Some(0));
    let register = json!({
        "ServiceNamespace": "ecs", "ResourceId": "service/C/search-worker",
        "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 1, "MaxCapacity": 3,
    });
    let now = sandbox.world.now();
    let service = ecs_scaling::model::failure::AwsService::ApplicationAutoScaling;
    sandbox.world.world().call_as_admin(&home(), service, "RegisterScalableTarget", register, now).unwrap();
    sandbox
}

fn covered(json: &Value) -> Vec<String> {
    let rows = json["services"].as_array().unwrap().iter();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.map(|row| format!("{}/{} {}", text(row, "cluster"), text(row, "service"), text(row, "coverage"))).collect()
}

// tf#5747, tf#10432: what scales no more is noticed here, and not when queues have backed up.
#[test]
fn every_service_is_covered_in_one_of_four_ways() {
    let sandbox = world();
    golden::check("coverage/account.txt", &sandbox.run(&["coverage", "--owner", "it"]).transcript());
    let json = sandbox.run(&["coverage", "--owner", "it", "-o", "json"]).json();
    assert_eq!(json["summary"], json!({"managed": 1, "none": 6, "targetOnly": 1, "unmanaged": 1}));
    let other = sandbox.run(&["coverage", "--owner", "others", "--cluster", "B", "-o", "json"]).json();
    assert_eq!(covered(&other), ["B/search-api unmanaged", "B/search-worker none", "B/web none"]);
}

#[test]
fn a_configurations_clusters_are_looked_at_and_no_others() {
    let sandbox = world();
    let json = sandbox.run(&["coverage", "--config", EXAMPLES, "-o", "json"]).json();
    let clusters: std::collections::BTreeSet<&str> =
        json["services"].as_array().unwrap().iter().map(|row| row["cluster"].as_str().unwrap()).collect();
    assert_eq!(clusters.into_iter().collect::<Vec<_>>(), ["B", "C"]);
}

// S-098: a DAEMON service cannot be scaled, so it lacks nothing.
#[test]
fn a_daemon_service_lacks_nothing() {
    let sandbox = world();
    {
        let mut world = sandbox.world.world();
        let cluster = world.cloud.scope_mut(&home()).clusters.get_mut(&ClusterName::new("B")).unwrap();
        cluster.services.get_mut(&ServiceName::new("web")).unwrap().scheduling_strategy = "DAEMON".into();
    }
    let json = sandbox.run(&["coverage", "--cluster", "B", "-o", "json"]).json();
    assert_eq!(covered(&json), ["B/search-api managed", "B/search-worker none"]);
}

#[test]
fn it_fails_on_what_it_is_told_to_fail_on() {
    let sandbox = world();
    for (fail_on, cluster, code) in
        [("none", "B", 3), ("targetOnly", "B", 0), ("targetOnly,unmanaged", "C", 3), ("unmanaged", "A", 3)]
    {
        let arguments = ["coverage", "--owner", "it", "--cluster", cluster, "--fail-on", fail_on];
        assert_eq!(sandbox.run(&arguments).code, Some(code), "{fail_on} in {cluster}");
    }
}

#[test]
fn a_denied_list_is_an_error_and_no_gap() {
    for action in ["ecs:ListServices", "ecs:ListClusters", "application-autoscaling:ListTagsForResource"] {
        let sandbox = world();
        sandbox.world.world().deny(&AccountId::new(ACCOUNT), action, "*", DenialStyle::NoIdentityPolicy);
        let done = sandbox.run(&["coverage"]);
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{}", done.transcript());
        assert!(done.err.contains(action), "{}", done.err);
    }
}

#[test]
fn its_permissions_are_asked_for_by_a_flag_alone() {
    let sandbox = Sandbox::start();
    let lists = |arguments: &[&str]| {
        let policy = sandbox.run(arguments);
        (policy.out.contains("ecs:ListClusters"), policy.out.contains("ecs:ListServices"))
    };
    for mode in ["read-only", "reconcile-slr"] {
        assert_eq!(lists(&["iam-policy", "--mode", mode]), (false, false));
        assert_eq!(lists(&["iam-policy", "--mode", mode, "--coverage"]), (true, true));
        assert_eq!(lists(&["iam-policy", "--mode", mode, "--coverage", "--config", EXAMPLES]), (true, true));
    }
}
