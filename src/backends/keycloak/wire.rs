//! What the admin API answers with, as far as it is needed (Keycloak's Admin REST API, version 26).

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
    /// None: the server does not show it. Up to 26.2 it is false of one who is locked for a while, too.
    pub(super) enabled: Option<bool>,
    /// None: the server does not show them.
    pub(super) required_actions: Option<Vec<String>>,
    /// The storage that the user comes from, if not from the realm itself.
    pub(super) federation_link: Option<String>,
    /// The client whose service account this is, where the server says so.
    pub(super) service_account_client_id: Option<String>,
    /// Other servers that the user signs in by; left out where the realm has none.
    #[serde(default)]
    pub(super) federated_identities: Vec<FederatedIdentity>,
    /// What this agent may do with this user.
    #[serde(default)]
    pub(super) access: Access,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, Vec<String>>,
}

/// The required action that forces a change.
pub(super) const UPDATE_PASSWORD: &str = "UPDATE_PASSWORD";
/// What the server names the users of service accounts with (26.0 to 26.7).
const SERVICE_ACCOUNT: &str = "service-account-";

impl User {
    /// Whether the next sign-in has to choose a new password; none: the server does not show it.
    pub(super) fn must_change(&self) -> Option<bool> {
        self.required_actions.as_ref().map(|all| all.iter().any(|action| action == UPDATE_PASSWORD))
    }

    /// The client whose service account this is. The server shows agents no more of that than the name (26.7).
    pub(super) fn service_account(&self) -> Option<&str> {
        let named = || self.username.as_deref()?.strip_prefix(SERVICE_ACCOUNT);
        self.service_account_client_id.as_deref().or_else(named)
    }

    /// The directory that the user comes from; one whose users are not copied is in their ids (`f:DIRECTORY:ID`).
    pub(super) fn storage(&self) -> Option<&str> {
        let in_id = || self.id.strip_prefix("f:")?.split(':').next();
        self.federation_link.as_deref().or_else(in_id)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FederatedIdentity {
    pub(super) identity_provider: String,
}

/// The `access` map: what is absent is not known.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Access {
    pub(super) manage: Option<bool>,
    /// Up to 26.2 it is left out: who may manage a user may set its password there.
    pub(super) reset_password: Option<bool>,
    pub(super) manage_group_membership: Option<bool>,
}

impl Access {
    /// Whether the agent may set this user's password.
    pub(super) fn may_reset(self) -> Option<bool> {
        self.reset_password.or(self.manage)
    }
}

/// A credential; only those of type `password` matter. Their `createdDate` is when the password was set.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credential {
    /// Empty where it is kept by another directory: the server only passes on that there is one.
    #[serde(default)]
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Milliseconds since 1970.
    pub(super) created_date: Option<i64>,
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
    /// What is changed here stays here, passwords too (`editMode` of an LDAP user federation).
    pub(super) fn keeps_changes_in_the_realm(&self) -> bool {
        self.config.get("editMode").is_some_and(|modes| modes.iter().any(|mode| mode == "UNSYNCED"))
    }
}

/// A group, with its attributes where they were asked for.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, Vec<String>>,
}

/// A group as a search for groups tells it, with those below it.
#[derive(Debug, Deserialize)]
pub(super) struct GroupTree {
    pub(super) path: String,
    #[serde(default, rename = "subGroups")]
    pub(super) sub_groups: Vec<GroupTree>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Count {
    pub(super) count: usize,
}

/// Something with a name: a role.
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

/// The realm: agents without view-realm get little more than its name.
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
    /// Only in the whole answer: tells it from the reduced one, where no policy means nothing.
    pub(super) enabled: Option<bool>,
}

/// The server, as far as it tells of itself: its version only to agents who may manage the realm (26.7).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerInfo {
    #[serde(default)]
    pub(super) system_info: SystemInfo,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct SystemInfo {
    pub(super) version: Option<String>,
}

/// How far failed attempts have come.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BruteForce {
    #[serde(default)]
    pub(super) disabled: bool,
    /// Seconds since 1970; 0: not known; the largest number: for good.
    #[serde(default)]
    pub(super) failed_login_not_before: i64,
}
