//! An argument that was left out is asked for at a terminal, and named where nobody can be asked; and lists in tmux.

use crate::support::Terminal;
use crate::support::{BINARY, PRACTICE, TestEnvironment};
use crate::support::{Multiplexer, Tmux};

const CUSTOMER: &str = "part of a name):";
const OF_CUSTOMERS: [&str; 5] = ["reset", "show", "status", "unlock", "withdraw"];

#[test]
fn a_customer_who_was_left_out_is_asked_for_searched_and_chosen() {
    let env = TestEnvironment::signed_in("sam");
    for (verb, told) in [
        ("reset", "Set a temporary password for Ada Lovelace (C-1001)? [y/N]"),
        ("show", "C-1001"),
        ("status", "Ada Lovelace (C-1001): Active"),
        ("unlock", "Ada Lovelace (C-1001) is not locked out."),
        ("withdraw", "No temporary password is pending for Ada Lovelace"),
    ] {
        for (typed, is_exact) in [("lovel", false), ("C-1001", true)] {
            let mut terminal = Terminal::run(&env, &[&PRACTICE[..], &[verb]].concat(), 80, 24);
            terminal.wait_for(CUSTOMER);
            terminal.type_(&format!("{typed}\r"));
            if !is_exact {
                terminal.wait_for("> Ada Lovelace");
                terminal.type_("\r");
            }
            if verb == "reset" {
                terminal.wait_for(told);
                terminal.type_("\r");
            }
            terminal.end();
            assert!(terminal.everything().0.contains(told), "{verb} {typed}:\n{}", terminal.everything().0);
        }
        let mut terminal = Terminal::run(&env, &[verb], 80, 24);
        terminal.wait_for(CUSTOMER);
        terminal.type_("\r");
        assert_eq!(terminal.end().0, 6, "{verb}: Enter alone gives up");
    }
    assert_eq!(env.last_event(), "none");
}

#[test]
fn where_nobody_can_be_asked_what_is_missing_is_named() {
    let env = TestEnvironment::signed_in("sam");
    let of_profiles = ["use", "remove", "add"].map(|verb| (vec!["profile", verb], "NAME"));
    for (command, argument) in OF_CUSTOMERS.map(|verb| (vec![verb], "CUSTOMER")).into_iter().chain(of_profiles) {
        let error = env.run(&[&["-o", "json"], &command[..]].concat()).must(2).error();
        assert_eq!((error["kind"].as_str(), error["reason"].as_str()), (Some("usage"), Some("usage")), "{error}");
        assert!(error["message"].as_str().unwrap().contains(argument), "{error}");
        let hint = format!("`tellonce {} {argument}`", command.join(" "));
        assert!(error["hint"].as_str().unwrap().contains(&hint), "{error}");
        let mut told = Terminal::run(&env, &[&command[..], &["--no-input"]].concat(), 80, 24);
        assert_eq!(told.end().0, 2, "{command:?}");
    }
    for verb in ["reset", "unlock", "withdraw"] {
        let mut confirmed = Terminal::run(&env, &[&PRACTICE[..], &[verb, "--yes"]].concat(), 80, 24);
        assert_eq!(confirmed.end().0, 2, "{verb}: who confirms beforehand names the customer");
    }
    env.run(&["withdraw", "--older-than", "1h"]).must(2);
    TestEnvironment::signed_in("kim")
        .run(&[&PRACTICE[..], &["withdraw", "--older-than", "1h", "--all", "--dry-run"]].concat())
        .must(0);
}

/// Whether tmux shows the pane's cursor.
fn shows_cursor(tmux: &Tmux) -> bool {
    String::from_utf8_lossy(&tmux.tmux(&["display-message", "-p", "#{cursor_flag}"]).stdout).trim() == "1"
}

#[test]
#[ignore = "needs tmux"]
fn in_tmux_ctrl_c_at_a_list_is_an_interrupt_and_the_shell_goes_on() {
    let tmux = Tmux::new(true);
    tmux.start_reset("reset a");
    tmux.wait_until("the list", |shown| shown.contains("> Frances Allen") && shown.contains("Annie Easley"));
    assert!(!shows_cursor(&tmux), "the control: a list hides the cursor");
    tmux.tmux(&["send-keys", "Down"]);
    tmux.wait_until("the next row", |shown| shown.contains("> Ada Lovelace"));
    tmux.tmux(&["send-keys", "C-c"]);
    tmux.wait_until("the shell", |shown| shown.trim_end().ends_with('$'));
    tmux.type_("echo \"[$?]\"; stty -a | grep -o '[-]*icanon\\|[-]*echo '\r");
    let shown = tmux.wait_until("what the shell says", |shown| shown.contains("[130]") && shown.contains("icanon"));
    assert!(!shown.contains("-icanon") && !shown.contains("-echo") && shows_cursor(&tmux), "{shown}");
}

#[test]
#[ignore = "needs tmux"]
fn in_tmux_a_terminal_that_goes_away_ends_the_list() {
    let tmux = Tmux::new(true);
    let env = tmux.environment().path().display().to_string();
    tmux.type_(&format!("sh -c 'echo $$ > {env}/id; TELLONCE_HOME={env} exec {BINARY} reset a'\r"));
    tmux.wait_until("the list", |shown| shown.contains("> Frances Allen") && shown.contains("Annie Easley"));
    let id = std::fs::read_to_string(tmux.environment().path().join("id")).unwrap();
    let process = std::path::PathBuf::from(format!("/proc/{}", id.trim()));
    assert!(process.exists(), "the control: it runs");
    tmux.tmux(&["new-session", "-d", "sleep 600"]);
    assert!(tmux.tmux(&["kill-pane", "-t", "%0"]).status.success());
    let started = std::time::Instant::now();
    while process.exists() {
        assert!(started.elapsed() < std::time::Duration::from_mins(1), "it never ended");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(tmux.environment().last_event(), "none");
}
