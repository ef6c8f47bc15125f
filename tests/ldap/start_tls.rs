//! `StartTLS`: a sign-in and a reset over it; and servers that refuse it, or send something in clear beside their answer.

use std::io::Write as _;

use crate::fake_directory::{Dialect, Fake, run};
use crate::server::{Kind, Server, must, words};

const EXTENDED: u8 = 0x77;

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_reset_goes_over_it() {
    let server = Server::start(Kind::OpenLdap);
    let plain = server.value("STARTTLS_URL").to_owned();
    let home = server.home_with(&format!("\"{plain}\"\nstart_tls = true"), "protected = \"none\"\n");
    must(&home.login, 0, "");
    home.must(&["doctor"], 0, "answers, encrypted");
    home.issue("ada");
    // The server itself refuses what is in clear.
    let home = server.home_with(&format!("\"{plain}\"\ninsecure_ldap = true"), "protected = \"none\"\n");
    must(&home.login, 8, "asks for encryption");
    must(&home.login, 8, "start_tls = true");
    let other = server.other_authority();
    let url = format!("\"{plain}\"\nstart_tls = true");
    must(&server.home_trusting(&url, "protected = \"none\"\n", &other).login, 8, "not trusted here");
}

#[test]
fn no_password_is_sent_where_it_does_not_come_about() {
    for (code, beside, said) in
        [(2, &b""[..], "refused StartTLS"), (0, b"\x30\x00", "no LDAP answer"), (0, b"", "encrypted")]
    {
        let fake = Fake::start(Dialect::OpenLdap);
        let home = fake.home();
        let config = home.path().join("config.toml");
        let text = std::fs::read_to_string(&config).unwrap().replace("insecure_ldap", "start_tls");
        std::fs::write(config, text).unwrap();
        let asked_for_more = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let more = std::sync::Arc::clone(&asked_for_more);
        fake.rule(move |asked, stream| {
            if asked.tag != EXTENDED {
                more.store(true, std::sync::atomic::Ordering::SeqCst);
                return true;
            }
            let _ = stream.write_all(&[&asked.done(code), beside].concat());
            if code == 0 {
                let _ = stream.write_all(b"no TLS record either");
            }
            true
        });
        let login = ["--timeout", "2s", "login", "--agent", "cn=agent", "--password-stdin", "--store", "file"];
        let ended = run(home.path(), &login, "Ag3nts-Password\n");
        assert_eq!(ended.status.code(), Some(8), "{said}: {}", words(&ended));
        let told = words(&ended);
        assert!(told.contains(said) || beside.is_empty() && told.contains("no LDAP answer"), "{said}: {told}");
        assert!(!asked_for_more.load(std::sync::atomic::Ordering::SeqCst), "nothing is sent in clear");
    }
}
