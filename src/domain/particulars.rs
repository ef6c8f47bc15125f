//! What `--create` says of a customer whom the directory does not know.

use super::customer::LONGEST_ADDRESS;
use super::error::{Error, Result};
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
}
