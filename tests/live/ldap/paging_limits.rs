//! Ten thousand users, in pages, and a server that sends only a part.

use crate::support::ldap::{Kind, Server};

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn ten_thousand_match() {
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_CROWD", "10000"), ("SLAPD_LIMITS", "size=unlimited")]);
    let env = server.environment();
    let found = env.run_must_say(&["find", "crowd", "--limit", "7", "-o", "json"], 0, "\"total\":null");
    assert_eq!(found.text().matches("\"username\":\"crowd").count(), 7, "{}", found.text());
    env.run_must_say(&["find", "crowd0999", "-o", "json"], 0, "\"total\":10");
    let first = env.run_must_say(&["show", "crowd00010"], 0, "Crowd 00010");
    assert!(first.text().contains("none") || !first.text().contains("crowd00010@"), "it has no mail");
    env.issue("crowd00010");
    // All ten thousand are pending, over twenty pages; one of them was issued here.
    env.run_must_say(
        &["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"],
        0,
        "1 of 1 withdrawn",
    );
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_part_is_reported_as_a_part() {
    let limits = [("SLAPD_CROWD", "2000"), ("SLAPD_LIMITS", "size.prtotal=700")];
    let server = Server::start_with(Kind::OpenLdap, &limits);
    let env = server.environment();
    env.run_must_say(&["find", "crowd", "--limit", "7", "-o", "json"], 0, "\"total\":null");
    let swept = env.run(&["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"]);
    swept.must_say(8, "only a part");
    env.issue("ada");
}
