//! Starts, reads and ends sessions of the app.

use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use crate::backends::practice::errors::store_error;
use crate::backends::practice::hash;
use crate::backends::practice::store::Practice;
use crate::domain::Result;

/// A customer's session of the app. The directory keeps the token's digest only.
pub struct AppSession {
    /// Whoever has this is signed in.
    pub token: Zeroizing<String>,
}

impl std::fmt::Debug for AppSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppSession").finish_non_exhaustive()
    }
}

/// Whose session of the app it is.
pub struct AppUser {
    /// The customer's name, as people write it.
    pub name: String,
    /// The name to sign in with.
    pub username: String,
}

/// Starts a customer's session of the app.
pub(super) fn start_session(connection: &Connection, customer: i64, now: i64) -> Result<AppSession> {
    let token = hash::fresh_token()?;
    connection
        .execute("INSERT INTO customer_session VALUES(?1, ?2, ?3)", params![hash::token_digest(&token), customer, now])
        .map_err(store_error)?;
    Ok(AppSession { token })
}

impl Practice {
    /// Returns whose session this token is of, or `None` if support or the customer ended it.
    ///
    /// # Errors
    /// Exit 8: the directory does not answer.
    pub fn app_user(&self, token: &str) -> Result<Option<AppUser>> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached(
                "SELECT c.first_name || ' ' || c.last_name, u.username FROM customer_session s JOIN customer c ON c.number = s.customer
                 JOIN user u ON u.customer = s.customer WHERE s.token_hash = ?1",
            )
            .map_err(store_error)?;
        statement
            .query_row([hash::token_digest(token)], |row| Ok(AppUser { name: row.get(0)?, username: row.get(1)? }))
            .optional()
            .map_err(store_error)
    }

    /// Signs out of the app. A session that has ended already is no error.
    ///
    /// # Errors
    /// Exit 8: the directory does not answer.
    pub fn sign_out_of_app(&self, token: &str) -> Result<()> {
        self.connection()
            .execute("DELETE FROM customer_session WHERE token_hash = ?1", [hash::token_digest(token)])
            .map(drop)
            .map_err(store_error)
    }
}
