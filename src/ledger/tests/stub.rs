//! A session whose backend and directory are never asked: the audit log only reads who is signed in, and where.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::ports::{CustomerDirectory, IdentityBackend, SetFailed};
use crate::domain::{
    AnyIntent, Capabilities, Customer, CustomerId, Error, Forced, Found, Intent, Issued, Particulars, Pending,
    ProfileRef, Reset, Result, Right, Session, SessionsEnded, TemporaryPassword, Trial, UserProfile, UserSnapshot,
    Withdrawal,
};

pub(crate) fn session(agent: &str, profile: &str) -> Session {
    session_at(agent, profile, "practice:test")
}

/// Makes a session at the backend with this id.
pub(crate) fn session_at(agent: &str, profile: &str, backend_id: &str) -> Session {
    let profile_ref = ProfileRef { profile: profile.into(), backend: "practice".into(), backend_id: backend_id.into() };
    Session::new(agent, profile_ref, None, Box::new(NeverAsked::default()), Box::new(NeverAsked::default()))
}

#[derive(Clone, Default)]
pub(crate) struct NeverAsked {
    /// Whether retries were left to the caller: all that it takes note of.
    pub(crate) has_left_retries: Rc<Cell<bool>>,
}

fn asked<T>() -> Result<T> {
    Err(Error::bug("The audit log asked the backend."))
}

#[async_trait(?Send)]
impl CustomerDirectory for NeverAsked {
    async fn find(&self, _: &str, _: usize) -> Result<Found> {
        asked()
    }
    async fn exact(&self, _: &str) -> Result<Vec<Customer>> {
        asked()
    }
    async fn get(&self, _: &CustomerId) -> Result<Option<Customer>> {
        asked()
    }
    async fn draft(&self, _: &Particulars) -> Result<Customer> {
        asked()
    }
}

#[async_trait(?Send)]
impl IdentityBackend for NeverAsked {
    async fn capabilities(&self) -> Result<Capabilities> {
        asked()
    }
    fn leave_retries(&self) {
        self.has_left_retries.set(true);
    }
    async fn rights(&self) -> Result<Vec<Right>> {
        asked()
    }
    async fn keep_alive(&self, _: Duration) -> Result<()> {
        asked()
    }
    async fn end_session(&self) -> Result<()> {
        asked()
    }
    async fn user_snapshot(&self, _: &Customer) -> Result<UserSnapshot> {
        asked()
    }
    fn is_immutable_id(&self, _: &str) -> bool {
        false
    }
    async fn find_by_immutable_id(&self, _: &str) -> Result<Option<UserProfile>> {
        asked()
    }
    async fn set_temporary_password(&self, _: &Intent<Reset>, _: &TemporaryPassword) -> Result<Issued, SetFailed> {
        asked().map_err(SetFailed::Other)
    }
    async fn mark_pending(&self, _: &Intent<Reset>, _: &Issued) -> Result<()> {
        asked()
    }
    async fn end_sessions(&self, _: &AnyIntent) -> Result<SessionsEnded> {
        asked()
    }
    async fn read_back(&self, _: &Issued) -> Result<Forced> {
        asked()
    }
    async fn try_sign_in(&self, _: &Intent<Reset>, _: &TemporaryPassword) -> Result<Trial> {
        asked()
    }
    async fn withdraw(&self, _: &Intent<Withdrawal>) -> Result<()> {
        asked()
    }
    async fn pending(&self) -> Result<Vec<Pending>> {
        asked()
    }
    async fn server_time(&self) -> Result<Option<Timestamp>> {
        asked()
    }
    async fn unlock(&self, _: &Intent<Reset>) -> Result<()> {
        asked()
    }
}
