//! Reads addresses and numbers from an entry.

use super::entry::Entry;
use crate::config::ContactAttributes;
use crate::domain::{Channel, ContactChanged, Contacts};

/// The attribute with the languages that a person prefers (RFC 2798 section 2.7).
const LANGUAGE: &str = "preferredLanguage";
/// Active Directory's attribute with addresses of every kind, each with its kind before a colon.
const PROXY_ADDRESSES: &str = "proxyAddresses";

/// The attributes to ask for: those with addresses and numbers, and the language.
pub(super) fn attributes(contact_attributes: &ContactAttributes) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in contact_attributes.named().map(|(_, name)| name).chain([LANGUAGE]) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    names
}

/// Reads what is on file. `changed` says of an attribute when it was last changed, and `hidden` lists the attributes
/// that the agent may not read.
pub(super) fn read(
    entry: &Entry,
    attributes: &ContactAttributes,
    changed: impl Fn(&str) -> ContactChanged,
    hidden: &[&str],
) -> Contacts {
    let mut contacts = Contacts {
        language: entry.text(LANGUAGE).and_then(|tag| tag.parse().ok()),
        unreadable: hidden.iter().map(|name| format!("the attribute {name}")).collect(),
        ..Contacts::default()
    };
    for (channel, name) in attributes.named() {
        let attribute = format!("the attribute {name}");
        contacts = contacts.with_values(channel, &attribute, values(entry, channel, name), changed(name));
        if entry.is_partial(name) {
            contacts.unreadable.push(format!("more values of {attribute}"));
        }
    }
    contacts
}

fn values(entry: &Entry, channel: Channel, name: &str) -> Vec<String> {
    let texts = entry.texts(name);
    if channel == Channel::Phone || !name.eq_ignore_ascii_case(PROXY_ADDRESSES) {
        return texts;
    }
    let smtp = |text: String| {
        let (kind, address) = text.split_once(':')?;
        kind.eq_ignore_ascii_case("smtp").then(|| address.to_owned())
    };
    texts.into_iter().filter_map(smtp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Contact, Language};

    fn named(email: &[&str], phone: &[&str]) -> ContactAttributes {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        ContactAttributes { email: owned(email), phone: owned(phone) }
    }

    fn on_file(entry: &Entry, attributes: &ContactAttributes) -> Contacts {
        read(entry, attributes, |_| ContactChanged::Unknown, &[])
    }

    fn bytes(values: &[&str]) -> Vec<Vec<u8>> {
        values.iter().map(|value| value.as_bytes().to_vec()).collect()
    }

    #[test]
    fn each_value_of_each_attribute_is_listed_once_whatever_the_case_of_its_name() {
        let entry = Entry::with("uid=ada", "MAIL", bytes(&["ada@example.com", "ADA@example.com", "ada@example.org"]))
            .and("Mobile", bytes(&["+44 20 7946 0018", "+442079460018"]))
            .and("preferredlanguage", bytes(&["de-AT, en;q=0.5"]));
        let found = on_file(&entry, &named(&["mail", "Mail"], &["mobile", "telephoneNumber"]));
        let email = |address| Contact::new(Channel::Email, address);
        let expected =
            [email("ada@example.com"), email("ada@example.org"), Contact::new(Channel::Phone, "+44 20 7946 0018")];
        assert_eq!(found.on_file, expected);
        assert_eq!(found.language.as_ref().map(Language::as_str), Some("de"));
        assert!(on_file(&Entry::default(), &named(&["mail"], &["mobile"])) == Contacts::default());
    }

    #[test]
    fn values_that_are_no_text_are_listed_as_they_are() {
        let entry = Entry::with("uid=ada", "mail", vec![vec![0xff, 0xfe], b"a@b\r\nBcc: c@d".to_vec(), Vec::new()]);
        let found = on_file(&entry, &named(&["mail"], &[]));
        assert_eq!(found.on_file.len(), 3);
        assert!(found.on_file.iter().all(|contact| !contact.is_usable()), "{found:?}");
    }

    #[test]
    fn what_is_left_out_is_named() {
        let many: Vec<String> = (0..60).map(|number| format!("a{number}@example.com")).collect();
        let texts: Vec<&str> = many.iter().map(String::as_str).collect();
        let found = on_file(&Entry::with("uid=ada", "mail", bytes(&texts)), &named(&["mail"], &[]));
        assert_eq!(
            (found.on_file.len(), &found.unreadable[..]),
            (50, &["10 more values of the attribute mail".to_owned()][..])
        );
        let hidden = read(&Entry::default(), &named(&["mail"], &["mobile"]), |_| ContactChanged::Unknown, &["mobile"]);
        assert_eq!(hidden.unreadable, ["the attribute mobile"]);
    }

    #[test]
    fn of_proxy_addresses_those_of_mail_are_taken() {
        let all = ["SMTP:ada@example.com", "smtp:ada@example.org", "SIP:ada@example.com", "X500:/o=x", "no kind"];
        let found = on_file(&Entry::with("CN=Ada", "proxyAddresses", bytes(&all)), &named(&["proxyaddresses"], &[]));
        let addresses: Vec<&str> = found.on_file.iter().map(|contact| contact.address.as_str()).collect();
        assert_eq!(addresses, ["ada@example.com", "ada@example.org"]);
    }

    #[test]
    fn an_attribute_is_asked_for_once() {
        assert_eq!(attributes(&named(&["mail", "MAIL"], &["mobile"])), ["mail", "mobile", "preferredLanguage"]);
    }
}
