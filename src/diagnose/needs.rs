//! The one table of the AWS calls that this controller makes, and of those that Application Auto Scaling tries with the
//! caller's permissions before it accepts a target or a policy.
//!
//! Owns which permissions are needed, on what and why. A call that `aws/` makes and this table lacks is a bug.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::desired::{DesiredPolicy, Presence, ServiceScaling};
use crate::model::arn::partition;
use crate::model::iam::{Request, requested_region_of_iam};
use crate::model::names::{AccountId, TargetKey};
use crate::model::role::{SLR_SERVICE, service_linked_role_arn};

/// How much the controller is to be allowed; each includes the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Privilege {
    /// `read-only`: plans and reports.
    ReadOnly,
    /// `reconcile`: writes; somebody else makes the service-linked role.
    Reconcile,
    /// `reconcile-slr`: makes the service-linked role too.
    ReconcileSlr,
}

impl Privilege {
    /// Every value, the least first.
    pub const ALL: &'static [Self] = &[Self::ReadOnly, Self::Reconcile, Self::ReconcileSlr];

    /// The value as the command line spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::Reconcile => "reconcile",
            Self::ReconcileSlr => "reconcile-slr",
        }
    }
}

/// What only some objects use, and so only some need the calls of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// A load balancer's metric without a resource label, which is looked up.
    TargetGroups,
    /// Scheduled actions: they are put.
    Schedules,
    /// `state: Absent`, or prune: the scalable target goes.
    Removal,
    /// The services of a cluster are counted that have no scaling: no object needs it.
    Coverage,
    /// Metric data are read, to simulate with: a person does that, and no object needs it.
    Simulation,
}

impl Feature {
    /// Every value.
    pub const ALL: &'static [Self] =
        &[Self::TargetGroups, Self::Schedules, Self::Removal, Self::Coverage, Self::Simulation];

    /// What an object uses.
    pub fn of(object: &ServiceScaling) -> Features {
        let of_policy = |policy: &DesiredPolicy| policy.config.lacks_label().then_some(Self::TargetGroups);
        let schedules = (!object.schedules.is_empty()).then_some(Self::Schedules);
        let removal = (object.presence == Presence::Absent).then_some(Self::Removal);
        object.policies.iter().filter_map(of_policy).chain(schedules).chain(removal).collect()
    }

    /// Whether a person's command needs it, and no object.
    pub fn is_of_person(self) -> bool {
        matches!(self, Self::Coverage | Self::Simulation)
    }

    /// All that objects can use, for whoever does not know them.
    pub fn all() -> Features {
        Self::ALL.iter().copied().filter(|feature| !feature.is_of_person()).collect()
    }
}

/// What an object uses, or several.
pub type Features = BTreeSet<Feature>;

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// This controller.
    Controller,
    /// Application Auto Scaling alone, as this controller: the permission is checked and nothing is done with it.
    Probe,
}

/// What a call is made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// `*`: the action knows no resources.
    Everything,
    /// The scalable targets of the region: an id is not known before the first call.
    Targets,
    /// The services of the cluster: which of them is probed for, AWS does not say.
    ClusterServices,
    /// The alarms of the region: a probe names none, which only a scope of all names satisfies.
    Alarms,
    /// The service-linked role.
    ServiceLinkedRole,
}

/// The condition keys that a call carries, beside the global ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keys {
    /// None.
    Global,
    /// `application-autoscaling:service-namespace` and `…:scalable-dimension`.
    Namespace,
    /// `ecs:cluster`.
    Cluster,
    /// `iam:AWSServiceName`.
    ServiceName,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The IAM action.
    pub action: &'static str,
    /// On what.
    pub on: On,
    /// With which condition keys.
    pub keys: Keys,
    /// By whom.
    pub caller: Caller,
    /// The least privilege that needs it.
    pub privilege: Privilege,
    /// Which feature needs it; `None`: every object.
    pub feature: Option<Feature>,
    /// Why, for a person who is asked to grant it.
    pub why: &'static str,
}

const fn read(action: &'static str, on: On, keys: Keys, why: &'static str) -> Call {
    Call { action, on, keys, caller: Caller::Controller, privilege: Privilege::ReadOnly, feature: None, why }
}

const fn write(action: &'static str, on: On, keys: Keys, why: &'static str) -> Call {
    Call { action, on, keys, caller: Caller::Controller, privilege: Privilege::Reconcile, feature: None, why }
}

const fn probe(action: &'static str, on: On, keys: Keys, why: &'static str) -> Call {
    Call { action, on, keys, caller: Caller::Probe, privilege: Privilege::Reconcile, feature: None, why }
}

impl Call {
    const fn only_with(self, feature: Feature) -> Self {
        Self { feature: Some(feature), ..self }
    }
}

