//! Ids: one that equals the text wins, and two customers with one are refused, however they were named.

use crate::support::TestEnvironment;
use crate::support::ldap::{Kind, Server};

/// Returns the id of the customer whom this names, as `show` tells it.
#[track_caller]
pub fn id_of(env: &TestEnvironment, customer: &str) -> String {
    let shown = env.run_must_say(&["-o", "json", "show", customer], 0, "").json();
    shown["customer"]["id"].as_str().unwrap().to_owned()
}

fn person(server: &Server, dn: &str, uid: &str, number: &str) {
    server.change(&format!(
        "dn: {dn},{}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {uid}\nsn: {uid}\ncn: {dn}\nemployeeNumber: {number}\nmail: {number}@example.com\n",
        server.value("OU")
    ));
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn ids() {
    let server = Server::start(Kind::OpenLdap);
    person(&server, "cn=one", "twin", "n1");
    person(&server, "cn=two", "twin", "n2");
    person(&server, "cn=three", "trio", "n3");
    person(&server, "cn=four", "n3", "n4");
    let env = server.environment();
    // The id is the uid unless the profile names another attribute; two entries have this one.
    for name in ["twin", "n1@example.com", "n2@example.com"] {
        env.refuses(name, 5, "twin");
        let told = env.run(&["-o", "json", "show", name]);
        assert_eq!(told.code, 5);
        let error: serde_json::Value = serde_json::from_str(&told.stderr).unwrap();
        let ids: Vec<&str> =
            error["candidates"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 2, "{error}");
        assert!(
            ids.iter().any(|id| id.starts_with("cn=one,")) && ids.iter().any(|id| id.starts_with("cn=two,")),
            "{error}"
        );
    }
    env.issue("n3@example.com");
    // Here n3 is the id of one and the name of another.
    let numbered = server.environment_with("", "protected = \"none\"\ncustomer_id = \"employeeNumber\"\n");
    let shown = numbered.run_must_say(&["show", "n3"], 0, "trio");
    assert!(!shown.text().contains("n4"), "{}", shown.text());
    numbered.run_must_say(&["show", "N3"], 5, "more than one customer");
    // One without a number goes by the entry's name, not by a login name that is another's number.
    let ou = server.value("OU");
    let without = format!("uid=n1,{ou}");
    server.change(&format!(
        "dn: {without}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: n1\nsn: n\ncn: n\nmail: none@example.com\n"
    ));
    assert_eq!(id_of(&numbered, "none@example.com"), without);
    assert_eq!(id_of(&numbered, "n1"), "n1");
    numbered.issue("none@example.com");
    let logged = numbered.records();
    assert!(logged.iter().any(|record| record["customer"] == *without), "{logged:?}");
    // A contact goes by its address, unless that is the id of a user.
    let config = env.read("config.toml");
    env.write("config.toml", &format!("{config}contacts = 'ou=contacts,{}'\n", server.value("BASE")));
    assert_eq!(id_of(&env, "ben@example.com"), "ben@example.com");
    server.change(&format!(
        "dn: uid=ben@example.com,{ou}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ben@example.com\nsn: n\ncn: n\n"
    ));
    env.run_must_say(&["show", &format!("cn=ben,ou=contacts,{}", server.value("BASE"))], 5, "ben@example.com");
    server.replace(&format!("cn=four,{ou}"), "employeeNumber", "n3");
    for name in ["n3", "trio", "n4@example.com"] {
        numbered.refuses(name, 5, "customer");
    }
}
