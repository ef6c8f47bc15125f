//! What goes wrong around the app: its port, its directory, and its end.

use rusqlite::Connection;
use rustix::process::Signal;
use std::os::unix::process::ExitStatusExt as _;

use crate::support::TestEnvironment;
use crate::support::practice_app::{PracticeApp, heading};

#[test]
fn a_port_in_use_is_named_with_the_next_free_one() {
    let env = TestEnvironment::new();
    let app = PracticeApp::start(&env, &[]);
    assert_eq!(app.printed["schema"], "tellonce.practice-app/v1");
    assert_eq!(app.printed["url"], format!("{}/", app.origin()));
    let other = PracticeApp::start(&env, &[]);
    assert_ne!(app.port(), other.port(), "without --port the next free one is taken");
    let port = app.port().to_string();
    let refused = env.run(&["practice", "app", "--port", &port]).must(2);
    assert!(refused.stderr.contains(&format!("Port {port} of this machine is in use.")), "{refused:#?}");
    let free = refused.stderr.split("--port ").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
    assert_eq!(PracticeApp::start(&env, &["--port", free]).port().to_string(), free);
    env.run_must_say(&["practice", "app", "--port", "0"], 2, "--port");
}

#[test]
fn it_prints_its_address_and_over_ssh_how_to_forward_the_port() {
    let env = TestEnvironment::new().with_variable("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22");
    let app = PracticeApp::start(&env, &[]);
    let words = env.run(&["practice", "app", "--port", &app.port().to_string()]).must(2);
    assert!(words.stdout.is_empty(), "{words:#?}");
    let mut child = env.command(&["practice", "app"]).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    let port = line.trim_end().trim_end_matches('/').rsplit(':').next().unwrap().to_owned();
    assert_eq!(line, format!("The customer's app: http://127.0.0.1:{port}/\n"));
    let mut notices = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    while !seen.contains("ssh -L") {
        assert_ne!(std::io::BufRead::read_line(&mut notices, &mut seen).unwrap(), 0, "{seen}");
    }
    assert!(seen.contains(&format!("`ssh -L {port}:127.0.0.1:{port} HOST`")), "{seen}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_signal_ends_it_at_once() {
    let env = TestEnvironment::new();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut app = PracticeApp::start(&env, &[]);
        let _open = app.connect();
        assert_eq!(app.end_by(signal).signal(), Some(signal.as_raw()));
    }
}

#[test]
fn a_directory_made_anew_or_gone_is_opened_again() {
    let env = TestEnvironment::signed_in("sam");
    let app = PracticeApp::start(&env, &[]);
    let browser = app.browser();
    let page = browser.sign_in("ada@example.com", &env.issue("ada@example.com"));
    env.run(&["practice", "start-over", "--yes"]).must(0);
    let late = browser.update_password(&page, "Chosen-by-me-2026");
    assert_eq!(late.status, 409, "the temporary password was of the directory before: {late:#?}");
    env.sign_agent_in("sam");
    let page = browser.sign_in("ada@example.com", &env.issue("ada@example.com"));
    assert_eq!(heading(&browser.update_password(&page, "Chosen-by-me-2026")), "You are signed in");
    std::fs::remove_file(env.file("practice.db")).unwrap();
    assert_eq!(heading(&browser.open("/")), "Sign in", "a new directory knows no session");
}

#[test]
fn a_locked_or_damaged_directory_is_said_in_plain_words_and_other_pages_go_on() {
    let env = TestEnvironment::signed_in("sam");
    let temporary = env.issue("ada@example.com");
    let app = PracticeApp::start(&env, &["--timeout", "1s"]);
    let browser = app.browser();
    let lock = Connection::open(env.file("practice.db")).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| app.browser().sign_in("ada@example.com", &temporary));
        assert_eq!(browser.open("/").status, 200, "a page that needs no directory");
        let refused = waiting.join().unwrap();
        assert_eq!((refused.status, heading(&refused).as_str()), (503, "The practice directory does not answer"));
    });
    lock.execute_batch("ROLLBACK").unwrap();
    assert_eq!(heading(&browser.sign_in("ada@example.com", &temporary)), "Choose your own password");
    drop(lock);
    std::fs::write(env.file("practice.db"), "this is no database, and long enough to be looked at as one").unwrap();
    assert_eq!(browser.open("/inbox").status, 503);
}
