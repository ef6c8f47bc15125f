//! The port to the system that keeps users and passwords.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::action::{Reset, Unlocking, Withdrawal};
use crate::domain::capabilities::Capabilities;
use crate::domain::check::Check;
use crate::domain::customer::Customer;
use crate::domain::error::{Error, Reason, Result};
use crate::domain::intent::{AnyIntent, Intent};
use crate::domain::obstacle::Right;
use crate::domain::own_password::OwnPassword;
use crate::domain::policy::Rule;
use crate::domain::proof::Trial;
use crate::domain::temporary_password::TemporaryPassword;
use crate::domain::user::{Forced, Issued, Pending, SessionsEnded, UserSnapshot};
use crate::domain::user_profile::UserProfile;

/// Why a set failed.
#[derive(Debug)]
pub enum SetFailed {
    /// Refused for these rules of the policy; nothing was changed.
    Policy(Vec<Rule>),
    /// Anything else; its `changed` says what became of the customer.
    Other(Error),
}

impl From<Error> for SetFailed {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// The system that keeps users and passwords.
///
/// A call that changes a user takes the user from its intent, [`AnyIntent::user`]: it cannot be asked to change another.
#[async_trait(?Send)]
pub trait IdentityBackend {
    /// Reads what the backend can do, as it is set up for this profile.
    async fn capabilities(&self) -> Result<Capabilities>;
    /// Leaves retries to the caller, from now on and for as long as the session lasts.
    ///
    /// A call that changed nothing and may be repeated ([`Error::is_passing`]: the server is busy, or gone) then fails at
    /// once, for the caller has a retry budget and a concurrency limit for all calls together. The backend still repeats
    /// a read that follows a change in the same call, because the caller cannot repeat that change.
    /// A backend that repeats nothing does nothing here; a decorator hands this on to the backend behind it.
    fn leave_retries(&self);
    /// Reads the rights of the signed-in agent, as far as that needs no trial.
    async fn rights(&self) -> Result<Vec<Right>>;
    /// Whether the backend shows agents their rights. If not, `rights` returns all that an agent can be granted.
    fn tells_rights(&self) -> bool {
        true
    }
    /// Returns what the backend reported about the agent's own password at the sign-in; `None` if it reported nothing.
    fn own_password(&self) -> Option<OwnPassword> {
        None
    }
    /// Makes the session last at least this long, or fails with exit 4.
    async fn keep_alive(&self, at_least: Duration) -> Result<()>;
    /// Ends the agent's own session.
    async fn end_session(&self) -> Result<()>;
    /// Reads everything that a reset has to know of the customer's user, together.
    async fn user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot>;
    /// Finds the customer's user; `None` if there is none.
    async fn find_user(&self, customer: &Customer) -> Result<Option<UserProfile>> {
        Ok(self.user_snapshot(customer).await?.user)
    }
    /// Whether this text has the form of a [`UserProfile::immutable_id`]. Records may have another id of a user.
    fn is_immutable_id(&self, id: &str) -> bool;
    /// Finds the user with this [`UserProfile::immutable_id`]; `None` if no user under the base has that id.
    ///
    /// # Errors
    /// Exit 7: the agent may not search by it, so a user who is not found may be there.
    async fn find_by_immutable_id(&self, id: &str) -> Result<Option<UserProfile>>;
    /// Sets the temporary password for the intent's user. Creates a user who is missing in the same call: the user of
    /// [`AnyIntent::new_user`].
    async fn set_temporary_password(
        &self,
        intent: &Intent<Reset>,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed>;
    /// Marks the intent's user as pending if the backend needs a mark for L9; does nothing if it needs none.
    async fn mark_pending(&self, intent: &Intent<Reset>, issued: &Issued) -> Result<()>;
    /// Ends the sessions of the intent's user. Repeating it is harmless.
    async fn end_sessions(&self, intent: &AnyIntent) -> Result<SessionsEnded>;
    /// Reads whether a change is forced, and the stamp now.
    async fn read_back(&self, issued: &Issued) -> Result<Forced>;
    /// Signs in once with the temporary password as the intent's user, at the server that took it (step 11a).
    ///
    /// Afterwards no connection and no copy of the password are left. A refusal, also one for lack of an answer, is a
    /// [`TrialAnswer`](crate::domain::TrialAnswer) and no error: the password stays set.
    async fn try_sign_in(&self, intent: &Intent<Reset>, password: &TemporaryPassword) -> Result<Trial>;
    /// Makes the pending temporary password of the intent's user unusable, if its stamp is still
    /// [`AnyIntent::stamp_before`].
    async fn withdraw(&self, intent: &Intent<Withdrawal>) -> Result<()>;
    /// Lists every pending temporary password, for the sweep.
    async fn pending(&self) -> Result<Vec<Pending>>;
    /// Reads the server's clock, by which times of issue are; `None` if the agent cannot read it.
    async fn server_time(&self) -> Result<Option<Timestamp>>;
    /// Lifts the lock-out of the intent's user after failed attempts, as a part of a reset.
    async fn unlock(&self, intent: &Intent<Reset>) -> Result<()>;
    /// Lifts the lock-out of the intent's user after failed attempts alone. The password stays.
    ///
    /// A backend whose lock-outs only a set lifts refuses.
    async fn unlock_alone(&self, _: &Intent<Unlocking>) -> Result<()> {
        Err(Error::refused(Reason::RefusedByBackend, "This backend lifts a lock-out only with a new password.")
            .hint("Issue a temporary password: `tellonce reset CUSTOMER`."))
    }
    /// Checks for `doctor` what this agent can find out, beyond rights and promises: settings of the backend that
    /// weaken them.
    async fn checks(&self) -> Result<Vec<Check>> {
        Ok(Vec::new())
    }
}
