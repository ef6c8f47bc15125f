//! The reveal on a pseudo-terminal.

use crate::support::{Terminal, password_in};
use crate::support::{TestEnvironment, assert_screen};

const KEYS: &str = "Enter or q when you have noted it";

/// A reset of Ada, up to the reveal; and the password.
fn revealed(env: &TestEnvironment, more: &[&str], columns: u16, rows: u16) -> (Terminal, String) {
    let arguments = [&["reset", "ada@example.com"], more].concat();
    let mut terminal = Terminal::run(env, &arguments, columns, rows);
    terminal.wait_for("[y/N]");
    terminal.type_("y\r");
    let screen = terminal.wait_for(KEYS);
    let password = password_in(&screen).unwrap_or_else(|| panic!("no password on\n{screen}"));
    (terminal, password)
}

/// Dismissed by this key, once the first second is over.
fn dismiss(terminal: &mut Terminal, key: &str) {
    terminal.wait_until("a second to pass", |screen| {
        // The countdown is painted after the password: without it no time can be told.
        screen.contains("Gone in") && !screen.contains("Gone in 10:00") && !screen.contains("Gone in 9:59")
    });
    terminal.type_(key);
}

fn assert_gone(terminal: &Terminal, password: &str) {
    let (all, cursor_hidden) = terminal.everything();
    assert!(!all.contains(password), "the password is still there:\n{all}");
    assert!(password.split('-').all(|group| !all.contains(group)), "a part of it is still there:\n{all}");
    assert!(!cursor_hidden, "the cursor is hidden");
}

#[test]
fn it_is_shown_once_spelled_and_leaves_nothing() {
    let env = TestEnvironment::signed_in("sam");
    let (mut terminal, password) = revealed(&env, &[], 80, 24);
    let screen = terminal.wait_for("Gone in");
    assert!(screen.contains("dash") && screen.contains("capital "), "spelled:\n{screen}");
    assert!(screen.contains("Valid until tomorrow "), "{screen}");
    assert_screen!(env, "reveal", screen);
    dismiss(&mut terminal, "\r");
    assert_eq!(terminal.end().0, 0);
    assert_screen!(env, "after_reveal", terminal.screen());
    assert_gone(&terminal, &password);
    assert_eq!(env.last_event(), "shown");
    assert_eq!(env.sign_in("ada.lovelace", &password), "change_required");
}

#[test]
fn it_is_german_if_that_is_asked_for() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = Terminal::run(&env, &["reset", "ada@example.com", "--language", "de"], 80, 40);
    terminal.wait_for("[y/N]");
    terminal.type_("y\r");
    let screen = terminal.wait_for("Noch ");
    let password = password_in(&screen).unwrap();
    assert_screen!(env, "reveal_in_german", screen);
    terminal.wait_until("a second to pass", |screen| {
        screen.contains("Noch ") && !screen.contains("Noch 10:00") && !screen.contains("Noch 9:59")
    });
    terminal.type_("q");
    assert_eq!(terminal.end().0, 0);
    assert_screen!(env, "after_reveal_in_german", terminal.screen());
    assert_gone(&terminal, &password);
}

#[test]
fn what_was_typed_before_does_not_dismiss_it() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = Terminal::run(&env, &["reset", "C-1001"], 80, 24);
    terminal.wait_for("[y/N]");
    terminal.type_("y\r\r\rqqq\r");
    terminal.wait_for(KEYS);
    terminal.type_("q\r");
    let screen = terminal.wait_until("two seconds to pass", |screen| screen.contains("Gone in 9:58"));
    let password = password_in(&screen).unwrap();
    terminal.type_("q");
    assert_eq!(terminal.end().0, 0);
    assert_gone(&terminal, &password);
}

