//! The customer directory in a CSV file.
//!
//! Each look-up reads the file row by row, and keeps nothing in memory. `show` shows the columns that it does not know.

mod columns;
mod row;

use std::fs::File;

use async_trait::async_trait;

use crate::config::CustomersSource;
use crate::delimited::{DelimitedTextError, Records, Source};
use crate::domain::ports::CustomerDirectory;
use crate::domain::{
    Check, CheckState, Customer, CustomerId, Error, Found, Kind, Particulars, Reason, Result, UserProfile, id_first,
    several_with,
};
use crate::platform::{Access, FileRule, Holds, Links, user_number};
use columns::Columns;
use row::Row;

/// How many unusable rows `doctor` names.
const NAMED: usize = 5;
/// What to do about a file that is not used.
const OWNER_HINT: &str = "It is a regular file, yours or root's, that nobody else can write. Another user who exports it is named in the profile: customers = { csv = \"…\", owner = \"NAME\" }.";
/// The name of the check of `doctor`.
const CHECK: &str = "customers";

/// A customer directory in a CSV file.
#[derive(Clone, Debug)]
pub(crate) struct CsvCustomers {
    source: CustomersSource,
}

impl CsvCustomers {
    /// Names the file. It is opened for each look-up, so that a new export counts at once.
    pub(crate) const fn new(source: CustomersSource) -> Self {
        Self { source }
    }

    /// Opens the file. It decides who a customer is, so that it goes by the rule of the configuration.
    fn open_file(&self) -> Result<File> {
        let owner = self.source.owner.as_deref();
        let number = owner.and_then(user_number);
        if let (Some(name), None) = (owner, number) {
            return Err(self.wrong(&format!("its owner \"{name}\" is no user of this machine")));
        }
        let rule = FileRule::new(Holds::Settings, Links::Refused).or_owned_by(number);
        let opened = rule.open(&self.source.csv, Access::Read).map_err(|found| {
            let hint = found.hint.unwrap_or_else(|| OWNER_HINT.to_owned());
            self.wrong(&found.why).hint(hint)
        })?;
        opened.ok_or_else(|| self.wrong("it cannot be read: it is not there"))
    }

    fn open(&self) -> Result<(Records<File>, Columns)> {
        let source = Source::open(self.open_file()?).map_err(|error| self.unreadable(&error))?;
        let columns = |names: &[String]| Columns::from_names(names, &self.source.columns);
        let records = Records::open(source, |names| columns(names).is_ok()).map_err(|error| self.unreadable(&error))?;
        let columns = columns(records.names()).map_err(|problem| {
            self.wrong(&problem).hint(
                "Name the columns in the profile: customers = { csv = \"…\", columns = { id = \"…\", email = \"…\" } }.",
            )
        })?;
        Ok((records, columns))
    }

    /// Calls `visit` with every row.
    fn for_each_row(&self, mut visit: impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
        let (mut records, columns) = self.open()?;
        while let Some(record) = records.next_record().map_err(|error| self.unreadable(&error))? {
            if record.is_cut() {
                return Err(self.unusable(record.line, record.problem.as_deref().unwrap_or_default()));
            }
            visit(&Row::new(&record, &columns))?;
        }
        Ok(())
    }

