//! A run's folder, under the state folder: its journal and its copy of standard input.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use super::digest;
use super::input::{InputFormat, InputOptions, Rows, open_input};
use super::journal;
use super::outcome::RowOutcome;
use super::run_files;
use super::settings::RunSettings;
use crate::config::{Folders, make_private_folder};
use crate::delimited::Decoded;
use crate::domain::ports::RandomSource;
use crate::domain::{Error, Guards, Result, is_secret_key, without_secret_keys};
use zeroize::Zeroizing;

/// How many bytes of a line are examined together; a row is shorter.
const LONGEST_LINE: u64 = 1 << 20;

/// Makes the id of a new run: when it began, and four hexadecimal digits.
///
/// # Errors
/// Exit 1: the system gives no random bytes.
pub(crate) fn fresh_id(now: Timestamp, random: &mut dyn RandomSource) -> Result<String> {
    let mut bytes = [0_u8; 2];
    random.fill(&mut bytes)?;
    Ok(format!("{}-{:02x}{:02x}", now.strftime("%Y%m%d-%H%M%S"), bytes[0], bytes[1]))
}

/// Returns the folder of a run's files.
pub(crate) fn folder_of_run(folders: &Folders, run: &str) -> PathBuf {
    folders.bulk_runs().join(run)
}

/// Finds the run that a text names: by its id, or by a prefix that no other id has.
///
/// # Errors
/// Exit 3: there is no such run. Exit 5: several ids have this prefix.
pub(crate) fn find_run(folders: &Folders, text: &str) -> Result<String> {
    let mut found: Vec<String> = ids(folders)?.into_iter().filter(|id| id.starts_with(text)).collect();
    if let Some(exact) = found.iter().position(|id| id == text) {
        return Ok(found.swap_remove(exact));
    }
    let to_error = |kind, reason, words: String| {
        Error::new(kind, reason, words).hint("See which there are: `tellonce bulk list`.")
    };
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => Err(to_error(
            crate::domain::Kind::NotFound,
            crate::domain::Reason::NoSuchRun,
            format!("There is no run \"{text}\"."),
        )),
        _ => Err(to_error(
            crate::domain::Kind::Ambiguous,
            crate::domain::Reason::Ambiguous,
            format!("More than one run begins with \"{text}\"."),
        )),
    }
}

/// Lists the ids of all runs, the newest first.
///
/// # Errors
/// Exit 8: the folder cannot be read.
pub(crate) fn ids(folders: &Folders) -> Result<Vec<String>> {
    let folder = folders.bulk_runs();
    let to_error = |error: std::io::Error| {
        Error::unavailable(format!("{} cannot be read: {error}.", folder.display())).because(error)
    };
    let mut ids = Vec::new();
    match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ids),
        Err(error) => return Err(to_error(error)),
        Ok(entries) => {
            for entry in entries {
                let entry = entry.map_err(to_error)?;
                if journal::file_in(&entry.path()).exists() {
                    ids.push(entry.file_name().to_string_lossy().into_owned());
                }
            }
        }
    }
    ids.sort_unstable_by(|one, other| other.cmp(one));
    Ok(ids)
}

/// What is known of a run without resuming it.
pub(crate) struct RunSummary {
    /// What was asked for.
    pub settings: RunSettings,
    /// `running`, `finished` or `stopped`.
    pub state: String,
    /// The number of rows for each outcome.
    pub counts: Vec<(RowOutcome, u64)>,
}

