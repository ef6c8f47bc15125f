//! Lists and yes-or-no questions that dialoguer paints: keys, signals, stops, small terminals, hostile names.

use std::process::Command;

use crate::support::TestEnvironment;
use crate::support::{Terminal, assert_screen};

/// Long enough for the slowest machine; only a failing test waits for it.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);
const KEYS: &str = "Arrow keys and Enter choose, Esc gives up.";
const KEYS_BEGIN: &str = "Enter or Esc";
const CUSTOMER: &str = "part of a name):";
const DOWN: &str = "\u{1b}[B";
const ESCAPE: &str = "\u{1b}";
const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";
const CTRL_Z: &str = "\u{1a}";
const CTRL_BACKSLASH: &str = "\u{1c}";

/// All modes of the terminal, as `stty` writes them.
fn modes(terminal: &Terminal) -> String {
    let told = Command::new("stty").arg("-F").arg(terminal.name()).arg("-g").output().unwrap();
    assert!(told.status.success(), "{told:?}");
    String::from_utf8(told.stdout).unwrap()
}

/// A list of six customers, and the terminal's modes before it.
fn listed(env: &TestEnvironment, columns: u16, rows: u16) -> (Terminal, String) {
    let mut terminal = Terminal::run(env, &["reset"], columns, rows);
    terminal.wait_for(CUSTOMER);
    let before = modes(&terminal);
    terminal.type_("a\r");
    terminal.wait_for("> Frances Allen");
    terminal.wait_for("Annie Easley");
    (terminal, before)
}

