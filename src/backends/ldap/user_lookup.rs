//! Finds users and customers over a signed-in agent's connection.

use ldap3::{Scope, ldap_escape};

use super::contacts;
use super::dialect::{LdapSession, PendingState};
use super::dn;
use super::entry::Entry;
use super::settings::suffix;
use crate::domain::{
    ContactChanged, Contacts, Customer, CustomerId, Error, Kind, Names, NewUser, Pending, Reason, Result, Unreadable,
    UserId, UserProfile,
};

/// The label of the detail that holds an entry's name, by which the entry is found again.
const ENTRY: &str = "Entry";
/// How many users are sampled for whether the agent may search by the immutable id.
const SAMPLE: usize = 5;

impl LdapSession {
    /// Returns the top of the directory: the naming context above `base`, or the `dc=` part of `base`.
    pub(super) fn domain(&self) -> &str {
        self.server_facts.top.as_deref().unwrap_or_else(|| suffix(&self.settings.base))
    }

    /// Returns the attributes that a customer is read from.
    pub(super) fn customer_attributes(&self) -> Vec<&str> {
        let mut attributes = vec![
            "objectClass",
            "cn",
            "displayName",
            "givenName",
            "sn",
            "mail",
            "telephoneNumber",
            "description",
            self.dialect.login_attribute(),
            self.dialect.immutable_id().attribute,
        ];
        attributes.extend(self.dialect.exact_name_attributes());
        attributes.extend(self.dialect.unindexed_name_attributes());
        attributes.extend(self.settings.customer_id.as_deref());
        for name in contacts::attributes(&self.settings.contact_attributes) {
            if !attributes.iter().any(|asked| asked.eq_ignore_ascii_case(name)) {
                attributes.push(name);
            }
        }
        attributes
    }

    /// Returns the attributes that a customer and the user snapshot are read from.
    pub(super) fn snapshot_attributes(&self, dn: &str) -> Vec<&str> {
        [&self.customer_attributes()[..], &self.dialect.snapshot_attributes(dn)].concat()
    }

    /// Returns the attribute with the customer's id.
    pub(super) fn id_attribute(&self) -> &str {
        self.settings.customer_id.as_deref().unwrap_or_else(|| self.dialect.login_attribute())
    }

    /// Searches for entries of users and contacts. Leaves out a contact whose e-mail address a user has.
    pub(super) async fn search_customers(&self, filter: &str, most: usize) -> Result<(Vec<Entry>, bool)> {
        let attributes = self.customer_attributes();
        let users = format!("(&{}{filter})", self.dialect.user_filter());
        let found = self.connection.search(&self.settings.base, Scope::Subtree, &users, &attributes, most).await?;
        let (mut entries, mut complete) = (found.entries, found.complete);
        if let Some(contacts) = &self.settings.contacts {
            let filter = format!("(&{}{filter})", self.dialect.contact_filter());
            let more = self.connection.search(contacts, Scope::Subtree, &filter, &attributes, most).await?;
            complete &= more.complete;
            for contact in more.entries {
                let mail = contact.text("mail").map(|mail| mail.to_lowercase());
                let has_user = match &mail {
                    Some(mail) => !self.users_by("mail", mail).await?.is_empty(),
                    None => false,
                };
                if !has_user && !entries.iter().any(|entry| entry.dn == contact.dn) {
                    entries.push(contact);
                }
            }
        }
        Ok((entries, complete))
    }

    /// Reads the customer's entry of this name (DN). Returns `None` for anything that is not a customer's entry.
    pub(super) async fn customer_entry(&self, dn: &str) -> Option<Entry> {
        let people = format!("(|{}{})", self.dialect.user_filter(), self.dialect.contact_filter());
        let found = self.connection.search(dn, Scope::Base, &people, &self.customer_attributes(), 1).await.ok()?;
        let base = |entry: &Entry| {
            if entry.has(self.dialect.login_attribute()) {
                Some(&self.settings.base)
            } else {
                self.settings.contacts.as_ref()
            }
        };
        found.entries.into_iter().find(|entry| base(entry).is_some_and(|base| dn::is_below(&entry.dn, base)))
    }

