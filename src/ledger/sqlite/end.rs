//! The end of the chain, where the next record is inserted.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Fault;
use super::read::NEWEST;
use super::rows::{Columns, body_value};
use crate::ledger::hash::Hash;
use crate::ledger::record::{Draft, Record, Writer};
use crate::ledger::store::Head;
use crate::ledger::stored_record::StoredRecord;

/// The end of the chain, within a transaction.
pub(super) struct End<'w> {
    head: Head,
    /// The time of the next record.
    pub(super) at: Timestamp,
    writer: &'w Writer,
}

impl<'w> End<'w> {
    /// Reads the end. The time of what follows is now, or that of the newest record if that is later.
    pub(super) fn read(connection: &Connection, now: Timestamp, writer: &'w Writer) -> Result<Self, Fault> {
        let newest: Option<(u64, Vec<u8>, i64)> = connection
            .prepare_cached(NEWEST)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let now = now.as_microsecond();
        let (head, at) = match newest {
            Some((number, hash, at)) => {
                let hash = Hash::from_bytes(&hash).ok_or_else(|| Fault::damaged("the newest record has no hash"))?;
                (Head { number, hash }, now.max(at))
            }
            None => (Head::START, now),
        };
        let at = Timestamp::from_microsecond(at).map_err(|_| Fault::damaged("the newest record has no time"))?;
        Ok(Self { head, at, writer })
    }

    /// Inserts a draft as the next record.
    pub(super) fn insert_draft(&mut self, connection: &Connection, draft: Draft) -> Result<StoredRecord, Fault> {
        let record = StoredRecord::of_draft(draft, self.head.number + 1, self.at, self.writer.clone(), self.head.hash)
            .map_err(|error| Fault::new(error.message))?;
        let read = record.record().map_err(Fault::damaged)?;
        self.insert(connection, record, &Columns::of(&read))
    }

    /// Inserts a body that was written elsewhere as the next record.
    pub(super) fn insert_body(
        &mut self,
        connection: &Connection,
        body: Vec<u8>,
        at: impl FnOnce(&Record) -> Timestamp,
    ) -> Result<StoredRecord, Fault> {
        let record = StoredRecord::of_body(body, self.head.number + 1, self.head.hash);
        let columns = match record.record() {
            Ok(read) => {
                self.at = self.at.max(at(&read));
                Columns::of(&read)
            }
            Err(_) => Columns::unreadable(),
        };
        self.insert(connection, record, &columns)
    }

    fn insert(
        &mut self,
        connection: &Connection,
        record: StoredRecord,
        columns: &Columns,
    ) -> Result<StoredRecord, Fault> {
        connection
            .prepare_cached(
                "INSERT INTO record(number, at, version, attempt, event, backend_id, user_id, customer, agent, action,
                   run, line, changed, prev, hash, body)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            )?
            .execute(params![
                record.number,
                self.at.as_microsecond(),
                columns.version,
                columns.attempt,
                columns.event,
                columns.backend_id,
                columns.user_id,
                columns.customer,
                columns.agent,
                columns.action,
                columns.run,
                columns.line,
                columns.changed,
                record.prev.as_bytes(),
                record.hash.as_bytes(),
                body_value(&record.body),
            ])?;
        self.head = Head { number: record.number, hash: record.hash };
        Ok(record)
    }
}
