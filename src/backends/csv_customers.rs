//! The customer directory in a CSV file.
//!
//! Its header has `id`, `name` (or `first_name` and `last_name`), `email` and `username`. `show` shows further columns. Each
//! look-up reads the file row by row, and keeps nothing in memory.

use std::fs::File;
use std::path::PathBuf;

use async_trait::async_trait;
use csv::{Reader, ReaderBuilder, StringRecord};

use crate::domain::ports::CustomerDirectory;
use crate::domain::{
    Customer, CustomerId, Error, Found, Kind, Names, Particulars, Reason, Result, id_first, several_with,
};

/// A customer directory in a CSV file.
#[derive(Clone, Debug)]
pub(crate) struct CsvCustomers {
    path: PathBuf,
}

/// The position of each column.
struct Columns {
    id: usize,
    name: Option<usize>,
    first_name: Option<usize>,
    last_name: Option<usize>,
    email: Option<usize>,
    username: Option<usize>,
    others: Vec<(usize, String)>,
}

impl CsvCustomers {
    /// Names the file. It is opened for each look-up, so that a new export counts at once.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn open(&self) -> Result<(Reader<File>, Columns)> {
        let file = File::open(&self.path).map_err(|error| self.wrong(&format!("it cannot be read ({error})")))?;
        let mut reader = ReaderBuilder::new().from_reader(file);
        let header = reader.headers().map_err(|error| self.unreadable(&error))?;
        let columns = Columns::from_header(header)
            .ok_or_else(|| self.wrong("its first line names no column \"id\", and none of name, email and username"))?;
        Ok((reader, columns))
    }

    /// Calls `visit` with every row, until it returns false.
    fn for_each_row(&self, mut visit: impl FnMut(Row<'_>) -> bool) -> Result<()> {
        let (mut reader, columns) = self.open()?;
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| self.unreadable(&error))? {
            let row = Row { record: &record, columns: &columns };
            if row.id().is_empty() {
                let line = record.position().map_or(0, csv::Position::line);
                return Err(self.wrong(&format!("line {line} has no id")));
            }
            if !visit(row) {
                break;
            }
        }
        Ok(())
    }

    fn unreadable(&self, error: &csv::Error) -> Error {
        let line = error.position().map_or(String::new(), |position| format!("line {}: ", position.line()));
        let problem = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("it has {len} columns, the header {expected_len}")
            }
            csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
            _ => error.to_string(),
        };
        self.wrong(&format!("{line}{problem}"))
    }

    fn wrong(&self, problem: &str) -> Error {
        let message = format!("The customers' file {}: {problem}.", self.path.display());
        Error::new(Kind::Usage, Reason::Configuration, message)
            .hint("The profile names it: customers = { csv = \"…\" }.")
    }
}

impl Columns {
    /// Finds the columns by the header. Returns `None` without an id, or without anything that identifies a person.
    fn from_header(header: &StringRecord) -> Option<Self> {
        let names: Vec<String> =
            header.iter().map(|name| name.trim().trim_start_matches('\u{feff}').to_lowercase()).collect();
        let position = |wanted: &str| names.iter().position(|name| name.replace([' ', '-'], "_") == wanted);
        let columns = Self {
            id: position("id")?,
            name: position("name"),
            first_name: position("first_name"),
            last_name: position("last_name"),
            email: position("email").or_else(|| position("e_mail")),
            username: position("username"),
            others: Vec::new(),
        };
        let known =
            [Some(columns.id), columns.name, columns.first_name, columns.last_name, columns.email, columns.username];
        let others = header.iter().enumerate().filter(|(position, _)| !known.contains(&Some(*position)));
        let others = others.map(|(position, name)| (position, capitalised(name.trim()))).collect();
        let identifies_people = known[1..].iter().any(Option::is_some);
        identifies_people.then_some(Self { others, ..columns })
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A row, with the columns that give its fields a meaning.
#[derive(Clone, Copy)]
struct Row<'a> {
    record: &'a StringRecord,
    columns: &'a Columns,
}

impl Row<'_> {
    fn value(&self, column: Option<usize>) -> &str {
        column.and_then(|column| self.record.get(column)).unwrap_or_default().trim()
    }

    fn id(&self) -> &str {
        self.value(Some(self.columns.id))
    }

    fn name(&self) -> String {
        let (first, last) = (self.value(self.columns.first_name), self.value(self.columns.last_name));
        let name = self.value(self.columns.name);
        if name.is_empty() { format!("{first} {last}").trim().to_owned() } else { name.to_owned() }
    }

    /// Reports whether id, username or e-mail equals a lower-case text, ignoring case.
    fn equals(&self, text: &str) -> bool {
        let same = |value: &str| !value.is_empty() && value.to_lowercase() == text;
        same(self.id()) || same(self.value(self.columns.username)) || same(self.value(self.columns.email))
    }

    /// Reports whether name, id, username or e-mail contains a lower-case text, ignoring case.
    fn contains(&self, text: &str) -> bool {
        let has = |value: &str| value.to_lowercase().contains(text);
        has(&self.name())
            || has(self.id())
            || has(self.value(self.columns.username))
            || has(self.value(self.columns.email))
    }

    fn to_customer(self) -> Customer {
        let some = |value: &str| (!value.is_empty()).then(|| value.to_owned());
        let (first, last) = (self.value(self.columns.first_name), self.value(self.columns.last_name));
        let others = self.columns.others.iter();
        Customer {
            id: CustomerId::new(self.id()),
            name: self.name(),
            email: some(self.value(self.columns.email)),
            username: some(self.value(self.columns.username)),
            names: (!first.is_empty()).then(|| Names { first: first.to_owned(), last: last.to_owned() }),
            details: others
                .map(|(position, name)| (name.clone(), self.value(Some(*position)).to_owned()))
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        }
    }
}