    /// Returns the name of any one user, to try what the agent can read of it.
    pub(super) async fn first_user_dn(&self) -> Result<Option<String>> {
        let one = self.connection.search(&self.settings.base, Scope::Subtree, self.dialect.user_filter(), &["1.1"], 1);
        Ok(one.await?.entries.into_iter().next().map(|user| user.dn))
    }

    /// Returns some of the users below an entry, perhaps from the cache.
    pub(super) async fn sample_users(&self, base: &str, attributes: &[&str], most: usize) -> Result<Vec<Entry>> {
        let users = self.dialect.user_filter();
        let found = self.connection.search_cached(base, Scope::Subtree, users, attributes, most).await?;
        Ok(found.entries)
    }

    /// Finds the users with exactly this value.
    pub(super) async fn users_by(&self, attribute: &str, value: &str) -> Result<Vec<Entry>> {
        let filter = format!("(&{}({attribute}={}))", self.dialect.user_filter(), ldap_escape(value));
        let attributes = self.customer_attributes();
        Ok(self.connection.search(&self.settings.base, Scope::Subtree, &filter, &attributes, 10).await?.entries)
    }

    /// Finds the user with this immutable id. Returns `None` if there is none below `base`.
    ///
    /// # Errors
    /// Exit 7: the agent may not search by that id, or sees no user at all.
    pub(super) async fn user_by_immutable_id(&self, id: &str) -> Result<Option<UserProfile>> {
        let immutable_id = self.dialect.immutable_id();
        let Some(filter) = immutable_id.filter(id) else { return Ok(None) };
        let (base, users) = (&self.settings.base, self.dialect.user_filter());
        let filter = format!("(&{users}{filter})");
        let found = self.connection.search(base, Scope::Subtree, &filter, &self.customer_attributes(), 1).await?;
        if let Some(entry) = found.entries.first() {
            return Ok(Some(UserProfile { immutable_id: Some(id.to_lowercase()), ..self.user_profile(entry) }));
        }
        // A search by a hidden attribute finds nobody. Every entry has this one, so it has to find those who are there.
        let attribute = immutable_id.attribute;
        let has_id = format!("({attribute}=*)");
        let sample = self.sample_users(base, &["1.1"], SAMPLE).await?;
        let mut are_found = !sample.is_empty();
        for user in sample.iter().take(SAMPLE) {
            let found = self.connection.search_cached(&user.dn, Scope::Base, &has_id, &["1.1"], 1).await?;
            are_found &= !found.entries.is_empty();
        }
        if are_found {
            return Ok(None);
        }
        let right = format!("the right to read {attribute} of the users below {base}");
        let hidden = Unreadable::new(attribute, "whether a user is still there", right);
        Err(Error::refused(Reason::Unreadable, format!("{}.", hidden.describe()))
            .hint("`tellonce doctor` checks what the agents may read."))
    }

    /// Makes customers of entries. Where several entries have one id, their names (DN) take its place.
    pub(super) fn customers(&self, entries: &[Entry]) -> Vec<Customer> {
        let mut customers: Vec<Customer> = entries.iter().map(|entry| self.customer(entry)).collect();
        for at in 0..customers.len() {
            let shared = customers.iter().filter(|other| other.id == customers[at].id).count() > 1;
            if shared {
                let id = customers[at].id.clone();
                let mut same: Vec<_> =
                    customers.iter_mut().zip(entries).filter(|(customer, _)| customer.id == id).collect();
                // A contact goes by its e-mail address: it yields to the user whose id that is.
                let is_one = same.iter().filter(|(_, entry)| entry.has(self.id_attribute())).count() == 1;
                same.retain(|(_, entry)| !is_one || !entry.has(self.id_attribute()));
                for (customer, entry) in same {
                    customer.id = CustomerId::new(entry.dn.clone());
                }
            }
        }
        customers
    }

