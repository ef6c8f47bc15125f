//! A directory whose names need escapes, and groups with several names: what the profile writes is what they name.

use crate::support::ldap::{AgentEnvironment, Kind, Server};

/// Has a comma, a plus and letters that are not ASCII; nothing in it is a `dc=`.
const SUFFIX: &str = "o=M\u{fc}ller \\2B S\u{f6}hne\\2C KG,c=DE";
/// The same, otherwise.
const OTHERWISE: &str = "O=m\u{dc}ller  \\+ s\\C3\\b6hne\\, kg, C=de";

/// The groups: each has one customer, who is in none of the others.
fn groups(server: &Server) {
    let base = server.value("BASE");
    let entry = |name: &str, class: &str, more: &str| {
        format!("dn: cn={name},ou=groups,{base}\nchangetype: add\nobjectClass: {class}\n{more}\n\n")
    };
    let (ada, gus) = (server.dn("ada"), server.dn("gus"));
    server.change(
        &[
            entry("\u{c4}rzte \\2B Pfleger", "groupOfNames", &format!("cn: Station 7\nmember: {ada}")),
            entry("outer", "groupOfUniqueNames", &format!("uniqueMember: cn=inner,ou=groups,{base}")),
            entry("inner", "groupOfNames", &format!("member: {gus}\nmember: cn=outer,ou=groups,{base}")),
            entry("unix", "posixGroup", "gidNumber: 70\nmemberUid: sho.old"),
            entry("primary", "posixGroup", "gidNumber: 71"),
        ]
        .concat(),
    );
    let modify = |customer: &str, what: &str| {
        server.change(&format!("dn: {}\nchangetype: modify\n{what}\n", server.dn(customer)));
    };
    modify("sho", "add: uid\nuid: sho.old");
    modify(
        "shg",
        "add: objectClass\nobjectClass: posixAccount\n-\nadd: uidNumber\nuidNumber: 5\n-\nadd: gidNumber\ngidNumber: 71\n-\nadd: homeDirectory\nhomeDirectory: /",
    );
}

/// An agent's home whose profile protects this group.
fn protecting(server: &Server, group: &str, more: &str) -> AgentEnvironment {
    server.environment_with("", &format!("protected = {{ groups = ['{group}'] }}\n{more}"))
}

fn a_group_is_what_its_name_names(server: &Server) {
    for (group, member) in [
        ("\u{c4}rzte + Pfleger", "ada"),
        ("\u{e4}RZTE  +  pfleger", "ada"),
        ("station 7", "ada"), // its other name
        (&format!("CN=\u{e4}rzte \\+ pfleger,OU=groups,{OTHERWISE}"), "ada"),
        (&format!("cn=\\c3\\84rzte \\2b Pfleger,ou=groups,{SUFFIX}"), "ada"),
        ("outer", "gus"),
        ("unix", "sho"),
        ("primary", "shg"),
    ] {
        let env = protecting(server, group, "");
        env.refuses(member, 7, group);
        let target = if member == "ada" { "gus" } else { "ada" };
        env.issue(target);
    }
}

/// A group that cannot be found, or in which nobody looks, protects nobody: every reset is refused, and doctor says why.
fn a_group_that_is_not_found_is_told_with_the_place(server: &Server) {
    let env = protecting(server, "nowhere", "");
    env.refuses("ada", 7, &format!("is not there below {SUFFIX}"));
    env.run_must_say(&["doctor"], 11, &format!("\"nowhere\" is not there below {SUFFIX}"));
    let env =
        protecting(server, &format!("cn=unix,ou=groups,{SUFFIX}"), &format!("groups = '{}'\n", server.value("OU")));
    env.refuses("ada", 7, "where the profile has its groups");
    // A person of that name is no group.
    protecting(server, "ben", "").refuses("ada", 7, "is not there");
    // Nor is one that says nothing of its members.
    let hidden = "hidden";
    server.change(&format!(
        "dn: cn={hidden},ou=groups,{0}\nchangetype: add\nobjectClass: groupOfNames\ncn: {hidden}\nmember: {1}\n",
        server.value("BASE"),
        server.dn("vip")
    ));
    protecting(server, hidden, "").refuses("vip", 7, "you may not look for its members");
}

/// A user of a directory for Unix: no person, without a name or an address.
fn accounts_are_users(server: &Server) {
    let dn = server.dn("unixer");
    server.change(&format!(
        "dn: {dn}\nchangetype: add\nobjectClass: account\nobjectClass: posixAccount\nuid: unixer\ncn: unixer\nuidNumber: 9\ngidNumber: 71\nhomeDirectory: /\n"
    ));
    let env = server.environment();
    env.run_must_say(&["find", "unix"], 0, "unixer");
    env.run_must_say(&["show", "unixer"], 0, "primary");
    let password = env.issue("unixer");
    assert!(super::bulk::works(server, "unixer", &password), "a change is forced");
    protecting(server, "primary", "").refuses("unixer", 7, "primary");
}

fn the_base_is_the_same_however_it_is_written(server: &Server) {
    let env = server.environment();
    env.edit_config(SUFFIX, OTHERWISE);
    env.run_with(&crate::support::ldap::LOGIN, &format!("{}\n", server.value("AGENT_PW"))).must_say(0, "");
    env.issue("ada");
    env.run_must_say(&["show", &server.dn("ada")], 0, "ada");
    let zoe = ["reset", "zoe@example.com", "--create", "--email", "zoe@example.com", "--first-name", "Zo\u{eb}"];
    env.run_must_say(&[&zoe[..], &["--last-name", "N., KG", "--yes", "--reveal", "stdout"]].concat(), 0, "");
    let doctor = env.run(&["doctor"]);
    assert!(!doctor.text().contains("is not in this directory"), "{}", doctor.text());
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn names() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("access");
    let slashed = SUFFIX.replace('\\', "\\\\"); // slapd.conf(5)
    std::fs::write(&rules, format!(
        "access to dn.exact=\"cn=hidden,ou=groups,{slashed}\" attrs=member by * none\naccess to dn.subtree=\"{slashed}\" attrs=userPassword by dn.exact=\"uid=agent,ou=agents,{slashed}\" =w by self =xw by anonymous auth\naccess to * by dn.exact=\"uid=agent,ou=agents,{slashed}\" write by users read by anonymous auth\n"
    )).unwrap();
    let server =
        Server::start_with(Kind::OpenLdap, &[("SLAPD_SUFFIX", SUFFIX), ("SLAPD_ACL", rules.to_str().unwrap())]);
    groups(&server);
    a_group_is_what_its_name_names(&server);
    a_group_that_is_not_found_is_told_with_the_place(&server);
    accounts_are_users(&server);
    the_base_is_the_same_however_it_is_written(&server);
}
