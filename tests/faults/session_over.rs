//! The agent's session ends in the middle of a reset.

use crate::home::{ADA, FIRST_PASSWORD, Home};

const EMAIL: &str = "ada@example.com";

#[test]
fn before_the_set_nothing_changed() {
    let home = Home::new();
    let stopped = home.reset_stopped_at("set:before");
    home.end_agent_sessions();
    let ended = stopped.go_on();
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    let error = ended.error();
    assert_eq!((&error["reason"], &error["changed"]), (&"session_over".into(), &"no".into()));
    assert_eq!(home.events(ADA), ["intent", "failed no"]);
    assert_eq!(home.sign_in(EMAIL, FIRST_PASSWORD), "signed_in");
}

#[test]
fn after_the_set_it_is_changed_and_not_revealed() {
    for (point, reason) in [("set:after", "sessions_not_ended"), ("end_sessions:after", "change_not_forced")] {
        let home = Home::new();
        let stopped = home.reset_stopped_at(point);
        home.end_agent_sessions();
        let ended = stopped.go_on();
        assert_eq!(ended.code, Some(9), "{point}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{point}");
        let error = ended.error();
        assert_eq!((&error["reason"], &error["changed"]), (&reason.into(), &"yes".into()), "{point}");
        assert_eq!(home.events(ADA), ["intent", "failed yes"], "{point}");
        assert_eq!(home.sign_in(EMAIL, FIRST_PASSWORD), "refused", "{point}");
        let signed_out = home.reset(None);
        assert_eq!(signed_out.code, Some(4), "{point}: {}", signed_out.stderr);
    }
}
