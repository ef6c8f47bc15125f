//! The admin API as an administrator uses it: errors name the administrator and the role that a call needs.

use std::cell::Cell;

use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::backends::keycloak::api::Payload;
use crate::backends::keycloak::call::{Api, ChangeResponse, Idempotent};
use crate::backends::keycloak::claims::REALM_MANAGEMENT;
use crate::domain::{Changed, Error, Kind, Reason, Result, Right};

/// The right that a call needs.
#[derive(Clone, Copy, Debug)]
pub(super) enum AdminRight {
    /// Over the realm itself, its flows and its roles.
    Realm,
    /// Over workflows and permissions. No smaller role than `realm-admin` shows workflows (26.7.3).
    Everything,
    /// Over clients.
    Clients,
    /// Over users and groups.
    Users,
    /// To give somebody roles of `realm-management`. On 26.4.7 only `realm-admin` may.
    AssignRights,
}

impl AdminRight {
    const fn action(self) -> &'static str {
        match self {
            Self::Realm => "change the realm and its flows",
            Self::Everything => "see and make workflows and permissions",
            Self::Clients => "make and change clients",
            Self::Users => "make and change groups and users",
            Self::AssignRights => "give a group rights over the realm",
        }
    }

    const fn role(self) -> &'static str {
        match self {
            Self::Realm => "manage-realm",
            Self::Everything | Self::AssignRights => "realm-admin",
            Self::Clients => "manage-clients",
            Self::Users => "manage-users",
        }
    }
}

/// The admin API, called with an administrator's token, which is kept in memory only.
pub(super) struct AdminApi {
    pub(super) api: Api,
    /// The administrator's name.
    pub(super) name: String,
    pub(super) realm: String,
    /// Whether the server accepted a change since [`AdminApi::clear_changed`].
    changed: Cell<bool>,
}

impl AdminApi {
    pub(super) const fn new(api: Api, name: String, realm: String) -> Self {
        Self { api, name, realm, changed: Cell::new(false) }
    }

    /// Forgets earlier changes: they were reported already, or are undone.
    pub(super) fn clear_changed(&self) {
        self.changed.set(false);
    }

    /// Marks a step's error as a change if an earlier call of the step changed something.
    pub(super) fn with_changed(&self, error: Error) -> Error {
        if self.changed.get() { Error { changed: Changed::Yes, ..error } } else { error }
    }

