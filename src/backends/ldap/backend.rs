//! The identity backend over LDAP: what both dialects share.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use backon::BackoffBuilder as _;
use jiff::Timestamp;

use super::connection::backoff;
use super::dialect::LdapSession;
use crate::backends::CsvCustomers;
use crate::domain::ports::{CustomerDirectory as _, IdentityBackend, SetFailed};
use crate::domain::{
    About, AnyIntent, Capabilities, Changed, Check, CheckState, Customer, Error, Forced, Intent, Issued, Kind, NewUser,
    Obstacle, OwnPassword, Pending, Reason, Reset, Result, Right, Rule, SessionsEnded, Stamp, TemporaryPassword, Trial,
    TrialAnswer, Unlocking, UserProfile, UserSnapshot, Withdrawal, generate,
};
use crate::platform::SystemRandom;

/// How long the capabilities of the server are used again.
const CAPABILITIES_CACHED_FOR: Duration = Duration::from_mins(1);
/// A connection that answered within this time needs no probe.
const LIVE_WITHIN: Duration = Duration::from_secs(2);
/// The length of the password that replaces a withdrawn one.
const WITHDRAWN_LENGTH: usize = 64;

/// A directory server as an identity backend.
pub(super) struct LdapBackend {
    pub(super) session: Rc<LdapSession>,
    /// The CSV file that customers come from, instead of the directory.
    pub(super) beside: Option<CsvCustomers>,
    /// The capabilities and when they were read. The rows of a bulk run share them.
    pub(super) capabilities: RefCell<Option<(Instant, Capabilities)>>,
}

#[async_trait(?Send)]
impl IdentityBackend for LdapBackend {
    async fn capabilities(&self) -> Result<Capabilities> {
        if let Some((at, capabilities)) = self.capabilities.borrow().as_ref()
            && at.elapsed() < CAPABILITIES_CACHED_FOR
        {
            return Ok(capabilities.clone());
        }
        let capabilities = self.session.dialect.capabilities(&self.session).await?;
        *self.capabilities.borrow_mut() = Some((Instant::now(), capabilities.clone()));
        Ok(capabilities)
    }

    fn leave_retries(&self) {
        self.session.connection.leave_retries();
    }

    async fn rights(&self) -> Result<Vec<Right>> {
        self.session.dialect.rights(&self.session).await
    }

    fn tells_rights(&self) -> bool {
        self.session.dialect.tells_rights()
    }

    fn own_password(&self) -> Option<OwnPassword> {
        self.session.connection.own_password()
    }

    async fn keep_alive(&self, at_least: Duration) -> Result<()> {
        let until = self.session.clock.now().checked_add(at_least).unwrap_or(Timestamp::MAX);
        if self.session.until.is_some_and(|ends| ends < until) {
            return Err(Error::new(Kind::NotAllowed, Reason::SessionOver, "Your session is over, or about to end.")
                .hint("Sign in again: `tellonce login`."));
        }
        self.session.connection.unpin_server();
        if self.session.connection.has_answered_within(LIVE_WITHIN) {
            return Ok(());
        }
        self.session.connection.read("", &["1.1"]).await.map(drop)
    }

    async fn end_session(&self) -> Result<()> {
        self.session.connection.close().await;
        Ok(())
    }

