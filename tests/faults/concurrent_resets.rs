//! Two resets of one customer at once: both end well defined, and only the newest password works.

use crate::fail_point::ADA;
use crate::support::TestEnvironment;

const EMAIL: &str = "ada@example.com";

/// The attempt's records, in short.
fn of_attempt(env: &TestEnvironment, nth: usize) -> Vec<String> {
    let records = env.records_of(ADA);
    let mut attempts: Vec<&str> = Vec::new();
    for record in &records {
        let attempt = record["attempt"].as_str().unwrap();
        if !attempts.contains(&attempt) {
            attempts.push(attempt);
        }
    }
    assert_eq!(attempts.len(), 2);
    let wanted = |record: &&serde_json::Value| record["attempt"] == attempts[nth];
    records.iter().filter(wanted).map(crate::fail_point::in_short).collect()
}

#[test]
fn overtaken_after_its_set_the_first_is_superseded() {
    for point in ["set:after", "mark:after", "read_back:before"] {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        let first = env.reset_stopped_at(point);
        let second = env.reset_ada(None);
        assert_eq!(second.code, 0, "{point}: {}", second.stderr);
        let first = first.go_on();
        assert_eq!(first.code, 9, "{point}: {}", first.stderr);
        assert_eq!(first.stdout, "", "{point}");
        let error = first.error();
        assert_eq!((&error["reason"], &error["changed"]), (&"superseded".into(), &"yes".into()), "{point}");
        assert_eq!(env.events(ADA), ["intent", "intent", "set", "delivery shown", "failed yes"], "{point}");
        assert_eq!(of_attempt(&env, 0), ["intent", "failed yes"], "{point}");
        assert_eq!(env.sign_in(EMAIL, &second.password()), "change_required", "{point}");
    }
}

#[test]
fn overtaken_before_its_set_the_first_is_the_newest() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    let first = env.reset_stopped_at("set:before");
    let second = env.reset_ada(None);
    assert_eq!(second.code, 0, "{}", second.stderr);
    let first = first.go_on();
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert_eq!(of_attempt(&env, 0), ["intent", "set", "delivery shown"]);
    assert_eq!(of_attempt(&env, 1), ["intent", "set", "delivery shown"]);
    assert_eq!(env.sign_in(EMAIL, &second.password()), "refused");
    assert_eq!(env.sign_in(EMAIL, &first.password()), "change_required");
}

#[test]
fn an_attempt_in_progress_is_not_taken_for_a_dead_one() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    let first = env.reset_stopped_at("set:after");
    env.show(ADA);
    assert_eq!(env.events(ADA), ["intent"]);
    assert_eq!(first.go_on().code, 0);
    assert_eq!(env.events(ADA), ["intent", "set", "delivery shown"]);
}
