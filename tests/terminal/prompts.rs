//! Questions on a pseudo-terminal.

use crate::support::TestEnvironment;
use crate::support::{Terminal, assert_screen, password_in};

#[test]
fn a_signed_out_reset_offers_to_sign_in_and_goes_on() {
    let env = TestEnvironment::new();
    let mut terminal = Terminal::run(&env, &["reset", "ada@example.com"], 80, 24);
    let screen = terminal.wait_for("Agent:");
    assert_screen!(env, "sign_in", screen);
    terminal.type_("sam\r");
    terminal.wait_until("the question for the password", |screen| screen.trim_end().ends_with("Password:"));
    terminal.type_("mistyped\r");
    terminal.wait_for("Wrong agent name or password");
    terminal.wait_until("the question again", |screen| screen.matches("Agent:").count() == 2);
    terminal.type_("sam\r");
    terminal.wait_until("the question for the password", |screen| screen.trim_end().ends_with("Password:"));
    terminal.type_("practice\r");
    let screen = terminal.wait_for("Set a temporary password for Ada Lovelace (C-1001)? [y/N]");
    assert!(!screen.contains("mistyped"), "no echo:\n{screen}");
    assert_screen!(env, "confirmation_after_sign_in", screen);
    terminal.type_("n\r");
    assert_eq!(terminal.end().0, 6);
}

#[test]
fn an_empty_name_or_password_is_asked_for_again() {
    let env = TestEnvironment::new();
    let mut terminal = Terminal::run(&env, &["login", "--store", "file"], 80, 24);
    terminal.wait_for("Agent:");
    terminal.type_("\r");
    terminal.wait_until("the name again", |screen| screen.matches("Agent:").count() == 2);
    terminal.type_("sam\r");
    for times in 1..=4 {
        terminal.wait_until("the password", |screen| screen.matches("Password:").count() == 1 + times);
        terminal.type_("\r");
    }
    let screen = terminal.wait_until("the password", |screen| screen.matches("Password:").count() == 6);
    assert!(!screen.contains("Wrong"), "an empty password is not tried:\n{screen}");
    assert_screen!(env, "empty_answers", screen);
    terminal.type_("practice\r");
    assert_eq!(terminal.end().0, 0);
    let mut terminal = Terminal::run(&env, &["practice", "sign-in", "ada.lovelace"], 80, 24);
    terminal.wait_for("Password:");
    terminal.type_("\r");
    terminal.wait_for("Nothing was typed");
    terminal.type_("\u{4}");
    assert_eq!(terminal.end().0, 6, "the end of the input gives up");
}

#[test]
fn the_default_answer_is_no() {
    let env = TestEnvironment::signed_in("sam");
    for answer in ["\r", "no\r", "\u{4}"] {
        let mut terminal = Terminal::run(&env, &["reset", "C-1001"], 80, 24);
        terminal.wait_for("[y/N]");
        terminal.type_(answer);
        assert_eq!(terminal.end().0, 6, "{answer:?}");
    }
    assert_eq!(env.last_event(), "none");
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in");
}

#[test]
fn an_interrupt_at_a_question_leaves_the_terminal_as_it_was() {
    let env = TestEnvironment::new();
    let mut terminal = Terminal::run(&env, &["login"], 80, 24);
    terminal.wait_for("Agent:");
    terminal.type_("sam\r");
    terminal.wait_until("the question for the password", |screen| screen.trim_end().ends_with("Password:"));
    assert!(!terminal.echoes(), "the control: no echo while a password is typed");
    terminal.type_("\u{3}");
    let (_, signal) = terminal.end();
    assert!(signal.is_some_and(|signal| signal.contains("Interrupt")));
    assert!(terminal.echoes());
}

#[test]
fn part_of_a_name_is_shown_for_choice_even_when_single() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = Terminal::run(&env, &["reset", "lovel"], 80, 24);
    let screen = terminal.wait_for("> Ada Lovelace  C-1001  a***@example.com");
    assert_screen!(env, "choose_single", screen);
    assert!(screen.contains("C-1001") && screen.contains("a***@example.com"), "{screen}");
    terminal.type_("\r");
    terminal.wait_for("Set a temporary password for Ada Lovelace (C-1001)? [y/N]");
    terminal.type_("\r");
    assert_eq!(terminal.end().0, 6);
}

#[test]
fn with_yes_nobody_chooses_from_a_list() {
    let env = TestEnvironment::signed_in("sam");
    for (text, code) in [("lovel", 3), ("mary@example.com", 5)] {
        let mut terminal = Terminal::run(&env, &["--profile", "practice", "reset", text, "--yes"], 80, 24);
        assert_eq!(terminal.end().0, code, "{text}");
    }
}

#[test]
fn an_address_that_several_share_is_chosen_from_a_list() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = Terminal::run(&env, &["reset", "mary@example.com"], 80, 24);
    let screen = terminal.wait_until("both", |screen| screen.matches("m***@example.com").count() == 2);
    assert_screen!(env, "choose_from_several", screen);
    assert_eq!(screen.matches("m***@example.com").count(), 2, "{screen}");
    terminal.type_("\u{1b}");
    assert_eq!(terminal.end().0, 6);
}

