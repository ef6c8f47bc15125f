//! Changes a password in the app, after a temporary one or by a mailed link.

use rusqlite::{Connection, TransactionBehavior, params};

use super::app_session::{AppSession, start_session};
use super::change_ticket::ChangeTicket;
use crate::backends::practice::backend::{about, record_in_history};
use crate::backends::practice::errors::store_error;
use crate::backends::practice::store::Practice;
use crate::backends::practice::user_snapshot::UserRow;
use crate::backends::practice::{hash, policy};
use crate::domain::{Result, Rule};

/// The result of "Update Password".
#[derive(Debug)]
pub enum Change {
    /// The new password is set, and the customer is signed in.
    Done(AppSession),
    /// The new password breaks these rules. Nothing was changed.
    Broken(Vec<Rule>),
    /// The temporary password does not work any more. The text is what the customer reads.
    Refused(String),
}

impl Practice {
    /// Presses "Update Password".
    ///
    /// # Errors
    /// Exit 8: the directory does not answer.
    pub fn change_password(&self, ticket: &ChangeTicket, new: &str) -> Result<Change> {
        let refused = || {
            Ok(Change::Refused("That temporary password does not work any more: ask support for another.".to_owned()))
        };
        let row = UserRow::of(&self.connection(), ticket.customer)?;
        let Some(row) = row.filter(|row| ticket.is_valid_for(row, self.now())) else { return refused() };
        let broken = self.broken_rules(&row, new)?;
        if !broken.is_empty() {
            return Ok(Change::Broken(broken));
        }
        let hash = hash::hash(new)?;
        let now = self.now();
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error)?;
        let still = UserRow::of(&transaction, ticket.customer)?;
        if !still.is_some_and(|row| ticket.is_valid_for(&row, now)) {
            return refused();
        }
        store_own_password(&transaction, &row, &hash, now)?;
        let session = start_session(&transaction, row.customer, now)?;
        transaction.commit().map_err(store_error)?;
        Ok(Change::Done(session))
    }

    /// Whether the page of this ticket can still update the password.
    ///
    /// # Errors
    /// Exit 8: the directory does not answer.
    pub fn is_ticket_valid(&self, ticket: &ChangeTicket) -> Result<bool> {
        let row = UserRow::of(&self.connection(), ticket.customer)?;
        Ok(row.is_some_and(|row| ticket.is_valid_for(&row, self.now())))
    }

    /// Returns every rule that the password breaks, with the history.
    pub(super) fn broken_rules(&self, row: &UserRow, new: &str) -> Result<Vec<Rule>> {
        if new.len() > hash::MAX_PASSWORD_LENGTH {
            return Ok(vec![Rule::MaxLength(hash::MAX_PASSWORD_LENGTH)]);
        }
        let (policy, about, last) = {
            let connection = self.connection();
            let policy = policy::read(&connection)?;
            let history =
                policy.rules().find_map(|rule| if let Rule::History(last) = rule { Some(*last) } else { None });
            // The current password counts as one of the last, unless it is a temporary one.
            let own = history.unwrap_or(0).saturating_sub(usize::from(!row.change_required));
            let last = last_hashes(&connection, row.customer, own)?;
            (policy, about(&connection, row)?, last)
        };
        let mut broken = policy.broken_by(new, &about);
        let current = self.hash_or_initial(Some(row))?;
        let was_used = std::iter::once(&current).chain(&last).any(|hash| hash::matches(new, hash));
        if was_used {
            let rule = policy.rules().find(|rule| matches!(rule, Rule::History(_)));
            broken.push(rule.cloned().unwrap_or(Rule::History(1)));
        }
        Ok(broken)
    }
}

/// Reads the hashes of the customer's last own passwords, and of as many temporary ones, without the current one.
///
/// Temporary passwords do not displace own ones.
fn last_hashes(connection: &Connection, customer: i64, last: usize) -> Result<Vec<String>> {
    let mut statement = connection
        .prepare_cached(
            "SELECT hash FROM (SELECT hash, row_number() OVER (PARTITION BY temporary ORDER BY version DESC) AS place
             FROM password_history WHERE customer = ?1) WHERE place <= ?2",
        )
        .map_err(store_error)?;
    let rows = statement.query_map(params![customer, last], |row| row.get(0)).map_err(store_error)?;
    rows.collect::<rusqlite::Result<_>>().map_err(store_error)
}

/// Stores the customer's own password. Ends what is pending, and makes mailed links invalid.
pub(super) fn store_own_password(connection: &Connection, row: &UserRow, hash: &str, now: i64) -> Result<()> {
    record_in_history(connection, row)?;
    connection
        .execute(
            "UPDATE user SET hash = ?2, change_required = 0, withdrawn = 0, issued_at = NULL, expires_at = NULL, issued_by = NULL, mark = NULL,
                    failures = 0, version = version + 1, set_at = ?3, chosen_at = ?3 WHERE customer = ?1",
            params![row.customer, hash, now],
        )
        .map_err(store_error)?;
    connection.execute("DELETE FROM reset_token WHERE customer = ?1", [row.customer]).map(drop).map_err(store_error)
}