    /// Returns the customers of the rows for which `is_meant` holds.
    ///
    /// # Errors
    /// Exit 2: such a row cannot be used. Who is meant is then not known.
    fn rows_with(&self, is_meant: impl Fn(&Row<'_>) -> bool) -> Result<Vec<Customer>> {
        let mut found = Vec::new();
        self.for_each_row(|row| {
            if is_meant(row) {
                if let Some(problem) = &row.problem {
                    return Err(self.unusable(row.line(), problem));
                }
                found.push(row.to_customer());
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Reads the whole file as a look-up does, for `doctor`.
    pub(crate) fn check(&self) -> Check {
        let (mut rows, mut unusable) = (0_u64, Vec::new());
        let read = self.open().and_then(|(records, columns)| {
            let words = columns.words(records.names());
            self.for_each_row(|row| {
                match &row.problem {
                    None => rows += 1,
                    Some(problem) => unusable.push(format!("line {}: {problem}", row.line())),
                }
                Ok(())
            })?;
            Ok(words)
        });
        let path = self.source.csv.display();
        match read {
            Err(error) => Check::new(CHECK, CheckState::Fault, error.message_with_hint()),
            Ok(_) if rows == 0 => Check::new(CHECK, CheckState::Fault, format!("{path} has no customers")),
            Ok(columns) if unusable.is_empty() => {
                Check::new(CHECK, CheckState::Ok, format!("{path}: {rows} customers; {columns}"))
            }
            Ok(_) => {
                let (count, named) = (unusable.len(), unusable.iter().take(NAMED).cloned().collect::<Vec<_>>());
                let words = format!(
                    "{path}: {count} of its rows cannot be used, and nobody in them is found: {}",
                    named.join("; ")
                );
                Check::new(CHECK, CheckState::Warning, words)
            }
        }
    }

    fn unreadable(&self, error: &DelimitedTextError) -> Error {
        let wrong = self.wrong(&error.words());
        error.hint().into_iter().fold(wrong, Error::hint)
    }

    fn unusable(&self, line: u64, problem: &str) -> Error {
        self.wrong(&format!("line {line}: {problem}"))
    }

    fn wrong(&self, problem: &str) -> Error {
        let message = format!("The customers' file {}: {problem}.", self.source.csv.display());
        Error::new(Kind::Usage, Reason::Configuration, message)
            .hint("The profile names it: customers = { csv = \"…\" }.")
    }
}

#[async_trait(?Send)]
impl CustomerDirectory for CsvCustomers {
    async fn find(&self, text: &str, limit: usize) -> Result<Found> {
        let text = text.to_lowercase();
        let mut found = Found::default();
        let mut total = 0;
        self.for_each_row(|row| {
            if !row.contains(&text) {
                return Ok(());
            }
            if let Some(problem) = &row.problem {
                found.left_out.push(self.unusable(row.line(), problem).message);
                return Ok(());
            }
            total += 1;
            if found.customers.len() < limit {
                found.customers.push(row.to_customer());
            }
            Ok(())
        })?;
        found.total = Some(total);
        Ok(found)
    }

    async fn exact(&self, text: &str) -> Result<Vec<Customer>> {
        let text = text.to_lowercase();
        self.rows_with(|row| row.equals(&text))
    }

    async fn of_same_id(&self, customer: &Customer) -> Result<Vec<Customer>> {
        self.rows_with(|row| row.has_id(customer.id.as_str()))
    }

    fn is_beside_backend(&self) -> bool {
        true
    }

    async fn others_of_user(&self, customer: &Customer, user: &UserProfile) -> Result<Vec<Customer>> {
        let names: Vec<String> =
            [&user.username, &user.email].into_iter().flatten().map(|name| name.to_lowercase()).collect();
        let mut others = Vec::new();
        self.for_each_row(|row| {
            let is_other = row.problem.is_none() && row.id() != customer.id.as_str();
            if is_other && names.iter().any(|name| row.equals(name)) {
                others.push(row.to_customer());
            }
            Ok(())
        })?;
        Ok(others)
    }

    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>> {
        let mut found = id_first(id.as_str(), self.of_same_id(&Customer::known_by(id.clone())).await?);
        if found.len() > 1 { Err(several_with(id, found)) } else { Ok(found.pop()) }
    }

    async fn draft(&self, _: &Particulars) -> Result<Customer> {
        let path = self.source.csv.display();
        Err(Error::usage(format!("Customers come from {path}; --create cannot enter one there."))
            .hint("Enter the customer in the system that the file is exported from, and export it again."))
    }
}

#[cfg(test)]
mod tests;
