//! The traps of Active Directory, on Samba.

use super::{bulk, domain, shared_behaviour, unattended};
use crate::support::ldap::{Kind, Server};

/// What a temporary password would not let in, or would let in too far, is told before it is set.
fn who_cannot_be_reset(server: &Server) {
    let env = server.environment();
    let user = |name: &str, flags: &str, more: &str| {
        format!(
            "dn: {}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\nunicodePwd:: {}\nuserAccountControl: {flags}\n{more}\n",
            server.dn(name),
            shared_behaviour::wide("Cust0mer-Start-1!")
        )
    };
    // accountExpires counts steps of 100 ns since 1601: this is in 2020.
    server.change(&user("ended", "512", "accountExpires: 132223104000000000\n"));
    env.refuses("ended", 7, "expired on 2020-01-01");
    server.change(&user("card", "262656", ""));
    env.refuses("card", 7, "smart card");
    server.change(&user("chief", "512", ""));
    server.replace(&server.dn("chief"), "adminCount", "1");
    env.refuses("chief", 7, "adminCount");
    env.refuses("eve", 7, "Password never expires");
    server.change(&user("fixed", "512", ""));
    env.run_must_say(&["show", "fixed"], 0, "Set Temporary Password");
    for whom in ["PS", "WD"] {
        let denied = format!("(OD;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;{whom})");
        server.samba_tool(&["dsacl", "set", "--objectdn", &server.dn("fixed"), "--sddl", &denied]);
    }
    env.refuses("fixed", 7, "User cannot change password");
}

/// tokenGroups has no distribution groups, and memberOf no primary group: who is in one is protected all the same.
fn groups_of_any_kind_protect(server: &Server) {
    let base = server.value("BASE");
    let group = |name: &str, kind: &str, member: &str| {
        format!(
            "dn: CN={name},{base}\nchangetype: add\nobjectClass: group\nsAMAccountName: {name}\ngroupType: {kind}\nmember: {member}\n\n"
        )
    };
    let (listed, within, chief) = (server.dn("gus"), format!("CN=a list,{base}"), server.dn("ada"));
    server.change(
        &[group("a list", "2", &listed), group("heads", "-2147483640", &within), group("first", "-2147483646", &chief)]
            .concat(),
    );
    let number = server.value_of(&format!("CN=first,{base}"), "primaryGroupToken");
    server.replace(&chief, "primaryGroupID", &number);
    for (protected, member, other) in [("a list", "gus", "ada"), ("heads", "gus", "ada"), ("first", "ada", "gus")] {
        let env =
            server.environment_with("", &format!("protected = {{ groups = [\"Domain Guests\", \"{protected}\"] }}\n"));
        env.refuses(member, 7, &format!("protected by \"{protected}\""));
        env.issue(other);
    }
    server.replace(&chief, "primaryGroupID", "513");
}

/// An administrator of the domain is refused, whatever the base is and whoever the agent.
fn administrators_are_refused(server: &Server) {
    let env = server.environment();
    env.edit_config(server.value("OU"), server.value("BASE"));
    env.refuses("Administrator", 7, "protected");
    env.refuses("krbtgt", 7, "");
    env.refuses("agent", 7, "your own user");
}

/// The settings object applies, and agents cannot read what is in it: said, and met all the same.
fn a_policy_that_cannot_be_read(server: &Server) {
    let env = server.environment();
    env.run_must_say(&["show", "vip"], 0, "stricter policy");
    assert!(env.issue("vip").len() >= 20);
}

/// What keeps an agent out is told apart, by the number that the domain gives.
fn agents_are_told_why(server: &Server) {
    let agent = |name: &str, flags: &str, more: &str| {
        format!(
            "dn: CN={name},OU=Agents,{}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\nuserPrincipalName: {name}@tellonce.test\nunicodePwd:: {}\nuserAccountControl: {flags}\n{more}\n",
            server.value("BASE"),
            shared_behaviour::wide("Ag3nts-Password")
        )
    };
    server.change(&agent("resetagent", "512", "pwdLastSet: 0\n"));
    server.change(&agent("offagent", "514", ""));
    server.change(&agent("endedagent", "512", "accountExpires: 132223104000000000\n"));
    server.change(&agent("lockedagent", "512", ""));
    server.lock_out("lockedagent@tellonce.test");
    let tries = |name: &str| shared_behaviour::agent_tries(server, name);
    tries("resetagent").must_say(4, "choose a new password");
    tries("offagent").must_say(4, "disabled");
    tries("endedagent").must_say(4, "accountExpires");
    tries("lockedagent").must_say(4, "locked");
    tries("nobody").must_say(4, "Wrong agent name or password");
    let env = server.environment();
    let distinguished = format!("CN=agent,OU=Agents,{}", server.value("BASE"));
    for name in ["agent@tellonce.test", "TELLONCE\\agent", distinguished.as_str(), "agent"] {
        let login = ["login", "--agent", name, "--password-stdin", "--store", "file"];
        env.run_with(&login, &format!("{}\n", server.value("AGENT_PW"))).must_say(0, "");
    }
}

/// Missing rights are read, and said before anything is asked or changed.
fn missing_rights_are_said_beforehand(server: &Server) {
    let env = server.environment();
    let login = ["login", "--agent", "noright", "--password-stdin", "--store", "file"];
    env.run_with(&login, &format!("{}\n", server.value("NORIGHT_PW"))).must_say(0, "");
    let told = env.run_must_say(&["doctor"], 11, "may not issue temporary passwords");
    assert!(told.text().contains("withdraw --older-than 24h --all"), "who ends an unused one is said");
    env.refuses("ada", 4, "right to issue temporary passwords");
    assert!(!env.ledger().exists(), "not even an intent");
    let create = ["--create", "--email", "new@example.com", "--first-name", "New", "--last-name", "One"];
    let ended = env.run(&[&["reset", "new@example.com", "--yes", "--reveal", "stdout"][..], &create].concat());
    ended.must_say(4, "right to create users");
}

#[test]
#[ignore = "needs Samba as a domain controller, and root: TELLONCE_LIVE=active-directory"]
fn active_directory() {
    let server = Server::start(Kind::ActiveDirectory);
    shared_behaviour::all(&server);
    bulk::a_run_creates_sets_and_survives_a_cut(&server);
    bulk::a_user_made_by_one_row_is_not_reset_by_the_next(&server);
    who_cannot_be_reset(&server);
    groups_of_any_kind_protect(&server);
    administrators_are_refused(&server);
    a_policy_that_cannot_be_read(&server);
    agents_are_told_why(&server);
    missing_rights_are_said_beforehand(&server);
    domain::lock_outs_are_what_they_mean(&server);
    domain::employee_ids_name_customers(&server);
    domain::a_row_without_the_right_is_refused_alone(&server);
    domain::a_long_run_refuses_nobody(&server);
    unattended::works(&server);
}
