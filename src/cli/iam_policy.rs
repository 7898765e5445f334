//! `iam-policy`: the least privilege that the objects need.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{Done, objects, terminal};
use crate::api::desired::{Desired, ServiceScaling};
use crate::diagnose::least_privilege::{documents, own_policy_statements, source_statements, statements};
use crate::diagnose::needs::{Feature, Features, Privilege};
use crate::model::arn::partition;
use crate::model::names::{AccountId, AccountName, Region, ScopeId, ServiceId, TargetKey};
use crate::settings::location;
use crate::source::location::{Location, S3Prefix};

#[derive(Debug, Args)]
pub(super) struct IamPolicyArgs {
    /// How much the controller is to be allowed
    #[arg(long, value_enum)]
    mode: PrivilegeArg,
    /// Directory with the objects, one file, or s3://BUCKET/PREFIX, which the policy lets be read; without it the policy
    /// covers every cluster of every region
    #[arg(long, env = "ECS_SCALING_CONFIG", value_name = "PATH", value_parser = location())]
    config: Option<Location>,
    /// The AwsAccount whose policy is printed, where there are several
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// The account's id, where no AwsAccount says it
    #[arg(long, value_name = "ID", default_value = "*")]
    account_id: String,
    /// The region, where neither object nor AwsAccount says it
    #[arg(long, env = "ECS_SCALING_REGION", value_name = "REGION", default_value = "*")]
    region: String,
    /// The ARN of the role that the policy is for, where no AwsAccount says it
    #[arg(long, value_name = "ARN", value_parser = role_arn)]
    role_arn: Option<String>,
    /// Let the role read and simulate its own policies, so that a denial names the edit that ends it [default]
    #[arg(long, overrides_with = "no_explain_denials")]
    explain_denials: bool,
    /// Leave that out: a denial is told as AWS tells it
    #[arg(long, overrides_with = "explain_denials")]
    no_explain_denials: bool,
    /// With what prune calls besides, where no object says `state: Absent`
    #[arg(long)]
    prune: bool,
    /// With what `coverage` asks for besides: the lists of clusters and services
    #[arg(long)]
    coverage: bool,
    /// With what `simulate --last` asks for besides: metric data
    #[arg(long)]
    simulate: bool,
}

/// An ARN that the statements about the role itself can be scoped to.
fn role_arn(text: &str) -> Result<String, &'static str> {
    match own_policy_statements(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("write the role's ARN, arn:PARTITION:iam::ACCOUNT:role/PATH/NAME"),
    }
}

