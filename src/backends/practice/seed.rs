//! Makes a practice directory in a new file, then renames it into place.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Transaction, params};

use super::contacts::{self, ENTERED_BEFORE};
use super::errors::store_error_at;
use super::samples::{AGENT_PASSWORD, AGENTS, CONTACTS, INITIAL_PASSWORD, LANGUAGES, SAMPLES, Sample};
use super::schema::{self, APPLICATION, INDEXES, MAIL_INDEX, TABLES, VERSION};
use super::{fake_customers, hash, normalize, policy};
use crate::config::make_private_folder;
use crate::domain::{Error, Result};

/// The most customers of a new directory.
const MAX_CUSTOMERS: u64 = 1_000_000;
/// How many customers are made between two reports of progress.
const PROGRESS_INTERVAL: u64 = 50_000;

/// Makes a directory with the samples, unless another process was faster.
pub(super) fn create_with_samples(path: &Path, now: Timestamp) -> Result<()> {
    let new_file = build(path, SAMPLES.len() as u64, now, &mut |_| {})?;
    let linked = std::fs::hard_link(&new_file, path);
    let _ = std::fs::remove_file(&new_file); // its content is at `path` now, or another process made one
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(unwritable(path, &error)),
        _ => Ok(()),
    }
}

/// Replaces the directory that is there by a new one. Returns the number of customers.
pub(super) fn recreate(path: &Path, customers: Option<u64>, progress: &mut dyn FnMut(u64)) -> Result<u64> {
    let samples = SAMPLES.len() as u64;
    let customers = customers.unwrap_or(samples);
    if !(samples..=MAX_CUSTOMERS).contains(&customers) {
        return Err(Error::usage(format!(
            "{customers} customers cannot be made: from {samples} (the samples) to {MAX_CUSTOMERS}."
        )));
    }
    let new_file = build(path, customers, Timestamp::now(), progress)?;
    for leftover in ["-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(leftover);
        let _ = std::fs::remove_file(name); // of the old directory; usually there is none
    }
    std::fs::rename(&new_file, path).map_err(|error| unwritable(path, &error))?;
    Ok(customers)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::unavailable(format!("The practice directory {} cannot be made: {error}.", path.display()))
        .hint("Make room, or set TELLONCE_HOME to a folder that you can write to.")
}

fn build(path: &Path, customers: u64, now: Timestamp, progress: &mut dyn FnMut(u64)) -> Result<PathBuf> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    make_private_folder(folder).map_err(|error| unwritable(path, &error))?;
    // A process id would not do: containers that share a home may have the same one.
    let new_file = path.with_extension(format!("{}.new", &hash::fresh_token()?[..16]));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new_file)
        .map_err(|error| unwritable(path, &error))?;
    let built = write_tables(&new_file, customers, now, progress)
        .and_then(|()| make_private(&new_file).map_err(|error| unwritable(path, &error)));
    if built.is_err() {
        let _ = std::fs::remove_file(&new_file); // the error that matters is the first one
    }
    built.map(|()| new_file)
}

fn write_tables(file: &Path, customers: u64, now: Timestamp, progress: &mut dyn FnMut(u64)) -> Result<()> {
    let store_error = |error| store_error_at(file, error);
    let mut connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(store_error)?;
    // A file that nobody else knows needs no journal: after a crash it is not used.
    connection
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;")
        .map_err(store_error)?;
    for tables in [TABLES, schema::CONTACTS, MAIL_INDEX] {
        connection.execute_batch(tables).map_err(store_error)?;
    }
    let transaction = connection.transaction().map_err(store_error)?;
    insert_settings(&transaction, now.as_millisecond())?;
    {
        let mut rows = CustomerInserter::new(&transaction, now.as_millisecond()).map_err(store_error)?;
        for (index, sample) in SAMPLES.iter().enumerate() {
            rows.insert_sample(index, sample).map_err(store_error)?;
        }
        let mut made = SAMPLES.len() as u64;
        for person in fake_customers::people().take(usize::try_from(customers - made).unwrap_or(usize::MAX)) {
            rows.insert_person(made, &person).map_err(store_error)?;
            made += 1;
            if made.is_multiple_of(PROGRESS_INTERVAL) {
                progress(made);
            }
        }
    }
    transaction.commit().map_err(store_error)?;
    connection.execute_batch(INDEXES).map_err(store_error)?;
    connection
        .execute_batch(&format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"))
        .map_err(store_error)?;
    connection.close().map_err(|(_, error)| store_error(error))?;
    std::fs::File::open(file).and_then(|file| file.sync_all()).map_err(|error| unwritable(file, &error))
}

fn insert_settings(transaction: &Transaction<'_>, now: i64) -> Result<()> {
    let store_error = super::errors::store_error;
    let initial = hash::hash(INITIAL_PASSWORD)?;
    transaction.execute("INSERT INTO setting VALUES('initial_hash', ?1)", [initial]).map_err(store_error)?;
    let since = (now - ENTERED_BEFORE).to_string();
    transaction.execute("INSERT INTO setting VALUES('contacts_since', ?1)", [since]).map_err(store_error)?;
    for (name, number) in policy::INITIAL {
        transaction.execute("INSERT INTO policy_rule VALUES(?1, ?2)", params![name, number]).map_err(store_error)?;
    }
    let agents = hash::hash(AGENT_PASSWORD)?;
    for (name, role, own_customer) in AGENTS {
        let own = own_customer.and_then(|id| SAMPLES.iter().position(|sample| sample.id == id)).map(row_number);
        transaction
            .execute("INSERT INTO agent VALUES(?1, ?2, ?3, ?4)", params![name, role, agents, own])
            .map_err(store_error)?;
    }
    Ok(())
}

/// Returns the row number of the customer at this index.
fn row_number(index: usize) -> i64 {
    i64::try_from(index + 1).unwrap_or(i64::MAX)
}

/// The prepared statements that insert customers.
struct CustomerInserter<'a> {
    transaction: &'a Transaction<'a>,
    customer: rusqlite::Statement<'a>,
    user: rusqlite::Statement<'a>,
    search: rusqlite::Statement<'a>,
    now: i64,
}

