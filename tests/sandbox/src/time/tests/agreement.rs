//! Two drivers over the same data: this double, minute by minute through its HTTP requests, and `simulate`. Whatever AWS
//! would have recorded must be the same, event by event, and the counts the same at every minute.

mod cases;

use std::cell::Cell;

use ecs_scaling::api::desired::ServiceScaling;
use ecs_scaling::api::load::{SourceFile, load};
use ecs_scaling::model::alarm::AlarmConfig;
use ecs_scaling::model::policy::{PolicyConfig, StepAdjustment, StepScalingConfig, TrackedMetric};
use ecs_scaling::model::simulation::event::EventKind;
use ecs_scaling::model::simulation::series::{Series, SeriesId, SeriesSet, Tasks};
use ecs_scaling::model::simulation::subject::Subject;
use ecs_scaling::model::simulation::{Feedback, Minute, Setup, Simulation, simulate};
use ecs_scaling::model::tasks::TaskTimes;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use cases::{Case, METRICS, MINUTES, cases};

fn object(case: &Case) -> ServiceScaling {
    let object = json!({
        "apiVersion": "ecs-scaling.dev/v1alpha1", "kind": "ServiceScaling", "metadata": { "name": "search-api" },
        "spec": case.spec,
    });
    let file = SourceFile { path: "case.yaml".into(), bytes: format!("{object}\n").into_bytes() };
    let loaded = load(&[file]);
    let found: Vec<String> = loaded.findings.iter().map(ToString::to_string).collect();
    loaded.desired.services.into_values().next().unwrap_or_else(|| panic!("{}", found.join("\n")))
}

/// Brings an object to the double, one request after another; the subject that is the same, with AWS's alarm names.
fn put(stage: &mut Stage, object: &ServiceScaling) -> Subject {
    let mut subject = object.subject();
    let suspended = serde_json::to_value(subject.suspended).unwrap();
    let suspended: serde_json::Map<String, Json> =
        suspended.as_object().unwrap().iter().map(|(name, flag)| (capital(name), flag.clone())).collect();
    stage.register(json!({ "SuspendedState": suspended }));
    for policy in &mut subject.policies {
        match &policy.config {
            PolicyConfig::Step(config) => {
                let input = json!({
                    "PolicyName": policy.name, "PolicyType": "StepScaling",
                    "StepScalingPolicyConfiguration": step_configuration(config),
                });
                let reply = stage.on_target("PutScalingPolicy", input);
                for alarm in &policy.alarms {
                    let input = alarm_input(alarm.name.as_str(), &alarm.config, reply["PolicyARN"].as_str().unwrap());
                    stage.call(CloudWatch, "PutMetricAlarm", input);
                }
            }
            PolicyConfig::TargetTracking(config) => {
                let TrackedMetric::Predefined(metric) = &config.metric else { panic!("none other is made") };
                let configuration = json!({
                    "TargetValue": config.target_value.get(), "DisableScaleIn": config.disable_scale_in,
                    "ScaleOutCooldown": config.scale_out_cooldown, "ScaleInCooldown": config.scale_in_cooldown,
                    "PredefinedMetricSpecification": { "PredefinedMetricType": metric.predefined_metric_type },
                });
                let input = json!({
                    "PolicyName": policy.name, "PolicyType": "TargetTrackingScaling",
                    "TargetTrackingScalingPolicyConfiguration": configuration,
                });
                let reply = stage.on_target("PutScalingPolicy", input);
                let made: Vec<&str> = reply["Alarms"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|alarm| alarm["AlarmName"].as_str().unwrap())
                    .collect();
                assert_eq!(made.len(), policy.alarms.len());
                for alarm in &mut policy.alarms {
                    let side = if alarm.name.as_str().ends_with("AlarmHigh") { "AlarmHigh" } else { "AlarmLow" };
                    alarm.name = made.iter().find(|name| name.contains(side)).map(|name| (*name).into()).unwrap();
                }
            }
            PolicyConfig::Predictive(_) => panic!("none is made"),
        }
    }
    for (name, config) in &subject.schedules {
        let mut action = serde_json::Map::new();
        for (member, bound) in [("MinCapacity", config.min_capacity), ("MaxCapacity", config.max_capacity)] {
            action.extend(bound.map(|bound| (member.to_owned(), bound.into())));
        }
        let input = json!({
            "ScheduledActionName": name, "Schedule": config.schedule, "Timezone": config.timezone,
            "ScalableTargetAction": action,
        });
        stage.on_target("PutScheduledAction", input);
    }
    subject
}

