//! A call that fails, or whose answer is lost: told as it is, nothing revealed, and written down so.

use serde_json::Value;

use crate::fail_point::{ADA, FIRST_PASSWORD};
use crate::support::TestEnvironment;

const EMAIL: &str = "ada@example.com";

struct Told {
    code: i32,
    changed: &'static str,
    reason: &'static str,
    events: &'static [&'static str],
    /// The customer's sessions afterwards, of one before.
    sessions: i64,
}

fn is_told(point: &str, told: &Told) -> Value {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    assert_eq!(env.sign_in(EMAIL, FIRST_PASSWORD), "signed_in");
    assert_eq!(env.sessions_of(ADA), 1);
    let failed = env.reset_ada(Some(&format!("{point}:fail")));
    assert_eq!(failed.code, told.code, "{point}: {}", failed.stderr);
    assert_eq!(failed.stdout, "", "{point}");
    let error = failed.error();
    assert_eq!(error["schema"], "tellonce.error/v1", "{point}");
    assert_eq!(error["exit_code"], told.code, "{point}");
    assert_eq!(error["changed"], told.changed, "{point}");
    assert_eq!(error["reason"], told.reason, "{point}");
    assert_eq!(env.events(ADA), told.events, "{point}");
    assert_eq!(env.sessions_of(ADA), told.sessions, "{point}");

    let changed = told.changed == "yes";
    let shown = env.show(ADA);
    assert_eq!(shown["status"], if changed { "force_password_reset" } else { "active" }, "{point}");
    assert_eq!(shown["issued_by"].as_str(), changed.then_some("sam"), "{point}");
    assert_eq!(env.sign_in(EMAIL, FIRST_PASSWORD), if changed { "refused" } else { "signed_in" }, "{point}");
    let again = env.reset_ada(None);
    assert_eq!(again.code, 0, "{point}: {}", again.stderr);
    assert_eq!(env.sign_in(EMAIL, &again.password()), "change_required", "{point}");
    error
}

#[test]
fn before_the_set_nothing_changed() {
    let told = |events| Told { code: 8, changed: "no", reason: "backend_unavailable", events, sessions: 1 };
    is_told("intend:before", &told(&[]));
    is_told("intend:after", &told(&["intent"]));
    is_told("set:before", &told(&["intent", "failed no"]));
}

#[test]
fn from_the_set_on_it_is_changed_and_sessions_are_ended() {
    for (point, reason, sessions) in [
        ("set:after", "backend_unavailable", 0),
        ("mark:before", "mark_failed", 0),
        ("mark:after", "mark_failed", 0),
        ("end_sessions:before", "sessions_not_ended", 1), // the one call that cannot be had
        ("end_sessions:after", "sessions_not_ended", 0),
        ("read_back:before", "change_not_forced", 0),
        ("read_back:after", "change_not_forced", 0),
        ("prove:before", "not_proved", 0),
        ("prove:after", "not_proved", 0),
        ("record_set:before", "set_not_recorded", 0),
    ] {
        let events = &["intent", "failed yes"];
        let error = is_told(point, &Told { code: 9, changed: "yes", reason, events, sessions });
        assert!(error["hint"].as_str().unwrap().contains("tellonce reset C-1001"), "{point}: {error}");
    }
}

#[test]
fn what_was_written_before_the_failure_stays() {
    let told = |reason, events| Told { code: 9, changed: "yes", reason, events, sessions: 0 };
    is_told("record_set:after", &told("set_not_recorded", &["intent", "set", "failed yes"]));
    is_told("reveal:before", &told("reveal_failed", &["intent", "set", "delivery not_delivered"]));
}

#[test]
fn a_delivery_that_cannot_be_written_down_changes_no_exit_code() {
    for (point, then) in [
        ("record_delivery:before", ["intent", "set", "recovered yes"]),
        ("record_delivery:after", ["intent", "set", "delivery shown"]),
    ] {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        let ran = env.reset_ada(Some(&format!("{point}:fail")));
        assert_eq!(ran.code, 0, "{point}: {}", ran.stderr);
        assert_eq!(env.show(ADA)["status"], "force_password_reset", "{point}");
        assert_eq!(env.events(ADA), then, "{point}");
        assert_eq!(env.sign_in(EMAIL, &ran.password()), "change_required", "{point}");
    }
}