    async fn user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        let session = &self.session;
        if let Some(user) = session.user_of(customer).await? {
            let snapshot = session.dialect.user_snapshot(session, &user).await?;
            return Ok(UserSnapshot { user: Some(session.user_profile(&user)), ..snapshot });
        }
        let policy = session.dialect.new_user_policy(session).await?;
        let username = match &customer.username {
            Some(username) if session.dialect.can_be_login(username) => username.clone(),
            _ => session.free_login(customer).await?,
        };
        let mut obstacles = Vec::new();
        if !session.dialect.can_create_users(session).await? {
            obstacles.push(Obstacle::MissingRight(Right::CreateUsers, None));
        }
        obstacles.extend(session.dialect.new_user_obstacles(session).await?);
        let new_customer = self.beside.is_none() && customer.details.is_empty();
        let new = NewUser { customer: customer.clone(), username, new_customer };
        Ok(UserSnapshot::without_user(new, policy, obstacles))
    }

    async fn find_user(&self, customer: &Customer) -> Result<Option<UserProfile>> {
        Ok(self.session.user_of(customer).await?.map(|user| self.session.user_profile(&user)))
    }

    fn is_immutable_id(&self, id: &str) -> bool {
        self.session.dialect.immutable_id().filter(id).is_some()
    }

    async fn find_by_immutable_id(&self, id: &str) -> Result<Option<UserProfile>> {
        self.session.user_by_immutable_id(id).await
    }

    async fn set_temporary_password(
        &self,
        intent: &Intent<Reset>,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        match intent.new_user() {
            None => self.session.dialect.set(&self.session, intent, password).await,
            Some(new) => self.session.dialect.create(&self.session, intent, new, password).await,
        }
    }

    async fn mark_pending(&self, _: &Intent<Reset>, _: &Issued) -> Result<()> {
        Ok(()) // the set itself forces the change
    }

    async fn end_sessions(&self, _: &AnyIntent) -> Result<SessionsEnded> {
        Ok(SessionsEnded::NotHere) // a directory keeps none; connections and tickets cannot be ended from outside
    }

    /// Reads back, with retries while the server shows an older state: it may be a copy that is behind.
    async fn read_back(&self, issued: &Issued) -> Result<Forced> {
        let mut pauses = backoff().build();
        loop {
            let read = self.session.dialect.read_back(&self.session, issued).await;
            let is_behind = match &read {
                Ok(forced) => issued.stamp.as_ref().is_some_and(|set| set.is_newer_than(forced.stamp.as_ref())),
                Err(error) => error.changed == Changed::Yes, // the new user is not there yet
            };
            match pauses.next() {
                Some(pause) if is_behind => tokio::time::sleep(pause).await,
                _ => return read,
            }
        }
    }

    async fn try_sign_in(&self, intent: &Intent<Reset>, password: &TemporaryPassword) -> Result<Trial> {
        let (session, user) = (&self.session, intent.user()?);
        let answer = match super::trial::bind(&session.connection, intent, password).await {
            Ok(bind) => session.dialect.trial_answer(&bind),
            Err(error) => TrialAnswer::Restricted(error.message),
        };
        if matches!(answer, TrialAnswer::SignedIn(_)) {
            return Ok(Trial { answer, forced: None }); // the password is replaced: nothing that is read back matters
        }
        let forced = session.dialect.forced_after_trial(session, user).await?;
        Ok(Trial { answer, forced })
    }

    async fn withdraw(&self, intent: &Intent<Withdrawal>) -> Result<()> {
        let session = &self.session;
        let user = intent.user()?;
        let entry = session.entry(user, &session.snapshot_attributes(user.as_str())).await?;
        let snapshot = session.dialect.user_snapshot(session, &entry).await?;
        if !snapshot.state.change_required || !Stamp::same_set(snapshot.stamp.as_ref(), intent.stamp_before()) {
            return Err(not_pending());
        }
        let about = About { username: entry.text(session.dialect.login_attribute()), email: entry.text("mail") };
        let mut policy = snapshot.policy.to_generate_for();
        if !policy.rules().any(|rule| matches!(rule, Rule::MaxLength(_))) {
            policy = policy.with([Rule::MinLength(WITHDRAWN_LENGTH)]); // enough for a stricter policy that cannot be read
        }
        let unknown = generate(&policy, &about, &mut SystemRandom)?;
        session.dialect.withdraw(session, intent, snapshot.stamp.as_ref(), &unknown).await
    }

    async fn pending(&self) -> Result<Vec<Pending>> {
        let mut pending = self.session.pending().await?;
        let Some(beside) = &self.beside else { return Ok(pending) };
        for one in &mut pending {
            let user = one.customer.clone();
            let id = self.session.settings.customer_id.as_ref().map(|_| user.id.as_str());
            for text in [id, user.username.as_deref(), user.email.as_deref()].into_iter().flatten() {
                if let [known] = &beside.exact(text).await?[..] {
                    one.customer = known.clone(); // the audit log knows them by that id
                    break;
                }
            }
        }
        Ok(pending)
    }

    async fn server_time(&self) -> Result<Option<Timestamp>> {
        self.session.dialect.server_time(&self.session).await
    }

    async fn unlock(&self, intent: &Intent<Reset>) -> Result<()> {
        self.session.dialect.unlock(&self.session, intent).await
    }

    async fn unlock_alone(&self, intent: &Intent<Unlocking>) -> Result<()> {
        self.session.dialect.unlock_alone(&self.session, intent).await
    }

    async fn checks(&self) -> Result<Vec<Check>> {
        let mut checks = self.session.dialect.checks(&self.session).await?;
        checks.push(super::search_limits::check(&self.session).await?);
        if self.session.first_user_dn().await?.is_none() {
            let base = &self.session.settings.base;
            let words = format!("you see no user below {base}: there is none, or you may not read them");
            checks.push(Check::new("users", CheckState::Warning, words));
        }
        Ok(checks)
    }
}

/// Makes the error of a withdrawal for a user whose temporary password is not pending any more.
pub(super) fn not_pending() -> Error {
    Error::refused(
        Reason::NothingPending,
        "That temporary password is not pending any more: it was used, or another was issued.",
    )
    .hint("See the customer's status: `tellonce show CUSTOMER`.")
}

/// Makes the error of a read-back that finds no entry.
pub(super) fn gone_after_set() -> Error {
    Error {
        changed: Changed::Yes,
        ..Error::unavailable(
            "The user is gone right after the password was set, or this server does not know the change yet.",
        )
    }
}

/// Makes the error of a value of a new user that must be unique and is another entry's.
pub(super) fn not_unique() -> Error {
    Error::refused(
        Reason::NotUnique,
        "The directory refused it: another entry has one of these values already (a username, an address, an id).",
    )
    .hint("Look for whoever has it: `tellonce find ADDRESS`. The directory's administrator knows which values must be unique.")
}

/// Makes the error of a creation whose login name or entry is taken.
pub(super) fn exists(username: &str) -> Error {
    Error::new(
        Kind::Unavailable,
        Reason::CustomerExists,
        format!("There is a user {username} in the directory already."),
    )
    .hint("Look again: `tellonce find TEXT`.")
}
