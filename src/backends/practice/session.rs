//! A signed-in agent, as the directory knows one: every call looks whether the session is still good.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::errors::store_error;
use super::hash;
use super::set_queue::Sets;
use super::store::Practice;
use crate::domain::{Error, Kind, Reason, Result, Right};

/// What an agent needs for every call.
#[derive(Clone)]
pub(super) struct AgentSession {
    pub(super) practice: Practice,
    pub(super) token: Zeroizing<String>,
    pub(super) protected_groups: Vec<String>,
    pub(super) sets: Arc<OnceCell<Sets>>,
}

/// The agent of a session that is still good.
pub(super) struct Agent {
    pub(super) name: String,
    pub(super) role: String,
    /// The customer who the agent is as well.
    pub(super) customer: Option<i64>,
}

impl Agent {
    /// What the agent's role may do.
    pub(super) fn rights(&self) -> Vec<Right> {
        let issuing = [
            Right::FindCustomers,
            Right::IssueTemporaryPasswords,
            Right::CreateUsers,
            Right::EndSessions,
            Right::Unlock,
        ];
        match self.role.as_str() {
            "team lead" => [issuing.as_slice(), &[Right::Sweep]].concat(),
            "support agent" => issuing.to_vec(),
            _ => vec![Right::FindCustomers],
        }
    }

    /// # Errors
    /// Exit 4: the agent does not have the right.
    pub(super) fn must_have(&self, right: Right) -> Result<()> {
        if self.rights().contains(&right) {
            return Ok(());
        }
        Err(Error::new(
            Kind::NotAllowed,
            Reason::MissingRight,
            format!("{} ({}) does not have the right to {}.", self.name, self.role, right.words()),
        )
        .hint("Ask a support agent or the team lead; `tellonce whoami` lists your rights."))
    }
}

impl AgentSession {
    /// The agent, if the session is still good.
    ///
    /// # Errors
    /// Exit 4: it ended.
    pub(super) fn agent(&self, connection: &Connection) -> Result<Agent> {
        self.good_until(connection, self.practice.now())
    }

    /// The agent, if the session is good up to this time.
    pub(super) fn good_until(&self, connection: &Connection, until: i64) -> Result<Agent> {
        agent_of(connection, hash::of_token(&self.token), until)
    }
}

/// The agent of the session with this token's hash, if it is good up to this time.
///
/// # Errors
/// Exit 4: it ended.
pub(super) fn agent_of(connection: &Connection, token_hash: [u8; 32], until: i64) -> Result<Agent> {
    let found = connection
        .prepare_cached("SELECT a.name, a.role, a.customer FROM agent_session s JOIN agent a ON a.name = s.agent WHERE s.token_hash = ?1 AND s.expires_at > ?2")
        .and_then(|mut statement| {
            statement
                .query_row(params![token_hash, until], |row| Ok(Agent { name: row.get(0)?, role: row.get(1)?, customer: row.get(2)? }))
                .optional()
        })
        .map_err(store_error)?;
    found.ok_or_else(|| {
        Error::new(Kind::NotAllowed, Reason::SessionOver, "Your session is over.")
            .hint("Sign in again: `tellonce login`.")
    })
}