    /// Makes a customer of an entry. One without an id goes by the entry's name (DN), which nobody else has.
    fn customer(&self, entry: &Entry) -> Customer {
        let email = entry.text("mail");
        let username = entry.text(self.dialect.login_attribute());
        let id = match (entry.text(self.id_attribute()), &self.settings.customer_id) {
            (Some(id), _) => id,
            // A login name or an address could be the id of somebody else.
            (None, Some(_)) => entry.dn.clone(),
            (None, None) => email.as_ref().map_or_else(|| entry.dn.clone(), |email| email.to_lowercase()),
        };
        let (first, last) = (entry.text("givenName"), entry.text("sn"));
        let both = [first.as_deref(), last.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let both = Some(both).filter(|both| !both.is_empty());
        let name = entry.text("displayName").or_else(|| entry.text("cn")).or(both).unwrap_or_else(|| id.clone());
        let mut details: Vec<(String, String)> = [("Phone", "telephoneNumber"), ("Description", "description")]
            .into_iter()
            .filter_map(|(label, attribute)| entry.text(attribute).map(|value| (label.to_owned(), value)))
            .collect();
        for attribute in self.dialect.exact_name_attributes().iter().chain(self.dialect.unindexed_name_attributes()) {
            details.extend(entry.text(attribute).map(|value| ((*attribute).to_owned(), value)));
        }
        details.push((ENTRY.to_owned(), entry.dn.clone()));
        let names = first.zip(last).map(|(first, last)| Names { first, last });
        // What a user's entry has comes with the user's snapshot.
        let contacts = match &username {
            Some(_) => Contacts::default(),
            None => contacts::read(entry, &self.settings.contact_attributes, |_| ContactChanged::Unknown, &[]),
        };
        Customer { id: CustomerId::new(id), name, email, username, names, details, contacts }
    }

    /// Returns the user of an entry, as the directory names them.
    pub(super) fn user_profile(&self, entry: &Entry) -> UserProfile {
        let Customer { name, email, username, .. } = self.customer(entry);
        let immutable_id = self.dialect.immutable_id().of(entry);
        UserProfile { id: UserId::new(entry.dn.clone()), username, name: Some(name), email, immutable_id }
    }

    /// The attribute and the value that give a new user the customer's id. Returns `None` for a customer without one.
    pub(super) fn customer_id_value<'a>(&'a self, new: &'a NewUser) -> Option<(&'a str, &'a str)> {
        let attribute = self.settings.customer_id.as_deref().filter(|_| !new.new_customer)?;
        let id = new.customer.id.as_str();
        let is_a_name = new.customer.details.iter().any(|(label, dn)| label == ENTRY && dn == id);
        (!is_a_name).then_some((attribute, id))
    }

    /// Finds the customer's user, and reads what the snapshot needs. Returns `None` if the customer has no user.
    ///
    /// # Errors
    /// Exit 5: several users could be meant.
    pub(super) async fn user_of(&self, customer: &Customer) -> Result<Option<Entry>> {
        let listed = customer.details.iter().find(|(label, _)| label == ENTRY).map(|(_, dn)| dn);
        if let Some(dn) = listed
            && let Some(entry) = self.connection.read(dn, &self.snapshot_attributes(dn)).await?
            && entry.has(self.dialect.login_attribute())
        {
            return Ok(Some(entry));
        }
        let mut lookups: Vec<(&str, &str)> = Vec::new();
        if let Some(username) = &customer.username {
            lookups.push((self.dialect.login_attribute(), username));
            lookups
                .extend(self.dialect.exact_name_attributes().iter().map(|attribute| (*attribute, username.as_str())));
        }
        // The id of a CSV file is a login name by chance only.
        if self.settings.customers.is_none() || self.settings.customer_id.is_some() {
            lookups.push((self.id_attribute(), customer.id.as_str()));
        }
        lookups.extend(customer.email.as_deref().map(|email| ("mail", email)));
        for (attribute, value) in lookups {
            let found = self.users_by(attribute, value).await?;
            match &found[..] {
                [] => {}
                [user] => return self.connection.read(&user.dn, &self.snapshot_attributes(&user.dn)).await,
                _ => {
                    return Err(Error::new(
                        Kind::Ambiguous,
                        Reason::Ambiguous,
                        format!("\"{value}\" ({attribute}) is more than one user in the directory."),
                    )
                    .hint("Give the id of the one you mean.")
                    .candidates(self.customers(&found)));
                }
            }
        }
        Ok(None)
    }

