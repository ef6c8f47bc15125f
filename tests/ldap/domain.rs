//! What a domain has of its own: names without an index, and rights of single users.

use std::process::Command;

use age::x25519::Identity;

use crate::both;
use crate::server::{self, Server};

fn user(server: &Server, name: &str, more: &str) -> String {
    format!(
        "dn: {}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\nunicodePwd:: {}\nuserAccountControl: 512\n{more}\n",
        server.dn(name),
        both::wide("Cust0mer-Start-1!")
    )
}

/// An employeeID finds its customer, after the names that the domain has an index for; as `customer_id` it names with them.
pub fn employee_ids_name_customers(server: &Server) {
    server.change(&user(server, "worker", "employeeID: 4711\n"));
    server.change(&user(server, "4712", ""));
    server.change(&user(server, "namesake", "employeeID: 4712\n"));
    let home = server.home();
    home.must(&["show", "4711"], 0, "worker");
    let named = home.must(&["show", "4712"], 0, "4712");
    assert!(!server::words(&named).contains("namesake"), "the name to sign in with comes first");
    let fine = home.run(&["doctor"], "");
    assert!(!server::words(&fine).contains("no index"), "{}", server::words(&fine));
    let by_number = server.home_with("", "protected = \"none\"\ncustomer_id = \"employeeID\"\n");
    by_number.must(&["show", "4711"], 0, "worker");
    by_number.must(&["show", "4712"], 5, "more than one customer");
    by_number.must(&["doctor"], 0, "no index for employeeID");
    let indexed = server.home_with("", "protected = \"none\"\ncustomer_id = \"mail\"\n");
    assert!(!server::words(&indexed.run(&["doctor"], "")).contains("no index"));
}

/// One user whom agents may not write, among others whom they may: that row alone is refused, and nothing of it changed.
pub fn a_row_without_the_right_is_refused_alone(server: &Server) {
    let names = ["right1", "right2", "right3", "wrong", "right4"];
    for name in names {
        server.change(&user(server, name, ""));
    }
    let agent = Command::new("samba-tool")
        .args(["user", "show", "agent", "--attributes=objectSid", "-s", server.value("SMBCONF")])
        .output()
        .unwrap();
    let told = server::words(&agent);
    let sid = told.lines().find_map(|line| line.strip_prefix("objectSid: ")).unwrap();
    let denied = format!(
        "(OD;;WP;bf967a0a-0de6-11d0-a285-00aa003049e2;;{sid})(OD;;CR;00299570-246d-11d0-a768-00aa006e0529;;{sid})"
    );
    let set = Command::new("samba-tool")
        .args(["dsacl", "set", "--objectdn", &server.dn("wrong"), "--sddl", &denied, "-s", server.value("SMBCONF")])
        .output()
        .unwrap();
    assert!(set.status.success(), "{}", server::words(&set));
    let home = server.home();
    home.refuses("wrong", 4, "right to issue temporary passwords");
    std::fs::write(home.file("in.csv"), format!("customer\n{}\n", names.join("\n"))).unwrap();
    let (input, out) = (home.file("in.csv"), home.file("out.jsonl"));
    let key = Identity::generate().to_public().to_string();
    let all = ["bulk", input.to_str().unwrap(), "--yes", "--expect", "5", "--out", out.to_str().unwrap()];
    let ended = home.run(&[&all[..], &["--seal-to", &key]].concat(), "");
    assert_eq!(ended.status.code(), Some(10), "{}", server::words(&ended));
    let rows = std::fs::read_to_string(&out).unwrap();
    for row in rows.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
        let told = (row["outcome"].as_str().unwrap(), row["changed"].as_str().unwrap(), row["exit_code"].as_u64());
        if row["customer"]["username"] == "wrong" {
            assert_eq!((told.1, told.2), ("no", Some(4)), "{row}");
        } else {
            assert_eq!(told, ("delivered", "yes", Some(0)), "{row}");
        }
    }
    assert_eq!(rows.lines().count(), names.len());
}
