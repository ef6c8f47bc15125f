//! Distinguished names (RFC 4514), compared by what they name, not by how they are written.

/// Splits a name into its first part and its parent: `CN=Staff` and `OU=Groups,…`.
pub(super) fn split(dn: &str) -> (&str, &str) {
    let (first, rest) = cut(dn, ',');
    (first, rest.unwrap_or_default())
}

/// Returns the first value of a name: `Staff` of `CN=Staff,OU=Groups,…`.
pub(super) fn first_rdn_value(dn: &str) -> String {
    let first = cut(cut(dn, ',').0, '+').0;
    first.split_once('=').and_then(|(_, value)| value_of(value)).unwrap_or_else(|| first.to_owned())
}

/// Whether two names are the same. A text that is not a name equals only itself.
pub(super) fn same(one: &str, other: &str) -> bool {
    match (parts(one), parts(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// Whether a name is `top` or below it. Every name is below the empty one.
pub(super) fn is_below(name: &str, top: &str) -> bool {
    let (Ok(name), Ok(top)) = (parts(name), parts(top)) else { return false };
    name.ends_with(&top)
}

/// Counts the parts of a name.
pub(super) fn depth(name: &str) -> usize {
    parts(name).map_or(0, |parts| parts.len())
}

/// Returns the one spelling of a name, for all that are [`same`]. A text that is not a name stays as it is.
pub(super) fn normalized(name: &str) -> String {
    parts(name).map_or_else(|_| name.to_owned(), |parts| write_parts(&parts))
}

/// Returns the one spelling of the part of a name that begins with `dc=` (RFC 2247), or of all of it if none does.
pub(super) fn normalized_domain(name: &str) -> String {
    let Ok(parts) = parts(name) else { return name.to_owned() };
    let is_domain = |part: &Part| part.iter().all(|(attribute, _)| attribute == "dc");
    let first = parts.iter().position(is_domain).unwrap_or_default();
    write_parts(&parts[first..])
}

fn write_parts(parts: &[Part]) -> String {
    let escape = |value: &str| value.replace('\\', "\\\\").replace(',', "\\,").replace('+', "\\+");
    let pair = |(attribute, value): &(String, String)| format!("{attribute}={}", escape(value));
    let part = |part: &Part| part.iter().map(pair).collect::<Vec<_>>().join("+");
    parts.iter().map(part).collect::<Vec<_>>().join(",")
}

/// Returns what is wrong with a text that should be a name, or `None` if nothing is.
pub(super) fn problem(text: &str) -> Option<String> {
    let part = parts(text).err()?;
    Some(format!(
        "\"{text}\" is not a name of an entry (DN): its part \"{part}\" is not of the form attribute=value; write a comma inside a value as \\,"
    ))
}

/// One part of a name: its attributes and values, sorted, since they have no order (RFC 4514 section 2.2).
type Part = Vec<(String, String)>;

/// Parses a name into its parts. Returns the first malformed part as the error.
fn parts(dn: &str) -> Result<Vec<Part>, &str> {
    let mut parts = Vec::new();
    let mut rest = Some(dn).filter(|dn| !dn.trim().is_empty());
    while let Some(text) = rest {
        let (first, after) = cut(text, ',');
        parts.push(part(first).ok_or_else(|| first.trim())?);
        rest = after;
    }
    Ok(parts)
}

fn part(text: &str) -> Option<Part> {
    let mut part = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (first, after) = cut(text, '+');
        let (attribute, value) = first.split_once('=')?;
        let attribute = attribute.trim();
        let is_attribute = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if attribute.is_empty() || !attribute.bytes().all(is_attribute) {
            return None;
        }
        // The attributes that name entries compare by caseIgnoreMatch (RFC 4518).
        let value = value_of(value)?.to_lowercase();
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        part.push((attribute.to_ascii_lowercase(), value));
        rest = after;
    }
    part.sort();
    Some(part)
}

/// Cuts a text at the first unescaped `at`. Returns `None` for the rest if there is none.
fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    let mut escaped = false;
    for (position, letter) in text.char_indices() {
        if letter == at && !escaped {
            return (&text[..position], Some(&text[position + 1..]));
        }
        escaped = letter == '\\' && !escaped;
    }
    (text, None)
}

/// Takes the escapes off a value: `\,` and `\2C` are a comma (RFC 4514 section 2.4).
///
/// Returns `None` if the text ends in a single `\`.
fn value_of(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.trim_start().bytes();
    let mut kept = 0; // a space at the end counts only if it is escaped
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            kept = if byte == b' ' { kept } else { bytes.len() };
            continue;
        }
        let first = rest.next()?;
        let pair = rest.clone().next().and_then(|second| hex(first).zip(hex(second)));
        bytes.push(match pair {
            Some((high, low)) => {
                rest.next();
                high << 4 | low
            }
            None => first,
        });
        kept = bytes.len();
    }
    bytes.truncate(kept);
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_however_it_is_written() {
        let name = "cn=M\u{fc}ller \\2B S\u{f6}hne\\2C KG,ou=Kunden # 1,c=DE";
        for other in [
            "CN=m\u{dc}ller \\+ s\u{f6}hne\\, kg, OU=kunden # 1 ,C=de",
            "cn=M\\C3\\BCller  \\+ S\\c3\\b6hne\\2c KG,ou=Kunden \\23 1,c=DE",
        ] {
            assert!(same(name, other), "{other}");
            assert!(is_below(name, other) && is_below(other, name), "{other}");
        }
        assert!(same("cn=a+uid=b,o=c", "UID=B+CN=A,O=C"));
        assert!(same("cn=a\\20,o=c", "cn=a\\ ,o=c"));
        assert!(!same("cn=a\\,o=c", "cn=a,o=c"));
        assert!(!same("cn=a,o=c", "cn=a\\=b,o=c"));
        assert!(!same("cn=a,o=c", "cn=a,o=c,o=c"));
        assert!(same("no name", "no name") && !same("no name", "cn=a"));
        assert!(same("", " "));
    }

    #[test]
    fn a_name_has_one_spelling() {
        let name = "CN = M\u{fc}ller  \\2B  S\u{f6}hne\\2C KG ,OU=a\\\\b+O=x, DC=Example,dc=COM";
        let one = "cn=m\u{fc}ller \\+ s\u{f6}hne\\, kg,o=x+ou=a\\\\b,dc=example,dc=com";
        assert_eq!(normalized(name), one);
        assert_eq!(normalized(one), one);
        assert!(same(name, one));
        assert_ne!(normalized("cn=a\\,o=c"), normalized("cn=a,o=c"));
        assert_eq!((normalized(""), normalized("no name")), (String::new(), "no name".to_owned()));
        assert_eq!(normalized_domain(name), "dc=example,dc=com");
        assert_eq!(normalized_domain("ou=a\\,dc=b,O=Acme"), "ou=a\\,dc=b,o=acme", "that dc= is a part of a value");
    }

    #[test]
    fn a_name_is_below_what_it_ends_with() {
        assert!(is_below("OU=Customers, DC=example,dc=COM", "dc=example,dc=com"));
        assert!(is_below("dc=example,dc=com", "dc=example,dc=com"));
        assert!(is_below("dc=example,dc=com", ""), "a server may hold everything");
        assert!(!is_below("ou=customers,dc=example,dc=org", "dc=example,dc=com"));
        assert!(!is_below("dc=com", "dc=example,dc=com"));
        assert!(!is_below("ou=a\\,dc=example,dc=com", "dc=example,dc=com"), "that comma is one of the value");
        assert!(!is_below("no name", "") && !is_below("dc=com", "no name"));
        assert_eq!((depth(""), depth("dc=com"), depth("ou=a\\,b,dc=com")), (0, 1, 2));
    }

    #[test]
    fn a_group_is_named_by_its_first_value() {
        assert_eq!(first_rdn_value("CN=Staff,OU=Groups,DC=tellonce,DC=test"), "Staff");
        assert_eq!(first_rdn_value("CN=Staff\\, London,OU=Groups"), "Staff, London");
        assert_eq!(first_rdn_value("CN=\\C3\\84rzte\\0a \\5c,OU=Groups"), "\u{c4}rzte\n \\");
        assert_eq!(first_rdn_value("CN=Staff+UID=7,OU=Groups"), "Staff");
        assert_eq!(first_rdn_value("no name"), "no name");
        assert_eq!(split("CN=a\\,b,OU=c,DC=d"), ("CN=a\\,b", "OU=c,DC=d"));
    }

    #[test]
    fn what_is_no_name_is_reported_with_the_part_that_is_none() {
        for (text, part) in [
            ("ou=Sales, North,o=x", "\"North\""),
            ("ou=a,,o=x", "\"\""),
            ("ou=a,", "\"\""),
            ("customers", "\"customers\""),
            ("=a,o=x", "\"=a\""),
            ("o u=a", "\"o u=a\""),
            ("ou=a\\", "\"ou=a\\\""),
        ] {
            assert!(problem(text).is_some_and(|told| told.contains(part)), "{text}: {:?}", problem(text));
        }
        for text in ["", "o=M\u{fc}ller \\2B S\u{f6}hne\\2C KG,c=DE", "cn=a+uid=b,2.5.4.10=c", "cn="] {
            assert_eq!(problem(text), None);
        }
    }

    #[test]
    fn nothing_stops_at_what_a_server_sends() {
        for text in ["\\", "=\\", "cn=\\f", "cn=\\ff", "cn=\\fg", "+", ",", "\u{fc}=\u{fc}\\\u{fc}", "cn=#0"] {
            let _ = (parts(text), first_rdn_value(text), same(text, text), is_below(text, text));
        }
    }
}
