//! The JSON objects of the Admin REST API (Keycloak 26), as far as they are needed.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A user, whole or in brief.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub(super) id: String,
    pub(super) username: Option<String>,
    pub(super) email: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    /// `None` if the server does not show it. Up to 26.2 it is also false for a user who is locked for a while.
    pub(super) enabled: Option<bool>,
    /// `None` if the server does not show them.
    pub(super) required_actions: Option<Vec<String>>,
    /// The user storage that the user comes from, if not from the realm itself.
    pub(super) federation_link: Option<String>,
    /// The client whose service account this is, if the server says so.
    pub(super) service_account_client_id: Option<String>,
    /// The identity providers that the user signs in by. The server leaves the field out if the realm has none.
    #[serde(default)]
    pub(super) federated_identities: Vec<FederatedIdentity>,
    /// What the agent may do with this user.
    #[serde(default)]
    pub(super) access: Access,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, Vec<String>>,
}

/// The required action that forces a change of password.
pub(super) const UPDATE_PASSWORD: &str = "UPDATE_PASSWORD";

/// A required action of the realm.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequiredAction {
    pub(super) alias: String,
    /// The server's implementation.
    pub(super) provider_id: Option<String>,
    pub(super) enabled: Option<bool>,
}

/// The prefix of the usernames of service accounts (26.0 to 26.7).
const SERVICE_ACCOUNT_PREFIX: &str = "service-account-";

impl User {
    /// Reports whether the next sign-in has to choose a new password. Returns `None` if the server does not show it.
    pub(super) fn must_change(&self) -> Option<bool> {
        self.required_actions.as_ref().map(|all| all.iter().any(|action| action == UPDATE_PASSWORD))
    }

    /// Returns the client whose service account this is. For agents the username is the only sign of it (26.7).
    pub(super) fn service_account(&self) -> Option<&str> {
        let by_name = || self.username.as_deref()?.strip_prefix(SERVICE_ACCOUNT_PREFIX);
        self.service_account_client_id.as_deref().or_else(by_name)
    }

    /// Returns the directory that the user comes from. For users who are not imported it is in the id (`f:DIRECTORY:ID`).
    pub(super) fn storage(&self) -> Option<&str> {
        let in_id = || self.id.strip_prefix("f:")?.split(':').next();
        self.federation_link.as_deref().or_else(in_id)
    }
}

/// A link to an identity provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FederatedIdentity {
    pub(super) identity_provider: String,
}

/// The `access` map of a user. An absent right is not known.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Access {
    pub(super) manage: Option<bool>,
    /// Absent up to 26.2, where whoever may manage a user may set its password.
    pub(super) reset_password: Option<bool>,
    pub(super) manage_group_membership: Option<bool>,
}

impl Access {
    /// Reports whether the agent may set this user's password.
    pub(super) fn may_reset(self) -> Option<bool> {
        self.reset_password.or(self.manage)
    }
}

/// A credential. Only those of type `password` matter.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credential {
    /// Empty if a directory keeps the credential: the server only passes on that there is one.
    #[serde(default)]
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// When the password was set, in milliseconds since 1970.
    pub(super) created_date: Option<i64>,
    /// A label that says what the credential is.
    pub(super) user_label: Option<String>,
    /// The directory that keeps it, if not the realm itself.
    pub(super) federation_link: Option<String>,
}

/// A directory that the realm takes users from.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Storage {
    pub(super) name: String,
    #[serde(default)]
    pub(super) config: BTreeMap<String, Vec<String>>,
}

impl Storage {
    /// Reports whether changes stay in the realm, passwords too (`editMode` of an LDAP user federation).
    pub(super) fn keeps_changes_in_the_realm(&self) -> bool {
        self.config.get("editMode").is_some_and(|modes| modes.iter().any(|mode| mode == "UNSYNCED"))
    }
}

/// A group. Its attributes are there if the request asks for them.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, Vec<String>>,
}

/// A group in a search result, with the groups below it.
#[derive(Debug, Deserialize)]
pub(super) struct GroupTree {
    pub(super) path: String,
    #[serde(default, rename = "subGroups")]
    pub(super) sub_groups: Vec<GroupTree>,
}

/// A count of objects.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Count {
    pub(super) count: usize,
}

/// An object of which only the name matters, such as a role.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

/// A client.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) client_id: String,
}

/// The realm. Agents without view-realm get little more than its name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Realm {
    pub(super) registration_email_as_username: Option<bool>,
    pub(super) brute_force_protected: Option<bool>,
    pub(super) password_policy: Option<String>,
    pub(super) reset_password_allowed: Option<bool>,
    pub(super) reset_credentials_flow: Option<String>,
    pub(super) admin_events_enabled: Option<bool>,
    pub(super) admin_permissions_enabled: Option<bool>,
    /// Present only in the full representation. In the reduced one a missing policy means nothing.
    pub(super) enabled: Option<bool>,
}

/// The server's description of itself. Only agents who may manage the realm get its version (26.7).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerInfo {
    #[serde(default)]
    pub(super) system_info: SystemInfo,
}

/// The part of [`ServerInfo`] with the version.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct SystemInfo {
    pub(super) version: Option<String>,
}

/// The realm's user profile: which attributes there are, and who sees them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserProfileRules {
    #[serde(default)]
    pub(super) attributes: Vec<AttributeRules>,
    /// Absent if attributes that the profile does not list are neither kept nor shown. Each value shows them to agents.
    unmanaged_attribute_policy: Option<String>,
}

impl UserProfileRules {
    /// Whether agents see attributes that the profile does not list.
    pub(super) const fn shows_unmanaged(&self) -> bool {
        self.unmanaged_attribute_policy.is_some()
    }
}

/// An attribute of the user profile.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AttributeRules {
    pub(super) name: String,
    permissions: Option<AttributePermissions>,
}

/// Who may see and change an attribute: `admin` and `user`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct AttributePermissions {
    view: Vec<String>,
    edit: Vec<String>,
}

impl AttributeRules {
    /// Whether agents, who are administrators to the user profile, see nothing of it. Who may change it sees it (26.7).
    pub(super) fn is_hidden_from_agents(&self) -> bool {
        let is_theirs = |roles: &[String]| roles.iter().any(|role| role == "admin");
        self.permissions.as_ref().is_some_and(|rules| !is_theirs(&rules.view) && !is_theirs(&rules.edit))
    }
}

/// A user's state in the brute force detection.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BruteForce {
    #[serde(default)]
    pub(super) disabled: bool,
    /// The end of the lock in seconds since 1970: 0 if it is not known, the largest number if there is none.
    #[serde(default)]
    pub(super) failed_login_not_before: i64,
}
