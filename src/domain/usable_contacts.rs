//! Tells addresses and numbers that a message can go to from those that are none.

use super::contact::{Channel, Contact, Contacts};
use super::customer::LONGEST_ADDRESS;

/// The longest number, in characters. E.164 has 15 digits; people write more between them.
const LONGEST_NUMBER: usize = 64;
/// What no e-mail address has outside quotes (RFC 5322 section 3.2.3, `specials`, without the dot and the @).
const NOT_IN_ADDRESS: [char; 11] = ['(', ')', '<', '>', '[', ']', ':', ';', ',', '\\', '"'];

impl Contact {
    /// Whether a message can go there: an address has one @ with text on both sides and nothing that would end a header,
    /// a number has a digit. A quoted local part counts as none.
    pub fn is_usable(&self) -> bool {
        let address = self.address.as_str();
        let is_one_line =
            !address.contains(|letter: char| letter.is_control() || letter == char::REPLACEMENT_CHARACTER);
        is_one_line
            && match self.channel {
                Channel::Email => is_address(address),
                Channel::Phone => {
                    address.chars().count() <= LONGEST_NUMBER
                        && address.contains(|letter: char| letter.is_ascii_digit())
                }
            }
    }
}

fn is_address(text: &str) -> bool {
    let parts = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.starts_with('.')
    });
    parts
        && text.chars().count() <= LONGEST_ADDRESS
        && !text.contains(|letter: char| letter.is_whitespace() || NOT_IN_ADDRESS.contains(&letter))
}

impl Contacts {
    /// Takes out what no message can go to, and names it among what cannot be read, without the value.
    #[must_use]
    pub(super) fn with_usable_alone(mut self) -> Self {
        for contact in self.on_file.iter_mut().chain(&mut self.replaced) {
            let trimmed = contact.address.trim_matches(' ');
            if trimmed.len() < contact.address.len() {
                contact.address = trimmed.to_owned();
            }
        }
        let is_of = |channel| move |contact: &&Contact| contact.channel == channel && !contact.is_usable();
        let mut words = Vec::new();
        for (channel, one, several) in [
            (Channel::Email, "e-mail address that is none", "e-mail addresses that are none"),
            (Channel::Phone, "telephone number that is none", "telephone numbers that are none"),
        ] {
            for (contacts, replaced) in [(&self.on_file, ""), (&self.replaced, "replaced ")] {
                let article = if replaced.is_empty() && channel == Channel::Email { "an" } else { "a" };
                match contacts.iter().filter(is_of(channel)).count() {
                    0 => {}
                    1 => words.push(format!("{article} {replaced}{one}")),
                    count => words.push(format!("{count} {replaced}{several}")),
                }
            }
        }
        self.unreadable.extend(words);
        self.on_file.retain(Contact::is_usable);
        self.replaced.retain(Contact::is_usable);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_would_end_a_header_or_name_several_is_none() {
        let email = |address: &str| Contact::new(Channel::Email, address).is_usable();
        for good in ["ada@example.com", "ada+support@mail.example.co.uk", "ädä@bücher.example", "o'brien@host"] {
            assert!(email(good), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(243));
        for none in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@@example.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com\n",
            "ada@example.com, eve@example.com",
            "ada@example.com;eve@example.com",
            "Ada <ada@example.com>",
            "sip:ada@example.com",
            "ada lovelace@example.com",
            "\u{fffd}\u{fffd}@example.com",
            "ada@.example.com",
            &long,
        ] {
            assert!(!email(none), "{none:?}");
        }
        assert!(email(&long[1..]), "254 characters");
    }

    #[test]
    fn a_number_has_a_digit_and_is_one_short_line() {
        let phone = |number: &str| Contact::new(Channel::Phone, number).is_usable();
        for good in ["+44 20 7946 0018", "112", "tel:+44-20-7946-0018;ext=5", "020 7946 0018 ext. 5"] {
            assert!(phone(good), "{good}");
        }
        for none in ["", "ask reception", "+44\r\n20", &"1".repeat(65)] {
            assert!(!phone(none), "{none:?}");
        }
    }

    #[test]
    fn what_is_unusable_is_named_without_its_value() {
        let on_file = vec![
            Contact::new(Channel::Email, " ada@example.com "),
            Contact::new(Channel::Email, "secret"),
            Contact::new(Channel::Phone, "none"),
            Contact::new(Channel::Phone, ""),
        ];
        let replaced = vec![Contact::new(Channel::Email, "old")];
        let found = Contacts { on_file, replaced, ..Contacts::default() }.with_usable_alone();
        assert_eq!(found.on_file, [Contact::new(Channel::Email, "ada@example.com")]);
        assert!(found.replaced.is_empty());
        assert_eq!(
            found.unreadable,
            [
                "an e-mail address that is none",
                "a replaced e-mail address that is none",
                "2 telephone numbers that are none"
            ]
        );
    }
}
