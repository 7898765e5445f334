//! Request limits: one token bucket an (account, region, group of operations).

use std::collections::BTreeMap;

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::ScopeId;
use jiff::Timestamp;

use crate::error::AwsError;

/// A quota that some operations share.
#[derive(Clone, Copy, PartialEq)]
struct Group {
    name: &'static str,
    burst: f64,
    per_second: f64,
}

const fn group(name: &'static str, burst: f64, per_second: f64) -> Group {
    Group { name, burst, per_second }
}

const DESCRIBE_ALARMS: Group = group("cloudwatch:DescribeAlarms", 9.0, 9.0);

/// S-061, S-062. Application Auto Scaling publishes no rates (S-063): what stands here is low enough that parallel
/// puts are throttled, as users report (tf#31447).
fn group_of(service: AwsService, operation: &str) -> Option<Group> {
    use AwsService::{ApplicationAutoScaling, CloudWatch, Ecs, Iam};
    Some(match (service, operation) {
        (CloudWatch, "PutMetricAlarm") => group("cloudwatch:PutMetricAlarm", 3.0, 3.0),
        (CloudWatch, "DeleteAlarms") => group("cloudwatch:DeleteAlarms", 3.0, 3.0),
        (CloudWatch, "DescribeAlarms") => DESCRIBE_ALARMS,
        (CloudWatch, "DescribeAlarmHistory") => group("cloudwatch:DescribeAlarmHistory", 20.0, 20.0),
        (CloudWatch, "EnableAlarmActions") => group("cloudwatch:EnableAlarmActions", 3.0, 3.0),
        (CloudWatch, "DisableAlarmActions") => group("cloudwatch:DisableAlarmActions", 3.0, 3.0),
        (CloudWatch, "SetAlarmState") => group("cloudwatch:SetAlarmState", 3.0, 3.0),
        (CloudWatch, "ListTagsForResource") => group("cloudwatch:ListTagsForResource", 10.0, 10.0),
        (CloudWatch, "TagResource") => group("cloudwatch:TagResource", 20.0, 20.0),
        (CloudWatch, "UntagResource") => group("cloudwatch:UntagResource", 20.0, 20.0),
        (CloudWatch, "GetMetricData") => group("cloudwatch:GetMetricData", 500.0, 500.0),
        (CloudWatch, "GetMetricStatistics") => group("cloudwatch:GetMetricStatistics", 400.0, 400.0),
        (Ecs, "DescribeServices" | "ListServices") => group("ecs:service-read", 100.0, 20.0),
        (Ecs, "CreateService" | "UpdateService" | "DeleteService") => group("ecs:service-modify", 50.0, 5.0),
        (Ecs, "DescribeClusters" | "ListClusters") => group("ecs:cluster-read", 50.0, 20.0),
        (Ecs, "ListTagsForResource") => group("ecs:tag-read", 50.0, 20.0),
        // IAM publishes no rates; others saw it throttled after some 180 calls in a row (iam.md §4).
        (Iam, "SimulatePrincipalPolicy") => group("iam:SimulatePrincipalPolicy", 180.0, 5.0),
        (ApplicationAutoScaling, operation) if operation.starts_with("Describe") => group("aas:read", 20.0, 10.0),
        (ApplicationAutoScaling, _) => group("aas:write", 10.0, 5.0),
        _ => return None,
    })
}

/// The buckets, filled to their burst at first use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) enforced: bool,
    buckets: BTreeMap<(ScopeId, &'static str), (f64, Timestamp)>,
}

impl Limits {
    /// Takes what a call costs, or says with AWS's own error that there is nothing left.
    pub(crate) fn take(
        &mut self,
        scope: &ScopeId,
        service: AwsService,
        operation: &str,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        if !self.enforced {
            return Ok(());
        }
        if group_of(service, operation).is_some_and(|group| !self.take_from(scope, group, now)) {
            return Err(throttled(service));
        }
        // S-058, S-100: Application Auto Scaling describes the alarms itself, on the account's quota.
        if operation == "DescribeScalingPolicies" && !self.take_from(scope, DESCRIBE_ALARMS, now) {
            return Err(AwsError::sender(
                "FailedResourceAccessException",
                "Unable to retrieve alarms for policies: Rate exceeded (Service: AmazonCloudWatch; Status Code: 400; \
                 Error Code: Throttling)",
            ));
        }
        Ok(())
    }

    fn take_from(&mut self, scope: &ScopeId, group: Group, now: Timestamp) -> bool {
        let (tokens, at) = self.buckets.entry((scope.clone(), group.name)).or_insert((group.burst, now));
        let seconds = now.duration_since(*at).as_secs_f64().max(0.0);
        *tokens = (*tokens + seconds * group.per_second).min(group.burst);
        *at = now;
        let enough = *tokens >= 1.0;
        if enough {
            *tokens -= 1.0;
        }
        enough
    }
}

/// How a service says that there were too many calls.
pub(crate) fn throttled(service: AwsService) -> AwsError {
    match service {
        AwsService::CloudWatch | AwsService::ElasticLoadBalancing | AwsService::Iam | AwsService::Sts => {
            AwsError::sender("Throttling", "Rate exceeded")
        }
        AwsService::S3 => AwsError::with_status("SlowDown", 503, "Please reduce your request rate."),
        AwsService::Ecs | AwsService::ApplicationAutoScaling => {
            AwsError::sender("ThrottlingException", "Rate exceeded")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ecs_scaling::model::names::{AccountId, Region};
    use jiff::SignedDuration;

    fn scope(region: &str) -> ScopeId {
        ScopeId { account: AccountId::new("111122223333"), region: Region::new(region) }
    }

    // S-061
    #[test]
    fn put_metric_alarm_has_three_a_second_in_each_region() {
        let mut limits = Limits { enforced: true, ..Limits::default() };
        let now = Timestamp::UNIX_EPOCH;
        let mut put = |region: &str, now| limits.take(&scope(region), AwsService::CloudWatch, "PutMetricAlarm", now);
        for _ in 0..3 {
            put("eu-west-1", now).unwrap();
        }
        assert_eq!(put("eu-west-1", now).unwrap_err().code, "Throttling");
        put("us-east-1", now).unwrap();
        put("eu-west-1", now + SignedDuration::from_millis(334)).unwrap();
    }

    // S-062
    #[test]
    fn describe_services_has_a_burst_of_a_hundred_and_twenty_a_second() {
        let mut limits = Limits { enforced: true, ..Limits::default() };
        let mut read = |now| limits.take(&scope("eu-west-1"), AwsService::Ecs, "DescribeServices", now).is_ok();
        assert_eq!((0..110).filter(|_| read(Timestamp::UNIX_EPOCH)).count(), 100);
        assert_eq!((0..110).filter(|_| read(Timestamp::from_second(1).unwrap())).count(), 20);
    }

    // S-058, S-100
    #[test]
    fn describing_policies_spends_the_quota_of_describe_alarms() {
        let mut limits = Limits { enforced: true, ..Limits::default() };
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..9 {
            limits.take(&scope("r"), AwsService::CloudWatch, "DescribeAlarms", now).unwrap();
        }
        let refused =
            limits.take(&scope("r"), AwsService::ApplicationAutoScaling, "DescribeScalingPolicies", now).unwrap_err();
        assert_eq!(refused.code, "FailedResourceAccessException");
        assert!(refused.message.contains("Rate exceeded"));
    }
}
