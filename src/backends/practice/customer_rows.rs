//! Reads customers from the tables.

use rusqlite::{Connection, Params, Row};

use super::errors::store_error;
use crate::domain::{Contacts, Customer, CustomerId, Names, Result};

const CUSTOMER: &str = "SELECT c.id, c.first_name, c.last_name, c.email, c.phone, u.username, c.number FROM customer c LEFT JOIN user u ON u.customer = c.number";

/// Reads the row number and the customer from a row of [`CUSTOMER`].
pub(super) fn customer(row: &Row<'_>) -> rusqlite::Result<(i64, Customer)> {
    let (first, last): (String, String) = (row.get(1)?, row.get(2)?);
    let phone: Option<String> = row.get(4)?;
    let customer = Customer {
        contacts: Contacts::default(),
        id: CustomerId::new(row.get::<_, String>(0)?),
        name: format!("{first} {last}").trim().to_owned(),
        email: row.get(3)?,
        username: row.get(5)?,
        names: Some(Names { first, last }),
        details: phone.map(|phone| ("Phone".to_owned(), phone)).into_iter().collect(),
    };
    Ok((row.get(6)?, customer))
}

/// Selects customers by a condition on `c` (customer) and `u` (user).
pub(super) fn select(connection: &Connection, condition: &str, values: impl Params) -> Result<Vec<(i64, Customer)>> {
    let mut statement = connection.prepare_cached(&format!("{CUSTOMER} {condition}")).map_err(store_error)?;
    let rows = statement.query_map(values, customer).map_err(store_error)?;
    rows.collect::<rusqlite::Result<_>>().map_err(store_error)
}

/// Finds everybody with exactly this id, username or e-mail address. Case does not count.
pub(super) fn exact(connection: &Connection, text: &str) -> Result<Vec<(i64, Customer)>> {
    let mut found = select(connection, "WHERE c.id = ?1", [text])?;
    found.extend(select(connection, "WHERE u.username = ?1", [text])?);
    found.extend(select(connection, "WHERE c.email = ?1 ORDER BY c.number LIMIT 100", [text])?);
    let mut seen = std::collections::HashSet::new();
    found.retain(|(number, _)| seen.insert(*number));
    Ok(found)
}
