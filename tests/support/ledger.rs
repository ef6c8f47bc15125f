//! The ledger's files, as a test looks into them while the tool may be writing.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// Counts the intents in a ledger. There are none if there is no ledger.
pub fn intents(ledger: &Path) -> usize {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let count = Connection::open_with_flags(ledger, flags)
        .and_then(|open| open.query_row("SELECT count(*) FROM record WHERE event = 'intent'", [], |row| row.get(0)));
    count.unwrap_or_default()
}

/// Returns everything that a ledger's files hold, with what `SQLite` has not yet moved into the database.
pub fn content(folder: &Path) -> Vec<u8> {
    let names = ["ledger.db", "ledger.db-wal"];
    let content: Vec<u8> = names.iter().flat_map(|name| std::fs::read(folder.join(name)).unwrap_or_default()).collect();
    assert!(!content.is_empty(), "there is no ledger");
    content
}
