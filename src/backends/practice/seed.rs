//! Makes a directory: whole, in a file beside it, then put in its place.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Transaction, params};

use super::errors::store_error_at;
use super::samples::{AGENT_PASSWORD, AGENTS, INITIAL_PASSWORD, SAMPLES, Sample};
use super::schema::{APPLICATION, INDEXES, TABLES, VERSION};
use super::{fake_customers, hash, normalize, policy};
use crate::config::make_private_folder;
use crate::domain::{Error, Result};

/// The most customers that a directory is made with.
const MOST: u64 = 1_000_000;
/// Between two words of progress.
const TELL_EVERY: u64 = 50_000;

/// Makes it with the samples, unless another process was faster.
pub(super) fn on_first_use(path: &Path, now: Timestamp) -> Result<()> {
    let beside = build(path, SAMPLES.len() as u64, now, &mut |_| {})?;
    let linked = std::fs::hard_link(&beside, path);
    let _ = std::fs::remove_file(&beside); // its content is at `path` now, or was not needed
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(unwritable(path, &error)),
        _ => Ok(()),
    }
}

/// Makes it anew in the place of what is there.
pub(super) fn anew(path: &Path, customers: Option<u64>, progress: &mut dyn FnMut(u64)) -> Result<u64> {
    let samples = SAMPLES.len() as u64;
    let customers = customers.unwrap_or(samples);
    if !(samples..=MOST).contains(&customers) {
        return Err(Error::usage(format!(
            "{customers} customers cannot be made: from {samples} (the samples) to {MOST}."
        )));
    }
    let beside = build(path, customers, Timestamp::now(), progress)?;
    for leftover in ["-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(leftover);
        let _ = std::fs::remove_file(name); // of the directory that goes; mostly there is none
    }
    std::fs::rename(&beside, path).map_err(|error| unwritable(path, &error))?;
    Ok(customers)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::unavailable(format!("The practice directory {} cannot be made: {error}.", path.display()))
        .hint("Make room, or set TELLONCE_HOME to a folder that you can write to.")
}

fn build(path: &Path, customers: u64, now: Timestamp, progress: &mut dyn FnMut(u64)) -> Result<PathBuf> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    make_private_folder(folder).map_err(|error| unwritable(path, &error))?;
    // Not the process's number: containers that share a home have the same ones.
    let beside = path.with_extension(format!("{}.new", &hash::fresh_token()?[..16]));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .map_err(|error| unwritable(path, &error))?;
    let built = fill(&beside, customers, now, progress)
        .and_then(|()| make_private(&beside).map_err(|error| unwritable(path, &error)));
    if built.is_err() {
        let _ = std::fs::remove_file(&beside); // the error that matters is the first one
    }
    built.map(|()| beside)
}

fn fill(file: &Path, customers: u64, now: Timestamp, progress: &mut dyn FnMut(u64)) -> Result<()> {
    let told = |error| store_error_at(file, error);
    let mut connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(told)?;
    // A file that nobody else knows yet needs no journal: a crash leaves it beside, unused.
    connection
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;")
        .map_err(told)?;
    connection.execute_batch(TABLES).map_err(told)?;
    let transaction = connection.transaction().map_err(told)?;
    settings(&transaction)?;
    {
        let mut rows = Rows::new(&transaction, now.as_millisecond()).map_err(told)?;
        for (place, sample) in SAMPLES.iter().enumerate() {
            rows.sample(place, sample).map_err(told)?;
        }
        let mut made = SAMPLES.len() as u64;
        for person in fake_customers::people().take(usize::try_from(customers - made).unwrap_or(usize::MAX)) {
            rows.person(made, &person).map_err(told)?;
            made += 1;
            if made.is_multiple_of(TELL_EVERY) {
                progress(made);
            }
        }
    }
    transaction.commit().map_err(told)?;
    connection.execute_batch(INDEXES).map_err(told)?;
    connection
        .execute_batch(&format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"))
        .map_err(told)?;
    connection.close().map_err(|(_, error)| told(error))?;
    std::fs::File::open(file).and_then(|file| file.sync_all()).map_err(|error| unwritable(file, &error))
}

fn settings(transaction: &Transaction<'_>) -> Result<()> {
    let told = super::errors::store_error;
    let initial = hash::hash(INITIAL_PASSWORD)?;
    transaction.execute("INSERT INTO setting VALUES('initial_hash', ?1)", [initial]).map_err(told)?;
    for (name, number) in policy::INITIAL {
        transaction.execute("INSERT INTO policy_rule VALUES(?1, ?2)", params![name, number]).map_err(told)?;
    }
    let agents = hash::hash(AGENT_PASSWORD)?;
    for (name, role, own_customer) in AGENTS {
        let own = own_customer.and_then(|id| SAMPLES.iter().position(|sample| sample.id == id)).map(number);
        transaction
            .execute("INSERT INTO agent VALUES(?1, ?2, ?3, ?4)", params![name, role, agents, own])
            .map_err(told)?;
    }
    Ok(())
}

/// The row number of the customer at this place.
fn number(place: usize) -> i64 {
    i64::try_from(place + 1).unwrap_or(i64::MAX)
}

/// The statements that enter customers, prepared once.
struct Rows<'a> {
    transaction: &'a Transaction<'a>,
    customer: rusqlite::Statement<'a>,
    user: rusqlite::Statement<'a>,
    search: rusqlite::Statement<'a>,
    now: i64,
}

