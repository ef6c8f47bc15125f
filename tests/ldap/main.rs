//! Active Directory and `OpenLDAP` from the outside: what is refused, and what a server or a network can do wrong.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

mod bulk;
mod proxy;
mod server;

use server::{Kind, Server};

/// Each of these is refused before anything changes, or told apart.
fn refuses(server: &Server) {
    let mut home = server.home("");
    for (customer, code, words) in [
        ("dan", 7, "disabled"),
        ("eve", 7, "would not stick"),
        ("fay@example.com", 5, "more than one customer"),
        ("a*)(uid=*", 3, "No customer"),
        ("\\2a", 3, "No customer"),
        ("(|(cn=*", 3, "No customer"),
    ] {
        let ended = home.reset(customer);
        assert_eq!(ended.status.code(), Some(code), "{customer}: {}", server::words(&ended));
        assert!(server::words(&ended).contains(words), "{customer}: {}", server::words(&ended));
        assert!(ended.stdout.is_empty(), "{customer}: nothing was revealed");
    }
    let vip = home.reset("vip");
    assert!(vip.status.success(), "a stricter policy is met: {}", server::words(&vip));
    assert!(vip.stdout.len() > 20, "at least 20 characters");
    let swept = home.run(&["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"], "");
    assert!(server::words(&swept).contains("1 of 1 withdrawn"), "{}", server::words(&swept));
    let wrong = home.run(&["login", "--agent", "agent", "--password-stdin", "--store", "file"], "wrong\n");
    assert_eq!(wrong.status.code(), Some(4), "{}", server::words(&wrong));
    let empty = home.run(&["login", "--agent", "agent", "--password-stdin", "--store", "file"], "\n");
    assert_ne!(empty.status.code(), Some(0), "an empty password is no sign-in");
    home.protect("no-such-group");
    let unreadable = home.reset("ada");
    assert_eq!(unreadable.status.code(), Some(7));
    assert!(server::words(&unreadable).contains("cannot be read"), "{}", server::words(&unreadable));
}

/// A lock-out is told: lifted by the set itself on `OpenLDAP`, only with `--unlock` on Active Directory.
fn lock_outs_are_lifted(server: &Server) {
    let home = server.home("");
    server.lock_out("gus");
    let first = home.reset("gus");
    if server.kind == Kind::ActiveDirectory {
        assert_eq!(first.status.code(), Some(7), "{}", server::words(&first));
        assert!(server::words(&first).contains("--unlock"), "{}", server::words(&first));
        let unlocked = home.run(&["reset", "gus", "--yes", "--unlock", "--reveal", "stdout"], "");
        assert!(unlocked.status.success(), "{}", server::words(&unlocked));
    } else {
        assert!(first.status.success(), "{}", server::words(&first));
        assert!(!server::words(&first).contains("Locked"), "{}", server::words(&first));
    }
    let status = home.run(&["status", "gus"], "");
    assert!(!server::words(&status).contains("Locked"), "{}", server::words(&status));
}

/// Names that mean something in DNs and filters are names, and nothing more.
fn creates_people_with_any_name(server: &Server) {
    let home = server.home("");
    let create =
        ["--create", "--email", "zoe@example.com", "--first-name", "Zoë, \"the\"", "--last-name", "O+Neil <x>; #1"];
    let arguments = [&["reset", "zoe@example.com", "--yes", "--reveal", "stdout"][..], &create].concat();
    let created = home.run(&arguments, "");
    assert!(created.status.success(), "{}", server::words(&created));
    let found = home.run(&["find", "Zoë, \"the\" O+N", "-o", "json"], "");
    assert!(server::words(&found).contains("O+Neil <x>; #1"), "{}", server::words(&found));
    let again = home.reset("zoe");
    assert!(again.status.success(), "{}", server::words(&again));
}

/// The connection is cut after the change was sent: it was made, nobody was told, and the exit code is 9.
fn a_cut_after_the_change_is_told(server: &Server) {
    let proxy = proxy::Proxy::start(server.address());
    let home = server.home(&proxy.url());
    proxy.cut_after_intent_in(home.audit_log());
    let ended = home.reset("ada");
    assert_eq!(ended.status.code(), Some(9), "{}", server::words(&ended));
    assert!(ended.stdout.is_empty(), "nothing was revealed");
    assert!(server::words(&ended).contains("Issue another"), "{}", server::words(&ended));
    let again = home.reset("ada");
    assert!(again.status.success(), "{}", server::words(&again));
}

/// What is wrong with a connection is said, and exit 8.
fn connections_that_are_wrong_are_told(server: &Server) {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("ldaps://{}", silent.local_addr().unwrap());
    let other_name = server.url().replace("127.0.0.1", "127.0.0.2");
    let cases = [(nobody, "did not answer in time"), (other_name, "cannot be used")];
    for (url, words) in cases {
        let home = server.home(&url);
        assert_eq!(home.login.status.code(), Some(8), "{}", server::words(&home.login));
        assert!(server::words(&home.login).contains(words), "{}", server::words(&home.login));
    }
    let own = server.other_authority();
    let home = server.home_with("", &own);
    assert_eq!(home.login.status.code(), Some(8));
    assert!(server::words(&home.login).contains("ca_cert"), "{}", server::words(&home.login));
    let home = server.home("ldap://127.0.0.1:1");
    assert_eq!(home.login.status.code(), Some(2), "in clear: {}", server::words(&home.login));
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn openldap() {
    let server = Server::start(Kind::OpenLdap);
    refuses(&server);
    lock_outs_are_lifted(&server);
    creates_people_with_any_name(&server);
    a_cut_after_the_change_is_told(&server);
    bulk::a_run_creates_sets_and_survives_a_cut(&server);
    connections_that_are_wrong_are_told(&server);
}

#[test]
#[ignore = "needs Samba as a domain controller, and root: TELLONCE_LIVE=active-directory"]
fn active_directory() {
    let server = Server::start(Kind::ActiveDirectory);
    refuses(&server);
    lock_outs_are_lifted(&server);
    creates_people_with_any_name(&server);
    a_cut_after_the_change_is_told(&server);
    bulk::a_run_creates_sets_and_survives_a_cut(&server);
    connections_that_are_wrong_are_told(&server);
}
