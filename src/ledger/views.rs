//! Records what an agent looks at, before it is shown, and sealed passwords that were opened.

use super::drafts::blank;
use super::event::Event;
use super::ledger::Ledger;
use super::pseudonyms::{mask, mask_addresses};
use super::record::Draft;
use crate::domain::{AttemptId, Customer, CustomerId, ProfileRef, Result, Session, UserProfile};

/// What is about to be shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View<'a> {
    /// One customer, with their user if they have one.
    Customer {
        /// The name of the command that shows them.
        command: &'static str,
        /// The customer.
        customer: &'a Customer,
        /// Their user.
        user: Option<&'a UserProfile>,
    },
    /// The customers that match a text.
    Search {
        /// The text.
        text: &'a str,
        /// How many match.
        found: u64,
    },
}

impl Ledger {
    /// Writes down that a sealed password was opened and shown here; no session is needed for that.
    ///
    /// # Errors
    /// Exit 8: the record could not be written.
    pub async fn unsealed(&self, profile_ref: &ProfileRef, customer: &CustomerId, attempt: &AttemptId) -> Result<()> {
        let event = Event::Unsealed { of_attempt: attempt.to_string() };
        let draft = Draft {
            attempt: self.fresh_id()?.to_string(),
            profile: profile_ref.profile.clone(),
            backend: profile_ref.backend.clone(),
            customer: Some(self.id_in_records(customer.as_str()).await?),
            action: Some("unseal".to_owned()),
            ..self.shared.writer.own_draft(event)
        };
        self.shared.writer.write(draft).await
    }

    /// Writes down what is about to be shown. What cannot be written down must not be shown.
    ///
    /// # Errors
    /// Exit 8: the record could not be written.
    pub(crate) async fn viewed(&self, session: &Session, view: View<'_>) -> Result<()> {
        let (store, ids) = (self.store().await?, &self.shared.ids);
        let draft = |event| Ok(Draft { action: Some("view".to_owned()), ..blank(session, &self.fresh_id()?, event) });
        let draft: Draft = match view {
            View::Customer { command, customer, user } => {
                let id = match user {
                    Some(user) => Some(ids.in_records(store, user.id_in_records()).await?),
                    None => None,
                };
                Draft {
                    customer: Some(ids.in_records(store, customer.id.as_str()).await?),
                    user: id,
                    username: mask(user.and_then(|user| user.username.as_deref())),
                    ..draft(Event::Viewed { command: command.to_owned(), text: None, found: 1 })?
                }
            }
            View::Search { text, found } => {
                let text = if is_address(text) {
                    ids.in_records(store, text).await?
                } else {
                    mask_addresses(text).into_owned()
                };
                draft(Event::Viewed { command: "find".to_owned(), text: Some(text), found })?
            }
        };
        self.shared.writer.write(draft).await
    }
}

/// Whether a text is an address and nothing else, so that its pseudonym is that of the customer's id.
fn is_address(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn only_a_whole_address_gets_a_pseudonym() {
        for (text, expected) in [
            ("ada@example.com", true),
            ("mail of ada@example.com", false),
            ("@example.com", false),
            ("ada@", false),
            ("ada", false),
        ] {
            assert_eq!(is_address(text), expected, "{text}");
        }
    }
}
