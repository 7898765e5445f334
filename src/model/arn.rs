//! ARNs: reading any form that AWS ever handed out, and making the ones that are matched on (S-101 to S-105).

use super::names::{AccountId, ClusterName, Region, ServiceId, ServiceName};

/// An ARN's six parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arn {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// The service segment, such as `ecs`.
    pub service: String,
    /// May be empty.
    pub region: String,
    /// May be empty.
    pub account: String,
    /// Everything behind the fifth colon.
    pub resource: String,
}

impl Arn {
    /// `None` unless it has six parts and begins with `arn:`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let mut next = || parts.next().map(str::to_owned);
        let arn = Self { partition: next()?, service: next()?, region: next()?, account: next()?, resource: next()? };
        (!arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty()).then_some(arn)
    }
}

/// The partition of a region (S-105).
pub fn partition(region: &Region) -> &'static str {
    let region = region.as_str();
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else if region.starts_with("eusc-") {
        "aws-eusc"
    } else {
        "aws"
    }
}

/// A name that may have been written as an ARN, and what the ARN says beside the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedIn<T> {
    /// The short name.
    pub name: T,
    /// The region, where an ARN named it.
    pub region: Option<Region>,
    /// The account, where an ARN named it.
    pub account: Option<AccountId>,
}

/// Reads a cluster's name or ARN (cdk#14297, cdk#1849). `None` for an ARN of something else.
pub fn cluster(text: &str) -> Option<NamedIn<ClusterName>> {
    named_in(text, |resource| resource.strip_prefix("cluster/").map(ClusterName::new))
}

/// Reads a service's name or ARN, long or short (S-104); the cluster of a long ARN is given beside it.
pub fn service(text: &str) -> Option<(NamedIn<ServiceName>, Option<ClusterName>)> {
    let mut cluster = None;
    let named = named_in(text, |resource| {
        let rest = resource.strip_prefix("service/")?;
        Some(match rest.split_once('/') {
            Some((in_cluster, name)) => {
                cluster = Some(ClusterName::new(in_cluster));
                ServiceName::new(name)
            }
            None => ServiceName::new(rest),
        })
    })?;
    Some((named, cluster))
}

fn named_in<T: for<'a> From<&'a str>>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<NamedIn<T>> {
    if !text.starts_with("arn:") {
        return Some(NamedIn { name: T::from(text), region: None, account: None });
    }
    let arn = Arn::parse(text)?;
    let name = (arn.service == "ecs").then(|| read(&arn.resource)).flatten()?;
    Some(NamedIn {
        name,
        region: (!arn.region.is_empty()).then(|| Region::new(arn.region.clone())),
        account: (!arn.account.is_empty()).then(|| AccountId::new(arn.account.clone())),
    })
}

/// What a scaling policy's ARN names (S-101).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyArn {
    /// The service that the policy scales.
    pub service: ServiceId,
    /// The policy's name.
    pub policy_name: String,
}

/// Reads the ARN of a policy on an ECS service. `None` for every other ARN, target tracking's own alarm actions
/// (`…:createdBy/…`) included.
pub fn policy(text: &str) -> Option<PolicyArn> {
    let arn = Arn::parse(text)?;
    if arn.service != "autoscaling" || text.contains(":createdBy/") {
        return None;
    }
    let rest = arn.resource.strip_prefix("scalingPolicy:")?;
    let (_, rest) = rest.split_once(":resource/ecs/")?;
    let (resource_id, policy_name) = rest.split_once(":policyName/")?;
    Some(PolicyArn { service: ServiceId::from_resource_id(resource_id)?, policy_name: policy_name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_read_from_a_name_or_any_arn() {
        assert_eq!(cluster("B").unwrap().name.as_str(), "B");
        let arn = cluster("arn:aws-cn:ecs:cn-north-1:111122223333:cluster/B").unwrap();
        assert_eq!((arn.name.as_str(), arn.region.unwrap().as_str()), ("B", "cn-north-1"));
        assert_eq!(cluster("arn:aws:ecs:eu-west-1:111122223333:service/B/x"), None);
        assert_eq!(cluster("arn:aws:s3:::cluster/B"), None);
    }

    #[test]
    fn a_service_is_read_from_long_and_short_arns() {
        let (long, in_cluster) = service("arn:aws:ecs:eu-west-1:111122223333:service/B/api").unwrap();
        assert_eq!((long.name.as_str(), in_cluster.unwrap().as_str()), ("api", "B"));
        let (short, in_cluster) = service("arn:aws:ecs:eu-west-1:111122223333:service/api").unwrap();
        assert_eq!((short.name.as_str(), in_cluster), ("api", None));
    }

    #[test]
    fn a_policy_arn_says_what_it_scales() {
        let arn =
            "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:f5f9:resource/ecs/service/c/s:policyName/out:2";
        let read = policy(arn).unwrap();
        assert_eq!((read.service, read.policy_name.as_str()), (ServiceId::new("c", "s"), "out:2"));
        assert_eq!(policy(&format!("{arn}:createdBy/1")), None);
        assert_eq!(policy("arn:aws:sns:us-east-1:111122223333:topic"), None);
    }
}
