//! The session of a signed-in agent. Every call checks that it is still valid.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::errors::store_error;
use super::hash;
use super::set_queue::Sets;
use super::store::Practice;
use crate::domain::{Error, Kind, Reason, Result, Right};

/// A signed-in agent's session, with what every call needs.
#[derive(Clone)]
pub(super) struct AgentSession {
    pub(super) practice: Practice,
    pub(super) token: Zeroizing<String>,
    pub(super) protected_groups: Vec<String>,
    pub(super) sets: Arc<OnceCell<Sets>>,
}

/// The agent of a valid session.
pub(super) struct Agent {
    pub(super) name: String,
    pub(super) role: String,
    /// The row number of the agent's own customer.
    pub(super) customer: Option<i64>,
}

impl Agent {
    /// Returns the rights of the agent's role.
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

    /// Requires a right.
    ///
    /// # Errors
    /// Exit 4: the agent does not have it.
    pub(super) fn must_have(&self, right: Right) -> Result<()> {
        if self.rights().contains(&right) {
            return Ok(());
        }
        Err(Error::new(
            Kind::NotAllowed,
            Reason::MissingRight,
            format!("{} ({}) does not have the right to {}.", self.name, self.role, right.describe()),
        )
        .hint("Ask a support agent or the team lead; `tellonce whoami` lists your rights."))
    }
}

impl AgentSession {
    /// Reads the agent of this session.
    ///
    /// # Errors
    /// Exit 4: the session has ended.
    pub(super) fn agent(&self, connection: &Connection) -> Result<Agent> {
        self.agent_at(connection, self.practice.now())
    }

    /// Reads the agent of this session if it is valid up to this time.
    pub(super) fn agent_at(&self, connection: &Connection, until: i64) -> Result<Agent> {
        agent_of(connection, hash::token_digest(&self.token), until)
    }
}

/// Reads the agent of the session with this token's digest, if it is valid up to this time.
///
/// # Errors
/// Exit 4: the session has ended.
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
