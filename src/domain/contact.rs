//! The addresses and numbers on file for a customer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::language::Language;

/// How many values of one attribute are listed.
const MOST_VALUES: usize = 50;

/// How a message reaches a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// By e-mail.
    Email,
    /// By telephone: a text message, or a call.
    Phone,
}

impl Channel {
    /// Returns its name in the configuration, in stores and for senders.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// Returns the channel of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Email, Self::Phone].into_iter().find(|channel| channel.name() == name)
    }
}

/// When an address or number was last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactChanged {
    /// It was changed at this time.
    At(Timestamp),
    /// It has not changed since this time. Whether it changed at that time is not known.
    NotSince(Timestamp),
    /// The directory says that nobody has verified it: whoever entered it need not be the customer.
    Unverified,
    /// The directory does not tell.
    Unknown,
}

/// An address or a number on file for a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// How a message reaches it.
    pub channel: Channel,
    /// The address or number as the directory has it.
    pub address: String,
    /// When it was last changed.
    pub changed: ContactChanged,
}

/// What is on file for a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    /// The addresses and numbers, in the directory's order.
    pub on_file: Vec<Contact>,
    /// The addresses and numbers that were replaced lately, where the directory keeps them, each changed when it was
    /// replaced.
    pub replaced: Vec<Contact>,
    /// What cannot be read, and so may hold another address: "the attribute mobile".
    pub unreadable: Vec<String>,
    /// The customer's language, where the directory has it.
    pub language: Option<Language>,
}

impl Contact {
    /// Makes a contact whose last change is not known.
    pub fn new(channel: Channel, address: impl Into<String>) -> Self {
        Self { channel, address: address.into(), changed: ContactChanged::Unknown }
    }

    /// Returns the address without all but its first letter and its domain, or the number without all but its last
    /// two digits: enough to choose by, and not enough to write to.
    pub fn masked(&self) -> String {
        match self.channel {
            Channel::Email => mask_email(&self.address),
            Channel::Phone => mask_number(&self.address),
        }
    }

    /// Whether this is the same address or number, however it is written.
    fn is_same_as(&self, other: &Self) -> bool {
        let plain = |contact: &Self| match contact.channel {
            Channel::Email => contact.address.trim().to_lowercase(),
            Channel::Phone => {
                contact.address.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect()
            }
        };
        self.channel == other.channel && plain(self) == plain(other)
    }
}

impl Contacts {
    /// Whether this address or number is on file, however it is written.
    pub(super) fn lists(&self, contact: &Contact) -> bool {
        self.on_file.iter().any(|known| known.is_same_as(contact))
    }

    /// Adds the values of "the attribute mail" or "column 3". Those beyond [`MOST_VALUES`] are counted in `unreadable`.
    #[must_use]
    pub fn with_values(self, channel: Channel, of: &str, values: Vec<String>, changed: ContactChanged) -> Self {
        let more = values.len().saturating_sub(MOST_VALUES);
        let on_file = values.into_iter().take(MOST_VALUES);
        let on_file = on_file.map(|value| Contact { changed, ..Contact::new(channel, value) }).collect();
        let unreadable = (more > 0).then(|| format!("{more} more values of {of}"));
        self.with(Self { on_file, unreadable: unreadable.into_iter().collect(), ..Self::default() })
    }

    /// Adds what another source has on file. An address that both have is listed once, as changed at the later time.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        for contact in other.on_file {
            match self.on_file.iter_mut().find(|known| known.is_same_as(&contact)) {
                Some(known) => known.changed = later(known.changed, contact.changed),
                None => self.on_file.push(contact),
            }
        }
        for contact in other.replaced {
            if !self.on_file.iter().chain(&self.replaced).any(|known| known.is_same_as(&contact)) {
                self.replaced.push(contact);
            }
        }
        self.unreadable.extend(other.unreadable);
        self.language = self.language.or(other.language);
        self
    }
}

/// Returns what is known of a change from what two sources know of it.
fn later(one: ContactChanged, other: ContactChanged) -> ContactChanged {
    match (one, other) {
        (ContactChanged::At(one), ContactChanged::At(other)) => ContactChanged::At(one.max(other)),
        (ContactChanged::At(at), _) | (_, ContactChanged::At(at)) => ContactChanged::At(at),
        (ContactChanged::NotSince(one), ContactChanged::NotSince(other)) => ContactChanged::NotSince(one.max(other)),
        (ContactChanged::Unverified, other) | (other, ContactChanged::Unverified) => other,
        (ContactChanged::Unknown, _) | (_, ContactChanged::Unknown) => ContactChanged::Unknown,
    }
}

/// Masks all of an address but its first letter and its domain: `a***@example.com`.
pub(super) fn mask_email(email: &str) -> String {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let first: String = local.chars().take(1).collect();
    if domain.is_empty() { format!("{first}***") } else { format!("{first}***@{domain}") }
}

/// Masks all digits of a number but the last two: `***34`.
fn mask_number(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let shown = if digits.len() > 4 { &digits[digits.len() - 2..] } else { &[] };
    format!("***{}", shown.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn a_masked_address_keeps_its_first_letter_and_its_domain() {
        assert_eq!(mask_email("ada@example.com"), "a***@example.com");
        assert_eq!(mask_email("@example.com"), "***@example.com");
        assert_eq!(mask_email("no-address"), "n***");
        assert_eq!(mask_email(""), "***");
    }

    #[test]
    fn a_masked_number_shows_two_digits_and_never_most_of_it() {
        let masked = |number: &str| Contact::new(Channel::Phone, number).masked();
        assert_eq!(masked("+44 20 7946 0018"), "***18");
        assert_eq!(masked("112"), "***");
        assert_eq!(masked("no digits"), "***");
        assert_eq!(Contact::new(Channel::Email, "ada@example.com").masked(), "a***@example.com");
    }

    #[test]
    fn what_two_sources_have_on_file_is_listed_once_and_the_later_change_counts() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let of = |address: &str, changed| Contacts {
            on_file: vec![Contact { changed, ..Contact::new(Channel::Email, address) }],
            ..Contacts::default()
        };
        let both = of("ada@example.com", ContactChanged::NotSince(at(5)))
            .with(of("Ada@Example.com ", ContactChanged::At(at(9))));
        assert_eq!(both.on_file.len(), 1);
        assert_eq!(both.on_file[0].changed, ContactChanged::At(at(9)));
        let unknown =
            of("ada@example.com", ContactChanged::NotSince(at(5))).with(of("ada@example.com", ContactChanged::Unknown));
        assert_eq!(unknown.on_file[0].changed, ContactChanged::Unknown);
        let two = of("ada@example.com", ContactChanged::Unknown).with(of("ada@example.org", ContactChanged::Unknown));
        assert_eq!(two.on_file.len(), 2);
    }
}