#[test]
fn space_adds_time_and_arrows_do_nothing() {
    let env = TestEnvironment::signed_in("sam");
    let (mut terminal, _) = revealed(&env, &[], 80, 24);
    dismiss(&mut terminal, " ");
    terminal.wait_for("Gone in 14:");
    terminal.type_("\u{1b}[A\u{1b}OM");
    terminal.wait_until("another second", |screen| screen.contains("Gone in 14:5"));
    terminal.type_("Q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn its_time_runs_out() {
    let env = TestEnvironment::signed_in("sam");
    let (mut terminal, password) = revealed(&env, &["--show-for", "2s"], 80, 24);
    assert_eq!(terminal.end().0, 0);
    assert_gone(&terminal, &password);
    assert_eq!(env.last_event(), "timed_out");
}

#[test]
fn without_a_limit_it_waits_for_the_agent() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal =
        Terminal::run(&env, &["reset", "C-1001", "--yes", "--profile", "practice", "--show-for", "0"], 80, 24);
    let screen = terminal.wait_for(KEYS);
    assert!(!screen.contains("Gone in"), "{screen}");
    assert_screen!(env, "reveal_without_limit", screen);
    terminal.type_("\u{3}");
    assert_eq!(terminal.end().0, 0);
    assert_eq!(env.last_event(), "shown");
}

#[test]
fn a_signal_dismisses_it_as_shown() {
    for signal in ["INT", "TERM", "QUIT"] {
        let env = TestEnvironment::signed_in("sam");
        let (mut terminal, password) = revealed(&env, &[], 80, 24);
        terminal.signal(signal);
        assert_eq!(terminal.end(), (0, None), "{signal}");
        assert_gone(&terminal, &password);
        assert_eq!(env.last_event(), "shown", "{signal}");
    }
}

#[test]
fn a_hang_up_is_not_a_delivery() {
    let env = TestEnvironment::signed_in("sam");
    let (mut terminal, password) = revealed(&env, &[], 80, 24);
    terminal.signal("HUP");
    assert_eq!(terminal.end().0, 9);
    assert_gone(&terminal, &password);
    assert_eq!(env.last_event(), "not_delivered");
}

#[test]
fn a_resize_wipes_and_paints_again() {
    let env = TestEnvironment::signed_in("sam");
    let (mut terminal, password) = revealed(&env, &[], 100, 40);
    terminal.resize(60, 20);
    terminal.wait_until("the smaller paint", |screen| screen.contains(&password) && screen.contains(KEYS));
    terminal.resize(120, 50);
    let screen = terminal
        .wait_until("the larger paint", |screen| screen.contains("Space for more time") && screen.contains(&password));
    assert_eq!(screen.matches(&password).count(), 1, "{screen}");
    dismiss(&mut terminal, "q");
    assert_eq!(terminal.end().0, 0);
    assert_gone(&terminal, &password);
}

/// A reset of Ada that is confirmed in a window of the usual size, and goes on in one of this size.
fn shrunk(env: &TestEnvironment, more: &[&str], columns: u16, rows: u16) -> Terminal {
    let mut terminal = Terminal::run(env, &[&["reset", "C-1001"], more].concat(), 80, 24);
    terminal.wait_for("[y/N]");
    terminal.resize(columns, rows);
    terminal.type_("y\r");
    terminal
}

#[test]
fn a_window_too_small_is_refused_before_the_question_with_the_size_it_takes() {
    let env = TestEnvironment::signed_in("sam");
    for (columns, rows, has, needs) in [
        (20, 40, "20 columns and 40 rows", "22 columns and 18 rows"),
        (80, 6, "80 columns and 6 rows", "80 columns and 7 rows"),
    ] {
        let mut terminal = Terminal::run(&env, &["reset", "C-1001"], columns, rows);
        assert_eq!(terminal.end().0, 2);
        let words = terminal.everything().0.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(has) && words.contains(needs) && !words.contains("[y/N]"), "{words}");
    }
    let script = "\"$T\" --profile practice reset C-1001 --yes -o json 2> error.json; echo ended $?";
    let small = Terminal::shell_of_size(&env, script, 80, 5);
    small.wait_for("ended 2");
    let error: serde_json::Value = serde_json::from_str(&env.read("error.json")).unwrap();
    assert_eq!((&error["reason"], &error["changed"]), (&"window_too_small".into(), &"no".into()));
    assert_eq!(env.last_event(), "none");
    let mut terminal = Terminal::run(&env, &["reset", "C-1001"], 80, 7);
    terminal.wait_for("[y/N]");
    terminal.type_("y\r");
    terminal.wait_until("the whole reveal", |screen| screen.contains(KEYS) && password_in(screen).is_some());
    terminal.type_("\u{3}");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn doctor_finds_a_window_that_is_too_small() {
    let env = TestEnvironment::signed_in("sam").with_variable("TELLONCE_PROFILE", "practice");
    for (rows, words) in [(6, "The window is too small"), (50, "a temporary password can be shown here")] {
        let mut terminal = Terminal::run(&env, &["doctor"], 200, rows);
        assert_eq!(terminal.end().0, 0);
        let (all, _) = terminal.everything();
        assert!(all.contains(words), "{all}");
    }
}

