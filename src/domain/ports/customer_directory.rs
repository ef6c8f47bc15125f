//! The port to where customers' profiles come from.

use async_trait::async_trait;

use crate::domain::customer::{Customer, CustomerId, Found};
use crate::domain::error::Result;
use crate::domain::particulars::Particulars;

/// Where customers' profiles come from. It may be the identity backend itself, or something beside it.
#[async_trait(?Send)]
pub trait CustomerDirectory {
    /// Searches by id, username, e-mail or part of a name; at most `limit`.
    async fn find(&self, text: &str, limit: usize) -> Result<Found>;
    /// Everybody whose id, username or e-mail (in any case) is exactly this.
    async fn exact(&self, text: &str) -> Result<Vec<Customer>>;
    /// Everybody who has the id of this customer. A directory in which no two can have one id has nothing to look up.
    async fn of_same_id(&self, customer: &Customer) -> Result<Vec<Customer>> {
        Ok(vec![customer.clone()])
    }
    /// One customer by id.
    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>>;
    /// The customer as `--create` would enter it, with the id it would get; nothing is entered yet.
    async fn draft(&self, particulars: &Particulars) -> Result<Customer>;
}
