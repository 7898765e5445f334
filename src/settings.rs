//! Settings: what flags and environment variables say, converted once into values that cannot be wrong.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use jiff::SignedDuration;

use crate::api::desired::Mode;
use crate::controller::{Prune, RolePolicy};
use crate::plan::OwnerId;
use crate::source::location::Location;

/// Which files hold the objects.
#[derive(Clone, Debug, Args)]
pub struct ConfigArgs {
    /// Directory with the objects' YAML files, one file, or s3://BUCKET/PREFIX
    #[arg(long, env = "ECS_SCALING_CONFIG", value_name = "PATH", value_parser = location())]
    pub config: Location,
}

/// How a location is read from the command line.
pub fn location() -> impl clap::builder::TypedValueParser<Value = Location> {
    OsStringValueParser::new().try_map(Location::parse)
}

/// Who we are, and what we may do.
#[derive(Clone, Debug, Args)]
pub struct OwnerArgs {
    /// Owner id: resources tagged with it are this controller's own
    #[arg(long, env = "ECS_SCALING_OWNER", value_name = "ID", value_parser = OwnerId::parse)]
    pub owner: OwnerId,

    /// Region for objects that name none [default: the environment's or the profile's]
    #[arg(long, env = "ECS_SCALING_REGION", value_name = "REGION")]
    pub region: Option<String>,

    /// What is done while Application Auto Scaling's service-linked role is absent
    #[arg(long, env = "ECS_SCALING_SERVICE_LINKED_ROLE", value_enum, default_value_t = RoleArg::Create)]
    pub service_linked_role: RoleArg,

    /// Requests a second to each AWS service in each account and region
    #[arg(long, env = "ECS_SCALING_REQUESTS_PER_SECOND", value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub requests_per_second: u32,
}

/// What becomes of what is ours and in no file any more.
#[derive(Clone, Debug, Args)]
pub struct PruneArgs {
    /// Remove what this owner made for objects that are in no file any more
    #[arg(long, env = "ECS_SCALING_PRUNE")]
    pub prune: bool,

    /// Objects that may be pruned at once in each account and region [default: a fifth of them, and one at least]
    #[arg(long, env = "ECS_SCALING_PRUNE_LIMIT_OBJECTS", value_name = "N", requires = "prune")]
    pub prune_limit_objects: Option<usize>,
}

impl PruneArgs {
    /// How prune is done, if at all.
    pub fn prune(&self) -> Option<Prune> {
        self.prune.then_some(Prune { limit: self.prune_limit_objects })
    }
}

/// The loop.
#[derive(Clone, Debug, Args)]
pub struct LoopArgs {
    /// From one sweep to the next
    #[arg(long, env = "ECS_SCALING_INTERVAL", value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub interval: Duration,

    /// Apply writes; Observe plans and reports, and never writes
    #[arg(long, env = "ECS_SCALING_MODE", value_name = "Apply|Observe", value_enum, default_value_t = ModeArg::Apply,
          hide_possible_values = true)]
    pub mode: ModeArg,

    /// Short for --mode Observe
    #[arg(long, conflicts_with = "mode")]
    pub dry_run: bool,

    /// Objects that may be changed between two sweeps, in each account and region
    #[arg(long, env = "ECS_SCALING_MAX_CHANGES", value_name = "N", default_value_t = 50)]
    pub max_changes: usize,

    /// Count the services of the objects' clusters by how they are covered; needs ecs:ListServices
    #[arg(long, env = "ECS_SCALING_COVERAGE")]
    pub coverage: bool,

    /// Longest time between two looks at the source, where no notification comes
    #[arg(long, env = "ECS_SCALING_POLL", value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub poll: Duration,
}

impl LoopArgs {
    /// The process's mode.
    pub fn mode(&self) -> Mode {
        if self.dry_run { Mode::Observe } else { self.mode.into() }
    }
}

/// Where the HTTP server is.
#[derive(Clone, Debug, Args)]
pub struct AddressArgs {
    /// Address of metrics, health and API
    #[arg(long, env = "ECS_SCALING_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

/// The HTTP server.
#[derive(Clone, Debug, Args)]
pub struct ListenArgs {
    /// Its address.
    #[command(flatten)]
    pub address: AddressArgs,

    /// File with the token that the API asks for; needed off loopback
    #[arg(long, env = "ECS_SCALING_API_TOKEN_FILE", value_name = "FILE")]
    pub api_token_file: Option<PathBuf>,
}

/// `mode`, as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// Plans are carried out
    #[value(name = "Apply")]
    Apply,
    /// Plans are made and reported, nothing is written
    #[value(name = "Observe")]
    Observe,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Apply => Self::Apply,
            ModeArg::Observe => Self::Observe,
        }
    }
}

/// `--service-linked-role`, as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// The controller makes it
    Create,
    /// Nothing is written until somebody has made it
    Require,
}

impl From<RoleArg> for RolePolicy {
    fn from(arg: RoleArg) -> Self {
        match arg {
            RoleArg::Create => Self::Create,
            RoleArg::Require => Self::Require,
        }
    }
}

/// A duration such as `60s` or `5m`, of at least a second and at most a day.
fn duration(text: &str) -> Result<Duration, String> {
    let unit = "write it with its unit, such as 60s, 5m or 1h";
    let parsed: SignedDuration = text.parse().map_err(|_| unit.to_owned())?;
    let range = SignedDuration::from_secs(1)..=SignedDuration::from_hours(24);
    if range.contains(&parsed) { Ok(parsed.unsigned_abs()) } else { Err("from 1s to 24h".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_and_bounds() {
        assert_eq!(duration("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for bad in ["60", "0s", "25h", "-5s", "soon"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
