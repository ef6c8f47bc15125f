//! Two resets of one customer at once: both end well defined, and only the newest password works.

use crate::home::{ADA, Home};

const EMAIL: &str = "ada@example.com";

/// The attempt's records, in short.
fn of_attempt(home: &Home, nth: usize) -> Vec<String> {
    let records = home.records(ADA);
    let mut attempts: Vec<&str> = Vec::new();
    for record in &records {
        let attempt = record["attempt"].as_str().unwrap();
        if !attempts.contains(&attempt) {
            attempts.push(attempt);
        }
    }
    assert_eq!(attempts.len(), 2);
    let wanted = |record: &&serde_json::Value| record["attempt"] == attempts[nth];
    records.iter().filter(wanted).map(crate::home::in_short).collect()
}

#[test]
fn overtaken_after_its_set_the_first_is_superseded() {
    for point in ["set:after", "mark:after", "read_back:before"] {
        let home = Home::new();
        let first = home.reset_stopped_at(point);
        let second = home.reset(None);
        assert_eq!(second.code, Some(0), "{point}: {}", second.stderr);
        let first = first.go_on();
        assert_eq!(first.code, Some(9), "{point}: {}", first.stderr);
        assert_eq!(first.stdout, "", "{point}");
        let error = first.error();
        assert_eq!((&error["reason"], &error["changed"]), (&"superseded".into(), &"yes".into()), "{point}");
        assert_eq!(home.events(ADA), ["intent", "intent", "set", "delivery shown", "failed yes"], "{point}");
        assert_eq!(of_attempt(&home, 0), ["intent", "failed yes"], "{point}");
        assert_eq!(home.sign_in(EMAIL, &second.password()), "change_required", "{point}");
    }
}

#[test]
fn overtaken_before_its_set_the_first_is_the_newest() {
    let home = Home::new();
    let first = home.reset_stopped_at("set:before");
    let second = home.reset(None);
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    let first = first.go_on();
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(of_attempt(&home, 0), ["intent", "set", "delivery shown"]);
    assert_eq!(of_attempt(&home, 1), ["intent", "set", "delivery shown"]);
    assert_eq!(home.sign_in(EMAIL, &second.password()), "refused");
    assert_eq!(home.sign_in(EMAIL, &first.password()), "change_required");
}

#[test]
fn an_attempt_in_progress_is_not_taken_for_a_dead_one() {
    let home = Home::new();
    let first = home.reset_stopped_at("set:after");
    home.show(ADA);
    assert_eq!(home.events(ADA), ["intent"]);
    assert_eq!(first.go_on().code, Some(0));
    assert_eq!(home.events(ADA), ["intent", "set", "delivery shown"]);
}
