//! Where credentials come from, and how getting them failed, as values.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One source of credentials. It holds no secret: a file's path and a profile's name, never what is in them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CredentialSource {
    /// Keys in environment variables.
    Environment,
    /// A profile of the shared configuration files, by name.
    Profile(String),
    /// A web identity token, with which a role is assumed.
    WebIdentity {
        /// The token's file.
        token_file: String,
        /// The role; none where the environment names none.
        role_arn: Option<String>,
    },
    /// An HTTP endpoint of the container's: ECS task credentials, EKS Pod Identity.
    Container {
        /// Its URL, without user and query.
        url: String,
        /// The file of its authorization token.
        token_file: Option<String>,
    },
    /// The instance's metadata, where nothing else is configured.
    Instance,
    /// A role, assumed with other credentials.
    Role {
        /// The role.
        role_arn: String,
        /// What it is assumed with.
        by: Box<CredentialSource>,
    },
    /// Handed in by the program.
    Fixed,
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
            Self::Profile(name) => write!(f, "profile \"{name}\""),
            Self::WebIdentity { token_file, role_arn } => {
                write!(f, "web identity token file {token_file}")?;
                role_arn.as_ref().map_or(Ok(()), |role| write!(f, " for role {role}"))
            }
            Self::Container { url, token_file } => {
                write!(f, "container credentials at {url}")?;
                token_file.as_ref().map_or(Ok(()), |file| write!(f, " with authorization token file {file}"))
            }
            Self::Instance => f.write_str("instance metadata, as nothing else is configured"),
            Self::Role { role_arn, by } => write!(f, "role {role_arn}, assumed with {by}"),
            Self::Fixed => f.write_str("fixed credentials"),
        }
    }
}

/// How getting credentials failed, beside the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CredentialFault {
    /// The source that failed: of a chain, the first link that did. None where it cannot be told.
    pub source: Option<CredentialSource>,
    /// What AWS refused, where it was AWS.
    pub refused: Option<Refused>,
}

/// A call for credentials that AWS refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refused {
    /// The operation of STS.
    pub operation: String,
    /// AWS's code.
    pub code: String,
}