/// Every call, reads first. `sts:GetCallerIdentity` needs no permission and cannot be denied.
pub const CALLS: &[Call] = &[
    read("application-autoscaling:DescribeScalableTargets", On::Everything, Keys::Global, "reads the scalable targets"),
    read("application-autoscaling:DescribeScalingPolicies", On::Everything, Keys::Global, "reads the scaling policies"),
    read(
        "application-autoscaling:DescribeScheduledActions",
        On::Everything,
        Keys::Global,
        "reads the scheduled actions",
    ),
    read(
        "application-autoscaling:DescribeScalingActivities",
        On::Everything,
        Keys::Global,
        "reads why a service was scaled, or was not, and what scheduled actions did to min and max",
    ),
    read("application-autoscaling:ListTagsForResource", On::Targets, Keys::Global, "reads who owns a scalable target"),
    read("ecs:DescribeServices", On::ClusterServices, Keys::Cluster, "reads the services; probed for as well"),
    read("cloudwatch:DescribeAlarms", On::Alarms, Keys::Global, "reads the alarms; probed for as well"),
    read("cloudwatch:ListTagsForResource", On::Alarms, Keys::Global, "reads who owns an alarm"),
    read(
        "elasticloadbalancing:DescribeTargetGroups",
        On::Everything,
        Keys::Global,
        "finds the load balancer of a service's target group",
    )
    .only_with(Feature::TargetGroups),
    read("ecs:ListClusters", On::Everything, Keys::Global, "finds the clusters whose services are counted")
        .only_with(Feature::Coverage),
    read("ecs:ListServices", On::Everything, Keys::Cluster, "finds the services that have no scaling")
        .only_with(Feature::Coverage),
    read("cloudwatch:GetMetricData", On::Everything, Keys::Global, "reads the metric data that simulate plays over")
        .only_with(Feature::Simulation),
    read("iam:GetRole", On::ServiceLinkedRole, Keys::Global, "sees whether the service-linked role exists"),
    write("application-autoscaling:RegisterScalableTarget", On::Targets, Keys::Namespace, "writes the scalable target"),
    write("application-autoscaling:PutScalingPolicy", On::Targets, Keys::Namespace, "writes the scaling policies"),
    write(
        "application-autoscaling:DeleteScalingPolicy",
        On::Targets,
        Keys::Namespace,
        "removes the policies that an object no longer holds",
    ),
    write("application-autoscaling:PutScheduledAction", On::Targets, Keys::Namespace, "writes the scheduled actions")
        .only_with(Feature::Schedules),
    write(
        "application-autoscaling:DeleteScheduledAction",
        On::Targets,
        Keys::Namespace,
        "removes the scheduled actions that an object no longer holds",
    ),
    write(
        "application-autoscaling:DeregisterScalableTarget",
        On::Targets,
        Keys::Namespace,
        "removes the scalable target of what is to be absent",
    )
    .only_with(Feature::Removal),
    write("application-autoscaling:TagResource", On::Targets, Keys::Global, "marks a scalable target as owned"),
    write("application-autoscaling:UntagResource", On::Targets, Keys::Global, "removes marks that are out of date"),
    write("cloudwatch:PutMetricAlarm", On::Alarms, Keys::Global, "writes the alarms; probed for as well"),
    write("cloudwatch:DeleteAlarms", On::Alarms, Keys::Global, "removes alarms; probed for as well"),
    write("cloudwatch:TagResource", On::Alarms, Keys::Global, "marks an alarm as owned"),
    probe(
        "ecs:UpdateService",
        On::ClusterServices,
        Keys::Cluster,
        "Application Auto Scaling requires it of its caller",
    ),
    Call {
        action: "iam:CreateServiceLinkedRole",
        on: On::ServiceLinkedRole,
        keys: Keys::ServiceName,
        caller: Caller::Controller,
        privilege: Privilege::ReconcileSlr,
        feature: None,
        why: "makes the service-linked role while it is absent",
    },
];

/// The calls that a privilege covers, for these features.
pub fn calls(privilege: Privilege, features: &Features) -> impl Iterator<Item = &'static Call> {
    let is_used = |call: &&Call| call.feature.is_none_or(|feature| features.contains(&feature));
    CALLS.iter().filter(move |call| call.privilege <= privilege).filter(is_used)
}

/// One permission that an object needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The row of the table.
    pub call: &'static Call,
    /// The resource, as a policy names it.
    pub resource: String,
    /// The condition keys of the request and their values.
    pub context: BTreeMap<String, String>,
}

