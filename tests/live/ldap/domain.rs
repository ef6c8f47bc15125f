//! What a domain has of its own: names without an index, and rights of single users.

use age::x25519::Identity;
use serde_json::Value;

use super::ids::id_of;
use super::shared_behaviour;
use crate::support::ldap::Server;
use crate::support::{TestEnvironment, wait_until};

fn user(server: &Server, name: &str, more: &str) -> String {
    format!(
        "dn: {}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\nunicodePwd:: {}\nuserAccountControl: 512\n{more}\n",
        server.dn(name),
        shared_behaviour::wide("Cust0mer-Start-1!")
    )
}

/// An employeeID finds its customer, after the names that the domain has an index for; as `customer_id` it names with them.
pub fn employee_ids_name_customers(server: &Server) {
    server.change(&user(server, "worker", "employeeID: 4711\n"));
    server.change(&user(server, "4712", ""));
    server.change(&user(server, "namesake", "employeeID: 4712\n"));
    let env = server.environment();
    env.run_must_say(&["show", "4711"], 0, "worker");
    let named = env.run_must_say(&["show", "4712"], 0, "4712");
    assert!(!named.text().contains("namesake"), "the name to sign in with comes first");
    let fine = env.run(&["doctor"]);
    assert!(!fine.text().contains("no index"), "{}", fine.text());
    let by_number = server.environment_with("", "protected = \"none\"\ncustomer_id = \"employeeID\"\n");
    by_number.run_must_say(&["show", "4711"], 0, "worker");
    by_number.run_must_say(&["show", "4712"], 0, "namesake"); // a number of their own outweighs the name of one who has none
    // Named by the address, the one who has none goes by the entry's name: no history is counted for the other.
    server.replace(&server.dn("4712"), "mail", "4712@example.com");
    for name in ["4712@example.com", &server.dn("4712")] {
        assert_eq!(id_of(&by_number, name), server.dn("4712"));
    }
    assert_eq!(id_of(&by_number, "4712"), "4712");
    by_number.run_must_say(&["doctor"], 0, "no index for employeeID");
    let indexed = server.environment_with("", "protected = \"none\"\ncustomer_id = \"mail\"\n");
    assert!(!indexed.run(&["doctor"]).text().contains("no index"));
}

/// A lock-out without an end is told without one, and the mark of one that is over is none.
pub fn lock_outs_are_what_they_mean(server: &Server) {
    let base = server.value("BASE").to_owned();
    let lasts = |steps: &str| server.replace(&base, "lockoutDuration", steps);
    server.change(&user(server, "lockee", ""));
    let env = server.environment();
    server.lock_out(&server.name("lockee"));
    env.refuses("lockee", 7, "locked after failed attempts until ");
    lasts("-9223372036854775808");
    let refused = env.reset("lockee", &[]);
    refused.must_say(7, "locked after failed attempts; ");
    server.replace(&base, "lockOutObservationWindow", "-10000000"); // a second, in steps of 100 ns
    lasts("-10000000");
    lock_out_is_over(server, &server.dn("lockee"));
    env.run_must_say(&["status", "lockee"], 0, "Active");
    env.issue("lockee");
    lasts("-18000000000");
    server.replace(&base, "lockOutObservationWindow", "-18000000000");
}

/// Waits until the domain says that a user is locked out no longer. The mark of the lock-out is still there.
fn lock_out_is_over(server: &Server, dn: &str) {
    let flags = || server.value_of(dn, "msDS-User-Account-Control-Computed");
    let is_over = |flags: &str| flags.parse::<i64>().unwrap() & 0x10 == 0; // UF_LOCKOUT ([MS-ADTS] section 2.2.16)
    wait_until("the end of the lock-out", flags, is_over);
    assert_ne!(server.value_of(dn, "lockoutTime"), "0");
}

/// One user whom agents may not write, among others whom they may: that row alone is refused, and nothing of it changed.
pub fn a_row_without_the_right_is_refused_alone(server: &Server) {
    let names = ["right1", "right2", "right3", "wrong", "right4"];
    for name in names {
        server.change(&user(server, name, ""));
    }
    let told = server.samba_tool(&["user", "show", "agent", "--attributes=objectSid"]);
    let sid = told.lines().find_map(|line| line.strip_prefix("objectSid: ")).unwrap();
    let denied = format!(
        "(OD;;WP;bf967a0a-0de6-11d0-a285-00aa003049e2;;{sid})(OD;;CR;00299570-246d-11d0-a768-00aa006e0529;;{sid})"
    );
    server.samba_tool(&["dsacl", "set", "--objectdn", &server.dn("wrong"), "--sddl", &denied]);
    let env = server.environment();
    env.refuses("wrong", 4, "right to issue temporary passwords");
    let rows = run(&env, &names, 10);
    for row in &rows {
        let told = (row["outcome"].as_str().unwrap(), row["changed"].as_str().unwrap(), row["exit_code"].as_u64());
        if row["given"] == "wrong" {
            assert_eq!((told.1, told.2), ("no", Some(4)), "{row}");
        } else {
            assert_eq!(told, ("delivered", "yes", Some(0)), "{row}");
        }
    }
}

/// A run that goes on for longer than its rows share what the agent may do: each of them is delivered. Some asked just
/// before that was forgotten, and are answered after it.
pub fn a_long_run_refuses_nobody(server: &Server) {
    let names: Vec<String> = (0..120).map(|number| format!("long{number:03}")).collect();
    server.change(&names.iter().map(|name| user(server, name, "")).collect::<Vec<_>>().join("\n"));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for row in run(&server.environment(), &names, 0) {
        assert_eq!(row["outcome"], "delivered", "{row}");
    }
}

/// The output's rows of a run for these customers that ends with this exit code.
fn run(env: &TestEnvironment, names: &[&str], code: i32) -> Vec<Value> {
    std::fs::write(env.file("in.csv"), format!("customer\n{}\n", names.join("\n"))).unwrap();
    let (input, out, rows) = (env.file("in.csv"), env.file("out.jsonl"), names.len().to_string());
    let key = Identity::generate().to_public().to_string();
    let all = ["bulk", input.to_str().unwrap(), "--yes", "--expect", &rows, "--out", out.to_str().unwrap()];
    let ended = env.run(&[&all[..], &["--seal-to", &key]].concat());
    assert_eq!(ended.code, code, "{}", ended.text());
    let rows = std::fs::read_to_string(&out).unwrap();
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), names.len());
    rows
}
