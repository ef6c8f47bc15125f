//! Faults in a withdrawal: killed between any two calls, and calls that fail.

use crate::fail_point::KATHERINE;
use crate::support::TestEnvironment;

const WITHDRAW: [&str; 3] = ["withdraw", KATHERINE, "--yes"];
const SIGKILL: i32 = 9;

fn is_withdrawn(env: &TestEnvironment) -> bool {
    let shown = env.show(KATHERINE);
    assert_eq!(shown["status"], "force_password_reset");
    shown["withdrawn"].as_bool().unwrap()
}

fn a_new_reset_works(env: &TestEnvironment, point: &str) {
    let again = env.run_at(&["reset", KATHERINE, "--yes", "--reveal", "stdout"], None);
    assert_eq!(again.code, 0, "{point}: {}", again.stderr);
    assert!(!is_withdrawn(env), "{point}");
    let email = again.json()["customer"]["email"].as_str().unwrap().to_owned();
    assert_eq!(env.sign_in(&email, &again.password()), "change_required", "{point}");
}

#[test]
fn killed_anywhere_the_next_command_finds_out() {
    for (point, left, found) in [
        ("intend:before", vec![], None),
        ("intend:after", vec!["intent"], Some("recovered no")),
        ("withdraw:before", vec!["intent"], Some("recovered no")),
        ("withdraw:after", vec!["intent"], Some("recovered yes")),
        ("end_sessions:before", vec!["intent"], Some("recovered yes")),
        ("end_sessions:after", vec!["intent"], Some("recovered yes")),
        ("record_withdrawn:before", vec!["intent"], Some("recovered yes")),
        ("record_withdrawn:after", vec!["intent", "withdrawn"], None),
    ] {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        assert!(!is_withdrawn(&env));
        let killed = env.run_at(&WITHDRAW, Some(&format!("{point}:kill")));
        assert_eq!(killed.signal, Some(SIGKILL), "{point}: {}", killed.stderr);
        assert_eq!(killed.stdout, "", "{point}");
        assert_eq!(env.events(KATHERINE), left, "{point}");
        let applied = found == Some("recovered yes") || left.contains(&"withdrawn");
        assert_eq!(is_withdrawn(&env), applied, "{point}");
        let told: Vec<&str> = left.into_iter().chain(found).collect();
        assert_eq!(env.events(KATHERINE), told, "{point}");
        a_new_reset_works(&env, point);
    }
}

#[test]
fn a_call_that_fails_is_reported_as_it_is() {
    for (point, code, changed, events) in [
        ("intend:before", 8, "no", vec![]),
        ("intend:after", 8, "no", vec!["intent"]),
        ("withdraw:before", 8, "no", vec!["intent", "failed no"]),
        ("withdraw:after", 9, "yes", vec!["intent", "failed yes"]),
        ("end_sessions:before", 9, "yes", vec!["intent", "failed yes"]),
        ("end_sessions:after", 9, "yes", vec!["intent", "failed yes"]),
        ("record_withdrawn:before", 9, "yes", vec!["intent", "failed yes"]),
        ("record_withdrawn:after", 9, "yes", vec!["intent", "withdrawn"]),
    ] {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        let failed = env.run_at(&WITHDRAW, Some(&format!("{point}:fail")));
        assert_eq!(failed.code, code, "{point}: {}", failed.stderr);
        assert_eq!(failed.stdout, "", "{point}");
        assert_eq!(failed.error()["changed"], changed, "{point}");
        assert_eq!(env.events(KATHERINE), events, "{point}");
        assert_eq!(is_withdrawn(&env), changed == "yes", "{point}");
        a_new_reset_works(&env, point);
    }
}
