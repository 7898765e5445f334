//! Which IAM actions on which resources an operation needs, and who is denied them.
//!
//! Today a caller may do everything but what was denied by name; the policies of roles are not evaluated.

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::{AccountId, ServiceId};

use crate::autoscaling::SERVICE_LINKED_ROLE;
use crate::caller::Caller;
use crate::cloud::{Cloud, regional_arn};
use crate::error::AwsError;
use crate::identity::service_linked_role_arn;
use crate::value::Value;

/// How AWS words a denial, by the kind of policy that made it (iam.md §1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub enum DenialStyle {
    /// No identity-based policy allows it.
    NoIdentityPolicy,
    /// An identity-based policy denies it.
    ExplicitIdentityPolicy,
    /// A service control policy denies it.
    ExplicitServiceControlPolicy,
    /// The permissions boundary does not allow it.
    NoPermissionsBoundary,
    /// The session policy does not allow it.
    NoSessionPolicy,
    /// No reason is given.
    Bare,
}

/// An injected denial.
#[derive(Clone, Debug)]
struct Denial {
    account: AccountId,
    action: String,
    resource: String,
    style: DenialStyle,
}

/// The denials in force.
#[derive(Clone, Debug, Default)]
pub(crate) struct Permissions {
    denials: Vec<Denial>,
}

/// An action on a resource.
pub(crate) struct Need {
    action: String,
    resource: String,
}

impl Need {
    fn new(service: AwsService, action: &str, resource: impl Into<String>) -> Self {
        Self { action: format!("{}:{action}", service.iam_prefix()), resource: resource.into() }
    }
}

impl Permissions {
    pub(crate) fn deny(&mut self, account: &AccountId, action: &str, resource: &str, style: DenialStyle) {
        self.denials.push(Denial { account: account.clone(), action: action.into(), resource: resource.into(), style });
    }

    pub(crate) fn allow(&mut self, account: &AccountId, action: &str) {
        self.denials.retain(|d| d.account != *account || !d.action.eq_ignore_ascii_case(action));
    }

    /// Whether the caller may do it; the error is AWS's own sentence.
    pub(crate) fn authorize(&self, caller: &Caller, need: &Need) -> Result<(), AwsError> {
        match self.denial(caller, need) {
            None => Ok(()),
            Some(denial) => Err(AwsError::sender("AccessDeniedException", sentence(&caller.arn, need, denial.style))),
        }
    }

    /// The caller's permissions that RegisterScalableTarget probes, as the ValidationException that it makes of the
    /// missing ones (S-015). The service-linked role comes first and hides the rest (iam.md §1.2).
    pub(crate) fn probe(&self, caller: &Caller, cloud: &Cloud, service: &ServiceId) -> Result<(), AwsError> {
        let has_role =
            cloud.accounts.get(&caller.scope.account).is_some_and(|a| a.roles.contains_key(SERVICE_LINKED_ROLE));
        if !has_role {
            let role = service_linked_role_arn(&caller.scope);
            self.require(caller, &[Need::new(AwsService::Iam, "CreateServiceLinkedRole", role)])?;
        }
        let target = regional_arn(&caller.scope, "ecs", &service.resource_id());
        // The probe names no alarm, so that a policy scoped to a name's prefix does not match (iam.md §3).
        let no_alarm = regional_arn(&caller.scope, "cloudwatch", "alarm:");
        let ecs = ["DescribeServices", "UpdateService"].map(|a| Need::new(AwsService::Ecs, a, &target));
        let cloudwatch = ["PutMetricAlarm", "DescribeAlarms", "DeleteAlarms"]
            .map(|a| Need::new(AwsService::CloudWatch, a, &no_alarm));
        let needs: Vec<Need> = ecs.into_iter().chain(cloudwatch).collect();
        self.require(caller, &needs)
    }

