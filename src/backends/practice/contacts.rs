//! Reads and writes what is on file for a customer, with the time of each change.
//!
//! A customer's own row has one address and one number. The table `contact` has further ones, what was replaced, and
//! the time of each change. An address without a row there was entered before the directory's time `contacts_since`.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{channel, timestamp};
use super::errors::store_error;
use crate::domain::{Channel, Contact, ContactChanged, Contacts, Result};

/// How long a replaced address is kept on file, in milliseconds.
const REPLACED_KEPT: i64 = 30 * DAY;
/// How long before the directory was made its customers' addresses were entered, in milliseconds.
pub(super) const ENTERED_BEFORE: i64 = 365 * DAY;
pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;

/// A row of the table `contact`.
struct Row {
    channel: Channel,
    address: String,
    changed_at: i64,
    replaced_at: Option<i64>,
}

impl Row {
    /// The last change of one that was replaced is that it was.
    fn contact(&self) -> Contact {
        let changed = ContactChanged::At(timestamp(self.replaced_at.unwrap_or(self.changed_at)));
        Contact { changed, ..Contact::new(self.channel, self.address.clone()) }
    }
}

/// Reads what is on file for the customer of this row.
pub(super) fn read(connection: &Connection, customer: i64, now: i64) -> Result<Contacts> {
    let rows = rows(connection, customer)?;
    let since: Option<i64> = connection
        .prepare_cached("SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'contacts_since'")
        .and_then(|mut select| select.query_row([], |row| row.get(0)).optional())
        .map_err(store_error)?;
    let (email, phone, language): (Option<String>, Option<String>, Option<String>) = connection
        .prepare_cached("SELECT email, phone, language FROM customer WHERE number = ?1")
        .and_then(|mut select| select.query_row([customer], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))))
        .map_err(store_error)?;
    let (current, replaced): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.replaced_at.is_none());
    let own = [(Channel::Email, email), (Channel::Phone, phone)];
    let own = own.into_iter().filter_map(|(channel, address)| address.map(|address| (channel, address)));
    let unmoved = since.map_or(ContactChanged::Unknown, |since| ContactChanged::At(timestamp(since)));
    let of_row = |channel, address: &str| {
        current.iter().find(|row| row.channel == channel && row.address == address).map(|row| row.contact().changed)
    };
    let own = own.map(|(channel, address)| Contact {
        changed: of_row(channel, &address).unwrap_or(unmoved),
        ..Contact::new(channel, address)
    });
    let own = Contacts { on_file: own.collect(), ..Contacts::default() };
    let is_recent = |row: &&Row| row.replaced_at.is_some_and(|at| now - at <= REPLACED_KEPT);
    Ok(own.with(Contacts {
        on_file: current.iter().map(Row::contact).collect(),
        replaced: replaced.iter().filter(is_recent).map(Row::contact).collect(),
        unreadable: Vec::new(),
        language: language.and_then(|tag| tag.parse().ok()),
    }))
}

fn rows(connection: &Connection, customer: i64) -> Result<Vec<Row>> {
    let mut select = connection
        .prepare_cached(
            "SELECT channel, address, changed_at, replaced_at FROM contact WHERE customer = ?1 ORDER BY channel, changed_at, address",
        )
        .map_err(store_error)?;
    let rows = select.query_map([customer], |row| {
        Ok(Row { channel: channel(row, 0)?, address: row.get(1)?, changed_at: row.get(2)?, replaced_at: row.get(3)? })
    });
    rows.and_then(Iterator::collect).map_err(store_error)
}

/// Writes down that an address or number was entered at this time, and when it was replaced, if it was.
pub(super) fn insert(
    connection: &Connection,
    customer: i64,
    (channel, address): (Channel, &str),
    changed_at: i64,
    replaced_at: Option<i64>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO contact VALUES(?1, ?2, ?3, ?4, ?5)")?
        .execute(params![customer, channel.name(), address, changed_at, replaced_at])
        .map(drop)
}
