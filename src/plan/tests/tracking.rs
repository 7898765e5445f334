//! Target tracking: renames, foreign policies on a metric, and labels of target groups.

use super::*;
use crate::model::observed::TargetGroupReading;
use crate::model::policy::{PolicyConfig, TrackedMetric};

const CPU: &str = "ECSServiceAverageCPUUtilization";
const MEMORY: &str = "ECSServiceAverageMemoryUtilization";
const REQUESTS: &str = "ALBRequestCountPerTarget";
const GROUP: &str = "arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/api/0123456789abcdef";
const BALANCER: &str = "arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:loadbalancer/app/web/fedcba9876543210";

/// Target tracking policies: name and metric.
fn yaml(policies: &[(&str, &str)]) -> String {
    let item = |(name, metric): &(&str, &str)| {
        let metric = format!("predefinedMetricSpecification: {{predefinedMetricType: {metric}}}");
        format!("  - policyName: {name}\n    targetValue: 50\n    {metric}\n")
    };
    let head = "apiVersion: ecs-scaling.dev/v1alpha1\nkind: ServiceScaling\nmetadata: {name: search-api}\nspec:\n  \
                cluster: B\n  service: search-api\n  minCapacity: 2\n  maxCapacity: 20\n  targetTracking:\n";
    format!("{head}{}", policies.iter().map(item).collect::<String>())
}

/// What is wanted, over what AWS holds; `ours` are the names whose digests the target's tags hold.
fn scene(wanted: &[(&str, &str)], held: &[(&str, &str)], ours: &[&str]) -> Scene {
    let mut scene = Scene::of(&yaml(wanted));
    let range = scene.desired.range;
    let target = ScalableTarget { arn: Some(TARGET_ARN.into()), range, suspended: SuspendedState::default() };
    scene.observed.target = Read::Known(Some(target));
    let existing = if held.is_empty() { vec![] } else { service_scaling(&yaml(held)).policies };
    let existing = existing.into_iter().map(|policy| ScalingPolicy {
        arn: policy_arn(policy.name.as_str()),
        name: policy.name,
        config: Ok(policy.config),
        alarms: vec![],
    });
    scene.observed.policies = Read::Known(existing.collect());
    let mut tags = object_tags(&scene.desired, &scene.owner);
    let digests = ours.iter().map(|name| policy_digest(&PolicyName::new(*name))).collect();
    tags.extend(Untagged::Policies.tags(&digests));
    scene.knows(TARGET_ARN, tags);
    scene
}

fn steps(plan: &Plan) -> Vec<(Verb, Part)> {
    plan.actions.iter().map(|action| (action.verb, action.part.clone())).collect()
}

fn policy(name: &str) -> Part {
    Part::Policy(PolicyName::new(name))
}

// S-037: a rename is a delete, and then a put that waits for it; the new name's digest comes before both.
#[test]
fn a_rename_deletes_and_then_puts() {
    let plan = scene(&[("new", CPU)], &[("old", CPU)], &["old"]).plan();
    let expected = [(Verb::Tag, Part::TargetTags), (Verb::Delete, policy("old")), (Verb::Create, policy("new"))];
    assert_eq!(steps(&plan), expected);
    assert_eq!((&plan.actions[1].requires, &plan.actions[2].requires), (&vec![0], &vec![0, 1]));
    assert_eq!(plan.withheld, []);
}

// Two policies that swap their metrics: one must go before the other can take its metric.
#[test]
fn a_swap_of_metrics_deletes_one_and_puts_both() {
    let plan = scene(&[("a", MEMORY), ("b", CPU)], &[("a", CPU), ("b", MEMORY)], &["a", "b"]).plan();
    let expected = [(Verb::Delete, policy("b")), (Verb::Update, policy("a")), (Verb::Create, policy("b"))];
    assert_eq!(steps(&plan), expected);
    assert_eq!(plan.actions[1].requires, [0]);
    assert!(plan.actions[2].requires.contains(&0), "{:?}", plan.actions[2].requires);
}

// tf#41179: nothing of others is deleted, and what is known to be theirs is not asked for in every pass.
#[test]
fn a_foreign_policy_on_the_metric_is_a_conflict_that_costs_no_further_read() {
    let mut scene = scene(&[("mine", CPU)], &[("theirs", CPU)], &["mine"]);
    scene.now += SignedDuration::from_mins(5);
    scene.observed.read_at = scene.now;
    let plan = scene.plan();
    assert_eq!((plan.lookups.len(), steps(&plan)), (0, vec![]));
    assert_eq!(withheld(&plan), [(policy("mine"), Reason::Conflict)]);
}

#[test]
fn the_lint_refuses_to_delete_what_is_not_known_to_be_ours() {
    let scene = scene(&[("new", CPU)], &[("old", CPU)], &["old"]);
    let plan = scene.plan();
    let lint = |change: &dyn Fn(&mut Scene)| {
        let mut other = self::scene(&[("new", CPU)], &[("old", CPU)], &["old"]);
        change(&mut other);
        super::super::lint(&plan, other.inputs())
    };
    let foreign = Err(LintError::DeletesForeign(1));
    let untagged = |other: &mut Scene| {
        let tags = object_tags(&other.desired, &other.owner);
        other.knows(TARGET_ARN, tags);
    };
    assert_eq!(lint(&|_| ()), Ok(()));
    assert_eq!(lint(&untagged), foreign, "no digest");
    assert_eq!(lint(&|other| other.policies()[0].arn = policy_arn("again")), foreign, "made anew meanwhile");
    assert_eq!(lint(&|other| other.target().arn = Some(ALARM_ARN.into())), foreign, "another target");
}

fn with_groups(groups: &[&str]) -> Scene {
    let mut scene = scene(&[("requests", REQUESTS)], &[], &[]);
    scene.service().target_groups = groups.iter().map(|group| (*group).to_owned()).collect();
    scene
}

// S-037: road to a label: the only target group, looked up once and put in.
#[test]
fn a_label_that_is_left_out_is_that_of_the_only_target_group() {
    let mut scene = with_groups(&[GROUP]);
    assert!(scene.plan().lookups.contains(&Lookup::TargetGroup(GROUP.into())));
    let reading = TargetGroupReading { load_balancers: vec![BALANCER.into()], read_at: scene.now };
    scene.memory.target_groups.insert(GROUP.into(), reading);
    let plan = scene.plan();
    let config = plan.actions.iter().find_map(|action| match &action.kind {
        ActionKind::PutPolicy { config, .. } => Some(config),
        _ => None,
    });
    let Some(PolicyConfig::TargetTracking(config)) = config.map(|config| &**config) else { panic!("{plan:#?}") };
    let TrackedMetric::Predefined(metric) = &config.metric else { panic!("{config:#?}") };
    let label = "app/web/fedcba9876543210/targetgroup/api/0123456789abcdef";
    assert_eq!(metric.resource_label.as_deref(), Some(label));
}

#[test]
fn a_label_that_cannot_be_told_is_asked_for_and_one_under_code_deploy_is_refused() {
    for groups in [&[][..], &[GROUP, BALANCER][..]] {
        assert_eq!(withheld(&with_groups(groups).plan()), [(policy("requests"), Reason::TargetGroupUnclear)]);
    }
    let mut scene = with_groups(&[GROUP]);
    scene.service().code_deploy = true;
    assert_eq!(withheld(&scene.plan()), [(policy("requests"), Reason::BlueGreenUnsupported)]);
}
