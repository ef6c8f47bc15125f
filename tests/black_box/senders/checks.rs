//! What `doctor` is told of a sender: each step that fails, and no more than was tried.

use tellonce::domain::CheckState;

use super::fixture::{LIMIT, PASSWORD, check, open, wait};
use crate::support::fake_smtp::{Act, FakeSmtp, Stage};
use crate::support::test_certificates::Validity;

#[test]
fn a_mail_server_that_works_gets_no_message() {
    let user = Some(("tellonce", PASSWORD));
    let server = FakeSmtp { user, ..FakeSmtp::default() }.start();
    let file = server.password(PASSWORD);
    let keys = server.keys(&format!("username = 'tellonce'\ncredential = {{ file = '{}' }}\n", file.display()));
    let found = check(&keys, LIMIT);
    assert_eq!((found.id.as_str(), found.state), ("sender email", CheckState::Ok), "{}", found.words);
    assert!(
        found.words.ends_with("connects over TLS, and takes these credentials; no message was sent"),
        "{}",
        found.words
    );
    assert_eq!(server.verbs(), ["EHLO", "AUTH", "QUIT"]);
    let open = FakeSmtp::default().start();
    let found = check(&open.keys(""), LIMIT);
    assert!(found.words.ends_with("connects over TLS, without a sign-in; no message was sent"), "{}", found.words);
    assert_eq!(open.verbs(), ["EHLO", "QUIT"]);
}

#[test]
fn the_step_that_fails_is_a_fault_with_what_to_do() {
    let user = Some(("tellonce", PASSWORD));
    for (stage, said, words, advice) in [
        (Stage::Greeting, "554 no\r\n", "refused the connection (554", ""),
        (Stage::Hello, "250-fake\r\n250 SIZE\r\n", "PLAIN or LOGIN", "leave out username"),
        (Stage::Auth, "535 no\r\n", "refused the username and the password (535", "credential of the sender"),
        (Stage::Auth, "454 later\r\n", "(454: not possible now)", ""),
    ] {
        let server = FakeSmtp { user, ..FakeSmtp::acting(stage, Act::Say(said.to_owned())) }.start();
        let file = server.password(PASSWORD);
        let keys = server.keys(&format!("username = 'tellonce'\ncredential = {{ file = '{}' }}\n", file.display()));
        let found = check(&keys, LIMIT);
        assert_eq!((found.id.as_str(), found.state), ("sender email", CheckState::Fault), "{}", found.words);
        assert!(found.words.contains(words) && found.words.contains(advice), "{}", found.words);
        std::fs::remove_file(file).unwrap();
        assert!(check(&keys, LIMIT).words.contains("is not there"));
    }
    let server =
        FakeSmtp { start_tls: true, ..FakeSmtp::acting(Stage::Hello, Act::Say("250 fake\r\n".into())) }.start();
    let found = check(&server.keys("tls = 'starttls'\n"), LIMIT);
    assert!(found.state == CheckState::Fault && found.words.contains("does not offer STARTTLS"), "{}", found.words);
}

#[test]
fn a_certificate_that_runs_out_soon_is_a_note() {
    let server = FakeSmtp { validity: Validity::Short, ..FakeSmtp::default() }.start();
    let found = check(&server.keys(""), LIMIT);
    assert_eq!(found.state, CheckState::Warning, "{}", found.words);
    assert!(found.words.contains("no message was sent; its certificate: it runs out in"), "{}", found.words);
}

#[test]
fn each_channel_has_a_check_of_its_own() {
    let server = FakeSmtp::default().start();
    let tables = format!("{}[profiles.acme.senders.phone]\ncommand = ['true']\n", server.keys(""));
    let sender = open(&tables, LIMIT);
    let ids: Vec<String> = wait(sender.checks()).into_iter().map(|check| check.id).collect();
    assert_eq!(ids, ["sender email", "sender phone"]);
    assert_eq!(sender.channels().len(), 2);
}
