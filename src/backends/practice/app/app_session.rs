//! Starts sessions of the app.

use rusqlite::{Connection, params};

use crate::backends::practice::errors::store_error;
use crate::backends::practice::hash;
use crate::domain::Result;

/// Starts a customer's session of the app.
pub(super) fn start_session(connection: &Connection, customer: i64, now: i64) -> Result<()> {
    let token = hash::fresh_token()?;
    connection
        .execute("INSERT INTO customer_session VALUES(?1, ?2, ?3)", params![hash::token_digest(&token), customer, now])
        .map(drop)
        .map_err(store_error)
}
