//! The outbox: what would have been sent to customers, by e-mail and to telephones.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::columns::{channel, timestamp};
use super::errors::store_error;
use super::store::Practice;
use crate::domain::{Channel, Result};

/// The link in the mail of "Forgot your password?", before its token.
pub(super) const LINK: &str = "https://practice.invalid/reset?token=";
const COLUMNS: &str = "at, recipient, subject, body, channel, kind";

/// A message that would have been sent. It has no `Debug`, because its text may hold a link or a code.
#[derive(Clone, Serialize)]
pub struct Mail {
    pub(crate) at: Timestamp,
    /// The address or number.
    pub(crate) to: String,
    pub(crate) subject: String,
    /// The text.
    pub body: String,
    /// By e-mail, or to a telephone.
    pub channel: Channel,
    /// What it is about: `self_service`, `code` or `notice`.
    pub kind: String,
}

impl Mail {
    /// Returns the token of the link in it, if there is one.
    pub fn token(&self) -> Option<&str> {
        self.body.split_once(LINK).and_then(|(_, rest)| rest.split_whitespace().next())
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: timestamp(row.get(0)?),
            to: row.get(1)?,
            subject: row.get(2)?,
            body: row.get(3)?,
            channel: channel(row, 4)?,
            kind: row.get(5)?,
        })
    }
}

/// A message to put into the outbox.
pub(super) struct Outgoing<'a> {
    pub(super) to: &'a str,
    pub(super) subject: &'a str,
    pub(super) body: &'a str,
    pub(super) channel: Channel,
    pub(super) kind: &'a str,
    /// The id that each retry has. A message whose id is there already is not put in again.
    pub(super) id: Option<&'a str>,
}

/// Puts a message into the outbox.
pub(super) fn add(connection: &Connection, message: &Outgoing<'_>, now: i64) -> Result<()> {
    let Outgoing { to, subject, body, channel, kind, id } = message;
    connection
        .execute(
            "INSERT INTO mail(at, recipient, subject, body, channel, kind, message_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT(message_id) DO NOTHING",
            params![now, to, subject, body, channel.name(), kind, id],
        )
        .map(drop)
        .map_err(store_error)
}

impl Practice {
    /// Lists the messages that would have been sent, oldest first.
    ///
    /// # Errors
    /// Exit 8: the directory does not answer.
    pub fn outbox(&self) -> Result<Vec<Mail>> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached(&format!("SELECT {COLUMNS} FROM mail ORDER BY number")).map_err(store_error)?;
        let rows = statement.query_map([], Mail::from_row).map_err(store_error)?;
        rows.collect::<rusqlite::Result<_>>().map_err(store_error)
    }

    /// Lists the newest messages, newest first: all of them, or those to one address or number.
    ///
    /// # Errors
    /// Exit 8: the directory does not answer.
    pub(crate) fn newest_mails(&self, to: Option<&str>, limit: u32) -> Result<Vec<Mail>> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM mail WHERE ?1 IS NULL OR recipient = ?1 COLLATE NOCASE ORDER BY number DESC LIMIT ?2"
            ))
            .map_err(store_error)?;
        let rows = statement.query_map(params![to, limit], Mail::from_row).map_err(store_error)?;
        rows.collect::<rusqlite::Result<_>>().map_err(store_error)
    }
}
