//! Order, spelling and defaults never cause a write: one object of every kind of scaling, written in any way, plans
//! nothing where it is in place already (S-094 to S-096, upjet-aws#706, tf#8777).

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::model::number::Number;
use crate::model::observed::{ScheduledAction, Tags};
use crate::plan::ownership::{TAG_RANGE, schedule_digest};

/// Every kind, with each default left out.
fn object() -> Value {
    json!({
        "minCapacity": 2, "maxCapacity": 20, "tags": {"team": "search", "cost": "1"},
        "stepScaling": [
            {
                "policyName": "out", "adjustmentType": "ChangeInCapacity",
                "alarm": {
                    "alarmName": "high", "metricName": "CPUUtilization", "threshold": 30,
                    "comparisonOperator": "GreaterThanOrEqualToThreshold",
                    "alarmActions": [topic("a"), topic("b")], "okActions": [topic("c"), topic("a")],
                    "actionConfiguration": {"alarmTagsPropagation": {"enabled": true, "includedTagKeys": ["team", "cost"]}},
                },
                "steps": [
                    {"lower": 30, "upper": 40.5, "adjustment": 2}, {"lower": 40.5, "upper": 50, "adjustment": 3},
                    {"lower": 50, "adjustment": 4},
                ],
            },
            {
                "policyName": "in", "adjustmentType": "PercentChangeInCapacity", "minAdjustmentMagnitude": 1,
                "alarms": [
                    {
                        "alarmName": "low", "metricName": "MemoryUtilization", "threshold": 0.3, "evaluationPeriods": 15,
                        "comparisonOperator": "LessThanOrEqualToThreshold",
                    },
                    {
                        "alarmName": "idle", "threshold": 0.1, "comparisonOperator": "LessThanThreshold",
                        "metrics": [
                            {"id": "e1", "expression": "m1 * m2"},
                            {"id": "m1", "returnData": false, "metricStat": {"metric": {"metricName": "CPUUtilization"}}},
                            {"id": "m2", "returnData": false, "metricStat": {"metric": {"metricName": "MemoryUtilization"}}},
                        ],
                    },
                ],
                "stepAdjustments": [
                    {"metricIntervalUpperBound": -0.1, "scalingAdjustment": -20},
                    {"metricIntervalLowerBound": -0.1, "metricIntervalUpperBound": 0, "scalingAdjustment": -10},
                ],
            },
            {
                "policyName": "theirs", "adjustmentType": "ChangeInCapacity", "alarmRef": {"alarmName": "of-others"},
                "steps": [{"lower": 60, "upper": 80, "adjustment": 1}, {"lower": 80, "adjustment": 2}],
            },
        ],
        "intervals": [
            {
                "metricName": "CPUUtilization",
                "scalingSteps": [{"upper": 0.3, "change": -1}, {"lower": 60, "upper": 80, "change": 2}, {"lower": 80, "change": 4}],
                "scaleIn": {"evaluationPeriods": 15},
            },
            {"metricName": "MemoryUtilization", "scalingSteps": [{"lower": 70, "change": 1}, {"lower": 90, "change": 2}]},
        ],
        "targetTracking": [
            {
                "policyName": "cpu", "targetValue": 50.5,
                "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
            },
            {
                "policyName": "backlog", "targetValue": 100,
                "customizedMetricSpecification": {"metrics": [
                    {"id": "e1", "expression": "m1 / m2"},
                    {"id": "m1", "returnData": false, "metricStat": {
                        "metric": {"namespace": "AWS/SQS", "metricName": "Waiting", "dimensions": {"Stage": "prod", "QueueName": "q"}},
                        "stat": "Sum",
                    }},
                    {"id": "m2", "returnData": false, "metricStat": {
                        "metric": {"namespace": "ECS/ContainerInsights", "metricName": "RunningTaskCount"}, "stat": "Average",
                    }},
                ]},
            },
        ],
        "predictiveScaling": [{
            "policyName": "ahead",
            "metricSpecifications": [{
                "targetValue": 40,
                "customizedLoadMetricSpecification": queries("load"),
                "customizedScalingMetricSpecification": queries("scaling"),
            }],
        }],
        "scheduledActions": [
            {
                "scheduledActionName": "night", "schedule": "cron(0,30 22 ? * MON-FRI *)",
                "scalableTargetAction": {"minCapacity": 0},
            },
            {
                "scheduledActionName": "once", "schedule": "at(2027-01-01T00:00:00)", "endTime": "2028-01-01T00:00:00Z",
                "scalableTargetAction": {"minCapacity": 1, "maxCapacity": 10},
            },
        ],
    })
}

