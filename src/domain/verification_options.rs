//! The ways in which a caller can be verified now.

use jiff::Timestamp;

use super::contact::{Channel, Contact, ContactChanged, Contacts};
use super::customer::Customer;
use super::error::{Error, Reason, Result};
use super::verification::{VerificationRules, VerificationWay};

/// One way to verify a caller: by this address or number on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationOption {
    /// The way.
    pub way: VerificationWay,
    /// The address or number.
    pub contact: Contact,
    /// Its place in the list of what is on file, from 1.
    pub number: usize,
}

impl VerificationOption {
    /// Returns it in words for a list to choose from: "send a code to a***@example.com".
    pub fn describe(&self) -> String {
        match self.way {
            VerificationWay::Code => format!("send a code to {}", self.contact.masked()),
            VerificationWay::Callback => format!("call {}", self.contact.masked()),
        }
    }
}

/// All ways in which a caller can be verified, and why the others cannot be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerificationOptions {
    /// What can be used.
    pub usable: Vec<VerificationOption>,
    /// Why the rest cannot, in sentences.
    pub refused: Vec<String>,
}

impl VerificationOptions {
    /// Lists what the rules allow of what is on file. Codes go by these channels.
    pub fn new(rules: &VerificationRules, channels: &[Channel], contacts: &Contacts, now: Timestamp) -> Self {
        let mut options = Self::default();
        for (index, contact) in contacts.on_file.iter().enumerate() {
            let (number, masked) = (index + 1, contact.masked());
            if contact.changed == ContactChanged::Unverified {
                options.refused.push(format!("{masked} was never verified, so that it may be somebody else's."));
                continue;
            }
            if rules.is_too_new(contact, now) {
                options.refused.push(format!("{masked} was changed too recently to be trusted."));
                continue;
            }
            let can = |way| match way {
                VerificationWay::Code => channels.contains(&contact.channel),
                VerificationWay::Callback => contact.channel == Channel::Phone,
            };
            let before = options.usable.len();
            for way in VerificationWay::ALL.into_iter().filter(|way| rules.ways.contains(way) && can(*way)) {
                options.usable.push(VerificationOption { way, contact: contact.clone(), number });
            }
            if options.usable.len() == before {
                let why = match contact.channel {
                    Channel::Email => "no sender for e-mail is set up, or the rules allow no code",
                    Channel::Phone => {
                        "the rules allow no call, and no sender for telephones is set up or the rules allow no code"
                    }
                };
                options.refused.push(format!("{masked} cannot be used: {why}."));
            }
        }
        options.refused.extend(contacts.unreadable.iter().map(|what| format!("{what} cannot be read.")));
        options
    }

    /// Keeps the options with this way and this number on file.
    ///
    /// # Errors
    /// Exit 2: there is nothing on file with that number. Exit 7: no option is left.
    pub(super) fn chosen(
        mut self,
        customer: &Customer,
        on_file: usize,
        (way, number): (Option<VerificationWay>, Option<usize>),
    ) -> Result<Self> {
        if let Some(number) = number.filter(|number| *number == 0 || *number > on_file) {
            let message = format!("{} ({}) has no address or number {number} on file.", customer.name, customer.id);
            return Err(Error::usage(message).hint(format!("`tellonce show {}` lists them.", customer.id)));
        }
        self.usable.retain(|option| {
            way.is_none_or(|way| option.way == way) && number.is_none_or(|number| option.number == number)
        });
        if self.usable.is_empty() { Err(self.nothing_usable(customer)) } else { Ok(self) }
    }

    fn nothing_usable(&self, customer: &Customer) -> Error {
        let reasons = if self.refused.is_empty() {
            "No address or number on file can be used in this way.".to_owned()
        } else {
            self.refused.join(" ")
        };
        Error::refused(
            Reason::NoContact,
            format!("{} ({}) cannot be verified. {reasons}", customer.name, customer.id),
        )
        .hint("Do nothing for this caller. Verify the customer in person, as your organisation's rule for such cases says.")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;
    use crate::domain::contact::ContactChanged;
    use crate::domain::customer::CustomerId;
    use crate::domain::error::Kind;

    fn options(rules: &VerificationRules, channels: &[Channel]) -> VerificationOptions {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let contacts = Contacts {
            on_file: vec![
                Contact::new(Channel::Email, "ada@example.com"),
                Contact { changed: ContactChanged::At(now), ..Contact::new(Channel::Email, "eve@example.com") },
                Contact::new(Channel::Phone, "+44 20 7946 0018"),
            ],
            unreadable: vec!["The attribute mobile".to_owned()],
            ..Contacts::default()
        };
        VerificationOptions::new(rules, channels, &contacts, now)
    }

    fn told(options: &VerificationOptions) -> Vec<String> {
        options.usable.iter().map(VerificationOption::describe).collect()
    }

    #[test]
    fn what_is_offered_is_what_rules_and_senders_allow_and_the_rest_says_why() {
        let both = [Channel::Email, Channel::Phone];
        let all = options(&VerificationRules::default(), &both);
        assert_eq!(told(&all), ["send a code to a***@example.com", "send a code to ***18", "call ***18"]);
        assert!(all.refused[0].contains("e***@example.com was changed too recently"), "{all:?}");
        assert!(all.refused[1].contains("mobile cannot be read"), "{all:?}");
        let mailed = options(&VerificationRules::default(), &[Channel::Email]);
        assert_eq!(told(&mailed), ["send a code to a***@example.com", "call ***18"]);
        let codes = VerificationRules { ways: vec![VerificationWay::Code], ..VerificationRules::default() };
        let none = options(&codes, &[]);
        assert!(none.usable.is_empty() && none.refused.len() == 4, "{none:?}");
    }

    #[test]
    fn a_choice_is_narrowed_and_one_that_leaves_nothing_says_why() {
        let customer = Customer { name: "Ada".to_owned(), ..Customer::known_by(CustomerId::new("C-1")) };
        let all = options(&VerificationRules::default(), &[Channel::Email, Channel::Phone]);
        let chosen = |way, number| all.clone().chosen(&customer, 3, (way, number));
        assert_eq!(told(&chosen(Some(VerificationWay::Callback), None).unwrap()), ["call ***18"]);
        assert_eq!(told(&chosen(None, Some(1)).unwrap()), ["send a code to a***@example.com"]);
        let too_new = chosen(None, Some(2)).unwrap_err();
        assert_eq!((too_new.reason, too_new.kind), (Reason::NoContact, Kind::Refused));
        assert_eq!(chosen(None, Some(4)).unwrap_err().kind, Kind::Usage);
        assert_eq!(chosen(None, Some(0)).unwrap_err().kind, Kind::Usage);
    }
}
