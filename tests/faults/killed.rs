//! kill -9 before and after every call of a reset: the next command finds out what became of it.

use crate::fail_point::{ADA, FIRST_PASSWORD};
use crate::support::{CommandOutput, TestEnvironment};

const EMAIL: &str = "ada@example.com";
const SIGKILL: i32 = 9;

/// Where it is killed, what the log holds of it then, and what the next command makes of that.
struct Case {
    point: &'static str,
    left: &'static [&'static str],
    found: Option<&'static str>,
    /// The temporary password is in the directory.
    applied: bool,
    /// And it reached standard output.
    revealed: bool,
}

const fn case(
    point: &'static str,
    left: &'static [&'static str],
    found: Option<&'static str>,
    applied: bool,
    revealed: bool,
) -> Case {
    Case { point, left, found, applied, revealed }
}

const INTENT: &[&str] = &["intent"];
const SET: &[&str] = &["intent", "set"];
const NO: Option<&str> = Some("recovered no");
const YES: Option<&str> = Some("recovered yes");

fn killed_at(env: &TestEnvironment, point: &str) -> CommandOutput {
    let killed = env.reset_ada(Some(&format!("{point}:kill")));
    assert_eq!(killed.signal, Some(SIGKILL), "{point}: {}", killed.stderr);
    killed
}

/// A new reset works, and its password alone signs in.
fn only_a_new_one_works(env: &TestEnvironment, point: &str, earlier: &CommandOutput) {
    let again = env.reset_ada(None);
    assert_eq!(again.code, 0, "{point}: {}", again.stderr);
    assert_eq!(env.sessions_of(ADA), 0, "{point}");
    assert_eq!(env.sign_in(EMAIL, FIRST_PASSWORD), "refused", "{point}");
    if !earlier.stdout.is_empty() {
        assert_eq!(env.sign_in(EMAIL, &earlier.password()), "refused", "{point}");
    }
    assert_eq!(env.sign_in(EMAIL, &again.password()), "change_required", "{point}");
}

fn the_next_command_finds_out(case: &Case) {
    let point = case.point;
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    assert_eq!(env.sign_in(EMAIL, FIRST_PASSWORD), "signed_in");
    assert_eq!(env.sessions_of(ADA), 1);
    let killed = killed_at(&env, point);
    assert_eq!(killed.stdout.is_empty(), !case.revealed, "{point}");
    assert_eq!(env.events(ADA), case.left, "{point}");

    let shown = env.show(ADA);
    assert_eq!(shown["status"], if case.applied { "force_password_reset" } else { "active" }, "{point}");
    assert_eq!(shown["issued_by"].as_str(), case.applied.then_some("sam"), "{point}");
    let told: Vec<&str> = case.left.iter().copied().chain(case.found).collect();
    assert_eq!(env.events(ADA), told, "{point}");
    if let Some(found) = env.records_of(ADA).last().filter(|_| case.found.is_some()) {
        assert_eq!(found["attempt"], env.records_of(ADA)[0]["attempt"], "{point}");
    }
    env.show(ADA);
    assert_eq!(env.events(ADA), told, "{point}: found out once");

    let first = if case.applied { "refused" } else { "signed_in" };
    assert_eq!(env.sign_in(EMAIL, FIRST_PASSWORD), first, "{point}");
    if case.revealed {
        assert_eq!(env.sign_in(EMAIL, &killed.password()), "change_required", "{point}");
    }
    only_a_new_one_works(&env, point, &killed);
}

#[test]
fn killed_before_the_set_nothing_changed() {
    for case in [
        case("intend:before", &[], None, false, false),
        case("intend:after", INTENT, NO, false, false),
        case("set:before", INTENT, NO, false, false),
    ] {
        the_next_command_finds_out(&case);
    }
}

#[test]
fn killed_after_the_set_it_is_changed() {
    for point in ["set:after", "mark:before", "mark:after", "end_sessions:before", "end_sessions:after"] {
        the_next_command_finds_out(&case(point, INTENT, YES, true, false));
    }
}

#[test]
fn killed_while_it_is_written_down() {
    for case in [
        case("read_back:before", INTENT, YES, true, false),
        case("read_back:after", INTENT, YES, true, false),
        case("prove:before", INTENT, YES, true, false),
        case("prove:after", INTENT, YES, true, false),
        case("record_set:before", INTENT, YES, true, false),
        case("record_set:after", SET, YES, true, false),
    ] {
        the_next_command_finds_out(&case);
    }
}

#[test]
fn killed_around_the_reveal() {
    for case in [
        case("reveal:before", SET, YES, true, false),
        case("reveal:after", SET, YES, true, true),
        case("record_delivery:before", SET, YES, true, true),
        case("record_delivery:after", &["intent", "set", "delivery shown"], None, true, true),
    ] {
        the_next_command_finds_out(&case);
    }
}

#[test]
fn killed_around_the_unlock_the_next_reset_finds_out() {
    for point in ["unlock:before", "unlock:after"] {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        for _ in 0..5 {
            assert_eq!(env.sign_in(EMAIL, "Wrong-guess-1"), "refused");
        }
        assert_eq!(env.show(ADA)["locked"], true);
        let unlock = ["reset", ADA, "--yes", "--unlock", "--reveal", "stdout"];
        let killed = env.run_at(&unlock, Some(&format!("{point}:kill")));
        assert_eq!(killed.signal, Some(SIGKILL), "{point}: {}", killed.stderr);
        assert_eq!(env.show(ADA)["locked"], point == "unlock:before");
        let again = env.run_at(&unlock, None);
        assert_eq!(again.code, 0, "{point}: {}", again.stderr);
        assert_eq!(env.events(ADA), ["intent", "recovered yes", "intent", "set", "delivery shown"], "{point}");
        assert_eq!(env.show(ADA)["locked"], false);
        assert_eq!(env.sign_in(EMAIL, &again.password()), "change_required", "{point}");
    }
}

#[test]
fn a_reset_finds_out_as_well() {
    for (point, found) in [("set:before", "recovered no"), ("set:after", "recovered yes")] {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        let killed = killed_at(&env, point);
        only_a_new_one_works(&env, point, &killed);
        assert_eq!(env.events(ADA), ["intent", found, "intent", "set", "delivery shown"], "{point}");
    }
}

#[test]
fn killed_twice_in_a_row_each_attempt_is_found_out() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    killed_at(&env, "set:after");
    killed_at(&env, "set:before");
    env.show(ADA);
    assert_eq!(env.events(ADA), ["intent", "recovered yes", "intent", "recovered no"]);
}
