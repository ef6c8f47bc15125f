//! Signs agents in by name and password, with a throttle for wrong ones.
//!
//! An unknown name takes as long as a wrong password, so that the time does not tell who is an agent.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};
use zeroize::Zeroizing;

use super::columns::timestamp;
use super::errors::store_error;
use super::hash;
use super::session::AgentSession;
use super::store::Practice;
use super::user_snapshot::missing_group;
use crate::domain::ports::{AgentSignIn, Prompter};
use crate::domain::{Check, CheckState, Error, Kind, ProfileRef, Reason, Result, Session, SignInMethod, StoredSession};

/// How long a session lasts.
const SESSION_LIFETIME: Duration = Duration::from_hours(8);
/// How many wrong passwords are free. After them each has to wait.
const FREE_ATTEMPTS: i64 = 5;
/// The first wait, in milliseconds. It doubles with each further wrong password.
const FIRST_WAIT: i64 = 10_000;
/// The longest wait, in milliseconds.
const LONGEST_WAIT: i64 = 15 * 60 * 1000;
/// How many throttled names are kept. The oldest is dropped first.
const MAX_THROTTLED_NAMES: i64 = 10_000;

/// Signs agents in to a practice directory.
pub struct PracticeSignIn {
    practice: Practice,
    profile_ref: ProfileRef,
    protected_groups: Vec<String>,
}

impl PracticeSignIn {
    /// Creates the sign-in to a directory whose agents do not reset members of these groups.
    pub const fn new(practice: Practice, profile_ref: ProfileRef, protected_groups: Vec<String>) -> Self {
        Self { practice, profile_ref, protected_groups }
    }

    fn session(&self, agent: &str, token: Zeroizing<String>, expires_at: i64) -> Session {
        let inner = AgentSession {
            practice: self.practice.clone(),
            token,
            protected_groups: self.protected_groups.clone(),
            sets: Arc::default(),
        };
        Session::new(
            agent,
            self.profile_ref.clone(),
            Some(timestamp(expires_at)),
            Box::new(inner.clone()),
            Box::new(inner),
        )
    }

