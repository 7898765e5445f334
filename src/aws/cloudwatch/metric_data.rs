//! GetMetricData: what alarms looked at, minute by minute. Asked for by a person's `simulate`, never by the controller.

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types as sdk;
use jiff::Timestamp;

use super::convert::to_query;
use crate::aws::call::Operation;
use crate::aws::scope::{Pages, Scope, unreadable};
use crate::model::failure::{AwsService, Failure};
use crate::model::metric::{MetricQuery, QuerySource, SingleMetric};
use crate::model::simulation::series::{Series, SeriesId};

const GET_METRIC_DATA: Operation = Operation::read(AwsService::CloudWatch, "GetMetricData");
/// S-061: queries a call.
const MOST_QUERIES: usize = 500;
/// Datapoints that one page of a reply holds; a batch of queries is kept below it.
const MOST_DATAPOINTS: i64 = 100_800;

/// How many queries go into one call, where each has so many datapoints.
fn batch_size(points: i64) -> usize {
    usize::try_from(MOST_DATAPOINTS / points.max(1)).unwrap_or(MOST_QUERIES).clamp(1, MOST_QUERIES)
}

impl Scope {
    /// The values of metrics from `start` up to `end`, each by its own statistic and for every `period` seconds.
    pub async fn metric_data(
        &self,
        metrics: &[SingleMetric],
        start: Timestamp,
        end: Timestamp,
        period: i32,
    ) -> Result<Vec<Series>, Failure> {
        let points = end.duration_since(start).as_secs() / i64::from(period.max(1));
        let mut all = Vec::new();
        for batch in metrics.chunks(batch_size(points)) {
            let queries = batch.iter().enumerate().map(|(index, metric)| query(index, metric, period));
            let queries: Vec<sdk::MetricDataQuery> = queries.collect();
            let mut found: Vec<Vec<(i64, f64)>> = vec![Vec::new(); batch.len()];
            let (mut pages, mut token) = (Pages::default(), None);
            loop {
                let request = self
                    .cloudwatch
                    .read
                    .get_metric_data()
                    .set_metric_data_queries(Some(queries.clone()))
                    .start_time(DateTime::from_secs(start.as_second()))
                    .end_time(DateTime::from_secs(end.as_second()))
                    .scan_by(sdk::ScanBy::TimestampAscending)
                    .set_next_token(token);
                let reply = self.call(GET_METRIC_DATA, request.send()).await?;
                for result in reply.metric_data_results() {
                    take(result, &mut found)?;
                }
                token = pages.next(GET_METRIC_DATA, reply.next_token())?;
                if token.is_none() {
                    break;
                }
            }
            let series = |(metric, points)| Series::new(SeriesId::of(metric), points);
            all.extend(batch.iter().zip(found).map(series));
        }
        Ok(all)
    }
}

fn query(index: usize, metric: &SingleMetric, period: i32) -> sdk::MetricDataQuery {
    let source = QuerySource::Metric(SingleMetric { period, ..metric.clone() });
    to_query(&format!("m{index}"), &MetricQuery { source, label: None, return_data: true, account_id: None })
}

/// Puts a result's values to its query. A page may hold a part of them.
fn take(result: &sdk::MetricDataResult, found: &mut [Vec<(i64, f64)>]) -> Result<(), Failure> {
    let wrong = |what: &str| unreadable(GET_METRIC_DATA, format!("a result {what}"));
    let index = result.id().and_then(|id| id.strip_prefix('m')).and_then(|index| index.parse::<usize>().ok());
    let points = index.and_then(|index| found.get_mut(index)).ok_or_else(|| wrong("is of no query"))?;
    if result.timestamps().len() != result.values().len() {
        return Err(wrong("has not as many values as times"));
    }
    points.extend(result.timestamps().iter().zip(result.values()).map(|(at, value)| (at.secs(), *value)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // A week at one minute is 10,080 datapoints: ten queries a call.
    #[test]
    fn a_call_asks_for_no_more_than_a_page_of_its_reply_holds() {
        assert_eq!(batch_size(10_080), 10);
        assert_eq!(batch_size(180), 500);
        assert_eq!(batch_size(200_000), 1);
        assert_eq!(batch_size(0), 500);
    }
}
