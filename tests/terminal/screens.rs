//! Inside tmux and GNU screen nothing of the password is left: not on the screen, not in the scrollback.

use crate::support::TestEnvironment;
use crate::support::{GnuScreen, Multiplexer, Tmux};
use crate::support::{Terminal, password_in};

const KEYS: &str = "Enter or q when you have noted it";

/// Shown, dismissed, and gone; the capture during the reveal proves that the capture afterwards would find it.
fn is_shown_and_gone(terminal: &impl Multiplexer) {
    terminal.type_("for n in 1 2 3 4 5 6 7 8 9; do echo before $n; done\r");
    terminal.wait_until("some lines", |shown| shown.contains("before 9"));
    terminal.start_reset("reset C-1001");
    terminal.wait_until("the question", |shown| shown.contains("[y/N]"));
    terminal.type_("y\r");
    let shown = terminal.wait_until("the reveal", |shown| shown.contains(KEYS));
    let password = password_in(&shown).expect("the control: the capture finds it while it is shown");
    terminal.wait_until("two seconds", |shown| shown.contains("Gone in 9:5") && !shown.contains("Gone in 9:59"));
    terminal.type_("\r");
    terminal.wait_until("the end", |shown| shown.contains("They sign in as ada.lovelace"));
    let left = terminal.everything();
    assert!(!left.contains(&password), "it is still there:\n{left}");
    assert!(password.split('-').all(|group| !left.contains(group)), "a part of it is still there:\n{left}");
    assert_eq!(terminal.environment().last_event(), "shown");
}

#[test]
#[ignore = "needs tmux"]
fn tmux_keeps_nothing() {
    is_shown_and_gone(&Tmux::new(true));
}

#[test]
#[ignore = "needs tmux"]
fn tmux_without_its_alternate_screen_keeps_nothing() {
    is_shown_and_gone(&Tmux::new(false));
}

#[test]
#[ignore = "needs screen"]
fn gnu_screen_keeps_nothing() {
    is_shown_and_gone(&GnuScreen::new());
}

#[test]
#[ignore = "needs tmux"]
fn a_window_made_smaller_pushes_nothing_into_the_scrollback() {
    for alternate_screen in [true, false] {
        let tmux = Tmux::new(alternate_screen);
        tmux.start_reset("--profile practice reset C-1001 --yes");
        let shown = tmux.wait_until("the reveal", |shown| shown.contains(KEYS));
        let password = password_in(&shown).expect("the control");
        for (columns, rows) in [("60", "10"), ("100", "40"), ("20", "5"), ("80", "24")] {
            tmux.tmux(&["resize-window", "-x", columns, "-y", rows]);
            tmux.wait_until("a paint", |shown| {
                shown.contains("Enlarge") || shown.contains("Enter or q") || shown.contains(&password)
            });
        }
        tmux.wait_until("the last paint", |shown| shown.contains(KEYS));
        tmux.wait_until("two seconds", |shown| !shown.contains("Gone in 10:00") && !shown.contains("Gone in 9:59"));
        tmux.type_("q");
        tmux.wait_until("the end", |shown| shown.contains("They sign in as"));
        let left = tmux.everything();
        assert!(!left.contains(&password), "alternate screen {alternate_screen}:\n{left}");
    }
}

#[test]
#[ignore = "needs tmux"]
fn a_terminal_that_goes_away_is_no_delivery() {
    let tmux = Tmux::new(true);
    tmux.start_reset("--profile practice reset C-1001 --yes");
    tmux.wait_until("the reveal", |shown| shown.contains(KEYS));
    tmux.tmux(&["new-session", "-d", "sleep 600"]);
    assert!(tmux.tmux(&["kill-pane", "-t", "%0"]).status.success());
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while tmux.environment().last_event() != "not_delivered" {
        assert!(std::time::Instant::now() < deadline, "the last event is {}", tmux.environment().last_event());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
#[ignore = "needs script"]
fn a_terminal_that_script_records_is_reported_before_confirming() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = Terminal::shell(&env, "script -q -c '\"$T\" reset C-1001' /dev/null");
    let shown = terminal.wait_for("[y/N]");
    assert!(shown.contains("recorded by script"), "{shown}");
    terminal.type_("n\r");
    terminal.end();
    let mut terminal = Terminal::shell(&env, "\"$T\" reset C-1001");
    let shown = terminal.wait_for("[y/N]");
    assert!(!shown.contains("recorded by"), "the control: {shown}");
    terminal.type_("n\r");
    terminal.end();
}

#[test]
#[ignore = "needs tmux"]
fn a_piped_pane_is_reported_before_confirming() {
    let tmux = Tmux::new(true);
    tmux.tmux(&["pipe-pane", "cat >/dev/null"]);
    tmux.start_reset("reset C-1001");
    let shown = tmux.wait_until("the question", |shown| shown.contains("[y/N]"));
    assert!(shown.contains("recorded by tmux pipe-pane"), "{shown}");
    tmux.type_("n\r");
    tmux.wait_until("the end", |shown| shown.contains("nothing was changed"));
}
