//! The search for all pending temporary passwords, for a sweep.

use std::collections::HashSet;

use super::user_lookup::KeycloakAgent;
use super::user_snapshot::{local_password, set_at, stamp};
use super::wire::{Credential, User};
use crate::domain::{Customer, CustomerId, Error, Pending, Result, Right, UserId};
use crate::net::retry::Deadline;

/// Users per page.
const PAGE_SIZE: usize = 200;
/// The most pages that are read: half a million users.
const MAX_PAGES: usize = 2_500;

impl KeycloakAgent {
    /// Reads the users who must choose a password: the members of the pending group, or of the whole realm without one.
    ///
    /// The realm is read page by page, since the server cannot search for such users.
    pub(super) async fn read_pending(&self) -> Result<Vec<Pending>> {
        let group = self.pending_group().await?.map(|group| group.id.clone());
        let deadline = self.api().deadline();
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        for _ in 0..MAX_PAGES {
            if deadline.is_over() {
                return Err(self.too_long(seen.len()));
            }
            let page = self.read_page(group.as_deref(), seen.len(), deadline).await?;
            let (read, before) = (page.len(), seen.len());
            for user in page {
                // A list that changed between two pages may show a user twice.
                if !seen.insert(user.id.clone()) {
                    continue;
                }
                // A user whose required actions are hidden may be pending; the withdrawal reads the user again.
                if user.must_change() != Some(false) {
                    found.extend(self.pending_of(user, group.is_some()).await?);
                }
            }
            if read < PAGE_SIZE {
                return Ok(found);
            }
            if seen.len() == before {
                return Err(Error::unavailable("The server sends the same users again and again.")
                    .hint("Does it, or a proxy, ignore the parameters first and max?"));
            }
        }
        Err(Error::unavailable(format!("The server shows more than {} users.", MAX_PAGES * PAGE_SIZE))
            .hint("Have the realm prepared, so that only the pending group is read: `tellonce setup`."))
    }

    fn too_long(&self, read: usize) -> Error {
        let limit = self.api().limit().as_secs();
        Error::unavailable(format!("Looking for what is pending took longer than {limit} s; {read} users were read."))
            .hint("Give it more time: `--timeout 10m`. In a realm that `tellonce setup` prepared only the pending group is read.")
    }

    async fn read_page(&self, group: Option<&str>, first: usize, deadline: Deadline) -> Result<Vec<User>> {
        let (first, max) = (first.to_string(), PAGE_SIZE.to_string());
        let query = [("first", first.as_str()), ("max", max.as_str()), ("briefRepresentation", "false")];
        match group {
            Some(group) => self.api().get_within(deadline, &["groups", group, "members"], &query, Right::Sweep).await,
            None => self.api().get_within(deadline, &["users"], &query, Right::Sweep).await,
        }
    }

    async fn pending_of(&self, user: User, marked: bool) -> Result<Option<Pending>> {
        let credentials = self.credentials(&user.id).await?;
        let password = local_password(&credentials);
        let Some(customer) = self.customer_of(&user).await? else { return Ok(None) };
        Ok(Some(Pending {
            customer,
            stamp: password.map(stamp),
            issued_at: password.and_then(set_at),
            marked,
            withdrawn: password.is_none_or(Credential::is_withdrawn),
            unreadable: None,
            immutable_id: Some(user.id.clone()),
            user: UserId::new(user.id),
        }))
    }

    /// Finds the customer of a user, in the CSV file if customers come from one.
    async fn customer_of(&self, user: &User) -> Result<Option<Customer>> {
        let Some(directory) = &self.0.customers else { return Ok(Some(user.to_customer())) };
        for text in [&user.username, &user.email].into_iter().flatten() {
            // Among several matches none is taken: the audit record would name the wrong customer.
            if let [customer] = &directory.exact(text).await?[..] {
                return Ok(Some(customer.clone()));
            }
        }
        Ok(Some(Customer { id: CustomerId::new(user.id.clone()), ..user.to_customer() }))
    }
}
