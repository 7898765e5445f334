//! Whatever AWS can hold comes back as it is.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::model::alarm::{TagsPropagation, WarmUp};
use crate::model::metric::{MetricQuery, QuerySource, StandardUnit};
use crate::model::policy::{
    CustomizedMetric, Forecast, ForecastMetric, MaxCapacityBreachBehavior, MetricAggregationType, PolicyMetric,
    PolicyMetricStat, PolicyQuery, PredefinedMetric, PredictiveConfig, PredictiveMode, TargetTrackingConfig,
    TrackedMetric,
};

const LABEL: &str = "app/web/0123456789abcdef/targetgroup/api/fedcba9876543210";

#[test]
fn the_founding_story_reads_as_a_person_would_write_it() {
    let expected = "# From service/B/search-api in 111122223333/ap-northeast-2.
apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {name: search-api}
spec:
  region: ap-northeast-2
  cluster: B
  service: search-api
  minCapacity: 2
  maxCapacity: 20
  stepScaling:
  - policyName: out
    adjustmentType: ChangeInCapacity
    alarm:
      alarmName: cpu-high
      metricName: CPUUtilization
      threshold: 30
      comparisonOperator: GreaterThanOrEqualToThreshold
    steps:
    - {lower: 30, upper: 40, adjustment: 2}
    - {lower: 40, upper: 50, adjustment: 2}
    - {lower: 50, adjustment: 4}
  adoption: Unowned
";
    assert_eq!(Scene::founding().export().yaml(), expected);
    Scene::founding().assert_only_tags();
}

#[test]
fn steps_of_alarms_with_two_thresholds_stay_relative() {
    let mut scene = Scene::founding();
    scene.add_policy("both", founding_steps(), &["a", "b"]);
    scene.add_alarm("a", cpu_above(30.0), &["both"]);
    scene.add_alarm("b", cpu_above(40.0), &["both"]);
    let yaml = scene.export().yaml();
    assert!(
        yaml.contains("stepAdjustments:\n    - {metricIntervalLowerBound: 0, metricIntervalUpperBound: 10, "),
        "{yaml}"
    );
    scene.assert_only_tags();
}

/// Text that YAML, templates and comments could all take for something else.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_.-]{1,20}",
        "[ -~]{1,20}",
        "[ -~äßπ漢😀]{1,12}",
        select(vec![
            "yes",
            "null",
            "1e3",
            "0x1f",
            "2026-01-01",
            "{service}",
            "a: b",
            "# x",
            "- a",
            "'",
            "~",
            "%",
            "!x"
        ])
        .prop_map(str::to_owned),
    ]
    .prop_filter("AWS takes no blank names", |name| !name.trim().is_empty())
}

/// Tenths and whole numbers, as people write thresholds.
fn number() -> impl Strategy<Value = Number> {
    (-2000..20_000i32, any::<bool>()).prop_map(|(value, is_whole)| {
        if is_whole { Number::from(value) } else { Number::new(f64::from(value) / 10.0).unwrap() }
    })
}

fn positive() -> impl Strategy<Value = Number> {
    (1..10_000i32).prop_map(|value| Number::new(f64::from(value) / 10.0).unwrap())
}

fn dimensions() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop_oneof![Just(own_dimensions()), btree_map("[A-Za-z]{1,8}", name(), 0..3)]
}

fn namespace() -> impl Strategy<Value = String> {
    select(vec!["AWS/ECS", "ECS/ContainerInsights", "AWS/SQS", "Search"]).prop_map(str::to_owned)
}

fn single() -> impl Strategy<Value = SingleMetric> {
    let statistic = prop_oneof![
        select(Statistic::ALL.to_vec()).prop_map(MetricStatistic::Simple),
        select(vec!["p95", "p99.9", "tm90"]).prop_map(|text| MetricStatistic::Extended(text.to_owned())),
    ];
    let period = select(vec![10, 60, 300]);
    let unit = option::of(select(vec![StandardUnit::Percent, StandardUnit::CountPerSecond, StandardUnit::None]));
    (namespace(), "[A-Za-z]{1,12}", dimensions(), statistic, period, unit).prop_map(
        |(namespace, metric_name, dimensions, statistic, period, unit)| SingleMetric {
            namespace,
            metric_name,
            dimensions,
            statistic,
            period,
            unit,
        },
    )
}

