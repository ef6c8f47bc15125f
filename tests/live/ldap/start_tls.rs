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

#[test]
#[ignore = "needs slapd and IPv6 on the loopback interface: TELLONCE_LIVE=openldap"]
fn an_ipv6_address_is_checked_against_the_certificate() {
    let protect = "protected = \"none\"\n";
    let address = |url: &str| format!("\"{}\"", url.replace("127.0.0.1", "[::1]"));
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_IPV6", "yes")]);
    let (tls, start_tls) = (address(server.url()), address(server.value("STARTTLS_URL")) + "\nstart_tls = true");
    for url in [&tls, &start_tls] {
        let env = server.environment_with(url, protect);
        env.login.must_say(0, "");
        env.run_must_say(&["doctor"], 0, "[::1]");
        env.issue("ada");
    }
    // A certificate that does not name the address is refused, with the address that it lacks.
    let unnamed = address(server.url()).replace("[::1]", "[::ffff:127.0.0.1]");
    server.environment_with(&unnamed, protect).login.must_say(8, "not for ::ffff:127.0.0.1");
}
