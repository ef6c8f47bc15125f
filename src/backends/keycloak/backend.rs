//! The identity backend: what an agent changes in a realm.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde::Serialize;
use zeroize::Zeroizing;

use super::api::Payload;
use super::call::Written;
use super::directory::could_be_id;
use super::errors;
use super::refusal::{create_error, set_error, user_exists};
use super::user_lookup::KeycloakAgent;
use super::user_snapshot::{password, set_at, stamp};
use crate::domain::ports::{IdentityBackend, SetFailed};
use crate::domain::{
    Aid, AnyIntent, Capabilities, Changed, Check, Customer, Error, Forced, Gap, Intent, Issued, Names, NewUser,
    Pending, Reason, RequestSink, Reset, ResetTarget, Result, Right, SessionsEnded, TemporaryPassword, UserId,
    UserSnapshot, Withdrawal, sealed,
};

/// As many calls at once as a server is kept busy by: more only make each slower (measured on two cores).
const CONCURRENCY: usize = 4;
/// HTTP/2 keeps what is small in its frame buffer for as long as the connection lives; spaces before the JSON
/// (RFC 8259 section 2 allows them) make a body large enough to be sent from its own buffer, which is wiped.
const SPACES: usize = 1100;
/// Room for the largest body with a password, so that its buffer never moves.
const ROOM: usize = SPACES + 8 * 1024;

#[derive(Serialize)]
struct TemporaryCredential<'a> {
    r#type: &'static str,
    value: &'a str,
    temporary: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreatedUser<'a> {
    username: &'a str,
    email: Option<&'a str>,
    first_name: &'a str,
    last_name: &'a str,
    enabled: bool,
    credentials: [TemporaryCredential<'a>; 1],
}

/// A body with a temporary password in it.
enum SecretBody<'a> {
    /// The password of a user.
    Credential,
    /// A user with that password.
    User(&'a NewUser),
}

impl sealed::Sealed for SecretBody<'_> {}

impl RequestSink for SecretBody<'_> {
    type Output = Result<Zeroizing<Vec<u8>>>;

    fn write(self, characters: &str) -> Self::Output {
        let credential = TemporaryCredential { r#type: "password", value: characters, temporary: true };
        let Self::User(new) = self else { return secret(&credential) };
        let Names { first, last } = new.customer.first_and_last();
        secret(&CreatedUser {
            username: &new.username,
            email: new.customer.email.as_deref(),
            first_name: &first,
            last_name: &last,
            enabled: true,
            credentials: [credential],
        })
    }
}

/// A body with a password in it: in one buffer that never moves, and is wiped.
fn secret(body: &impl Serialize) -> Result<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(ROOM));
    buffer.resize(SPACES, b' ');
    let mut left = Bounded { buffer: &mut buffer };
    serde_json::to_writer(&mut left, body).map_err(|_| Error::bug("The request could not be written."))?;
    Ok(buffer)
}

/// Refuses to let the buffer grow: a copy of the password would be left behind.
struct Bounded<'a> {
    buffer: &'a mut Vec<u8>,
}

impl std::io::Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.buffer.len() + bytes.len() > ROOM {
            return Err(std::io::Error::other("a name or address is too long"));
        }
        self.buffer.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl KeycloakAgent {
    async fn set(&self, intent: &AnyIntent, id: &str, temporary: &TemporaryPassword) -> Result<(), SetFailed> {
        let payload = temporary.request(intent, SecretBody::Credential)?;
        let path = ["users", id, "reset-password"];
        let written =
            self.api().change_with_secret(Method::PUT, &path, payload, Right::IssueTemporaryPasswords).await?;
        match written.status {
            StatusCode::NOT_FOUND => Ok(errors::gone()?),
            status @ (StatusCode::BAD_REQUEST | StatusCode::CONFLICT) => {
                Err(set_error(status, &written.refusal, &self.policy().await?))
            }
            _ => Ok(()),
        }
    }

    async fn create(
        &self,
        intent: &AnyIntent,
        new: &NewUser,
        temporary: &TemporaryPassword,
    ) -> Result<String, SetFailed> {
        let payload = temporary.request(intent, SecretBody::User(new))?;
        let Written { status, created, refusal, sent_again } =
            self.api().change_with_secret(Method::POST, &["users"], payload, Right::CreateUsers).await?;
        if status == StatusCode::CONFLICT && sent_again {
            // It may be the one of the first try, with a password that nobody was told.
            return Err(SetFailed::Other(user_exists(&new.username).answer_lost()));
        }
        if matches!(status, StatusCode::BAD_REQUEST | StatusCode::CONFLICT) {
            return Err(create_error(status, &refusal, &new.username, &self.policy().await?));
        }
        // The id goes into addresses: what repeats the request is none.
        let id = created.filter(|id| could_be_id(id) && temporary.redacted_text(id) == *id);
        id.ok_or_else(|| {
            let told = Error::unavailable("The server created the user and did not say which it is.");
            SetFailed::Other(Error { changed: Changed::Yes, ..told })
        })
    }

    /// A changing call that is answered with nothing, and that is harmless to repeat.
    async fn settle(&self, method: Method, path: &[&str], right: Right) -> Result<()> {
        let written = self.api().change(method, path, Payload::Nothing, right, true).await?;
        match written.status {
            StatusCode::NOT_FOUND => errors::gone(),
            status if status.is_success() => Ok(()),
            status => Err(Error::unavailable(format!("The server answered {status}."))),
        }
    }
}

