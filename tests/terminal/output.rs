//! What commands without a question show on a terminal.

use crate::support::{Terminal, TestEnvironment, assert_screen};

/// Runs a command to its end on a wide terminal. Returns its exit code and the screen.
fn shown(env: &TestEnvironment, arguments: &[&str]) -> (u32, String) {
    let mut terminal = Terminal::run(env, arguments, 120, 60);
    let (code, _) = terminal.end();
    (code, terminal.screen())
}

#[test]
fn what_is_read_is_shown() {
    let env = TestEnvironment::signed_in("sam").with_variable("TELLONCE_PROFILE", "practice");
    for (name, code, arguments) in [
        ("find", 0, &["find", "mary"][..]),
        ("show", 0, &["show", "C-1001"]),
        ("show_without_user", 0, &["show", "C-1002"]),
        ("show_disabled", 0, &["show", "C-1003"]),
        ("status_pending", 0, &["status", "C-1006"]),
        ("whoami", 0, &["whoami"]),
        ("doctor", 0, &["doctor"]),
        ("profile_list", 0, &["profile", "list"]),
        ("profile_show", 0, &["profile", "show"]),
    ] {
        let (found, screen) = shown(&env, arguments);
        assert_eq!(found, code, "{screen}");
        assert_screen!(env, name, screen);
    }
}

#[test]
fn what_is_refused_is_reported_with_what_to_do() {
    let env = TestEnvironment::signed_in("sam").with_variable("TELLONCE_PROFILE", "practice");
    for (name, code, arguments) in [
        ("error_nobody", 3, &["show", "nobody@example.com"][..]),
        ("error_several", 5, &["reset", "mary@example.com", "--yes"]),
        ("error_disabled", 7, &["reset", "C-1003", "--yes"]),
        ("error_external", 7, &["reset", "C-1007", "--yes"]),
        ("error_protected", 7, &["reset", "C-1008", "--yes"]),
        ("error_usage", 2, &["find"]),
        ("error_missing_customer", 2, &["reset", "--no-input"]),
        ("error_profile", 2, &["--profile", "elsewhere", "whoami"]),
    ] {
        let (found, screen) = shown(&env, arguments);
        assert_eq!(found, code, "{screen}");
        assert_screen!(env, name, screen);
    }
    assert_eq!(env.last_event(), "none");
}

#[test]
fn a_withdrawal_and_the_records_of_it_are_shown() {
    let env = TestEnvironment::signed_in("sam").with_variable("TELLONCE_PROFILE", "practice");
    env.issue("C-1001");
    let (code, screen) = shown(&env, &["withdraw", "C-1001", "--yes", "--ticket", "T-1"]);
    assert_eq!(code, 0, "{screen}");
    assert_screen!(env, "withdraw", screen);
    let (code, screen) = shown(&env, &["audit", "list"]);
    assert_eq!(code, 0, "{screen}");
    assert_screen!(env, "audit_list", screen);
    let (code, screen) = shown(&env, &["audit", "verify"]);
    assert_eq!(code, 0, "{screen}");
    assert_screen!(env, "audit_verify", screen);
    for (name, arguments) in [("report", &["report", "--since", "7d"][..]), ("ledger_status", &["ledger", "status"])] {
        let (code, screen) = shown(&env, arguments);
        assert_eq!(code, 0, "{screen}");
        assert_screen!(env, name, screen);
    }
}

#[test]
fn what_is_pending_is_shown() {
    let env = TestEnvironment::signed_in("kim").with_variable("TELLONCE_PROFILE", "practice");
    for customer in ["C-1001", "C-1004", "C-1005", "C-1002"] {
        env.issue(customer);
    }
    env.run(&["withdraw", "C-1004", "--yes"]).must(0);
    let directory = rusqlite::Connection::open(env.path().join("practice.db")).unwrap();
    directory
        .execute_batch("UPDATE user SET expires_at = 0 WHERE customer = 5; DELETE FROM user WHERE customer = 2")
        .unwrap();
    let (code, screen) = shown(&env, &["pending"]);
    assert_eq!(code, 0, "{screen}");
    assert_screen!(env, "pending", screen);
    let (code, screen) = shown(&env, &["withdraw", "--older-than", "0s", "--all", "--yes"]);
    assert_eq!(code, 10, "{screen}");
    assert_screen!(env, "withdraw_sweep", screen);
}

#[test]
fn the_tour_is_shown() {
    let env = TestEnvironment::new();
    let mut terminal = Terminal::run(&env, &["practice", "tour"], 120, 200);
    assert_eq!(terminal.end().0, 0, "{}", terminal.screen());
    assert_screen!(env, "tour", terminal.screen());
}
