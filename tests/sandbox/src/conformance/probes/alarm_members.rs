//! The members of an alarm: what PutMetricAlarm refuses.

use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, Metric, MetricDataQuery, MetricStat};

use super::super::Probe;
use super::super::ground::Ground;
use crate::rules::Rule;

const ONE: &str = "one";

impl Ground {
    /// An alarm on a list of metrics, and nothing of a single one.
    fn alarm_on(&self, metrics: Vec<MetricDataQuery>) -> PutMetricAlarmFluentBuilder {
        let put = self.alarm(ONE).set_metric_name(None).set_namespace(None).set_dimensions(None);
        put.set_statistic(None).set_period(None).set_metrics(Some(metrics))
    }

    fn topic(&self, number: usize) -> String {
        format!("arn:aws:sns:{}:{}:{}-{number}", self.place.region, self.place.account, self.place.name)
    }
}

fn metric(id: &str) -> MetricDataQuery {
    let metric = Metric::builder().namespace("AWS/ECS").metric_name("CPUUtilization").build();
    let stat = MetricStat::builder().metric(metric).period(60).stat("Average").build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

pub(super) fn probes() -> Vec<Probe> {
    let mut all = of_the_metric();
    all.extend(of_the_evaluation());
    all.extend(of_actions());
    all
}

fn of_the_metric() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::AlarmNameIsBounded,
            "an alarm's name has a tabulator",
            |g| Box::pin(async move { g.put_alarm(g.alarm("a\tb")).await }),
            "ValidationError: Alarm names cannot contain ASCII control characters",
        ),
        Probe::rule(
            Rule::AlarmTextsAreBounded,
            "a namespace begins with a colon",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).namespace(":x")).await }),
            "ValidationError: 1 validation error detected: Value ':x' at 'namespace' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [^:].*",
        ),
        Probe::rule(
            Rule::AlarmMembersAreRequired,
            "an alarm has no period",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).set_period(None)).await }),
            "MissingParameter: The parameter Period is required.",
        ),
        Probe::rule(
            Rule::PeriodHasItsForm,
            "a period is 45 seconds",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).period(45)).await }),
            "ValidationError: Period must be 10, 20, 30 or a multiple of 60",
        ),
        Probe::rule(
            Rule::StatisticIsOne,
            "an alarm has a statistic and an extended one",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).extended_statistic("p90")).await }),
            "InvalidParameterCombination: Statistic and ExtendedStatistic are mutually exclusive",
        ),
        Probe::rule(
            Rule::ExtendedStatisticHasItsForm,
            "an extended statistic is p101",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).set_statistic(None).extended_statistic("p101")).await }),
            "InvalidParameterValue: The value p101 for parameter ExtendedStatistic is not supported.",
        ),
        Probe::rule(
            Rule::DimensionsAreBounded,
            "a dimension stands twice",
            |g| {
                let twice = Dimension::builder().name("ClusterName").value("other").build();
                Box::pin(async move { g.put_alarm(g.alarm(ONE).dimensions(twice)).await })
            },
            "ValidationError: Dimension ClusterName is specified more than once",
        ),
        Probe::rule(
            Rule::MetricsStandAlone,
            "an alarm has a metric and a list of metrics",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).metrics(metric("a"))).await }),
            "InvalidParameterCombination: Metrics list cannot be specified together with the parameters of a single \
             metric",
        ),
        Probe::rule(
            Rule::MetricsAreWellFormed,
            "two of an alarm's metrics return data",
            |g| Box::pin(async move { g.put_alarm(g.alarm_on(vec![metric("a"), metric("b")])).await }),
            "ValidationError: Exactly one element of the metrics list should return data.",
        ),
    ]
}

