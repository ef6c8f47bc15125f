//! Brings the file of an earlier tellonce to the tables of this version.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::contacts::ENTERED_BEFORE;
use super::schema::{CONTACTS, MAIL_INDEX, VERSION};

/// The version that is brought forward: without contacts, languages, and kinds of messages.
pub(super) const EARLIER: i32 = 1;

/// Brings a file of version 1 to version 2, in one transaction. Does nothing if another process was faster.
pub(super) fn migrate(connection: &Connection, now: i64) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let version: i32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == EARLIER {
        transaction.execute_batch(CONTACTS)?;
        transaction.execute_batch(
            "ALTER TABLE customer ADD COLUMN language TEXT;
             ALTER TABLE mail ADD COLUMN channel TEXT NOT NULL DEFAULT 'email';
             ALTER TABLE mail ADD COLUMN kind TEXT NOT NULL DEFAULT 'self_service';
             ALTER TABLE mail ADD COLUMN message_id TEXT;",
        )?;
        transaction.execute_batch(MAIL_INDEX)?;
        // Nothing in version 1 changes an address.
        let since = (now - ENTERED_BEFORE).to_string();
        transaction.execute("INSERT OR REPLACE INTO setting VALUES('contacts_since', ?1)", [since])?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}
