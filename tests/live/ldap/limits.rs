//! What slapd's limits for the agent stop, and what they must not: a look-up of one customer, and a reset.

use crate::support::ldap::{AgentEnvironment, Kind, Server};

const SWEEP: [&str; 7] = ["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"];

fn limited(limits: &str) -> (Server, AgentEnvironment) {
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_CROWD", "60"), ("SLAPD_LIMITS", limits)]);
    let env = server.environment();
    env.login.must_say(0, "");
    // Whatever the limits: one customer is looked up, by any of the names, and reset.
    env.run_must_say(&["show", "ada"], 0, "ada");
    env.run_must_say(&["show", "crowd00007@example.com"], 0, "Crowd 00007");
    env.refuses("fay@example.com", 5, "more than one customer");
    env.refuses("nobody", 3, "No customer");
    env.issue("ada");
    (server, env)
}

/// Pages are refused (result 11): everything is asked for at once, and the sweep works as long as all of it comes.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_server_that_refuses_pages() {
    for limits in ["size.prtotal=disabled", "size.pr=2"] {
        let (_server, env) = limited(limits);
        env.run_must_say(&["find", "crowd", "--limit", "3", "-o", "json"], 0, "\"total\":60");
        env.run_must_say(&SWEEP, 0, "1 of 1 withdrawn");
        env.run_must_say(&["doctor"], 0, "refuses searches in pages");
        env.run_must_say(&["doctor"], 0, "size.prtotal=unlimited");
    }
}

/// A part is told as a part, with the limit to raise, and `doctor` finds it beforehand.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_server_that_sends_a_part() {
    for limits in ["size=5", "size.prtotal=disabled size=5", "size.soft=5 size.hard=10", "size.prtotal=7"] {
        let (_server, env) = limited(limits);
        let found = env.run_must_say(&["find", "crowd", "--limit", "3", "-o", "json"], 0, "\"total\":null");
        assert_eq!(found.text().matches("\"username\":\"crowd").count(), 3, "{limits}");
        env.run(&SWEEP).must_say(8, "size.prtotal=unlimited");
        env.run_must_say(&["doctor"], 11, "only a part of the pending users");
    }
}

/// With the limits that the page asks for, `doctor` has nothing to say.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_server_without_limits() {
    let (_server, env) = limited("size=unlimited size.pr=unlimited size.prtotal=unlimited");
    env.run_must_say(&["doctor"], 0, "answered in pages");
    env.run_must_say(&SWEEP, 0, "1 of 1 withdrawn");
}
