//! Servers that are copies of another: they are behind, refer changes elsewhere, or take none.

use std::io::Write as _;

use crate::fake_directory::{Dialect, Fake, MODIFY, SEARCH, element, result, run};
use crate::server::words;

const LOGIN: [&str; 6] = ["login", "--agent", "uid=agent,dc=example,dc=com", "--password-stdin", "--store", "file"];
const RESET: [&str; 7] = ["-o", "json", "reset", "ada", "--yes", "--reveal", "stdout"];

fn signed_in(dialect: Dialect) -> (Fake, tempfile::TempDir) {
    let fake = Fake::start(dialect);
    let home = fake.home();
    let login = run(home.path(), &LOGIN, "Ag3nts-Password\n");
    assert!(login.status.success(), "{}", words(&login));
    (fake, home)
}

#[test]
fn one_that_is_behind_is_told_as_such() {
    for dialect in Dialect::BOTH {
        let (fake, home) = signed_in(dialect);
        let issued = run(home.path(), &RESET, "");
        assert!(issued.status.success(), "{dialect:?}: {}", words(&issued));
        fake.falls_behind();
        let ended = run(home.path(), &RESET, "");
        assert_eq!(ended.status.code(), Some(9), "{dialect:?}: {}", words(&ended));
        assert!(words(&ended).contains("\"reason\":\"not_replicated\""), "{dialect:?}: {}", words(&ended));
        assert!(words(&ended).contains("does not know the change yet"), "{dialect:?}: {}", words(&ended));
        assert!(!words(&ended).contains("omeone else"), "{dialect:?}: {}", words(&ended));
    }
}

#[test]
fn one_that_refers_changes_elsewhere_is_told_without_its_words() {
    let provider = b"ldap://provider.example.com/";
    for dialect in Dialect::BOTH {
        let (fake, home) = signed_in(dialect);
        fake.rule(move |asked, stream| {
            let content = [result(10, b"", b""), element(0xa3, &element(4, provider))].concat();
            let refers = asked.tag == MODIFY;
            if refers {
                let _ = stream.write_all(&asked.answer(asked.last(), &content));
            }
            refers
        });
        let ended = run(home.path(), &RESET, "");
        assert_eq!(ended.status.code(), Some(8), "{dialect:?}: {}", words(&ended));
        assert!(words(&ended).contains("refers to another server"), "{dialect:?}: {}", words(&ended));
        assert!(words(&ended).contains("can be written to as url"), "{dialect:?}: {}", words(&ended));
        assert!(!words(&ended).contains("provider.example.com"), "that request had the password in it");
        fake.rule(move |asked, stream| {
            let content = [result(10, b"", b""), element(0xa3, &element(4, provider))].concat();
            let refers = asked.tag == SEARCH && asked.base.to_lowercase().starts_with("ou=");
            if refers {
                let _ = stream.write_all(&asked.answer(asked.last(), &content));
            }
            refers
        });
        let ended = run(home.path(), &["find", "ada"], "");
        assert_eq!(ended.status.code(), Some(8), "{dialect:?}: {}", words(&ended));
        assert!(words(&ended).contains("ldap://provider.example.com"), "a look-up has no secret: {}", words(&ended));
    }
}

#[test]
fn one_that_takes_no_changes_is_told() {
    let (fake, home) = signed_in(Dialect::OpenLdap);
    fake.rule(|asked, stream| {
        let change = asked.tag == MODIFY;
        if change {
            let content = result(53, b"", b"shadow context; no update referral");
            let _ = stream.write_all(&asked.answer(asked.last(), &content));
        }
        change
    });
    let ended = run(home.path(), &RESET, "");
    assert_eq!(ended.status.code(), Some(8), "{}", words(&ended));
    assert!(words(&ended).contains("copy that takes no changes"), "{}", words(&ended));
    assert!(words(&ended).contains("\"changed\":\"no\""), "{}", words(&ended));
}
