//! The port to the directory of customers' profiles.

use async_trait::async_trait;

use crate::domain::customer::{Customer, CustomerId, Found};
use crate::domain::error::Result;
use crate::domain::particulars::Particulars;
use crate::domain::user_profile::UserProfile;

/// The directory that customers' profiles come from. It may be the identity backend itself, or something beside it.
#[async_trait(?Send)]
pub trait CustomerDirectory {
    /// Searches by id, username, e-mail or part of a name; at most `limit`.
    async fn find(&self, text: &str, limit: usize) -> Result<Found>;
    /// Finds every customer whose id, username or e-mail (in any case) is exactly this.
    async fn exact(&self, text: &str) -> Result<Vec<Customer>>;
    /// Finds every customer who has the id of this customer. A directory whose ids are unique has nothing to look up.
    async fn of_same_id(&self, customer: &Customer) -> Result<Vec<Customer>> {
        Ok(vec![customer.clone()])
    }
    /// Whether the directory is beside the backend, so that it does not know who has a user.
    fn is_beside_backend(&self) -> bool {
        false
    }
    /// Finds the other customers who may lead to this user of a customer. In the backend itself each user is one
    /// customer.
    async fn others_of_user(&self, _customer: &Customer, _user: &UserProfile) -> Result<Vec<Customer>> {
        Ok(Vec::new())
    }
    /// Finds a customer by id.
    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>>;
    /// Returns the customer as `--create` would enter it, with the id that it would get. Enters nothing yet.
    async fn draft(&self, particulars: &Particulars) -> Result<Customer>;
}
