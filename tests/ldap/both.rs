//! What holds on both servers.

use crate::proxy::Proxy;
use crate::server::{self, Kind, LOGIN, Server, must};

/// All of it.
pub fn all(server: &Server) {
    refuses(server);
    who_has_no_right_changes_nothing(server);
    lock_outs_are_lifted(server);
    creates_people_with_any_name(server);
    what_it_holds_is_shown_tame(server);
    protects_with_all_nesting(server);
    withdraws_only_what_it_issued(server);
    rows_go_side_by_side(server);
    a_cut_after_the_change_is_told(server);
    connections_that_are_wrong_are_told(server);
}

/// Each of these is refused before anything changes, or told apart.
fn refuses(server: &Server) {
    let home = server.home();
    home.refuses("dan", 7, if server.kind == Kind::OpenLdap { "locked permanently" } else { "disabled" });
    home.refuses("eve", 7, "would not stick");
    home.refuses("fay@example.com", 5, "more than one customer");
    for nobody in ["a*)(uid=*", "\\2a", "(|(cn=*", "*", "uid=ada,ou=elsewhere", "\u{202e}ada"] {
        home.refuses(nobody, 3, "No customer");
    }
    for elsewhere in [server.value("AGENT"), server.value("OU"), server.value("BASE")] {
        home.refuses(elsewhere, 3, "No customer"); // there is such an entry, and it is no customer's
    }
    home.must(&["show", &server.dn("ada")], 0, "ada");
    let vip = home.issue("vip");
    assert!(vip.len() >= 20, "a stricter policy is met: at least 20 characters");
    home.must(&["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"], 0, "1 of 1 withdrawn");
    must(&home.run(&LOGIN, "wrong\n"), 4, "Wrong agent name or password");
    assert_ne!(home.run(&LOGIN, "\n").status.code(), Some(0), "an empty password is no sign-in");
    let home = server.home_with("", "protected = { groups = [\"no-such-group\"] }\n");
    home.refuses("ada", 7, "cannot be read");
}

/// An agent without the right is told so in a plain sentence, and nothing changes.
fn who_has_no_right_changes_nothing(server: &Server) {
    let home = server.home();
    let login = ["login", "--agent", "noright", "--password-stdin", "--store", "file"];
    must(&home.run(&login, &format!("{}\n", server.value("NORIGHT_PW"))), 0, "");
    let refused = home.reset("ada");
    must(&refused, 4, "right");
    let told = server::words(&refused);
    assert!(!told.contains("ACL") && !told.contains("rc=") && !told.contains("LdapResult"), "plain words: {told}");
    let old = server.binds(&server.name("ada"), server.value("CUSTOMER_PW"));
    assert!(!server::words(&old).contains("Invalid credentials"), "the old password holds: {}", server::words(&old));
}

/// A lock-out is told: lifted by the set itself on `OpenLDAP`, only with `--unlock` on Active Directory.
fn lock_outs_are_lifted(server: &Server) {
    let home = server.home();
    server.lock_out(&server.name("gus"));
    if server.kind == Kind::ActiveDirectory {
        home.refuses("gus", 7, "--unlock");
        home.must(&["reset", "gus", "--yes", "--unlock", "--reveal", "stdout"], 0, "");
    } else {
        let first = home.reset("gus");
        must(&first, 0, "");
        assert!(!server::words(&first).contains("Locked"), "{}", server::words(&first));
    }
    let status = home.run(&["status", "gus"], "");
    assert!(!server::words(&status).contains("Locked"), "{}", server::words(&status));
}

/// Names that mean something in DNs and filters are names, and nothing more.
fn creates_people_with_any_name(server: &Server) {
    let home = server.home();
    let create =
        ["--create", "--email", "zoe@example.com", "--first-name", "Zoë, \"the\"", "--last-name", "O+Neil <x>; #1"];
    let arguments = [&["reset", "zoe@example.com", "--yes", "--reveal", "stdout"][..], &create].concat();
    home.must(&arguments, 0, "");
    home.must(&["find", "Zoë, \"the\" O+N", "-o", "json"], 0, "O+Neil <x>; #1");
    home.issue("zoe");
}

