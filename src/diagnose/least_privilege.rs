//! The least privilege that a set of targets needs, as policy documents within IAM's size limits.
//!
//! Made from the table of [`needs`](super::needs) alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::needs::{Call, Features, Keys, On, Privilege, calls, of_account, resource, service_keys};
use crate::model::arn::Arn;
use crate::model::names::{AccountId, TargetKey};

/// Characters that a managed policy may have, white space not counted.
pub const MAX_POLICY: usize = 6144;

/// What is read of the controller's own role, once for an account and not for each object.
pub const OF_OWN_ROLE: &[&str] = &[
    "iam:GetRole",
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:SimulatePrincipalPolicy",
];

/// What is read of the policies attached to it.
pub const OF_POLICIES: &[&str] = &["iam:GetPolicy", "iam:GetPolicyVersion"];

/// Characters of resources that one statement may have, so that a few of them fit a policy.
const MAX_RESOURCES: usize = 4096;

/// Statements as policy documents: one, or several where one would be too large.
pub fn documents(statements: Vec<Value>) -> Vec<Value> {
    let mut documents: Vec<Vec<Value>> = Vec::new();
    for statement in statements {
        let fits = |last: &Vec<Value>| {
            size(&document(&[last.as_slice(), std::slice::from_ref(&statement)].concat())) <= MAX_POLICY
        };
        match documents.last_mut().filter(|last| fits(last)) {
            Some(last) => last.push(statement),
            None => documents.push(vec![statement]),
        }
    }
    documents.iter().map(|statements| document(statements)).collect()
}

/// What a role needs to read its own policies and to simulate them, so that a denial can be explained; nothing else needs
/// it. `None` for an ARN that is no role's.
pub fn own_policy_statements(role_arn: &str) -> Option<Vec<Value>> {
    let Arn { partition, service, account, resource, .. } = Arn::parse(role_arn)?;
    (service == "iam" && resource.starts_with("role/")).then(|| {
        vec![
            json!({"Sid": "ReadOwnRole", "Effect": "Allow", "Action": OF_OWN_ROLE, "Resource": role_arn}),
            json!({"Sid": "ReadPolicies", "Effect": "Allow", "Action": OF_POLICIES, "Resource": [
                format!("arn:{partition}:iam::{account}:policy/*"),
                format!("arn:{partition}:iam::aws:policy/*"),
            ]}),
        ]
    })
}

/// What reading the objects from S3 needs: listing the prefix, and reading below it. The prefix is empty, or ends in a
/// slash.
pub fn source_statements(partition: &str, bucket: &str, prefix: &str) -> Vec<Value> {
    let mut list = json!({"Sid": "ListObjects", "Effect": "Allow", "Action": ["s3:ListBucket"],
        "Resource": [format!("arn:{partition}:s3:::{bucket}")]});
    if let (false, Value::Object(fields)) = (prefix.is_empty(), &mut list) {
        fields.insert("Condition".to_owned(), json!({"StringEquals": {"s3:prefix": prefix}}));
    }
    let read = json!({"Sid": "ReadObjects", "Effect": "Allow", "Action": ["s3:GetObject"],
        "Resource": [format!("arn:{partition}:s3:::{bucket}/{prefix}*")]});
    vec![list, read]
}

fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn size(value: &Value) -> usize {
    value.to_string().chars().filter(|c| !c.is_whitespace()).count()
}

/// The statements for one account's targets: one for each kind of resource and condition.
pub fn statements(
    account: &AccountId,
    keys: &BTreeSet<TargetKey>,
    features: &Features,
    privilege: Privilege,
) -> Vec<Value> {
    let targets: Vec<&TargetKey> = of_account(keys, account).collect();
    let mut groups: BTreeMap<(On, Keys), Vec<&'static Call>> = BTreeMap::new();
    for call in calls(privilege, features) {
        // Services are told apart by their ARNs, which hold the cluster: no condition is needed beside them.
        let condition = if call.keys == Keys::Cluster { Keys::Global } else { call.keys };
        groups.entry((call.on, condition)).or_default().push(call);
    }
    groups.into_iter().flat_map(|((on, keys), calls)| group(on, keys, &calls, &targets)).collect()
}

