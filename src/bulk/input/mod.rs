//! The input: CSV or JSON Lines, read row by row in constant memory, whatever it holds.

mod csv;
mod errors;
mod jsonl;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::row::Numbered;
use crate::delimited::Source;
use crate::domain::{Error, Guards, Pattern, Result, check_ticket};
use crate::platform::open_regular_file;
use csv::CsvRows;
use errors::to_error;
use jsonl::JsonRows;

/// The format of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputFormat {
    /// CSV with a header row (RFC 4180; also with `;`, tab or `|`).
    Csv,
    /// JSON Lines: one object in each line.
    Jsonl,
}

/// How an input is read.
#[derive(Clone, Debug, Default)]
pub struct InputOptions {
    /// Its format; `None` if its content tells.
    pub format: Option<InputFormat>,
    /// The column, or the key, that names the customer; `None` for the one that is recognised.
    pub customer_column: Option<String>,
}

/// The rows of an input, one by one.
pub struct Rows<R> {
    rows: Kind<R>,
    ticket_pattern: Option<Pattern>,
}

enum Kind<R> {
    Csv(Box<CsvRows<R>>),
    Json(Box<JsonRows<R>>),
}

impl Rows<File> {
    /// Opens a file of rows.
    ///
    /// # Errors
    /// Exit 2: the file cannot be opened, is not a regular file, or its header cannot be used.
    pub fn open(path: &Path, options: &InputOptions) -> Result<Self> {
        Self::new(open_input(path)?, options)
    }
}

/// Opens a file of rows, and does not wait where it is no regular file.
///
/// # Errors
/// Exit 2: the file cannot be opened, or is not a regular file.
pub(crate) fn open_input(path: &Path) -> Result<File> {
    let shown = path.display();
    let to_error = |error: std::io::Error| Error::usage(format!("{shown} cannot be read: {error}.")).because(error);
    open_regular_file(path).map_err(to_error)?.ok_or_else(|| {
        Error::usage(format!("{shown} is not a regular file."))
            .hint("Give a pipe to standard input: `tellonce bulk -`.")
    })
}

impl<R: Read> Rows<R> {
    /// Makes the rows of an input.
    ///
    /// # Errors
    /// Exit 2: it is no such text, or the header cannot be used.
    pub fn new(read: R, options: &InputOptions) -> Result<Self> {
        let mut source = Source::open(read).map_err(to_error)?;
        let start = source.beginning().map_err(to_error)?;
        let by_content = if start.trim_ascii_start().starts_with(b"{") { InputFormat::Jsonl } else { InputFormat::Csv };
        let customer_column = options.customer_column.as_deref();
        let rows = match options.format.unwrap_or(by_content) {
            InputFormat::Csv => Kind::Csv(Box::new(CsvRows::new(source, customer_column)?)),
            InputFormat::Jsonl => Kind::Json(Box::new(JsonRows::new(source, customer_column))),
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
    pub fn unused(&self) -> Vec<String> {
        match &self.rows {
            Kind::Csv(rows) => rows.unused(),
            Kind::Json(_) => Vec::new(),
        }
    }

    /// Returns the name of the column, or of the key, that names the customer.
    pub fn customer_column(&self) -> &str {
        match &self.rows {
            Kind::Csv(rows) => rows.customer_column(),
            Kind::Json(rows) => rows.customer_key(),
        }
    }

    /// Reads the next row; `None` at the end.
    ///
    /// # Errors
    /// Exit 2: a quote leaves open which rows there are. Exit 8: the input cannot be read any further.
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
