//! A signed-in agent of a realm, with what a command reads once: realm, policy, pending group, guards.

use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

use super::call::Api;
use super::claims::Claims;
use super::guards::Guards;
use super::required_action::UpdatePasswordReader;
use super::settings::KeycloakSettings;
use super::wire::{Group, Realm, User};
use crate::config::ContactAttributes;
use crate::domain::ports::CustomerDirectory;
use crate::domain::{Kind, Obstacle, PolicyRead, Reason, Result, Right};

/// The pending group's attribute that `setup` writes after its self-test. Its value is the name of the reset flow.
///
/// Without it the group is not used, since nothing would take customers out of it again.
pub(super) const PROVED_ATTRIBUTE: &str = "tellonce-proved";

/// Why an agent whose own user is not known may reset nobody.
pub(super) const OWN_USER_UNKNOWN: &str = "your token does not say which user of the realm you are, so your own user could not be refused (give the sign-in client the scope profile)";

/// A signed-in agent of a realm.
#[derive(Clone)]
pub(super) struct KeycloakAgent(pub(super) Rc<Inner>);

/// What the clones of an agent share.
pub(super) struct Inner {
    pub(super) api: Api,
    pub(super) claims: Claims,
    pub(super) protected: crate::config::Protected,
    pub(super) pending_group_name: String,
    pub(super) contact_attributes: ContactAttributes,
    /// The CSV file that customers come from; `None` if the realm is the directory.
    pub(super) customers: Option<Box<dyn CustomerDirectory>>,
    realm: OnceCell<Realm>,
    pending_group: OnceCell<Option<Group>>,
    pub(super) guards: OnceCell<Guards>,
    own_user_exists: OnceCell<bool>,
    pub(super) update_password: UpdatePasswordReader,
}

impl KeycloakAgent {
    pub(super) fn new(
        api: Api,
        claims: Claims,
        protected: crate::config::Protected,
        settings: &KeycloakSettings,
        customers: Option<Box<dyn CustomerDirectory>>,
    ) -> Self {
        Self(Rc::new(Inner {
            api,
            claims,
            protected,
            pending_group_name: settings.pending_group.clone(),
            contact_attributes: settings.contact_attributes.clone(),
            customers,
            realm: OnceCell::new(),
            pending_group: OnceCell::new(),
            guards: OnceCell::new(),
            own_user_exists: OnceCell::new(),
            update_password: UpdatePasswordReader::default(),
        }))
    }

    pub(super) fn api(&self) -> &Api {
        &self.0.api
    }

    /// Reads the realm, as far as this agent may.
    pub(super) async fn realm(&self) -> Result<&Realm> {
        self.0.realm.get_or_try_init(|| self.api().get(&[], &[], Right::FindCustomers)).await
    }

    /// Returns the server's time, by the agent's own token, or else by the header Date of the newest answer.
    ///
    /// Keycloak itself sends no such header (26.7): it is a proxy's. A token from the environment does not tell the time.
    pub(super) async fn read_server_time(&self) -> Result<Option<Timestamp>> {
        if let Some(ahead) = self.0.claims.clock_skew {
            let ahead = if ahead.abs() <= 1 { 0 } else { ahead }; // tokens have whole seconds
            return Ok(Timestamp::now().checked_add(SignedDuration::from_secs(ahead)).ok());
        }
        if self.api().server_date().is_none() {
            self.realm().await?;
        }
        Ok(self.api().server_date())
    }

    /// Reads the current password policy.
    pub(super) async fn policy(&self) -> Result<PolicyRead> {
        let realm = self.realm().await?;
        Ok(match &realm.password_policy {
            Some(text) => super::policy::parse(text),
            None if realm.enabled.is_some() => super::policy::parse(""),
            None => PolicyRead::Unreadable("your rights do not show it (it takes view-realm)".to_owned()),
        })
    }

    /// Finds the pending group. Returns `None` if the realm has none that passed the self-test.
    pub(super) async fn pending_group(&self) -> Result<Option<&Group>> {
        let found = self.0.pending_group.get_or_try_init(|| async {
            let name = self.0.pending_group_name.as_str();
            let query =
                [("search", name), ("exact", "true"), ("briefRepresentation", "false"), ("subGroupsCount", "false")];
            let groups: Result<Vec<Group>> = self.api().get(&["groups"], &query, Right::FindCustomers).await;
            let groups = match groups {
                Err(error) if error.reason == Reason::MissingRight => return Ok(None),
                groups => groups?,
            };
            Ok(groups
                .into_iter()
                .find(|group| group.path == format!("/{name}") && group.attributes.contains_key(PROVED_ATTRIBUTE)))
        });
        Ok(found.await?.as_ref())
    }

    /// Reports whether this is the agent's own user.
    ///
    /// The token's `sub` may differ from the user's id (pairwise subject identifiers), so that the username counts too.
    pub(super) fn is_own_user(&self, user: &User) -> bool {
        let claims = &self.0.claims;
        let has_name =
            |own: &String| user.username.as_deref().is_some_and(|name| name.to_lowercase() == own.to_lowercase());
        claims.user == user.id
            || (claims.is_of(self.api().realm_name()) && claims.username.as_ref().is_some_and(has_name))
    }

    /// Returns an obstacle to every reset if the token does not say which user of the realm the agent is.
    pub(super) async fn own_user_obstacle(&self) -> Result<Option<Obstacle>> {
        let claims = &self.0.claims;
        if claims.username.is_some() || !claims.is_of(self.api().realm_name()) {
            return Ok(None);
        }
        let exists = || async { Ok(self.user(&claims.user).await?.is_some()) };
        let known = *self.0.own_user_exists.get_or_try_init(exists).await?;
        Ok((!known).then(|| Obstacle::ProtectionUnreadable(OWN_USER_UNKNOWN.to_owned())))
    }

    /// Reads what this agent may do in the realm, as far as that is readable without trying.
    pub(super) async fn read_rights(&self) -> Result<Vec<Right>> {
        let claims = &self.0.claims;
        let issuing = [
            Right::FindCustomers,
            Right::IssueTemporaryPasswords,
            Right::CreateUsers,
            Right::EndSessions,
            Right::Unlock,
            Right::MarkPending,
            Right::Sweep,
        ];
        if claims.has("manage-users") && claims.has("view-users") {
            return Ok(issuing.to_vec());
        }
        // No token lists fine-grained permissions. The access map of any one user is the best sign.
        let query = [("max", "1"), ("briefRepresentation", "true")];
        let users: Vec<User> = match self.api().get(&["users"], &query, Right::FindCustomers).await {
            Err(error) if error.kind == Kind::NotAllowed && error.reason == Reason::MissingRight => {
                return Ok(Vec::new());
            }
            found => found?,
        };
        let Some(user) = users.first() else { return Ok(Vec::new()) };
        let user: Result<Option<User>> = self.api().get_if_any(&["users", &user.id], &[], Right::FindCustomers).await;
        let Ok(Some(user)) = user else { return Ok(Vec::new()) };
        let mut rights = vec![Right::FindCustomers];
        if user.access.may_reset() == Some(true) {
            rights.push(Right::IssueTemporaryPasswords);
        }
        if user.access.manage == Some(true) {
            rights.extend([Right::CreateUsers, Right::EndSessions, Right::Unlock, Right::Sweep]);
        }
        if user.access.manage_group_membership == Some(true) {
            rights.push(Right::MarkPending);
        }
        Ok(rights)
    }
}
