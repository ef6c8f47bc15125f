//! A signed-in agent at a realm: what is looked up once for all that a command does.

use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::sync::OnceCell;

use super::api::Api;
use super::claims::{Claims, REALM_MANAGEMENT};
use super::wire::{Client, Group, Realm, User};
use crate::domain::ports::CustomerDirectory;
use crate::domain::{Answer, Kind, PolicyRead, Reason, Right};

/// The attribute that says of the group that it was proved to clear itself, and by which flow e-mail resets are refused
/// meanwhile. Without it the group is not used: it would keep customers out of self-service.
pub(super) const PROVED: &str = "tellonce-proved";

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
    clients: OnceCell<BTreeMap<String, Result<String, String>>>,
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
            clients: OnceCell::new(),
        }))
    }

    pub(super) fn api(&self) -> &Api {
        &self.0.api
    }

    /// The realm, as far as this agent may read it.
    pub(super) async fn realm(&self) -> Answer<&Realm> {
        self.0.realm.get_or_try_init(|| self.api().get(&[], &[], Right::FindCustomers)).await
    }

    /// The live password policy.
    pub(super) async fn policy(&self) -> Answer<PolicyRead> {
        let realm = self.realm().await?;
        Ok(match &realm.password_policy {
            Some(text) => super::policy::parse(text),
            None if realm.enabled.is_some() => super::policy::parse(""),
            None => PolicyRead::Unreadable("your rights do not show it (it takes view-realm)".to_owned()),
        })
    }

    /// The group that marks who has a temporary password pending, where it was proved to clear itself.
    pub(super) async fn pending_group(&self) -> Answer<Option<&Group>> {
        let found = self.0.pending_group.get_or_try_init(|| async {
            let name = self.0.pending_group_name.as_str();
            let query =
                [("search", name), ("exact", "true"), ("briefRepresentation", "false"), ("subGroupsCount", "false")];
            let groups: Answer<Vec<Group>> = self.api().get(&["groups"], &query, Right::FindCustomers).await;
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

    /// The ids of the clients whose roles are protected; or why one cannot be read.
    pub(super) async fn protected_clients(&self) -> Answer<&BTreeMap<String, Result<String, String>>> {
        let found = self.0.clients.get_or_try_init(|| async {
            let mut ids = BTreeMap::new();
            for role in &self.0.protected.roles {
                let Some((client, _)) = role.split_once('/') else { continue };
                if !ids.contains_key(client) {
                    ids.insert(client.to_owned(), self.client_id(client).await?);
                }
            }
            Ok(ids)
        });
        found.await
    }

    async fn client_id(&self, client: &str) -> Answer<Result<String, String>> {
        let clients: Answer<Vec<Client>> =
            self.api().get(&["clients"], &[("clientId", client)], Right::FindCustomers).await;
        match clients {
            Ok(found) => Ok(found
                .into_iter()
                .find(|found| found.client_id == client)
                .map(|found| found.id)
                .ok_or_else(|| format!("the client {client} is not there, or not shown to you"))),
            Err(failure) if failure.reason == Reason::MissingRight => Ok(Err(format!(
                "it takes the role view-clients of {REALM_MANAGEMENT} to read who has roles of {client}"
            ))),
            Err(failure) => Err(failure),
        }
    }

    /// What this agent may do in the realm, as far as it can be read without trying.
    pub(super) async fn rights_read(&self) -> Answer<Vec<Right>> {
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
        let user: Answer<Option<User>> = self.api().get_if_any(&["users", &user.id], &[], Right::FindCustomers).await;
        let Ok(Some(user)) = user else { return Ok(Vec::new()) };
        let mut rights = vec![Right::FindCustomers];
        if user.access.reset_password == Some(true) {
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