fn metric() -> impl Strategy<Value = AlarmMetric> {
    let math = (single(), option::of("[a-z ]{1,9}"), option::of(Just("999988887777".to_owned()))).prop_map(
        |(mut metric, label, account_id)| {
            metric.period = 60;
            let m1 = MetricQuery { source: QuerySource::Metric(metric), label, return_data: false, account_id };
            let source = QuerySource::Expression { expression: "m1 * 2".into(), period: None };
            let e1 = MetricQuery { source, label: None, return_data: true, account_id: None };
            AlarmMetric::Queries([("m1".to_owned(), m1), ("e1".to_owned(), e1)].into())
        },
    );
    prop_oneof![3 => single().prop_map(AlarmMetric::Single), 1 => math]
}

fn alarm() -> impl Strategy<Value = AlarmConfig> {
    let window = prop_oneof![
        Just(EvaluationWindow::Sliding),
        Just(EvaluationWindow::WallClock { timezone: "Asia/Seoul".into() }),
    ];
    let warm_up = option::of((1..2880i32, any::<bool>()).prop_map(|(minutes, whole)| WarmUp {
        warm_up_period_duration_in_minutes: minutes,
        only_start_evaluating_after_warm_up_period_ends: whole,
    }));
    let propagation = option::of(any::<bool>().prop_map(|enabled| TagsPropagation {
        enabled,
        included_tag_keys: BTreeSet::new(),
        excluded_tag_keys: ["cost".to_owned()].into(),
    }));
    let missing = select(vec![TreatMissingData::Missing, TreatMissingData::Breaching, TreatMissingData::Ignore]);
    let counts = (1..5i32).prop_flat_map(|periods| (Just(periods), 1..=periods));
    let operator = select(ComparisonOperator::ALL.to_vec());
    ((option::of(name()), any::<bool>(), metric(), counts, number()), (operator, missing, window, warm_up, propagation))
        .prop_map(|((description, actions_enabled, metric, (periods, datapoints), threshold), rest)| {
            let (comparison_operator, treat_missing_data, window, warm_up, tags_propagation) = rest;
            AlarmConfig {
                description: description.unwrap_or_default(),
                actions_enabled,
                // A window on the clock goes with periods of whole minutes.
                evaluation_window: if metric.period() < 60 { EvaluationWindow::Sliding } else { window },
                metric,
                evaluation_periods: periods,
                datapoints_to_alarm: datapoints,
                threshold,
                comparison_operator,
                treat_missing_data,
                evaluate_low_sample_count_percentile: None,
                warm_up,
                tags_propagation,
            }
        })
}

/// Steps on the upper side, of any width, in tenths.
fn steps() -> impl Strategy<Value = StepScalingConfig> {
    let widths = vec((1..300i32, 1..9i32), 1..5);
    let kind = select(AdjustmentType::ALL.to_vec());
    (widths, kind, 0..900i32, select(MetricAggregationType::ALL.to_vec())).prop_map(|(widths, kind, cooldown, by)| {
        let mut at = 0;
        let mut steps: Vec<StepAdjustment> = Vec::new();
        for (width, adjustment) in &widths {
            let bound = |tenths: i32| Some(f64::from(tenths) / 10.0);
            steps.push(step(bound(at), bound(at + width), *adjustment));
            at += width;
        }
        steps.last_mut().unwrap().upper = None;
        let magnitude = (kind == AdjustmentType::PercentChangeInCapacity).then_some(2);
        StepScalingConfig::canonical(kind, steps, magnitude, Some(cooldown), Some(by))
    })
}

