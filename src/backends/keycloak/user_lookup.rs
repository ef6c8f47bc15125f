//! A signed-in agent at a realm: what is looked up once for all that a command does.

use std::rc::Rc;

use tokio::sync::OnceCell;

use super::call::Api;
use super::claims::Claims;
use super::guards::Guards;
use super::wire::{Group, Realm, User};
use crate::domain::ports::CustomerDirectory;
use crate::domain::{Kind, Obstacle, PolicyRead, Reason, Result, Right};

/// The attribute that says of the group that it was proved to clear itself, and by which flow e-mail resets are refused
/// meanwhile. Without it the group is not used: it would keep customers out of self-service.
pub(super) const PROVED: &str = "tellonce-proved";

/// Why nobody is reset by such an agent.
pub(super) const OWN_USER_UNKNOWN: &str = "your token does not say which user of the realm you are, so your own user could not be told from a customer's (give the sign-in client the scope profile)";

/// A signed-in agent.
#[derive(Clone)]
pub(super) struct KeycloakAgent(pub(super) Rc<Inner>);

pub(super) struct Inner {
    pub(super) api: Api,
    pub(super) claims: Claims,
    pub(super) protected: crate::config::Protected,
    pub(super) pending_group_name: String,
    /// Customers come from elsewhere: the realm itself is not the directory.
    pub(super) customers: Option<Box<dyn CustomerDirectory>>,
    realm: OnceCell<Realm>,
    pending_group: OnceCell<Option<Group>>,
    pub(super) guards: OnceCell<Guards>,
    own_user_is_there: OnceCell<bool>,
}

impl KeycloakAgent {
    pub(super) fn new(
        api: Api,
        claims: Claims,
        protected: crate::config::Protected,
        pending_group_name: String,
        customers: Option<Box<dyn CustomerDirectory>>,
    ) -> Self {
        Self(Rc::new(Inner {
            api,
            claims,
            protected,
            pending_group_name,
            customers,
            realm: OnceCell::new(),
            pending_group: OnceCell::new(),
            guards: OnceCell::new(),
            own_user_is_there: OnceCell::new(),
        }))
    }

    pub(super) fn api(&self) -> &Api {
        &self.0.api
    }

    /// The realm, as far as this agent may read it.
    pub(super) async fn realm(&self) -> Result<&Realm> {
        self.0.realm.get_or_try_init(|| self.api().get(&[], &[], Right::FindCustomers)).await
    }

    /// The live password policy.
    pub(super) async fn policy(&self) -> Result<PolicyRead> {
        let realm = self.realm().await?;
        Ok(match &realm.password_policy {
            Some(text) => super::policy::parse(text),
            None if realm.enabled.is_some() => super::policy::parse(""),
            None => PolicyRead::Unreadable("your rights do not show it (it takes view-realm)".to_owned()),
        })
    }

    /// The group that marks who has a temporary password pending, where it was proved to clear itself.
    pub(super) async fn pending_group(&self) -> Result<Option<&Group>> {
        let found = self.0.pending_group.get_or_try_init(|| async {
            let name = self.0.pending_group_name.as_str();
            let query =
                [("search", name), ("exact", "true"), ("briefRepresentation", "false"), ("subGroupsCount", "false")];
            let groups: Result<Vec<Group>> = self.api().get(&["groups"], &query, Right::FindCustomers).await;
            let groups = match groups {
                Err(failure) if failure.reason == Reason::MissingRight => return Ok(None),
                groups => groups?,
            };
            Ok(groups
                .into_iter()
                .find(|group| group.path == format!("/{name}") && group.attributes.contains_key(PROVED)))
        });
        Ok(found.await?.as_ref())
    }

    /// Whether this is the agent's own user: by the token's `sub`, or by its username, since a client may be set up to
    /// give each of its users another `sub` (pairwise subject identifiers).
    pub(super) fn is_own(&self, user: &User) -> bool {
        let claims = &self.0.claims;
        let same =
            |mine: &String| user.username.as_deref().is_some_and(|name| name.to_lowercase() == mine.to_lowercase());
        claims.user == user.id || (claims.is_of(self.api().realm_name()) && claims.username.as_ref().is_some_and(same))
    }

    /// That it cannot be told which user of the realm the agent is; none: it can, or the agent belongs to another realm.
    pub(super) async fn own_user_unknown(&self) -> Result<Option<Obstacle>> {
        let claims = &self.0.claims;
        if claims.username.is_some() || !claims.is_of(self.api().realm_name()) {
            return Ok(None);
        }
        let is_there = || async { Ok(self.user(&claims.user).await?.is_some()) };
        let known = *self.0.own_user_is_there.get_or_try_init(is_there).await?;
        Ok((!known).then(|| Obstacle::ProtectionUnreadable(OWN_USER_UNKNOWN.to_owned())))
    }

    /// What this agent may do in the realm, as far as it can be read without trying.
    pub(super) async fn rights_read(&self) -> Result<Vec<Right>> {
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
        // Fine-grained permissions are in no token: what one user's access map says is the best sign there is.
        let query = [("max", "1"), ("briefRepresentation", "true")];
        let some: Vec<User> = match self.api().get(&["users"], &query, Right::FindCustomers).await {
            Err(failure) if failure.kind == Kind::NotAllowed && failure.reason == Reason::MissingRight => {
                return Ok(Vec::new());
            }
            found => found?,
        };
        let Some(user) = some.first() else { return Ok(Vec::new()) };
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
