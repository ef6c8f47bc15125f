//! The customer directory over LDAP: look-ups by id, login name, e-mail or part of a name.

use std::rc::Rc;

use async_trait::async_trait;
use ldap3::ldap_escape;

use super::dialect::LdapSession;
use crate::domain::ports::CustomerDirectory;
use crate::domain::{Customer, CustomerId, Error, Found, Kind, Particulars, Reason, Result, id_first, several_with};

/// Matches are counted up to about this number. Beyond it the total is not known.
const MAX_COUNTED: usize = 1000;

/// The most entries that one exact value finds. So few are searched for without pages, which servers may refuse.
const MAX_NAMESAKES: usize = 50;

/// A directory server as the customer directory.
pub(super) struct LdapDirectory(pub(super) Rc<LdapSession>);

impl LdapDirectory {
    /// Finds the customers with this value in one of the attributes.
    async fn with(&self, attributes: &[&str], text: &str) -> Result<Vec<Customer>> {
        let escaped = ldap_escape(text);
        let parts: Vec<String> = attributes.iter().map(|attribute| format!("({attribute}={escaped})")).collect();
        let (entries, _) = self.0.search_customers(&format!("(|{})", parts.concat()), MAX_NAMESAKES).await?;
        Ok(self.0.customers(&entries))
    }
}

#[async_trait(?Send)]
impl CustomerDirectory for LdapDirectory {
    async fn find(&self, text: &str, limit: usize) -> Result<Found> {
        let exactly = self.exact(text).await?;
        let filter = self.0.dialect.search_filter(&ldap_escape(text));
        let (mut entries, complete) = self.0.search_customers(&filter, MAX_COUNTED).await?;
        entries.sort_by_cached_key(|entry| {
            [entry.text("sn"), entry.text("cn"), Some(entry.dn.clone())]
                .map(|text| text.map(|text| text.to_lowercase()))
        });
        let others = self.0.customers(&entries);
        let mut customers = exactly;
        customers.extend(others);
        let mut seen = std::collections::HashSet::new();
        customers.retain(|customer| seen.insert(customer.details.last().cloned()));
        let total = complete.then_some(customers.len() as u64);
        customers.truncate(limit);
        Ok(Found { customers, total, left_out: Vec::new() })
    }

    async fn exact(&self, text: &str) -> Result<Vec<Customer>> {
        if text.contains('=')
            && let Some(entry) = self.0.customer_entry(text).await
        {
            return Ok(self.0.customers(&[entry]));
        }
        let session = &self.0;
        let mut names = vec![session.id_attribute(), session.dialect.login_attribute(), "mail"];
        names.extend(session.dialect.exact_name_attributes());
        names.dedup();
        let slow = session.dialect.unindexed_name_attributes();
        let found = self.with(&names, text).await?;
        if found.is_empty() && !slow.iter().all(|name| names.iter().any(|asked| asked.eq_ignore_ascii_case(name))) {
            return self.with(slow, text).await;
        }
        Ok(found)
    }

    async fn of_same_id(&self, customer: &Customer) -> Result<Vec<Customer>> {
        let is_login = self.0.settings.customer_id.is_none() && customer.username.is_some();
        if is_login && self.0.dialect.has_unique_logins() {
            return Ok(vec![customer.clone()]);
        }
        let mut same = self.with(&[self.0.id_attribute()], customer.id.as_str()).await?;
        // A customer without an id attribute goes by another name, and is not found by it here.
        let entry = |customer: &Customer| customer.details.last().cloned();
        if same.iter().all(|other| entry(other) != entry(customer)) {
            same.push(customer.clone());
        }
        Ok(same)
    }

    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>> {
        let mut found = id_first(id.as_str(), self.exact(id.as_str()).await?);
        if found.len() > 1 { Err(several_with(id, found)) } else { Ok(found.pop()) }
    }

    async fn draft(&self, particulars: &Particulars) -> Result<Customer> {
        let particulars = &particulars.checked()?;
        let email = particulars.email.trim();
        let there = self.exact(email).await?;
        if !there.is_empty() {
            return Err(Error::new(
                Kind::Refused,
                Reason::CustomerExists,
                format!("There is a customer with the e-mail address {email} already."),
            )
            .hint("Reset that one, without `--create`.")
            .candidates(there));
        }
        Ok(particulars.to_customer(CustomerId::new(email.to_lowercase())))
    }
}