fn queries() -> impl Strategy<Value = Vec<PolicyQuery>> {
    (namespace(), dimensions(), option::of(name())).prop_map(|(namespace, dimensions, label)| {
        let metric = PolicyMetric { namespace, metric_name: "Messages".into(), dimensions };
        let m1 = PolicyQuery {
            id: "m1".into(),
            expression: None,
            metric_stat: Some(PolicyMetricStat { metric, stat: "Sum".into(), unit: None }),
            label: None,
            return_data: false,
        };
        let e1 = PolicyQuery {
            id: "e1".into(),
            expression: Some("m1 / 2".into()),
            metric_stat: None,
            label,
            return_data: true,
        };
        PolicyQuery::canonical(vec![m1, e1])
    })
}

fn predefined(name: &str) -> PredefinedMetric {
    let label = name.starts_with("ALB").then(|| LABEL.to_owned());
    PredefinedMetric { predefined_metric_type: name.to_owned(), resource_label: label }
}

fn tracking() -> impl Strategy<Value = PolicyConfig> {
    let single =
        (namespace(), dimensions(), select(Statistic::ALL.to_vec())).prop_map(|(namespace, dimensions, statistic)| {
            let metric_name = "Threads".to_owned();
            TrackedMetric::Single(CustomizedMetric { metric_name, namespace, statistic, dimensions, unit: None })
        });
    let metric = prop_oneof![
        select(vec!["ECSServiceAverageCPUUtilization", "ALBRequestCountPerTarget"])
            .prop_map(|name| TrackedMetric::Predefined(predefined(name))),
        single,
        queries().prop_map(TrackedMetric::Math),
    ];
    (positive(), metric, 0..900i32, 0..900i32, any::<bool>()).prop_map(|(target, metric, out, into, disabled)| {
        let config = TargetTrackingConfig::canonical(target, metric, Some(out), Some(into), Some(disabled));
        PolicyConfig::TargetTracking(config)
    })
}

fn forecast() -> impl Strategy<Value = PolicyConfig> {
    let metric = prop_oneof![
        select(vec!["ECSServiceCPUUtilization", "ALBRequestCount"]).prop_map(|name| Forecast::Pair(predefined(name))),
        (queries(), queries(), queries()).prop_map(|(load, scaling, capacity)| Forecast::Metrics {
            load: ForecastMetric::Customized(load),
            scaling: ForecastMetric::Customized(scaling),
            capacity: Some(capacity),
        }),
    ];
    (positive(), metric, select(PredictiveMode::ALL.to_vec()), 0..3600i32, option::of(0..100i32)).prop_map(
        |(target, metric, mode, buffer, over)| {
            let behavior = over.map(|_| MaxCapacityBreachBehavior::IncreaseMaxCapacity);
            let config = PredictiveConfig::canonical(target, metric, Some(mode), Some(buffer), behavior, over);
            PolicyConfig::Predictive(config)
        },
    )
}

fn schedules() -> impl Strategy<Value = BTreeMap<String, ScheduledActionConfig>> {
    let expression = select(vec![
        "at(2027-01-01T00:00:00)",
        "rate(1 day)",
        "cron(0/15 8-18 ? * MON-FRI *)",
        "cron(30 6 1 * ? 2027)",
    ]);
    let bounds = (option::of(0..5i32), 5..9i32);
    let times = (any::<bool>(), any::<bool>());
    let config = (expression, any::<bool>(), bounds, times).prop_map(|(schedule, is_far, (min, max), (start, end))| {
        let time = |is_set: bool, text: &str| is_set.then(|| text.parse().unwrap());
        ScheduledActionConfig {
            schedule: schedule.to_owned(),
            timezone: if is_far && !schedule.starts_with("rate") { "Asia/Seoul" } else { "UTC" }.to_owned(),
            start_time: time(start, "2026-12-01T00:00:00Z"),
            end_time: time(end, "2027-12-31T23:59:59Z"),
            min_capacity: min,
            max_capacity: Some(max),
        }
    });
    btree_map("[a-zA-Z0-9{}.,#-]{1,12}", config, 0..3)
}

