//! Begins a customer's session in the app.

use rusqlite::{Connection, params};

use crate::backends::practice::errors::store_error;
use crate::backends::practice::hash;
use crate::domain::Result;

/// A session of the app begins.
pub(super) fn start_session(connection: &Connection, customer: i64, now: i64) -> Result<()> {
    let token = hash::fresh_token()?;
    connection
        .execute("INSERT INTO customer_session VALUES(?1, ?2, ?3)", params![hash::of_token(&token), customer, now])
        .map(drop)
        .map_err(store_error)
}
