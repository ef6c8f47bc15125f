//! The port through which agents sign in to a backend.

use async_trait::async_trait;

use super::prompter::Prompter;
use crate::domain::check::Check;
use crate::domain::error::Result;
use crate::domain::session::{Session, SignInMethod, StoredSession};

/// Who keeps the agent's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionKeeper {
    /// This tool, from `login` to `logout`.
    Tellonce,
    /// Another program, whose credentials are used as they are.
    Other {
        /// Whose they are, as in "kept in …".
        name: String,
        /// How it begins, as a hint.
        begin: String,
        /// How it ends, in a sentence or two.
        end: String,
    },
}

/// How agents sign in to a backend: by password, in a browser, by a bind.
#[async_trait(?Send)]
pub trait AgentSignIn {
    /// Returns the ways to sign in, the default first.
    fn methods(&self) -> &'static [SignInMethod];
    /// Signs an agent in; `agent` is the name given on the command line. The second value is what this tool has to store,
    /// if it keeps the session.
    async fn sign_in(
        &self,
        method: SignInMethod,
        agent: Option<&str>,
        prompter: &mut dyn Prompter,
    ) -> Result<(Session, Option<StoredSession>)>;
    /// Says who keeps the session.
    fn session_keeper(&self) -> SessionKeeper {
        SessionKeeper::Tellonce
    }
    /// Resumes a session; `None` if there is none, or if it has ended.
    async fn resume(&self, stored: Option<StoredSession>) -> Result<Option<Session>>;
    /// Checks for `doctor` what can be known before anybody is signed in: reachable, version, clock, certificate.
    async fn checks(&self) -> Vec<Check> {
        Vec::new()
    }
}
