//! The rows of a CSV file.

use std::io::Read;

use super::super::row::{COLUMNS, CUSTOMER, EMAIL, FIRST_NAME, LAST_NAME, Numbered, Row};
use super::errors::to_error;
use crate::delimited::{Field, Record, Records, Source, name_list, position_of_field, position_of_name};
use crate::domain::{Error, Result, without_secret_keys};

/// How many of the columns that are not read are named.
const NAMED: usize = 8;

/// The rows below a header.
pub(super) struct CsvRows<R> {
    records: Records<R>,
    /// Pairs of a column of the file and the index in [`COLUMNS`] that it fills.
    columns: Vec<(usize, usize)>,
}

impl<R: Read> CsvRows<R> {
    /// Reads the header. The customer is in the column of this name, or else in the one that is recognised.
    pub(super) fn new(source: Source<R>, customer_column: Option<&str>) -> Result<Self> {
        let customer = |names: &[String]| match customer_column {
            Some(name) => position_of_name(names, name),
            None => recognised_customer(names),
        };
        let records = Records::open(source, |names| customer(names).is_some()).map_err(to_error)?;
        let names = records.names();
        let Some(customer) = customer(names) else {
            let wanted = customer_column.unwrap_or(COLUMNS[CUSTOMER]);
            let message =
                format!("The input has no column \"{}\". It has: {}.", without_secret_keys(wanted), name_list(names));
            return Err(Error::usage(message).hint(
                "Name the column with the customers' ids, usernames or e-mail addresses: `--customer-column NAME`.",
            ));
        };
        let mut columns = vec![(customer, CUSTOMER)];
        for (index, column) in COLUMNS.iter().enumerate().filter(|(index, _)| *index != CUSTOMER) {
            let found = match index {
                EMAIL => position_of_field(names, Field::Email),
                FIRST_NAME => position_of_field(names, Field::FirstName),
                LAST_NAME => position_of_field(names, Field::LastName),
                _ => position_of_name(names, column),
            };
            columns.extend(found.map(|at| (at, index)));
        }
        Ok(Self { records, columns })
    }

    /// Returns the name of the column with the customers.
    pub(super) fn customer_column(&self) -> &str {
        let (customer, _) = self.columns[0];
        self.records.names()[customer].trim()
    }

    /// Returns the names of some columns that are not read.
    pub(super) fn unused(&self) -> Vec<String> {
        let is_unused = |at: usize| self.columns.iter().all(|(used, _)| *used != at);
        let names = self.records.names().iter().enumerate();
        let unused = names.filter(|(at, name)| is_unused(*at) && !name.trim().is_empty());
        unused.take(NAMED).map(|(_, name)| without_secret_keys(name).into_owned()).collect()
    }

    pub(super) fn next_row(&mut self) -> Result<Option<Numbered>> {
        let Some(record) = self.records.next_record().map_err(to_error)? else { return Ok(None) };
        Ok(Some(Numbered { line: record.line, row: row(record, &self.columns) }))
    }
}

/// Finds the column that can only hold whom a row is about: "customer", or a name to sign in with.
fn recognised_customer(names: &[String]) -> Option<usize> {
    let by_name = ["customer", "customer id"].iter().find_map(|name| position_of_name(names, name));
    by_name
        .or_else(|| position_of_field(names, Field::Username))
        .or_else(|| ["primaryEmail", "Email Address"].iter().find_map(|name| position_of_name(names, name)))
}

fn row(record: Record<'_>, columns: &[(usize, usize)]) -> Result<Row, String> {
    let mut row = Row::default();
    if record.problem.is_none() {
        for (at, column) in columns {
            let cell = record.cell(*at).map_err(|_| format!("its {} is not UTF-8 text", COLUMNS[*column]))?;
            row.put(*column, cell)?;
        }
    }
    record.problem.map_or_else(|| row.whole(), Err)
}