impl<'a> CustomerInserter<'a> {
    fn new(transaction: &'a Transaction<'a>, now: i64) -> rusqlite::Result<Self> {
        Ok(Self {
            transaction,
            customer: transaction.prepare("INSERT INTO customer VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)")?,
            user: transaction.prepare("INSERT INTO user(customer, username, set_at) VALUES(?1, ?2, ?3)")?,
            search: transaction.prepare("INSERT INTO search(rowid, text) VALUES(?1, ?2)")?,
            now,
        })
    }

    #[allow(clippy::too_many_arguments, reason = "the columns of one row")]
    fn insert(
        &mut self,
        number: i64,
        id: &str,
        first: &str,
        last: &str,
        email: Option<&str>,
        phone: Option<&str>,
        username: Option<&str>,
    ) -> rusqlite::Result<()> {
        self.customer.execute(params![
            number,
            id,
            first,
            last,
            email,
            phone,
            normalize::fold(first),
            normalize::fold(last)
        ])?;
        self.search
            .execute(params![number, trigram_text(&format!("{first} {last}"), email.unwrap_or_default(), username)])?;
        if let Some(username) = username {
            self.user.execute(params![number, username, self.now])?;
        }
        Ok(())
    }

    fn insert_sample(&mut self, index: usize, sample: &Sample) -> rusqlite::Result<()> {
        let number = row_number(index);
        let username = normalize::username(sample.first, sample.last);
        let has_user = sample.has_user();
        let username = has_user.then_some(if username == "customer" { sample.id.to_lowercase() } else { username });
        let phone = sample.email.map(|_| drama_number(index + 1));
        self.insert(number, sample.id, sample.first, sample.last, sample.email, phone.as_deref(), username.as_deref())?;
        for contact in CONTACTS.iter().filter(|contact| contact.id == sample.id) {
            let address = (contact.channel, contact.address);
            let ago = |age: i64| self.now - age;
            contacts::insert(self.transaction, number, address, ago(contact.age), contact.replaced.map(ago))?;
        }
        for (_, language) in LANGUAGES.iter().filter(|(id, _)| *id == sample.id) {
            let update = "UPDATE customer SET language = ?2 WHERE number = ?1";
            self.transaction.execute(update, params![number, language])?;
        }
        sample.apply_peculiarity(self.transaction, number, self.now)
    }

    fn insert_person(&mut self, index: u64, person: &fake_customers::Person) -> rusqlite::Result<()> {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let id = format!("C-{}", 1001 + index);
        let username = format!("{}{index}", normalize::username(person.first, person.last));
        let email = format!("{username}@example.net");
        let phone = drama_number(index);
        self.insert(
            row_number(index),
            &id,
            person.first,
            person.last,
            Some(&email),
            Some(&phone),
            person.has_user.then_some(&username),
        )
    }
}

/// Returns one of the thousand London numbers that are kept free for drama (Ofcom, "Telephone numbers for use in TV and
/// radio drama programmes").
fn drama_number(index: usize) -> String {
    format!("+44 20 7946 {:04}", index % 1000)
}

/// Returns the text for the trigram index: the name, the address before its @, and the username if it differs.
///
/// The id and the address's domain, which all customers share, have sorted indexes instead.
pub(super) fn trigram_text(name: &str, email: &str, username: Option<&str>) -> String {
    let local = email.split_once('@').map_or(email, |(local, _)| local);
    let username = username.filter(|username| *username != local).unwrap_or_default();
    format!("{name}\n{local}\n{username}")
}

/// Makes a file readable and writable for its owner only.
pub(super) fn make_private(path: &PathBuf) -> std::io::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}
