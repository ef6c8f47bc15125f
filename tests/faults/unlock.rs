//! Faults in an unlock: killed between any two calls, and calls that fail.

use crate::fail_point::{ADA, FIRST_PASSWORD};
use crate::support::TestEnvironment;

const UNLOCK: [&str; 3] = ["unlock", ADA, "--yes"];
const SIGKILL: i32 = 9;

/// A home in which Ada is locked out, with a session of hers that was opened before.
fn locked_out() -> TestEnvironment {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    assert_eq!(env.sign_in("ada.lovelace", FIRST_PASSWORD), "signed_in");
    for _ in 0..5 {
        env.sign_in("ada.lovelace", "wrong");
    }
    assert!(is_locked(&env));
    env
}

fn is_locked(env: &TestEnvironment) -> bool {
    env.show(ADA)["locked"].as_bool().unwrap()
}

#[test]
fn killed_anywhere_the_next_command_finds_out() {
    for (point, left, found) in [
        ("intend:before", vec![], None),
        ("intend:after", vec!["intent"], Some("recovered no")),
        ("unlock:before", vec!["intent"], Some("recovered no")),
        ("unlock:after", vec!["intent"], Some("recovered unknown")),
        ("record_unlocked:before", vec!["intent"], Some("recovered unknown")),
        ("record_unlocked:after", vec!["intent", "unlocked"], None),
    ] {
        let env = locked_out();
        let killed = env.run_at(&UNLOCK, Some(&format!("{point}:kill")));
        assert_eq!(killed.signal, Some(SIGKILL), "{point}: {}", killed.stderr);
        assert_eq!(killed.stdout, "", "{point}");
        assert_eq!(env.events(ADA), left, "{point}");
        let applied = found == Some("recovered unknown") || left.contains(&"unlocked");
        assert_eq!(is_locked(&env), !applied, "{point}");
        let told: Vec<&str> = left.into_iter().chain(found).collect();
        assert_eq!(env.events(ADA), told, "{point}");
        if !applied {
            env.run_at(&UNLOCK, None).must(0);
        }
        assert_eq!(env.sign_in("ada.lovelace", FIRST_PASSWORD), "signed_in", "{point}");
    }
}

#[test]
fn a_call_that_fails_is_reported_as_it_is() {
    for (point, code, changed, events) in [
        ("intend:before", 8, "no", vec![]),
        ("intend:after", 8, "no", vec!["intent"]),
        ("unlock:before", 8, "no", vec!["intent", "failed no"]),
        ("unlock:after", 9, "yes", vec!["intent", "failed yes"]),
        ("record_unlocked:before", 9, "yes", vec!["intent", "failed yes"]),
        ("record_unlocked:after", 9, "yes", vec!["intent", "unlocked"]),
    ] {
        let env = locked_out();
        let sessions = env.sessions_of(ADA);
        let failed = env.run_at(&UNLOCK, Some(&format!("{point}:fail")));
        assert_eq!(failed.code, code, "{point}: {}", failed.stderr);
        assert_eq!(failed.stdout, "", "{point}");
        assert_eq!(failed.error()["changed"], changed, "{point}");
        assert_eq!(env.events(ADA), events, "{point}");
        assert_eq!(is_locked(&env), changed == "no", "{point}");
        assert!(sessions > 0 && env.sessions_of(ADA) == sessions, "{point}: sessions go on");
    }
}
