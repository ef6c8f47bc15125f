//! Everything pending, for the sweep.

use std::collections::HashSet;

use super::user_lookup::KeycloakAgent;
use super::user_snapshot::{password, set_at, stamp};
use super::wire::User;
use crate::domain::{Customer, CustomerId, Error, Pending, Result, Right, UserId};
use crate::net::retry::Deadline;

/// Users read at once.
const PAGE: usize = 200;
/// More pages than any realm has that is read in one go: half a million users.
const MOST_PAGES: usize = 2_500;

impl KeycloakAgent {
    /// Users on whom a change is forced: members of the pending group, where there is one; else of the whole realm,
    /// page by page, since the server cannot search for them.
    pub(super) async fn read_pending(&self) -> Result<Vec<Pending>> {
        let group = self.pending_group().await?.map(|group| group.id.clone());
        let deadline = self.api().deadline();
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        for _ in 0..MOST_PAGES {
            if deadline.is_over() {
                return Err(self.too_long(seen.len()));
            }
            let page = self.page(group.as_deref(), seen.len(), deadline).await?;
            let (read, before) = (page.len(), seen.len());
            for user in page {
                // A list that moved meanwhile shows somebody twice.
                if !seen.insert(user.id.clone()) {
                    continue;
                }
                // What is not shown may be pending: whoever withdraws it looks again.
                if user.must_change() != Some(false) {
                    found.extend(self.pending_of(user, group.is_some()).await?);
                }
            }
            if read < PAGE {
                return Ok(found);
            }
            if seen.len() == before {
                return Err(Error::unavailable("The server gives the same users again and again, and no end of them.")
                    .hint("Does it, or a proxy, leave out the parameters first and max?"));
            }
        }
        Err(Error::unavailable(format!("The server shows more than {} users.", MOST_PAGES * PAGE))
            .hint("Have the realm prepared, so that only the pending group is read: `tellonce setup`."))
    }

    fn too_long(&self, read: usize) -> Error {
        let limit = self.api().limit().as_secs();
        Error::unavailable(format!("Looking for what is pending took longer than {limit} s; {read} users were read."))
            .hint("Give it more time: `--timeout 10m`. In a realm that `tellonce setup` prepared only the pending group is read.")
    }

    async fn page(&self, group: Option<&str>, first: usize, deadline: Deadline) -> Result<Vec<User>> {
        let (first, most) = (first.to_string(), PAGE.to_string());
        let query = [("first", first.as_str()), ("max", most.as_str()), ("briefRepresentation", "false")];
        match group {
            Some(group) => self.api().get_within(deadline, &["groups", group, "members"], &query, Right::Sweep).await,
            None => self.api().get_within(deadline, &["users"], &query, Right::Sweep).await,
        }
    }

    async fn pending_of(&self, user: User, marked: bool) -> Result<Option<Pending>> {
        let credentials = self.credentials(&user.id).await?;
        let password = password(&credentials);
        let Some(customer) = self.customer_of(&user).await? else { return Ok(None) };
        Ok(Some(Pending {
            customer,
            stamp: password.map(stamp),
            issued_at: password.and_then(set_at),
            marked,
            withdrawn: password.is_none(),
            unreadable: None,
            user: UserId::new(user.id),
        }))
    }

    /// The customer whose user this is; where customers come from elsewhere, found there.
    async fn customer_of(&self, user: &User) -> Result<Option<Customer>> {
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