fn of_the_evaluation() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::AlarmMembersAreKnown,
            "missing data are treated as lost",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).treat_missing_data("lost")).await }),
            "ValidationError: 1 validation error detected: Value 'lost' at 'TreatMissingData' failed to satisfy \
             constraint: Member must satisfy enum value set",
        ),
        Probe::rule(
            Rule::ThresholdIsRequired,
            "an alarm has no threshold",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).set_threshold(None)).await }),
            "ValidationError: Alarms with comparison operator GreaterThanOrEqualToThreshold should have valid \
             Threshold parameter",
        ),
        Probe::rule(
            Rule::DatapointsAreWithinPeriods,
            "two datapoints of one period must breach",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).datapoints_to_alarm(2)).await }),
            "ValidationError: DatapointsToAlarm must be less than or equal to EvaluationPeriods",
        ),
        Probe::rule(
            Rule::AlarmSpanIsBounded,
            "an alarm looks back two days of minutes",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).evaluation_periods(2880)).await }),
            "ValidationError: EvaluationPeriods * Period must be <= 86400 seconds",
        ),
        Probe::rule(
            Rule::LowSamplesNeedPercentile,
            "an average has a rule for few samples",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).evaluate_low_sample_count_percentile("ignore")).await }),
            "ValidationError: Option evaluateLowSampleCountPercentile can not be applied with statistic Average.",
        ),
    ]
}

fn of_actions() -> Vec<Probe> {
    vec![
        Probe::rule(
            Rule::AlarmActionsAreFive,
            "an alarm has six actions",
            |g| {
                Box::pin(async move {
                    let topics = (0..6).map(|number| g.topic(number)).collect();
                    g.put_alarm(g.alarm(ONE).set_alarm_actions(Some(topics))).await
                })
            },
            "ValidationError: 1 validation error detected: Value '[arn:aws:sns:{region}:{account}:{name}-0, \
             arn:aws:sns:{region}:{account}:{name}-1, arn:aws:sns:{region}:{account}:{name}-2, \
             arn:aws:sns:{region}:{account}:{name}-3, arn:aws:sns:{region}:{account}:{name}-4, \
             arn:aws:sns:{region}:{account}:{name}-5]' at 'alarmActions' failed to satisfy constraint: Member must \
             have length less than or equal to 5",
        ),
        Probe::rule(
            Rule::ActionHasAnArn,
            "an action is no ARN",
            |g| Box::pin(async move { g.put_alarm(g.alarm(ONE).alarm_actions("nothing")).await }),
            "ValidationError: Invalid arn syntax: nothing",
        ),
        Probe::rule(
            Rule::ActionVendorIsKnown,
            "an action is of S3",
            |g| {
                Box::pin(async move {
                    let action = g.topic(0).replace(":sns:", ":s3:");
                    g.put_alarm(g.alarm(ONE).alarm_actions(action)).await
                })
            },
            "ValidationError: Unsupported AWS vendor s3",
        ),
        Probe::rule(
            Rule::ActionRegionIsTheAlarms,
            "an action is in another region",
            |g| {
                Box::pin(async move {
                    let other = if g.place.region == "us-east-1" { "us-west-2" } else { "us-east-1" };
                    let action = g.topic(0).replace(&g.place.region, other);
                    let told = g.put_alarm(g.alarm(ONE).alarm_actions(action)).await;
                    told.map_err(|stop| stop.replace(other, "{other}"))
                })
            },
            "ValidationError: Invalid region {other} specified. Only {region} is supported.",
        ),
        Probe::rule(
            Rule::BandsDoNotScale,
            "an alarm on a band calls a scaling policy",
            |g| {
                Box::pin(async move {
                    let arn = g.put_a_step_policy("called").await?;
                    let band = MetricDataQuery::builder().id("band").expression("ANOMALY_DETECTION_BAND(a, 2)");
                    let measured = metric("a");
                    let put = g.alarm_on(vec![measured, band.return_data(false).build()]).set_threshold(None);
                    let operator = ComparisonOperator::GreaterThanUpperThreshold;
                    g.put_alarm(put.comparison_operator(operator).threshold_metric_id("band").alarm_actions(arn)).await
                })
            },
            "ValidationError: autoscaling actions not supported when ThresholdMetricId is set",
        ),
    ]
}