    /// Checks name and password. Returns the agent's name as the directory spells it.
    fn check_password(&self, name: &str, password: &str) -> Result<String> {
        self.check_throttle(name)?;
        let found: Option<(String, String)> = self
            .practice
            .connection()
            .query_row("SELECT name, hash FROM agent WHERE name = ?1", [name.to_lowercase()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(store_error)?;
        let any_hash: String = self
            .practice
            .connection()
            .query_row("SELECT value FROM setting WHERE name = 'initial_hash'", [], |row| row.get(0))
            .map_err(store_error)?;
        let (agent, stored) = found.map_or((None, any_hash), |(agent, stored)| (Some(agent), stored));
        let is_right = hash::matches(password, &stored);
        match agent {
            Some(agent) if is_right => {
                self.practice
                    .connection()
                    .execute("DELETE FROM throttle WHERE name_hash = ?1", [name_digest(name)])
                    .map_err(store_error)?;
                Ok(agent)
            }
            _ => {
                self.record_failure(name)?;
                Err(Error::new(Kind::NotAllowed, Reason::SignInRefused, "Wrong agent name or password.")
                    .hint("The sample agents are sam, kim and lee, password \"practice\"."))
            }
        }
    }

    fn check_throttle(&self, name: &str) -> Result<()> {
        let now = self.practice.now();
        let until: Option<i64> = self
            .practice
            .connection()
            .query_row("SELECT until FROM throttle WHERE name_hash = ?1", [name_digest(name)], |row| row.get(0))
            .optional()
            .map_err(store_error)?;
        // A wait beyond the longest one means that the clock was set back since.
        match until {
            Some(until) if until > now && until - now <= LONGEST_WAIT => {
                let seconds = (until - now + 999) / 1000;
                Err(Error::new(
                    Kind::NotAllowed,
                    Reason::Throttled,
                    format!("Too many wrong passwords for this name. Wait {seconds} seconds, then try again."),
                ))
            }
            _ => Ok(()),
        }
    }

    fn record_failure(&self, name: &str) -> Result<()> {
        let mut connection = self.practice.connection();
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(store_error)?;
        let hash = name_digest(name);
        let before: i64 = transaction
            .query_row("SELECT failures FROM throttle WHERE name_hash = ?1", [hash], |row| row.get(0))
            .optional()
            .map_err(store_error)?
            .unwrap_or(0);
        let failures = before + 1;
        let wait = if failures < FREE_ATTEMPTS {
            0
        } else {
            LONGEST_WAIT.min(FIRST_WAIT << (failures - FREE_ATTEMPTS).min(10))
        };
        transaction
            .execute(
                "INSERT OR REPLACE INTO throttle VALUES(?1, ?2, ?3)",
                params![hash, failures, self.practice.now() + wait],
            )
            .map_err(store_error)?;
        transaction
            .execute("DELETE FROM throttle WHERE name_hash IN (SELECT name_hash FROM throttle ORDER BY until DESC LIMIT -1 OFFSET ?1)", [MAX_THROTTLED_NAMES])
            .map_err(store_error)?;
        transaction.commit().map_err(store_error)
    }

    fn open_session(&self, agent: &str) -> Result<(Zeroizing<String>, i64)> {
        let token = hash::fresh_token()?;
        let now = self.practice.now();
        let expires_at = now + i64::try_from(SESSION_LIFETIME.as_millis()).unwrap_or(i64::MAX);
        let connection = self.practice.connection();
        connection.execute("DELETE FROM agent_session WHERE expires_at <= ?1", [now]).map_err(store_error)?;
        connection
            .execute(
                "INSERT INTO agent_session VALUES(?1, ?2, ?3)",
                params![hash::token_digest(&token), agent, expires_at],
            )
            .map_err(store_error)?;
        Ok((token, expires_at))
    }
}

/// Hashes a name for the throttle, since somebody may have typed a password there.
fn name_digest(name: &str) -> [u8; 32] {
    hash::token_digest(&name.to_lowercase())
}

#[async_trait(?Send)]
impl AgentSignIn for PracticeSignIn {
    fn methods(&self) -> &'static [SignInMethod] {
        &[SignInMethod::Password]
    }

    async fn sign_in(
        &self,
        method: SignInMethod,
        agent: Option<&str>,
        prompter: &mut dyn Prompter,
    ) -> Result<(Session, Option<StoredSession>)> {
        if method != SignInMethod::Password {
            return Err(Error::usage("The practice directory knows sign-in by name and password only."));
        }
        prompter.say(
            "Practice directory. Agents: sam (support agent), kim (team lead), lee (may not issue). Password: practice",
        );
        let name = match agent {
            Some(name) => name.to_owned(),
            None => prompter.needed_line("Agent", "--agent")?,
        };
        let password = prompter.secret("Password", "--password-stdin")?;
        let agent = self.check_password(name.trim(), &password)?;
        let (token, expires_at) = self.open_session(&agent)?;
        let stored = StoredSession { agent: agent.clone(), secret: token.clone(), expires_at: timestamp(expires_at) };
        Ok((self.session(&agent, token, expires_at), Some(stored)))
    }

    async fn checks(&self) -> Vec<Check> {
        let missing = missing_group(&self.practice.connection(), &self.protected_groups);
        let check = match missing {
            Err(error) => Check::new("protection", CheckState::Fault, error.message_with_hint()),
            Ok(Some(words)) => {
                let words = format!("{words}: every reset is refused. Correct `protected` in the profile");
                Check::new("protection", CheckState::Fault, words)
            }
            Ok(None) if self.protected_groups.is_empty() => {
                Check::new("protection", CheckState::Warning, "the profile protects nobody")
            }
            Ok(None) => {
                let words = format!("members of {} are not reset", self.protected_groups.join(", "));
                Check::new("protection", CheckState::Ok, words)
            }
        };
        vec![check]
    }

    async fn resume(&self, stored: Option<StoredSession>) -> Result<Option<Session>> {
        let Some(stored) = stored else { return Ok(None) };
        let found: Option<(String, i64)> = self
            .practice
            .connection()
            .query_row(
                "SELECT agent, expires_at FROM agent_session WHERE token_hash = ?1 AND expires_at > ?2",
                params![hash::token_digest(&stored.secret), self.practice.now()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(store_error)?;
        Ok(found.map(|(agent, expires_at)| self.session(&agent, stored.secret, expires_at)))
    }
}