fn capital(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

fn step_configuration(config: &StepScalingConfig) -> Json {
    let step = |step: &StepAdjustment| {
        let mut shown = json!({ "ScalingAdjustment": step.adjustment });
        for (member, bound) in [("MetricIntervalLowerBound", step.lower), ("MetricIntervalUpperBound", step.upper)] {
            if let Some(bound) = bound {
                shown[member] = bound.get().into();
            }
        }
        shown
    };
    json!({
        "AdjustmentType": config.adjustment_type.as_str(), "Cooldown": config.cooldown,
        "MetricAggregationType": config.metric_aggregation_type.as_str(),
        "StepAdjustments": config.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn alarm_input(name: &str, config: &AlarmConfig, action: &str) -> Json {
    let metric = config.metric.single().unwrap();
    json!({
        "AlarmName": name, "AlarmActions": [action], "Namespace": metric.namespace, "MetricName": metric.metric_name,
        "Dimensions": dimensions(), "Statistic": metric.statistic.to_string(), "Period": metric.period,
        "EvaluationPeriods": config.evaluation_periods, "DatapointsToAlarm": config.datapoints_to_alarm,
        "Threshold": config.threshold.get(), "ComparisonOperator": config.comparison_operator.as_str(),
        "TreatMissingData": config.treat_missing_data.as_str(),
    })
}

/// Something that AWS records: when, and what in words.
type Recorded = (Timestamp, String);

/// Every page of a list.
fn pages(stage: &mut Stage, service: AwsService, operation: &str, list: &str, input: &Json) -> Vec<Json> {
    let (mut all, mut input) = (Vec::new(), input.clone());
    loop {
        let reply = match service {
            ApplicationAutoScaling => stage.on_target(operation, input.clone()),
            _ => stage.call(service, operation, input.clone()),
        };
        all.extend(reply[list].as_array().unwrap().iter().cloned());
        match reply["NextToken"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => input["NextToken"] = token.into(),
            None => return all,
        }
    }
}

fn at(value: &Json) -> Timestamp {
    let seconds = value.as_f64().unwrap_or_else(|| panic!("no time: {value}"));
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).unwrap()
}

/// The double's alarm history, by time and alarm.
fn history(stage: &mut Stage) -> Vec<Recorded> {
    let input = json!({ "HistoryItemType": "StateUpdate", "ScanBy": "TimestampAscending", "MaxRecords": 100 });
    let items = pages(stage, CloudWatch, "DescribeAlarmHistory", "AlarmHistoryItems", &input);
    let one = |item: &Json| {
        let data: Json = serde_json::from_str(item["HistoryData"].as_str().unwrap()).unwrap();
        let (old, new) = (&data["oldState"]["stateValue"], &data["newState"]);
        let text = format!("{} {old} {} {}", item["AlarmName"], new["stateValue"], new["stateReason"]);
        (at(&item["Timestamp"]), text)
    };
    let mut history: Vec<Recorded> = items.iter().map(one).collect();
    history.sort();
    history
}

/// The double's scaling activities, oldest first.
fn activities(stage: &mut Stage) -> Vec<Recorded> {
    let input = json!({ "IncludeNotScaledActivities": true });
    let items = pages(stage, ApplicationAutoScaling, "DescribeScalingActivities", "ScalingActivities", &input);
    let one = |item: &Json| {
        let code = item["NotScaledReasons"][0]["Code"].as_str().unwrap_or_default();
        let count = item["NotScaledReasons"][0]["CurrentCapacity"].as_i64();
        let set = item["Description"].as_str().unwrap();
        let set = set.strip_prefix("Setting desired count to ").map(|count| count.trim_end_matches('.').to_owned());
        let count = set.or(count.map(|count| count.to_string())).unwrap_or_default();
        (at(&item["StartTime"]), format!("{count} {code} {}", item["Cause"]))
    };
    items.iter().rev().map(one).collect()
}

fn simulated(simulation: &Simulation) -> (Vec<Recorded>, Vec<Recorded>) {
    let (mut history, mut activities) = (Vec::new(), Vec::new());
    for event in &simulation.events {
        let quoted = |text: &str| Json::from(text).to_string();
        match &event.kind {
            EventKind::AlarmState { alarm, from, to, reason } => {
                let text = format!("{} \"{from}\" \"{to}\" {}", quoted(alarm), quoted(reason));
                history.push((event.at, text));
            }
            EventKind::Scaled { to, cause, .. } => activities.push((event.at, format!("{to}  {}", quoted(cause)))),
            EventKind::NotScaled { at_tasks, code, cause, .. } => {
                activities.push((event.at, format!("{at_tasks} {code} {}", quoted(cause))));
            }
            EventKind::Scheduled { action, .. } => {
                let cause = format!("scheduled action name {action} was triggered");
                activities.push((event.at, format!("  {}", quoted(&cause))));
            }
            EventKind::Held { .. } => {}
        }
    }
    history.sort();
    (history, activities)
}

/// Plays the data on the double; desired, running, min and max at the end of every minute.
fn played(stage: &mut Stage, case: &Case, demand_of: i32) -> Vec<[i64; 4]> {
    let mut counts = Vec::new();
    for minute in 0..MINUTES {
        let [cpu, memory] = [0, 1].map(|metric| case.values[metric][minute]);
        if case.feedback == Feedback::Closed {
            let share = |value: Option<f64>| value.unwrap() * f64::from(demand_of);
            stage.world.set_load(&stage.scope, &stage.id, Load { cpu: share(cpu), memory: share(memory) });
        } else {
            let datum = |(name, value): (&str, Option<f64>)| {
                Some(json!({ "MetricName": name, "Dimensions": dimensions(), "Value": value? }))
            };
            let data: Vec<Json> = METRICS.into_iter().zip([cpu, memory]).filter_map(datum).collect();
            if !data.is_empty() {
                stage.call(CloudWatch, "PutMetricData", json!({ "Namespace": "AWS/ECS", "MetricData": data }));
            }
        }
        stage.now += SignedDuration::from_mins(1);
        let service =
            stage.call(AwsService::Ecs, "DescribeServices", json!({ "cluster": "B", "services": ["search-api"] }));
        let input = json!({ "ServiceNamespace": "ecs" });
        let target = stage.call(ApplicationAutoScaling, "DescribeScalableTargets", input);
        let (service, target) = (&service["services"][0], &target["ScalableTargets"][0]);
        let counted =
            [&service["desiredCount"], &service["runningCount"], &target["MinCapacity"], &target["MaxCapacity"]];
        counts.push(counted.map(|count| count.as_i64().unwrap()));
    }
    counts
}

fn simulation(case: &Case, subject: &Subject, start: Timestamp, demand_of: i32) -> Simulation {
    let series = |(name, values): (&str, &Vec<Option<f64>>)| {
        let points = (0..).zip(values).filter_map(|(minute, value)| Some((start.as_second() + 60 * minute, (*value)?)));
        let series = Series::new(SeriesId::named(name), points.collect());
        if case.feedback == Feedback::Closed { series.demand(&Tasks::Constant(demand_of)) } else { series }
    };
    let set = SeriesSet(METRICS.into_iter().zip(&case.values).map(series).collect());
    let end = start + SignedDuration::from_mins(i64::try_from(MINUTES).unwrap());
    let times = TaskTimes::both(SignedDuration::from_secs(case.startup));
    simulate(subject, set, &Setup { start, end, tasks: case.tasks, times, feedback: case.feedback })
}

/// How much happened in all cases: agreement on nothing would be none.
#[derive(Debug, Default)]
struct Seen {
    alarms: Cell<usize>,
    outs: Cell<usize>,
    ins: Cell<usize>,
    not_scaled: Cell<usize>,
    scheduled: Cell<usize>,
}

impl Seen {
    fn count(&self, simulation: &Simulation) {
        for event in &simulation.events {
            let counter = match &event.kind {
                EventKind::AlarmState { .. } => &self.alarms,
                EventKind::Scaled { from, to, policy: Some(_), .. } if to > from => &self.outs,
                EventKind::Scaled { .. } => &self.ins,
                EventKind::NotScaled { .. } => &self.not_scaled,
                EventKind::Scheduled { .. } => &self.scheduled,
                EventKind::Held { .. } => continue,
            };
            counter.set(counter.get() + 1);
        }
    }

    fn is_much(&self) -> bool {
        [&self.alarms, &self.outs, &self.ins, &self.not_scaled, &self.scheduled].iter().all(|seen| seen.get() >= 100)
    }
}

#[test]
fn the_double_over_http_and_simulate_agree_event_by_event() {
    let config =
        ProptestConfig { cases: 200, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() };
    let seen = Seen::default();
    let result = TestRunner::new(config).run(&cases(), |case| {
        let object = object(&case);
        let mut stage = Stage::new(case.tasks, 0, 1000);
        stage.world.cloud.knobs.start_delay = std::time::Duration::from_secs(case.startup.unsigned_abs());
        stage.register(json!({ "MinCapacity": object.range.min(), "MaxCapacity": object.range.max() }));
        let start = stage.now;
        let subject = put(&mut stage, &object);
        let demand_of = case.tasks.max(1);
        let simulation = simulation(&case, &subject, start, demand_of);
        let counts = played(&mut stage, &case, demand_of);
        let (alarms, moves) = simulated(&simulation);
        prop_assert_eq!(history(&mut stage), alarms);
        prop_assert_eq!(activities(&mut stage), moves);
        let minute = |m: &Minute| [m.desired, m.running, m.min, m.max].map(i64::from);
        prop_assert_eq!(counts, simulation.minutes.iter().map(minute).collect::<Vec<_>>());
        seen.count(&simulation);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(seen.is_much(), "too little happened: {seen:?}");
}
