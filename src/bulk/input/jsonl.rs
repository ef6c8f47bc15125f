//! Reads JSON Lines in constant memory.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;
use serde_json::Value;

use super::super::row::{COLUMNS, CUSTOMER, Numbered, Row};
use super::errors::to_error;
use crate::delimited::{LONGEST_RECORD, Source};
use crate::domain::{Result, SECRET_KEY_WORDS, is_secret_key};

/// The rows of JSON Lines: one object in each line. Empty lines are skipped.
pub(super) struct JsonRows<R> {
    source: Source<R>,
    line: Vec<u8>,
    /// The key that names the customer, if it is another than "customer".
    customer_key: Option<String>,
}

/// The value of a cell: a text, a whole number such as an id, or yes or no.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cell<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Number(u64),
    Yes(bool),
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    customer: Option<Cell<'a>>,
    #[serde(borrow)]
    ticket: Option<Cell<'a>>,
    #[serde(borrow)]
    reason: Option<Cell<'a>>,
    #[serde(borrow)]
    verified: Option<Cell<'a>>,
    #[serde(borrow)]
    recipient: Option<Cell<'a>>,
    #[serde(borrow)]
    create: Option<Cell<'a>>,
    #[serde(borrow)]
    email: Option<Cell<'a>>,
    #[serde(borrow)]
    first_name: Option<Cell<'a>>,
    #[serde(borrow)]
    last_name: Option<Cell<'a>>,
}

impl<R: Read> JsonRows<R> {
    pub(super) fn new(source: Source<R>, customer_key: Option<&str>) -> Self {
        let customer_key = customer_key.filter(|key| *key != COLUMNS[CUSTOMER]).map(str::to_owned);
        Self { source, line: Vec::new(), customer_key }
    }

    /// Returns the key that names the customer.
    pub(super) fn customer_key(&self) -> &str {
        self.customer_key.as_deref().unwrap_or(COLUMNS[CUSTOMER])
    }

    pub(super) fn next_row(&mut self) -> Result<Option<Numbered>> {
        loop {
            let line = self.source.line();
            let Some(too_long) = self.read_line()? else { return Ok(None) };
            if too_long {
                return Ok(Some(Numbered { line, row: Err(format!("it is longer than {LONGEST_RECORD} bytes")) }));
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some(Numbered { line, row: row(&self.line, self.customer_key.as_deref()) }));
            }
        }
    }

    /// Reads a line, and returns whether it is too long; `None` at the end. Skips the rest of a line that is too long.
    fn read_line(&mut self) -> Result<Option<bool>> {
        self.line.clear();
        let (mut has_read, mut too_long) = (false, false);
        loop {
            let filled = self.source.fill().map_err(to_error)?;
            if filled.is_empty() {
                return Ok(has_read.then_some(too_long));
            }
            has_read = true;
            let end = filled.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(filled.len(), |end| end + 1);
            too_long |= self.line.len() + taken > LONGEST_RECORD;
            if !too_long {
                self.line.extend_from_slice(&filled[..taken]);
            }
            self.source.skip(taken);
            if end.is_some() {
                return Ok(Some(too_long));
            }
        }
    }
}

fn row(line: &[u8], customer_key: Option<&str>) -> Result<Row, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let mut object: Object<'_> = parse(text)?;
    if let Some(key) = customer_key {
        let value = parse::<BTreeMap<String, Value>>(text)?.remove(key).unwrap_or_default();
        object.customer = match value {
            Value::Null => None,
            Value::String(text) => Some(Cell::Text(text.into())),
            Value::Number(number) => number.as_u64().map(Cell::Number),
            Value::Bool(yes) => Some(Cell::Yes(yes)),
            _ => return Err("its customer is neither a text nor a number".to_owned()),
        };
    }
    let cells = [
        object.customer,
        object.ticket,
        object.reason,
        object.verified,
        object.recipient,
        object.create,
        object.email,
        object.first_name,
        object.last_name,
    ];
    debug_assert_eq!(cells.len(), COLUMNS.len());
    let mut row = Row::default();
    for (column, cell) in cells.into_iter().enumerate() {
        match cell {
            None => {}
            Some(Cell::Text(text)) => row.put(column, &text)?,
            Some(Cell::Number(number)) => row.put(column, &number.to_string())?,
            Some(Cell::Yes(yes)) => row.put(column, if yes { "yes" } else { "no" })?,
        }
    }
    row.whole()
}

/// Parses a line.
///
/// # Errors
/// Why it cannot be used, in words.
fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| {
        // The error may quote the text, so a text with a secret key in it gets another message.
        if is_secret_key(text) {
            format!("it is no such object, and something in it {SECRET_KEY_WORDS}")
        } else {
            format!("it is no such object ({error})")
        }
    })
}
