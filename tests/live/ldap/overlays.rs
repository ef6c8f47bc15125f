//! A missing overlay that nothing shows beforehand, and an agent whom no policy binds: the server's answers decide.

use serde_json::Value;

use crate::support::TestEnvironment;
use crate::support::ldap::{Kind, LOGIN, Server};

const OTHER: &str = "dc=other,dc=test";

/// Serves a second database with a customer, in which the agent may write, and which has no overlay.
fn serve_without_overlay(server: &Server) {
    let folder = server.file("other");
    std::fs::create_dir(&folder).unwrap();
    let (agent, root) = (server.value("AGENT"), server.value("ADMIN"));
    let database = format!(
        "database mdb\nsuffix \"{OTHER}\"\ndirectory {}\nmaxsize 16777216\nrootdn \"{root}\"\n\
         access to * by dn.exact=\"{agent}\" write by anonymous auth by * none\n",
        folder.display()
    );
    server.serve_with("", "", &database);
    let password = server.value("CUSTOMER_PW");
    server.change(&format!(
        "dn: {OTHER}\nchangetype: add\nobjectClass: organization\nobjectClass: dcObject\no: other\ndc: other\n\n\
         dn: uid=ida,{OTHER}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ida\ncn: ida\nsn: Test\nmail: ida@example.com\nuserPassword: {password}\n"
    ));
}

fn reset(env: &TestEnvironment, customer: &str) -> crate::support::CommandOutput {
    env.run(&["-o", "json", "reset", customer, "--yes", "--reveal", "stdout"])
}

/// The sign-in of an agent of another database shows that one's overlay. What the set and the proof show decides.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn an_overlay_that_is_missing_where_the_agent_does_not_sign_in_is_caught() {
    let server = Server::start(Kind::OpenLdap);
    serve_without_overlay(&server);
    let ida = format!("uid=ida,{OTHER}");
    let own = server.profile("", std::path::Path::new(server.value("CA")));
    let profile = own.replace(&format!("base = '{}'", server.value("OU")), &format!("base = '{OTHER}'"));
    let env = TestEnvironment::with_profile(&format!("{profile}protected = \"none\"\n"));
    env.run_with(&LOGIN, &format!("{}\n", server.value("AGENT_PW"))).must(0);
    let refused = reset(&env, "ida");
    let error = refused.must(9).error();
    assert_eq!(
        (error["reason"].as_str(), error["changed"].as_str()),
        (Some("change_not_forced"), Some("yes")),
        "{error}"
    );
    assert!(error["message"].as_str().unwrap().contains("clear text"), "{error}");
    assert_eq!(server.binds(&ida, server.value("CUSTOMER_PW")).code, 49, "a password that nobody knows is set");
    // A new user would have a time under this policy, so that the overlay is missed without a proof as well.
    env.write("config.toml", &format!("{}prove = false\n", env.read("config.toml")));
    let person = ["--create", "--email", "amy@example.com", "--first-name", "Amy", "--last-name", "Added"];
    let create = ["-o", "json", "reset", "amy@example.com", "--yes", "--reveal", "stdout"];
    let error = env.run(&[&create[..], &person].concat()).must(9).error();
    assert_eq!(error["reason"], "change_not_forced", "{error}");
}

/// slapo-ppolicy(5) binds everybody but the database's root user, whose sets it checks all the same.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_set_by_the_root_user_is_proved_as_any_other() {
    let server = Server::start(Kind::OpenLdap);
    let env = TestEnvironment::with_profile(&format!(
        "{}protected = \"none\"\n",
        server.profile("", std::path::Path::new(server.value("CA")))
    ));
    let login = ["login", "--agent", server.value("ADMIN"), "--password-stdin", "--store", "file"];
    env.run_with(&login, &format!("{}\n", server.value("ADMIN_PW"))).must(0);
    let ended = reset(&env, "ada");
    let issued = ended.must(0).json();
    assert_eq!(issued["proved"], Value::Bool(true), "{issued}");
    let temporary = issued["temporary_password"].as_str().unwrap();
    assert!(server.binds(&server.name("ada"), temporary).text().contains("must be changed"));
}
