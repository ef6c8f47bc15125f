//! The set of a temporary password, the end of sessions, and the withdrawal.

use aws_sdk_cognitoidentityprovider::operation::admin_set_user_password::builders::AdminSetUserPasswordFluentBuilder;

use super::action::Action;
use super::agent::CognitoAgent;
use super::call::Repeats;
use super::errors;
use super::pool_user::{Lifecycle, PoolUser};
use super::set_errors::set_refusal;
use super::users::random_username;
use crate::domain::ports::SetFailed;
use crate::domain::{
    About, AnyIntent, Candidates, Changed, Error, Forced, Intent, Issued, Reason, RequestSink, Reset, Result,
    SessionsEnded, TemporaryPassword, UserId, Withdrawal, sealed,
};
use crate::platform::SystemRandom;

/// Writes the temporary password into the call that sets it.
struct TemporarySet(AdminSetUserPasswordFluentBuilder);

impl sealed::Sealed for TemporarySet {}

impl RequestSink for TemporarySet {
    type Output = AdminSetUserPasswordFluentBuilder;

    fn write(self, characters: &str) -> Self::Output {
        self.0.password(characters).permanent(false)
    }
}

impl CognitoAgent {
    /// Sets a temporary password, or creates the user with it, and ends the user's sessions at once.
    ///
    /// The stamp is read after the sessions are ended, so that it does not matter whether that moves it.
    pub(super) async fn issue(
        &self,
        intent: &Intent<Reset>,
        temporary: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        let username = if let Some(new) = intent.new_user() {
            self.create(intent, new, temporary).await?.username
        } else {
            let username = intent.user()?.as_str().to_owned();
            self.set(intent, &username, temporary).await?;
            username
        };
        let after_set = |error: Error| SetFailed::Other(Error { changed: Changed::Yes, ..error });
        if intent.new_user().is_none()
            && let Ok(ended) = self.sign_out_everywhere(&username).await
        {
            // A failure is found again by the step that ends sessions.
            self.0.ended.borrow_mut().insert(UserId::new(username.clone()), ended);
        }
        let user = self.user_repeated(Repeats::Here, &username).await.map_err(after_set)?;
        let Some(user) = user else { return Err(after_set(gone())) };
        let at = user.modified.unwrap_or_else(|| self.now());
        let expires_at = user.expires_at(self.pool().await.map_err(after_set)?);
        Ok(Issued {
            user: UserId::new(username),
            immutable_id: user.sub().map(str::to_owned),
            stamp: user.stamp().filter(|_| !self.stamp_says_nothing(intent, &user)),
            at,
            expires_at,
        })
    }

    /// Whether the pool does not move the time of the last change with a set, as moto does not (5.2.5), and something else
    /// shows that the set is there: the status that it changed, or the sign-in that will prove the password.
    ///
    /// Without either the set counts as not replicated.
    fn stamp_says_nothing(&self, intent: &AnyIntent, user: &PoolUser) -> bool {
        let stands_still = intent.stamp_before().is_some_and(|before| user.stamp().as_ref() == Some(before));
        let planned = self.0.planned.borrow().get(&user.username).copied();
        let status_changed = planned.is_some_and(|before| before != user.lifecycle());
        stands_still && (status_changed || self.api().settings.app_client.is_some())
    }

    /// Sets a temporary password for a user.
    async fn set(&self, intent: &AnyIntent, username: &str, temporary: &TemporaryPassword) -> Result<(), SetFailed> {
        let set = self.api().cognito().admin_set_user_password().user_pool_id(self.user_pool()).username(username);
        let set = temporary.request(intent, TemporarySet(set));
        match self.api().call(Action::AdminSetUserPassword, || set.clone().send()).await? {
            Ok(_) => Ok(()),
            Err(refusal) => Err(set_refusal(Action::AdminSetUserPassword, &refusal)),
        }
    }

    /// Ends the sessions of the intent's user, unless the set did so.
    pub(super) async fn end_sessions_of(&self, intent: &AnyIntent) -> Result<SessionsEnded> {
        let user = intent.user()?;
        let ended = self.0.ended.borrow_mut().remove(user);
        match ended {
            Some(ended) => Ok(ended),
            None => self.sign_out_everywhere(user.as_str()).await,
        }
    }

    /// Revokes every refresh token of the user. The API does not say how many there were.
    async fn sign_out_everywhere(&self, username: &str) -> Result<SessionsEnded> {
        let action = Action::AdminUserGlobalSignOut;
        let end = self.api().cognito().admin_user_global_sign_out().user_pool_id(self.user_pool()).username(username);
        match self.api().call(action, || end.clone().send()).await? {
            Ok(_) => Ok(SessionsEnded::All),
            Err(refusal) if refusal.is("UserNotFoundException") => errors::user_gone(),
            Err(refusal) => Err(errors::unexpected(action, &refusal.code)),
        }
    }

    /// Whether the agent may end sessions. It is tried on a name that no user has, once a session.
    ///
    /// AWS looks at the caller's rights before it looks for the user (IAM User Guide, "How IAM works").
    pub(super) async fn may_end_sessions(&self) -> Result<bool> {
        let try_it = async || {
            let nobody = random_username("tellonce-no-user")?;
            let action = Action::AdminUserGlobalSignOut;
            let end = self.api().cognito().admin_user_global_sign_out().user_pool_id(self.user_pool()).username(nobody);
            match self.api().call(action, || end.clone().send()).await {
                Ok(_) => Ok(true),
                Err(error) if error.reason == Reason::MissingRight => Ok(false),
                Err(error) => Err(error),
            }
        };
        self.0.may_end_sessions.get_or_try_init(try_it).await.copied()
    }

    /// Reads whether a change is forced, and the stamp now.
    pub(super) async fn read_forced(&self, issued: &Issued) -> Result<Forced> {
        let Some(user) = self.user(issued.user.as_str()).await? else { return errors::user_gone() };
        let stamp = issued.stamp.as_ref().and_then(|_| user.stamp());
        Ok(Forced { change_required: user.lifecycle() == Lifecycle::ChangeRequired, stamp })
    }

    /// Replaces the pending temporary password by a random one that nobody is told, if it is still the one of the intent.
    pub(super) async fn withdraw_pending(&self, intent: &Intent<Withdrawal>) -> Result<()> {
        let username = intent.user()?.as_str();
        let Some(user) = self.user(username).await? else { return errors::user_gone() };
        if user.lifecycle() != Lifecycle::ChangeRequired || user.stamp().as_ref() != intent.stamp_before() {
            let message = "That temporary password is not there any more: it was used or replaced, or the user was edited, meanwhile.";
            return Err(Error::refused(Reason::NothingPending, message));
        }
        let about = About { username: Some(user.username.clone()), email: user.attribute("email").map(str::to_owned) };
        let mut candidates = Candidates::new(&self.policy().await?, about);
        loop {
            let unknown = candidates.make(&mut SystemRandom)?;
            match self.set(intent, username, &unknown).await {
                Ok(()) => return Ok(()),
                Err(SetFailed::Policy(rules)) => candidates.refused(rules)?,
                Err(SetFailed::Other(error)) => return Err(error),
            }
        }
    }
}

fn gone() -> Error {
    Error::unavailable("The pool does not show the user after the set.")
}
