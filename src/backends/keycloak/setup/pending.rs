//! The setup step for the pending group, and for the role by which the reset flow recognises its members.
//!
//! A condition on a role does not reveal which usernames exist. One on an attribute does: it ends with an error if there is
//! no such user (26.7.3).

use async_trait::async_trait;
use serde_json::{Value, json};

use super::admin_api::{AdminApi, AdminRight};
use super::group;
use super::setup_step::{SetupStep, step};
use crate::backends::keycloak::user_lookup::PROVED_ATTRIBUTE;
use crate::domain::{Result, Step};

/// The pending group and its role, as far as the server has them.
pub(super) struct PendingGroup {
    name: String,
    id: Option<String>,
    has_role: bool,
    /// The reset flow that the self-test passed with.
    pub(super) proved: Option<String>,
    /// Whether something has changed since the self-test passed. The note of it is removed first.
    pub(super) stale: bool,
}

impl PendingGroup {
    /// Describes the group without asking the server.
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), id: None, has_role: false, proved: None, stale: false }
    }

    /// Reads the group and its role.
    ///
    /// # Errors
    /// As for [`AdminApi::get`].
    pub(super) async fn load(admin: &AdminApi, name: &str) -> Result<Self> {
        let mut found = Self::new(name);
        let Some(group) = group::find(admin, name).await? else { return Ok(found) };
        let roles: Vec<Value> =
            admin.get(&["groups", &group.id, "role-mappings", "realm"], &[], AdminRight::Users).await?;
        found.has_role = roles.iter().any(|role| role["name"] == name);
        found.proved = group.attributes.get(PROVED_ATTRIBUTE).and_then(|values| values.first()).cloned();
        found.id = Some(group.id);
        Ok(found)
    }

    /// Reports whether the server has group and role.
    pub(super) const fn is_there(&self) -> bool {
        self.id.is_some() && self.has_role
    }
}

#[async_trait(?Send)]
impl SetupStep for PendingGroup {
    fn step(&self) -> Step {
        let name = &self.name;
        let mut words = format!("the group /{name} and its role {name}: who has a temporary password pending");
        if self.stale {
            words = format!("{words}; the note of an earlier proof is taken off until it is proved again");
        }
        let by_hand = vec![
            format!("Realm roles, Create role: {name}."),
            format!("Groups, Create group: {name}. Its Role mapping, Assign role, Realm roles: {name}. No members."),
        ];
        step("pending_group", self.is_there() && !self.stale, words, by_hand)
    }

    async fn carry_out(&self, admin: &AdminApi) -> Result<String> {
        let name = self.name.as_str();
        if let Some(id) = self.id.as_deref().filter(|_| self.proved.is_some()) {
            group::set_attribute(admin, id, PROVED_ATTRIBUTE, None).await?;
        }
        if !self.has_role {
            let role = json!({ "name": name, "description": "Has a temporary password pending (tellonce)" });
            admin.create_if_absent(&["roles"], &role, AdminRight::Realm).await?;
            let role: Value = admin.get(&["roles", name], &[], AdminRight::Realm).await?;
            let id = match &self.id {
                Some(id) => id.clone(),
                None => group::create(admin, name).await?,
            };
            admin.create(&["groups", &id, "role-mappings", "realm"], &json!([role]), AdminRight::Users).await?;
        }
        Ok(format!("the group /{name} has the role {name}"))
    }
}

/// The setup step that removes the note of an earlier self-test if agents must not use the group any more.
pub(super) struct StaleProof {
    name: String,
    id: String,
}

impl StaleProof {
    /// Returns `None` if the group has no such note.
    pub(super) fn from_group(group: PendingGroup) -> Option<Self> {
        group.proved.as_ref()?;
        Some(Self { name: group.name, id: group.id? })
    }
}

#[async_trait(?Send)]
impl SetupStep for StaleProof {
    fn step(&self) -> Step {
        let words = format!("agents do not use the group /{} any more: the note of its proof is taken off", self.name);
        let by_hand = vec![format!("Groups, {}, Attributes: remove {PROVED_ATTRIBUTE}.", self.name)];
        step("stale_proof", false, words, by_hand)
    }

    async fn carry_out(&self, admin: &AdminApi) -> Result<String> {
        group::set_attribute(admin, &self.id, PROVED_ATTRIBUTE, None).await?;
        Ok(format!("agents do not use the group /{} any more", self.name))
    }
}
