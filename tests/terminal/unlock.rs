//! An unlock on a pseudo-terminal: the question, both answers, and what is said afterwards.

use crate::support::{Terminal, TestEnvironment, assert_screen};

const QUESTION: &str = "Lift the lock-out of Ada Lovelace (C-1001)? [y/N]";

fn lock_out(env: &TestEnvironment) {
    for _ in 0..5 {
        assert_eq!(env.sign_in("ada.lovelace", "wrong"), "refused");
    }
}

#[test]
fn the_default_answer_is_no_and_yes_lifts_it() {
    let env = TestEnvironment::signed_in("sam");
    lock_out(&env);
    for answer in ["\r", "no\r", "\u{4}"] {
        let mut terminal = Terminal::run(&env, &["unlock", "ada@example.com"], 80, 24);
        let screen = terminal.wait_for(QUESTION);
        if answer == "\r" {
            assert_screen!(env, "unlock_question", screen);
        }
        terminal.type_(answer);
        assert_eq!(terminal.end().0, 6, "{answer:?}");
    }
    assert_eq!((env.last_event().as_str(), env.status("C-1001")["locked"].as_bool()), ("none", Some(true)));
    let mut terminal = Terminal::run(&env, &["unlock", "ada@example.com"], 80, 24);
    terminal.wait_for(QUESTION);
    terminal.type_("y\r");
    assert_eq!(terminal.end().0, 0);
    assert_screen!(env, "unlock_done", terminal.screen());
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in");
}

#[test]
fn what_the_agent_is_asked_changes_with_the_customer() {
    let env = TestEnvironment::signed_in("sam");
    lock_out(&env);
    let mut terminal = Terminal::run(&env, &["unlock", "C-1001"], 100, 30);
    terminal.wait_for(QUESTION);
    let directory = rusqlite::Connection::open(env.file("practice.db")).unwrap();
    directory.execute("UPDATE user SET locked_until = 0 WHERE customer = 1", []).unwrap();
    terminal.type_("y\r");
    assert_eq!(terminal.end().0, 7);
    assert!(terminal.everything().0.contains("is not locked out"), "{}", terminal.everything().0);
    assert_eq!(env.last_event(), "none");
}
