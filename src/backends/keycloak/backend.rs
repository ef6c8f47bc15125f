//! The port `IdentityBackend` for a realm: sets, withdrawals and what belongs to them.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde::Serialize;
use zeroize::Zeroizing;

use super::api::Payload;
use super::call::{ChangeResponse, Idempotent};
use super::directory::can_be_id;
use super::errors;
use super::refusal::{create_error, set_error, user_exists};
use super::user_lookup::KeycloakAgent;
use super::user_snapshot::{local_password, set_at, stamp};
use crate::domain::ports::{IdentityBackend, SetFailed};
use crate::domain::{
    Aid, AnyIntent, Capabilities, ChangeScreen, Changed, Check, Customer, Error, Forced, Gap, Intent, Issued, LockOuts,
    Names, NewUser, Pending, RequestSink, Reset, Result, Right, SessionsEnded, TemporaryPassword, Trial, TrialAnswer,
    Unlocking, UserId, UserProfile, UserSnapshot, Withdrawal, sealed,
};

/// How many calls at once keep a server busy. More only make each slower (measured on two cores).
const CONCURRENCY: usize = 4;
/// The spaces before the JSON of a body with a password (RFC 8259 section 2 allows them).
///
/// The HTTP/2 library copies a small body into a frame buffer that lives as long as the connection. A longer body is sent
/// from its own buffer, which is wiped.
const PADDING: usize = 1100;
/// The buffer's capacity: more than the largest body with a password needs, so that the buffer never moves.
const CAPACITY: usize = PADDING + 8 * 1024;

/// The body of a set.
#[derive(Serialize)]
struct TemporaryCredential<'a> {
    r#type: &'static str,
    value: &'a str,
    temporary: bool,
}

/// The body of a creation.
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

/// The sink that writes a temporary password into a request's body.
enum SecretBody<'a> {
    /// The body of a set.
    Credential,
    /// The body of a creation.
    User(&'a NewUser),
}

impl sealed::Sealed for SecretBody<'_> {}

impl RequestSink for SecretBody<'_> {
    type Output = Result<Zeroizing<Vec<u8>>>;

    fn write(self, characters: &str) -> Self::Output {
        let credential = TemporaryCredential { r#type: "password", value: characters, temporary: true };
        let Self::User(new) = self else { return encode_secret(&credential) };
        let Names { first, last } = new.customer.first_and_last();
        encode_secret(&CreatedUser {
            username: &new.username,
            email: new.customer.email.as_deref(),
            first_name: &first,
            last_name: &last,
            enabled: true,
            credentials: [credential],
        })
    }
}

/// Encodes a body with a password into one buffer that never moves and is wiped.
fn encode_secret(body: &impl Serialize) -> Result<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(CAPACITY));
    buffer.resize(PADDING, b' ');
    let mut writer = BoundedWriter { buffer: &mut buffer };
    serde_json::to_writer(&mut writer, body).map_err(|_| Error::bug("The request could not be encoded."))?;
    Ok(buffer)
}

/// A writer that refuses to grow its buffer, since growing would leave a copy of the password behind.
struct BoundedWriter<'a> {
    buffer: &'a mut Vec<u8>,
}

