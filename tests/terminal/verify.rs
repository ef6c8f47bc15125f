//! A caller who is verified on the way of a change, on a pseudo-terminal.

use crate::support::verification::{STRICT, code_in, desk, lock_out, mails, wrong};
use crate::support::{Terminal, TestEnvironment, assert_screen};

const HOW: &str = "How is Ada Lovelace (C-1001) verified?";
const CODE: &str = "The code that Ada Lovelace reads to you";
const SET: &str = "Set a temporary password for Ada Lovelace (C-1001)? [y/N]";
const DOWN: &str = "\u{1b}[B";

/// Begins a reset, and waits for the question how the caller is verified.
fn begin(env: &TestEnvironment) -> Terminal {
    let terminal = Terminal::run(env, &["reset", "C-1001"], 100, 40);
    terminal.wait_for(HOW);
    terminal.wait_for("call ***01");
    terminal
}

/// Chooses the first way, and returns the code in the customer's inbox.
fn choose_mail(env: &TestEnvironment, terminal: &mut Terminal) -> String {
    terminal.type_("\r");
    terminal.wait_for(CODE);
    code_in(&mails(env, "code")[0].body)
}

#[test]
fn a_reset_asks_for_the_code_and_the_plan_says_how_the_caller_was_verified() {
    let env = desk("sam", STRICT);
    let mut terminal = begin(&env);
    let screen = terminal.screen();
    for option in ["send a code to a***@example.com", "send a code to ***01", "call ***01"] {
        assert!(screen.contains(option), "{option}:\n{screen}");
    }
    assert_screen!(env, "verify_choice", screen);
    let code = choose_mail(&env, &mut terminal);
    assert_eq!(mails(&env, "code")[0].to, "ada@example.com");
    terminal.type_(&format!("{}\r", wrong(&code)));
    terminal.wait_for("That is not the code. 2 more tries.");
    terminal.type_(&format!("{} {}\r", &code[..4], &code[4..]));
    let screen = terminal.wait_for(SET);
    assert!(screen.contains("by a code sent to a***@example.com"), "{screen}");
    terminal.type_("y\r");
    let (password, _) = terminal.revealed();
    assert_eq!(terminal.dismissed(&password), 0);
    assert_eq!(env.sign_in("ada.lovelace", &password), "change_required");
}

#[test]
fn an_interrupt_at_the_code_leaves_the_terminal_as_it_was_and_changes_nothing() {
    let env = desk("sam", STRICT);
    let mut terminal = begin(&env);
    choose_mail(&env, &mut terminal);
    terminal.type_("\u{3}");
    let (code, signal) = terminal.end();
    assert!(code == 130 || signal.is_some_and(|signal| signal.contains("Interrupt")), "{code}");
    assert!(terminal.echoes());
    assert!(!terminal.everything().1, "the cursor is there");
    let events: Vec<_> = env.records().iter().map(|record| record["event"].clone()).collect();
    assert_eq!(events, ["code_sent"]);
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in");
}

#[test]
fn who_confirms_beforehand_is_not_asked_for_a_code() {
    let env = desk("sam", STRICT);
    for more in [&["--yes"][..], &["--no-input", "--yes"]] {
        let mut terminal = Terminal::run(&env, &[&["reset", "C-1001"], more].concat(), 100, 40);
        assert_eq!(terminal.end().0, 7, "{more:?}: {}", terminal.everything().0);
        assert!(terminal.everything().0.contains("tellonce verify C-1001"), "{}", terminal.everything().0);
    }
    assert!(mails(&env, "code").is_empty() && env.records().is_empty());
}

#[test]
fn a_choice_that_is_given_up_sends_nothing() {
    let env = desk("sam", STRICT);
    for key in ["\u{1b}", "q", "\u{3}"] {
        let mut terminal = begin(&env);
        terminal.type_(key);
        if key == "q" {
            terminal.type_("\u{1b}");
        }
        let (code, signal) = terminal.end();
        assert!(code == 6 || signal.is_some(), "{key:?}: {code}");
        assert!(terminal.echoes());
    }
    assert!(mails(&env, "code").is_empty() && env.records().is_empty());
}

#[test]
fn a_call_shows_the_number_in_full_and_is_the_agents_word() {
    let env = desk("sam", STRICT);
    for answer in ["\r", "n\r", "y\r"] {
        let mut terminal = begin(&env);
        terminal.type_(&format!("{DOWN}{DOWN}\r"));
        let screen = terminal.wait_for("Did Ada Lovelace answer there, and ask for this themselves? [y/N]");
        assert!(screen.contains("Hang up, and call the number on file: +44 20 7946 0001"), "{screen}");
        if answer == "\r" {
            assert_screen!(env, "verify_call", screen);
        }
        terminal.type_(answer);
        if answer == "y\r" {
            let screen = terminal.wait_for(SET);
            assert!(screen.contains("by a call to ***01, on the agent's word"), "{screen}");
            terminal.type_("\r");
            assert_eq!(terminal.end().0, 6);
        } else {
            assert_eq!(terminal.end().0, 7);
            assert!(env.records().is_empty());
        }
    }
    let records = env.records();
    let [verified] = &records[..] else { panic!("{records:?}") };
    assert_eq!((&verified["way"], &verified["attested"]), (&"callback".into(), &true.into()));
}

#[test]
fn a_withdrawal_and_an_unlock_ask_as_well() {
    let env = desk("sam", STRICT);
    lock_out(&env, "C-1001");
    let mut terminal = Terminal::run(&env, &["unlock", "C-1001"], 100, 40);
    terminal.wait_for(HOW);
    let code = choose_mail(&env, &mut terminal);
    terminal.type_(&format!("{code}\r"));
    let screen = terminal.wait_for("Lift the lock-out of Ada Lovelace (C-1001)? [y/N]");
    assert!(screen.contains("by a code sent to a***@example.com"), "{screen}");
    terminal.type_("y\r");
    assert_eq!(terminal.end().0, 0);
    assert_eq!(env.status("C-1001")["locked"], false);
}

#[test]
fn a_new_customer_whose_address_the_agent_types_is_not_asked_for_a_code() {
    let env = desk("sam", STRICT);
    let new = ["--create", "--email", "mal.lory@example.net", "--first-name", "Mal", "--last-name", "Lory"];
    let mut terminal = Terminal::run(&env, &[&["reset", "mal.lory@example.net"], &new[..]].concat(), 100, 40);
    assert_eq!(terminal.end().0, 7);
    assert!(terminal.everything().0.contains("cannot be verified"), "{}", terminal.everything().0);
    assert!(mails(&env, "code").is_empty() && env.records().is_empty());
}

#[test]
fn a_plan_names_where_the_customer_is_told_and_promises_nothing_without_notices() {
    let env = desk("sam", "");
    let mut terminal = Terminal::run(&env, &["reset", "C-1001"], 100, 40);
    let screen = terminal.wait_for(SET);
    assert!(screen.contains("tell the customer of it, without the password: a***@example.com, ***01"), "{screen}");
    terminal.type_("\r");
    assert_eq!(terminal.end().0, 6);
    let quiet = "[profiles.practice.messages]\ndesk = 'Acme'\ncall = '100'\nnotices = false\n";
    let env = desk("sam", quiet);
    let mut terminal = Terminal::run(&env, &["reset", "C-1001"], 100, 40);
    let screen = terminal.wait_for(SET);
    assert!(!screen.contains("tell the customer") && !screen.contains("a***@example.com"), "{screen}");
    terminal.type_("\r");
    assert_eq!(terminal.end().0, 6);
    assert!(mails(&env, "notice").is_empty());
}
