//! One row of the input, and what it asks for.

use crate::domain::{Case, LONGEST_TEXT, Particulars, ResetRequest, SECRET_KEY_WORDS, is_secret_key, one_line};

/// The columns that are read; all others are ignored. A header may have them in any order and any case.
pub(super) const COLUMNS: [&str; 9] =
    ["customer", "ticket", "reason", "verified", "recipient", "create", "email", "first_name", "last_name"];

/// The index of each column in [`COLUMNS`].
pub(super) const CUSTOMER: usize = 0;
pub(super) const TICKET: usize = 1;
pub(super) const REASON: usize = 2;
pub(super) const VERIFIED: usize = 3;
pub(super) const RECIPIENT: usize = 4;
pub(super) const CREATE: usize = 5;
pub(super) const EMAIL: usize = 6;
pub(super) const FIRST_NAME: usize = 7;
pub(super) const LAST_NAME: usize = 8;

/// The columns with text for people, which must be one line each.
const TEXTS: [&str; 5] = ["ticket", "reason", "verified", "first_name", "last_name"];

/// The longest cell of a column that is read, in bytes.
pub(super) const LONGEST_CELL: usize = 4096;

/// A row of the input. An empty cell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The exact id, username or e-mail.
    pub customer: String,
    /// The ticket, for the ledger.
    pub ticket: Option<String>,
    /// The reason of the reset.
    pub reason: Option<String>,
    /// How the caller was verified.
    pub verified: Option<String>,
    /// The age public key that this row's password is sealed to.
    pub recipient: Option<String>,
    /// Whether to enter the customer if the directory does not know them.
    pub create: bool,
    /// For `create`: the e-mail address.
    pub email: Option<String>,
    /// For `create`: the given name.
    pub first_name: Option<String>,
    /// For `create`: the family name.
    pub last_name: Option<String>,
}

/// A row with the line of the input where it begins (from 1), or why it cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The line, counted from 1.
    pub line: u64,
    /// The row, or why it cannot be read, in words.
    pub row: Result<Row, String>,
}

impl Row {
    /// Puts a cell into its column.
    ///
    /// # Errors
    /// Why the cell cannot be used, in words.
    pub(super) fn put(&mut self, column: usize, cell: &str) -> Result<(), String> {
        let name = COLUMNS[column];
        if cell.len() > LONGEST_CELL {
            return Err(format!("its {name} is longer than {LONGEST_CELL} bytes"));
        }
        if cell.contains('\0') {
            return Err(format!("its {name} has a NUL in it"));
        }
        if is_secret_key(cell) {
            return Err(format!("its {name} {SECRET_KEY_WORDS}"));
        }
        let cell = cell.trim();
        if TEXTS.contains(&name) && !cell.is_empty() {
            one_line(cell, LONGEST_TEXT).map_err(|why| format!("its {name} {why}"))?;
        }
        let cell_or_none = || (!cell.is_empty()).then(|| cell.to_owned());
        match column {
            CUSTOMER => cell.clone_into(&mut self.customer),
            TICKET => self.ticket = cell_or_none(),
            REASON => self.reason = cell_or_none(),
            VERIFIED => self.verified = cell_or_none(),
            RECIPIENT => self.recipient = cell_or_none(),
            CREATE => self.create = parse_yes_or_no(cell)?,
            EMAIL => self.email = cell_or_none(),
            FIRST_NAME => self.first_name = cell_or_none(),
            LAST_NAME => self.last_name = cell_or_none(),
            _ => {}
        }
        Ok(())
    }

    /// Checks that the row names a customer.
    ///
    /// # Errors
    /// Why not, in words.
    pub(super) fn whole(self) -> Result<Self, String> {
        if self.customer.is_empty() {
            return Err("it names no customer".to_owned());
        }
        Ok(self)
    }

    /// Returns what the row asks for. `defaults` fills in what the row leaves out; `create` is the command line's.
    pub fn request(&self, defaults: &Case, create: bool) -> ResetRequest {
        let own_or_default = |own: &Option<String>, default: &Option<String>| own.clone().or_else(|| default.clone());
        let case = Case {
            ticket: own_or_default(&self.ticket, &defaults.ticket),
            reason: own_or_default(&self.reason, &defaults.reason),
            verified: own_or_default(&self.verified, &defaults.verified),
        };
        let particulars = match (&self.email, &self.first_name, &self.last_name) {
            (Some(email), Some(first_name), Some(last_name)) if create || self.create => {
                Some(Particulars { email: email.clone(), first_name: first_name.clone(), last_name: last_name.clone() })
            }
            _ => None,
        };
        ResetRequest { customer: self.customer.as_str().into(), create: particulars, unlock: false, case }
    }
}

fn parse_yes_or_no(cell: &str) -> Result<bool, String> {
    match cell.to_ascii_lowercase().as_str() {
        "" | "no" | "n" | "false" | "0" => Ok(false),
        "yes" | "y" | "true" | "1" => Ok(true),
        _ => Err("its create is neither yes nor no".to_owned()),
    }
}
