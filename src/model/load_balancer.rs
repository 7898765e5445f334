//! How Application Auto Scaling names a target group behind a load balancer: the resource label (S-037).

use super::arn::Arn;

/// Most characters of a resource label.
pub const LABEL_MAX: usize = 1023;

/// Whether the text is a resource label: `app/LB/ID/targetgroup/TG/ID`.
pub fn is_label(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let is_label = matches!(parts.as_slice(), ["app", _, _, "targetgroup", _, _]);
    is_label && parts.iter().all(|part| !part.is_empty()) && text.len() <= LABEL_MAX
}

/// The label of a target group behind a load balancer, by their ARNs; `None` where the load balancer is no Application
/// Load Balancer.
pub fn label(load_balancer: &str, target_group: &str) -> Option<String> {
    let (balancer, group) = (Arn::parse(load_balancer)?, Arn::parse(target_group)?);
    let label = format!("{}/{}", balancer.resource.strip_prefix("loadbalancer/")?, group.resource);
    is_label(&label).then_some(label)
}

/// A target group's name, for people; the text itself where it is no such ARN.
pub fn target_group_name(arn: &str) -> &str {
    arn.split_once(":targetgroup/").and_then(|(_, rest)| rest.split('/').next()).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/api/0123456789abcdef";

    fn balancer(kind: &str) -> String {
        format!("arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/{kind}/web/fedcba9876543210")
    }

    #[test]
    fn a_label_is_made_of_both_arns() {
        let label = label(&balancer("app"), GROUP).unwrap();
        assert_eq!(label, "app/web/fedcba9876543210/targetgroup/api/0123456789abcdef");
        assert!(is_label(&label));
        assert_eq!(target_group_name(GROUP), "api");
    }

    #[test]
    fn a_network_load_balancer_counts_no_requests() {
        assert_eq!(label(&balancer("net"), GROUP), None);
    }

    #[test]
    fn other_text_is_no_label() {
        for text in
            ["", "app/web/1", "app/web/1/targetgroup/api", "net/web/1/targetgroup/api/2", "app//1/targetgroup/a/2"]
        {
            assert!(!is_label(text), "{text}");
        }
        assert!(!is_label(&format!("app/{}/1/targetgroup/a/2", "x".repeat(1010))));
    }
}
