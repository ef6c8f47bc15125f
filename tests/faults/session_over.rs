//! The agent's session ends in the middle of a reset.

use crate::fail_point::{ADA, FIRST_PASSWORD};
use crate::support::TestEnvironment;

const EMAIL: &str = "ada@example.com";

#[test]
fn before_the_set_nothing_changed() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    let stopped = env.reset_stopped_at("set:before");
    env.end_agent_sessions();
    let ended = stopped.go_on();
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    let error = ended.error();
    assert_eq!((&error["reason"], &error["changed"]), (&"session_over".into(), &"no".into()));
    assert_eq!(env.events(ADA), ["intent", "failed no"]);
    assert_eq!(env.sign_in(EMAIL, FIRST_PASSWORD), "signed_in");
}

#[test]
fn after_the_set_it_is_changed_and_not_revealed() {
    for (point, reason) in [("set:after", "sessions_not_ended"), ("end_sessions:after", "change_not_forced")] {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        let stopped = env.reset_stopped_at(point);
        env.end_agent_sessions();
        let ended = stopped.go_on();
        assert_eq!(ended.code, 9, "{point}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{point}");
        let error = ended.error();
        assert_eq!((&error["reason"], &error["changed"]), (&reason.into(), &"yes".into()), "{point}");
        assert_eq!(env.events(ADA), ["intent", "failed yes"], "{point}");
        assert_eq!(env.sign_in(EMAIL, FIRST_PASSWORD), "refused", "{point}");
        let signed_out = env.reset_ada(None);
        assert_eq!(signed_out.code, 4, "{point}: {}", signed_out.stderr);
    }
}
