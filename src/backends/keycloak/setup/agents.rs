//! The group that agents are put into, with the least rights that the whole job takes.

use async_trait::async_trait;
use serde_json::Value;

use super::calls::{Calls, Need};
use super::group;
use super::step::{SetupStep, step};
use crate::config::Protected;
use crate::domain::{Error, Result, Step};

/// The agents' group, as far as it is there.
pub(super) struct AgentsGroup {
    name: String,
    /// The roles of `realm-management` that it is to have.
    roles: Vec<&'static str>,
    management: String,
    id: Option<String>,
    /// Those it has.
    has: Vec<String>,
}

/// The rights: find, set, create and end sessions; read the policy; where roles of clients are protected, read those.
/// With fine-grained permissions beside them, those of users are in the permissions.
fn roles(protected: &Protected, by_permissions: bool) -> Vec<&'static str> {
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
    /// Nothing is known of it.
    pub(super) fn unknown(name: &str, management: String, protected: &Protected) -> Self {
        Self { name: name.to_owned(), roles: roles(protected, false), management, id: None, has: Vec::new() }
    }

    /// Looks at it.
    ///
    /// # Errors
    /// As for [`Calls::get`].
    pub(super) async fn look(calls: &Calls, name: &str, protected: &Protected) -> Result<Self> {
        let mut found = Self::unknown(name, calls.management(), protected);
        let Some(group) = group::named(calls, name).await? else { return Ok(found) };
        let client = management(calls).await?;
        let path = ["groups", &group.id, "role-mappings", "clients", &client, "composite"];
        let has: Vec<Value> = calls.get(&path, &[], Need::Users).await?;
        found.has = has.iter().filter_map(|role| role["name"].as_str()).map(str::to_owned).collect();
        found.id = Some(group.id);
        Ok(found)
    }

    /// Whether it reaches all users by its roles already.
    pub(super) fn manages_users(&self) -> bool {
        self.has.iter().any(|role| role == "manage-users")
    }

    /// Its rights over users are in permissions.
    #[must_use]
    pub(super) fn by_permissions(mut self, protected: &Protected) -> Self {
        self.roles = roles(protected, true);
        self
    }

    fn missing(&self) -> Vec<&'static str> {
        self.roles.iter().copied().filter(|role| !self.has.iter().any(|has| has == role)).collect()
    }
}

/// The server's id of the client whose roles are the rights over the realm.
async fn management(calls: &Calls) -> Result<String> {
    let client_id = calls.management();
    let found: Vec<Value> = calls.get(&["clients"], &[("clientId", &client_id)], Need::Clients).await?;
    let id =
        found.iter().find(|client| client["clientId"] == client_id.as_str()).and_then(|client| client["id"].as_str());
    id.map(str::to_owned)
        .ok_or_else(|| Error::unavailable(format!("The server shows no client {client_id} of realm {}.", calls.realm)))
}

#[async_trait(?Send)]
impl SetupStep for AgentsGroup {
    fn step(&self) -> Step {
        let missing = self.missing();
        let all = self.roles.join(", ");
        let words = if self.id.is_some() && !missing.is_empty() {
            format!("the agents' group /{} with the least rights; it lacks {}", self.name, missing.join(", "))
        } else {
            format!("the agents' group /{} with the least rights: {all}", self.name)
        };
        let by_hand = vec![
            format!("Groups, Create group: {}.", self.name),
            format!("Its Role mapping, Assign role, Client roles, those of {}: {all}.", self.management),
        ];
        step("agents_group", self.id.is_some() && missing.is_empty(), words, by_hand)
    }

    async fn carry_out(&self, calls: &Calls) -> Result<String> {
        let id = match &self.id {
            Some(id) => id.clone(),
            None => group::make(calls, &self.name).await?,
        };
        let client = management(calls).await?;
        let mut given = Vec::new();
        for role in self.missing() {
            given.push(calls.get::<Value>(&["clients", &client, "roles", role], &[], Need::Clients).await?);
        }
        let path = ["groups", &id, "role-mappings", "clients", &client];
        calls.make(&path, &Value::Array(given), Need::Users).await?;
        Ok(format!("the group /{} has {}", self.name, self.roles.join(", ")))
    }
}