/// What a directory holds is text of strangers: escapes and overrides are made visible, and a missing mail stops nothing.
fn what_it_holds_is_shown_tame(server: &Server) {
    // "\u{1b}[2J\u{202e}Eve" and "\u{1b}]0;x\u{7}" in base64, as LDIF wants it.
    let (name, text) = ("G1sySuKArkV2ZQ==", "G11dMDt4Bw==");
    let own = match server.kind {
        Kind::OpenLdap => "objectClass: inetOrgPerson\nuid: hostile\nsn: Hostile\ncn: hostile",
        Kind::ActiveDirectory => "objectClass: user\nsAMAccountName: hostile\nuserAccountControl: 514",
    };
    server.change(&format!(
        "dn: {}\nchangetype: add\n{own}\ndisplayName:: {name}\ndescription:: {text}\n",
        server.dn("hostile")
    ));
    let home = server.home();
    for arguments in [&["find", "hostile"][..], &["show", "hostile"], &["show", "hostile", "-o", "json"]] {
        let shown = home.run(arguments, "");
        must(&shown, 0, "2J");
        let bytes = [shown.stdout, shown.stderr].concat();
        assert!(!bytes.contains(&0x1b) && !bytes.contains(&7), "no escape comes through: {arguments:?}");
        assert!(!String::from_utf8_lossy(&bytes).contains('\u{202e}'), "no override comes through: {arguments:?}");
    }
}

/// A member of a group within a protected group is protected, and one whose group cannot be seen as well.
fn protects_with_all_nesting(server: &Server) {
    let group = |name: &str, member: &str| match server.kind {
        Kind::OpenLdap => format!(
            "dn: cn={name},ou=groups,{0}\nchangetype: add\nobjectClass: groupOfNames\ncn: {name}\nmember: {member}\n\n",
            server.value("BASE")
        ),
        Kind::ActiveDirectory => format!(
            "dn: CN={name},{0}\nchangetype: add\nobjectClass: group\nsAMAccountName: {name}\nmember: {member}\n\n",
            server.value("BASE")
        ),
    };
    let inner = match server.kind {
        Kind::OpenLdap => format!("cn=inner,ou=groups,{}", server.value("BASE")),
        Kind::ActiveDirectory => format!("CN=inner,{}", server.value("BASE")),
    };
    server.change(&(group("inner", &server.dn("fay1")) + &group("staff-admins", &inner)));
    let home = server.home_with("", "protected = { groups = [\"staff-admins\"] }\n");
    home.refuses("fay1", 7, "staff-admins");
    home.must(&["show", "fay1"], 0, "inner");
    home.issue("fay2");
}

/// The sweep takes what was issued here, and not what somebody set since, pending though that is.
fn withdraws_only_what_it_issued(server: &Server) {
    let home = server.home();
    let (issued, swept) = (home.issue("fay1"), home.issue("fay2"));
    let theirs = "Adm1nistrators-Choice";
    next_second();
    match server.kind {
        Kind::OpenLdap => server.change(&format!(
            "dn: {}\nchangetype: modify\nreplace: userPassword\nuserPassword: {theirs}\n-\nreplace: pwdReset\npwdReset: TRUE\n",
            server.dn("fay1")
        )),
        Kind::ActiveDirectory => server.change(&format!(
            "dn: {}\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: {}\n-\nreplace: pwdLastSet\npwdLastSet: 0\n",
            server.dn("fay1"),
            wide(theirs)
        )),
    }
    home.must(&["withdraw", "--older-than", "24h", "--all", "--yes", "--reason", "expired"], 0, "0 of 0 withdrawn");
    home.must(&["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"], 0, "1 of 1 withdrawn");
    let pending = server.binds(&server.name("fay1"), theirs);
    let told = server::words(&pending);
    assert!(told.contains("must be changed") || told.contains("data 773"), "theirs holds, and is pending: {told}");
    for (name, void) in [("fay1", issued), ("fay2", swept)] {
        let refused = server.binds(&server.name(name), &void);
        assert_eq!(refused.status.code(), Some(49), "{name}: {}", server::words(&refused));
        assert!(!server::words(&refused).contains("data 773"), "{name}: {}", server::words(&refused));
    }
    home.must(&["withdraw", "fay1", "--yes"], 0, "What they have open already goes on");
    let refused = server.binds(&server.name("fay1"), theirs);
    assert_eq!(refused.status.code(), Some(49), "named, it is withdrawn: {}", server::words(&refused));
    must(&home.run(&["withdraw", "ada", "--yes"], ""), 7, "");
}

