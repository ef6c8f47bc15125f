//! Customers from a CSV file: a header with `id`, `name` (or `first_name` and `last_name`), `email`, `phone`,
//! `username`; further columns are shown by `show`. Read row by row for each look-up: nothing is kept in memory.

use std::fs::File;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use csv::{Reader, ReaderBuilder, StringRecord};

use crate::domain::ports::CustomerDirectory;
use crate::domain::{
    Customer, CustomerId, Error, Found, Kind, Names, Particulars, Reason, Result, id_first, several_with,
};

/// Customers of a CSV file.
#[derive(Clone, Debug)]
pub struct CsvCustomers {
    path: PathBuf,
}

/// Which column holds what.
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
    /// The file is opened for each look-up, so that a new export is seen at once.
    pub const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn open(&self) -> Result<(Reader<File>, Columns)> {
        let file = File::open(&self.path).map_err(|error| self.wrong(&format!("it cannot be read ({error})")))?;
        let mut reader = ReaderBuilder::new().from_reader(file);
        let header = reader.headers().map_err(|error| self.unreadable(&error))?;
        let columns = Columns::of(header)
            .ok_or_else(|| self.wrong("its first line names no column \"id\", and none of name, email and username"))?;
        Ok((reader, columns))
    }

    /// Calls `each` with every customer, until it says that it has enough.
    fn each(&self, mut each: impl FnMut(Row<'_>) -> bool) -> Result<()> {
        let (mut reader, columns) = self.open()?;
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| self.unreadable(&error))? {
            let row = Row { record: &record, columns: &columns };
            if row.id().is_empty() {
                let line = record.position().map_or(0, csv::Position::line);
                return Err(self.wrong(&format!("line {line} has no id")));
            }
            if !each(row) {
                break;
            }
        }
        Ok(())
    }

    fn unreadable(&self, error: &csv::Error) -> Error {
        let line = error.position().map_or(String::new(), |position| format!("line {}: ", position.line()));
        let what = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("it has {len} columns, the header {expected_len}")
            }
            csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
            _ => error.to_string(),
        };
        self.wrong(&format!("{line}{what}"))
    }

    fn wrong(&self, what: &str) -> Error {
        let message = format!("The customers' file {}: {what}.", shown(&self.path));
        Error::new(Kind::Usage, Reason::Configuration, message)
            .hint("The profile names it: customers = { csv = \"…\" }.")
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

impl Columns {
    fn of(header: &StringRecord) -> Option<Self> {
        let names: Vec<String> =
            header.iter().map(|name| name.trim().trim_start_matches('\u{feff}').to_lowercase()).collect();
        let place = |wanted: &str| names.iter().position(|name| name.replace([' ', '-'], "_") == wanted);
        let columns = Self {
            id: place("id")?,
            name: place("name"),
            first_name: place("first_name"),
            last_name: place("last_name"),
            email: place("email").or_else(|| place("e_mail")),
            username: place("username"),
            others: Vec::new(),
        };
        let known =
            [Some(columns.id), columns.name, columns.first_name, columns.last_name, columns.email, columns.username];
        let others = header.iter().enumerate().filter(|(place, _)| !known.contains(&Some(*place)));
        let others = others.map(|(place, name)| (place, capitalised(name.trim()))).collect();
        let tells_people_apart = known[1..].iter().any(Option::is_some);
        tells_people_apart.then_some(Self { others, ..columns })
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

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

    fn is(&self, text: &str) -> bool {
        let same = |value: &str| !value.is_empty() && value.to_lowercase() == text;
        same(self.id()) || same(self.value(self.columns.username)) || same(self.value(self.columns.email))
    }

    fn has(&self, text: &str) -> bool {
        let has = |value: &str| value.to_lowercase().contains(text);
        has(&self.name())
            || has(self.id())
            || has(self.value(self.columns.username))
            || has(self.value(self.columns.email))
    }

    fn customer(&self) -> Customer {
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
                .map(|(place, name)| (name.clone(), self.value(Some(*place)).to_owned()))
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
        self.each(|row| {
            if row.has(&text) {
                total += 1;
                if found.customers.len() < limit {
                    found.customers.push(row.customer());
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
        self.each(|row| {
            if row.is(&text) {
                found.push(row.customer());
            }
            true
        })?;
        Ok(found)
    }

    async fn of_same_id(&self, customer: &Customer) -> Result<Vec<Customer>> {
        let mut found = Vec::new();
        self.each(|row| {
            if row.id() == customer.id.as_str() {
                found.push(row.customer());
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
        Err(Error::usage(format!("Customers come from {}; --create cannot enter one there.", shown(&self.path)))
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
    fn everything_a_row_holds_is_read() {
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
    fn who_shares_an_address_is_found_together_and_a_part_of_a_name_is_counted() {
        assert_eq!(with(THREE, async |csv| csv.exact("ada@example.com").await.unwrap()).len(), 2);
        let found = with(THREE, async |csv| csv.find("ADA", 1).await.unwrap());
        assert_eq!((found.customers.len(), found.total), (1, Some(2)));
        assert!(with(THREE, async |csv| csv.get(&CustomerId::new("c-1")).await.unwrap()).is_none());
        assert!(with(THREE, async |csv| csv.get(&CustomerId::new("C-3")).await.unwrap()).is_some());
    }

    #[test]
    fn two_with_one_id_are_both_found_and_none_of_them_is_the_one() {
        let text = format!("{THREE}C-1,Ada King,king@example.com,,king,\nC-3,Ada Byron,ada@example.com,,,\n");
        let (exact, same, got, twice) = with(&text, async |csv| {
            let king = csv.exact("king@example.com").await.unwrap().remove(0);
            (
                csv.exact("C-1").await.unwrap(),
                csv.of_same_id(&king).await.unwrap(),
                csv.get(&CustomerId::new("C-1")).await.map_err(|failure| failure.exit_code().number()),
                csv.get(&CustomerId::new("C-3")).await.unwrap(),
            )
        });
        assert_eq!((exact.len(), same.len(), got), (2, 2, Err(5)));
        assert_eq!(twice.unwrap().name, "Ada Byron", "a line that is there twice is one customer");
    }

    #[test]
    fn a_file_that_is_wrong_is_told_with_its_line() {
        for (text, what) in [
            ("name,email\nAda,a@b.c\n", "no column \"id\""),
            ("id\nC-1\n", "none of name, email and username"),
            ("id,name\nC-1,Ada\nC-2\n", "line 3: it has 1 columns, the header 2"),
            ("id,name\nC-1,Ada\n,Grace\n", "line 3 has no id"),
        ] {
            let failure = with(text, async |csv| csv.exact("nobody").await.unwrap_err());
            assert!(failure.message.contains(what), "{text:?}: {}", failure.message);
            assert_eq!(failure.exit_code(), crate::domain::ExitCode::USAGE);
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
