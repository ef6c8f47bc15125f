//! Stopped and continued, as a shell does it; and a shell that goes away while the tool is stopped.

use std::process::Command;

use crate::support::TestEnvironment;
use crate::support::{Terminal, password_in};

const KEYS: &str = "Enter or q when you have noted it";

fn revealed(env: &TestEnvironment) -> (Terminal, String) {
    let terminal = Terminal::run(env, &["--profile", "practice", "reset", "C-1001", "--yes"], 80, 24);
    let screen = terminal.wait_for(KEYS);
    let password = password_in(&screen).unwrap();
    (terminal, password)
}

#[test]
fn a_secret_asked_for_before_a_stop_is_not_echoed_after_it() {
    let env = TestEnvironment::new();
    let mut terminal = Terminal::run(&env, &["login", "--agent", "sam", "--store", "file"], 80, 24);
    terminal.wait_for("Password:");
    terminal.wait_for_echo(false); // the practice banner has the word too, before the question
    for _ in 0..2 {
        terminal.type_("\u{1a}");
        terminal.wait_for_state('T');
        assert!(terminal.echoes(), "the shell gets its terminal back as it was");
        terminal.signal("CONT");
        terminal.wait_for_echo(false);
    }
    terminal.type_("Mistyped-after-a-stop\r");
    let screen = terminal.wait_for("Wrong agent name or password");
    assert!(!screen.contains("Mistyped-after-a-stop"), "{screen}");
    terminal.type_("\u{3}");
    terminal.end();
    assert!(terminal.echoes());
}

#[test]
fn an_interrupt_after_a_stop_leaves_the_echo_on() {
    let env = TestEnvironment::new();
    let mut terminal = Terminal::run(&env, &["login", "--agent", "sam", "--store", "file"], 80, 24);
    terminal.wait_for("Password:");
    terminal.type_("\u{1a}");
    terminal.wait_for_state('T');
    terminal.signal("CONT");
    terminal.wait_for_echo(false);
    terminal.type_("\u{3}");
    assert!(terminal.end().1.is_some_and(|signal| signal.contains("Interrupt")));
    assert!(terminal.echoes());
}

/// A shell that ends sends its stopped jobs a signal and continues them: nobody is there to dismiss anything.
#[test]
fn a_signal_that_came_while_it_was_stopped_ends_the_reveal() {
    for (signal, code, event) in [("TERM", 0, "shown"), ("HUP", 9, "not_delivered")] {
        let env = TestEnvironment::signed_in("sam");
        let (mut terminal, _) = revealed(&env);
        terminal.type_("\u{1a}");
        terminal.wait_for_state('T');
        terminal.signal(signal);
        terminal.signal("CONT");
        assert_eq!(terminal.end().0, code, "{signal}");
        assert_eq!(env.last_event(), event, "{signal}");
    }
}

/// SIGSTOP cannot be caught; the shell that gets the terminal meanwhile sets modes of its own.
#[test]
fn continued_after_a_stop_that_it_did_not_see_it_reads_keys_again() {
    let env = TestEnvironment::signed_in("sam");
    let (mut terminal, password) = revealed(&env);
    terminal.signal("STOP");
    terminal.wait_for_state('T');
    assert!(!terminal.echoes(), "the control: the reveal's modes");
    let set = Command::new("stty").arg("-F").arg(terminal.name()).arg("sane").status().unwrap();
    assert!(set.success() && terminal.echoes());
    terminal.signal("CONT");
    terminal.wait_for_echo(false);
    terminal.wait_until("a second to pass", |screen| {
        screen.contains(&password)
            && screen.contains("Gone in")
            && !screen.contains("Gone in 10:00")
            && !screen.contains("Gone in 9:59")
    });
    terminal.type_("q");
    assert_eq!(terminal.end().0, 0);
    assert!(!terminal.everything().0.contains(&password));
}
