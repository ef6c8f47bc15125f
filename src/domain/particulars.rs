//! What `--create` says of a customer whom the directory does not know.

use super::customer::{Customer, CustomerId, LONGEST_ADDRESS, Names};
use super::error::{Error, Kind, Reason, Result};
use super::input_text::{LONGEST_TEXT, one_line};

/// What `--create` says of a customer whom the directory does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Particulars {
    /// The e-mail address.
    pub email: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
}

impl Particulars {
    /// Checks the particulars, and returns them trimmed.
    ///
    /// # Errors
    /// Exit 2, naming the flag: a text is not one readable line, or not an e-mail address.
    pub fn checked(&self) -> Result<Self> {
        let usable = |flag: &str, text: &str, longest: usize| {
            one_line(text, longest).map(str::to_owned).map_err(|why| Error::usage(format!("{flag} {why}.")))
        };
        let email = usable("--email", &self.email, LONGEST_ADDRESS)?;
        let first_name = usable("--first-name", &self.first_name, LONGEST_TEXT)?;
        let last_name = usable("--last-name", &self.last_name, LONGEST_TEXT)?;
        let well_formed = email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && !domain.contains('@')
                && !email.contains(char::is_whitespace)
        });
        if well_formed {
            Ok(Self { email, first_name, last_name })
        } else {
            Err(Error::usage(format!("\"{email}\" is not an e-mail address.")))
        }
    }

    /// Returns the customer with this id, who has no user yet.
    pub(crate) fn to_customer(&self, id: CustomerId) -> Customer {
        let names = Names { first: self.first_name.trim().to_owned(), last: self.last_name.trim().to_owned() };
        Customer {
            name: format!("{} {}", names.first, names.last),
            email: Some(self.email.clone()),
            names: Some(names),
            ..Customer::known_by(id)
        }
    }

    /// Makes the error of an address that these customers have already (exit 2).
    pub(crate) fn already_known(&self, same: Vec<Customer>) -> Error {
        let message = format!("There is a customer with the address {} already.", self.email);
        Error::new(Kind::Usage, Reason::CustomerExists, message)
            .hint("Leave out --create, and name the customer by id.")
            .candidates(same)
    }
}
