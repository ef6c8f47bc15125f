//! The agent's own password: one that has expired lets in a few times more, and each command uses one up.

use std::time::Duration;

use crate::server::{self, Home, Kind, Server, must};

const LOGIN: [&str; 6] = ["login", "--agent", "worn", "--password-stdin", "--store", "file"];

/// An agent under this policy.
fn agent(server: &Server, policy: &str) {
    let base = server.value("BASE");
    server.change(&format!(
        "dn: uid=worn,ou=agents,{base}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: worn\ncn: worn\nsn: x\nuserPassword: Ag3nts-Password\npwdPolicySubentry: {policy}\n"
    ));
}

fn sign_in(home: &Home, more: &[&str]) -> std::process::Output {
    home.run(&[more, &LOGIN[..]].concat(), "Ag3nts-Password\n")
}

/// Nobody but root gets a password's first sign-in back: the policy's limit is raised by what was used.
fn grace_of(server: &Server, policy: &str, limit: u32) {
    server.replace(policy, "pwdGraceAuthNLimit", &limit.to_string());
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn sign_ins_that_are_left_are_told() {
    let server = Server::start(Kind::OpenLdap);
    let policy = format!("cn=shortgrace,ou=policies,{}", server.value("BASE"));
    agent(&server, &policy);
    grace_of(&server, &policy, 6);
    std::thread::sleep(Duration::from_millis(3100)); // pwdMaxAge is two seconds
    let home = server.home();
    must(&sign_in(&home, &[]), 0, "Your own password has expired, 5 sign-ins left");
    must(&sign_in(&home, &["-o", "json"]), 0, "\"warnings\":[\"Your own password has expired, 4 sign-ins left");
    home.must(&["doctor"], 0, "Your own password has expired, 3 sign-ins left");
    let found = home.must(&["find", "ada"], 0, "2 sign-ins left");
    assert!(!String::from_utf8_lossy(&found.stdout).contains("sign-ins left"), "told beside the answer");
    home.must(&["whoami"], 0, "1 sign-in left");
    let doctor = home.must(&["doctor", "-o", "json"], 0, "\"id\":\"own_password\"");
    assert!(server::words(&doctor).contains("this was the last sign-in"), "{}", server::words(&doctor));
    home.must(&["find", "ada"], 4, "Your own password has expired. Choose a new one first");
    // One that expires soon is told by login and doctor, and one that does not is not.
    server.replace(&policy, "pwdMaxAge", "500");
    server.replace(&policy, "pwdExpireWarning", "600");
    let home = server.home();
    must(&sign_in(&home, &[]), 0, "Your own password expires in");
    home.must(&["doctor"], 0, "Your own password expires in");
    assert!(!server::words(&home.run(&["find", "ada"], "")).contains("expires in"), "no other command nags");
    server.replace(&policy, "pwdMaxAge", "864000");
    server.replace(&policy, "pwdExpireWarning", "864000");
    assert!(!server::words(&home.must(&["doctor"], 0, "")).contains("Your own password"), "that is ten days from now");
}

/// slapd tells its version to those who may read cn=Monitor.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn the_version_is_told_where_the_server_tells_it() {
    let server = Server::start(Kind::OpenLdap);
    let home = server.home();
    home.must(&["doctor"], 0, "slapd does not tell agents its version; tellonce was tried with 2.5");
    let monitor = "database monitor\naccess to * by users read\n";
    server.serve_with("", "moduleload back_monitor\n", monitor);
    home.must(&["doctor"], 0, "tellonce was tried with 2.5");
    home.must(&["doctor"], 0, "slapd 2.");
}
