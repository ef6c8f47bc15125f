//! The search for all pending temporary passwords, for a sweep.

use super::agent::CognitoAgent;
use super::pool_user::{Lifecycle, PoolUser};
use crate::domain::{Customer, CustomerId, Pending, Result, UserId};

/// The filter for users who must choose a password. A server that ignores it returns everybody, and each is looked at.
const MUST_CHANGE: &str = "cognito:user_status = \"FORCE_CHANGE_PASSWORD\"";

impl CognitoAgent {
    /// Reads the users who must choose a password.
    ///
    /// The time of issue is that of the last change of the user, so that an edit makes it look later. The pool does not show
    /// who issued the password, nor whether it was withdrawn.
    pub(super) async fn read_pending(&self) -> Result<Vec<Pending>> {
        let mut users = Vec::new();
        self.each_page(Some(MUST_CHANGE), self.api().deadline(), |user| {
            if user.lifecycle() == Lifecycle::ChangeRequired {
                users.push(user);
            }
            true
        })
        .await?;
        let mut pending = Vec::with_capacity(users.len());
        for user in users {
            pending.push(Pending {
                customer: self.customer_of(&user).await?,
                stamp: user.stamp(),
                issued_at: user.modified,
                marked: false,
                withdrawn: false,
                unreadable: None,
                immutable_id: user.sub().map(str::to_owned),
                user: UserId::new(user.username),
            });
        }
        Ok(pending)
    }

    /// Finds the customer of a user, in the CSV file if customers come from one.
    async fn customer_of(&self, user: &PoolUser) -> Result<Customer> {
        let Some(directory) = &self.0.customers else { return Ok(user.to_customer()) };
        for text in [Some(user.username.as_str()), user.attribute("email")].into_iter().flatten() {
            // Among several matches none is taken: the audit record would name the wrong customer.
            if let [customer] = &directory.exact(text).await?[..] {
                return Ok(customer.clone());
            }
        }
        Ok(Customer { id: CustomerId::new(user.username.clone()), ..user.to_customer() })
    }
}