fn group(on: On, keys: Keys, calls: &[&'static Call], targets: &[&TargetKey]) -> Vec<Value> {
    let mut resources: BTreeSet<String> = targets.iter().map(|key| resource(on, key)).collect();
    if (on, keys) == (On::ServiceLinkedRole, Keys::Global) {
        // While the role is absent IAM knows no path of it, and judges by the bare name: it could not be seen to be absent.
        let bare: Vec<String> = resources.iter().filter_map(|arn| without_path(arn)).collect();
        resources.extend(bare);
    }
    let condition = targets.first().map(|key| service_keys(keys, key)).filter(|pairs| !pairs.is_empty());
    let actions: Vec<&str> = calls.iter().map(|call| call.action).collect();
    let chunks = chunks(resources);
    let is_split = chunks.len() > 1;
    let statement = |(i, resources): (usize, Vec<String>)| {
        let number = if is_split { (i + 1).to_string() } else { String::new() };
        let mut statement = json!({
            "Sid": format!("{}{number}", sid(on, keys)),
            "Effect": "Allow",
            "Action": actions,
            "Resource": resources,
        });
        if let (Some(pairs), Value::Object(fields)) = (&condition, &mut statement) {
            fields.insert("Condition".to_owned(), json!({"StringEquals": pairs}));
        }
        statement
    };
    chunks.into_iter().enumerate().map(statement).collect()
}

/// A role's ARN with its name alone.
fn without_path(arn: &str) -> Option<String> {
    let (before, role) = arn.split_once(":role/")?;
    Some(format!("{before}:role/{}", role.rsplit('/').next()?))
}

fn sid(on: On, keys: Keys) -> &'static str {
    match (on, keys) {
        (On::Everything, _) => "DescribeScaling",
        (On::Targets, Keys::Namespace) => "ScaleEcsServices",
        (On::Targets, _) => "TagScalableTargets",
        (On::ClusterServices, _) => "Services",
        (On::Alarms, _) => "Alarms",
        (On::ServiceLinkedRole, Keys::ServiceName) => "CreateServiceLinkedRole",
        (On::ServiceLinkedRole, _) => "SeeServiceLinkedRole",
    }
}

