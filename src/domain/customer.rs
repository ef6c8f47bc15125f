//! The customer: the person being helped, as the customer directory knows them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::contact::{Contacts, mask_email};

/// The id of a customer in the customer directory, which is also the key of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerId(String);

impl CustomerId {
    /// Wraps an id as the directory gave it.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Returns the id as text. It may come from a backend: sanitise it before it reaches a terminal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A customer's profile. A customer may have no user yet; then there is no username either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Customer {
    /// The directory's id.
    pub id: CustomerId,
    /// The display name.
    pub name: String,
    /// The e-mail address; several customers may share one.
    pub email: Option<String>,
    /// The name the customer signs in with, where there is a user.
    pub username: Option<String>,
    /// Given and family name, where the directory keeps them apart.
    #[serde(skip)]
    pub names: Option<Names>,
    /// All other details that the directory has, in its order. `show` lists them.
    #[serde(skip)]
    pub details: Vec<(String, String)>,
    /// The addresses and numbers that the directory has beside the e-mail address.
    #[serde(skip)]
    pub contacts: Contacts,
}

impl Customer {
    /// Makes a customer of whom only the id is known.
    pub fn known_by(id: CustomerId) -> Self {
        Self {
            id,
            name: String::new(),
            email: None,
            username: None,
            names: None,
            details: Vec::new(),
            contacts: Contacts::default(),
        }
    }

    /// Returns given and family name. If the directory does not keep them apart, the family name is the last word.
    pub fn first_and_last(&self) -> Names {
        self.names.clone().unwrap_or_else(|| {
            let (first, last) = self.name.rsplit_once(' ').unwrap_or((self.name.as_str(), ""));
            Names { first: first.to_owned(), last: last.to_owned() }
        })
    }

    /// Returns the ids that the audit log may have: the customer's, and the address that stood for it in a new
    /// customer.
    pub fn known_as(&self) -> impl Iterator<Item = CustomerId> + '_ {
        let email = self.email.as_deref().map(|email| CustomerId::new(email.to_lowercase()));
        std::iter::once(self.id.clone()).chain(email)
    }

    /// Returns the address without all but its first letter and its domain: enough to tell candidates apart.
    pub fn masked_email(&self) -> Option<String> {
        self.email.as_deref().map(mask_email)
    }
}

/// Given and family name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The given name.
    pub first: String,
    /// The family name.
    pub last: String,
}

/// The longest address, in characters (RFC 5321 section 4.5.3.1.3).
pub(super) const LONGEST_ADDRESS: usize = 254;

/// A page of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The matches on this page, best first.
    pub customers: Vec<Customer>,
    /// How many match in all, where the directory can say.
    pub total: Option<u64>,
    /// What was left out because it cannot be read though it may match, in sentences.
    pub left_out: Vec<String>,
}