#[test]
fn a_window_that_becomes_too_small_says_its_size_and_the_way_out() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = shrunk(&env, &[], 80, 4);
    let screen = terminal.wait_for("Enlarge the window to 80 columns and 6 rows");
    assert_eq!(password_in(&screen), None);
    assert_screen!(env, "reveal_in_a_small_window", screen);
    terminal.resize(80, 24);
    let screen = terminal.wait_for(KEYS);
    let password = password_in(&screen).unwrap();
    terminal.resize(20, 24);
    let screen = terminal
        .wait_until("the password to be hidden", |screen| screen.contains("Enlarge") && !screen.contains(&password));
    let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("to 22 columns and ") && words.contains("q if you have noted it"), "{words}");
    terminal.resize(80, 24);
    terminal.wait_for(&password);
    terminal.resize(20, 24);
    terminal.wait_for("Enlarge");
    terminal.press_until("q", Terminal::try_end);
    assert_eq!(terminal.end().0, 0);
    assert_gone(&terminal, &password);
}

#[test]
fn a_narrow_window_still_names_a_key() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = shrunk(&env, &[], 22, 30);
    let screen = terminal.wait_for("q: done");
    assert!(password_in(&screen).is_some(), "{screen}");
    terminal.press_until("q", Terminal::try_end);
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_window_that_stays_too_small_delivers_nothing() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = shrunk(&env, &["--show-for", "2s"], 80, 2);
    assert_eq!(terminal.end().0, 9);
    assert_eq!(env.last_event(), "not_delivered");
    let mut terminal = shrunk(&env, &[], 80, 2);
    terminal.wait_for("Ctrl-C");
    terminal.type_("\u{3}");
    assert_eq!(terminal.end().0, 9);
    assert_eq!(env.last_event(), "not_delivered");
}

#[test]
fn suspended_it_is_wiped_and_continued_it_is_painted_again() {
    let env = TestEnvironment::signed_in("sam");
    let (mut terminal, password) = revealed(&env, &[], 80, 24);
    terminal.type_("\u{1a}");
    terminal.wait_for_state('T');
    let (all, _) = terminal.everything();
    assert!(!all.contains(&password), "{all}");
    assert!(terminal.echoes(), "the shell gets its terminal back as it was");
    terminal.signal("CONT");
    terminal.wait_for(&password);
    dismiss(&mut terminal, "\r");
    assert_eq!(terminal.end().0, 0);
    assert_gone(&terminal, &password);
}

#[test]
fn a_name_with_escapes_does_nothing_to_the_terminal() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = Terminal::run(&env, &["reset", "mallory@example.com"], 80, 24);
    let screen = terminal.wait_for("[y/N]");
    assert!(screen.contains("\\u{1b}[31mRed"), "{screen}");
    assert_screen!(env, "confirmation_with_a_hostile_name", screen);
    terminal.type_("y\r");
    let screen = terminal.wait_for("Gone in");
    assert!(screen.contains("\\u{1b}[31mRed"), "{screen}");
    assert_screen!(env, "reveal_with_a_hostile_name", screen);
    dismiss(&mut terminal, "q");
    assert_eq!(terminal.end().0, 0);
}
