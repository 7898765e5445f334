//! Where links lead: to our own pages, and to AWS's consoles.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::document::Root;
use crate::api::desired::ObjectKey;
use crate::model::arn::partition;
use crate::model::names::{Region, TargetKey};

/// Everything but what never needs it (RFC 3986, unreserved).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a segment of a path, or a value of a query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// An object's page.
pub(super) fn object(root: &Root, key: &ObjectKey) -> String {
    root.to(&format!("objects/{}/{}", encoded(&key.namespace), encoded(&key.name)))
}

/// The console of a partition, where its address is known.
fn console(region: &Region) -> Option<String> {
    match partition(region) {
        "aws" => Some(format!("https://{}.console.aws.amazon.com", encoded(region.as_str()))),
        "aws-cn" => Some(format!("https://{}.console.amazonaws.cn", encoded(region.as_str()))),
        "aws-us-gov" => Some("https://console.amazonaws-us-gov.com".to_owned()),
        _ => None,
    }
}

/// The service in the ECS console.
pub(super) fn service(key: &TargetKey) -> Option<String> {
    let (region, service) = (&key.scope.region, &key.service);
    Some(format!(
        "{}/ecs/v2/clusters/{}/services/{}/health?region={}",
        console(region)?,
        encoded(service.cluster.as_str()),
        encoded(service.service.as_str()),
        encoded(region.as_str())
    ))
}

/// An alarm in the CloudWatch console.
pub(super) fn alarm(region: &Region, name: &str) -> Option<String> {
    let (console, region) = (console(region)?, encoded(region.as_str()));
    Some(format!("{console}/cloudwatch/home?region={region}#alarmsV2:alarm/{}", encoded(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_own_console_and_names_cannot_leave_their_place() {
        let link = |region: &str| alarm(&Region::new(region), "a/b?c#d\"<");
        let tail = "#alarmsV2:alarm/a%2Fb%3Fc%23d%22%3C";
        for (region, start) in [
            ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"),
            ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1"),
            ("us-gov-west-1", "https://console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1"),
        ] {
            assert_eq!(link(region), Some(format!("{start}{tail}")));
        }
        assert_eq!(link("eusc-de-east-1"), None);
    }
}
