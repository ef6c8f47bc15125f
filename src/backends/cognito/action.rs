//! The calls of AWS that this backend makes, each by the IAM action that allows it.

use super::settings::{AuthFlow, CognitoSettings};
use crate::config::Protected;
use crate::domain::Right;

/// An IAM action (Service Authorization Reference, "Actions defined by Amazon Cognito User Pools").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    ListUsers,
    AdminGetUser,
    AdminListGroupsForUser,
    GetGroup,
    DescribeUserPool,
    ListUserPoolClients,
    DescribeUserPoolClient,
    AdminSetUserPassword,
    AdminCreateUser,
    AdminUserGlobalSignOut,
    AdminInitiateAuth,
    InitiateAuth,
    GetCallerIdentity,
    SimulatePrincipalPolicy,
}

/// Every action that an agent's policy names, with the resets that need it: all of them, or some.
pub(super) const OF_AGENTS: [(Action, Need); 9] = [
    (Action::ListUsers, Need::Always),
    (Action::AdminGetUser, Need::Always),
    (Action::AdminListGroupsForUser, Need::ProtectedGroups),
    (Action::GetGroup, Need::ProtectedGroups),
    (Action::DescribeUserPool, Need::Rules),
    (Action::AdminSetUserPassword, Need::Always),
    (Action::AdminUserGlobalSignOut, Need::Always),
    (Action::AdminInitiateAuth, Need::AdminFlow),
    (Action::AdminCreateUser, Need::Creating),
];

/// The actions on the pool that `doctor` alone uses.
pub(super) const OF_DOCTOR: [Action; 2] = [Action::ListUserPoolClients, Action::DescribeUserPoolClient];

/// Which resets need an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Always,
    /// All of them know the pool's rules by it, and go on without.
    Rules,
    /// Those of customers who have no user yet.
    Creating,
    /// Those under a profile that protects groups.
    ProtectedGroups,
    /// Those that are proved by an app client with the flow of servers. They go on without, unproved.
    AdminFlow,
}

impl Need {
    /// Whether any reset under this profile needs it.
    pub(super) fn applies(self, settings: &CognitoSettings, protected: &Protected) -> bool {
        match self {
            Self::Always | Self::Rules | Self::Creating => true,
            Self::ProtectedGroups => !protected.groups.is_empty(),
            Self::AdminFlow => {
                settings.app_client.as_ref().is_some_and(|client| client.flow == AuthFlow::AdminUserPassword)
            }
        }
    }
}

impl Action {
    /// Returns the action as a policy names it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ListUsers => "cognito-idp:ListUsers",
            Self::AdminGetUser => "cognito-idp:AdminGetUser",
            Self::AdminListGroupsForUser => "cognito-idp:AdminListGroupsForUser",
            Self::GetGroup => "cognito-idp:GetGroup",
            Self::DescribeUserPool => "cognito-idp:DescribeUserPool",
            Self::ListUserPoolClients => "cognito-idp:ListUserPoolClients",
            Self::DescribeUserPoolClient => "cognito-idp:DescribeUserPoolClient",
            Self::AdminSetUserPassword => "cognito-idp:AdminSetUserPassword",
            Self::AdminCreateUser => "cognito-idp:AdminCreateUser",
            Self::AdminUserGlobalSignOut => "cognito-idp:AdminUserGlobalSignOut",
            Self::AdminInitiateAuth => "cognito-idp:AdminInitiateAuth",
            Self::InitiateAuth => "cognito-idp:InitiateAuth",
            Self::GetCallerIdentity => "sts:GetCallerIdentity",
            Self::SimulatePrincipalPolicy => "iam:SimulatePrincipalPolicy",
        }
    }

    /// Returns the agent's right that it belongs to.
    pub(super) const fn right(self) -> Right {
        match self {
            Self::AdminSetUserPassword | Self::AdminInitiateAuth | Self::InitiateAuth => Right::IssueTemporaryPasswords,
            Self::AdminCreateUser => Right::CreateUsers,
            Self::AdminUserGlobalSignOut => Right::EndSessions,
            _ => Right::FindCustomers,
        }
    }

    /// Whether nothing but the pool can be missing of what the call names.
    pub(super) const fn names_the_pool_alone(self) -> bool {
        !matches!(self, Self::GetGroup | Self::InitiateAuth | Self::AdminInitiateAuth | Self::DescribeUserPoolClient)
    }

    /// Whether it changes something, so that a lost answer matters.
    pub(super) const fn is_change(self) -> bool {
        matches!(self, Self::AdminSetUserPassword | Self::AdminCreateUser | Self::AdminUserGlobalSignOut)
    }

    /// Whether applying it twice is the same as once.
    pub(super) const fn is_idempotent(self) -> bool {
        !matches!(self, Self::AdminSetUserPassword | Self::AdminCreateUser)
    }
}
