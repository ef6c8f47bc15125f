//! The agent's own password: one that has expired lets in a few times more, and each command uses one up.

use std::time::Duration;

use crate::support::ldap::{Kind, Server};
use crate::support::{CommandOutput, TestEnvironment};

const LOGIN: [&str; 6] = ["login", "--agent", "worn", "--password-stdin", "--store", "file"];

/// An agent under this policy.
fn agent(server: &Server, policy: &str) {
    let base = server.value("BASE");
    server.change(&format!(
        "dn: uid=worn,ou=agents,{base}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: worn\ncn: worn\nsn: x\nuserPassword: Ag3nts-Password\npwdPolicySubentry: {policy}\n"
    ));
}

fn sign_in(env: &TestEnvironment, more: &[&str]) -> CommandOutput {
    env.run_with(&[more, &LOGIN[..]].concat(), "Ag3nts-Password\n")
}

/// Nobody but root gets a password's first sign-in back: the policy's limit is raised by what was used.
fn grace_of(server: &Server, policy: &str, limit: u32) {
    server.replace(policy, "pwdGraceAuthNLimit", &limit.to_string());
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn sign_ins_that_are_left_are_reported() {
    let server = Server::start(Kind::OpenLdap);
    let policy = format!("cn=shortgrace,ou=policies,{}", server.value("BASE"));
    agent(&server, &policy);
    grace_of(&server, &policy, 6);
    std::thread::sleep(Duration::from_millis(3100)); // pwdMaxAge is two seconds
    let env = server.environment();
    sign_in(&env, &[]).must_say(0, "Your own password has expired, 5 sign-ins left");
    sign_in(&env, &["-o", "json"]).must_say(0, "\"warnings\":[\"Your own password has expired, 4 sign-ins left");
    env.run_must_say(&["doctor"], 0, "Your own password has expired, 3 sign-ins left");
    let found = env.run_must_say(&["find", "ada"], 0, "2 sign-ins left");
    assert!(!found.stdout.contains("sign-ins left"), "told beside the answer");
    env.run_must_say(&["whoami"], 0, "1 sign-in left");
    let doctor = env.run_must_say(&["doctor", "-o", "json"], 0, "\"id\":\"own_password\"");
    assert!(doctor.text().contains("this was the last sign-in"), "{}", doctor.text());
    env.run_must_say(&["find", "ada"], 4, "Your own password has expired. Choose a new one first");
    // One that expires soon is told by login and doctor, and one that does not is not.
    server.replace(&policy, "pwdMaxAge", "500");
    server.replace(&policy, "pwdExpireWarning", "600");
    let env = server.environment();
    sign_in(&env, &[]).must_say(0, "Your own password expires in");
    env.run_must_say(&["doctor"], 0, "Your own password expires in");
    assert!(!env.run(&["find", "ada"]).text().contains("expires in"), "no other command nags");
    server.replace(&policy, "pwdMaxAge", "864000");
    server.replace(&policy, "pwdExpireWarning", "864000");
    assert!(!env.run_must_say(&["doctor"], 0, "").text().contains("Your own password"), "that is ten days from now");
}

/// slapd tells its version to those who may read cn=Monitor.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn the_version_is_reported_where_the_server_tells_it() {
    let server = Server::start(Kind::OpenLdap);
    let env = server.environment();
    env.run_must_say(&["doctor"], 0, "slapd does not tell agents its version; tellonce was tried with 2.5");
    std::fs::write(server.file("monitor.conf"), "database monitor\naccess to * by users read\n").unwrap();
    server.serve_with("", "", "");
    env.run_must_say(&["doctor"], 0, "tellonce was tried with 2.5");
    env.run_must_say(&["doctor"], 0, "slapd 2.");
}