impl Need {
    /// The request that the principal's policies must allow. What is not known of its context stays unknown.
    pub fn request(&self) -> Request {
        let mut request = Request::new(self.call.action, self.resource.as_str());
        for (key, value) in &self.context {
            request = request.with(key.as_str(), value.as_str());
        }
        request = without_absent_keys(request);
        if self.call.caller == Caller::Probe { request.forwarded() } else { request }
    }
}

/// Says of the keys that such a request never carries that they are absent, where the request does not hold them: a
/// condition on one never holds.
pub fn without_absent_keys(mut request: Request) -> Request {
    let absent: &[&str] = match request.action.to_ascii_lowercase().as_str() {
        "application-autoscaling:describescalabletargets"
        | "application-autoscaling:describescalingpolicies"
        | "application-autoscaling:describescheduledactions"
        | "application-autoscaling:describescalingactivities"
        | "application-autoscaling:listtagsforresource"
        | "application-autoscaling:tagresource"
        | "application-autoscaling:untagresource" => {
            &["application-autoscaling:service-namespace", "application-autoscaling:scalable-dimension"]
        }
        // A service-linked role cannot have a permissions boundary.
        "iam:createservicelinkedrole" => &["iam:PermissionsBoundary"],
        _ => &[],
    };
    for key in absent {
        if !request.knows(key) {
            request = request.without(*key);
        }
    }
    request
}

/// Everything that an object that uses these features needs, in the order of the table.
pub fn needs(key: &TargetKey, privilege: Privilege, features: &Features) -> Vec<Need> {
    calls(privilege, features)
        .map(|call| Need { call, resource: resource(call.on, key), context: context(call, key) })
        .collect()
}

/// The need behind an action of an object: what a denial, which may name less, is looked up by.
pub fn need(key: &TargetKey, action: &str) -> Option<Need> {
    needs(key, Privilege::ReconcileSlr, &Feature::ALL.iter().copied().collect())
        .into_iter()
        .find(|need| need.call.action.eq_ignore_ascii_case(action))
}

/// The resource of a call for an object, as a policy names it.
pub fn resource(on: On, key: &TargetKey) -> String {
    let scope = &key.scope;
    let in_region = |service: &str, rest: String| {
        format!("arn:{}:{service}:{}:{}:{rest}", partition(&scope.region), scope.region, scope.account)
    };
    match on {
        On::Everything => "*".to_owned(),
        On::Targets => in_region("application-autoscaling", "scalable-target/*".to_owned()),
        On::ClusterServices => in_region("ecs", format!("service/{}/*", key.service.cluster)),
        On::Alarms => in_region("cloudwatch", "alarm:*".to_owned()),
        On::ServiceLinkedRole => service_linked_role_arn(&scope.account, &scope.region),
    }
}

/// The condition keys that belong to the call's service, and their values.
pub fn service_keys(keys: Keys, key: &TargetKey) -> BTreeMap<String, String> {
    let scope = &key.scope;
    let pairs = match keys {
        Keys::Global => vec![],
        Keys::Namespace => vec![
            ("application-autoscaling:service-namespace", "ecs".to_owned()),
            ("application-autoscaling:scalable-dimension", "ecs:service:DesiredCount".to_owned()),
        ],
        Keys::Cluster => {
            let (region, account, cluster) = (&scope.region, &scope.account, &key.service.cluster);
            vec![("ecs:cluster", format!("arn:{}:ecs:{region}:{account}:cluster/{cluster}", partition(region)))]
        }
        Keys::ServiceName => vec![("iam:AWSServiceName", SLR_SERVICE.to_owned())],
    };
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The resource that an action of the table is needed on, for an object.
pub fn resource_of(key: &TargetKey, action: &str) -> Option<String> {
    CALLS.iter().find(|call| call.action.eq_ignore_ascii_case(action)).map(|call| resource(call.on, key))
}

fn context(call: &Call, key: &TargetKey) -> BTreeMap<String, String> {
    let mut context = service_keys(call.keys, key);
    let region = &key.scope.region;
    let requested = if call.action.starts_with("iam:") {
        requested_region_of_iam(partition(region)) // E-07
    } else {
        region.as_str()
    };
    for (key, value) in [
        ("aws:RequestedRegion", requested),
        ("aws:PrincipalAccount", key.scope.account.as_str()),
        ("aws:SecureTransport", "true"),
        // A role's session without a person behind it.
        ("aws:MultiFactorAuthPresent", "false"),
        ("aws:ViaAWSService", "false"),
    ] {
        context.insert(key.to_owned(), value.to_owned());
    }
    context
}

/// The targets of one account.
pub(super) fn of_account<'a>(
    keys: &'a BTreeSet<TargetKey>,
    account: &'a AccountId,
) -> impl Iterator<Item = &'a TargetKey> {
    keys.iter().filter(move |key| key.scope.account == *account)
}
