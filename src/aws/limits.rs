//! Token buckets: how many requests a second a scope may send to a service.
//!
//! A permit is taken before the call is sent, or waiting would eat the attempt's time limit. Waiting is first come,
//! first served, and a sweep waits for one permit at a time: so a changed file never waits longer than one call.

use std::time::Duration;

use leaky_bucket::RateLimiter;

use super::call::Kind;
use crate::model::failure::AwsService;

/// Requests a second and the burst, for each service of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests a second.
    pub per_second: u32,
    /// How many may go at once after a rest.
    pub burst: u32,
    /// PutMetricAlarm and DeleteAlarms a second: the account has 3 for everybody (S-061).
    pub alarm_writes_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_second: 5, burst: 10, alarm_writes_per_second: 1 }
    }
}

impl Limits {
    /// So high that nothing waits: for tests and benches.
    pub fn none() -> Self {
        Self { per_second: 1_000_000, burst: 1_000_000, alarm_writes_per_second: 1_000_000 }
    }
}

/// S3 gives 5,500 reads a second a prefix; at the pace of the control planes a thousand objects would take minutes.
const S3_PER_SECOND: u32 = 100;

/// The buckets of one scope.
#[derive(Debug)]
pub(super) struct Buckets {
    autoscaling: RateLimiter,
    cloudwatch: RateLimiter,
    alarm_writes: RateLimiter,
    ecs: RateLimiter,
    load_balancing: RateLimiter,
    iam: RateLimiter,
    s3: RateLimiter,
}

impl Buckets {
    pub(super) fn new(limits: Limits) -> Self {
        let service = || bucket(limits.per_second, limits.burst);
        Self {
            autoscaling: service(),
            cloudwatch: service(),
            alarm_writes: bucket(limits.alarm_writes_per_second, limits.alarm_writes_per_second.max(3)),
            ecs: service(),
            load_balancing: service(),
            iam: service(),
            s3: bucket(limits.per_second.max(S3_PER_SECOND), limits.burst.max(S3_PER_SECOND)),
        }
    }

    /// Waits for the permit of one call; gives how long it waited.
    pub(super) async fn acquire(&self, service: AwsService, kind: Kind) -> Duration {
        let start = tokio::time::Instant::now();
        match service {
            AwsService::ApplicationAutoScaling => self.autoscaling.acquire_one().await,
            AwsService::CloudWatch => {
                if kind == Kind::AlarmWrite {
                    self.alarm_writes.acquire_one().await;
                }
                self.cloudwatch.acquire_one().await;
            }
            AwsService::Ecs => self.ecs.acquire_one().await,
            AwsService::ElasticLoadBalancing => self.load_balancing.acquire_one().await,
            AwsService::Iam | AwsService::Sts => self.iam.acquire_one().await,
            AwsService::S3 => self.s3.acquire_one().await,
        }
        start.elapsed()
    }
}

fn bucket(per_second: u32, burst: u32) -> RateLimiter {
    // Small refills keep the flow even: a tenth of a second's worth at a time, one at least.
    let refill = (per_second / 10).max(1);
    let every = Duration::from_secs_f64(f64::from(refill) / f64::from(per_second.max(1)));
    RateLimiter::builder()
        .initial(burst as usize)
        .max(burst as usize)
        .refill(refill as usize)
        .interval(every.max(Duration::from_millis(1)))
        .build()
}
