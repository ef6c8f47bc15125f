//! The administrator's calls: sent with a token that is kept in memory alone, and told in words.

use std::cell::Cell;

use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::backends::keycloak::api::Payload;
use crate::backends::keycloak::call::{Api, Written};
use crate::backends::keycloak::claims::REALM_MANAGEMENT;
use crate::domain::{Changed, Error, Kind, Reason, Result, Right};

/// What a call takes of the administrator.
#[derive(Clone, Copy, Debug)]
pub(super) enum Need {
    /// The realm itself, its flows and roles.
    Realm,
    /// Workflows and permissions: no smaller role than the one over everything shows workflows (26.7.3).
    Everything,
    /// Clients.
    Clients,
    /// Users, groups and their roles.
    Users,
}

impl Need {
    const fn words(self) -> &'static str {
        match self {
            Self::Realm => "change the realm and its flows",
            Self::Everything => "see and make workflows and permissions",
            Self::Clients => "make and change clients",
            Self::Users => "make and change groups and users",
        }
    }

    const fn role(self) -> &'static str {
        match self {
            Self::Realm => "manage-realm",
            Self::Everything => "realm-admin",
            Self::Clients => "manage-clients",
            Self::Users => "manage-users",
        }
    }
}

/// The admin API, as an administrator.
pub(super) struct Calls {
    pub(super) api: Api,
    /// The administrator's name.
    pub(super) name: String,
    pub(super) realm: String,
    /// The server took something since [`Calls::forget`].
    written: Cell<bool>,
}

impl Calls {
    /// Calls to this realm by whoever has this name.
    pub(super) const fn new(api: Api, name: String, realm: String) -> Self {
        Self { api, name, realm, written: Cell::new(false) }
    }

    /// What was written before is not asked for any more: it is told already, or undone.
    pub(super) fn forget(&self) {
        self.written.set(false);
    }

    /// The failure of a step, which changed what its earlier calls did.
    pub(super) fn so_far(&self, failure: Error) -> Error {
        if self.written.get() { Error { changed: Changed::Yes, ..failure } } else { failure }
    }

    /// Reads an object.
    ///
    /// # Errors
    /// Exit 4: the right is missing, or the session is over. Exit 8: no answer, or it is not there.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        need: Need,
    ) -> Result<T> {
        self.api.get(path, query, Right::FindCustomers).await.map_err(|failure| self.told(failure, need))
    }

    /// Reads an object; none where the server does not have it.
    ///
    /// # Errors
    /// As for [`Calls::get`].
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        need: Need,
    ) -> Result<Option<T>> {
        self.api.get_if_any(path, query, Right::FindCustomers).await.map_err(|failure| self.told(failure, need))
    }

    /// Makes something; its id, where the server says it.
    ///
    /// # Errors
    /// As for [`Calls::get`]; and exit 8 where the server does not take it, in its own words.
    pub(super) async fn make(&self, path: &[&str], body: &Value, need: Need) -> Result<Option<String>> {
        let written = self.send(Method::POST, path, Some(body), need, false).await?;
        taken(path, written).map(|written| written.created)
    }

    /// Makes something that may be there already: none then.
    ///
    /// # Errors
    /// As for [`Calls::make`].
    pub(super) async fn make_new(&self, path: &[&str], body: &Value, need: Need) -> Result<Option<String>> {
        let written = self.send(Method::POST, path, Some(body), need, false).await?;
        if written.status == StatusCode::CONFLICT {
            return Ok(None);
        }
        taken(path, written).map(|written| written.created)
    }

    /// Puts something in place.
    ///
    /// # Errors
    /// As for [`Calls::make`].
    pub(super) async fn put(&self, path: &[&str], body: &Value, need: Need) -> Result<()> {
        taken(path, self.send(Method::PUT, path, Some(body), need, true).await?).map(drop)
    }

    /// Puts something in place that needs no body.
    ///
    /// # Errors
    /// As for [`Calls::make`].
    pub(super) async fn join(&self, path: &[&str], need: Need) -> Result<()> {
        taken(path, self.send(Method::PUT, path, None, need, true).await?).map(drop)
    }

    /// Removes something; that it is gone already is no failure.
    ///
    /// # Errors
    /// As for [`Calls::make`].
    pub(super) async fn remove(&self, path: &[&str], need: Need) -> Result<()> {
        let written = self.send(Method::DELETE, path, None, need, true).await?;
        if written.status == StatusCode::NOT_FOUND { Ok(()) } else { taken(path, written).map(drop) }
    }

    /// Whether the administrator may do everything that is to be done, found out by calls that the server refuses for
    /// another reason where the right is there: nothing is changed.
    ///
    /// # Errors
    /// Exit 4 naming the right that is missing.
    pub(super) async fn may_prepare(&self) -> Result<()> {
        let nowhere = ["authentication", "flows", "tellonce has no such flow", "copy"];
        self.probe(&nowhere, &json!({ "newName": "tellonce" }), Need::Realm).await?;
        self.probe(&["clients"], &json!({ "clientId": self.management() }), Need::Clients).await?;
        self.probe(&["groups"], &json!({ "name": "" }), Need::Users).await
    }

    /// A call that the server refuses, and that may so be sent again.
    async fn probe(&self, path: &[&str], body: &Value, need: Need) -> Result<()> {
        let sent = self.send(Method::POST, path, Some(body), need, true).await;
        sent.map(drop).map_err(|failure| Error { changed: Changed::No, ..failure })
    }

    /// The client whose roles are the rights over this realm.
    pub(super) fn management(&self) -> String {
        if self.realm == "master" { "master-realm".to_owned() } else { REALM_MANAGEMENT.to_owned() }
    }

    /// Sends it; again after a lost answer only where it is `harmless` to apply it twice.
    async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
        need: Need,
        harmless: bool,
    ) -> Result<Written> {
        let payload = body.map_or(Payload::Nothing, |body| Payload::Plain(body.to_string().into_bytes()));
        let sent = self.api.change(method, path, payload, Right::FindCustomers, harmless).await;
        let written = sent.map_err(|failure| self.told(failure, need))?;
        if written.status.is_success() {
            self.written.set(true);
        }
        Ok(written)
    }

    fn told(&self, failure: Error, need: Need) -> Error {
        match failure.reason {
            Reason::MissingRight => Error::new(
                Kind::NotAllowed,
                Reason::MissingRight,
                format!(
                    "{} may not {} in realm {} (403): it takes the role {} of {}.",
                    self.name,
                    need.words(),
                    self.realm,
                    need.role(),
                    self.management()
                ),
            )
            .hint("Sign in as an administrator of the realm: `tellonce setup --administrator NAME`."),
            Reason::SessionOver => {
                Error::new(Kind::NotAllowed, Reason::SessionOver, "The administrator's session is over.")
                    .hint("Begin again: `tellonce setup`.")
            }
            _ => failure,
        }
    }
}

/// The server's own words where it does not take what was sent.
fn taken(path: &[&str], written: Written) -> Result<Written> {
    if written.status.is_success() {
        return Ok(written);
    }
    let words = written.refusal.description();
    Err(Error::unavailable(format!("The server does not take {} ({}): {words}.", path.join("/"), written.status)))
}
