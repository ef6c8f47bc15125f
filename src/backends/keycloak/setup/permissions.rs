//! The setup step for fine-grained permissions of the agents' group, if the realm has them switched on.
//!
//! Nothing is added beside the realm's own permissions for users or groups. A permission that grants something to one
//! group refuses it to all others, and the refusal outweighs what their permission grants (26.7.3).

use async_trait::async_trait;
use serde_json::{Value, json};

use super::admin_api::{AdminApi, AdminRight};
use super::group;
use super::setup_step::{SetupStep, step};
use crate::domain::{Error, Result, Step};

/// The client that the permissions belong to.
const CLIENT: &str = "admin-permissions";
/// The page size of lists: more permissions than a realm has.
const MAX: &str = "1000";
/// The permissions that agents need: name, resource type and scopes. Without `view` on groups, protected groups would be
/// hidden from them. A server without a scope has no separate right for it: 26.2 has no `reset-password`, and whoever may
/// `manage` a user there may set its password.
const WANTED: [(&str, &str, &[&str]); 2] = [
    ("tellonce users", "Users", &["view", "manage", "reset-password", "manage-group-membership"]),
    ("tellonce groups", "Groups", &["view", "view-members", "manage-membership"]),
];

/// The way in which agents get their rights in this realm.
pub(super) enum AgentRights {
    /// By roles, with a note if the realm's own permissions are the reason.
    Roles(Option<String>),
    Permissions(Permissions),
}

/// The permissions of the agents' group, as far as the server has them.
pub(super) struct Permissions {
    agents: String,
    client: String,
    /// The ids of existing permissions of tellonce's, before the policy that they depend on.
    ours: Vec<String>,
    /// The scopes that the server has.
    scopes: Vec<String>,
    is_there: bool,
}

impl Permissions {
    /// Decides between permissions and roles, and reads the permissions that exist.
    ///
    /// # Errors
    /// As for [`AdminApi::get`].
    pub(super) async fn load(admin: &AdminApi, agents: &str) -> Result<AgentRights> {
        let clients: Vec<Value> = admin.get(&["clients"], &[("clientId", CLIENT)], AdminRight::Clients).await?;
        let Some(client) = clients.first().and_then(|client| client["id"].as_str()).map(str::to_owned) else {
            return Ok(AgentRights::Roles(None));
        };
        let mut found =
            Self { agents: agents.to_owned(), client, ours: Vec::new(), scopes: Vec::new(), is_there: false };
        found.scopes = found.read_scopes(admin).await?;
        let (mut foreign, mut complete) = (Vec::new(), 0);
        for one in found.list(admin, "true").await? {
            let (id, name) = (text(&one["id"]), text(&one["name"]));
            let permission: Value =
                admin.get(&found.path(&["permission", "scope", &id]), &[], AdminRight::Everything).await?;
            let kind = text(&permission["resourceType"]);
            match WANTED.iter().find(|(ours, ..)| *ours == name) {
                Some((_, _, scopes)) => {
                    complete += usize::from(found.grants(admin, &id, &found.known(scopes)).await?);
                    found.ours.push(id);
                }
                None if kind == "Users" || kind == "Groups" => foreign.push(format!("\"{name}\"")),
                None => {}
            }
        }
        if !foreign.is_empty() {
            return Ok(AgentRights::Roles(Some(format!(
                "this realm has fine-grained permissions of its own ({}). One more beside them would refuse to others what they grant, so the agents' group gets roles.",
                foreign.join(", ")
            ))));
        }
        let policy = found.list(admin, "false").await?.into_iter().find(|one| one["name"] == found.policy().as_str());
        if let Some(policy) = policy {
            let id = text(&policy["id"]);
            found.is_there = complete == WANTED.len() && found.is_of_group(admin, &id).await?;
            found.ours.push(id);
        }
        Ok(AgentRights::Permissions(found))
    }

    /// Reads the scopes that this server has.
    async fn read_scopes(&self, admin: &AdminApi) -> Result<Vec<String>> {
        let all: Vec<Value> = admin.get(&self.path(&["scope"]), &[("max", MAX)], AdminRight::Everything).await?;
        let scopes: Vec<String> = all.iter().map(|scope| text(&scope["name"])).collect();
        if scopes.iter().any(|scope| scope == "manage") && scopes.iter().any(|scope| scope == "view") {
            return Ok(scopes);
        }
        Err(Error::unavailable("The server does not show which scopes its fine-grained permissions have."))
    }

