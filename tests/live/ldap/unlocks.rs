//! Lifting a lock-out alone on slapd: who may, and what no unlock lifts.

use crate::support::ldap::{Kind, Server};

const LOCK: &str = "pwdAccountLockedTime";

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn an_unlock_needs_write_access_to_the_lock_and_a_reset_does_not() {
    let server = Server::start(Kind::OpenLdap);
    let (dn, password) = (server.dn("gus"), server.value("CUSTOMER_PW"));
    let env = server.environment();
    server.lock_out(&server.name("gus"));
    let locked = server.value_of(&dn, LOCK);
    server.serve_with(&server.rule(&dn, LOCK, "read"), "", "");
    let refused = env.run(&["-o", "json", "unlock", "gus", "--yes"]);
    refused.must_say(4, "\"reason\":\"missing_right\"");
    assert!(refused.text().contains("write on pwdAccountLockedTime"), "{}", refused.text());
    assert!(refused.text().contains("tellonce reset") && refused.text().contains("\"changed\":\"no\""));
    assert_eq!(server.value_of(&dn, LOCK), locked, "the lock is still there");
    server.serve_with(&server.rule(&dn, LOCK, "none"), "", "");
    env.run_must_say(&["-o", "json", "unlock", "gus", "--yes"], 7, "\"reason\":\"unreadable\"");
    server.serve_with(&server.rule(&dn, LOCK, "write"), "", "");
    env.run_must_say(&["unlock", "gus", "--yes"], 0, "is not locked out any more");
    server.binds(&server.name("gus"), "wrong").must_say(49, "");
    server.binds(&server.name("gus"), password).must_say(0, ""); // the attempts from before are forgotten
    server.lock_out(&server.name("gus"));
    server.serve_with(&server.rule(&dn, LOCK, "read"), "", "");
    let temporary = env.issue("gus");
    server.binds(&server.name("gus"), &temporary).must_say(50, "must be changed"); // the set lifts it
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn an_unlock_leaves_an_administrators_lock_and_a_pending_password() {
    let server = Server::start(Kind::OpenLdap);
    let env = server.environment();
    env.run_must_say(&["-o", "json", "unlock", "dan", "--yes"], 7, "\"reason\":\"permanently_locked\"");
    assert_eq!(server.value_of(&server.dn("dan"), LOCK), "000001010000Z");
    env.run_must_say(&["-o", "json", "unlock", "ada", "--yes"], 7, "\"reason\":\"not_locked\"");
    let temporary = env.issue("gus");
    server.lock_out(&server.name("gus"));
    env.run_must_say(&["unlock", "gus", "--yes"], 0, "still choose a new password");
    assert_eq!(server.value_of(&server.dn("gus"), "pwdReset"), "TRUE");
    server.binds(&server.name("gus"), &temporary).must_say(50, "must be changed");
}