#[async_trait(?Send)]
impl IdentityBackend for KeycloakAgent {
    async fn capabilities(&self) -> Result<Capabilities> {
        let (realm, group, policy) = tokio::try_join!(self.realm(), self.pending_group(), self.policy())?;
        let mut gaps =
            BTreeSet::from([Gap::StampNamesNoAuthor, Gap::RulesNotListed, Gap::OpenFormOutlives, Gap::NeverRunsOut]);
        let limits = BTreeSet::from([Gap::StampNamesNoAuthor, Gap::OpenFormOutlives]);
        if !realm.password_policy.as_deref().is_some_and(super::policy::remembers) {
            gaps.insert(Gap::TemporaryMayBeKept);
        }
        if group.is_none() && realm.reset_password_allowed != Some(false) {
            gaps.insert(Gap::SelfServiceWhilePending);
        }
        if realm.enabled.is_some() && realm.reset_password_allowed != Some(true) {
            gaps.insert(Gap::NoSelfService);
        }
        // As the server is, sessions survive a set: they are ended with it.
        let mut aids = BTreeSet::from([Aid::EndsSessions, Aid::Sweeps]);
        if group.is_some() {
            aids.insert(Aid::MarksPending);
        }
        if policy.is_whole() {
            aids.insert(Aid::TellsRules);
        }
        Ok(Capabilities { gaps, limits, aids, set_lifts_lock: false, concurrency: CONCURRENCY })
    }

    fn leave_retries(&self) {
        self.api().leave_retries();
    }

    async fn rights(&self) -> Result<Vec<Right>> {
        self.rights_read().await
    }

    async fn keep_alive(&self, at_least: Duration) -> Result<()> {
        self.api().keeper.at_least(at_least).await
    }

    async fn end_session(&self) -> Result<()> {
        self.api().keeper.end().await
    }

    async fn user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        Box::pin(self.read_user_snapshot(customer)).await
    }

    async fn set_temporary_password(
        &self,
        intent: &Intent<Reset>,
        temporary: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        let id = match intent.target() {
            ResetTarget::User(user) => {
                self.set(intent, user.as_str(), temporary).await?;
                user.as_str().to_owned()
            }
            ResetTarget::NewUser(new) => self.create(intent, new, temporary).await?,
        };
        let after = |failure: Error| SetFailed::Other(Error { changed: Changed::Yes, ..failure });
        let credentials = self.api().insisting(async || self.credentials(&id).await).await.map_err(after)?;
        let set = password(&credentials)
            .ok_or_else(|| after(Error::unavailable("The server shows no password that was set.")))?;
        let at = set_at(set).unwrap_or_else(Timestamp::now);
        Ok(Issued { user: UserId::new(id), stamp: Some(stamp(set)), at, expires_at: None })
    }

    async fn mark_pending(&self, intent: &Intent<Reset>, _: &Issued) -> Result<()> {
        let Some(group) = self.pending_group().await? else { return Ok(()) };
        let path = ["users", intent.user()?.as_str(), "groups", &group.id];
        self.settle(Method::PUT, &path, Right::MarkPending).await
    }

    async fn end_sessions(&self, intent: &AnyIntent) -> Result<SessionsEnded> {
        self.settle(Method::POST, &["users", intent.user()?.as_str(), "logout"], Right::EndSessions).await?;
        Ok(SessionsEnded::All)
    }

    async fn read_back(&self, issued: &Issued) -> Result<Forced> {
        let id = issued.user.as_str();
        let (user, credentials) = tokio::try_join!(self.user(id), self.credentials(id))?;
        let Some(user) = user else { return errors::gone() };
        Ok(Forced { change_required: user.must_change() == Some(true), stamp: password(&credentials).map(stamp) })
    }

    async fn withdraw(&self, intent: &Intent<Withdrawal>) -> Result<()> {
        let id = intent.user()?.as_str();
        let credentials = self.credentials(id).await?;
        let found = password(&credentials).filter(|found| intent.stamp_before() == Some(&stamp(found)));
        let Some(found) = found else {
            return Err(Error::refused(
                Reason::NothingPending,
                "That temporary password is not there any more: it was used, withdrawn or replaced meanwhile.",
            ));
        };
        let path = ["users", id, "credentials", &found.id];
        let written =
            self.api().change(Method::DELETE, &path, Payload::Nothing, Right::IssueTemporaryPasswords, true).await?;
        match written.status {
            status if status.is_success() || status == StatusCode::NOT_FOUND => Ok(()), // sent twice, it is gone as well
            status => Err(Error::unavailable(format!("The server answered {status}."))),
        }
    }

    async fn pending(&self) -> Result<Vec<Pending>> {
        self.read_pending().await
    }

    async fn unlock(&self, intent: &Intent<Reset>) -> Result<()> {
        let path = ["attack-detection", "brute-force", "users", intent.user()?.as_str()];
        self.settle(Method::DELETE, &path, Right::Unlock).await
    }

    async fn checks(&self) -> Result<Vec<Check>> {
        self.look().await
    }
}
