//! Entries that are added under a policy without pwdMaxAge and pwdMinAge: slapd gives their password no time.

use crate::support::ldap::{AgentEnvironment, Kind, Server};

/// Creates a user with a temporary password, which slapd gives no time.
fn create(server: &Server, env: &AgentEnvironment, name: &str) -> (String, String) {
    let email = format!("{name}@example.com");
    let person = ["--create", "--email", &email, "--first-name", name, "--last-name", "Added"];
    let created = env.run(&[&["-o", "json", "reset", &email], &person[..], &["--yes", "--reveal", "stdout"]].concat());
    let created = created.must(0).json();
    assert_eq!(created["proved"], true, "{created}");
    let dn = server.dn(name);
    let read = ["-LLL", "-s", "base", "-b", &dn, "pwdReset", "pwdChangedTime"];
    let read = server.tool("ldapsearch", server.value("ADMIN"), server.value("ADMIN_PW"), &read, "").text();
    assert!(read.contains("pwdReset: TRUE") && !read.contains("pwdChangedTime"), "{read}");
    (dn, created["temporary_password"].as_str().unwrap().to_owned())
}

fn sweep(env: &AgentEnvironment, older_than: &str, words: &str) {
    let all = ["withdraw", "--older-than", older_than, "--all", "--yes", "--reason", "expired"];
    env.run_must_say(&all, 0, words);
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn who_was_added_without_a_time_is_swept() {
    let server = Server::start(Kind::OpenLdap);
    let policy = format!("cn=default,ou=policies,{}", server.value("BASE"));
    server.replace(&policy, "pwdMaxAge", "0");
    server.replace(&policy, "pwdMinAge", "0");
    let env = server.environment();
    let (dn, temporary) = create(&server, &env, "amy");
    // A refused sign-in moves entryCSN and modifyTimestamp, and hides nobody.
    super::shared_behaviour::next_second();
    assert_eq!(server.binds(&dn, "wrong").code, 49);
    let added = server.value_of(&dn, "createTimestamp");
    assert_ne!(server.value_of(&dn, "modifyTimestamp"), added);
    let shown = env.run(&["-o", "json", "show", "amy@example.com"]).must(0).json();
    assert_eq!(shown["status"], "force_password_reset", "{shown}");
    let issued_at = shown["issued_at"].as_str().unwrap().replace(['-', ':', 'T'], "");
    assert_eq!(issued_at, added, "{shown}");
    sweep(&env, "1h", "0 of 0 withdrawn");
    sweep(&env, "0s", "1 of 1 withdrawn");
    assert_eq!(server.binds(&dn, &temporary).code, 49, "it is dead");
    sweep(&env, "0s", "0 of 0 withdrawn");
    // Another one is issued as to anybody.
    env.issue("amy@example.com");
    sweep(&env, "0s", "1 of 1 withdrawn");
}

/// An agent who may not read when an entry was added goes by its last change.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn who_was_added_is_swept_by_the_number_of_the_change_as_well() {
    let server = Server::start(Kind::OpenLdap);
    let policy = format!("cn=default,ou=policies,{}", server.value("BASE"));
    server.replace(&policy, "pwdMaxAge", "0");
    let (agent, ou) = (server.value("AGENT"), server.value("OU"));
    let hide = |attributes: &str| {
        server.serve_with(
            &format!("access to dn.subtree=\"{ou}\" attrs={attributes} by dn.exact=\"{agent}\" none by self read\n"),
            "",
            "",
        );
    };
    hide("createTimestamp");
    let env = server.environment();
    let (dn, temporary) = create(&server, &env, "amy");
    sweep(&env, "1h", "0 of 0 withdrawn");
    sweep(&env, "0s", "1 of 1 withdrawn");
    assert_eq!(server.binds(&dn, &temporary).code, 49, "it is dead");
    // A time that is hidden is not taken for none.
    hide("pwdChangedTime");
    let hidden = env.run(&["-o", "json", "show", "amy@example.com"]).must(0).json();
    assert_eq!(hidden["issued_at"], serde_json::Value::Null, "{hidden}");
    env.refuses("amy@example.com", 7, "cannot read pwdChangedTime");
}
