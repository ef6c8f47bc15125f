//! The customer directory: search that stays fast over a million customers, and exact look-ups.

use std::collections::HashSet;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::fold;
use super::session::AgentSession;
use super::store::told;
use crate::domain::ports::CustomerDirectory;
use crate::domain::{Answer, Customer, CustomerId, Failure, Found, Kind, Particulars, Reason, Right};

/// Matches are counted up to here; beyond, the total is not said.
const COUNTED: usize = 1000;
/// The trigram index knows texts of at least this many characters.
const TRIGRAM: usize = 3;
/// The longest name or address that `--create` takes, in characters (an address: RFC 5321 section 4.5.3.1.3).
const LONGEST: usize = 254;

const CUSTOMER: &str = "SELECT c.id, c.first_name, c.last_name, c.email, c.phone, u.username, c.number FROM customer c LEFT JOIN user u ON u.customer = c.number";

/// A customer from a row of [`CUSTOMER`].
pub(super) fn customer(row: &Row<'_>) -> rusqlite::Result<(i64, Customer)> {
    let (first, last): (String, String) = (row.get(1)?, row.get(2)?);
    let phone: Option<String> = row.get(4)?;
    let customer = Customer {
        id: CustomerId::new(row.get::<_, String>(0)?),
        name: format!("{first} {last}").trim().to_owned(),
        email: row.get(3)?,
        username: row.get(5)?,
        details: phone.map(|phone| ("Phone".to_owned(), phone)).into_iter().collect(),
    };
    Ok((row.get(6)?, customer))
}

/// The customers of a condition on `c` (customer) and `u` (user).
pub(super) fn select(connection: &Connection, condition: &str, values: impl Params) -> Answer<Vec<(i64, Customer)>> {
    let mut statement = connection.prepare_cached(&format!("{CUSTOMER} {condition}")).map_err(told)?;
    let rows = statement.query_map(values, customer).map_err(told)?;
    rows.collect::<rusqlite::Result<_>>().map_err(told)
}

/// Everybody whose id, username or e-mail is exactly this, in any case.
pub(super) fn exact(connection: &Connection, text: &str) -> Answer<Vec<(i64, Customer)>> {
    let mut found = select(connection, "WHERE c.id = ?1", [text])?;
    found.extend(select(connection, "WHERE u.username = ?1", [text])?);
    found.extend(select(connection, "WHERE c.email = ?1 ORDER BY c.number LIMIT 100", [text])?);
    let mut seen = HashSet::new();
    found.retain(|(number, _)| seen.insert(*number));
    Ok(found)
}

/// A page of matches, best first: exact ones, then names that begin with the text, then those that contain it.
struct Page {
    wanted: usize,
    seen: HashSet<i64>,
    customers: Vec<Customer>,
}

impl Page {
    fn is_full(&self) -> bool {
        self.customers.len() >= self.wanted
    }

    fn add(&mut self, found: Vec<(i64, Customer)>) {
        for (number, customer) in found {
            if !self.is_full() && self.seen.insert(number) {
                self.customers.push(customer);
            }
        }
    }
}

/// The first text after all that begin with this one.
fn after(prefix: &str) -> String {
    format!("{prefix}\u{10ffff}")
}

const BEGINNINGS: [&str; 3] = [
    "WHERE c.last_folded >= ?1 AND c.last_folded < ?2 ORDER BY c.last_folded LIMIT ?3",
    "WHERE c.first_folded >= ?1 AND c.first_folded < ?2 ORDER BY c.first_folded LIMIT ?3",
    "WHERE c.id >= ?1 AND c.id < ?2 ORDER BY c.id LIMIT ?3",
];

fn find(connection: &Connection, text: &str, limit: usize) -> Answer<Found> {
    let folded = fold::folded(text);
    let mut page = Page { wanted: limit, seen: HashSet::new(), customers: Vec::new() };
    page.add(exact(connection, text)?);
    for beginning in BEGINNINGS {
        if !page.is_full() {
            page.add(select(connection, beginning, params![folded, after(&folded), limit])?);
        }
    }
    let is_short = text.chars().count() < TRIGRAM;
    if !page.is_full() && !is_short {
        page.add(select(
            connection,
            "JOIN search ON search.rowid = c.number WHERE search MATCH ?1 LIMIT ?2",
            params![phrase(text), limit],
        )?);
    }
    let total = if page.is_full() { count(connection, text, &folded, is_short)? } else { Some(page.customers.len()) };
    Ok(Found { customers: page.customers, total: total.map(|total| total as u64) })
}