/// What a policy is printed for.
struct Asked {
    account: AccountId,
    keys: BTreeSet<TargetKey>,
    /// Where the objects come from, if it is this role that reads them from S3.
    source: Option<S3Prefix>,
    /// What their objects use.
    features: Features,
    /// The roles that this one assumes.
    assumed: Vec<String>,
    /// The role itself, where it is known.
    role: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PrivilegeArg {
    /// Plans and reports
    ReadOnly,
    /// Writes; somebody else makes the service-linked role
    Reconcile,
    /// Makes the service-linked role too
    ReconcileSlr,
}

impl From<PrivilegeArg> for Privilege {
    fn from(arg: PrivilegeArg) -> Self {
        match arg {
            PrivilegeArg::ReadOnly => Self::ReadOnly,
            PrivilegeArg::Reconcile => Self::Reconcile,
            PrivilegeArg::ReconcileSlr => Self::ReconcileSlr,
        }
    }
}

/// Said where the role is not known.
const LEFT_OUT: &str = "left out: what lets the role read its own policies, so that a denial names the edit that ends it. \
                        Give its ARN with --role-arn, or --no-explain-denials to do without.\n";

pub(super) async fn run(args: IamPolicyArgs) -> Result<Done> {
    let Asked { account, keys, source, features, assumed, role } = match &args.config {
        None => everything(&args),
        Some(location) => {
            let loaded = objects::read(location, None).await?;
            of_objects(&args, &loaded.desired, location)?
        }
    };
    let mut features = features;
    if args.prune {
        features.insert(Feature::Removal);
    }
    if args.coverage {
        features.insert(Feature::Coverage);
    }
    if args.simulate {
        features.insert(Feature::Simulation);
    }
    let mut all = statements(&account, &keys, &features, args.mode.into());
    if !args.no_explain_denials {
        match role.as_deref().and_then(own_policy_statements) {
            Some(own) => all.extend(own),
            None => terminal::complain(LEFT_OUT),
        }
    }
    if let Some(prefix) = source {
        let region = Region::new(args.region.as_str());
        all.extend(source_statements(partition(&region), prefix.bucket(), prefix.prefix()));
    }
    if !assumed.is_empty() {
        all.push(json!({"Sid": "AssumeRoles", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": assumed}));
    }
    let documents = documents(all);
    match documents.as_slice() {
        [one] => terminal::print(&super::json(one)?)?,
        several => {
            terminal::complain(&format!(
                "{} documents, since one would be larger than a policy may be\n",
                several.len()
            ));
            terminal::print(&super::json(&Value::from(several.to_vec()))?)?;
        }
    }
    Ok(Done::Well)
}

/// Without objects: every service of every cluster, but nothing beyond scaling.
fn everything(args: &IamPolicyArgs) -> Asked {
    let account = AccountId::new(args.account_id.as_str());
    let scope = ScopeId { account: account.clone(), region: Region::new(args.region.as_str()) };
    let keys = BTreeSet::from([TargetKey { scope, service: ServiceId::new("*", "*") }]);
    Asked { account, keys, source: None, features: Feature::all(), assumed: Vec::new(), role: args.role_arn.clone() }
}

/// What the objects of one account need; for the controller's own account also the roles that it assumes.
fn of_objects(args: &IamPolicyArgs, desired: &Desired, location: &Location) -> Result<Asked> {
    let mut by_account: BTreeMap<&AccountName, Vec<&ServiceScaling>> = BTreeMap::new();
    for object in desired.services.values() {
        by_account.entry(&object.account).or_default().push(object);
    }
    let names: Vec<&str> = by_account.keys().map(|name| name.as_str()).collect();
    let name = match (&args.account, names.as_slice()) {
        (Some(name), _) => AccountName::new(name.as_str()),
        (None, [only]) => AccountName::new(*only),
        (None, several) => {
            bail!("the objects live in several accounts; choose one with --account: {}", several.join(", "))
        }
    };
    let own = AccountName::default_account();
    let spec = desired.accounts.get(&name);
    if spec.is_none() && !by_account.contains_key(&name) && name != own {
        bail!("there is no account {name}; there are: {}", names.join(", "));
    }
    let account =
        spec.and_then(|spec| spec.account_id.clone()).unwrap_or_else(|| AccountId::new(args.account_id.as_str()));
    let region = |object: &ServiceScaling| {
        let only = spec.and_then(|spec| spec.regions.first()).cloned();
        object.region.clone().or(only).unwrap_or_else(|| Region::new(args.region.as_str()))
    };
    let objects = by_account.get(&name).map(Vec::as_slice).unwrap_or_default();
    let key = |object: &&ServiceScaling| TargetKey {
        scope: ScopeId { account: account.clone(), region: region(object) },
        service: object.service.clone(),
    };
    let keys = objects.iter().map(key).collect();
    let assumes = spec.is_none_or(|spec| spec.role_arn.is_none());
    let roles = desired.accounts.values().filter_map(|account| account.role_arn.clone());
    let features = objects.iter().flat_map(|object| Feature::of(object)).collect();
    let assumed = if assumes { roles.collect() } else { Vec::new() };
    let role = args.role_arn.clone().or_else(|| spec.and_then(|spec| spec.role_arn.clone()));
    let source = match location {
        Location::S3(prefix) if assumes => Some(prefix.clone()), // read by the controller's own credentials alone
        _ => None,
    };
    Ok(Asked { account, keys, source, features, assumed, role })
}