/// Waits until the cursor is seen: what was written last may still be on its way.
fn wait_for_cursor(terminal: &Terminal) {
    let started = std::time::Instant::now();
    while terminal.everything().1 {
        assert!(started.elapsed() < PATIENCE, "the cursor stays hidden");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// The terminal is as it was, and the customers are as well.
fn is_as_before(env: &TestEnvironment, terminal: &Terminal, before: &str, what: &str) {
    assert_eq!(modes(terminal), before, "{what}");
    wait_for_cursor(terminal);
    assert_eq!(env.last_event(), "none", "{what}");
}

#[test]
fn arrows_and_enter_choose_and_the_list_makes_room_for_the_plan() {
    let env = TestEnvironment::signed_in("sam");
    let (mut terminal, _) = listed(&env, 80, 24);
    assert!(terminal.everything().1, "the control: a list hides the cursor");
    terminal.type_(DOWN);
    terminal.wait_for("> Ada Lovelace    C-1001  a***@example.com");
    terminal.type_("\r");
    let screen = terminal.wait_for("Set a temporary password for Ada Lovelace (C-1001)? [y/N]");
    assert!(screen.contains("Chosen: Ada Lovelace    C-1001"), "{screen}");
    assert!(!screen.contains("Annie Easley") && !screen.contains(KEYS), "{screen}");
    terminal.type_("\r");
    assert_eq!(terminal.end().0, 6);
}

#[test]
fn who_gives_up_changes_nothing_and_ctrl_d_alone_does_not_choose() {
    let env = TestEnvironment::signed_in("sam");
    for key in [ESCAPE, "q"] {
        let (mut terminal, before) = listed(&env, 80, 24);
        terminal.type_(CTRL_D);
        terminal.type_(DOWN);
        terminal.wait_for("> Ada Lovelace");
        terminal.type_(key);
        assert_eq!(terminal.end(), (6, None), "{key:?}");
        assert!(terminal.everything().0.contains("nothing was changed"));
        is_as_before(&env, &terminal, &before, key);
    }
}

#[test]
fn a_key_or_a_signal_that_ends_it_leaves_the_terminal_as_it_was() {
    let env = TestEnvironment::signed_in("sam");
    for (key, signal, told) in [
        (Some(CTRL_C), "INT", "Interrupt"),
        (Some(CTRL_BACKSLASH), "QUIT", "Quit"),
        (None, "TERM", "Terminated"),
        (None, "HUP", "Hangup"),
    ] {
        let (mut terminal, before) = listed(&env, 80, 24);
        assert_ne!(modes(&terminal), before, "the control: a list has modes of its own");
        match key {
            Some(key) => {
                wait_for_signal_keys(&terminal);
                terminal.type_(key);
            }
            None => terminal.signal(signal),
        }
        let (_, ended_by) = terminal.end();
        assert!(ended_by.as_ref().is_some_and(|ended_by| ended_by.contains(told)), "{signal}: {ended_by:?}");
        is_as_before(&env, &terminal, &before, signal);
    }
}

/// Waits until console's raw mode is over.
fn wait_for_signal_keys(terminal: &Terminal) {
    let started = std::time::Instant::now();
    loop {
        let told = Command::new("stty").arg("-F").arg(terminal.name()).arg("-a").output().unwrap();
        if String::from_utf8_lossy(&told.stdout).split_whitespace().any(|mode| mode == "isig") {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "keys never became signals");
    }
}

#[test]
fn a_resize_does_not_end_it() {
    let env = TestEnvironment::signed_in("sam");
    let (mut terminal, _) = listed(&env, 80, 24);
    for (columns, rows) in [(60, 20), (30, 10), (100, 30)] {
        terminal.resize(columns, rows);
        std::thread::sleep(std::time::Duration::from_millis(100)); // the signal has come by then
    }
    terminal.type_(DOWN);
    terminal.wait_for("> Ada Lovelace");
    terminal.type_("\r");
    terminal.wait_for("Set a temporary password for Ada Lovelace (C-1001)? [y/N]");
    terminal.type_("\r");
    assert_eq!(terminal.end().0, 6);
}

/// What the shell writes while the tool is stopped.
fn shell_writes(terminal: &Terminal) {
    std::fs::write(terminal.name(), "\r\nthe shell\r\n").unwrap();
    terminal.wait_for("the shell");
}

fn wait_after_shell(terminal: &Terminal, text: &str) {
    terminal.wait_until(text, |screen| screen.split("the shell").last().is_some_and(|below| below.contains(text)));
}

#[test]
fn stopped_and_continued_it_is_painted_again_and_can_be_answered() {
    let env = TestEnvironment::signed_in("sam");
    let (mut terminal, before) = listed(&env, 80, 40);
    terminal.type_(DOWN);
    terminal.wait_for("> Ada Lovelace");
    wait_for_signal_keys(&terminal);
    terminal.type_(CTRL_Z);
    terminal.wait_for_state('T');
    is_as_before(&env, &terminal, &before, "the shell gets its terminal as it was");
    shell_writes(&terminal);
    terminal.signal("CONT");
    wait_after_shell(&terminal, "Which customer do you mean?");
    wait_after_shell(&terminal, "> Ada Lovelace");
    wait_after_shell(&terminal, "Annie Easley");
    terminal.type_(DOWN);
    wait_after_shell(&terminal, "> Adele Goldberg");
    terminal.type_("\r");
    terminal.wait_for("Set a temporary password for Adele Goldberg (C-1034)? [y/N]");
    terminal.type_(CTRL_Z);
    terminal.wait_for_state('T');
    std::fs::write(terminal.name(), "\r\nand again the shell\r\n").unwrap();
    terminal.wait_for("and again the shell");
    terminal.signal("CONT");
    wait_after_shell(&terminal, "Set a temporary password for Adele Goldberg (C-1034)? [y/N]");
    terminal.type_("\r");
    assert_eq!(terminal.end().0, 6);
}

#[test]
fn what_was_typed_before_a_question_does_not_answer_it() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = Terminal::run(&env, &["reset"], 80, 24);
    terminal.wait_for(CUSTOMER);
    terminal.type_("a\r\r");
    terminal.wait_for("> Frances Allen");
    terminal.type_(&format!("{DOWN}\ry\r"));
    terminal.wait_for("Set a temporary password for Ada Lovelace (C-1001)? [y/N]");
    terminal.type_("\r");
    assert_eq!(terminal.end().0, 6);
    assert_eq!(env.last_event(), "none");
}

#[test]
fn in_a_small_terminal_the_list_has_pages() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = Terminal::run(&env, &["show", "a"], 20, 5);
    terminal.wait_for("[Page 1/2]");
    for _ in 0..4 {
        terminal.type_(DOWN);
    }
    let screen = terminal.wait_for("> Alan Turing     …");
    assert!(screen.contains("[Page 2/2]") && !screen.contains("Frances"), "{screen}");
    terminal.type_("\r");
    assert_eq!(terminal.end().0, 0);
    assert!(terminal.everything().0.contains("C-1003"));
}

#[test]
fn where_it_cannot_be_painted_the_list_is_numbered() {
    let env = TestEnvironment::signed_in("sam");
    let small = |columns, rows| Terminal::run(&env, &["show", "lovel"], columns, rows);
    let plain = |name: &str| Terminal::shell(&env, &format!("TERM={name} exec \"$T\" show lovel"));
    for (what, mut terminal) in
        [("4 rows", small(80, 4)), ("19 columns", small(19, 60)), ("dumb", plain("dumb")), ("no TERM", plain(""))]
    {
        let screen = terminal.wait_until(what, |screen| screen.replace('\n', " ").trim_end().ends_with("up):"));
        if what == "dumb" {
            assert_screen!(env, "choose_numbered", screen);
        }
        terminal.type_("7\r");
        terminal.wait_until(what, |screen| screen.replace('\n', " ").contains("from 1 to 1"));
        terminal.wait_until(what, |screen| screen.replace('\n', " ").trim_end().ends_with("up):"));
        terminal.type_("1\r");
        assert_eq!(terminal.end().0, 0, "{what}");
        assert!(terminal.everything().0.contains("C-1001"), "{what}");
    }
}

