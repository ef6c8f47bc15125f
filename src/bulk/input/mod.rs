//! The input: CSV or JSON Lines, read row by row in constant memory, whatever it holds.

mod csv;
mod jsonl;
mod limits;
mod source;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::row::Numbered;
use crate::domain::{Error, Guards, Pattern, Result, check_ticket};
use csv::CsvRows;
use jsonl::JsonRows;
use source::Source;

/// The format of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputFormat {
    /// CSV with a header row (RFC 4180; also with `;`, tab or `|`).
    Csv,
    /// JSON Lines: one object in each line.
    Jsonl,
}

/// The rows of an input, one by one.
pub struct Rows<R> {
    rows: Kind<R>,
    ticket_pattern: Option<Pattern>,
}

enum Kind<R> {
    Csv(Box<CsvRows<R>>),
    Json(JsonRows<R>),
}

impl Rows<File> {
    /// Opens a file of rows.
    ///
    /// # Errors
    /// Exit 2: the file cannot be opened, or its header cannot be used.
    pub fn open(path: &Path, format: Option<InputFormat>) -> Result<Self> {
        let shown = path.display();
        let to_error = |error: std::io::Error| Error::usage(format!("{shown} cannot be read: {error}.")).because(error);
        let file = File::open(path).map_err(to_error)?;
        if !file.metadata().map_err(to_error)?.is_file() {
            return Err(Error::usage(format!("{shown} is not a file."))
                .hint("Give a pipe to standard input: `tellonce bulk -`."));
        }
        Self::new(file, format)
    }
}

impl<R: Read> Rows<R> {
    /// Makes the rows of an input. If `format` is `None`, the content decides.
    ///
    /// # Errors
    /// Exit 2: the header cannot be used.
    pub fn new(read: R, format: Option<InputFormat>) -> Result<Self> {
        let mut source = Source::new(read);
        let start = source.fill()?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            return Err(Error::usage("The input is UTF-16.").hint("Save it as UTF-8, and try again."));
        }
        if start.starts_with(b"\xef\xbb\xbf") {
            source.skip(3);
        }
        let first = source.fill()?.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
        let by_content = if first == Some(b'{') { InputFormat::Jsonl } else { InputFormat::Csv };
        let rows = match format.unwrap_or(by_content) {
            InputFormat::Csv => Kind::Csv(Box::new(CsvRows::new(source)?)),
            InputFormat::Jsonl => Kind::Json(JsonRows::new(source)),
        };
        Ok(Self { rows, ticket_pattern: None })
    }

    /// Makes a row unusable if its ticket does not match the profile's pattern.
    #[must_use]
    pub fn with_tickets_of(self, guards: &Guards) -> Self {
        Self { ticket_pattern: guards.ticket_pattern.clone(), ..self }
    }

    /// Returns the format of the input.
    pub const fn format(&self) -> InputFormat {
        match self.rows {
            Kind::Csv(_) => InputFormat::Csv,
            Kind::Json(_) => InputFormat::Jsonl,
        }
    }

    /// Returns the names of some columns that are not read; none for JSON Lines.
    pub fn unused(&self) -> &[String] {
        match &self.rows {
            Kind::Csv(rows) => rows.unused(),
            Kind::Json(_) => &[],
        }
    }

    /// Reads the next row; `None` at the end.
    ///
    /// # Errors
    /// Exit 8: the input cannot be read any further.
    pub fn next_row(&mut self) -> Result<Option<Numbered>> {
        let numbered = match &mut self.rows {
            Kind::Csv(rows) => rows.next_row(),
            Kind::Json(rows) => rows.next_row(),
        }?;
        let Some(pattern) = &self.ticket_pattern else { return Ok(numbered) };
        Ok(numbered.map(|Numbered { line, row }| Numbered {
            line,
            row: row.and_then(|row| match row.ticket.as_deref().map(|ticket| check_ticket(pattern, ticket)) {
                Some(Err(why)) => Err(format!("its ticket {why}")),
                _ => Ok(row),
            }),
        }))
    }
}
