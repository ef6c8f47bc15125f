//! A message that was checked: its address is one, and its subject is one line.

use zeroize::Zeroizing;

use super::sender_error::SenderError;
use crate::domain::{Channel, EmailAddress, Message};

/// The longest telephone number, in characters, and the most digits of one (ITU-T E.164 section 6 has 15, and a prefix
/// such as 00 may stand before it).
const MAX_NUMBER: usize = 40;
const MAX_DIGITS: usize = 20;
/// The fewest digits of a telephone number.
const MIN_DIGITS: usize = 3;
/// What people write between the digits.
const BETWEEN_DIGITS: &str = "+-./() \u{a0}";

/// Where a message goes.
pub(super) enum Recipient {
    /// An e-mail address.
    Email(EmailAddress),
    /// A telephone number as the directory has it.
    Phone(String),
}

/// A message that can be sent.
pub(super) struct Outgoing<'a> {
    pub(super) message: &'a Message,
    pub(super) recipient: Recipient,
    /// The subject, as one line.
    pub(super) subject: String,
    /// The text, in which lines end in `\n` and no other control character is left but the tab.
    pub(super) text: Zeroizing<String>,
}

impl<'a> Outgoing<'a> {
    /// Checks a message.
    ///
    /// # Errors
    /// Its address or number is none. The words do not repeat it.
    pub(super) fn new(message: &'a Message) -> Result<Self, SenderError> {
        let address = &message.to.address;
        let recipient = match message.channel() {
            Channel::Email => Recipient::Email(
                EmailAddress::parse(address)
                    .map_err(|why| refused(&format!("The e-mail address on file cannot be used: {why}.")))?,
            ),
            Channel::Phone if is_number(address) => Recipient::Phone(address.trim().to_owned()),
            Channel::Phone => return Err(refused("The telephone number on file cannot be used: it is no number.")),
        };
        if message.id.is_empty() || !message.id.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            return Err(SenderError::permanent("The message has no usable id.").advise("This is a bug in tellonce."));
        }
        let subject = message.subject.replace("\r\n", " ").replace(char::is_control, " ");
        Ok(Self { message, recipient, subject, text: clean(&message.text) })
    }

    /// Returns the address or number as text.
    pub(super) fn to(&self) -> String {
        match &self.recipient {
            Recipient::Email(address) => format!("{}@{}", address.local(), address.domain()),
            Recipient::Phone(number) => number.clone(),
        }
    }
}

fn refused(words: &str) -> SenderError {
    SenderError::permanent(words).of_address().advise("Have it corrected in the customer directory.")
}

fn is_number(text: &str) -> bool {
    let text = text.trim_matches(' ');
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (MIN_DIGITS..=MAX_DIGITS).contains(&digits)
        && text.chars().count() <= MAX_NUMBER
        && text.chars().all(|letter| letter.is_ascii_digit() || BETWEEN_DIGITS.contains(letter))
}

/// Returns the text in a buffer that never grows, so that no copy of it is left behind.
fn clean(text: &str) -> Zeroizing<String> {
    let mut cleaned = Zeroizing::new(String::with_capacity(text.len()));
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' | '\t' => cleaned.push(letter),
            letter if letter.is_control() => cleaned.push(' '),
            letter => cleaned.push(letter),
        }
    }
    cleaned
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;
    use crate::domain::{Contact, Language, MessageKind};

    /// Makes a message with a code in it.
    pub(crate) fn message(channel: Channel, address: &str) -> Message {
        Message {
            kind: MessageKind::Code,
            to: Contact::new(channel, address),
            id: "0123456789abcdef0123456789abcdef".to_owned(),
            language: Language::english(),
            subject: "Your code".to_owned(),
            text: Zeroizing::new("483920\n".to_owned()),
        }
    }

    #[test]
    fn a_subject_is_one_line_and_a_text_has_no_control_characters() {
        let mut message = message(Channel::Email, "ada@example.com");
        message.subject = "Your code\r\nBcc: eve@example.org\0\nX: y\u{85}".to_owned();
        message.text = Zeroizing::new("one\r\ntwo\rthree\0\n\tfour\u{1b}[2J\n".to_owned());
        let outgoing = Outgoing::new(&message).unwrap();
        assert_eq!(outgoing.subject, "Your code Bcc: eve@example.org  X: y ");
        assert_eq!(outgoing.text.as_str(), "one\ntwo three \n\tfour [2J\n");
    }

    #[test]
    fn what_is_no_number_is_refused_and_not_repeated() {
        for number in ["+44 20 7946 0018", "(030) 123-456", "0049/30.123456", "112", " 0301234567 "] {
            assert!(Outgoing::new(&message(Channel::Phone, number)).is_ok(), "{number}");
        }
        let long = "1".repeat(21);
        for number in ["", "12", "ada@example.com", "+44\n20 7946 0018", "0301234567;rm", "$(id)1234", &long] {
            let failed = Outgoing::new(&message(Channel::Phone, number)).err().unwrap().into_failed();
            assert!(failed.is_permanent && !failed.may_be_sent, "{number}");
            assert!(number.is_empty() || !failed.words.contains(number), "{}", failed.words);
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_not_repeated() {
        for address in ["", "ada", "Ada <ada@example.com>", "ada@example.com\r\nRCPT TO:<eve@example.org>"] {
            let failed = Outgoing::new(&message(Channel::Email, address)).err().unwrap().into_failed();
            assert!(failed.is_permanent && !failed.may_be_sent && !failed.hint.is_empty());
            assert!(!failed.words.contains("example"), "{}", failed.words);
        }
    }

    #[test]
    fn an_id_that_would_end_the_header_is_refused() {
        for id in ["", "a>\r\nBcc: eve@example.org", "a b"] {
            let message = Message { id: id.to_owned(), ..message(Channel::Email, "ada@example.com") };
            assert!(Outgoing::new(&message).is_err(), "{id}");
        }
    }
}
