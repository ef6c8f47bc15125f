//! Composes the mail of a message (RFC 5322).

use lettre::Address;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail, SinglePart};
use zeroize::Zeroizing;

use super::super::outgoing::Outgoing;
use super::super::sender_error::SenderError;
use crate::config::SmtpConfig;
use crate::domain::EmailAddress;

/// Tells other programs that a program wrote the mail, so that none answers it (RFC 3834 section 5).
#[derive(Clone)]
struct AutoSubmitted;

/// The value for a mail that answers no other.
const AUTO_GENERATED: &str = "auto-generated";

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), AUTO_GENERATED.to_owned())
    }
}

/// Returns an address for the library. It was checked more strictly than the library checks.
pub(super) fn address(checked: &EmailAddress) -> Address {
    Address::new_dangerous(checked.local(), checked.domain())
}

/// Composes the mail. It is wiped when dropped; what the library copied is wiped by the allocator (docs/adr/0008).
///
/// The Message-ID is made from the message's own id, so that a mail that comes twice can be told as one.
///
/// # Errors
/// The library refuses a header, which is a bug.
pub(super) fn compose(
    config: &SmtpConfig,
    to: &EmailAddress,
    outgoing: &Outgoing<'_>,
) -> Result<Zeroizing<Vec<u8>>, SenderError> {
    let id = format!("<{}@{}>", outgoing.message.id, config.from.domain());
    let name = config.from_name.as_ref().map(|name| name.replace(char::is_control, " ")); // the library panics on these
    let mail = Mail::builder()
        .from(Mailbox::new(name, address(&config.from)))
        .to(Mailbox::new(None, address(to)))
        .subject(outgoing.subject.clone())
        .date_now()
        .message_id(Some(id))
        .header(AutoSubmitted)
        .singlepart(SinglePart::plain(outgoing.text.trim_end_matches('\n').to_owned())) // it adds a line break
        .map_err(|_| SenderError::permanent("The mail cannot be composed.").advise("This is a bug in tellonce."))?;
    Ok(Zeroizing::new(mail.formatted()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::super::super::outgoing::tests::message;
    use super::*;
    use crate::config::SmtpTls;
    use crate::domain::Channel;

    fn composed(name: &str, subject: &str, text: &str) -> String {
        let config = SmtpConfig {
            host: url::Host::parse("mail.example.com").unwrap(),
            port: 465,
            tls: SmtpTls::Implicit,
            from_name: Some(name.to_owned()),
            from: EmailAddress::parse("support@example.com").unwrap(),
            credentials: None,
            ca_cert: None,
        };
        let mut message = message(Channel::Email, "ada@example.com");
        subject.clone_into(&mut message.subject);
        message.text = Zeroizing::new(text.to_owned());
        let outgoing = Outgoing::new(&message).unwrap();
        let to = EmailAddress::parse("ada@example.com").unwrap();
        String::from_utf8(compose(&config, &to, &outgoing).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn a_mail_says_who_wrote_it_and_that_a_program_did() {
        let mail = composed("Example Support", "Your code", "The code is 483920.\n");
        for line in [
            "From: \"Example Support\" <support@example.com>\r\n",
            "To: ada@example.com\r\n",
            "Subject: Your code\r\n",
            "Message-ID: <0123456789abcdef0123456789abcdef@example.com>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "MIME-Version: 1.0\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "\r\n\r\nThe code is 483920.\r\n",
        ] {
            assert!(mail.contains(line), "{line}: {mail}");
        }
        assert!(mail.contains("\r\nDate: ") || mail.starts_with("Date: "), "{mail}");
    }

    #[test]
    fn no_subject_and_no_name_begins_another_header() {
        let mail = composed("Support\r\nBcc: eve@example.org", "Code\r\nBcc: eve@example.org\r\n\r\nbody", "x\n");
        let (headers, body) = mail.split_once("\r\n\r\n").unwrap();
        let is_bcc = |line: &str| line.to_ascii_lowercase().starts_with("bcc");
        assert!(!headers.split("\r\n").any(is_bcc), "{mail}");
        assert_eq!(body, "x\r\n");
    }

    #[test]
    fn letters_beyond_ascii_are_encoded_so_that_every_server_takes_the_mail() {
        let mail = composed("Beispiel-Hilfe für alle", "Ihr Prüfcode für 北京", &"Grüße, ".repeat(300));
        assert!(mail.is_ascii(), "{mail}");
        assert!(mail.lines().all(|line| line.len() < 998), "RFC 5321 section 4.5.3.1.6");
    }
}