/// Reads the summary of a run; `None` if the run never began.
///
/// # Errors
/// Exit 8: its journal cannot be read.
pub(crate) fn read_summary(folders: &Folders, run: &str) -> Result<Option<RunSummary>> {
    let folder = folder_of_run(folders, run);
    run_files::check(&folder)?;
    let connection = Connection::open_with_flags(journal::file_in(&folder), OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(journal::journal_error)?;
    connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(journal::journal_error)?;
    let has_tables: bool = connection
        .query_row("SELECT count(*) = 3 FROM sqlite_master WHERE type = 'table'", [], |row| row.get(0))
        .map_err(journal::journal_error)?;
    if !has_tables {
        return Ok(None);
    }
    let Some(settings) = journal::settings(&connection)? else { return Ok(None) };
    let ended = journal::fact(&connection, "state")?;
    let is_held = File::open(folder.join("lock")).is_ok_and(|lock| lock.try_lock_shared().is_err());
    let state = if is_held { "running".to_owned() } else { ended.unwrap_or_else(|| "stopped".to_owned()) };
    Ok(Some(RunSummary { settings, state, counts: journal::counts(&connection)? }))
}

/// Returns the run's copy of standard input.
pub(crate) fn input_copy(folder: &Path) -> PathBuf {
    folder.join("input")
}

/// Copies standard input into the run's folder, so that a resumed run can read it again.
///
/// # Errors
/// Exit 8: standard input cannot be read, or the copy cannot be written.
pub(crate) fn spool(folder: &Path) -> Result<PathBuf> {
    let to_error = |error: std::io::Error| {
        Error::unavailable(format!("Standard input could not be kept: {error}.")).because(error)
    };
    make_private_folder(folder).map_err(to_error)?;
    run_files::check(folder)?;
    let path = input_copy(folder);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(to_error)?;
    // The copy is UTF-8: a secret key in UTF-16 would not be recognised.
    let input = BufReader::new(Decoded::new(std::io::stdin().lock()).map_err(to_error)?);
    copy_without_secret_keys(input, &mut file).map_err(to_error)?;
    file.sync_all().map_err(to_error)?;
    Ok(path)
}

/// Copies line by line, and replaces each age secret key by a mark.
fn copy_without_secret_keys(input: impl BufRead, output: &mut impl Write) -> std::io::Result<()> {
    let mut input = input;
    let mut line = Zeroizing::new(Vec::new());
    loop {
        line.clear();
        let read = input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line);
        if is_secret_key(&text) {
            let end = if line.ends_with(b"\n") && !without_secret_keys(&text).ends_with('\n') { "\n" } else { "" };
            write!(output, "{}{end}", without_secret_keys(&text))?;
        } else {
            output.write_all(&line)?;
        }
    }
}

/// What a file of rows holds.
pub(crate) struct Counted {
    /// The format of the file.
    pub format: InputFormat,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The number of rows.
    pub rows: u64,
    /// The number of rows that name a recipient.
    pub with_recipient: u64,
    /// The number of rows that cannot be read.
    pub unusable: u64,
    /// The line of the first row that cannot be read, and why.
    pub first_unusable: Option<(u64, String)>,
    /// The name of the column, or of the key, that names the customer.
    pub customer_column: String,
    /// The names of columns that are not read.
    pub unused: Vec<String>,
}

/// Reads the whole file once, and counts its rows.
///
/// # Errors
/// Exit 2: the file cannot be opened, its header cannot be used, or a quote leaves open which rows there are.
pub(crate) fn count(path: &Path, options: &InputOptions, guards: &Guards) -> Result<Counted> {
    let mut rows = Rows::open(path, options)?.with_tickets_of(guards);
    let mut counted = Counted {
        format: rows.format(),
        sha256: sha256(path)?,
        rows: 0,
        with_recipient: 0,
        unusable: 0,
        first_unusable: None,
        customer_column: rows.customer_column().to_owned(),
        unused: rows.unused(),
    };
    while let Some(numbered) = rows.next_row()? {
        counted.rows += 1;
        match numbered.row {
            Ok(row) => counted.with_recipient += u64::from(row.recipient.is_some()),
            Err(why) => {
                counted.unusable += 1;
                counted.first_unusable.get_or_insert((numbered.line, why));
            }
        }
    }
    Ok(counted)
}

/// Computes the SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// Exit 2: the file cannot be read.
pub(crate) fn sha256(path: &Path) -> Result<String> {
    let to_error =
        |error: std::io::Error| Error::usage(format!("{} cannot be read: {error}.", path.display())).because(error);
    let mut file = open_input(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut buffer).map_err(to_error)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    Ok(digest::hexadecimal(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use age::secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_copy_of_standard_input_has_no_secret_key_in_it_and_is_else_the_same() {
        let key = age::x25519::Identity::generate().to_string();
        let key = key.expose_secret();
        let input = format!("customer,recipient\r\nC-1,{key}\nC-2,age1x\n\n{}\n\"{{\"", key.to_lowercase());
        let mut copied = Vec::new();
        copy_without_secret_keys(input.as_bytes(), &mut copied).unwrap();
        let copied = String::from_utf8(copied).unwrap();
        assert_eq!(copied.lines().count(), input.lines().count());
        assert!(!copied.to_uppercase().contains("KEY-1"), "{copied}");
        assert!(copied.starts_with("customer,recipient\r\nC-1,[age secret key removed]\nC-2,age1x\n\n"), "{copied}");
        let mut same = Vec::new();
        copy_without_secret_keys(&b"a,\xff\nb"[..], &mut same).unwrap();
        assert_eq!(same, b"a,\xff\nb");
    }
}
