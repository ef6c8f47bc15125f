//! `StartTLS`: a sign-in and a reset over it.

use crate::support::ldap::{Kind, Server};

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_reset_goes_over_it() {
    let server = Server::start(Kind::OpenLdap);
    let plain = server.value("STARTTLS_URL").to_owned();
    let env = server.environment_with(&format!("\"{plain}\"\nstart_tls = true"), "protected = \"none\"\n");
    env.login.must_say(0, "");
    env.run_must_say(&["doctor"], 0, "answers, encrypted");
    env.issue("ada");
    // The server itself refuses what is in clear.
    let env = server.environment_with(&format!("\"{plain}\"\ninsecure_ldap = true"), "protected = \"none\"\n");
    env.login.must_say(8, "asks for encryption");
    env.login.must_say(8, "start_tls = true");
    let other = server.other_authority();
    let url = format!("\"{plain}\"\nstart_tls = true");
    server.environment_trusting(&url, "protected = \"none\"\n", &other).login.must_say(8, "not trusted here");
}