    /// Leaves out the scopes that the server does not have.
    fn known(&self, wanted: &'static [&'static str]) -> Vec<&'static str> {
        wanted.iter().copied().filter(|wanted| self.scopes.iter().any(|scope| scope == wanted)).collect()
    }

    fn policy(&self) -> String {
        format!("tellonce members of {}", self.agents)
    }

    fn path<'a>(&'a self, last: &[&'a str]) -> Vec<&'a str> {
        [&["clients", self.client.as_str(), "authz", "resource-server"], last].concat()
    }

    async fn list(&self, admin: &AdminApi, permissions: &str) -> Result<Vec<Value>> {
        admin.get(&self.path(&["policy"]), &[("permission", permissions), ("max", MAX)], AdminRight::Everything).await
    }

    /// Reports whether a permission has all these scopes, and depends only on our policy.
    async fn grants(&self, admin: &AdminApi, id: &str, scopes: &[&str]) -> Result<bool> {
        let has: Vec<Value> = admin.get(&self.path(&["policy", id, "scopes"]), &[], AdminRight::Everything).await?;
        let by: Vec<Value> =
            admin.get(&self.path(&["policy", id, "associatedPolicies"]), &[], AdminRight::Everything).await?;
        let all = scopes.iter().all(|scope| has.iter().any(|found| found["name"] == *scope));
        Ok(all && by.len() == 1 && by[0]["name"] == self.policy().as_str())
    }

    async fn is_of_group(&self, admin: &AdminApi, id: &str) -> Result<bool> {
        let Some(group) = group::find(admin, &self.agents).await? else { return Ok(false) };
        let policy: Value = admin.get(&self.path(&["policy", "group", id]), &[], AdminRight::Everything).await?;
        let is = |found: &Value| found["id"] == group.id.as_str();
        Ok(policy["groups"].as_array().is_some_and(|groups| groups.iter().any(is)))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[async_trait(?Send)]
impl SetupStep for Permissions {
    fn step(&self) -> Step {
        let describe =
            |(_, kind, scopes): (&str, &str, &'static [&str])| format!("{kind}: {}", self.known(scopes).join(", "));
        let scopes: Vec<String> = WANTED.into_iter().map(describe).collect();
        let words = format!("fine-grained permissions of the group /{} ({})", self.agents, scopes.join("; "));
        let mut by_hand =
            vec![format!("Permissions, Policies, Create policy: Group, {}, /{}.", self.policy(), self.agents)];
        by_hand.extend(WANTED.into_iter().map(|(name, kind, scopes)| {
            format!(
                "Permissions, Create permission: {kind}, {name}; scopes {}; all of them; that policy.",
                self.known(scopes).join(", ")
            )
        }));
        step("permissions", self.is_there, words, by_hand)
    }

    async fn carry_out(&self, admin: &AdminApi) -> Result<String> {
        let group = group::find(admin, &self.agents).await?;
        let group = group.ok_or_else(|| Error::unavailable(format!("There is no group /{} any more.", self.agents)))?;
        for id in &self.ours {
            admin.delete(&self.path(&["policy", id]), AdminRight::Everything).await?;
        }
        let policy = json!({ "name": self.policy(), "logic": "POSITIVE",
            "groups": [{ "id": group.id, "extendChildren": false }] });
        admin.create(&self.path(&["policy", "group"]), &policy, AdminRight::Everything).await?;
        let created = self.list(admin, "false").await?.into_iter().find(|one| one["name"] == self.policy().as_str());
        let created = created.map(|policy| text(&policy["id"])).unwrap_or_default();
        for (name, kind, scopes) in WANTED {
            let permission =
                json!({ "name": name, "resourceType": kind, "scopes": self.known(scopes), "policies": [created] });
            admin.create(&self.path(&["permission", "scope"]), &permission, AdminRight::Everything).await?;
        }
        Ok(format!("the group /{} has its permissions", self.agents))
    }
}