impl std::io::Write for BoundedWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.buffer.len() + bytes.len() > CAPACITY {
            return Err(std::io::Error::other("a name or address is too long"));
        }
        self.buffer.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl KeycloakAgent {
    /// Sets a temporary password for a user.
    pub(super) async fn set(
        &self,
        intent: &AnyIntent,
        id: &str,
        temporary: &TemporaryPassword,
    ) -> Result<(), SetFailed> {
        let payload = temporary.request(intent, SecretBody::Credential)?;
        let path = ["users", id, "reset-password"];
        let response =
            self.api().change_with_secret(Method::PUT, &path, payload, Right::IssueTemporaryPasswords).await?;
        match response.status {
            StatusCode::NOT_FOUND => Ok(errors::user_gone()?),
            status @ (StatusCode::BAD_REQUEST | StatusCode::CONFLICT) => {
                Err(set_error(status, &response.refusal, &self.policy().await?))
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
        let ChangeResponse { status, created, refusal, sent_again } =
            self.api().change_with_secret(Method::POST, &["users"], payload, Right::CreateUsers).await?;
        if status == StatusCode::CONFLICT && sent_again {
            // The first try may have created it, with a password that nobody has seen.
            return Err(SetFailed::Other(user_exists(&new.username).answer_lost()));
        }
        if matches!(status, StatusCode::BAD_REQUEST | StatusCode::CONFLICT) {
            return Err(create_error(status, &refusal, &new.username, &self.policy().await?));
        }
        // The id goes into addresses, so a text that repeats the request is no id.
        let id = created.filter(|id| can_be_id(id) && temporary.redacted_text(id) == *id);
        id.ok_or_else(|| {
            let error = Error::unavailable("The server created the user and did not name its id.");
            SetFailed::Other(Error { changed: Changed::Yes, ..error })
        })
    }

    /// Lifts the user's lock, and forgets the failed attempts.
    async fn lift_lock(&self, user: &UserId) -> Result<()> {
        let path = ["attack-detection", "brute-force", "users", user.as_str()];
        self.settle(Method::DELETE, &path, Right::Unlock).await
    }

    /// Sends an idempotent change without a body.
    async fn settle(&self, method: Method, path: &[&str], right: Right) -> Result<()> {
        let response = self.api().change(method, path, Payload::Nothing, right, Idempotent::Yes).await?;
        match response.status {
            StatusCode::NOT_FOUND => errors::user_gone(),
            status if status.is_success() => Ok(()),
            status => Err(errors::unexpected_status(status)),
        }
    }
}

#[async_trait(?Send)]
impl IdentityBackend for KeycloakAgent {
    async fn capabilities(&self) -> Result<Capabilities> {
        let (realm, group, policy) = tokio::try_join!(self.realm(), self.pending_group(), self.policy())?;
        let mut gaps = BTreeSet::from([
            Gap::StampNamesNoAuthor,
            Gap::RulesNotListed,
            Gap::OpenFormOutlives,
            Gap::NeverRunsOut,
            Gap::NotProved,
        ]);
        let limits = BTreeSet::from([Gap::StampNamesNoAuthor, Gap::OpenFormOutlives, Gap::NotProved]);
        if !realm.password_policy.as_deref().is_some_and(super::policy::keeps_history) {
            gaps.insert(Gap::TemporaryMayBeKept);
        }
        if group.is_none() && realm.reset_password_allowed != Some(false) {
            gaps.insert(Gap::SelfServiceWhilePending);
        }
        if realm.enabled.is_some() && realm.reset_password_allowed != Some(true) {
            gaps.insert(Gap::NoSelfService);
        }
        // A set of Keycloak's leaves sessions alive; tellonce ends them.
        let mut aids = BTreeSet::from([Aid::EndsSessions, Aid::Sweeps]);
        if group.is_some() {
            aids.insert(Aid::MarksPending);
        }
        if policy.is_whole() {
            aids.insert(Aid::TellsRules);
        }
        let change_screen = ChangeScreen::UpdatePasswordPage;
        Ok(Capabilities {
            gaps,
            limits,
            aids,
            change_screen,
            lock_outs: LockOuts::LiftedOnRequest,
            lifetime: None,
            concurrency: CONCURRENCY,
        })
    }

    fn leave_retries(&self) {
        self.api().leave_retries();
    }

    async fn rights(&self) -> Result<Vec<Right>> {
        self.read_rights().await
    }

    async fn keep_alive(&self, at_least: Duration) -> Result<()> {
        self.api().refresher.ensure_lasting(at_least).await
    }

    async fn end_session(&self) -> Result<()> {
        self.api().refresher.end().await
    }

    async fn user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        Box::pin(self.read_user_snapshot(customer)).await
    }

    async fn find_user(&self, customer: &Customer) -> Result<Option<UserProfile>> {
        self.find_user_profile(customer).await
    }

    /// A user of another system has an id with a name in it, which records mask if it is an address.
    fn is_immutable_id(&self, id: &str) -> bool {
        !id.contains('@')
    }

    async fn find_by_immutable_id(&self, id: &str) -> Result<Option<UserProfile>> {
        Ok(self.user(id).await?.filter(|user| user.id == id).map(|user| user.profile()))
    }

    async fn set_temporary_password(
        &self,
        intent: &Intent<Reset>,
        temporary: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        let id = if let Some(new) = intent.new_user() {
            self.create(intent, new, temporary).await?
        } else {
            let id = intent.user()?.as_str();
            self.set(intent, id, temporary).await?;
            id.to_owned()
        };
        let after_set = |error: Error| SetFailed::Other(Error { changed: Changed::Yes, ..error });
        let credentials = self.api().retry_read(async || self.credentials(&id).await).await.map_err(after_set)?;
        let set = local_password(&credentials)
            .ok_or_else(|| after_set(Error::unavailable("The server shows no password that was set.")))?;
        let at = set_at(set).unwrap_or_else(Timestamp::now);
        let (user, immutable_id) = (UserId::new(id.clone()), Some(id));
        Ok(Issued { user, immutable_id, stamp: Some(stamp(set)), at, expires_at: None })
    }

    async fn mark_pending(&self, intent: &Intent<Reset>, _: &Issued) -> Result<()> {
        let Some(group) = self.pending_group().await? else { return Ok(()) };
        let path = ["users", intent.user()?.as_str(), "groups", &group.id];
        self.settle(Method::PUT, &path, Right::MarkPending).await
    }

    async fn end_sessions(&self, intent: &AnyIntent) -> Result<SessionsEnded> {
        self.end_all_sessions(intent.user()?.as_str()).await
    }

    async fn read_back(&self, issued: &Issued) -> Result<Forced> {
        let id = issued.user.as_str();
        let (user, credentials) = tokio::try_join!(self.user(id), self.credentials(id))?;
        let Some(user) = user else { return errors::user_gone() };
        Ok(Forced { change_required: user.must_change() == Some(true), stamp: local_password(&credentials).map(stamp) })
    }

    async fn try_sign_in(&self, _: &Intent<Reset>, _: &TemporaryPassword) -> Result<Trial> {
        // A direct grant refuses a pending user even where the browser would let them in.
        Ok(Trial::of(TrialAnswer::NoSignIn("Keycloak has no sign-in that can be tried without a browser".to_owned())))
    }

    async fn withdraw(&self, intent: &Intent<Withdrawal>) -> Result<()> {
        self.withdraw_pending(intent).await
    }

    async fn pending(&self) -> Result<Vec<Pending>> {
        self.read_pending().await
    }

    async fn server_time(&self) -> Result<Option<Timestamp>> {
        self.read_server_time().await
    }

    async fn unlock(&self, intent: &Intent<Reset>) -> Result<()> {
        self.lift_lock(intent.user()?).await
    }

    async fn unlock_alone(&self, intent: &Intent<Unlocking>) -> Result<()> {
        self.lift_lock(intent.user()?).await
    }

    async fn checks(&self) -> Result<Vec<Check>> {
        self.run_checks().await
    }
}
