//! The port `IdentityBackend` for a user pool.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::agent::CognitoAgent;
use super::pool::Pool;
use crate::domain::ports::{IdentityBackend, SetFailed};
use crate::domain::{
    Aid, AnyIntent, Capabilities, ChangeScreen, Check, Customer, Error, Forced, Gap, Intent, Issued, LockOuts, Pending,
    Reason, Reset, Result, Right, SessionsEnded, TemporaryPassword, Trial, TrialAnswer, Unlocking, UserProfile,
    UserSnapshot, Withdrawal,
};

/// How many calls at once keep below the usual quota of a pool: 25 to 30 calls a second of each kind (Cognito Developer
/// Guide, "Quotas"), at about 0.1 s a call.
const CONCURRENCY: usize = 4;

/// A user pool as an identity backend.
pub(super) struct CognitoBackend(pub(super) CognitoAgent);

#[async_trait(?Send)]
impl IdentityBackend for CognitoBackend {
    async fn capabilities(&self) -> Result<Capabilities> {
        let pool = self.0.pool().await?;
        // No set-up of a pool closes these.
        let limits = BTreeSet::from([
            Gap::StampNamesNoAuthor,
            Gap::StampMovesOnEdits,
            Gap::AccessTokensOutlive,
            Gap::OpenFormOutlives,
            Gap::WithdrawnReadsAsPending,
        ]);
        let mut gaps = limits.clone();
        gaps.insert(Gap::RulesNotListed);
        if !pool.is_some_and(Pool::keeps_history) {
            gaps.insert(Gap::TemporaryMayBeKept);
        }
        if pool.and_then(Pool::has_self_service) == Some(false) {
            gaps.insert(Gap::NoSelfService);
        }
        if self.0.api().settings.app_client.is_none() {
            gaps.insert(Gap::NotProved);
        }
        let mut aids = BTreeSet::from([Aid::EndsSessions]);
        if pool.is_some_and(|pool| pool.policy().is_whole()) {
            aids.insert(Aid::TellsRules);
        }
        let change_screen = ChangeScreen::AnyProgram;
        Ok(Capabilities {
            gaps,
            limits,
            aids,
            change_screen,
            lock_outs: LockOuts::EndByThemselves,
            lifetime: pool.map(Pool::lifetime),
            concurrency: CONCURRENCY,
        })
    }

    fn leave_retries(&self) {
        self.0.api().leave_retries();
    }

    async fn rights(&self) -> Result<Vec<Right>> {
        self.0.read_rights().await
    }

    fn tells_rights(&self) -> bool {
        self.0.0.rights_are_known.get()
    }

    async fn keep_alive(&self, at_least: Duration) -> Result<()> {
        self.0.api().make_ready(at_least).await.map(drop)
    }

    async fn end_session(&self) -> Result<()> {
        Ok(()) // AWS's own tools keep the session, and end it
    }

    async fn user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        Box::pin(self.0.read_user_snapshot(customer)).await
    }

    async fn find_user(&self, customer: &Customer) -> Result<Option<UserProfile>> {
        self.0.find_user_profile(customer).await
    }

    /// A `sub` is a UUID (Cognito Developer Guide, "Working with user attributes").
    fn is_immutable_id(&self, id: &str) -> bool {
        super::directory::is_uuid(id)
    }

    async fn find_by_immutable_id(&self, id: &str) -> Result<Option<UserProfile>> {
        if !super::directory::is_uuid(id) {
            return Ok(None);
        }
        Ok(self.0.user_by_sub(id).await?.map(|user| user.profile()))
    }

    async fn set_temporary_password(
        &self,
        intent: &Intent<Reset>,
        temporary: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        Box::pin(self.0.issue(intent, temporary)).await
    }

    async fn mark_pending(&self, _: &Intent<Reset>, _: &Issued) -> Result<()> {
        Ok(()) // the pool itself refuses ForgotPassword meanwhile
    }

    async fn end_sessions(&self, intent: &AnyIntent) -> Result<SessionsEnded> {
        self.0.end_sessions_of(intent).await
    }

    async fn read_back(&self, issued: &Issued) -> Result<Forced> {
        self.0.read_forced(issued).await
    }

    async fn try_sign_in(&self, intent: &Intent<Reset>, temporary: &TemporaryPassword) -> Result<Trial> {
        let answer = self.0.sign_in_as_customer(intent, temporary).await;
        Ok(Trial::of(answer.unwrap_or_else(|error| TrialAnswer::Restricted(error.message))))
    }

    async fn withdraw(&self, intent: &Intent<Withdrawal>) -> Result<()> {
        self.0.withdraw_pending(intent).await
    }

    async fn pending(&self) -> Result<Vec<Pending>> {
        self.0.read_pending().await
    }

    async fn server_time(&self) -> Result<Option<Timestamp>> {
        if self.0.api().http.server_time().is_none() {
            self.0.pool().await?;
        }
        Ok(self.0.api().http.server_time())
    }

    async fn unlock(&self, _: &Intent<Reset>) -> Result<()> {
        Err(no_unlock())
    }

    async fn unlock_alone(&self, _: &Intent<Unlocking>) -> Result<()> {
        Err(no_unlock())
    }

    async fn checks(&self) -> Result<Vec<Check>> {
        Box::pin(self.0.run_checks()).await
    }
}

/// Says that a pool lifts no lock-out (exit 7).
fn no_unlock() -> Error {
    Error::refused(Reason::RefusedByBackend, "A user pool lifts no lock-out after failed attempts.")
        .hint("It ends by itself, within 15 minutes.")
}
