//! Servers that refuse `StartTLS`, or send something in clear beside their answer.

use std::io::Write as _;

use crate::support::fake_directory::{Dialect, Fake};

const EXTENDED: u8 = 0x77;

#[test]
fn no_password_is_sent_where_it_does_not_come_about() {
    for (code, beside, said) in
        [(2, &b""[..], "refused StartTLS"), (0, b"\x30\x00", "no LDAP answer"), (0, b"", "encrypted")]
    {
        let fake = Fake::start(Dialect::OpenLdap);
        let env = fake.environment();
        let config = env.path().join("config.toml");
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
        let ended = env.run_with(&login, "Ag3nts-Password\n");
        assert_eq!(ended.code, 8, "{said}: {}", ended.text());
        let told = ended.text();
        // What follows the answer is seen beside it, or by the TLS library as its first record: that is up to the socket.
        let in_the_handshake = ["encrypted", "no LDAP answer", "TLS failed"].iter().any(|words| told.contains(words));
        assert!(told.contains(said) || said == "encrypted" && in_the_handshake, "{said}: {told}");
        assert!(!asked_for_more.load(std::sync::atomic::Ordering::SeqCst), "nothing is sent in clear");
    }
}
