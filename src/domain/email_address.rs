//! An e-mail address, checked before anything is sent to it.

use std::fmt;

use url::Host;

/// The longest address, in bytes (RFC 5321 section 4.5.3.1.3, without the angle brackets).
const MAX_ADDRESS: usize = 254;
/// The longest part before the `@`, in bytes (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// The longest domain, and the longest label of one, in bytes (RFC 1035 section 2.3.4).
const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;
/// What a local part may have beside letters and digits (`atext` of RFC 5322 section 3.2.3).
const ATEXT: &str = "!#$%&'*+-/=?^_`{|}~";

/// One address, without a name, a comment or quotes. Its domain is in the form of the DNS.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    local: String,
    domain: String,
}

impl EmailAddress {
    /// Takes an address as a directory has it. The local part may be of any language (RFC 6531); a domain of any
    /// language is put into the form of the DNS (RFC 5891).
    ///
    /// # Errors
    /// Why it is no address that a message goes to, in words that do not repeat it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim_matches(' ');
        if text.is_empty() {
            return Err("it is empty");
        }
        if text.len() > MAX_ADDRESS {
            return Err("it is longer than 254 bytes");
        }
        if text.chars().any(char::is_control) {
            return Err("it has a line break or another control character");
        }
        if text.contains([',', ';']) {
            return Err("it is more than one address");
        }
        if text.contains(['<', '>']) {
            return Err("it has a name beside the address");
        }
        if text.contains(['(', ')', '"', '\\']) {
            return Err("it has a comment or quotes");
        }
        let (local, domain) = text.rsplit_once('@').ok_or("it has no @")?;
        if local.contains('@') {
            return Err("it has more than one @");
        }
        if local.len() > MAX_LOCAL {
            return Err("the part before the @ is longer than 64 bytes");
        }
        if !local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_local)) {
            return Err("the part before the @ is none of an address");
        }
        let domain = domain_in_ascii(domain).ok_or("the part after the @ is no domain")?;
        Ok(Self { local: local.to_owned(), domain })
    }

    /// Returns the part before the `@`.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// Returns the domain, in ASCII.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether only a server with SMTPUTF8 takes it (RFC 6531).
    pub fn needs_utf8(&self) -> bool {
        !self.local.is_ascii()
    }
}

/// It is a customer's: what is logged shows none of it.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

fn is_local(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || ATEXT.contains(letter) || (!letter.is_ascii() && letter.is_alphanumeric())
}

fn domain_in_ascii(domain: &str) -> Option<String> {
    if domain.contains('%') {
        return None; // an address of the web may have it, and means another letter
    }
    let Ok(Host::Domain(ascii)) = Host::parse(domain) else { return None };
    let is_label = |label: &str| {
        let inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        (1..=MAX_LABEL).contains(&label.len())
            && label.chars().all(inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (ascii.len() <= MAX_DOMAIN && ascii.split('.').all(is_label)).then_some(ascii)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn an_address_is_taken_apart_and_its_domain_is_that_of_the_dns() {
        for (text, local, domain) in [
            ("ada@example.com", "ada", "example.com"),
            (" Ada.Byron+it@Example.COM ", "Ada.Byron+it", "example.com"),
            ("o'neil@mail.example.co.uk", "o'neil", "mail.example.co.uk"),
            ("root@localhost", "root", "localhost"),
            ("ada@münchen.example", "ada", "xn--mnchen-3ya.example"),
            ("josé@example.com", "josé", "example.com"),
        ] {
            let address = EmailAddress::parse(text).unwrap();
            assert_eq!((address.local(), address.domain()), (local, domain));
            assert_eq!(address.needs_utf8(), text.starts_with('j'), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_in_words_that_do_not_repeat_it() {
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}.com", "b".repeat(260));
        for (text, why) in [
            ("", "empty"),
            ("ada", "no @"),
            ("ada@example.com\r\nBcc: eve@example.org", "line break"),
            ("ada@example.com\n", "line break"),
            ("ada\0@example.com", "control"),
            ("ada@example.com,eve@example.org", "more than one address"),
            ("ada@example.com; eve@example.org", "more than one address"),
            ("Ada <ada@example.com>", "a name"),
            ("ada@example.com> RCPT TO:<eve@example.org", "a name"),
            ("ada(her)@example.com", "comment"),
            ("\"ada b\"@example.com", "quotes"),
            ("ada@eve@example.com", "more than one @"),
            ("ada b@example.com", "before the @"),
            (".ada@example.com", "before the @"),
            ("ada..b@example.com", "before the @"),
            ("@example.com", "before the @"),
            ("ada\u{202e}@example.com", "before the @"),
            ("ada@", "after the @"),
            ("ada@example..com", "after the @"),
            ("ada@-example.com", "after the @"),
            ("ada@exa mple.com", "after the @"),
            ("ada@ex%61mple.com", "after the @"),
            ("ada@[127.0.0.1]", "after the @"),
            ("ada@127.0.0.1", "after the @"),
            (long.as_str(), "64 bytes"),
            (longer.as_str(), "254 bytes"),
        ] {
            let refused = EmailAddress::parse(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
            assert!(!refused.contains("example"), "{refused}");
        }
    }

    #[test]
    fn what_is_logged_shows_none_of_it() {
        let shown = format!("{:?}", EmailAddress::parse("ada@example.com").unwrap());
        assert!(!shown.contains("ada") && !shown.contains("example"), "{shown}");
    }
}
