//! Users who are renamed, moved or removed while a temporary password of theirs is pending.

use serde_json::{Value, json};

use super::shared_behaviour::next_second;
use crate::support::TestEnvironment;
use crate::support::ldap::{Kind, Server};

const SWEEP: [&str; 8] = ["-o", "json", "withdraw", "--older-than", "0s", "--all", "--yes", "--reason=expired"];
const DRY: [&str; 7] = ["-o", "json", "withdraw", "--older-than", "0s", "--all", "--dry-run"];

fn run(env: &TestEnvironment, arguments: &[&str], code: i32) -> Value {
    env.run_must_say(arguments, code, "").json()
}

fn settlements(env: &TestEnvironment) -> Vec<Value> {
    let records = run(env, &["-o", "json", "audit", "list"], 0)["records"].clone();
    records.as_array().unwrap().iter().filter(|record| record["event"] == "settled").cloned().collect()
}

/// Gives a user another name, and another place if there is one.
fn rename(server: &Server, customer: &str, new_rdn: &str, new_superior: Option<&str>) {
    let new_superior = new_superior.map_or_else(String::new, |dn| format!("newsuperior: {dn}\n"));
    let dn = server.dn(customer);
    server.change(&format!("dn: {dn}\nchangetype: modrdn\nnewrdn: {new_rdn}\ndeleteoldrdn: 1\n{new_superior}"));
}

fn one_who_was_renamed_is_swept(server: &Server, env: &TestEnvironment, customer: &str, new_rdn: &str) {
    let temporary = env.issue(customer);
    rename(server, customer, new_rdn, None);
    let listed = run(env, &["-o", "json", "pending"], 0);
    let [pending] = &listed["pending"].as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!((&pending["by_tellonce"], &pending["issued_by"]), (&true.into(), &"agent".into()), "{listed}");
    next_second(); // within the second of the issue the withdrawal looks like an edit of it
    let swept = run(env, &SWEEP, 0);
    assert_eq!((&swept["total"], swept["withdrawn"].as_array().unwrap().len()), (&1.into(), 1), "{swept}");
    let name = match server.kind {
        Kind::OpenLdap => format!("{new_rdn},{}", server.value("OU")),
        Kind::ActiveDirectory => server.name(customer),
    };
    assert!(!server.binds(&name, &temporary).is_success());
    let listed = run(env, &["-o", "json", "pending"], 0);
    let withdrawn = &listed["pending"][0];
    assert_eq!((&withdrawn["withdrawn"], &withdrawn["by_tellonce"]), (&true.into(), &true.into()), "{listed}");
    assert_eq!(withdrawn["issued_by"], "agent");
    assert_eq!(settlements(env), Vec::<Value>::new(), "a withdrawal needs no settlement");
}

/// This one is listed once, and only a sweep records that.
fn one_who_is_gone_is_listed_once(env: &TestEnvironment, customer: &str, id: &str, settled: usize) {
    for _ in 0..2 {
        let dry = run(env, &DRY, 10);
        assert_eq!((&dry["total"], &dry["not_found"][0]["user"]), (&0.into(), &id.into()), "{dry}");
        let listed = run(env, &["-o", "json", "pending"], 0);
        assert_eq!(listed["not_found"], dry["not_found"]);
        assert!(!listed["pending"].to_string().contains(id), "{listed}");
    }
    assert_eq!(settlements(env).len(), settled);
    let swept = run(env, &SWEEP, 10);
    let [gone] = &swept["not_found"].as_array().unwrap()[..] else { panic!("{swept}") };
    assert!(gone["customer"].as_str().unwrap().starts_with(customer), "{gone}");
    assert_eq!(gone["issued_by"], "agent");
    let recorded = settlements(env);
    assert_eq!(recorded.len(), settled + 1);
    assert_eq!((&recorded[settled]["outcome"], &recorded[settled]["attempt"]), (&"not_found".into(), &gone["attempt"]));
    assert_eq!(run(env, &SWEEP, 0)["not_found"], json!([]));
}

