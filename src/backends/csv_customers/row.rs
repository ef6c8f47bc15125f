//! A row of the customers' file.

use std::borrow::Cow;

use super::columns::Columns;
use crate::delimited::Record;
use crate::domain::{Channel, ContactChanged, Contacts, Customer, CustomerId, Names};

/// A row, with the columns that give its cells a meaning.
pub(super) struct Row<'a> {
    record: &'a Record<'a>,
    columns: &'a Columns,
    /// Why nobody can be known by this row, worded to follow "line 3: "; `None` if all is well.
    pub(super) problem: Option<String>,
    /// Whether its cells may be other columns' than they seem.
    is_misaligned: bool,
}

impl<'a> Row<'a> {
    pub(super) fn new(record: &'a Record<'a>, columns: &'a Columns) -> Self {
        let is_misaligned = record.problem.is_some();
        let mut row = Self { record, columns, problem: record.problem.clone(), is_misaligned };
        if row.problem.is_none() && (0..record.len()).any(|column| record.cell(column).is_err()) {
            row.problem = Some("it is not UTF-8 text".to_owned());
        }
        if row.problem.is_none() && row.id().is_empty() {
            row.problem = Some("it has no id".to_owned());
        }
        row
    }

    pub(super) fn line(&self) -> u64 {
        self.record.line
    }

    fn cell(&self, column: usize) -> Cow<'_, str> {
        match self.record.cell_lossy(column) {
            Cow::Borrowed(text) => text.trim().into(),
            Cow::Owned(text) => text.trim().to_owned().into(),
        }
    }

    fn value(&self, column: Option<usize>) -> Cow<'_, str> {
        column.map_or_else(Cow::default, |column| self.cell(column))
    }

    pub(super) fn id(&self) -> Cow<'_, str> {
        self.cell(self.columns.id)
    }

    fn name(&self) -> String {
        let (first, last) = (self.value(self.columns.first_name), self.value(self.columns.last_name));
        let name = self.value(self.columns.name);
        if name.is_empty() { format!("{first} {last}").trim().to_owned() } else { name.into_owned() }
    }

    /// Whether a test holds for a cell: any cell, if they may be other columns' than they seem.
    fn any(&self, columns: [Option<usize>; 3], test: impl Fn(&str) -> bool) -> bool {
        let all = 0..self.record.len();
        if self.is_misaligned {
            all.into_iter().any(|at| test(&self.cell(at)))
        } else {
            columns.into_iter().flatten().any(|at| test(&self.cell(at)))
        }
    }

    /// Whether the id equals a text to the letter.
    pub(super) fn has_id(&self, id: &str) -> bool {
        self.any([Some(self.columns.id), None, None], |cell| cell == id)
    }

    /// Whether id, username or e-mail equals a lower-case text, ignoring case. Of several addresses in the cell of the
    /// e-mail each one counts.
    pub(super) fn equals(&self, text: &str) -> bool {
        let columns = [Some(self.columns.id), self.columns.username, self.columns.email];
        self.any(columns, |cell| !cell.is_empty() && cell.to_lowercase() == text)
            || self.any([self.columns.email, None, None], |cell| split(cell).any(|one| one.to_lowercase() == text))
    }

    /// Whether name, id, username or e-mail contains a lower-case text, ignoring case.
    pub(super) fn contains(&self, text: &str) -> bool {
        let columns = [Some(self.columns.id), self.columns.username, self.columns.email];
        self.name().to_lowercase().contains(text) || self.any(columns, |cell| cell.to_lowercase().contains(text))
    }

    /// Returns what is on file. The file does not tell when a cell was changed.
    fn contacts(&self) -> Contacts {
        let columns = &self.columns;
        let language = self.value(columns.language).parse().ok();
        let emails = columns.emails.iter().map(|at| (Channel::Email, *at));
        let all = emails.chain(columns.phones.iter().map(|at| (Channel::Phone, *at)));
        all.fold(Contacts { language, ..Contacts::default() }, |contacts, (channel, at)| {
            let values = split(&self.cell(at)).map(str::to_owned).collect();
            contacts.with_values(channel, &format!("column {}", at + 1), values, ContactChanged::Unknown)
        })
    }

    pub(super) fn to_customer(&self) -> Customer {
        let some = |value: Cow<'_, str>| (!value.is_empty()).then(|| value.into_owned());
        let (first, last) = (self.value(self.columns.first_name), self.value(self.columns.last_name));
        let others = self.columns.others.iter();
        Customer {
            contacts: self.contacts(),
            id: CustomerId::new(self.id()),
            name: self.name(),
            email: split(&self.value(self.columns.email)).next().map(str::to_owned),
            username: some(self.value(self.columns.username)),
            names: (!first.is_empty()).then(|| Names { first: first.into_owned(), last: last.into_owned() }),
            details: others
                .map(|(column, name)| (name.clone(), self.cell(*column).into_owned()))
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        }
    }
}

/// Splits a cell that may hold several addresses or numbers: `ada@example.com; ada@example.org`.
fn split(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').map(str::trim).filter(|one| !one.is_empty())
}
