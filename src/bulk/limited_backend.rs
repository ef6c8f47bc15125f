//! A backend and a directory behind the limiter of the run: each call waits for its turn and teaches the limiter.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::limiter::Limiter;
use crate::domain::ports::{CustomerDirectory, IdentityBackend, SetFailed};
use crate::domain::{
    AnyIntent, Capabilities, Customer, CustomerId, Forced, Found, Intent, Issued, OwnPassword, Particulars, Pending,
    Reset, Result, Right, Session, SessionsEnded, TemporaryPassword, Trial, UserProfile, UserSnapshot, Withdrawal,
};

struct LimitedBackend {
    backend: Box<dyn IdentityBackend>,
    limiter: Rc<Limiter>,
    /// The capabilities, read once for the whole run.
    capabilities: RefCell<Option<Capabilities>>,
}

struct LimitedDirectory {
    directory: Box<dyn CustomerDirectory>,
    limiter: Rc<Limiter>,
}

/// Wraps a session, so that the limiter paces its calls.
pub(crate) fn limited(session: Session, limiter: &Rc<Limiter>) -> Session {
    session.backend().leave_retries();
    session.wrapped_both(|backend, directory| {
        (
            Box::new(LimitedBackend { backend, limiter: Rc::clone(limiter), capabilities: RefCell::default() }),
            Box::new(LimitedDirectory { directory, limiter: Rc::clone(limiter) }),
        )
    })
}

#[async_trait(?Send)]
impl IdentityBackend for LimitedBackend {
    async fn capabilities(&self) -> Result<Capabilities> {
        if let Some(known) = self.capabilities.borrow().as_ref() {
            return Ok(known.clone());
        }
        let learned = self.limiter.call(async || self.backend.capabilities().await).await?;
        *self.capabilities.borrow_mut() = Some(learned.clone());
        Ok(learned)
    }

    fn leave_retries(&self) {
        self.backend.leave_retries();
    }

    async fn rights(&self) -> Result<Vec<Right>> {
        self.limiter.call(async || self.backend.rights().await).await
    }

    fn tells_rights(&self) -> bool {
        self.backend.tells_rights()
    }

    fn own_password(&self) -> Option<OwnPassword> {
        self.backend.own_password()
    }

    async fn keep_alive(&self, at_least: Duration) -> Result<()> {
        self.limiter.call(async || self.backend.keep_alive(at_least).await).await
    }

    async fn end_session(&self) -> Result<()> {
        self.backend.end_session().await
    }

    async fn user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        self.limiter.call(async || self.backend.user_snapshot(customer).await).await
    }

    fn is_immutable_id(&self, id: &str) -> bool {
        self.backend.is_immutable_id(id)
    }

    async fn find_by_immutable_id(&self, id: &str) -> Result<Option<UserProfile>> {
        self.limiter.call(async || self.backend.find_by_immutable_id(id).await).await
    }

    /// Repeats a set only if it is known not to have been applied.
    async fn set_temporary_password(
        &self,
        intent: &Intent<Reset>,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        self.limiter.change(async || self.backend.set_temporary_password(intent, password).await).await
    }

    async fn mark_pending(&self, intent: &Intent<Reset>, issued: &Issued) -> Result<()> {
        self.limiter.insist(async || self.backend.mark_pending(intent, issued).await).await
    }

    async fn end_sessions(&self, intent: &AnyIntent) -> Result<SessionsEnded> {
        self.limiter.insist(async || self.backend.end_sessions(intent).await).await
    }

    async fn read_back(&self, issued: &Issued) -> Result<Forced> {
        self.limiter.insist(async || self.backend.read_back(issued).await).await
    }

    async fn try_sign_in(&self, intent: &Intent<Reset>, password: &TemporaryPassword) -> Result<Trial> {
        self.limiter.insist(async || self.backend.try_sign_in(intent, password).await).await
    }

    async fn withdraw(&self, intent: &Intent<Withdrawal>) -> Result<()> {
        self.limiter.change(async || self.backend.withdraw(intent).await).await
    }

    async fn pending(&self) -> Result<Vec<Pending>> {
        self.limiter.call(async || self.backend.pending().await).await
    }

    async fn server_time(&self) -> Result<Option<Timestamp>> {
        self.limiter.call(async || self.backend.server_time().await).await
    }

    async fn unlock(&self, intent: &Intent<Reset>) -> Result<()> {
        self.limiter.call(async || self.backend.unlock(intent).await).await
    }
}

#[async_trait(?Send)]
impl CustomerDirectory for LimitedDirectory {
    async fn find(&self, text: &str, limit: usize) -> Result<Found> {
        self.limiter.call(async || self.directory.find(text, limit).await).await
    }

    async fn exact(&self, text: &str) -> Result<Vec<Customer>> {
        self.limiter.call(async || self.directory.exact(text).await).await
    }

    async fn of_same_id(&self, customer: &Customer) -> Result<Vec<Customer>> {
        self.limiter.call(async || self.directory.of_same_id(customer).await).await
    }

    fn is_beside_backend(&self) -> bool {
        self.directory.is_beside_backend()
    }

    async fn others_of_user(&self, customer: &Customer, user: &UserProfile) -> Result<Vec<Customer>> {
        self.limiter.call(async || self.directory.others_of_user(customer, user).await).await
    }

    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>> {
        self.limiter.call(async || self.directory.get(id).await).await
    }

    async fn draft(&self, particulars: &Particulars) -> Result<Customer> {
        self.limiter.call(async || self.directory.draft(particulars).await).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ProfileRef;
    use crate::ledger::tests::stub::NeverAsked;

    #[test]
    fn retries_are_left_to_it_and_it_hands_on_that_they_are_left() {
        let limiter = Rc::new(Limiter::new(2, Duration::from_secs(1)));
        let behind = NeverAsked::default();
        let place = ProfileRef { profile: "p".into(), backend: "b".into(), backend_id: "b:test".into() };
        let session = Session::new("sam", place, None, Box::new(behind.clone()), Box::new(behind.clone()));
        assert!(!behind.has_left_retries.get());
        let session = limited(session, &limiter);
        assert!(behind.has_left_retries.replace(false));
        session.backend().leave_retries();
        assert!(behind.has_left_retries.get(), "asked for again, it hands that on");
    }
}