fn outstanding_on(server: &Server, attribute: &str) {
    let env = server.environment();
    one_who_was_renamed_is_swept(server, &env, "ada", &format!("{attribute}=countess"));
    let id = run(&env, &["-o", "json", "show", "gus"], 0)["user"]["immutable_id"].as_str().unwrap().to_owned();
    let elsewhere = format!("ou=leavers,{}", server.value("BASE"));
    server.change(&format!("dn: {elsewhere}\nchangetype: add\nobjectClass: organizationalUnit\nou: leavers\n"));
    env.issue("gus");
    rename(server, "gus", &format!("{attribute}=gus"), Some(&elsewhere));
    one_who_is_gone_is_listed_once(&env, "gus", &id, 0);
    let create = ["--create", "--email", "zoe@example.com", "--first-name", "Zoe", "--last-name", "Last"];
    env.run_must_say(&[&["reset", "zoe@example.com", "--yes", "--reveal", "stdout"][..], &create].concat(), 0, "");
    let zoe = run(&env, &["-o", "json", "show", "zoe@example.com"], 0);
    let dn = zoe["user"]["id"].as_str().unwrap();
    server.change(&format!("dn: {dn}\nchangetype: delete\n"));
    let id = zoe["user"]["immutable_id"].as_str().unwrap();
    one_who_is_gone_is_listed_once(&env, "z***@example.com", id, 1); // her id was the address, which records mask
    // The customer is done with it.
    let temporary = env.issue("vip");
    match server.kind {
        Kind::OpenLdap => {
            let choose = ["-s", "A-choice-of-24-characters"];
            server.tool("ldappasswd", &server.name("vip"), &temporary, &choose, "").must_say(0, "");
        }
        Kind::ActiveDirectory => server.replace(&server.dn("vip"), "pwdLastSet", "-1"),
    }
    assert_eq!(run(&env, &SWEEP, 0)["not_found"], json!([]));
    assert_eq!(settlements(&env).last().unwrap()["outcome"], "finished");
    env.run_must_say(&["audit", "verify"], 0, "");
}

/// An agent who may not search by entryUUID any more takes nobody for gone, and is told so.
fn what_cannot_be_looked_up_is_said(server: &Server, hidden: &str) {
    let env = server.environment();
    env.issue("sho");
    server.serve_with(hidden, "", "");
    let swept = env.run_must_say(&SWEEP[2..], 0, "1 of 1 withdrawn");
    swept.must_say(0, "were not looked up. entryUUID cannot be read");
    env.run_must_say(&["pending"], 0, "were not looked up. entryUUID cannot be read");
    for command in [&["-o", "json", "pending"][..], &SWEEP, &DRY] {
        let told = run(&env, command, 0);
        assert!(told["lookup_refused"].as_str().unwrap().contains("entryUUID cannot be read"), "{command:?}: {told}");
    }
    assert_eq!(settlements(&env), Vec::<Value>::new());
    server.serve_with("", "", "");
}

/// Whom records have by their DN alone is not looked up by it: an agent who may not read entryUUID.
fn without_the_id_nobody_is_looked_up(server: &Server, hidden: &str) {
    server.serve_with(hidden, "", "");
    let env = server.environment();
    env.issue("vip");
    let elsewhere = format!("ou=leavers,{}", server.value("BASE"));
    rename(server, "vip", "uid=vip", Some(&elsewhere));
    assert_eq!(run(&env, &SWEEP, 0)["not_found"], json!([]));
    assert_eq!(settlements(&env), Vec::<Value>::new());
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn on_slapd_nobody_is_lost_while_pending() {
    let server = Server::start(Kind::OpenLdap);
    outstanding_on(&server, "uid");
    let (agent, ou) = (server.value("AGENT"), server.value("OU"));
    let hidden = format!("access to dn.subtree=\"{ou}\" attrs=entryUUID by dn.exact=\"{agent}\" none\n");
    what_cannot_be_looked_up_is_said(&server, &hidden);
    without_the_id_nobody_is_looked_up(&server, &hidden);
}

#[test]
#[ignore = "needs Samba as a domain controller, and root: TELLONCE_LIVE=active-directory"]
fn in_a_domain_nobody_is_lost_while_pending() {
    outstanding_on(&Server::start(Kind::ActiveDirectory), "CN");
}