#[test]
fn hostile_names_stay_in_their_row() {
    let env = TestEnvironment::signed_in("sam");
    let names = [
        ("C-1001", "\u{1b}[2J\u{1b}[HAda\u{7}"),
        ("C-1034", "\u{202e}Adele\nRoot"),
        ("C-1035", "山田花子山田花子山田花子山田花子山田花子"),
        ("C-1003", "❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️"),
    ];
    let directory = rusqlite::Connection::open(env.path().join("practice.db")).unwrap();
    for (id, name) in names {
        assert_eq!(directory.execute("UPDATE customer SET first_name = ?1 WHERE id = ?2", [name, id]).unwrap(), 1);
    }
    drop(directory);
    let mut terminal = Terminal::run(&env, &["reset", "a"], 40, 24);
    terminal.wait_for("Annie Easley");
    for active in
        ["Frances", "\\u{1b}[2J", "\\u{202e}Adele", "山田花子山田花子", "❤️❤️", "Annie Easley"].iter().cycle().take(12)
    {
        let rows = |screen: &str| {
            screen.split(KEYS_BEGIN).last().unwrap().lines().skip(1).filter(|row| !row.is_empty()).count()
        };
        let is_whole = |screen: &str| screen.contains(&format!("\n> {active}")) && rows(screen) == 6;
        let screen = terminal.wait_until("six rows, each of its own", is_whole);
        assert!(screen.starts_with("Nobody is called exactly \"a\"."), "what stands above stays:\n{screen}");
        terminal.type_(DOWN);
    }
    terminal.type_(CTRL_C);
    terminal.end();
}

#[test]
fn beside_json_the_list_goes_to_the_terminal() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = Terminal::shell(&env, "\"$T\" reset lovel -o json > out.json; echo ended $?");
    terminal.wait_for("> Ada Lovelace");
    terminal.type_(ESCAPE);
    let screen = terminal.wait_for("ended 6");
    assert!(screen.contains("\"reason\":\"declined\""), "{screen}");
    assert_eq!(std::fs::read_to_string(env.path().join("out.json")).unwrap(), "");
}

#[test]
fn a_profile_is_named_chosen_and_removed_by_asking() {
    let env = TestEnvironment::new();
    let mut adding = Terminal::run(&env, &["profile", "add"], 80, 24);
    adding.wait_for("Name of the new profile:");
    adding.type_("desk\r");
    adding.wait_for("> practice");
    adding.type_("\r");
    assert_eq!(adding.end().0, 0);
    let mut using = Terminal::run(&env, &["profile", "use"], 80, 24);
    using.wait_for("> desk");
    using.type_("j\r");
    assert_eq!(using.end().0, 0);
    assert!(using.everything().0.contains("practice is the default profile now."));
    let removing = || {
        let mut terminal = Terminal::run(&env, &["profile", "remove"], 80, 24);
        let screen = terminal.wait_for("> desk");
        assert!(!screen.contains("> practice") && !screen.contains("  practice"), "none that is built in:\n{screen}");
        terminal.type_("\r");
        terminal.wait_for("Remove the profile desk? [y/N]:");
        terminal
    };
    for (answer, code) in [("\r", 6), ("yn\r", 6), (ESCAPE, 6), ("ny\r", 0)] {
        let mut terminal = removing();
        terminal.type_(answer);
        if answer == ESCAPE {
            terminal.wait_for("[y/N]:");
            std::thread::sleep(std::time::Duration::from_millis(50)); // Escape alone, not the beginning of a sequence
            terminal.type_("\r");
        }
        assert_eq!(terminal.end().0, code, "{answer:?}");
        let profiles = env.run(&["profile", "list"]).must(0).stdout;
        assert_eq!(profiles.contains("desk"), code != 0, "{answer:?}: {profiles}");
        assert!(!terminal.everything().1 && terminal.echoes());
    }
    env.run(&["profile", "remove"]).must(2);
}

#[test]
fn a_yes_or_no_question_is_stopped_painted_again_and_interrupted() {
    let env = TestEnvironment::new();
    env.run(&["profile", "add", "desk", "--backend", "practice"]).must(0);
    let mut terminal = Terminal::run(&env, &["profile", "remove"], 80, 24);
    terminal.wait_for("> desk");
    terminal.type_("\r");
    terminal.wait_for("Remove the profile desk? [y/N]:");
    terminal.type_("x"); // which it does not know: the library reads on at once
    wait_for_signal_keys(&terminal);
    terminal.type_(CTRL_Z);
    terminal.wait_for_state('T');
    wait_for_cursor(&terminal);
    assert!(terminal.echoes());
    shell_writes(&terminal);
    terminal.signal("CONT");
    wait_after_shell(&terminal, "Remove the profile desk? [y/N]:");
    terminal.wait_for_echo(false);
    terminal.type_("y");
    wait_after_shell(&terminal, "[y/N]: y");
    wait_for_signal_keys(&terminal);
    terminal.type_(CTRL_C);
    assert!(terminal.end().1.is_some_and(|signal| signal.contains("Interrupt")));
    assert!(terminal.echoes() && !terminal.everything().1);
    assert!(env.run(&["profile", "list"]).must(0).stdout.contains("desk"));
}