impl<'a> Rows<'a> {
    fn new(transaction: &'a Transaction<'a>, now: i64) -> rusqlite::Result<Self> {
        Ok(Self {
            transaction,
            customer: transaction.prepare("INSERT INTO customer VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?,
            user: transaction.prepare("INSERT INTO user(customer, username, set_at) VALUES(?1, ?2, ?3)")?,
            search: transaction.prepare("INSERT INTO search(rowid, text) VALUES(?1, ?2)")?,
            now,
        })
    }

    #[allow(clippy::too_many_arguments, reason = "the columns of one row")]
    fn enter(
        &mut self,
        number: i64,
        id: &str,
        first: &str,
        last: &str,
        email: &str,
        phone: &str,
        username: Option<&str>,
    ) -> rusqlite::Result<()> {
        self.customer.execute(params![
            number,
            id,
            first,
            last,
            email,
            phone,
            normalize::folded(first),
            normalize::folded(last)
        ])?;
        self.search.execute(params![number, searched(&format!("{first} {last}"), email, username)])?;
        if let Some(username) = username {
            self.user.execute(params![number, username, self.now])?;
        }
        Ok(())
    }

    fn sample(&mut self, place: usize, sample: &Sample) -> rusqlite::Result<()> {
        let number = number(place);
        let username = normalize::username(sample.first, sample.last);
        let has_user = sample.has_user();
        let username = has_user.then_some(if username == "customer" { sample.id.to_lowercase() } else { username });
        let phone = format!("+44 20 7946 {:04}", place + 1);
        self.enter(number, sample.id, sample.first, sample.last, sample.email, &phone, username.as_deref())?;
        sample.peculiarity(self.transaction, number, self.now)
    }

    fn person(&mut self, place: u64, person: &fake_customers::Person) -> rusqlite::Result<()> {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let id = format!("C-{}", 1001 + place);
        let username = format!("{}{place}", normalize::username(person.first, person.last));
        let email = format!("{username}@example.net");
        let phone = format!("+44 20 {:04} {:04}", place / 10_000 % 10_000, place % 10_000);
        self.enter(number(place), &id, person.first, person.last, &email, &phone, person.has_user.then_some(&username))
    }
}

/// What the trigram index holds: the name, and the address before its @ and the username where they are not the same.
///
/// Not the id and not the address's domain, which all customers share: indexes of their own know how those begin.
pub(super) fn searched(name: &str, email: &str, username: Option<&str>) -> String {
    let local = email.split_once('@').map_or(email, |(local, _)| local);
    let username = username.filter(|username| *username != local).unwrap_or_default();
    format!("{name}\n{local}\n{username}")
}

/// The file is its owner's alone.
pub(super) fn make_private(path: &PathBuf) -> std::io::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}
