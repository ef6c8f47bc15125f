//! Reads the rows of an output: what an interrupted run delivered, and what `unseal` opens.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use super::outcome::RowOutcome;
use super::settings::RowFormat;
use crate::domain::{Error, Result};

/// The longest row of an output, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// A row as it stands in the output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FoundRow {
    /// The line of the input.
    pub line: u64,
    /// The customer's id.
    pub customer: Option<String>,
    /// The name to sign in with.
    pub username: Option<String>,
    /// The e-mail address; CSV has none.
    pub email: Option<String>,
    /// The display name; CSV has none.
    pub name: Option<String>,
    /// What became of the row.
    pub outcome: Option<RowOutcome>,
    pub exit_code: u8,
    /// The attempt's id.
    pub attempt: Option<String>,
    /// When the row was written.
    pub at: Option<Timestamp>,
    /// When the password runs out.
    pub expires_at: Option<Timestamp>,
    /// Whether a sign-in proved the password; `None` if it was not tried, or the row does not say.
    pub proved: Option<bool>,
    /// Why it is not proved.
    pub proof_reason: Option<String>,
    /// The sealed password.
    pub sealed: Option<String>,
}

#[derive(Deserialize)]
struct RowJson {
    line: u64,
    customer: Option<CustomerJson>,
    outcome: RowOutcome,
    exit_code: u8,
    attempt: Option<String>,
    at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    proved: Option<bool>,
    proof_reason: Option<String>,
    sealed: Option<String>,
}

#[derive(Deserialize)]
struct CustomerJson {
    id: String,
    username: Option<String>,
    email: Option<String>,
    name: Option<String>,
}

/// Calls `each` with every whole row, and returns the length of these rows in bytes. Leaves out a torn end.
///
/// # Errors
/// Exit 8: the file cannot be read. Exit 2: it is not the output of a run.
pub(crate) fn for_each(path: &Path, format: RowFormat, each: &mut dyn FnMut(FoundRow) -> Result<()>) -> Result<u64> {
    let file = File::open(path)
        .map_err(|error| Error::unavailable(format!("{} cannot be read: {error}.", path.display())).because(error))?;
    for_each_in(file, path, format, each)
}

/// Calls `each` as [`for_each`] does, with the rows of an open file. The path is only for errors.
///
/// # Errors
/// As for [`for_each`].
pub(crate) fn for_each_in(
    file: File,
    path: &Path,
    format: RowFormat,
    each: &mut dyn FnMut(FoundRow) -> Result<()>,
) -> Result<u64> {
    match format {
        RowFormat::Jsonl => json_rows(path, file, each),
        RowFormat::Csv => csv_rows(path, &file, each),
    }
}

/// Finds the format of an output by its first byte.
///
/// # Errors
/// Exit 2: the file cannot be read.
pub(crate) fn format_of(path: &Path) -> Result<RowFormat> {
    let mut first = [0_u8; 1];
    let read = File::open(path).and_then(|mut file| file.read(&mut first));
    match read {
        Ok(_) => Ok(if first == *b"{" { RowFormat::Jsonl } else { RowFormat::Csv }),
        Err(error) => Err(Error::usage(format!("{} cannot be read: {error}.", path.display())).because(error)),
    }
}

fn no_output(path: &Path, line: u64) -> Error {
    Error::usage(format!("{}, row {line}: it is no row of a bulk run's output.", path.display()))
}

fn json_rows(path: &Path, file: File, each: &mut dyn FnMut(FoundRow) -> Result<()>) -> Result<u64> {
    let mut reader = BufReader::new(file);
    let (mut whole_bytes, mut number) = (0, 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = Read::by_ref(&mut reader).take(LONGEST).read_until(b'\n', &mut line);
        read.map_err(|error| Error::unavailable(format!("{} cannot be read.", path.display())).because(error))?;
        if line.last() != Some(&b'\n') {
            return if (line.len() as u64) < LONGEST { Ok(whole_bytes) } else { Err(no_output(path, number + 1)) };
        }
        number += 1;
        let row: RowJson = serde_json::from_slice(&line).map_err(|error| no_output(path, number).because(error))?;
        let customer = row.customer;
        whole_bytes += line.len() as u64;
        each(FoundRow {
            line: row.line,
            username: customer.as_ref().and_then(|customer| customer.username.clone()),
            email: customer.as_ref().and_then(|customer| customer.email.clone()),
            name: customer.as_ref().and_then(|customer| customer.name.clone()),
            customer: customer.map(|customer| customer.id),
            outcome: Some(row.outcome),
            exit_code: row.exit_code,
            attempt: row.attempt,
            at: row.at,
            expires_at: row.expires_at,
            proved: row.proved,
            proof_reason: row.proof_reason,
            sealed: row.sealed,
        })?;
    }
}

fn csv_rows(path: &Path, file: &File, each: &mut dyn FnMut(FoundRow) -> Result<()>) -> Result<u64> {
    let to_error =
        |error: std::io::Error| Error::unavailable(format!("{} cannot be read.", path.display())).because(error);
    let length = file.metadata().map_err(to_error)?.len();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(BufReader::new(file));
    let mut columns: Vec<String> = Vec::new();
    let mut record = csv::StringRecord::new();
    let (mut whole_bytes, mut number) = (0, 0);
    loop {
        let start = reader.position().byte();
        let has_record = match reader.read_record(&mut record) {
            Ok(has_record) => has_record,
            Err(_) if is_torn(path, start, length).map_err(to_error)? => return Ok(whole_bytes), // the last row ends within a character
            Err(error) => return Err(no_output(path, number + 1).because(error)),
        };
        if !has_record {
            return Ok(whole_bytes);
        }
        let end = reader.position().byte();
        if end == length && is_torn(path, start, length).map_err(to_error)? {
            return Ok(whole_bytes);
        }
        number += 1;
        whole_bytes = end;
        if columns.is_empty() {
            columns = record.iter().map(str::to_owned).collect();
            if !columns.iter().any(|column| column == "outcome") {
                return Err(no_output(path, number));
            }
            continue;
        }
        let row = csv_row(&columns, &record).ok_or_else(|| no_output(path, number))?;
        each(row)?;
    }
}

/// Whether the last row, which begins at `start`, is torn: its line end is missing, or is within quotes.
fn is_torn(path: &Path, start: u64, length: u64) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut last = Vec::new();
    file.take((length - start).min(LONGEST)).read_to_end(&mut last)?;
    let quotes = memchr::memchr_iter(b'"', &last).count();
    Ok(last.last() != Some(&b'\n') || quotes % 2 == 1)
}

fn csv_row(columns: &[String], record: &csv::StringRecord) -> Option<FoundRow> {
    if record.len() != columns.len() {
        return None;
    }
    let cell = |name: &str| {
        let position = columns.iter().position(|column| column == name)?;
        record.get(position).filter(|cell| !cell.is_empty()).map(str::to_owned)
    };
    let time = |name: &str| cell(name).and_then(|text| text.parse().ok());
    Some(FoundRow {
        line: cell("line")?.parse().ok()?,
        customer: cell("customer_id"),
        username: cell("username"),
        email: None,
        name: None,
        outcome: Some(RowOutcome::named(&cell("outcome")?)?),
        exit_code: cell("exit_code")?.parse().ok()?,
        attempt: cell("attempt"),
        at: time("at"),
        expires_at: time("expires_at"),
        proved: cell("proved").map(|text| text == "true"),
        proof_reason: cell("proof_reason"),
        sealed: cell("sealed"),
    })
}
