//! A mail server whose certificate does not fit gets no credential and no message.

use super::fixture::{ADDRESS, LIMIT, PASSWORD, check, message, refused};
use crate::support::fake_smtp::FakeSmtp;
use crate::support::test_certificates::{Authority, Validity};

#[test]
fn a_certificate_that_does_not_fit_ends_it_before_the_greeting() {
    for start_tls in [false, true] {
        let tls = if start_tls { "tls = 'starttls'\n" } else { "" };
        for (name, validity, words) in [
            ("mail.example.com", Validity::Long, "is for mail.example.com, not for 127.0.0.1"),
            ("127.0.0.1", Validity::Expired, "has expired"),
        ] {
            let server = FakeSmtp { start_tls, name, validity, ..FakeSmtp::default() }.start();
            let file = server.password(PASSWORD);
            let credential = format!("username = 'x'\ncredential = {{ file = '{}' }}\n", file.display());
            let keys = server.keys(&format!("{tls}{credential}"));
            let failed = refused(&keys, LIMIT, &message(ADDRESS));
            assert!(failed.is_permanent && failed.words.contains(words), "{failed:?}");
            assert!(check(&keys, LIMIT).words.contains(words));
            assert!(!server.verbs().iter().any(|verb| verb == "AUTH" || verb == "MAIL"), "{:?}", server.verbs());
        }
    }
}

#[test]
fn an_authority_that_signed_nothing_is_not_enough_and_neither_are_those_of_the_system() {
    let server = FakeSmtp::default().start();
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.pem");
    Authority::new("another").write(&other);
    let own = format!("ca_cert = '{}'\n", server.authority.display());
    let keys = server.keys("");
    for ca_cert in [format!("ca_cert = '{}'\n", other.display()), String::new()] {
        let failed = refused(&keys.replace(&own, &ca_cert), LIMIT, &message(ADDRESS));
        assert!(failed.is_permanent && failed.words.contains("cannot be trusted"), "{failed:?}");
    }
    let missing = keys.replace(&own, "ca_cert = '/no/such/ca.pem'\n");
    let failed = refused(&missing, LIMIT, &message(ADDRESS));
    assert!(failed.is_permanent && failed.words.contains("ca_cert: /no/such/ca.pem"), "{failed:?}");
    assert!(server.seen().commands.is_empty());
}
