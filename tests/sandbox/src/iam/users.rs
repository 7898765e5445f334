//! IAM users, as far as a caller may be one.

use jiff::Timestamp;

use super::Grants;

/// An IAM user.
#[derive(Clone, Debug)]
pub struct User {
    /// Its ARN, with the path.
    pub arn: String,
    /// IAM's own id.
    pub id: String,
    /// When it was created.
    pub created: Timestamp,
    /// Its policies.
    pub grants: Grants,
}