fn topic(name: &str) -> String {
    format!("arn:aws:sns:ap-northeast-2:111122223333:{name}")
}

fn queries(id: &str) -> Value {
    json!({"metricDataQueries": [
        {"id": id, "expression": "m1 * 60"},
        {"id": "m1", "returnData": false, "metricStat": {"metric": {"namespace": "Search", "metricName": "Jobs"}, "stat": "Sum"}},
    ]})
}

/// A default, where it may be spelled out: in a map with all of these keys and none of those.
const DEFAULTS: &[(&[&str], &[&str], &str, &str)] = &[
    (&["cluster"], &[], "mode", "\"Apply\""),
    (&["cluster"], &[], "deletionPolicy", "\"Delete\""),
    (&["cluster"], &[], "allowCapacityMove", "false"),
    (&["cluster"], &[], "adoption", "\"Never\""),
    (&["policyName", "adjustmentType"], &[], "cooldown", "300"),
    (&["policyName", "adjustmentType"], &[], "metricAggregationType", "\"Average\""),
    (&["threshold"], &[], "actionsEnabled", "true"),
    (&["threshold"], &[], "alarmDescription", "\"\""),
    (&["threshold"], &[], "treatMissingData", "\"missing\""),
    (&["threshold"], &[], "evaluationWindow", r#"{"slidingWindow": {}}"#),
    (&["threshold"], &["evaluationPeriods"], "evaluationPeriods", "1"),
    (&["threshold"], &["evaluationPeriods"], "datapointsToAlarm", "1"),
    (&["threshold", "evaluationPeriods"], &[], "datapointsToAlarm", "15"),
    (&["threshold"], &["metrics"], "namespace", "\"AWS/ECS\""),
    (&["threshold"], &["metrics"], "statistic", "\"Average\""),
    (&["threshold"], &["metrics"], "period", "60"),
    (&["threshold"], &["metrics"], "dimensions", r#"{"ServiceName": "{service}", "ClusterName": "B"}"#),
    (&["id", "expression"], &[], "returnData", "true"),
    (&["metric"], &["stat"], "stat", "\"Average\""),
    (&["metricName"], &["namespace", "threshold", "scalingSteps"], "namespace", "\"AWS/ECS\""),
    (&["targetValue", "policyName"], &[], "scaleInCooldown", "300"),
    (&["targetValue", "policyName"], &[], "scaleOutCooldown", "300"),
    (&["targetValue", "policyName"], &[], "disableScaleIn", "false"),
    (&["metricSpecifications"], &[], "mode", "\"ForecastOnly\""),
    (&["metricSpecifications"], &[], "schedulingBufferTime", "300"),
    (&["metricSpecifications"], &[], "maxCapacityBreachBehavior", "\"HonorMaxCapacity\""),
    (&["scheduledActionName"], &[], "timezone", "\"UTC\""),
    (&["scalingSteps"], &[], "adjustmentType", "\"ChangeInCapacity\""),
    (&["scalingSteps"], &[], "cooldown", "300"),
    (&["scalingSteps"], &[], "statistic", "\"Average\""),
    (&["scalingSteps"], &[], "period", "60"),
    (&["scalingSteps"], &[], "scaleOutWhen", "\"High\""),
];

/// Numbers that AWS keeps as doubles.
const NUMBERS: [&str; 6] =
    ["threshold", "lower", "upper", "metricIntervalLowerBound", "metricIntervalUpperBound", "targetValue"];

/// A writer that makes every free choice by chance.
struct Hand(u64);

impl Hand {
    fn choose(&mut self, of: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % of
    }

    fn shuffled<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        for index in (1..items.len()).rev() {
            items.swap(index, self.choose(index + 1));
        }
        items
    }

    /// A value, in YAML's flow form.
    fn text(&mut self, value: &Value) -> String {
        match value {
            Value::Object(fields) => {
                let fields = self.with_defaults(fields);
                let fields = self.shuffled(fields.into_iter().collect());
                let fields: Vec<String> = fields.iter().map(|(key, field)| self.field(key, field)).collect();
                format!("{{{}}}", fields.join(", "))
            }
            Value::Array(items) => {
                let items = self.shuffled(items.iter().collect());
                let items: Vec<String> = items.into_iter().map(|item| self.text(item)).collect();
                format!("[{}]", items.join(", "))
            }
            scalar => scalar.to_string(),
        }
    }

    fn field(&mut self, key: &str, field: &Value) -> String {
        if key == "schedule" && self.choose(2) == 0 {
            let text = field.as_str().unwrap().replace("0,30 22 ? * MON-FRI", "30,0  22 ? * mon,TUE,WED,THU,FRI");
            return format!("{key}: {}", Value::from(text));
        }
        let text = match field.as_f64().filter(|_| NUMBERS.contains(&key)) {
            Some(number) => self.number(number),
            None => self.text(field),
        };
        format!("{key}: {text}")
    }

    fn number(&mut self, number: f64) -> String {
        match self.choose(4) {
            0 => format!("{number}"),
            1 => format!("{number:.1}"),
            2 => format!("{number:.3}"),
            _ => format!("{number:e}"),
        }
    }

    fn with_defaults(&mut self, fields: &Map<String, Value>) -> Map<String, Value> {
        let mut all = fields.clone();
        for (with, without, key, value) in DEFAULTS {
            let fits = with.iter().all(|key| fields.contains_key(*key))
                && !without.iter().any(|key| fields.contains_key(*key));
            if fits && !fields.contains_key(*key) && self.choose(2) == 0 {
                all.insert((*key).to_owned(), serde_json::from_str(value).unwrap());
            }
        }
        all
    }

    /// The whole file: some fields may come from a profile.
    fn file(&mut self) -> String {
        let Value::Object(fields) = object() else { panic!("a map") };
        let Value::Object(mut own) = json!({"cluster": "B", "service": "search-api", "region": "ap-northeast-2"})
        else {
            panic!("a map")
        };
        let mut shared = Map::new();
        for (key, field) in fields {
            let to = if self.choose(4) == 0 { &mut shared } else { &mut own };
            to.insert(key, field);
        }
        let head = "apiVersion: ecs-scaling.dev/v1alpha1\n";
        if shared.is_empty() {
            return format!(
                "{head}kind: ServiceScaling\nmetadata: {{name: search-api}}\nspec: {}\n",
                self.text(&own.into())
            );
        }
        own.insert("profile".into(), "shared".into());
        format!(
            "{head}kind: ScalingProfile\nmetadata: {{name: shared}}\nspec: {}\n---\n{head}kind: ServiceScaling\nmetadata: \
             {{name: search-api}}\nspec: {}\n",
            self.text(&shared.into()),
            self.text(&own.into()),
        )
    }
}

/// The object in place, as a writer's file says it.
fn in_place(yaml: &str) -> Scene {
    let mut scene = Scene::of(yaml);
    let desired = scene.desired.clone();
    scene.observed.target = Read::Known(Some(ScalableTarget {
        arn: Some(TARGET_ARN.into()),
        range: desired.range,
        suspended: SuspendedState::default(),
    }));
    let now = scene.now;
    let reading = |tags: Tags| TagReading { tags, read_at: now };
    let own = object_tags(&desired, &scene.owner);
    let mut policies = Vec::new();
    for policy in &desired.policies {
        let arn = policy_arn(policy.name.as_str());
        let actions = |of: &crate::api::desired::DesiredActions| AlarmActions {
            alarm: of.alarm.iter().flatten().cloned().chain([arn.clone()]).collect(),
            ok: of.ok.clone().unwrap_or_default(),
            insufficient_data: of.insufficient_data.clone().unwrap_or_default(),
        };
        for alarm in &policy.alarms {
            let alarm_arn = format!("arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:{}", alarm.name);
            let held = Alarm {
                arn: alarm_arn.clone(),
                config: Ok(alarm.config.clone()),
                actions: actions(&alarm.actions),
                state: AlarmState::Ok,
                reading: Some(AlarmReading::default()),
            };
            scene.observed.alarms.insert(alarm.name.clone(), Read::Known(Some(held)));
            scene.memory.tags.insert(alarm_arn, reading(own.clone()));
        }
        if let Some(named) = &policy.alarm_ref {
            let mut config = desired.policies.iter().find_map(|policy| policy.alarms.first()).unwrap().config.clone();
            config.threshold = Number::from(60);
            let actions = actions(&Default::default());
            let reading = Some(AlarmReading::default());
            let held =
                Alarm { arn: "arn:of-others".into(), config: Ok(config), actions, state: AlarmState::Ok, reading };
            scene.observed.alarms.insert(named.name.clone(), Read::Known(Some(held)));
        }
        let config = policy.config_at(Some(Number::from(60))).unwrap();
        policies.push(ScalingPolicy { name: policy.name.clone(), arn, config: Ok(config), alarms: vec![] });
    }
    let digests = desired.policies.iter().map(|policy| policy_digest(&policy.name)).collect();
    let mut tags = own;
    tags.extend(Untagged::Policies.tags(&digests));
    let digests = desired.schedules.iter().map(|action| schedule_digest(&action.name)).collect();
    tags.extend(Untagged::Schedules.tags(&digests));
    tags.insert(TAG_RANGE.into(), format!("{}-{}", desired.range.min(), desired.range.max()));
    scene.observed.scheduled_actions = Read::Known(
        desired
            .schedules
            .iter()
            .map(|action| ScheduledAction {
                name: action.name.clone(),
                arn: None,
                config: action.config.clone(),
                created: scene.now,
            })
            .collect(),
    );
    scene.memory.tags.insert(TARGET_ARN.into(), reading(tags));
    scene.observed.policies = Read::Known(policies);
    scene
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_spelling_and_defaults_never_cause_a_write(one in any::<u64>(), other in any::<u64>()) {
        let (one, other) = (Hand(one).file(), Hand(other).file());
        let mut scene = in_place(&one);
        let kinds = scene.desired.policies.len();
        prop_assert_eq!((kinds, scene.desired.schedules.len()), (3 + 3 + 2 + 1, 2));
        scene.desired = service_scaling(&other);
        let plan = scene.plan();
        prop_assert!(plan.actions.is_empty() && plan.withheld.is_empty() && plan.lookups.is_empty(),
            "{}\n{}\n{:#?}", one, other, plan);
    }
}

// The test above could not fail if nothing that it writes made a difference.
#[test]
fn whatever_is_no_spelling_is_a_difference() {
    let one = Hand(1).file();
    for (from, to) in [
        ("40.5", "41.5"),
        ("Waiting", "Gone"),
        ("m1 * 60", "m1 * 61"),
        ("-0.1", "-0.2"),
        ("cron(0,30", "cron(0,31"),
        ("okAct", "insufficientDataAct"),
    ] {
        let mut other: Value = serde_json::from_str(&object().to_string().replace(from, to)).unwrap();
        for (key, value) in [("cluster", "B"), ("service", "search-api"), ("region", "ap-northeast-2")] {
            other[key] = value.into();
        }
        let head = "apiVersion: ecs-scaling.dev/v1alpha1\nkind: ServiceScaling\nmetadata: {name: search-api}\nspec: ";
        let mut scene = in_place(&one);
        scene.desired = service_scaling(&format!("{head}{other}\n"));
        assert!(!scene.plan().actions.is_empty(), "{from} → {to}");
    }
}
