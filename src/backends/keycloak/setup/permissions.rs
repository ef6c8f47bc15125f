//! Fine-grained permissions of the agents' group, where the realm has them switched on and none of its own for users.
//!
//! A permission that grants something to one group refuses it to everybody else who has it by a permission, and that
//! outweighs what another permission grants (26.7.3): so nothing is added beside permissions of the realm's own.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::calls::{Calls, Need};
use super::group;
use super::step::{SetupStep, step};
use crate::domain::{Error, Result, Step};

/// The client that the permissions belong to.
const CLIENT: &str = "admin-permissions";
/// More permissions than a realm has.
const ALL: &str = "1000";
/// What agents need: of users, and of groups (without seeing all of them, protected groups could not be told).
const WANTED: [(&str, &str, &[&str]); 2] = [
    ("tellonce users", "Users", &["view", "manage", "reset-password", "manage-group-membership"]),
    ("tellonce groups", "Groups", &["view", "view-members", "manage-membership"]),
];

/// How agents get their rights in this realm.
pub(super) enum By {
    /// By roles; and why not by permissions, where there is something to say.
    Roles(Option<String>),
    /// By permissions.
    Permissions(Permissions),
}

/// The permissions, as far as they are there.
pub(super) struct Permissions {
    agents: String,
    client: String,
    /// What is there of ours: permissions before the policy that they lean on.
    ours: Vec<String>,
    is_there: bool,
}

impl Permissions {
    /// Looks which way is open: permissions are switched on, and there are none that ours would get in the way of.
    ///
    /// # Errors
    /// As for [`Calls::get`].
    pub(super) async fn look(calls: &Calls, agents: &str) -> Result<By> {
        let clients: Vec<Value> = calls.get(&["clients"], &[("clientId", CLIENT)], Need::Clients).await?;
        let Some(client) = clients.first().and_then(|client| client["id"].as_str()).map(str::to_owned) else {
            return Ok(By::Roles(None));
        };
        let mut found = Self { agents: agents.to_owned(), client, ours: Vec::new(), is_there: false };
        let (mut foreign, mut whole) = (Vec::new(), 0);
        for one in found.listed(calls, "true").await? {
            let (id, name) = (text(&one["id"]), text(&one["name"]));
            let permission: Value =
                calls.get(&found.path(&["permission", "scope", &id]), &[], Need::Everything).await?;
            let kind = text(&permission["resourceType"]);
            match WANTED.iter().find(|(ours, ..)| *ours == name) {
                Some((_, _, scopes)) => {
                    whole += usize::from(found.grants(calls, &id, scopes).await?);
                    found.ours.push(id);
                }
                None if kind == "Users" || kind == "Groups" => foreign.push(format!("\"{name}\"")),
                None => {}
            }
        }
        if !foreign.is_empty() {
            return Ok(By::Roles(Some(format!(
                "this realm has fine-grained permissions of its own ({}). One more beside them would refuse to others what they grant, so the agents' group gets roles.",
                foreign.join(", ")
            ))));
        }
        let policy = found.listed(calls, "false").await?.into_iter().find(|one| one["name"] == found.policy().as_str());
        if let Some(policy) = policy {
            let id = text(&policy["id"]);
            found.is_there = whole == WANTED.len() && found.is_of_group(calls, &id).await?;
            found.ours.push(id);
        }
        Ok(By::Permissions(found))
    }

    fn policy(&self) -> String {
        format!("tellonce members of {}", self.agents)
    }

    fn path<'a>(&'a self, last: &[&'a str]) -> Vec<&'a str> {
        [&["clients", self.client.as_str(), "authz", "resource-server"], last].concat()
    }

    async fn listed(&self, calls: &Calls, permissions: &str) -> Result<Vec<Value>> {
        calls.get(&self.path(&["policy"]), &[("permission", permissions), ("max", ALL)], Need::Everything).await
    }

    /// Whether a permission of ours has all these scopes, and leans on our policy alone.
    async fn grants(&self, calls: &Calls, id: &str, scopes: &[&str]) -> Result<bool> {
        let has: Vec<Value> = calls.get(&self.path(&["policy", id, "scopes"]), &[], Need::Everything).await?;
        let by: Vec<Value> =
            calls.get(&self.path(&["policy", id, "associatedPolicies"]), &[], Need::Everything).await?;
        let all = scopes.iter().all(|scope| has.iter().any(|found| found["name"] == *scope));
        Ok(all && by.len() == 1 && by[0]["name"] == self.policy().as_str())
    }

    async fn is_of_group(&self, calls: &Calls, id: &str) -> Result<bool> {
        let Some(group) = group::named(calls, &self.agents).await? else { return Ok(false) };
        let policy: Value = calls.get(&self.path(&["policy", "group", id]), &[], Need::Everything).await?;
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
        let told = |(_, kind, scopes): &(&str, &str, &[&str])| format!("{kind}: {}", scopes.join(", "));
        let scopes: Vec<String> = WANTED.iter().map(told).collect();
        let words = format!("fine-grained permissions of the group /{} ({})", self.agents, scopes.join("; "));
        let mut by_hand =
            vec![format!("Permissions, Policies, Create policy: Group, {}, /{}.", self.policy(), self.agents)];
        by_hand.extend(WANTED.iter().map(|(name, kind, scopes)| {
            format!(
                "Permissions, Create permission: {kind}, {name}; scopes {}; all of them; that policy.",
                scopes.join(", ")
            )
        }));
        step("permissions", self.is_there, words, by_hand)
    }

    async fn carry_out(&self, calls: &Calls) -> Result<String> {
        let group = group::named(calls, &self.agents).await?;
        let group = group.ok_or_else(|| Error::unavailable(format!("There is no group /{} any more.", self.agents)))?;
        for id in &self.ours {
            calls.remove(&self.path(&["policy", id]), Need::Everything).await?;
        }
        let policy = json!({ "name": self.policy(), "logic": "POSITIVE",
            "groups": [{ "id": group.id, "extendChildren": false }] });
        calls.make(&self.path(&["policy", "group"]), &policy, Need::Everything).await?;
        let made = self.listed(calls, "false").await?.into_iter().find(|one| one["name"] == self.policy().as_str());
        let made = made.map(|policy| text(&policy["id"])).unwrap_or_default();
        for (name, kind, scopes) in WANTED {
            let permission = json!({ "name": name, "resourceType": kind, "scopes": scopes, "policies": [made] });
            calls.make(&self.path(&["permission", "scope"]), &permission, Need::Everything).await?;
        }
        Ok(format!("the group /{} has its permissions", self.agents))
    }
}
