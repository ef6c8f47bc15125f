//! What holds on both servers.

use super::proxy::Proxy;
use crate::support::CommandOutput;
use crate::support::ldap::{Kind, LOGIN, Server};

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
    let env = server.environment();
    env.refuses("dan", 7, if server.kind == Kind::OpenLdap { "locked permanently" } else { "disabled" });
    env.refuses("eve", 7, "would not stick");
    env.refuses("fay@example.com", 5, "more than one customer");
    for nobody in ["a*)(uid=*", "\\2a", "(|(cn=*", "*", "uid=ada,ou=elsewhere", "\u{202e}ada"] {
        env.refuses(nobody, 3, "No customer");
    }
    for elsewhere in [server.value("AGENT"), server.value("OU"), server.value("BASE")] {
        env.refuses(elsewhere, 3, "No customer"); // there is such an entry, and it is no customer's
    }
    env.run_must_say(&["show", &server.dn("ada")], 0, "ada");
    let vip = env.issue("vip");
    assert!(vip.len() >= 20, "a stricter policy is met: at least 20 characters");
    env.run_must_say(
        &["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"],
        0,
        "1 of 1 withdrawn",
    );
    env.run_with(&LOGIN, "wrong\n").must_say(4, "Wrong agent name or password");
    assert_ne!(env.run_with(&LOGIN, "\n").code, 0, "an empty password is no sign-in");
    let env = server.environment_with("", "protected = { groups = [\"no-such-group\"] }\n");
    env.refuses("ada", 7, "cannot be read");
}

/// An agent without the right is told so in a plain sentence, and nothing changes.
fn who_has_no_right_changes_nothing(server: &Server) {
    let env = server.environment();
    let login = ["login", "--agent", "noright", "--password-stdin", "--store", "file"];
    env.run_with(&login, &format!("{}\n", server.value("NORIGHT_PW"))).must_say(0, "");
    let refused = env.reset("ada", &[]);
    refused.must_say(4, "right");
    let told = refused.text();
    assert!(!told.contains("ACL") && !told.contains("rc=") && !told.contains("LdapResult"), "plain words: {told}");
    let old = server.binds(&server.name("ada"), server.value("CUSTOMER_PW"));
    assert!(!old.text().contains("Invalid credentials"), "the old password holds: {}", old.text());
}

/// A lock-out is told: lifted by the set itself on `OpenLDAP`, only with `--unlock` on Active Directory.
fn lock_outs_are_lifted(server: &Server) {
    let env = server.environment();
    server.lock_out(&server.name("gus"));
    if server.kind == Kind::ActiveDirectory {
        env.refuses("gus", 7, "--unlock");
        env.run_must_say(&["reset", "gus", "--yes", "--unlock", "--reveal", "stdout"], 0, "");
    } else {
        let first = env.reset("gus", &[]);
        first.must_say(0, "");
        assert!(!first.text().contains("Locked"), "{}", first.text());
    }
    let status = env.run(&["status", "gus"]);
    assert!(!status.text().contains("Locked"), "{}", status.text());
}