/// How many match, if they are not too many to count in time.
fn count(connection: &Connection, text: &str, folded: &str, is_short: bool) -> Answer<Option<usize>> {
    let counted = if is_short {
        let any = "SELECT count(*) FROM (SELECT number FROM customer WHERE last_folded >= ?1 AND last_folded < ?2
             UNION SELECT number FROM customer WHERE first_folded >= ?1 AND first_folded < ?2
             UNION SELECT number FROM customer WHERE id >= ?1 AND id < ?2 LIMIT ?3)";
        if beginnings_are_many(connection, folded)? {
            return Ok(None);
        }
        connection.prepare_cached(any).and_then(|mut statement| {
            statement.query_row(params![folded, after(folded), COUNTED + 1], |row| row.get::<_, usize>(0))
        })
    } else {
        connection
            .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ?1 LIMIT ?2)")
            .and_then(|mut statement| statement.query_row(params![phrase(text), COUNTED + 1], |row| row.get(0)))
    };
    Ok(Some(counted.map_err(told)?).filter(|counted| *counted <= COUNTED))
}

/// A union sorts all it joins: not where one part alone is too many.
fn beginnings_are_many(connection: &Connection, folded: &str) -> Answer<bool> {
    for part in ["last_folded", "first_folded", "id"] {
        let counted: usize = connection
            .prepare_cached(&format!(
                "SELECT count(*) FROM (SELECT 1 FROM customer WHERE {part} >= ?1 AND {part} < ?2 LIMIT ?3)"
            ))
            .and_then(|mut statement| {
                statement.query_row(params![folded, after(folded), COUNTED + 1], |row| row.get(0))
            })
            .map_err(told)?;
        if counted > COUNTED {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The text as one FTS5 string, so that nothing in it is an operator (sqlite.org/fts5, section 3.1).
fn phrase(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Checks what `--create` was told.
fn check(particulars: &Particulars) -> Answer<()> {
    let Particulars { email, first_name, last_name } = particulars;
    for (flag, value) in [("--email", email), ("--first-name", first_name), ("--last-name", last_name)] {
        if value.trim().is_empty() || value.chars().count() > LONGEST || value.chars().any(char::is_control) {
            return Err(Failure::usage(format!(
                "{flag} is empty, longer than {LONGEST} characters, or has control characters in it."
            )));
        }
    }
    let well_formed = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !domain.contains('@')
            && !email.contains(char::is_whitespace)
    });
    if well_formed { Ok(()) } else { Err(Failure::usage(format!("\"{email}\" is not an e-mail address."))) }
}

/// given.family, with a number where it is taken.
pub(super) fn free_username(connection: &Connection, first: &str, last: &str) -> Answer<String> {
    let base = fold::username(first, last);
    let taken = |name: &str| {
        connection
            .query_row("SELECT 1 FROM user WHERE username = ?1", [name], |_| Ok(()))
            .optional()
            .map(|found| found.is_some())
            .map_err(told)
    };
    let mut name = base.clone();
    let mut number = 2;
    while taken(&name)? {
        name = format!("{base}{number}");
        number += 1;
    }
    Ok(name)
}

#[async_trait(?Send)]
impl CustomerDirectory for AgentSession {
    async fn find(&self, text: &str, limit: usize) -> Answer<Found> {
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::FindCustomers)?;
        find(&connection, text, limit)
    }

    async fn exact(&self, text: &str) -> Answer<Vec<Customer>> {
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::FindCustomers)?;
        Ok(exact(&connection, text)?.into_iter().map(|(_, customer)| customer).collect())
    }

    async fn get(&self, id: &CustomerId) -> Answer<Option<Customer>> {
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::FindCustomers)?;
        Ok(select(&connection, "WHERE c.id = ?1", [id.as_str()])?.pop().map(|(_, customer)| customer))
    }

    async fn draft(&self, particulars: &Particulars) -> Answer<Customer> {
        check(particulars)?;
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::CreateUsers)?;
        let same = exact(&connection, &particulars.email)?;
        if !same.is_empty() {
            return Err(Failure::new(
                Kind::Usage,
                Reason::CustomerExists,
                format!("There is a customer with the address {} already.", particulars.email),
            )
            .hint("Leave out --create, and name the customer by id.")
            .candidates(same.into_iter().map(|(_, customer)| customer).collect()));
        }
        let last: i64 = connection
            .query_row("SELECT coalesce(max(number), 0) FROM customer", [], |row| row.get(0))
            .map_err(told)?;
        Ok(Customer {
            id: CustomerId::new(format!("C-{}", 1001 + last)),
            name: format!("{} {}", particulars.first_name.trim(), particulars.last_name.trim()),
            email: Some(particulars.email.clone()),
            username: None,
            details: Vec::new(),
        })
    }
}
