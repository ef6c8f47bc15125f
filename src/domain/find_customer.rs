//! Step 2: finds the one customer whom a request is about.

use super::assessment::{CustomerRef, Need};
use super::customer::Customer;
use super::error::Result;
use super::identify::{Match, check_id_is_unique, match_customer};
use super::session::Session;

/// Finds the one customer whom the request is about. Returns the choice for the agent if several may be meant.
pub(super) async fn find_customer(reference: &CustomerRef, session: &Session) -> Result<Result<Customer, Need>> {
    match reference {
        CustomerRef::Found(customer) => Ok(Ok((**customer).clone())),
        CustomerRef::Chosen(customer) => {
            check_id_is_unique(customer, session).await?;
            Ok(Ok((**customer).clone()))
        }
        CustomerRef::Named(text) => Ok(match match_customer(text, session).await? {
            Match::One(customer) => Ok(*customer),
            Match::Choice { question, customers, otherwise } => Err(Need::Choice { question, customers, otherwise }),
        }),
    }
}
