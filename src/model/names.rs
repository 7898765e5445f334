//! Names and ids as types, so that a cluster cannot be passed where a service is meant.

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is; what users write is checked in `api::validate`.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

name!(/// Twelve digits.
    AccountId);
name!(/// A region, such as `ap-northeast-2`.
    Region);
name!(/// An ECS cluster's short name.
    ClusterName);
name!(/// An ECS service's short name.
    ServiceName);
name!(/// A scaling policy's name, unique on its target (S-099).
    PolicyName);
name!(/// An alarm's name, unique in its account and region (S-099).
    AlarmName);
name!(/// A scheduled action's name, unique on its target (S-039).
    ScheduledActionName);
name!(/// The name of an `AwsAccount` object; [`AccountName::default_account`] is the controller's own account.
    AccountName);

impl AccountName {
    /// The controller's own account, where no `AwsAccount` is named.
    pub fn default_account() -> Self {
        Self::new("default")
    }
}

/// A service within a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServiceId {
    /// The cluster's short name.
    pub cluster: ClusterName,
    /// The service's short name.
    pub service: ServiceName,
}

impl ServiceId {
    /// A service by its cluster and name.
    pub fn new(cluster: impl Into<String>, service: impl Into<String>) -> Self {
        Self { cluster: ClusterName::new(cluster), service: ServiceName::new(service) }
    }

    /// Application Auto Scaling's `ResourceId` (S-002).
    pub fn resource_id(&self) -> String {
        format!("service/{}/{}", self.cluster, self.service)
    }

    /// Reads a `ResourceId`; `None` for another namespace's form.
    pub fn from_resource_id(text: &str) -> Option<Self> {
        let (cluster, service) = text.strip_prefix("service/")?.split_once('/')?;
        (!cluster.is_empty() && !service.is_empty() && !service.contains('/')).then(|| Self::new(cluster, service))
    }
}

impl std::fmt::Display for ServiceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.cluster, self.service)
    }
}

/// One (account, region): what shares clients, rate limits and alarm names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopeId {
    /// The account's id.
    pub account: AccountId,
    /// The region.
    pub region: Region,
}

impl std::fmt::Display for ScopeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

/// What one `ServiceScaling` manages: the service, and the scope it lives in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TargetKey {
    /// The account and region.
    pub scope: ScopeId,
    /// The service there.
    pub service: ServiceId,
}

impl std::fmt::Display for TargetKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.scope, self.service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_id_is_read_back_as_it_was_written() {
        let id = ServiceId::new("B", "search-api");
        assert_eq!(id.resource_id(), "service/B/search-api");
        assert_eq!(ServiceId::from_resource_id("service/B/search-api"), Some(id));
        for other in ["table/x", "service/B", "service//x", "service/B/", "service/a/b/c"] {
            assert_eq!(ServiceId::from_resource_id(other), None, "{other}");
        }
    }
}
