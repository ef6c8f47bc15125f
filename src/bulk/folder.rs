//! A run's folder, under the state folder: its journal, its copy of standard input, its index of the audit log.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use super::input::{InputFormat, Rows};
use super::journal;
use super::outcome::RowOutcome;
use super::settings::RunSettings;
use crate::config::{Folders, make_private_folder};
use crate::domain::ports::RandomSource;
use crate::domain::{Error, Guards, Result, is_secret_key, without_secret_keys};
use zeroize::Zeroizing;

/// So many bytes of a line are looked at together; a row is shorter.
const LONGEST_LINE: u64 = 1 << 20;

/// A fresh run's id: when it began, and four hexadecimal digits.
///
/// # Errors
/// Exit 1: the system gives no random bytes.
pub(crate) fn fresh_id(now: Timestamp, random: &mut dyn RandomSource) -> Result<String> {
    let mut bytes = [0_u8; 2];
    random.fill(&mut bytes)?;
    Ok(format!("{}-{:02x}{:02x}", now.strftime("%Y%m%d-%H%M%S"), bytes[0], bytes[1]))
}

/// Where a run's files are.
pub(crate) fn of(folders: &Folders, run: &str) -> PathBuf {
    folders.bulk_runs().join(run)
}

/// The run that a text names: its id, or a beginning that no other has.
///
/// # Errors
/// Exit 3: there is none. Exit 5: several begin so.
pub(crate) fn named(folders: &Folders, text: &str) -> Result<String> {
    let mut found: Vec<String> = ids(folders)?.into_iter().filter(|id| id.starts_with(text)).collect();
    if let Some(exact) = found.iter().position(|id| id == text) {
        return Ok(found.swap_remove(exact));
    }
    let told = |kind, reason, words: String| {
        Error::new(kind, reason, words).hint("See which there are: `tellonce bulk list`.")
    };
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => Err(told(
            crate::domain::Kind::NotFound,
            crate::domain::Reason::NoSuchRun,
            format!("There is no run \"{text}\"."),
        )),
        _ => Err(told(
            crate::domain::Kind::Ambiguous,
            crate::domain::Reason::Ambiguous,
            format!("More than one run begins with \"{text}\"."),
        )),
    }
}

/// The ids of all runs, newest first.
///
/// # Errors
/// Exit 8: the folder cannot be read.
pub(crate) fn ids(folders: &Folders) -> Result<Vec<String>> {
    let folder = folders.bulk_runs();
    let told = |error: std::io::Error| {
        Error::unavailable(format!("{} cannot be read: {error}.", folder.display())).because(error)
    };
    let mut ids = Vec::new();
    match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ids),
        Err(error) => return Err(told(error)),
        Ok(entries) => {
            for entry in entries {
                let entry = entry.map_err(told)?;
                if journal::file_in(&entry.path()).exists() {
                    ids.push(entry.file_name().to_string_lossy().into_owned());
                }
            }
        }
    }
    ids.sort_unstable_by(|one, other| other.cmp(one));
    Ok(ids)
}

/// What is known of a run without being at it.
pub(crate) struct RunSummary {
    /// What was asked for.
    pub settings: RunSettings,
    /// `running`, `finished` or `stopped`.
    pub state: String,
    /// What rows came to.
    pub counts: Vec<(RowOutcome, u64)>,
}

/// Looks at a run; none where it never began.
///
/// # Errors
/// Exit 8: its journal cannot be read.
pub(crate) fn look(folders: &Folders, run: &str) -> Result<Option<RunSummary>> {
    let folder = of(folders, run);
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

/// Copies standard input into the run's folder: it can be read again.
///
/// # Errors
/// Exit 8: it cannot be read or written.
pub(crate) fn spool(folder: &Path) -> Result<PathBuf> {
    let told = |error: std::io::Error| {
        Error::unavailable(format!("Standard input could not be kept: {error}.")).because(error)
    };
    make_private_folder(folder).map_err(told)?;
    let path = folder.join("input");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(told)?;
    copy_without_secret_keys(std::io::stdin().lock(), &mut file).map_err(told)?;
    file.sync_all().map_err(told)?;
    Ok(path)
}

/// Copies line by line. A line with an age secret key in it is written with a mark in its place.
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

/// What a file holds.
pub(crate) struct Counted {
    /// How it is written.
    pub format: InputFormat,
    /// Its SHA-256.
    pub sha256: String,
    /// Rows in all.
    pub rows: u64,
    /// Rows that name their own recipient.
    pub with_recipient: u64,
    /// Rows that cannot be read.
    pub unusable: u64,
    /// The first of these, and why.
    pub first_unusable: Option<(u64, String)>,
    /// Columns that are not read.
    pub unused: Vec<String>,
}

/// Reads all of it once, and counts.
///
/// # Errors
/// Exit 2: it cannot be opened, or its header cannot be used.
pub(crate) fn count(path: &Path, format: Option<InputFormat>, guards: &Guards) -> Result<Counted> {
    let mut rows = Rows::open(path, format)?.with_tickets_of(guards);
    let mut counted = Counted {
        format: rows.format(),
        sha256: sha256(path)?,
        rows: 0,
        with_recipient: 0,
        unusable: 0,
        first_unusable: None,
        unused: rows.unused().to_vec(),
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

/// The SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// Exit 2: it cannot be read.
pub(crate) fn sha256(path: &Path) -> Result<String> {
    use std::fmt::Write as _;
    let told =
        |error: std::io::Error| Error::usage(format!("{} cannot be read: {error}.", path.display())).because(error);
    let mut file = File::open(path).map_err(told)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut buffer).map_err(told)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
    }
    Ok(text)
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