    /// Reads an object.
    ///
    /// # Errors
    /// Exit 4: the right is missing, or the session is over. Exit 8: no answer, or the object does not exist.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        right: AdminRight,
    ) -> Result<T> {
        self.api.get(path, query, Right::FindCustomers).await.map_err(|error| self.explain(error, right))
    }

    /// Reads an object. Returns `None` if it does not exist.
    ///
    /// # Errors
    /// As for [`AdminApi::get`].
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        right: AdminRight,
    ) -> Result<Option<T>> {
        self.api.get_if_any(path, query, Right::FindCustomers).await.map_err(|error| self.explain(error, right))
    }

    /// Creates an object. Returns its id if the server names it.
    ///
    /// # Errors
    /// As for [`AdminApi::get`]. Exit 8: the server refuses the object; the message quotes it.
    pub(super) async fn create(&self, path: &[&str], body: &Value, right: AdminRight) -> Result<Option<String>> {
        let response = self.send(Method::POST, path, Some(body), right, Idempotent::No).await?;
        require_success(path, response).map(|response| response.created)
    }

    /// Creates a user. Returns its id if the server names it.
    ///
    /// # Errors
    /// As for [`AdminApi::create`], with the attributes whose values the realm's user profile refuses.
    pub(super) async fn create_user(&self, user: &Value) -> Result<Option<String>, (Error, Vec<String>)> {
        let sent = self.send(Method::POST, &["users"], Some(user), AdminRight::Users, Idempotent::No).await;
        let response = sent.map_err(|error| (error, Vec::new()))?;
        let mut invalid: Vec<String> = response.refusal.invalid_fields().map(|(name, _)| name.to_owned()).collect();
        invalid.dedup();
        require_success(&["users"], response).map(|response| response.created).map_err(|error| (error, invalid))
    }

    /// Creates an object unless it exists. Returns its id if it was created and the server names it.
    ///
    /// # Errors
    /// As for [`AdminApi::create`].
    pub(super) async fn create_if_absent(
        &self,
        path: &[&str],
        body: &Value,
        right: AdminRight,
    ) -> Result<Option<String>> {
        let response = self.send(Method::POST, path, Some(body), right, Idempotent::No).await?;
        if response.status == StatusCode::CONFLICT {
            return Ok(None);
        }
        require_success(path, response).map(|response| response.created)
    }

    /// Replaces an object.
    ///
    /// # Errors
    /// As for [`AdminApi::create`].
    pub(super) async fn put(&self, path: &[&str], body: &Value, right: AdminRight) -> Result<()> {
        require_success(path, self.send(Method::PUT, path, Some(body), right, Idempotent::Yes).await?).map(drop)
    }

    /// Sends a PUT without a body, such as one that adds a user to a group.
    ///
    /// # Errors
    /// As for [`AdminApi::create`].
    pub(super) async fn put_empty(&self, path: &[&str], right: AdminRight) -> Result<()> {
        require_success(path, self.send(Method::PUT, path, None, right, Idempotent::Yes).await?).map(drop)
    }

    /// Deletes an object. It is no error if the object does not exist.
    ///
    /// # Errors
    /// As for [`AdminApi::create`].
    pub(super) async fn delete(&self, path: &[&str], right: AdminRight) -> Result<()> {
        let response = self.send(Method::DELETE, path, None, right, Idempotent::Yes).await?;
        if response.status == StatusCode::NOT_FOUND { Ok(()) } else { require_success(path, response).map(drop) }
    }

    /// Checks that the administrator has the rights over realm, clients and users, before anything is changed.
    ///
    /// Each probe is a call that the server refuses for another reason if the right is there.
    ///
    /// # Errors
    /// Exit 4 naming the right that is missing.
    pub(super) async fn check_rights(&self) -> Result<()> {
        let no_flow = ["authentication", "flows", "tellonce has no such flow", "copy"];
        self.probe(&no_flow, &json!({ "newName": "tellonce" }), AdminRight::Realm).await?;
        self.probe(&["clients"], &json!({ "clientId": self.management_client() }), AdminRight::Clients).await?;
        self.probe(&["groups"], &json!({ "name": "" }), AdminRight::Users).await
    }

    /// Sends a change that the server refuses. It is harmless to repeat.
    async fn probe(&self, path: &[&str], body: &Value, right: AdminRight) -> Result<()> {
        let sent = self.send(Method::POST, path, Some(body), right, Idempotent::Yes).await;
        sent.map(drop).map_err(|error| Error { changed: Changed::No, ..error })
    }

    /// Returns the client id of the client whose roles are the rights over this realm.
    pub(super) fn management_client(&self) -> String {
        if self.realm == "master" { "master-realm".to_owned() } else { REALM_MANAGEMENT.to_owned() }
    }

    async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
        right: AdminRight,
        idempotent: Idempotent,
    ) -> Result<ChangeResponse> {
        let payload = body.map_or(Payload::Nothing, |body| Payload::Json(body.to_string().into_bytes()));
        let sent = self.api.change(method, path, payload, Right::FindCustomers, idempotent).await;
        let response = sent.map_err(|error| self.explain(error, right))?;
        if response.status.is_success() {
            self.changed.set(true);
        }
        Ok(response)
    }

    /// Rewords an error for an administrator.
    fn explain(&self, error: Error, right: AdminRight) -> Error {
        match error.reason {
            Reason::MissingRight => self.missing_right(right),
            Reason::SessionOver => {
                Error::new(Kind::NotAllowed, Reason::SessionOver, "The administrator's session is over.")
                    .hint("Begin again: `tellonce setup`.")
            }
            _ => error,
        }
    }

    /// Says which role the administrator lacks (exit 4).
    pub(super) fn missing_right(&self, right: AdminRight) -> Error {
        let message = format!(
            "{} may not {} in realm {} (403): it takes the role {} of {}.",
            self.name,
            right.action(),
            self.realm,
            right.role(),
            self.management_client()
        );
        Error::new(Kind::NotAllowed, Reason::MissingRight, message)
            .hint("Sign in as an administrator of the realm: `tellonce setup --administrator NAME`.")
    }
}

/// Turns a refusal into an error that quotes the server.
fn require_success(path: &[&str], response: ChangeResponse) -> Result<ChangeResponse> {
    if response.status.is_success() {
        return Ok(response);
    }
    let description = response.refusal.description();
    Err(Error::unavailable(format!("The server refused {} ({}): {description}.", path.join("/"), response.status)))
}
