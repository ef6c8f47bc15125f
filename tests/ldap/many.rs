//! Ten thousand users, in pages, and a server that sends only a part.

use crate::server::{self, Kind, Server, must};

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn ten_thousand_match() {
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_CROWD", "10000"), ("SLAPD_LIMITS", "size=unlimited")]);
    let home = server.home();
    let found = home.must(&["find", "crowd", "--limit", "7", "-o", "json"], 0, "\"total\":null");
    assert_eq!(server::words(&found).matches("\"username\":\"crowd").count(), 7, "{}", server::words(&found));
    home.must(&["find", "crowd0999", "-o", "json"], 0, "\"total\":10");
    let first = home.must(&["show", "crowd00010"], 0, "Crowd 00010");
    assert!(server::words(&first).contains("none") || !server::words(&first).contains("crowd00010@"), "it has no mail");
    home.issue("crowd00010");
    // All ten thousand are pending, over twenty pages; one of them was issued here.
    home.must(&["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"], 0, "1 of 1 withdrawn");
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_part_is_told_as_a_part() {
    let limits = [("SLAPD_CROWD", "2000"), ("SLAPD_LIMITS", "size.prtotal=700")];
    let server = Server::start_with(Kind::OpenLdap, &limits);
    let home = server.home();
    home.must(&["find", "crowd", "--limit", "7", "-o", "json"], 0, "\"total\":null");
    let swept = home.run(&["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"], "");
    must(&swept, 8, "only a part");
    home.issue("ada");
}