/// pwdChangedTime has whole seconds: what is set within the same one cannot be told apart.
pub fn next_second() {
    let second = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let now = second();
    while second() == now {
        std::thread::yield_now();
    }
}

/// Signs in with the password of the agents that a test made, from a home of its own.
pub fn agent_tries(server: &Server, name: &str) -> std::process::Output {
    let home = server.home();
    home.run(&["login", "--agent", name, "--password-stdin", "--store", "file"], "Ag3nts-Password\n")
}

/// A bulk run keeps several sets in flight over one connection: each is told from the others.
fn rows_go_side_by_side(server: &Server) {
    let home = server.home();
    let (rows, out) = (home.path().join("rows.csv"), home.path().join("out.jsonl"));
    let mut text = "customer\n".to_owned();
    for number in 1..=12 {
        let name = format!("row{number}");
        let own = match server.kind {
            Kind::OpenLdap => format!("objectClass: inetOrgPerson\nuid: {name}\nsn: Row\ncn: {name}"),
            Kind::ActiveDirectory => {
                format!(
                    "objectClass: user\nsAMAccountName: {name}\nunicodePwd:: {}\nuserAccountControl: 512",
                    wide("Cust0mer-Start-1!")
                )
            }
        };
        server.change(&format!("dn: {}\nchangetype: add\n{own}\n", server.dn(&name)));
        text.push_str(&name);
        text.push('\n');
    }
    std::fs::write(&rows, text).unwrap();
    let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let (rows, out) = (rows.to_str().unwrap(), out.to_str().unwrap());
    home.must(&["bulk", rows, "--yes", "--expect", "12", "--concurrency", "8", "--out", out, "--seal-to", key], 0, "");
    assert_eq!(std::fs::read_to_string(out).unwrap().matches("\"outcome\":\"delivered\"").count(), 12);
}

/// The bytes of unicodePwd, in base64.
pub fn wide(password: &str) -> String {
    use base64::Engine as _;
    let bytes: Vec<u8> = format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The connection is cut after the change was sent: it was made, nobody was told, and the exit code is 9.
fn a_cut_after_the_change_is_told(server: &Server) {
    let proxy = Proxy::start(server.address());
    let home = server.home_with(&proxy.url(), "protected = \"none\"\n");
    proxy.cut_after_intent_in(home.audit_log());
    home.refuses("ada", 9, "Issue another");
    home.issue("ada");
}

/// What is wrong with a connection is said, and exit 8. The first server is dead: the next one serves.
fn connections_that_are_wrong_are_told(server: &Server) {
    let none = "protected = \"none\"\n";
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("\"ldaps://{}\"", silent.local_addr().unwrap());
    let other_name = format!("\"{}\"", server.url().replace("127.0.0.1", "127.0.0.2"));
    for (url, said) in [(&nobody, "did not answer in time"), (&other_name, "cannot be used")] {
        let home = server.home_with(url, none);
        must(&home.login, 8, said);
        home.must(&["doctor", "--timeout", "2s"], 11, said);
    }
    let home = server.home_trusting("", none, &server.other_authority());
    must(&home.login, 8, "ca_cert");
    must(&server.home_with("\"ldap://127.0.0.1:1\"", none).login, 2, "not encrypted");
    let home = server.home_with(&format!("[\"ldaps://127.0.0.1:1\", \"{}\"]", server.url()), none);
    home.issue("ada");
    home.must(&["doctor"], 0, "Another one serves");
    let elsewhere = server.home_with("", none);
    elsewhere.edit(server.value("OU"), "ou=customers,dc=elsewhere,dc=test");
    elsewhere.must(&["doctor"], 11, "is not in this directory");
}
