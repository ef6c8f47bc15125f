//! The port through which agents sign in to a backend.

use async_trait::async_trait;

use super::prompter::Prompter;
use crate::domain::check::Check;
use crate::domain::error::Result;
use crate::domain::session::{Session, SignInMethod, StoredSession};

/// How agents sign in to a backend: by password, in a browser, by a bind.
#[async_trait(?Send)]
pub trait AgentSignIn {
    /// Returns the ways to sign in, the default first.
    fn methods(&self) -> &'static [SignInMethod];
    /// Signs an agent in; `agent` is the name given on the command line.
    async fn sign_in(
        &self,
        method: SignInMethod,
        agent: Option<&str>,
        prompter: &mut dyn Prompter,
    ) -> Result<(Session, StoredSession)>;
    /// Resumes a session; `None` if there is none, or if it has ended.
    async fn resume(&self, stored: Option<StoredSession>) -> Result<Option<Session>>;
    /// Checks for `doctor` what can be known before anybody is signed in: reachable, version, clock, certificate.
    async fn checks(&self) -> Vec<Check> {
        Vec::new()
    }
}
