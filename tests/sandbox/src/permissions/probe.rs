//! What Application Auto Scaling tries with the caller's permissions before it registers a target (S-015).

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::iam::Request;
use ecs_scaling::model::names::ServiceId;

use super::Permissions;
use super::context::request;
use super::iam_needs::create_service_linked_role;
use super::needs::{Need, on_service};
use crate::autoscaling::SERVICE_PRINCIPAL;
use crate::cloud::{Call, Cloud, regional_arn};
use crate::error::AwsError;
use crate::rules::Rule;

impl Permissions {
    /// Whether the caller has what registering a target asks of it. The service-linked role comes first and hides the
    /// rest (iam.md §1.2).
    ///
    /// # Errors
    /// The ValidationException that names what is missing, and neither who nor why (iam.md §1.1).
    pub(super) fn probe(&self, cloud: &Cloud, call: &Call<'_>, service: &ServiceId) -> Result<(), AwsError> {
        if !cloud.has_service_linked_role(&call.scope.account) {
            self.require(cloud, call, [create_service_linked_role(cloud, call, SERVICE_PRINCIPAL)])?;
        }
        let ecs = ["DescribeServices", "UpdateService"].map(|action| on_service(cloud, call, action, service));
        // The probe names no alarm, so that a policy scoped to a name's prefix does not match (iam.md §3).
        let no_alarm = regional_arn(call.scope, "cloudwatch", "alarm:");
        let cloudwatch = ["PutMetricAlarm", "DescribeAlarms", "DeleteAlarms"]
            .map(|action| request(cloud, call, AwsService::CloudWatch, action, &no_alarm));
        self.require(cloud, call, ecs.into_iter().chain(cloudwatch))
    }

    fn require(
        &self,
        cloud: &Cloud,
        call: &Call<'_>,
        requests: impl IntoIterator<Item = Request>,
    ) -> Result<(), AwsError> {
        // Sent on by a service, a request does not come from the caller's network (E-08).
        let needs = requests.into_iter().map(|request| Need::new(request.forwarded().complete()));
        let missing = needs.filter(|need| self.refusal(cloud, call, need).is_some());
        let missing: Vec<String> = missing.map(|need| need.request.action).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let text = format!("User is missing the following permissions: {}", missing.join(", "));
        Err(AwsError::validation(text).by(Rule::CallerIsAllowed))
    }
}
