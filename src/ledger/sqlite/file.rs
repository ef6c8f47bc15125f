//! The ledger's file: checked before it is opened, made for its owner only, and opened so that no record is lost.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::fault::Fault;
use super::network::refuse_network;
use super::schema::{APPLICATION_ID, OBJECTS, OBJECTS_OF_VERSION_1, SCHEMA_VERSION};
use crate::config::make_private_folder;
use crate::domain::ports::RandomSource;
use crate::platform::{FileRule, Holds, Links, SystemRandom};

/// How long a process waits for another that is writing.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a process tries again for what the database itself does not wait for.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// The files of the ledger: the database, and the two that `SQLite` keeps beside it.
fn files(path: &Path) -> [PathBuf; 3] {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    [path.to_owned(), beside("-wal"), beside("-shm")]
}

/// Checks the folder and the files of a ledger, without opening a file: a process that opens and closes the database
/// beside `SQLite` drops its locks (fcntl(2)). Returns whether there is a ledger.
///
/// # Errors
/// A file is a link or no regular file, somebody else's, or others can write it; or a network file system has it.
pub(super) fn check(path: &Path) -> Result<bool, Fault> {
    let rule = FileRule::new(Holds::Settings, Links::Refused);
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut is_there = false;
    for (index, file) in files(path).iter().enumerate() {
        let found = match file.symlink_metadata() {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        let shown = file.display();
        if found.file_type().is_symlink() {
            return Err(Fault::new(format!("{shown} is a symbolic link")));
        }
        if !found.is_file() {
            return Err(Fault::new(format!("{shown} is no regular file")));
        }
        rule.check(file, &found)?;
        is_there |= index == 0;
    }
    if is_there {
        rule.check_folder(folder)?;
        refuse_network(folder)?;
    }
    Ok(is_there)
}

/// Makes the file, for its owner only, and its folder. A file that is there stays as it is.
pub(super) fn make(path: &Path) -> Result<(), Fault> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    make_private_folder(folder)?;
    refuse_network(folder)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => {
            made?;
            File::open(folder)?.sync_all()?;
        }
    }
    check(path).map(drop)
}

/// Opens the database, and makes its tables if it has none.
///
/// # Errors
/// It is no ledger, a newer version made it, or it cannot be opened.
pub(super) fn connect(path: &Path) -> Result<Connection, Fault> {
    // A link anywhere in the path is refused below, and the way to the folder may have one.
    let folder = path.parent().unwrap_or_else(|| Path::new(".")).canonicalize()?;
    let path = folder.join(path.file_name().unwrap_or_default());
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    for (option, on) in [
        (DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true), // each command would pay for it
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
    ] {
        connection.set_db_config(option, on)?;
    }
    // Without `secure_delete`, copies of records stay in the unused parts of pages when a page is split, and a prune would
    // not reach them.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 200; PRAGMA cache_size = -2048;
         PRAGMA secure_delete = ON;",
    )?;
    // One snapshot: another process may be making the tables.
    let snapshot = connection.transaction()?;
    let tables = tables(&snapshot)?;
    drop(snapshot);
    match tables {
        Tables::Current => {}
        Tables::Missing => make_tables(&mut connection)?,
        Tables::Version1 => update_tables(&mut connection)?,
    }
    Ok(connection)
}

/// Checks that the file was opened for writing: `SQLite` opens one that may not be written for reading alone
/// (sqlite.org/c3ref/open.html).
pub(super) fn check_writable(connection: &Connection) -> Result<(), Fault> {
    if connection.is_readonly("main")? { Err(Fault::new("it may not be written")) } else { Ok(()) }
}

fn number(connection: &Connection, pragma: &str) -> Result<i32, Fault> {
    Ok(connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))?)
}

/// Which tables a file has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tables {
    /// Those of this version.
    Current,
    /// Those of schema version 1, which lacks what this version added.
    Version1,
    /// None yet: the file is empty.
    Missing,
}

fn tables(connection: &Connection) -> Result<Tables, Fault> {
    let (application, version) = (number(connection, "application_id")?, number(connection, "user_version")?);
    let is_empty = || connection.query_row("SELECT NOT EXISTS(SELECT 1 FROM sqlite_schema)", [], |row| row.get(0));
    match (application, version) {
        (0, 0) if is_empty()? => Ok(Tables::Missing),
        (APPLICATION_ID, SCHEMA_VERSION) => Ok(Tables::Current),
        (APPLICATION_ID, 1) => Ok(Tables::Version1),
        (APPLICATION_ID, newer) if newer > SCHEMA_VERSION => {
            Err(Fault::new("a newer version of tellonce made it").hint("Update tellonce on this machine."))
        }
        _ => Err(Fault::damaged("it is a database, but no ledger")),
    }
}

/// Makes the tables. Another process may be doing the same.
fn make_tables(connection: &mut Connection) -> Result<(), Fault> {
    let begun = Instant::now();
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => break,
            // The busy timeout does not hold for a change of the journal mode.
            Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => return Err(error.into()),
            _ if begun.elapsed() > PATIENCE => return Err(Fault::new("another process has held it for too long")),
            _ => std::thread::sleep(TRY_AGAIN),
        }
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    if tables(&transaction)? == Tables::Missing {
        let mut key = [0; 32];
        SystemRandom.fill(&mut key).map_err(|error| Fault::new(error.message))?;
        for (_, statement) in OBJECTS {
            transaction.execute_batch(statement)?;
        }
        transaction.execute("INSERT INTO meta VALUES('pseudonym_key', ?1)", [key])?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    Ok(transaction.commit()?)
}

/// Adds what version 1 lacks. Another process may be doing the same.
fn update_tables(connection: &mut Connection) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    if tables(&transaction)? == Tables::Version1 {
        for (name, statement) in OBJECTS.iter().filter(|(name, _)| !OBJECTS_OF_VERSION_1.contains(name)) {
            let is_there: bool =
                transaction.query_row("SELECT EXISTS(SELECT 1 FROM sqlite_schema WHERE name = ?1)", [name], |row| {
                    row.get(0)
                })?;
            if !is_there {
                transaction.execute_batch(statement)?;
            }
        }
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    Ok(transaction.commit()?)
}
