//! The request for a reset, and the customer whom it is about.

use super::assessment::{CustomerRef, Need};
use super::case::Case;
use super::customer::Customer;
use super::error::{Error, Result};
use super::find_customer::find_customer;
use super::identify::usable;
use super::particulars::Particulars;
use super::session::{AT_LEAST, Session};

/// What the agent asked for.
#[derive(Clone, Debug, Default)]
pub struct ResetRequest {
    /// The customer whom the request is about.
    pub customer: CustomerRef,
    /// `--create`: enter the customer if the directory does not know them.
    pub create: Option<Particulars>,
    /// `--unlock`: also lift a lock-out.
    pub unlock: bool,
    /// The case, for the audit log.
    pub case: Case,
}

impl ResetRequest {
    /// Takes steps 1 and 2 alone, for a caller that has something to do before the others. From then on the request is
    /// about the customer who was found.
    ///
    /// # Errors
    /// Those of an assessment: nobody is meant (exit 3), or several are (5). The agent is not asked.
    pub async fn find_customer(&mut self, session: &Session) -> Result<Customer> {
        session.backend().keep_alive(AT_LEAST).await?; // 1
        match customer_of(self, session).await? {
            // 2
            Ok(customer) => {
                self.customer = CustomerRef::Found(Box::new(customer.clone()));
                Ok(customer)
            }
            Err(Need::Choice { otherwise, .. }) => Err(*otherwise),
            Err(_) => Err(Error::bug("Whom a reset is about was not found, and nobody can say why.")),
        }
    }
}

/// Step 2: finds the customer, or with `--create` drafts a new one.
pub(super) async fn customer_of(request: &ResetRequest, session: &Session) -> Result<Result<Customer, Need>> {
    if let (Some(particulars), CustomerRef::Named(name)) = (&request.create, &request.customer)
        && session.directory().exact(usable(name)?).await?.is_empty()
    {
        return session.directory().draft(particulars).await.map(Ok);
    }
    find_customer(&request.customer, session).await
}
