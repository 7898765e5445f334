//! How a call to AWS failed, as a value.

use serde::{Deserialize, Serialize};

use super::aws_enum;
use super::credentials::CredentialFault;

aws_enum! {
    /// The AWS services that are called.
    AwsService { ApplicationAutoScaling, CloudWatch, Ecs, ElasticLoadBalancing, Iam, S3, Sts }
}

impl AwsService {
    /// The prefix of its actions in IAM policies.
    pub fn iam_prefix(self) -> &'static str {
        match self {
            Self::ApplicationAutoScaling => "application-autoscaling",
            Self::CloudWatch => "cloudwatch",
            Self::Ecs => "ecs",
            Self::ElasticLoadBalancing => "elasticloadbalancing",
            Self::Iam => "iam",
            Self::S3 => "s3",
            Self::Sts => "sts",
        }
    }
}

/// Whether a failed write may have taken effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// AWS refused it, or it was never sent.
    No,
    /// It was sent and no answer came, or the answer could not be read.
    Unknown,
}

/// Where a failure arose.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Origin {
    /// AWS answered with an error.
    Service {
        /// The code, without a namespace before it or a URL behind it.
        code: String,
        /// The HTTP status.
        status: u16,
    },
    /// No answer within the time limit.
    Timeout,
    /// The connection could not be made, or broke.
    Connection,
    /// There are no credentials to sign with.
    Credentials(Box<CredentialFault>),
    /// The answer could not be read.
    Malformed,
    /// Nothing was sent: the call was not made, for a reason of ours.
    NotSent,
}

/// One failed call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Failure {
    /// The service that was called.
    pub service: AwsService,
    /// The operation, as AWS spells it.
    pub operation: String,
    /// Where it arose.
    pub origin: Origin,
    /// AWS's own text, as it came; never to be trusted as markup.
    pub message: String,
    /// Whether a write may have taken effect.
    pub effect: Effect,
    /// AWS's request id.
    pub request_id: Option<String>,
}

impl Failure {
    /// AWS's error code, where AWS answered.
    pub fn code(&self) -> Option<&str> {
        match &self.origin {
            Origin::Service { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether AWS says that what the call was about does not exist.
    pub fn is_gone(&self) -> bool {
        matches!(self.code(), Some("ObjectNotFoundException" | "ResourceNotFoundException" | "ResourceNotFound"))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: ", self.service.iam_prefix(), self.operation)?;
        match &self.origin {
            Origin::Service { code, .. } => write!(f, "{code}: {}", self.message),
            Origin::Timeout => write!(f, "no answer in time: {}", self.message),
            Origin::Connection => write!(f, "connection failed: {}", self.message),
            Origin::Credentials(fault) => match &fault.source {
                Some(source) => write!(f, "no credentials from {source}: {}", self.message),
                None => write!(f, "no credentials: {}", self.message),
            },
            Origin::Malformed => write!(f, "unreadable answer: {}", self.message),
            Origin::NotSent => write!(f, "not sent: {}", self.message),
        }
    }
}

impl std::error::Error for Failure {}
