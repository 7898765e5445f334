//! What IAM's own operations need, and how a refusal names their resource.

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::iam::Request;

use super::context::{request, with_sent_tags};
use super::needs::{Need, text};
use crate::autoscaling::SERVICE_PRINCIPAL;
use crate::cloud::{Call, Cloud, iam_arn};
use crate::iam::service_linked_role_arn;

/// The one need of an IAM operation.
pub(super) fn need(cloud: &Cloud, call: &Call<'_>, operation: &str) -> Need {
    let input = call.input;
    let on = |resource: String| request(cloud, call, AwsService::Iam, operation, resource);
    match operation {
        "CreateServiceLinkedRole" => Need::new(create_service_linked_role(cloud, call, text(input, "AWSServiceName"))),
        "GetServiceLinkedRoleDeletionStatus" => Need::new(on(role_of_task(call))),
        "SimulatePrincipalPolicy" => Need::new(on(text(input, "PolicySourceArn").to_owned())),
        "CreateRole" => {
            let path = input.get("Path").as_text().unwrap_or("/");
            let create = on(iam_arn(call.scope, &format!("role{path}{}", text(input, "RoleName"))));
            Need::new(with_sent_tags(with_boundary(create, input.get("PermissionsBoundary").as_text()), input))
        }
        "CreatePolicy" => {
            let (path, name) = (input.get("Path").as_text().unwrap_or("/"), text(input, "PolicyName"));
            let create = on(iam_arn(call.scope, &format!("policy{path}{name}")));
            Need::shown_as(with_sent_tags(create, input), format!("policy {name}"))
        }
        _ if input.has("RoleName") => on_role(cloud, call, operation),
        _ if input.has("UserName") => {
            let name = text(input, "UserName");
            let user = cloud.accounts.get(&call.scope.account).and_then(|account| account.users.get(name));
            let arn = user.map_or_else(|| iam_arn(call.scope, &format!("user/{name}")), |user| user.arn.clone());
            Need::shown_as(on(arn), format!("user {name}"))
        }
        _ => {
            let arn = text(input, "PolicyArn");
            Need::shown_as(on(arn.to_owned()), format!("policy {arn}"))
        }
    }
}

/// The action that makes a service's role (iam.md §2).
pub(super) fn create_service_linked_role(cloud: &Cloud, call: &Call<'_>, service: &str) -> Request {
    let arn = if service == SERVICE_PRINCIPAL {
        service_linked_role_arn(call.scope)
    } else {
        iam_arn(call.scope, &format!("role/aws-service-role/{service}/*"))
    };
    request(cloud, call, AwsService::Iam, "CreateServiceLinkedRole", arn).with("iam:AWSServiceName", service)
}

/// `task/aws-service-role/SERVICE/ROLE/ID` is about `role/aws-service-role/SERVICE/ROLE`.
fn role_of_task(call: &Call<'_>) -> String {
    let task = text(call.input, "DeletionTaskId");
    let role = task.strip_prefix("task").and_then(|rest| rest.rsplit_once('/')).map_or("/", |(role, _)| role);
    iam_arn(call.scope, &format!("role{role}"))
}

fn on_role(cloud: &Cloud, call: &Call<'_>, operation: &str) -> Need {
    let name = text(call.input, "RoleName");
    let role = cloud.accounts.get(&call.scope.account).and_then(|account| account.roles.get(name));
    let arn = role.map_or_else(|| iam_arn(call.scope, &format!("role/{name}")), |role| role.arn.clone());
    let mut request = request(cloud, call, AwsService::Iam, operation, arn);
    if matches!(operation, "AttachRolePolicy" | "DetachRolePolicy") {
        request = request.with("iam:PolicyARN", text(call.input, "PolicyArn"));
    }
    let sent = call.input.get("PermissionsBoundary").as_text();
    let boundary = sent.or_else(|| role.and_then(|role| role.grants.boundary.as_deref()));
    Need::shown_as(with_boundary(request, boundary), format!("role {name}"))
}

fn with_boundary(request: Request, boundary: Option<&str>) -> Request {
    match boundary {
        Some(arn) => request.with("iam:PermissionsBoundary", arn),
        None => request,
    }
}
