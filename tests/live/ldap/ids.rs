//! Ids: one that equals the text wins, and two customers with one are refused, however they were named.

use crate::support::ldap::{Kind, Server};

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
    server.replace(&format!("cn=four,{}", server.value("OU")), "employeeNumber", "n3");
    for name in ["n3", "trio", "n4@example.com"] {
        numbered.refuses(name, 5, "customer");
    }
}
