//! A row of the output, and its form as JSON or CSV.

use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::outcome::RowOutcome;
use super::settings::RowFormat;
use crate::domain::{Changed, Customer, Error, Proof, Result, UserProfile};
use crate::output::{defuse_formula, to_json};

/// The columns of the CSV; the last one is `sealed` or `temporary_password`.
pub(super) const COLUMNS: [&str; 15] = [
    "line",
    "customer_id",
    "username",
    "given",
    "outcome",
    "exit_code",
    "ticket",
    "at",
    "expires_at",
    "attempt",
    "supersedes",
    "changed",
    "message",
    "proved",
    "proof_reason",
];

/// The capacity of a row's buffer: a buffer with a clear password that had to grow would leave a copy behind.
const CAPACITY: usize = 128 * 1024;

/// The password of a row.
#[derive(Clone, Copy)]
pub(super) enum Password<'a> {
    /// No password was issued.
    None,
    /// The sealed password, armoured.
    Sealed(&'a str),
    /// The password in clear.
    Clear(&'a str),
}

/// A row of the output.
#[derive(Clone, Debug)]
pub(crate) struct OutputRow {
    /// The line of the input where the row begins.
    pub line: u64,
    /// What the input called the customer.
    pub given: String,
    /// The customer, where one was found.
    pub customer: Option<Customer>,
    /// The user, as the backend names them, where a password was set.
    pub user: Option<UserProfile>,
    /// What became of the row.
    pub outcome: RowOutcome,
    /// The exit code that a single reset would have had.
    pub exit_code: u8,
    pub ticket: Option<String>,
    /// When the row ended.
    pub at: Timestamp,
    /// When the password runs out.
    pub expires_at: Option<Timestamp>,
    /// What a sign-in with the password showed; `None` for a row that delivered none.
    pub proof: Option<Proof>,
    /// The attempt's id in the ledger.
    pub attempt: Option<String>,
    /// The id of an earlier attempt of this row, whose password this attempt makes void.
    pub supersedes: Option<String>,
    /// Whether the customer's user was changed.
    pub changed: Changed,
    /// What the agent has to know about the row.
    pub message: Option<String>,
}

#[derive(Serialize)]
struct RowJson<'a> {
    schema: &'static str,
    line: u64,
    customer: Option<&'a Customer>,
    user: Option<&'a UserProfile>,
    given: &'a str,
    outcome: RowOutcome,
    exit_code: u8,
    ticket: Option<&'a str>,
    at: Timestamp,
    expires_at: Option<Timestamp>,
    attempt: Option<&'a str>,
    supersedes: Option<&'a str>,
    changed: Changed,
    message: Option<&'a str>,
    proved: Option<bool>,
    proof_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temporary_password: Option<&'a str>,
}

/// Returns the header of the CSV.
pub(super) fn header(clear: bool) -> Result<Vec<u8>> {
    let last = if clear { "temporary_password" } else { "sealed" };
    Ok(csv_line(COLUMNS.iter().copied().chain([last]))?.to_vec())
}

fn csv_line<'a>(cells: impl IntoIterator<Item = &'a str>) -> Result<Zeroizing<Vec<u8>>> {
    let to_error = |error: String| Error::bug("The row could not be written as CSV.").because(error);
    let mut line = Zeroizing::new(Vec::with_capacity(CAPACITY));
    let mut writer = csv::WriterBuilder::new().buffer_capacity(CAPACITY).from_writer(&mut *line);
    writer.write_record(cells).map_err(|error| to_error(error.to_string()))?;
    writer.flush().map_err(|error| to_error(error.to_string()))?;
    drop(writer);
    Ok(line)
}

impl OutputRow {
    /// Returns the row as bytes, with its line end.
    pub(super) fn bytes(&self, format: RowFormat, password: Password<'_>) -> Result<Zeroizing<Vec<u8>>> {
        match format {
            RowFormat::Jsonl => self.json(password),
            RowFormat::Csv => self.csv(password),
        }
    }

    fn json(&self, password: Password<'_>) -> Result<Zeroizing<Vec<u8>>> {
        let (sealed, clear) = match password {
            Password::None => (None, None),
            Password::Sealed(sealed) => (Some(sealed), None),
            Password::Clear(clear) => (None, Some(clear)),
        };
        to_json(&RowJson {
            schema: "tellonce.bulk-row/v1",
            line: self.line,
            customer: self.customer.as_ref(),
            user: self.user.as_ref(),
            given: &self.given,
            outcome: self.outcome,
            exit_code: self.exit_code,
            ticket: self.ticket.as_deref(),
            at: self.at,
            expires_at: self.expires_at,
            attempt: self.attempt.as_deref(),
            supersedes: self.supersedes.as_deref(),
            changed: self.changed,
            message: self.message.as_deref(),
            proved: self.proof.as_ref().and_then(Proof::proved),
            proof_reason: self.proof.as_ref().and_then(Proof::reason),
            sealed,
            temporary_password: clear,
        })
    }

    /// Returns the row as CSV. Defuses free text that starts a formula; never alters ids, usernames and passwords.
    fn csv(&self, password: Password<'_>) -> Result<Zeroizing<Vec<u8>>> {
        let free_text = |text: Option<&str>| defuse_formula(text.unwrap_or_default()).into_owned();
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let customer = self.customer.as_ref();
        let changed = match self.changed {
            Changed::No => "no",
            Changed::Yes => "yes",
            Changed::Unknown => "unknown",
        };
        let password = match password {
            Password::None => "",
            Password::Sealed(text) | Password::Clear(text) => text,
        };
        csv_line([
            self.line.to_string().as_str(),
            customer.map_or("", |customer| customer.id.as_str()),
            customer.and_then(|customer| customer.username.as_deref()).unwrap_or_default(),
            &free_text(Some(&self.given)),
            self.outcome.name(),
            &self.exit_code.to_string(),
            &free_text(self.ticket.as_deref()),
            &time(Some(self.at)),
            &time(self.expires_at),
            self.attempt.as_deref().unwrap_or_default(),
            self.supersedes.as_deref().unwrap_or_default(),
            changed,
            &free_text(self.message.as_deref()),
            self.proof.as_ref().and_then(Proof::proved).map_or("", |proved| if proved { "true" } else { "false" }),
            &free_text(self.proof.as_ref().and_then(Proof::reason)),
            password,
        ])
    }
}
