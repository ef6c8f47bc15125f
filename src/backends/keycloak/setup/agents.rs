//! The setup step for the agents' group, which has the least rights that an agent needs.

use async_trait::async_trait;
use serde_json::Value;

use super::admin_api::{AdminApi, AdminRight};
use super::group;
use super::setup_step::{SetupStep, step};
use crate::backends::keycloak::guards::any_user_id;
use crate::backends::keycloak::wire::Named;
use crate::config::Protected;
use crate::domain::{Error, Result, Step};

/// The agents' group: the roles that it needs, and what the server has of it.
pub(super) struct AgentsGroup {
    name: String,
    /// The roles of `realm-management` that agents need.
    roles: Vec<&'static str>,
    management: String,
    id: Option<String>,
    /// The roles that the group has, composite roles resolved.
    has: Vec<String>,
}

/// Lists the roles that agents need: to find users, set passwords, create users, end sessions and read the policy, and
/// the roles of clients if the profile protects any. Fine-grained permissions replace those over users.
fn needed_roles(protected: &Protected, by_permissions: bool) -> Vec<&'static str> {
    let mut roles = if by_permissions {
        vec!["query-users", "query-groups", "view-realm"]
    } else {
        vec!["manage-users", "view-users", "query-users", "view-realm"]
    };
    if protected.roles.iter().any(|role| role.contains('/')) {
        roles.push("view-clients");
    }
    roles
}

impl AgentsGroup {
    /// Describes the group without asking the server.
    pub(super) fn new(name: &str, management: String, protected: &Protected) -> Self {
        Self { name: name.to_owned(), roles: needed_roles(protected, false), management, id: None, has: Vec::new() }
    }

    /// Reads the group and its roles.
    ///
    /// # Errors
    /// As for [`AdminApi::get`].
    pub(super) async fn load(admin: &AdminApi, name: &str, protected: &Protected) -> Result<Self> {
        let mut found = Self::new(name, admin.management_client(), protected);
        let Some(group) = group::find(admin, name).await? else { return Ok(found) };
        let client = management_client_id(admin).await?;
        let path = ["groups", &group.id, "role-mappings", "clients", &client, "composite"];
        let has: Vec<Named> = admin.get(&path, &[], AdminRight::Users).await?;
        found.has = has.into_iter().map(|role| role.name).collect();
        found.id = Some(group.id);
        Ok(found)
    }

    /// Reports whether the group's roles reach all users already.
    pub(super) fn manages_users(&self) -> bool {
        self.has.iter().any(|role| role == "manage-users")
    }

    /// Leaves out the roles that fine-grained permissions replace.
    #[must_use]
    pub(super) fn by_permissions(mut self, protected: &Protected) -> Self {
        self.roles = needed_roles(protected, true);
        self
    }

    /// Checks, before anything is changed, that the administrator may give the group the roles that it lacks.
    ///
    /// On 26.4.7 only `realm-admin` assigns roles of `realm-management`; 26.7.3 asks less. The server lists what the
    /// caller may assign; it lists it for a user or a group, so nothing is checked in a realm without either.
    ///
    /// # Errors
    /// Exit 4 naming the right that is missing.
    pub(super) async fn check_assignable(&self, admin: &AdminApi) -> Result<()> {
        let missing = self.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let client = management_client_id(admin).await?;
        let (kind, id) = match &self.id {
            Some(id) => ("groups", id.clone()),
            None => match any_user_id(&admin.api).await? {
                Some(id) => ("users", id),
                None => return Ok(()),
            },
        };
        let assigned = [kind, &id, "role-mappings", "clients", &client];
        let available = [&assigned[..], &["available"]].concat();
        // A role that the user has is not listed as available; whether it is assignable stays open.
        let mut assignable: Vec<Named> = admin.get(&available, &[], AdminRight::Users).await?;
        assignable.extend(admin.get::<Vec<Named>>(&assigned, &[], AdminRight::Users).await?);
        if missing.iter().all(|role| assignable.iter().any(|found| found.name == *role)) {
            Ok(())
        } else {
            Err(admin.missing_right(AdminRight::AssignRights))
        }
    }

    fn missing(&self) -> Vec<&'static str> {
        self.roles.iter().copied().filter(|role| !self.has.iter().any(|has| has == role)).collect()
    }
}

/// Returns the server's id of the client whose roles are the rights over the realm.
async fn management_client_id(admin: &AdminApi) -> Result<String> {
    let client_id = admin.management_client();
    let found: Vec<Value> = admin.get(&["clients"], &[("clientId", &client_id)], AdminRight::Clients).await?;
    let id =
        found.iter().find(|client| client["clientId"] == client_id.as_str()).and_then(|client| client["id"].as_str());
    id.map(str::to_owned)
        .ok_or_else(|| Error::unavailable(format!("The server shows no client {client_id} of realm {}.", admin.realm)))
}

#[async_trait(?Send)]
impl SetupStep for AgentsGroup {
    fn step(&self) -> Step {
        let missing = self.missing();
        let all = self.roles.join(", ");
        let description = if self.id.is_some() && !missing.is_empty() {
            format!("the agents' group /{} with the least rights; it lacks {}", self.name, missing.join(", "))
        } else {
            format!("the agents' group /{} with the least rights: {all}", self.name)
        };
        let by_hand = vec![
            format!("Groups, Create group: {}.", self.name),
            format!("Its Role mapping, Assign role, Client roles, those of {}: {all}.", self.management),
        ];
        step("agents_group", self.id.is_some() && missing.is_empty(), description, by_hand)
    }

    async fn carry_out(&self, admin: &AdminApi) -> Result<String> {
        let id = match &self.id {
            Some(id) => id.clone(),
            None => group::create(admin, &self.name).await?,
        };
        let client = management_client_id(admin).await?;
        let mut roles = Vec::new();
        for role in self.missing() {
            roles.push(admin.get::<Value>(&["clients", &client, "roles", role], &[], AdminRight::Clients).await?);
        }
        let path = ["groups", &id, "role-mappings", "clients", &client];
        admin.create(&path, &Value::Array(roles), AdminRight::AssignRights).await?;
        Ok(format!("the group /{} has {}", self.name, self.roles.join(", ")))
    }
}
