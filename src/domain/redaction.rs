//! Removes a secret from a text that came from outside, in every form in which a server may quote it.
//!
//! It is the second line of defence: a call that carries a secret reports a status and known codes, never a server's
//! text.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::error::Error;

/// The mark that replaces the secret.
const REMOVED: &str = "[removed]";
/// The shortest secret that is looked for: a shorter one is found in ordinary words.
const SHORTEST: usize = 4;

/// Returns the text without the secret: raw, in JSON, percent-encoded, in base64 at any offset, and as UTF-16 (LDAP's
/// `unicodePwd`) in each of these. The forms are wiped before this returns.
pub fn redact(text: &str, secret: &str) -> String {
    if secret.len() < SHORTEST {
        return text.to_owned();
    }
    let mut text = text.to_owned();
    for form in forms(secret) {
        text = without(&text, &form);
    }
    text
}

impl Error {
    /// Removes the secret from message, hint and underlying error. Called where a call that carried the secret returns,
    /// while the secret is still held.
    #[must_use]
    pub fn redacted(self, secret: &str) -> Self {
        let source = self.source.map(|source| redact(&source.to_string(), secret).into());
        Self {
            message: redact(&self.message, secret),
            hint: self.hint.map(|hint| redact(&hint, secret)),
            source,
            ..self
        }
    }
}

/// Returns the text without this form of the secret. Letters of either case match, as percent-encoding and hexadecimal
/// have both.
fn without(text: &str, form: &str) -> String {
    let folded = Zeroizing::new(text.to_ascii_lowercase());
    let form = Zeroizing::new(form.to_ascii_lowercase());
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(at) = folded[from..].find(form.as_str()) {
        kept.push_str(&text[from..from + at]);
        kept.push_str(REMOVED);
        from += at + form.len();
    }
    kept.push_str(&text[from..]);
    kept
}

/// Returns every form of the secret, the longest first.
fn forms(secret: &str) -> Vec<Zeroizing<String>> {
    let utf16: Zeroizing<Vec<u8>> = Zeroizing::new(secret.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let mut forms =
        vec![Zeroizing::new(secret.to_owned()), json(secret), percent(secret, false), percent(secret, true)];
    forms.push(spaced(secret.as_bytes(), |byte| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"), // some encode the unreserved signs as well
    }));
    forms.push(spaced(&utf16, |byte| char::from(byte).to_string()));
    forms.push(spaced(&utf16, |byte| if byte == 0 { "\\u0000".to_owned() } else { char::from(byte).to_string() }));
    forms.push(spaced(&utf16, |byte| if byte == 0 { "%00".to_owned() } else { char::from(byte).to_string() }));
    for bytes in [secret.as_bytes(), utf16.as_slice()] {
        forms.push(spaced(bytes, |byte| format!("{byte:02x}")));
        forms.push(spaced(bytes, |byte| format!("\\{byte:02x}")));
        forms.push(spaced(bytes, |byte| format!("%{byte:02x}")));
        for offset in 0..3 {
            forms.push(base64_core(bytes, offset, |bytes| BASE64_STANDARD_NO_PAD.encode(bytes)));
            forms.push(base64_core(bytes, offset, |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes)));
        }
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms
}

/// Returns the secret as it stands inside a JSON string (RFC 8259 section 7).
fn json(secret: &str) -> Zeroizing<String> {
    let quoted = Zeroizing::new(serde_json::to_string(secret).unwrap_or_default());
    Zeroizing::new(quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned())
}

/// Percent-encodes the secret (RFC 3986 section 2.1): as in a URL, or as in a form, with `+` for a space.
fn percent(secret: &str, form: bool) -> Zeroizing<String> {
    spaced(secret.as_bytes(), |byte| match byte {
        b' ' if form => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') => char::from(byte).to_string(),
        b'~' if !form => "~".to_owned(),
        b'*' if form => "*".to_owned(),
        byte => format!("%{byte:02x}"),
    })
}

fn spaced(bytes: &[u8], write: impl Fn(u8) -> String) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 6));
    for byte in bytes {
        text.push_str(&Zeroizing::new(write(*byte)));
    }
    text
}

/// Returns the base64 letters (RFC 4648 section 4) that the secret alone decides if it begins `offset` bytes into a
/// group of three.
fn base64_core(secret: &[u8], offset: usize, encode: impl Fn(&[u8]) -> String) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(vec![0_u8; offset]);
    bytes.reserve_exact(secret.len());
    bytes.extend_from_slice(secret);
    let encoded = Zeroizing::new(encode(&bytes));
    let first = (offset * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    Zeroizing::new(encoded.get(first..end).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

    const SECRET: &str = "Hq7\"-w/Xn+k 9é~T*";

    fn assert_removed(text: &str, what: &str) {
        let redacted = redact(text, SECRET);
        assert!(redacted.contains(REMOVED), "{what}: {redacted}");
        for form in forms(SECRET) {
            assert!(!redacted.to_ascii_lowercase().contains(&form.to_ascii_lowercase()), "{what}: {redacted}");
        }
    }

    #[test]
    fn every_form_that_a_server_may_quote_is_removed() {
        let utf16: Vec<u8> = SECRET.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_removed(&format!("value: {SECRET}!"), "raw");
        assert_removed(&format!("{{\"value\":{}}}", serde_json::to_string(SECRET).unwrap_or_default()), "JSON");
        let form: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        assert_removed(&format!("client_secret={form}&x=1"), "a form");
        assert_removed("a=Hq7%22-w%2FXn%2Bk%209%C3%A9~T%2A", "a URL");
        assert_removed("a=Hq7%22%2Dw%2FXn%2Bk%209%C3%A9%7ET%2A", "a URL with every sign encoded");
        for before in ["", "x", "xy", "xyz"] {
            let text = format!("{before}{SECRET} after");
            assert_removed(&BASE64_STANDARD.encode(&text), "base64");
            assert_removed(&BASE64_URL_SAFE.encode(&text), "base64 for URLs");
            let wide = [before.as_bytes(), &utf16[..], b"\"\0"].concat();
            assert_removed(&BASE64_STANDARD.encode(wide), "base64 of UTF-16");
        }
        let plain = "Hq7-wXnk9";
        let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(redact(&format!("<{}>", String::from_utf8_lossy(&wide)), plain), format!("<{REMOVED}>"));
    }

    #[test]
    fn a_text_without_it_is_left_as_it_is() {
        let text = "0000052D: Constraint violation - check_password_restrictions: the password is too short.";
        assert_eq!(redact(text, SECRET), text);
        assert_eq!(redact(text, "is"), text, "too short to be looked for");
    }
}