/// Names that mean something in DNs and filters are names, and nothing more.
fn creates_people_with_any_name(server: &Server) {
    let env = server.environment();
    let create =
        ["--create", "--email", "zoe@example.com", "--first-name", "Zoë, \"the\"", "--last-name", "O+Neil <x>; #1"];
    let arguments = [&["reset", "zoe@example.com", "--yes", "--reveal", "stdout"][..], &create].concat();
    env.run_must_say(&arguments, 0, "");
    env.run_must_say(&["find", "Zoë, \"the\" O+N", "-o", "json"], 0, "O+Neil <x>; #1");
    env.issue("zoe");
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
    let env = server.environment();
    for arguments in [&["find", "hostile"][..], &["show", "hostile"], &["show", "hostile", "-o", "json"]] {
        let shown = env.run(arguments);
        shown.must_say(0, "2J");
        let text = shown.text();
        assert!(!text.contains(['\u{1b}', '\u{7}']), "no escape comes through: {arguments:?}");
        assert!(!text.contains('\u{202e}'), "no override comes through: {arguments:?}");
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
    let env = server.environment_with("", "protected = { groups = [\"staff-admins\"] }\n");
    env.refuses("fay1", 7, "staff-admins");
    env.run_must_say(&["show", "fay1"], 0, "inner");
    env.issue("fay2");
}

/// The sweep takes what was issued here, and not what somebody set since, pending though that is.
fn withdraws_only_what_it_issued(server: &Server) {
    let env = server.environment();
    let (issued, swept) = (env.issue("fay1"), env.issue("fay2"));
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
    env.run_must_say(
        &["withdraw", "--older-than", "24h", "--all", "--yes", "--reason", "expired"],
        0,
        "0 of 0 withdrawn",
    );
    env.run_must_say(
        &["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"],
        0,
        "1 of 1 withdrawn",
    );
    let pending = server.binds(&server.name("fay1"), theirs);
    let told = pending.text();
    assert!(told.contains("must be changed") || told.contains("data 773"), "theirs holds, and is pending: {told}");
    for (name, void) in [("fay1", issued), ("fay2", swept)] {
        let refused = server.binds(&server.name(name), &void);
        assert_eq!(refused.code, 49, "{name}: {}", refused.text());
        assert!(!refused.text().contains("data 773"), "{name}: {}", refused.text());
    }
    env.run_must_say(&["withdraw", "fay1", "--yes"], 0, "What they have open already goes on");
    let refused = server.binds(&server.name("fay1"), theirs);
    assert_eq!(refused.code, 49, "named, it is withdrawn: {}", refused.text());
    env.run(&["withdraw", "ada", "--yes"]).must_say(7, "");
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
pub fn agent_tries(server: &Server, name: &str) -> CommandOutput {
    let env = server.environment();
    env.run_with(&["login", "--agent", name, "--password-stdin", "--store", "file"], "Ag3nts-Password\n")
}

/// A bulk run keeps several sets in flight over one connection: each is told from the others.
fn rows_go_side_by_side(server: &Server) {
    let env = server.environment();
    let (rows, out) = (env.path().join("rows.csv"), env.path().join("out.jsonl"));
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
    env.run_must_say(
        &["bulk", rows, "--yes", "--expect", "12", "--concurrency", "8", "--out", out, "--seal-to", key],
        0,
        "",
    );
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
    let env = server.environment_with(&proxy.url(), "protected = \"none\"\n");
    proxy.cut_after_intent_in(env.ledger());
    env.refuses("ada", 9, "Issue another");
    env.issue("ada");
}

/// What is wrong with a connection is said, and exit 8. The first server is dead: the next one serves.
fn connections_that_are_wrong_are_told(server: &Server) {
    let none = "protected = \"none\"\n";
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("\"ldaps://{}\"", silent.local_addr().unwrap());
    let other_name = format!("\"{}\"", server.url().replace("127.0.0.1", "127.0.0.2"));
    for (url, said) in [(&nobody, "did not answer in time"), (&other_name, "cannot be used")] {
        let env = server.environment_with(url, none);
        env.login.must_say(8, said);
        env.run_must_say(&["doctor", "--timeout", "2s"], 11, said);
    }
    let env = server.environment_trusting("", none, &server.other_authority());
    env.login.must_say(8, "ca_cert");
    server.environment_with("\"ldap://127.0.0.1:1\"", none).login.must_say(2, "not encrypted");
    let env = server.environment_with(&format!("[\"ldaps://127.0.0.1:1\", \"{}\"]", server.url()), none);
    env.issue("ada");
    env.run_must_say(&["doctor"], 0, "Another server of the profile answers");
    let elsewhere = server.environment_with("", none);
    elsewhere.edit_config(server.value("OU"), "ou=customers,dc=elsewhere,dc=test");
    elsewhere.run_must_say(&["doctor"], 11, "is not in this directory");
}
