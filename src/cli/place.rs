//! Where to look: an account and its regions, for the commands that need no objects.

use anyhow::{Result, bail};
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::objects;
use crate::admission::{Admission, Call};
use crate::api::desired::{AwsAccount, Desired};
use crate::aws::{Aws, AwsOptions, Limits, Scope};
use crate::controller::assign::identity_region;
use crate::model::failure::Failure;
use crate::model::names::{AccountName, Region, ScopeId};
use crate::settings::location;
use crate::source::location::Location;
use crate::status::explain;

/// Where to look.
#[derive(Debug, Args)]
pub(super) struct PlaceArgs {
    /// Name of an AwsAccount of --config [default: the own credentials]
    #[arg(long, value_name = "NAME")]
    pub(super) account: Option<String>,
    /// Region [default: the account's, else the environment's or the profile's]
    #[arg(long, env = "ECS_SCALING_REGION", value_name = "REGION")]
    region: Option<String>,
    /// Objects, for their accounts
    #[arg(long, env = "ECS_SCALING_CONFIG", value_name = "PATH", value_parser = location())]
    config: Option<Location>,
    /// Requests a second to each AWS service
    #[arg(long, env = "ECS_SCALING_REQUESTS_PER_SECOND", value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    requests_per_second: u32,
}

impl PlaceArgs {
    /// The objects of `--config`; none without it.
    pub(super) async fn desired(&self) -> Result<Option<Desired>> {
        match &self.config {
            None => Ok(None),
            Some(location) => Ok(Some(objects::read_any(location, None).await?.desired)),
        }
    }

    /// AWS, as the flags say.
    pub(super) async fn connect(&self) -> Aws {
        let limits = Limits {
            per_second: self.requests_per_second,
            burst: self.requests_per_second.saturating_mul(2),
            ..Limits::default()
        };
        Aws::load(AwsOptions { region: self.region(), limits, ..AwsOptions::default() }).await
    }

    /// The region that was asked for.
    pub(super) fn region(&self) -> Option<Region> {
        self.region.as_deref().map(Region::new)
    }

    /// The account that was asked for; its object, where it has one.
    pub(super) fn account<'a>(&self, desired: Option<&'a Desired>) -> Result<(AccountName, Option<&'a AwsAccount>)> {
        let name = self.account.as_deref().map_or_else(AccountName::default_account, AccountName::new);
        let spec = desired.and_then(|desired| desired.accounts.get(&name));
        if spec.is_none() && name != AccountName::default_account() {
            match &self.config {
                None => bail!("--account {name} names an AwsAccount: say with --config where it stands"),
                Some(location) => bail!("there is no AwsAccount {name} in {location}"),
            }
        }
        Ok((name, spec))
    }
}

/// The regions of an account that are meant: the one asked for, else the account's, else the default one.
pub(super) fn regions(aws: &Aws, spec: Option<&AwsAccount>, asked: Option<Region>) -> Result<Vec<Region>> {
    let allowed = spec.map(|spec| spec.regions.as_slice()).unwrap_or_default();
    match asked {
        Some(region) if allowed.is_empty() || allowed.contains(&region) => Ok(vec![region]),
        Some(region) => bail!("the region {region} is not among spec.regions of the AwsAccount"),
        None if !allowed.is_empty() => Ok(allowed.to_vec()),
        None => match aws.default_region() {
            Some(region) => Ok(vec![region]),
            None => bail!("no region is known: give --region, or set AWS_REGION"),
        },
    }
}

/// A region of an account, once it is known whose the credentials are.
///
/// # Errors
/// Where that cannot be found out, or the credentials are of another account than the AwsAccount says.
pub(super) async fn reach(aws: &Aws, spec: Option<&AwsAccount>, region: &Region) -> Result<Scope> {
    let account = Box::pin(aws.account(spec)).await;
    let asked_in = identity_region(spec, Some(region)).unwrap_or_else(|| region.clone());
    let identity = match Box::pin(account.identity(&asked_in)).await {
        Ok(identity) => identity,
        Err(failure) => bail!("the credentials of {} cannot be used: {}", account.source(), sentence(&failure)),
    };
    if let Some(wanted) = spec.and_then(|spec| spec.account_id.as_ref()).filter(|id| **id != identity.account) {
        bail!("the credentials are of account {} ({}), not of {wanted}", identity.account, identity.arn);
    }
    let id = ScopeId { account: identity.account, region: region.clone() };
    Ok(account.scope(id, CancellationToken::new()))
}

/// A failure with what to do next.
pub(super) fn sentence(failure: &Failure) -> String {
    let explained = explain(failure);
    match explained.hint.is_empty() {
        true => explained.message,
        false => format!("{}\n    → {}", explained.message, explained.hint),
    }
}

/// A command that reads once asks for everything, and hears every answer itself.
pub(super) struct Once;

impl Admission for Once {
    fn denial(&self, _: Call<'_>) -> Option<Failure> {
        None
    }

    fn went_through(&self, _: Call<'_>) {}

    fn note(&self, _: &Failure, _: Call<'_>) {}
}