#[test]
fn a_locked_customer_is_asked_about() {
    let env = TestEnvironment::signed_in("sam");
    for _ in 0..5 {
        assert_eq!(env.sign_in("ada.lovelace", "wrong"), "refused");
    }
    let mut terminal = Terminal::run(&env, &["reset", "C-1001"], 80, 24);
    terminal.wait_for("Lift the lock-out as well? [y/N]");
    terminal.type_("y\r");
    let screen = terminal.wait_for("Set a temporary password for Ada Lovelace (C-1001)? [y/N]");
    assert_screen!(env, "confirmation_with_unlock", screen);
    terminal.type_("y\r");
    let screen = terminal.wait_for("Enter or q");
    let password = password_in(&screen).unwrap();
    terminal.type_("\u{3}");
    assert_eq!(terminal.end().0, 0);
    assert_eq!(env.sign_in("ada.lovelace", &password), "change_required");
}

#[test]
fn json_leaves_standard_output_to_the_object_and_asks_on_the_terminal() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = Terminal::shell(&env, "\"$T\" reset C-1001 -o json > out.json; echo ended $?");
    terminal.wait_for("Set a temporary password for Ada Lovelace (C-1001)? [y/N]");
    terminal.type_("y\r");
    let screen = terminal.wait_for("Enter or q");
    let password = password_in(&screen).unwrap();
    terminal.type_("\u{3}");
    terminal.wait_for("ended 0");
    terminal.end();
    let object = std::fs::read_to_string(env.path().join("out.json")).unwrap();
    assert!(!object.contains(&password) && !object.contains("temporary_password"));
    let object: serde_json::Value = serde_json::from_str(&object).unwrap();
    assert_eq!(
        (object["schema"].as_str(), object["status"].as_str()),
        (Some("tellonce.reset/v1"), Some("force_password_reset"))
    );
}

#[test]
fn the_customer_signs_in_and_chooses_at_a_terminal() {
    let env = TestEnvironment::signed_in("sam");
    let temporary = env.issue("C-1001");
    let mut terminal = Terminal::run(&env, &["practice", "sign-in", "ada@example.com"], 80, 24);
    terminal.wait_for("Password:");
    terminal.type_(&format!("{}\r", temporary.trim()));
    terminal.wait_for("at least 12 characters");
    terminal.wait_for("New password:");
    terminal.type_("short\r");
    terminal.wait_for("Update Password");
    terminal.type_("short\r");
    terminal.wait_for("cannot be used");
    terminal.wait_until("the question again", |screen| screen.matches("New password:").count() == 2);
    terminal.type_("My-own-choice-7\r");
    terminal.wait_until("the question again", |screen| screen.matches("New password again").count() == 2);
    terminal.type_("My-own-choice-7\r");
    assert_eq!(terminal.end().0, 0);
    assert_screen!(env, "customer_chooses", terminal.screen());
    assert!(!terminal.everything().0.contains("My-own-choice-7"), "no echo");
}

#[test]
fn a_required_ticket_that_cannot_be_used_is_asked_for_again() {
    let env = TestEnvironment::signed_in("sam");
    let text = "[profiles.practice]\nbackend = 'practice'\nrequire = ['ticket']\nticket_pattern = 'T-[0-9]+'\n";
    std::fs::write(env.path().join("config.toml"), text).unwrap();
    let mut terminal = Terminal::run(&env, &["--profile", "practice", "reset", "C-1001"], 80, 24);
    terminal.wait_for("Ticket:");
    terminal.type_("17\r");
    terminal.wait_for("T-[0-9]+");
    terminal.wait_until("the question again", |screen| screen.matches("Ticket:").count() == 2);
    terminal.type_("T-17\u{200b}\r");
    terminal.wait_for("U+200B");
    terminal.wait_until("the question again", |screen| screen.matches("Ticket:").count() == 3);
    terminal.type_(" T-17\r");
    let screen = terminal.wait_for("[y/N]");
    assert_screen!(env, "confirmation_with_ticket", screen);
    terminal.type_("\r");
    assert_eq!(terminal.end().0, 6);
}

#[test]
fn an_answer_that_is_a_secret_key_goes_nowhere() {
    let env = TestEnvironment::signed_in("sam");
    let text = "[profiles.practice]\nbackend = 'practice'\nrequire = ['reason']\n";
    std::fs::write(env.path().join("config.toml"), text).unwrap();
    let mut terminal = Terminal::run(&env, &["--profile", "practice", "reset", "C-1001"], 80, 24);
    terminal.wait_for("Reason:");
    terminal.type_("age-secret-key-1qqpqyrzpqyrzpqyrzpqyrz\r");
    let screen = terminal.wait_for("treat it as exposed");
    assert_eq!(screen.matches("qyrz").count(), 4, "what was typed is echoed, and not said again:\n{screen}");
    assert_eq!(terminal.end().0, 2);
    assert_eq!(env.last_event(), "none");
}
