//! The group that marks who has a temporary password pending, and the role by which the reset flow knows its members.
//!
//! By a role, not by an attribute: the condition on an attribute ends with an error where there is no user, and so would
//! tell anybody which names exist (26.7.3); the condition on a role does not.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::calls::{Calls, Need};
use super::group;
use super::step::{SetupStep, step};
use crate::backends::keycloak::user_lookup::PROVED;
use crate::domain::{Result, Step};

/// The group and its role, as far as they are there.
pub(super) struct PendingGroup {
    name: String,
    id: Option<String>,
    has_role: bool,
    /// Which flow it was proved with.
    pub(super) proved: Option<String>,
    /// The proof is of something that has changed since: it is taken off first.
    pub(super) stale: bool,
}

impl PendingGroup {
    /// Nothing is known of it.
    pub(super) fn unknown(name: &str) -> Self {
        Self { name: name.to_owned(), id: None, has_role: false, proved: None, stale: false }
    }

    /// Looks at it.
    ///
    /// # Errors
    /// As for [`Calls::get`].
    pub(super) async fn look(calls: &Calls, name: &str) -> Result<Self> {
        let mut found = Self::unknown(name);
        let Some(group) = group::named(calls, name).await? else { return Ok(found) };
        let roles: Vec<Value> = calls.get(&["groups", &group.id, "role-mappings", "realm"], &[], Need::Users).await?;
        found.has_role = roles.iter().any(|role| role["name"] == name);
        found.proved = group.attributes.get(PROVED).and_then(|values| values.first()).cloned();
        found.id = Some(group.id);
        Ok(found)
    }

    /// Whether nothing is missing of it.
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

    async fn carry_out(&self, calls: &Calls) -> Result<String> {
        let name = self.name.as_str();
        if let Some(id) = self.id.as_deref().filter(|_| self.proved.is_some()) {
            group::note(calls, id, PROVED, None).await?;
        }
        if !self.has_role {
            let role = json!({ "name": name, "description": "Has a temporary password pending (tellonce)" });
            calls.make_new(&["roles"], &role, Need::Realm).await?;
            let role: Value = calls.get(&["roles", name], &[], Need::Realm).await?;
            let id = match &self.id {
                Some(id) => id.clone(),
                None => group::make(calls, name).await?,
            };
            calls.make(&["groups", &id, "role-mappings", "realm"], &json!([role]), Need::Users).await?;
        }
        Ok(format!("the group /{name} has the role {name}"))
    }
}

/// A note of an earlier proof, where nothing keeps it true any more: agents must not use the group.
pub(super) struct StaleProof {
    name: String,
    id: String,
}

impl StaleProof {
    /// None where there is no such note.
    pub(super) fn of(group: PendingGroup) -> Option<Self> {
        group.proved.as_ref()?;
        Some(Self { name: group.name, id: group.id? })
    }
}

#[async_trait(?Send)]
impl SetupStep for StaleProof {
    fn step(&self) -> Step {
        let words = format!("agents do not use the group /{} any more: the note of its proof is taken off", self.name);
        let by_hand = vec![format!("Groups, {}, Attributes: remove {PROVED}.", self.name)];
        step("stale_proof", false, words, by_hand)
    }

    async fn carry_out(&self, calls: &Calls) -> Result<String> {
        group::note(calls, &self.id, PROVED, None).await?;
        Ok(format!("agents do not use the group /{} any more", self.name))
    }
}