    /// Lists everybody whose temporary password is pending.
    pub(super) async fn pending(&self) -> Result<Vec<Pending>> {
        let attributes = [&self.customer_attributes()[..], self.dialect.pending_attributes()].concat();
        let filter = format!("(&{}{})", self.dialect.user_filter(), self.dialect.pending_filter());
        let found =
            self.connection.search(&self.settings.base, Scope::Subtree, &filter, &attributes, usize::MAX).await?;
        if !found.complete {
            return Err(Error::unavailable("The directory sent only a part of what is pending (its size limit).")
                .hint(format!("Have the agents' limits raised; {}.", super::search_limits::RAISE_LIMITS)));
        }
        let states = self.dialect.pending_states(self, &found.entries).await?;
        let customers = self.customers(&found.entries);
        let all = customers.into_iter().zip(&found.entries).zip(states);
        Ok(all
            .filter_map(|((customer, entry), state)| {
                let unreadable = match state {
                    PendingState::Pending => None,
                    PendingState::Unreadable(value) => Some(value),
                    PendingState::NotPending => return None,
                };
                let stamp = self.dialect.stamp(entry);
                let issued_at = stamp.as_ref().and_then(|stamp| stamp.at);
                let user = UserId::new(entry.dn.clone());
                let immutable_id = self.dialect.immutable_id().of(entry);
                Some(Pending {
                    customer,
                    user,
                    immutable_id,
                    issued_at,
                    stamp,
                    marked: false,
                    withdrawn: false,
                    unreadable,
                })
            })
            .collect())
    }

    /// Makes a login name that nobody has yet.
    pub(super) async fn free_login(&self, customer: &Customer) -> Result<String> {
        let local = customer.email.as_deref().and_then(|email| email.split_once('@')).map(|(local, _)| local);
        let base = login_from(local.unwrap_or(&customer.name), self.dialect.max_login_length());
        let domain = self.domain();
        for number in 1..100_u32 {
            let name = if number == 1 { base.clone() } else { format!("{base}{number}") };
            let filter = self.dialect.taken_login_filter(&name);
            let taken = self.connection.search(domain, Scope::Subtree, &filter, &["1.1"], 1).await?;
            if taken.entries.is_empty() {
                return Ok(name);
            }
        }
        Err(Error::unavailable(format!("No login name that begins with \"{base}\" is free.")))
    }

    /// Reads the entry of a user by its name.
    pub(super) async fn entry(&self, user: &UserId, attributes: &[&str]) -> Result<Entry> {
        let entry = self.connection.read(user.as_str(), attributes).await?;
        entry.ok_or_else(|| Error::unavailable("The user is gone from the directory, or may not be read any more."))
    }
}

/// Makes a login name of a text: characters that every server takes, with room for a number behind them.
fn login_from(text: &str, longest: usize) -> String {
    let letters = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    let name: String = text.to_lowercase().replace(' ', ".").chars().filter(letters).take(longest - 2).collect();
    let name = name.trim_end_matches('.');
    if name.is_empty() { "customer".to_owned() } else { name.to_owned() }
}