    fn require(&self, caller: &Caller, needs: &[Need]) -> Result<(), AwsError> {
        let missing: Vec<&str> =
            needs.iter().filter(|n| self.denial(caller, n).is_some()).map(|n| n.action.as_str()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(AwsError::validation(format!("User is missing the following permissions: {}", missing.join(", "))))
    }

    fn denial(&self, caller: &Caller, need: &Need) -> Option<&Denial> {
        self.denials.iter().find(|d| {
            d.account == caller.scope.account
                && matches(&d.action.to_ascii_lowercase(), &need.action.to_ascii_lowercase())
                && matches(&d.resource, &need.resource)
        })
    }
}

fn sentence(caller: &str, need: &Need, style: DenialStyle) -> String {
    let Need { action, resource } = need;
    let because = match style {
        DenialStyle::NoIdentityPolicy => format!(" because no identity-based policy allows the {action} action"),
        DenialStyle::ExplicitIdentityPolicy => " with an explicit deny in an identity-based policy".to_owned(),
        DenialStyle::ExplicitServiceControlPolicy => " with an explicit deny in a service control policy".to_owned(),
        DenialStyle::NoPermissionsBoundary => format!(" because no permissions boundary allows the {action} action"),
        DenialStyle::NoSessionPolicy => format!(" because no session policy allows the {action} action"),
        DenialStyle::Bare => String::new(),
    };
    format!("User: {caller} is not authorized to perform: {action} on resource: {resource}{because}")
}

/// What an operation needs before anything else is looked at (iam.md §3).
pub(crate) fn needs(caller: &Caller, service: AwsService, operation: &str, input: &Value) -> Vec<Need> {
    let need = |resource: String| Need::new(service, operation, resource);
    match service {
        AwsService::Sts if operation == "AssumeRole" => vec![need(text(input, "RoleArn"))],
        AwsService::Sts => vec![],
        AwsService::Iam if operation == "CreateServiceLinkedRole" => vec![need(service_linked_role_arn(&caller.scope))],
        AwsService::Iam => {
            vec![need(format!("arn:aws:iam::{}:role/{}", caller.scope.account, text(input, "RoleName")))]
        }
        AwsService::Ecs => ecs_resources(caller, operation, input).into_iter().map(need).collect(),
        AwsService::ApplicationAutoScaling => {
            with_tags(service, operation, input, vec![autoscaling_resource(caller, input)])
        }
        AwsService::CloudWatch => with_tags(service, operation, input, cloudwatch_resources(caller, operation, input)),
    }
}

/// Tags on creation need TagResource as well.
fn with_tags(service: AwsService, operation: &str, input: &Value, resources: Vec<String>) -> Vec<Need> {
    let tagged = matches!(operation, "RegisterScalableTarget" | "PutMetricAlarm") && has_tags(input);
    let mut needs: Vec<Need> = resources.iter().map(|r| Need::new(service, operation, r)).collect();
    if tagged {
        needs.extend(resources.iter().map(|r| Need::new(service, "TagResource", r)));
    }
    needs
}

fn has_tags(input: &Value) -> bool {
    match input.get("Tags") {
        Value::List(tags) => !tags.is_empty(),
        Value::Map(tags) => !tags.is_empty(),
        _ => false,
    }
}

fn text(input: &Value, member: &str) -> String {
    input.get(member).as_text().unwrap_or_default().to_owned()
}

fn autoscaling_resource(caller: &Caller, input: &Value) -> String {
    match input.get("ResourceARN").as_text() {
        Some(arn) => arn.to_owned(),
        None => regional_arn(&caller.scope, "application-autoscaling", "scalable-target/*"),
    }
}

fn cloudwatch_resources(caller: &Caller, operation: &str, input: &Value) -> Vec<String> {
    let alarm = |name: &str| regional_arn(&caller.scope, "cloudwatch", &format!("alarm:{name}"));
    match operation {
        "PutMetricAlarm" | "SetAlarmState" => vec![alarm(&text(input, "AlarmName"))],
        "DeleteAlarms" | "EnableAlarmActions" | "DisableAlarmActions" => {
            input.texts("AlarmNames").unwrap_or_default().iter().map(|name| alarm(name)).collect()
        }
        "DescribeAlarms" | "DescribeAlarmHistory" => vec![alarm("*")],
        "TagResource" | "UntagResource" | "ListTagsForResource" => vec![text(input, "ResourceARN")],
        _ => vec!["*".to_owned()],
    }
}

fn ecs_resources(caller: &Caller, operation: &str, input: &Value) -> Vec<String> {
    let cluster = crate::ecs::cluster_name(input);
    let service = |name: &str| {
        let name = name.rsplit('/').next().unwrap_or(name);
        regional_arn(&caller.scope, "ecs", &format!("service/{cluster}/{name}"))
    };
    match operation {
        "DescribeServices" => input.texts("services").unwrap_or_default().iter().map(|s| service(s)).collect(),
        "UpdateService" | "DeleteService" => vec![service(&text(input, "service"))],
        "CreateService" => vec![service(&text(input, "serviceName"))],
        "TagResource" | "UntagResource" | "ListTagsForResource" => vec![text(input, "resourceArn")],
        _ => vec!["*".to_owned()],
    }
}

/// Whether a pattern with `*` and `?` matches a whole text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = pattern.get(1..).unwrap_or_default();
            text.char_indices().any(|(at, _)| matches(rest, text.get(at..).unwrap_or_default())) || matches(rest, "")
        }
        Some(p) => match text.chars().next() {
            Some(t) if p == '?' || p == t => {
                matches(pattern.get(p.len_utf8()..).unwrap_or_default(), text.get(t.len_utf8()..).unwrap_or_default())
            }
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        assert!(matches("arn:*:alarm:*", "arn:aws:cloudwatch:r:1:alarm:"));
        assert!(matches("a?c", "abc") && !matches("a?c", "ac") && !matches("ab", "abc"));
        assert!(matches("*", "") && matches("ecs:*", "ecs:UpdateService"));
    }
}
