//! The customer directory: search and exact look-ups.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};

use super::customer_rows::{exact, select};
use super::errors::store_error;
use super::normalize;
use super::search::find;
use super::session::AgentSession;
use crate::domain::ports::CustomerDirectory;
use crate::domain::{Customer, CustomerId, Found, Particulars, Result, Right};

/// Makes a username `given.family`, with a number if it is taken.
pub(super) fn free_username(connection: &Connection, first: &str, last: &str) -> Result<String> {
    let base = normalize::username(first, last);
    let taken = |name: &str| {
        connection
            .query_row("SELECT 1 FROM user WHERE username = ?1", [name], |_| Ok(()))
            .optional()
            .map(|found| found.is_some())
            .map_err(store_error)
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
    async fn find(&self, text: &str, limit: usize) -> Result<Found> {
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::FindCustomers)?;
        find(&connection, text, limit)
    }

    async fn exact(&self, text: &str) -> Result<Vec<Customer>> {
        let found = self.practice.read(|connection| {
            self.agent(connection)?.must_have(Right::FindCustomers)?;
            exact(connection, text)
        })?;
        Ok(found.into_iter().map(|(_, customer)| customer).collect())
    }

    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>> {
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::FindCustomers)?;
        Ok(select(&connection, "WHERE c.id = ?1", [id.as_str()])?.pop().map(|(_, customer)| customer))
    }

    async fn draft(&self, particulars: &Particulars) -> Result<Customer> {
        let particulars = particulars.checked()?;
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::CreateUsers)?;
        let same = exact(&connection, &particulars.email)?;
        if !same.is_empty() {
            return Err(particulars.already_known(same.into_iter().map(|(_, customer)| customer).collect()));
        }
        let last: i64 = connection
            .query_row("SELECT coalesce(max(number), 0) FROM customer", [], |row| row.get(0))
            .map_err(store_error)?;
        Ok(particulars.to_customer(CustomerId::new(format!("C-{}", 1001 + last))))
    }
}