#[async_trait(?Send)]
impl CustomerDirectory for CsvCustomers {
    async fn find(&self, text: &str, limit: usize) -> Result<Found> {
        let text = text.to_lowercase();
        let mut found = Found { customers: Vec::new(), total: Some(0) };
        let mut total = 0;
        self.for_each_row(|row| {
            if row.contains(&text) {
                total += 1;
                if found.customers.len() < limit {
                    found.customers.push(row.to_customer());
                }
            }
            true
        })?;
        found.total = Some(total);
        Ok(found)
    }

    async fn exact(&self, text: &str) -> Result<Vec<Customer>> {
        let text = text.to_lowercase();
        let mut found = Vec::new();
        self.for_each_row(|row| {
            if row.equals(&text) {
                found.push(row.to_customer());
            }
            true
        })?;
        Ok(found)
    }

    async fn of_same_id(&self, customer: &Customer) -> Result<Vec<Customer>> {
        let mut found = Vec::new();
        self.for_each_row(|row| {
            if row.id() == customer.id.as_str() {
                found.push(row.to_customer());
            }
            true
        })?;
        Ok(found)
    }

    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>> {
        let mut found = id_first(id.as_str(), self.of_same_id(&Customer::known_by(id.clone())).await?);
        if found.len() > 1 { Err(several_with(id, found)) } else { Ok(found.pop()) }
    }

    async fn draft(&self, _: &Particulars) -> Result<Customer> {
        Err(Error::usage(format!("Customers come from {}; --create cannot enter one there.", self.path.display()))
            .hint("Enter the customer in the system that the file is exported from, and export it again."))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn with<T>(text: &str, look: impl AsyncFnOnce(CsvCustomers) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("customers.csv");
        std::fs::write(&path, text).unwrap();
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(look(CsvCustomers::new(path)))
    }

    const THREE: &str = "\u{feff}ID,Name,E-Mail,Phone,username,branch\nC-1,Ada Lovelace,ada@example.com,+44 1,ada,London\n\
                         C-2,\"Hopper, Grace\",GRACE@example.com,,,\nC-3,Ada Byron,ada@example.com,,,\n";

    #[test]
    fn every_column_of_a_row_is_read() {
        let found = with(THREE, async |csv| csv.exact("c-1").await.unwrap());
        assert_eq!(
            (found.len(), found[0].name.as_str(), found[0].username.as_deref()),
            (1, "Ada Lovelace", Some("ada"))
        );
        assert_eq!(found[0].details, [("Phone".into(), "+44 1".into()), ("Branch".into(), "London".into())]);
        let grace = with(THREE, async |csv| csv.exact("grace@EXAMPLE.com").await.unwrap());
        assert_eq!((grace[0].name.as_str(), grace[0].username.as_deref()), ("Hopper, Grace", None));
    }

    #[test]
    fn customers_who_share_an_address_are_found_and_matches_of_a_name_are_counted() {
        assert_eq!(with(THREE, async |csv| csv.exact("ada@example.com").await.unwrap()).len(), 2);
        let found = with(THREE, async |csv| csv.find("ADA", 1).await.unwrap());
        assert_eq!((found.customers.len(), found.total), (1, Some(2)));
        assert!(with(THREE, async |csv| csv.get(&CustomerId::new("c-1")).await.unwrap()).is_none());
        assert!(with(THREE, async |csv| csv.get(&CustomerId::new("C-3")).await.unwrap()).is_some());
    }

    #[test]
    fn two_customers_with_one_id_are_ambiguous() {
        let text = format!("{THREE}C-1,Ada King,king@example.com,,king,\nC-3,Ada Byron,ada@example.com,,,\n");
        let (exact, same, got, twice) = with(&text, async |csv| {
            let king = csv.exact("king@example.com").await.unwrap().remove(0);
            (
                csv.exact("C-1").await.unwrap(),
                csv.of_same_id(&king).await.unwrap(),
                csv.get(&CustomerId::new("C-1")).await.map_err(|error| error.exit_code().number()),
                csv.get(&CustomerId::new("C-3")).await.unwrap(),
            )
        });
        assert_eq!((exact.len(), same.len(), got), (2, 2, Err(5)));
        assert_eq!(twice.unwrap().name, "Ada Byron", "a line that is there twice is one customer");
    }

    #[test]
    fn an_invalid_file_is_refused_with_its_line() {
        for (text, what) in [
            ("name,email\nAda,a@b.c\n", "no column \"id\""),
            ("id\nC-1\n", "none of name, email and username"),
            ("id,name\nC-1,Ada\nC-2\n", "line 3: it has 1 columns, the header 2"),
            ("id,name\nC-1,Ada\n,Grace\n", "line 3 has no id"),
        ] {
            let error = with(text, async |csv| csv.exact("nobody").await.unwrap_err());
            assert!(error.message.contains(what), "{text:?}: {}", error.message);
            assert_eq!(error.exit_code(), crate::domain::ExitCode::USAGE);
        }
        let gone = CsvCustomers::new("/nowhere/customers.csv".into());
        assert!(gone.open().err().unwrap().message.contains("cannot be read"));
    }

    #[test]
    fn a_hundred_thousand_rows_are_looked_through_row_by_row() {
        let row = |number| format!("C-{number},First{number},Last{number},c{number}@example.com\n");
        let rows: String = (0..100_000).map(row).collect();
        let text = format!("id,first_name,last_name,email\n{rows}");
        let found = with(&text, async |csv| csv.exact("c99999@example.com").await.unwrap());
        assert_eq!((found.len(), found[0].name.as_str()), (1, "First99999 Last99999"));
    }
}
