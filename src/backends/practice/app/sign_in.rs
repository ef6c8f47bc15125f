//! Signs customers in to the app.

use rusqlite::{Connection, TransactionBehavior, params};

use super::app_session::{AppSession, start_session};
use super::change_ticket::ChangeTicket;
use crate::backends::practice::errors::store_error;
use crate::backends::practice::store::Practice;
use crate::backends::practice::user_snapshot::UserRow;
use crate::backends::practice::{hash, policy};
use crate::domain::{Policy, Result};

/// How many failed attempts lock the user.
const MAX_ATTEMPTS: i64 = 5;
/// How long a lock lasts, in milliseconds.
const LOCK_DURATION: i64 = 15 * 60 * 1000;
/// The answer to a wrong name and to a wrong password, so that it does not tell who has a user.
const WRONG_CREDENTIALS: &str = "Wrong name or password.";

/// The result of a sign-in to the app.
pub enum SignIn {
    /// The customer is signed in.
    SignedIn(AppSession),
    /// The password is temporary: the customer has to choose a new one.
    ChangeRequired(ChangeTicket),
    /// The sign-in is refused. The text is what the customer reads.
    Refused(String),
}

impl Practice {
    /// Signs a customer in by e-mail address, username or id.
    ///
    /// # Errors
    /// Exit 8: the directory does not answer.
    pub fn sign_in(&self, name: &str, password: &str) -> Result<SignIn> {
        let found = crate::backends::practice::customer_rows::exact(&self.connection(), name.trim())?;
        if found.len() > 1 {
            return Ok(SignIn::Refused("Several customers share that address: sign in with your username.".to_owned()));
        }
        let row = match found.first() {
            Some((number, _)) => UserRow::of(&self.connection(), *number)?,
            None => None,
        };
        let stored = self.hash_or_initial(row.as_ref())?;
        let is_right = hash::matches(password, &stored); // an unknown name takes as long as a wrong password
        let Some(row) = row else { return Ok(SignIn::Refused(WRONG_CREDENTIALS.to_owned())) };
        self.decide(&row, is_right, self.now())
    }

    /// Decides by the user's current state. The password may have been replaced while the hash was computed.
    fn decide(&self, before: &UserRow, is_right: bool, now: i64) -> Result<SignIn> {
        let refused = |words: &str| Ok(SignIn::Refused(words.to_owned()));
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error)?;
        let Some(row) = UserRow::of(&transaction, before.customer)? else { return refused(WRONG_CREDENTIALS) };
        if row.locked_until > now {
            return refused("Too many failed attempts: try again later.");
        }
        if !is_right || row.hash != before.hash || row.external.is_some() {
            count_failure(&transaction, &row, now)?;
            transaction.commit().map_err(store_error)?;
            return refused(WRONG_CREDENTIALS);
        }
        if row.disabled {
            return refused("This user is disabled.");
        }
        if row.has_expired(now) {
            return refused("That temporary password has run out: ask support for another.");
        }
        let admitted = admit(&transaction, &row, now)?;
        transaction.commit().map_err(store_error)?;
        Ok(admitted)
    }

    /// Returns the stored hash, or that of the first password if none was set since.
    pub(in crate::backends::practice) fn hash_or_initial(&self, row: Option<&UserRow>) -> Result<String> {
        match row.and_then(|row| row.hash.clone()) {
            Some(hash) => Ok(hash),
            None => self
                .connection()
                .query_row("SELECT value FROM setting WHERE name = 'initial_hash'", [], |found| found.get(0))
                .map_err(store_error),
        }
    }

    /// Reads the password policy, which the app lists.
    ///
    /// # Errors
    /// Exit 8: the directory does not answer.
    pub fn policy(&self) -> Result<Policy> {
        policy::read(&self.connection())
    }
}

/// Signs a user in after the right password.
fn admit(connection: &Connection, row: &UserRow, now: i64) -> Result<SignIn> {
    connection.execute("UPDATE user SET failures = 0 WHERE customer = ?1", [row.customer]).map_err(store_error)?;
    if row.change_required {
        return Ok(SignIn::ChangeRequired(ChangeTicket { customer: row.customer, version: row.version }));
    }
    start_session(connection, row.customer, now).map(SignIn::SignedIn)
}

fn count_failure(connection: &Connection, row: &UserRow, now: i64) -> Result<()> {
    connection
        .execute("UPDATE user SET failures = failures + 1 WHERE customer = ?1", [row.customer])
        .map_err(store_error)?;
    connection
        .execute(
            "UPDATE user SET failures = 0, locked_until = ?2 WHERE customer = ?1 AND failures >= ?3",
            params![row.customer, now + LOCK_DURATION, MAX_ATTEMPTS],
        )
        .map(drop)
        .map_err(store_error)
}
