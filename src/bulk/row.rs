//! One row of the input, and what it asks for.

use crate::domain::{Case, LONGEST_TEXT, Particulars, ResetRequest, SECRET_KEY_WORDS, is_secret_key, one_line};

/// The columns that are read; others are left alone. A header may have them in any order and any case.
pub(super) const COLUMNS: [&str; 9] =
    ["customer", "ticket", "reason", "verified", "recipient", "create", "email", "first_name", "last_name"];

/// Those of them that people read: one line each.
const TEXTS: [&str; 5] = ["ticket", "reason", "verified", "first_name", "last_name"];

/// The longest cell of a column that is read, in bytes.
pub(super) const LONGEST_CELL: usize = 4096;

/// A row as the input has it; an empty cell is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The exact id, username or e-mail.
    pub customer: String,
    /// The ticket.
    pub ticket: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// How the caller was verified.
    pub verified: Option<String>,
    /// The age public key that this row's password is sealed to.
    pub recipient: Option<String>,
    /// Enter the customer if the directory does not know them.
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
    /// The line.
    pub line: u64,
    /// The row; or why it cannot be read, in words.
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
        let some = || (!cell.is_empty()).then(|| cell.to_owned());
        match column {
            0 => cell.clone_into(&mut self.customer),
            1 => self.ticket = some(),
            2 => self.reason = some(),
            3 => self.verified = some(),
            4 => self.recipient = some(),
            5 => self.create = yes(cell)?,
            6 => self.email = some(),
            7 => self.first_name = some(),
            _ => self.last_name = some(),
        }
        Ok(())
    }

    /// The row, if it can be worked with.
    ///
    /// # Errors
    /// Why not, in words.
    pub(super) fn whole(self) -> Result<Self, String> {
        if self.customer.is_empty() {
            return Err("it names no customer".to_owned());
        }
        Ok(self)
    }

    /// What it asks for; `defaults` stands where the row says nothing, `create` is the command line's.
    pub fn request(&self, defaults: &Case, create: bool) -> ResetRequest {
        let or = |own: &Option<String>, default: &Option<String>| own.clone().or_else(|| default.clone());
        let case = Case {
            ticket: or(&self.ticket, &defaults.ticket),
            reason: or(&self.reason, &defaults.reason),
            verified: or(&self.verified, &defaults.verified),
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

fn yes(cell: &str) -> Result<bool, String> {
    match cell.to_ascii_lowercase().as_str() {
        "" | "no" | "n" | "false" | "0" => Ok(false),
        "yes" | "y" | "true" | "1" => Ok(true),
        _ => Err("its create is neither yes nor no".to_owned()),
    }
}
