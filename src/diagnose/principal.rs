//! Who was refused: the role or user whose policies count, told from the session that made the call.

use crate::model::arn::Arn;

/// A principal, as AWS names it in an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// What it is.
    pub kind: PrincipalKind,
    /// The role's or user's name, without a path: a session's ARN does not hold one.
    pub name: String,
    /// Its account's id.
    pub account: String,
}

/// What a principal is, as far as it decides who edits its policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A role.
    Role,
    /// A role that IAM Identity Center makes from a permission set, and overwrites.
    PermissionSet,
    /// A role that belongs to an AWS service.
    ServiceLinkedRole,
    /// A user.
    User,
    /// A user's session with a session policy.
    FederatedUser,
    /// The account itself.
    Root,
}

impl Principal {
    /// Reads a user's, role's or session's ARN.
    pub fn parse(arn: &str) -> Option<Self> {
        let arn = Arn::parse(arn)?;
        if !matches!(arn.service.as_str(), "iam" | "sts") {
            return None;
        }
        let (of, rest) = arn.resource.split_once('/').unwrap_or((arn.resource.as_str(), ""));
        let last = rest.rsplit('/').next().unwrap_or(rest);
        let (kind, name) = match of {
            "assumed-role" => (PrincipalKind::Role, rest.split('/').next().unwrap_or(rest)),
            "role" => (PrincipalKind::Role, last),
            "user" => (PrincipalKind::User, last),
            "federated-user" => (PrincipalKind::FederatedUser, rest),
            "root" => (PrincipalKind::Root, "root"),
            _ => return None,
        };
        let kind = match kind {
            PrincipalKind::Role if name.starts_with("AWSReservedSSO_") => PrincipalKind::PermissionSet,
            PrincipalKind::Role if name.starts_with("AWSServiceRoleFor") => PrincipalKind::ServiceLinkedRole,
            kind => kind,
        };
        Some(Self { kind, name: name.to_owned(), account: arn.account })
    }

    /// The permission set behind a role of IAM Identity Center: `AWSReservedSSO_NAME_0123456789abcdef`.
    fn permission_set(&self) -> &str {
        let name = self.name.strip_prefix("AWSReservedSSO_").unwrap_or(&self.name);
        name.rsplit_once('_').map_or(name, |(set, _)| set)
    }

    /// Where its permissions are edited; for a principal whose policies cannot be, what is done instead.
    pub fn where_to_edit(&self) -> String {
        match self.kind {
            PrincipalKind::Role => format!("in a policy of role {}", self.name),
            PrincipalKind::User => format!("in a policy of user {}, or of one of its groups", self.name),
            PrincipalKind::PermissionSet => format!(
                "in the permission set {} of IAM Identity Center, which overwrites the role {} and lets nobody edit it",
                self.permission_set(),
                self.name
            ),
            PrincipalKind::ServiceLinkedRole => format!(
                "for another role, and let the controller use that: {} belongs to an AWS service and cannot be edited",
                self.name
            ),
            PrincipalKind::FederatedUser => {
                "in a policy of the user who asked for the session, and in the session's policy".to_owned()
            }
            PrincipalKind::Root => {
                "by the organization: the root user has no policies, and only service control policies limit it"
                    .to_owned()
            }
        }
    }
}

impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            PrincipalKind::Role | PrincipalKind::PermissionSet | PrincipalKind::ServiceLinkedRole => "role",
            PrincipalKind::User => "user",
            PrincipalKind::FederatedUser => "federated user",
            PrincipalKind::Root => return write!(f, "the root user of account {}", self.account),
        };
        write!(f, "{kind} {} of account {}", self.name, self.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_shown_as_its_role() {
        let role =
            Principal::parse("arn:aws-cn:sts::111122223333:assumed-role/search-test-role/me@example.com").unwrap();
        assert_eq!(role.to_string(), "role search-test-role of account 111122223333");
        assert_eq!(role.where_to_edit(), "in a policy of role search-test-role");
        let with_path = Principal::parse("arn:aws:iam::111122223333:role/ops/team/hub").unwrap();
        assert_eq!(with_path.to_string(), "role hub of account 111122223333");
    }

    #[test]
    fn what_cannot_be_edited_is_told_where_it_can() {
        let sso = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Power_User_0123456789abcdef/bob";
        let text = Principal::parse(sso).unwrap().where_to_edit();
        assert!(text.starts_with("in the permission set Power_User of IAM Identity Center"), "{text}");
        let linked = "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForECS/x";
        assert_eq!(Principal::parse(linked).unwrap().kind, PrincipalKind::ServiceLinkedRole);
    }

    #[test]
    fn other_principals_are_named_and_other_arns_refused() {
        let shown = |arn: &str| Principal::parse(arn).map(|principal| principal.to_string());
        assert_eq!(shown("arn:aws:iam::1:user/a/bob").unwrap(), "user bob of account 1");
        assert_eq!(shown("arn:aws:sts::1:federated-user/bob").unwrap(), "federated user bob of account 1");
        assert_eq!(shown("arn:aws:iam::1:root").unwrap(), "the root user of account 1");
        assert_eq!(shown("arn:aws:s3:::bucket"), None);
        assert_eq!(shown("anonymous"), None);
    }
}
