//! What slapd's limits for the agent stop, and what they must not: a look-up of one customer, and a reset.

use crate::server::{self, Home, Kind, Server, must};

const SWEEP: [&str; 7] = ["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"];

fn limited(limits: &str) -> (Server, Home) {
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_CROWD", "60"), ("SLAPD_LIMITS", limits)]);
    let home = server.home();
    must(&home.login, 0, "");
    // Whatever the limits: one customer is looked up, by any of the names, and reset.
    home.must(&["show", "ada"], 0, "ada");
    home.must(&["show", "crowd00007@example.com"], 0, "Crowd 00007");
    home.refuses("fay@example.com", 5, "more than one customer");
    home.refuses("nobody", 3, "No customer");
    home.issue("ada");
    (server, home)
}

/// Pages are refused (result 11): everything is asked for at once, and the sweep works as long as all of it comes.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_server_that_refuses_pages() {
    for limits in ["size.prtotal=disabled", "size.pr=2"] {
        let (_server, home) = limited(limits);
        home.must(&["find", "crowd", "--limit", "3", "-o", "json"], 0, "\"total\":60");
        home.must(&SWEEP, 0, "1 of 1 withdrawn");
        home.must(&["doctor"], 0, "refuses searches in pages");
        home.must(&["doctor"], 0, "size.prtotal=unlimited");
    }
}

/// A part is told as a part, with the limit to raise, and `doctor` finds it beforehand.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_server_that_sends_a_part() {
    for limits in ["size=5", "size.prtotal=disabled size=5", "size.soft=5 size.hard=10", "size.prtotal=7"] {
        let (_server, home) = limited(limits);
        let found = home.must(&["find", "crowd", "--limit", "3", "-o", "json"], 0, "\"total\":null");
        assert_eq!(server::words(&found).matches("\"username\":\"crowd").count(), 3, "{limits}");
        must(&home.run(&SWEEP, ""), 8, "size.prtotal=unlimited");
        home.must(&["doctor"], 11, "a part of what is pending");
    }
}

/// With the limits that the page asks for, `doctor` has nothing to say.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_server_without_limits() {
    let (_server, home) = limited("size=unlimited size.pr=unlimited size.prtotal=unlimited");
    home.must(&["doctor"], 0, "answered in pages");
    home.must(&SWEEP, 0, "1 of 1 withdrawn");
}
