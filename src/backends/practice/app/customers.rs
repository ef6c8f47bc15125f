//! Lists the customers of the directory.

use crate::backends::practice::errors::store_error;
use crate::backends::practice::store::Practice;
use crate::backends::practice::user_snapshot::UserRow;
use crate::domain::{Customer, Result, State};

/// The first customers of the directory, and their total.
pub(crate) struct Page {
    /// Each customer with the user's state.
    pub(crate) rows: Vec<(Customer, State)>,
    pub(crate) total: u64,
}

impl Practice {
    /// Lists the first `limit` customers.
    ///
    /// # Errors
    /// Exit 8: the directory does not answer.
    pub(crate) fn customers(&self, limit: usize) -> Result<Page> {
        let now = self.now();
        let connection = self.connection();
        let total = connection.query_row("SELECT count(*) FROM customer", [], |row| row.get(0)).map_err(store_error)?;
        let page =
            crate::backends::practice::customer_rows::select(&connection, "ORDER BY c.number LIMIT ?1", [limit])?;
        let rows = page
            .into_iter()
            .map(|(number, customer)| {
                let state = UserRow::of(&connection, number)?.map(|row| row.state(now)).unwrap_or_default();
                Ok((customer, state))
            })
            .collect::<Result<_>>()?;
        Ok(Page { rows, total })
    }
}
