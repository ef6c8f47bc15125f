//! Servers that are copies of another: they are behind, refer changes elsewhere, or take none.

use std::io::Write as _;

use crate::support::fake_directory::{Dialect, Fake, MODIFY, SEARCH, element, result};
use crate::support::{TestEnvironment, for_each_concurrently};

const LOGIN: [&str; 6] = ["login", "--agent", "uid=agent,dc=example,dc=com", "--password-stdin", "--store", "file"];
const RESET: [&str; 7] = ["-o", "json", "reset", "ada", "--yes", "--reveal", "stdout"];

fn signed_in(dialect: Dialect) -> (Fake, TestEnvironment) {
    let fake = Fake::start(dialect);
    let env = fake.environment();
    let login = env.run_with(&LOGIN, "Ag3nts-Password\n");
    assert!(login.is_success(), "{}", login.text());
    (fake, env)
}

#[test]
fn one_that_is_behind_is_reported_as_such() {
    for_each_concurrently(Dialect::BOTH, |dialect| {
        let (fake, env) = signed_in(dialect);
        let issued = env.run(&RESET);
        assert!(issued.is_success(), "{dialect:?}: {}", issued.text());
        fake.falls_behind();
        let ended = env.run(&RESET);
        assert_eq!(ended.code, 9, "{dialect:?}: {}", ended.text());
        assert!(ended.text().contains("\"reason\":\"not_replicated\""), "{dialect:?}: {}", ended.text());
        assert!(ended.text().contains("does not know the change yet"), "{dialect:?}: {}", ended.text());
        assert!(!ended.text().contains("omeone else"), "{dialect:?}: {}", ended.text());
    });
}

#[test]
fn one_that_refers_changes_elsewhere_is_reported_without_its_words() {
    let provider = b"ldap://provider.example.com/";
    for dialect in Dialect::BOTH {
        let (fake, env) = signed_in(dialect);
        fake.rule(move |asked, stream| {
            let content = [result(10, b"", b""), element(0xa3, &element(4, provider))].concat();
            let refers = asked.tag == MODIFY;
            if refers {
                let _ = stream.write_all(&asked.answer(asked.last(), &content));
            }
            refers
        });
        let ended = env.run(&RESET);
        assert_eq!(ended.code, 8, "{dialect:?}: {}", ended.text());
        assert!(ended.text().contains("refers to another server"), "{dialect:?}: {}", ended.text());
        assert!(ended.text().contains("can be written to as url"), "{dialect:?}: {}", ended.text());
        assert!(!ended.text().contains("provider.example.com"), "that request had the password in it");
        fake.rule(move |asked, stream| {
            let content = [result(10, b"", b""), element(0xa3, &element(4, provider))].concat();
            let refers = asked.tag == SEARCH && asked.base.to_lowercase().starts_with("ou=");
            if refers {
                let _ = stream.write_all(&asked.answer(asked.last(), &content));
            }
            refers
        });
        let ended = env.run(&["find", "ada"]);
        assert_eq!(ended.code, 8, "{dialect:?}: {}", ended.text());
        assert!(ended.text().contains("ldap://provider.example.com"), "a look-up has no secret: {}", ended.text());
    }
}

#[test]
fn one_that_takes_no_changes_is_reported() {
    let (fake, env) = signed_in(Dialect::OpenLdap);
    fake.rule(|asked, stream| {
        let change = asked.tag == MODIFY;
        if change {
            let content = result(53, b"", b"shadow context; no update referral");
            let _ = stream.write_all(&asked.answer(asked.last(), &content));
        }
        change
    });
    let ended = env.run(&RESET);
    assert_eq!(ended.code, 8, "{}", ended.text());
    assert!(ended.text().contains("copy that takes no changes"), "{}", ended.text());
    assert!(ended.text().contains("\"changed\":\"no\""), "{}", ended.text());
}
