//! The statistic of the samples that were put in one period.

use crate::model::metric::{MetricStatistic, Statistic};
use crate::model::number::Number;

/// Samples as PutMetricData takes them: one value, or a set of which only these four are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// How many values.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub minimum: f64,
    /// The largest.
    pub maximum: f64,
}

impl Sample {
    /// One value, put `count` times.
    pub fn of(value: f64, count: f64) -> Self {
        Self { count, sum: value * count, minimum: value, maximum: value }
    }
}

/// How many samples there are.
pub fn sample_count(samples: &[Sample]) -> f64 {
    samples.iter().map(|sample| sample.count).sum()
}

/// The value of a statistic; `None` without samples, and for a statistic that cannot be made from them.
///
/// Of the extended statistics only percentiles are known, and only of single values: of a set of different values
/// nobody knows the percentile.
pub fn value(samples: &[Sample], statistic: &MetricStatistic) -> Option<Number> {
    let count = sample_count(samples);
    if count <= 0.0 {
        return None;
    }
    let sum = || samples.iter().map(|sample| sample.sum).sum::<f64>();
    let value = match statistic {
        MetricStatistic::Simple(Statistic::SampleCount) => count,
        MetricStatistic::Simple(Statistic::Sum) => sum(),
        MetricStatistic::Simple(Statistic::Average) => sum() / count,
        MetricStatistic::Simple(Statistic::Minimum) => samples.iter().map(|s| s.minimum).reduce(f64::min)?,
        MetricStatistic::Simple(Statistic::Maximum) => samples.iter().map(|s| s.maximum).reduce(f64::max)?,
        MetricStatistic::Extended(text) => value_at(samples, percentile(text)?)?,
    };
    Number::new(value)
}

/// The fraction that a percentile names: 0.95 of `p95`, `P95.0` and so on; `None` for every other statistic.
pub fn percentile(text: &str) -> Option<f64> {
    let percent: f64 = text.strip_prefix(['p', 'P'])?.parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

/// The smallest value that at least the fraction of all values does not exceed.
fn value_at(samples: &[Sample], fraction: f64) -> Option<f64> {
    let single = |sample: &&Sample| (sample.maximum - sample.minimum).abs() == 0.0;
    if !samples.iter().all(|sample| single(&sample)) {
        return None;
    }
    let mut sorted = samples.to_vec();
    sorted.sort_by(|a, b| a.minimum.total_cmp(&b.minimum));
    let rank = fraction * sample_count(samples);
    let mut below = 0.0;
    sorted
        .iter()
        .find(|sample| {
            below += sample.count;
            below >= rank
        })
        .map(|sample| sample.minimum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn average() -> MetricStatistic {
        MetricStatistic::Simple(Statistic::Average)
    }

    #[test]
    fn sets_and_values_count_by_their_samples() {
        let set = Sample { count: 3.0, sum: 60.0, minimum: 10.0, maximum: 30.0 };
        let samples = [set, Sample::of(40.0, 1.0)];
        assert_eq!(value(&samples, &average()), Some(25.into()));
        assert_eq!(value(&samples, &MetricStatistic::Simple(Statistic::Maximum)), Some(40.into()));
        assert_eq!(value(&samples, &MetricStatistic::Simple(Statistic::Minimum)), Some(10.into()));
        assert_eq!(value(&samples, &MetricStatistic::Simple(Statistic::SampleCount)), Some(4.into()));
        assert_eq!(value(&samples, &MetricStatistic::Simple(Statistic::Sum)), Some(100.into()));
        assert_eq!(value(&[], &average()), None, "no datapoint, not 0");
    }

    #[test]
    fn a_percentile_is_taken_of_single_values_only() {
        let samples: Vec<Sample> = (1..=100).map(|v| Sample::of(f64::from(v), 1.0)).collect();
        assert_eq!(value(&samples, &MetricStatistic::Extended("p95".into())), Some(95.into()));
        assert_eq!(value(&samples, &MetricStatistic::Extended("p99.5".into())), Some(100.into()));
        let set = Sample { count: 2.0, sum: 3.0, minimum: 1.0, maximum: 2.0 };
        assert_eq!(value(&[set], &MetricStatistic::Extended("p50".into())), None);
        assert_eq!(percentile("tm(10%:90%)"), None);
    }
}
