//! Self-service ("Forgot your password?"): mails a link that works once.

use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::change::store_own_password;
use crate::backends::practice::errors::store_error;
use crate::backends::practice::hash;
use crate::backends::practice::outbox::{self, LINK, Outgoing};
use crate::backends::practice::store::Practice;
use crate::backends::practice::user_snapshot::UserRow;
use crate::domain::{Channel, Result, Rule};

/// How long a link works, in milliseconds.
const LINK_LIFETIME: i64 = 60 * 60 * 1000;

/// The result of the link's page.
#[derive(Debug)]
pub enum Redeem {
    /// The new password is set.
    Done,
    /// The new password breaks these rules. The link can be used again.
    Broken(Vec<Rule>),
    /// The link does not work. The text is what the customer reads.
    Refused(String),
}

impl Practice {
    /// Requests the mail. The result does not tell who has a user. While a temporary password is pending no link is mailed.
    ///
    /// # Errors
    /// Exit 8: the directory does not answer.
    pub fn forgot_password(&self, email: &str) -> Result<()> {
        let now = self.now();
        let mut connection = self.connection();
        // One transaction keeps a link from being mailed while a temporary password is issued.
        let connection = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error)?;
        for (number, customer) in
            crate::backends::practice::customer_rows::select(&connection, "WHERE c.email = ?1", [email.trim()])?
        {
            let Some(row) = UserRow::of(&connection, number)? else { continue };
            let Some(to) = customer.email.filter(|_| row.external.is_none() && !row.disabled) else { continue };
            let body = if row.change_required {
                "Your password is being reset by support. Use the temporary password that they gave you, or call them again.".to_owned()
            } else {
                let token = hash::fresh_token()?;
                connection
                    .execute(
                        "INSERT INTO reset_token VALUES(?1, ?2, ?3)",
                        params![hash::token_digest(&token), number, now + LINK_LIFETIME],
                    )
                    .map_err(store_error)?;
                format!("Hello {},\nchoose a new password here, within an hour:\n{LINK}{}\n", row.username, *token)
            };
            let (subject, channel, kind) = ("Your password", Channel::Email, "self_service");
            let mail = Outgoing { to: &to, subject, body: &body, channel, kind, id: None };
            outbox::add(&connection, &mail, now)?;
        }
        connection.commit().map_err(store_error)
    }

    /// Sets a new password by a link. It works once, and not while a temporary password is pending.
    ///
    /// # Errors
    /// Exit 8: the directory does not answer.
    pub fn redeem(&self, token: &str, new: &str) -> Result<Redeem> {
        let token = hash::token_digest(token.trim());
        let refused = || Ok(Redeem::Refused("That link does not work (any more).".to_owned()));
        let now = self.now();
        let owner: Option<i64> = self
            .connection()
            .query_row(
                "SELECT customer FROM reset_token WHERE token_hash = ?1 AND expires_at > ?2",
                params![token, now],
                |row| row.get(0),
            )
            .optional()
            .map_err(store_error)?;
        let row = match owner {
            Some(customer) => UserRow::of(&self.connection(), customer)?,
            None => None,
        };
        let Some(row) = row else { return refused() };
        if row.change_required || row.disabled {
            return Ok(Redeem::Refused(
                "Your password is being reset by support: use the temporary password.".to_owned(),
            ));
        }
        let broken = self.broken_rules(&row, new)?;
        if !broken.is_empty() {
            return Ok(Redeem::Broken(broken));
        }
        let hash = hash::hash(new)?;
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error)?;
        let used =
            transaction.execute("DELETE FROM reset_token WHERE token_hash = ?1", [token]).map_err(store_error)?;
        let unchanged = UserRow::of(&transaction, row.customer)?.is_some_and(|still| still.version == row.version);
        if used != 1 || !unchanged {
            return refused();
        }
        store_own_password(&transaction, &row, &hash, now)?;
        transaction.execute("DELETE FROM customer_session WHERE customer = ?1", [row.customer]).map_err(store_error)?;
        transaction.commit().map_err(store_error)?;
        Ok(Redeem::Done)
    }
}