type Generated = (
    BTreeMap<String, (StepScalingConfig, BTreeMap<String, AlarmConfig>)>,
    (Option<PolicyConfig>, Option<PolicyConfig>),
    (i32, i32, [bool; 3]),
    Tags,
    BTreeMap<String, ScheduledActionConfig>,
);

fn generated() -> impl Strategy<Value = Generated> {
    let policy = (steps(), btree_map(name(), alarm(), 1..3));
    (
        btree_map(name(), policy, 0..3),
        (option::of(tracking()), option::of(forecast())),
        (0..5i32, 0..5i32, any::<[bool; 3]>()),
        btree_map("[a-zA-Z]{1,8}", "[a-z0-9 _.:/=+@-]{0,12}", 0..3),
        schedules(),
    )
}

fn scene(generated: &Generated) -> Scene {
    let (steps, (tracking, forecast), (min, more, suspended), tags, schedules) = generated;
    let mut scene = Scene::empty();
    scene.target().range = CapacityRange::new(*min, min + more).unwrap();
    let Read::Known(Some(service)) = &mut scene.observed.service else { panic!() };
    (service.desired_count, service.running_count) = (*min, *min);
    let [dynamic_scaling_in_suspended, dynamic_scaling_out_suspended, scheduled_scaling_suspended] = *suspended;
    scene.target().suspended =
        SuspendedState { dynamic_scaling_in_suspended, dynamic_scaling_out_suspended, scheduled_scaling_suspended };
    scene.tags.insert(TARGET_ARN.into(), tags.clone());
    for (index, (name, (config, alarms))) in steps.iter().enumerate() {
        // Alarm names are unique in a scope.
        let alarms: Vec<(String, &AlarmConfig)> =
            alarms.iter().map(|(alarm, config)| (format!("{index}{alarm}"), config)).collect();
        let names: Vec<&str> = alarms.iter().map(|(name, _)| name.as_str()).collect();
        scene.add_policy(name, PolicyConfig::Step(config.clone()), &names);
        for (alarm, config) in &alarms {
            scene.add_alarm(alarm, (*config).clone(), &[name]);
            scene.tags.insert(alarm_arn(alarm), tags.clone());
        }
    }
    for (name, config) in [("{tracks}", tracking), ("forecasts", forecast)] {
        if let Some(config) = config {
            scene.add_policy(name, config.clone(), &[]);
        }
    }
    for (name, config) in schedules {
        scene.add_schedule(name, config.clone());
    }
    scene
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    // export → load → plan: nothing is left out, and nothing is written but the tags of ownership.
    #[test]
    fn what_aws_holds_comes_back_as_it_is(generated in generated()) {
        let scene = scene(&generated);
        let exported = scene.export();
        // The one note says what scheduled actions do to min and max.
        prop_assert_eq!(exported.notes.len(), usize::from(!generated.4.is_empty()), "{}", exported.yaml());
        let object = scene.loaded();
        prop_assert_eq!(object.policies.len(), scene.observed.policies.known().unwrap().len());
        prop_assert_eq!(object.schedules.len(), generated.4.len());
        prop_assert_eq!(&object.tags, &generated.3);
        scene.assert_only_tags();
    }

    // A clone loads, and shares no alarm with its original.
    #[test]
    fn every_clone_loads(generated in generated()) {
        let mut scene = scene(&generated);
        scene.wish.clone_to = Some(ServiceId::new("C", "other"));
        let object = scene.loaded();
        let alarms: Vec<_> = object.policies.iter().flat_map(|policy| &policy.alarms).collect();
        prop_assert!(alarms.iter().all(|alarm| !scene.observed.alarms.contains_key(&alarm.name)));
        prop_assert_eq!(alarms.len(), generated.0.values().map(|(_, alarms)| alarms.len()).sum::<usize>());
    }
}
