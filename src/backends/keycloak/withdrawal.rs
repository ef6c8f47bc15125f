//! The withdrawal of a pending temporary password.
//!
//! A user of the realm alone loses the password. A user whose password another system has too (a directory in UNSYNCED
//! mode, an identity provider) would get that one back: it opened the form for a new password (26.0.8 to 26.7.3). Such a
//! user gets a temporary password that nobody knows, with a label by which everybody sees that it is withdrawn.

use reqwest::{Method, StatusCode};

use super::api::Payload;
use super::call::Idempotent;
use super::errors;
use super::user_lookup::KeycloakAgent;
use super::user_snapshot::{local_password, stamp};
use super::wire::{Credential, User};
use crate::domain::ports::SetFailed;
use crate::domain::{About, Candidates, Changed, Error, Intent, Reason, Result, Right, Withdrawal};
use crate::platform::SystemRandom;

/// The label of a password that nobody knows. The next set takes it off.
const LABEL: &str = "withdrawn by tellonce";

impl Credential {
    /// Reports whether this is the password that a withdrawal left behind.
    pub(super) fn is_withdrawn(&self) -> bool {
        self.user_label.as_deref() == Some(LABEL)
    }
}

impl User {
    /// Reports whether another system may have a password of the user.
    fn has_password_elsewhere(&self) -> bool {
        self.storage().is_some() || !self.federated_identities.is_empty()
    }
}

/// Says that the temporary password was used, withdrawn or replaced since the plan (exit 7).
fn not_pending() -> Error {
    let message = "That temporary password is not there any more: it was used, withdrawn or replaced meanwhile.";
    Error::refused(Reason::NothingPending, message)
}

impl KeycloakAgent {
    /// Makes the pending temporary password unusable, if it is still the one of the intent.
    pub(super) async fn withdraw_pending(&self, intent: &Intent<Withdrawal>) -> Result<()> {
        let id = intent.user()?.as_str();
        let (user, credentials) = tokio::try_join!(self.user(id), self.credentials(id))?;
        let Some(user) = user else { return errors::user_gone() };
        let found = local_password(&credentials).filter(|found| intent.stamp_before() == Some(&stamp(found)));
        let found = found.filter(|found| !found.is_withdrawn()).ok_or_else(not_pending)?;
        if user.has_password_elsewhere() {
            return self.replace_by_unknown(intent, &user).await;
        }
        let path = ["users", id, "credentials", &found.id];
        let right = Right::IssueTemporaryPasswords;
        let written = self.api().change(Method::DELETE, &path, Payload::Nothing, right, Idempotent::Yes).await?;
        match written.status {
            status if status.is_success() || status == StatusCode::NOT_FOUND => Ok(()), // a repeated request finds it gone
            status => Err(errors::unexpected_status(status)),
        }
    }

    /// Sets a temporary password that nobody is told, and labels it.
    async fn replace_by_unknown(&self, intent: &Intent<Withdrawal>, user: &User) -> Result<()> {
        let about = About { username: user.username.clone(), email: user.email.clone() };
        let mut candidates = Candidates::new(&self.policy().await?, about);
        loop {
            let unknown = candidates.make(&mut SystemRandom)?;
            match self.set(intent, &user.id, &unknown).await {
                Ok(()) => break,
                Err(SetFailed::Policy(rules)) => candidates.refused(rules)?,
                Err(SetFailed::Other(error)) => return Err(error),
            }
        }
        let label = async || self.label_as_withdrawn(&user.id).await;
        self.api().retry_read(label).await.map_err(|error| Error { changed: Changed::Yes, ..error })
    }

    async fn label_as_withdrawn(&self, user: &str) -> Result<()> {
        let credentials = self.credentials(user).await?;
        let Some(set) = local_password(&credentials) else {
            return Err(Error::unavailable("The server shows no password that was set."));
        };
        let path = ["users", user, "credentials", &set.id, "userLabel"];
        let right = Right::IssueTemporaryPasswords;
        let written = self.api().change(Method::PUT, &path, Payload::Text(LABEL), right, Idempotent::Yes).await?;
        if written.status.is_success() { Ok(()) } else { Err(errors::unexpected_status(written.status)) }
    }
}