/// Resources in lists that each fit a statement.
fn chunks(resources: BTreeSet<String>) -> Vec<Vec<String>> {
    let mut chunks: Vec<Vec<String>> = Vec::new();
    let mut length = usize::MAX;
    for resource in resources {
        length = length.saturating_add(resource.len() + 3);
        match chunks.last_mut() {
            Some(last) if length <= MAX_RESOURCES => last.push(resource),
            _ => {
                length = resource.len() + 3;
                chunks.push(vec![resource]);
            }
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::near_miss::{apply, find};
    use crate::diagnose::needs::{CALLS, Feature, needs};
    use crate::model::iam::{Decision, Document, NamedPolicy, PrincipalPolicies, Request, evaluate};
    use crate::model::names::{Region, ScopeId, ServiceId};
    use crate::model::role::SLR_SERVICE;

    fn key(region: &str, cluster: &str, service: &str) -> TargetKey {
        let scope = ScopeId { account: account(), region: Region::new(region) };
        TargetKey { scope, service: ServiceId::new(cluster, service) }
    }

    fn account() -> AccountId {
        AccountId::new("111122223333")
    }

    fn principal(documents: Vec<Value>) -> PrincipalPolicies {
        let named = |json| NamedPolicy::new("least", Document::from_json(json).unwrap());
        PrincipalPolicies { identity: documents.into_iter().map(named).collect(), boundary: None }
    }

    fn keys() -> BTreeSet<TargetKey> {
        [key("eu-west-1", "A", "api"), key("eu-west-1", "B", "api"), key("cn-north-1", "B", "web")].into()
    }

    #[test]
    fn a_source_in_s3_may_be_listed_and_read_below_its_prefix_and_nowhere_else() {
        let ask = |prefix: &str, action: &str, resource: &str, listed: Option<&str>| {
            let policies = principal(documents(source_statements("aws", "config-bucket", prefix)));
            let request = Request::new(action, resource);
            let request = listed.into_iter().fold(request, |request, listed| request.with("s3:prefix", listed));
            evaluate(&policies, &request).decision
        };
        let (bucket, yes, no) = ("arn:aws:s3:::config-bucket", Decision::Allowed, Decision::ImplicitDeny);
        let object = |key: &str| format!("{bucket}/{key}");
        assert_eq!(ask("prod/", "s3:ListBucket", bucket, Some("prod/")), yes);
        assert_eq!(ask("prod/", "s3:ListBucket", bucket, Some("")), no);
        assert_eq!(ask("prod/", "s3:ListBucket", bucket, Some("prod-old/")), no);
        assert_eq!(ask("prod/", "s3:ListBucket", "arn:aws:s3:::other", Some("prod/")), no);
        assert_eq!(ask("prod/", "s3:GetObject", &object("prod/a/b.yaml"), None), yes);
        assert_eq!(ask("prod/", "s3:GetObject", &object("prod-old/a.yaml"), None), no);
        for write in ["s3:PutObject", "s3:DeleteObject"] {
            assert_eq!(ask("prod/", write, &object("prod/a.yaml"), None), no);
        }
        assert_eq!(ask("", "s3:ListBucket", bucket, Some("")), yes);
        assert_eq!(ask("", "s3:GetObject", &object("a.yaml"), None), yes);
    }

    #[test]
    fn the_least_privilege_allows_what_is_needed_and_no_other_cluster() {
        for privilege in Privilege::ALL {
            let policies = principal(documents(statements(&account(), &keys(), &Feature::all(), *privilege)));
            for needed in keys().iter().flat_map(|key| needs(key, *privilege, &Feature::all())) {
                assert_eq!(evaluate(&policies, &needed.request()).decision, Decision::Allowed, "{needed:?}");
            }
            for needed in needs(&key("eu-west-1", "C", "api"), *privilege, &Feature::all())
                .iter()
                .filter(|n| n.call.on == On::ClusterServices)
            {
                assert_eq!(evaluate(&policies, &needed.request()).decision, Decision::ImplicitDeny, "{needed:?}");
            }
        }
    }

    #[test]
    fn a_lesser_privilege_allows_nothing_of_the_greater() {
        let policies = principal(documents(statements(&account(), &keys(), &Feature::all(), Privilege::ReadOnly)));
        for needed in needs(&key("eu-west-1", "A", "api"), Privilege::ReconcileSlr, &Feature::all()) {
            let is_allowed = evaluate(&policies, &needed.request()).decision == Decision::Allowed;
            assert_eq!(is_allowed, needed.call.privilege == Privilege::ReadOnly, "{needed:?}");
        }
    }

    // aws-load-balancer-controller#1961: it is asked for by a mode of its own, and for that one role.
    #[test]
    fn the_service_linked_role_is_asked_for_by_its_arn_and_its_service() {
        let without = statements(&account(), &keys(), &Feature::all(), Privilege::Reconcile);
        assert!(!json!(without).to_string().contains("CreateServiceLinkedRole"));
        let statement = statements(&account(), &keys(), &Feature::all(), Privilege::ReconcileSlr).pop().unwrap();
        let china = "arn:aws-cn:iam::111122223333:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/\
                     AWSServiceRoleForApplicationAutoScaling_ECSService";
        assert_eq!(statement["Action"], json!(["iam:CreateServiceLinkedRole"]));
        assert_eq!(statement["Resource"][0], china);
        assert_eq!(statement["Condition"], json!({"StringEquals": {"iam:AWSServiceName": SLR_SERVICE}}));
    }

    #[test]
    fn only_actions_without_resources_are_allowed_on_a_star() {
        for statement in statements(&account(), &keys(), &Feature::all(), Privilege::ReconcileSlr) {
            let is_star = statement["Resource"] == json!(["*"]);
            assert_eq!(is_star, statement["Sid"] == "DescribeScaling", "{statement}");
        }
    }

    #[test]
    fn a_large_fleet_is_split_within_iams_limits() {
        let keys: BTreeSet<_> = (0..400).map(|i| key("eu-west-1", &format!("cluster-{i:04}"), "api")).collect();
        let documents = documents(statements(&account(), &keys, &Feature::all(), Privilege::ReconcileSlr));
        assert!(documents.len() > 1 && documents.len() <= 10, "{}", documents.len());
        assert!(documents.iter().all(|document| size(document) <= MAX_POLICY));
        let policies = principal(documents);
        for key in keys.iter().step_by(40) {
            let needed = needs(key, Privilege::ReconcileSlr, &Feature::all());
            assert!(needed.iter().all(|n| evaluate(&policies, &n.request()).decision == Decision::Allowed));
        }
    }

    /// The whole policy, with one action denied in one way.
    fn broken(action: &str, way: &str) -> PrincipalPolicies {
        let mut statements = statements(&account(), &keys(), &Feature::all(), Privilege::ReconcileSlr);
        for statement in &mut statements {
            let actions = statement["Action"].as_array_mut().unwrap();
            if way != "explicit deny" && way != "boundary" {
                actions.retain(|allowed| allowed != action);
            }
        }
        statements.retain(|statement| statement["Action"] != json!([]));
        let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let extra = match way {
            "wrong resource" => Some(
                json!({"Effect": "Allow", "Action": action, "Resource": "arn:aws:ecs:eu-west-1:999999999999:service/x/y"}),
            ),
            "wrong condition" => Some(
                json!({"Effect": "Allow", "Action": action, "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "999999999999"}}}),
            ),
            "explicit deny" => Some(json!({"Effect": "Deny", "Action": action, "Resource": "*"})),
            _ => None,
        };
        statements.extend(extra);
        let mut policies = principal(vec![document(&statements)]);
        if way == "boundary" {
            let others = json!({"Effect": "Allow", "NotAction": action, "Resource": "*"});
            policies.boundary = Some(NamedPolicy::new("fence", Document::from_json(document(&[others])).unwrap()));
        } else {
            policies.boundary = Some(NamedPolicy::new("fence", Document::from_json(document(&[all])).unwrap()));
        }
        policies
    }

    #[test]
    fn each_needed_action_denied_in_each_way_is_mended_by_the_edit() {
        let ways = ["absent", "wrong resource", "wrong condition", "explicit deny", "boundary"];
        for needed in needs(&key("eu-west-1", "B", "api"), Privilege::ReconcileSlr, &Feature::all()) {
            for way in ways {
                let policies = broken(needed.call.action, way);
                let request = needed.request();
                assert_ne!(evaluate(&policies, &request).decision, Decision::Allowed, "{} {way}", request.action);
                let findings = find(&policies, &request, &[]);
                let mended = apply(&policies, &findings.remedy()).unwrap();
                assert_eq!(evaluate(&mended, &request).decision, Decision::Allowed, "{} {way}", request.action);
                let kind = findings.near_misses.first().map(|near| near.kind.id());
                match way {
                    "explicit deny" => assert_eq!(kind, Some("N-20")),
                    "boundary" => assert_eq!(kind, Some("N-21")),
                    "wrong condition" => assert_eq!(kind, Some("N-1"), "{}", request.action),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn a_condition_on_a_key_that_describing_never_carries_is_told() {
        let statement = json!({"Effect": "Allow", "Action": "application-autoscaling:*", "Resource": "*",
            "Condition": {"StringEquals": {"application-autoscaling:service-namespace": "ecs"}}});
        let policies = principal(vec![document(&[statement])]);
        for needed in needs(&key("eu-west-1", "A", "api"), Privilege::ReadOnly, &Feature::all()) {
            if needed.call.action.starts_with("application-autoscaling:") {
                assert_eq!(find(&policies, &needed.request(), &[]).near_misses[0].kind.id(), "N-5", "{needed:?}");
            }
        }
    }

    #[test]
    fn a_role_may_read_its_own_policies_and_no_others() {
        let role = "arn:aws-cn:iam::111122223333:role/ops/search-test-role";
        let policies = principal(documents(own_policy_statements(role).unwrap()));
        let decide = |action: &str, on: &str| evaluate(&policies, &Request::new(action, on)).decision;
        assert_eq!(decide("iam:SimulatePrincipalPolicy", role), Decision::Allowed);
        assert_eq!(decide("iam:GetPolicyVersion", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"), Decision::Allowed);
        assert_eq!(decide("iam:GetRolePolicy", "arn:aws-cn:iam::111122223333:role/other"), Decision::ImplicitDeny);
        assert_eq!(own_policy_statements("arn:aws:sts::111122223333:assumed-role/x/y"), None);
    }

    #[test]
    fn what_no_object_uses_is_not_asked_for() {
        let actions = |features: &Features| -> BTreeSet<String> {
            let statements = statements(&account(), &keys(), features, Privilege::ReconcileSlr);
            let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().cloned().unwrap());
            actions.map(|action| action.as_str().unwrap().to_owned()).collect()
        };
        let (some, all) = (actions(&Features::new()), actions(&Feature::all()));
        let more: Vec<&str> = all.difference(&some).map(String::as_str).collect();
        let of_features = [
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScheduledAction",
            "elasticloadbalancing:DescribeTargetGroups",
        ];
        assert_eq!(more, of_features);
    }

    #[test]
    fn no_action_stands_in_the_table_twice() {
        let actions: BTreeSet<&str> = CALLS.iter().map(|call| call.action).collect();
        assert_eq!(actions.len(), CALLS.len());
    }
}
