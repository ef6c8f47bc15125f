//! Faults in a withdrawal: killed between any two calls, and calls that fail.

use crate::home::{Home, KATHERINE};

const WITHDRAW: [&str; 3] = ["withdraw", KATHERINE, "--yes"];
const SIGKILL: i32 = 9;

fn is_withdrawn(home: &Home) -> bool {
    let shown = home.show(KATHERINE);
    assert_eq!(shown["status"], "force_password_reset");
    shown["withdrawn"].as_bool().unwrap()
}

fn a_new_reset_works(home: &Home, point: &str) {
    let again = home.run(&["reset", KATHERINE, "--yes", "--reveal", "stdout"], None);
    assert_eq!(again.code, Some(0), "{point}: {}", again.stderr);
    assert!(!is_withdrawn(home), "{point}");
    let email = again.object()["customer"]["email"].as_str().unwrap().to_owned();
    assert_eq!(home.sign_in(&email, &again.password()), "change_required", "{point}");
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
        let home = Home::new();
        assert!(!is_withdrawn(&home));
        let killed = home.run(&WITHDRAW, Some(&format!("{point}:kill")));
        assert_eq!(killed.signal, Some(SIGKILL), "{point}: {}", killed.stderr);
        assert_eq!(killed.stdout, "", "{point}");
        assert_eq!(home.events(KATHERINE), left, "{point}");
        let applied = found == Some("recovered yes") || left.contains(&"withdrawn");
        assert_eq!(is_withdrawn(&home), applied, "{point}");
        let told: Vec<&str> = left.into_iter().chain(found).collect();
        assert_eq!(home.events(KATHERINE), told, "{point}");
        a_new_reset_works(&home, point);
    }
}

#[test]
fn a_call_that_fails_is_told_as_it_is() {
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
        let home = Home::new();
        let failed = home.run(&WITHDRAW, Some(&format!("{point}:fail")));
        assert_eq!(failed.code, Some(code), "{point}: {}", failed.stderr);
        assert_eq!(failed.stdout, "", "{point}");
        assert_eq!(failed.error()["changed"], changed, "{point}");
        assert_eq!(home.events(KATHERINE), events, "{point}");
        assert_eq!(is_withdrawn(&home), changed == "yes", "{point}");
        a_new_reset_works(&home, point);
    }
}
