//! What a steady sweep costs, counted: pages of the account's lists, and nothing for each object.

use std::fmt::Write as _;

use ecs_scaling::model::failure::AwsService;
use ecs_scaling_sandbox::ServiceSeed;
use serde_json::json;

use crate::harness::{ALARM, Bench, SEARCH_API, home};

/// A list costs one call when it is empty. There are three of the scope: targets, policies, scheduled actions.
const CONSTANT: u64 = 3;

/// A world of clusters, each with services of ours and of others.
struct Fleet {
    clusters: u64,
    ours: u64,
    foreign: u64,
}

impl Fleet {
    fn services(&self) -> impl Iterator<Item = (String, String)> {
        let (clusters, ours) = (self.clusters, self.ours);
        (0..clusters).flat_map(move |c| (0..ours).map(move |s| (format!("cluster-{c}"), format!("service-{s}"))))
    }

    fn objects(&self) -> String {
        self.services().fold(String::new(), |mut yaml, (cluster, service)| {
            let object = SEARCH_API
                .replace("name: search-api\n  labels", &format!("name: {cluster}-{service}\n  labels"))
                .replace("cluster: B", &format!("cluster: {cluster}"))
                .replace("service: search-api", &format!("service: {service}"))
                .replace(ALARM, &format!("{cluster}-{service}-high"));
            writeln!(yaml, "{object}---").unwrap();
            yaml
        })
    }

    /// Plants the services, and others' targets with two policies and a schedule each.
    fn plant(&self, bench: &Bench) {
        let mut world = bench.world.world();
        let now = bench.clock.now();
        for (cluster, service) in self.services() {
            world.add_service(&home(), &cluster, &ServiceSeed::new(&service, 2), now);
        }
        for i in 0..self.foreign {
            let (cluster, service) = (format!("cluster-{}", i % self.clusters), format!("foreign-{i}"));
            world.add_service(&home(), &cluster, &ServiceSeed::new(&service, 2), now);
            let on = |more| {
                let target = json!({
                    "ServiceNamespace": "ecs", "ResourceId": format!("service/{cluster}/{service}"),
                    "ScalableDimension": "ecs:service:DesiredCount"
                });
                crate::somebody::merged(target, more)
            };
            let config = json!({
                "AdjustmentType": "ChangeInCapacity",
                "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]
            });
            let policy = |name: &str| {
                on(json!({
                    "PolicyName": name, "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": config
                }))
            };
            let schedule = on(json!({
                "ScheduledActionName": "night", "Schedule": "cron(0 22 ? * MON-FRI *)",
                "ScalableTargetAction": {"MinCapacity": 1}
            }));
            for (operation, input) in [
                ("RegisterScalableTarget", on(json!({"MinCapacity": 1, "MaxCapacity": 3}))),
                ("PutScalingPolicy", policy("out")),
                ("PutScalingPolicy", policy("more")),
                ("PutScheduledAction", schedule),
            ] {
                world.call_as_admin(&home(), AwsService::ApplicationAutoScaling, operation, input, now).unwrap();
            }
        }
    }

    /// The figure.
    fn allowance(&self) -> u64 {
        let objects = self.clusters * self.ours;
        let targets = (objects + self.foreign).div_ceil(50); // S-051
        let policies = (objects + 2 * self.foreign).div_ceil(10); // S-052
        let schedules = self.foreign.div_ceil(50); // S-053
        let alarms = objects.div_ceil(100); // S-055
        let services = self.clusters * self.ours.div_ceil(10); // S-056
        targets + policies + schedules + alarms + services
    }
}

/// The calls of one steady sweep over a fleet, with all its passes.
async fn steady_calls(fleet: &Fleet) -> u64 {
    let bench = Bench::new().await;
    fleet.plant(&bench);
    let mut session = bench.session(&fleet.objects()).await;
    bench.converge(&mut session).await;
    bench.sleep(60).await;
    bench.world.world().reset_counters();
    let results = bench.round(&mut session).await;
    assert_eq!(results.len() as u64, fleet.clusters * fleet.ours);
    assert_eq!((bench.writes(), bench.calls("ListTagsForResource")), (0, 0));
    bench.world.world().counters().total()
}

// S-064, crossplane/provider-aws#847
#[tokio::test(start_paused = true)]
async fn a_steady_sweep_of_one_cluster_costs_pages_and_not_objects() {
    let fleet = Fleet { clusters: 1, ours: 25, foreign: 40 };
    assert_eq!(steady_calls(&fleet).await, fleet.allowance());
    assert_eq!(fleet.allowance(), 2 + 11 + 1 + 1 + 3);
}

#[tokio::test(start_paused = true)]
async fn a_steady_sweep_of_fifty_clusters_costs_one_call_a_cluster_beside_the_pages() {
    let fleet = Fleet { clusters: 50, ours: 3, foreign: 70 };
    assert_eq!(steady_calls(&fleet).await, fleet.allowance());
    assert_eq!(fleet.allowance(), 5 + 29 + 2 + 2 + 50);
}

#[tokio::test(start_paused = true)]
async fn empty_lists_cost_no_more_than_the_constant() {
    let fleet = Fleet { clusters: 1, ours: 1, foreign: 0 };
    let calls = steady_calls(&fleet).await;
    assert!(calls <= fleet.allowance() + CONSTANT, "{calls}");
    let bench = Bench::new().await;
    let mut session = bench.session(&SEARCH_API.replace("service: search-api", "service: other")).await;
    bench.world.world().reset_counters();
    bench.pass(&mut session).await;
    let calls = bench.world.world().counters().total();
    assert_eq!(
        calls,
        2 + CONSTANT + 2,
        "one of ECS, one of alarms, three empty lists, leftovers and the role for once"
    );
    bench.sleep(60).await;
    bench.pass(&mut session).await;
    assert_eq!(bench.world.world().counters().total() - calls, 2 + CONSTANT, "neither is looked for again");
}
