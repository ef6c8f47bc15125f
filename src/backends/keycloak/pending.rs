//! Everything pending, for the sweep.

use super::agent::KeycloakAgent;
use super::standing::{UPDATE_PASSWORD, password, set_at, stamp};
use super::wire::User;
use crate::domain::{Answer, Customer, CustomerId, Pending, Right, UserId};

/// Users read at once.
const PAGE: usize = 200;

impl KeycloakAgent {
    /// Users on whom a change is forced: members of the pending group, where there is one; else of the whole realm,
    /// page by page, since the server cannot search for them.
    pub(super) async fn read_pending(&self) -> Answer<Vec<Pending>> {
        let group = self.pending_group().await?.map(|group| group.id.clone());
        let mut found = Vec::new();
        let mut first = 0;
        loop {
            let page = self.page(group.as_deref(), first).await?;
            let read = page.len();
            for user in page {
                if user.required_actions.iter().any(|action| action == UPDATE_PASSWORD) {
                    found.extend(self.pending_of(user, group.is_some()).await?);
                }
            }
            if read < PAGE {
                return Ok(found);
            }
            first += read;
        }
    }

    async fn page(&self, group: Option<&str>, first: usize) -> Answer<Vec<User>> {
        let (first, most) = (first.to_string(), PAGE.to_string());
        let query = [("first", first.as_str()), ("max", most.as_str()), ("briefRepresentation", "false")];
        match group {
            Some(group) => self.api().get(&["groups", group, "members"], &query, Right::Sweep).await,
            None => self.api().get(&["users"], &query, Right::Sweep).await,
        }
    }

    async fn pending_of(&self, user: User, marked: bool) -> Answer<Option<Pending>> {
        let credentials = self.credentials(&user.id).await?;
        let password = password(&credentials);
        let Some(customer) = self.customer_of(&user).await? else { return Ok(None) };
        Ok(Some(Pending {
            customer,
            stamp: password.map(stamp),
            issued_at: password.and_then(set_at),
            marked,
            withdrawn: password.is_none(),
            user: UserId::new(user.id),
        }))
    }

    /// The customer whose user this is; where customers come from elsewhere, found there.
    async fn customer_of(&self, user: &User) -> Answer<Option<Customer>> {
        let Some(directory) = &self.0.customers else { return Ok(Some(user.customer())) };
        for text in [&user.username, &user.email].into_iter().flatten() {
            // One whom several could be is nobody: what is written down of them would be another's.
            if let [customer] = &directory.exact(text).await?[..] {
                return Ok(Some(customer.clone()));
            }
        }
        Ok(Some(Customer { id: CustomerId::new(user.id.clone()), ..user.customer() }))
    }
}
