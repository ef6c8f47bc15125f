//! A mail server that does as it should: what reaches it, and what never does.

use super::fixture::{ADDRESS, LIMIT, PASSWORD, message, refused, send};
use crate::support::fake_smtp::{FakeSmtp, RunningSmtp};

const USER: Option<(&str, &str)> = Some(("tellonce", PASSWORD));

/// The keys of a sender that signs in with this password.
fn signing_in(server: &RunningSmtp, password: &str, more: &str) -> String {
    let file = server.password(password);
    server.keys(&format!("username = 'tellonce'\ncredential = {{ file = '{}' }}\n{more}", file.display()))
}

#[test]
fn a_mail_arrives_as_it_was_written_over_either_kind_of_tls() {
    for (start_tls, more) in [(false, ""), (true, "tls = 'starttls'\n")] {
        let server = FakeSmtp { start_tls, user: USER, ..FakeSmtp::default() }.start();
        send(&signing_in(&server, PASSWORD, more), LIMIT, &message(ADDRESS)).unwrap();
        let seen = server.seen();
        assert_eq!(seen.mails.len(), 1);
        let (headers, body) = seen.mails[0].split_once("\r\n\r\n").unwrap();
        for header in [
            "From: \"Example Support\" <support@example.com>",
            "To: ada@example.com",
            "Subject: Your code for Example Support",
            "Message-ID: <0123456789abcdef0123456789abcdef@example.com>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(headers.lines().any(|line| line == header), "{header}: {headers}");
        }
        assert!(headers.lines().any(|line| line.starts_with("Date: ")), "{headers}");
        assert_eq!(body, "Your code is 483-920.\r\n.\r\nIt is good for ten minutes.\r\n");
        let clear: Vec<_> = seen.commands.iter().filter(|(is_encrypted, _)| !is_encrypted).collect();
        assert_eq!(clear.len(), if start_tls { 2 } else { 0 }, "EHLO and STARTTLS at most: {clear:?}");
        let envelope: Vec<_> = seen.commands.iter().map(|(_, text)| text.as_str()).collect();
        assert!(envelope.contains(&"MAIL FROM:<support@example.com>"), "{envelope:?}");
        assert!(envelope.contains(&"RCPT TO:<ada@example.com>"), "{envelope:?}");
        assert_eq!(server.verbs().last().map(String::as_str), Some("QUIT"));
    }
}

#[test]
fn a_retry_is_the_same_message_by_its_id() {
    let server = FakeSmtp::default().start();
    for _ in 0..2 {
        send(&server.keys(""), LIMIT, &message(ADDRESS)).unwrap();
    }
    let ids = |mail: &String| mail.lines().find(|line| line.starts_with("Message-ID")).unwrap().to_owned();
    let found: Vec<String> = server.seen().mails.iter().map(ids).collect();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], found[1]);
}

#[test]
fn a_server_with_login_alone_is_signed_in_to() {
    let server = FakeSmtp { offers: vec!["AUTH LOGIN"], user: USER, ..FakeSmtp::default() }.start();
    send(&signing_in(&server, PASSWORD, ""), LIMIT, &message(ADDRESS)).unwrap();
    assert_eq!(server.seen().mails.len(), 1);
}

#[test]
fn a_sign_in_that_fails_sends_nothing() {
    let wrong = FakeSmtp { user: USER, ..FakeSmtp::default() }.start();
    let failed = refused(&signing_in(&wrong, "another", ""), LIMIT, &message(ADDRESS));
    assert!(failed.is_permanent && failed.words.contains("535: wrong username or password"), "{failed:?}");
    assert!(failed.hint.contains("credential"), "{failed:?}");
    let none = FakeSmtp { user: USER, ..FakeSmtp::default() }.start();
    let failed = refused(&none.keys(""), LIMIT, &message(ADDRESS));
    assert!(failed.is_permanent && failed.words.contains("wants a sign-in (530"), "{failed:?}");
    let strange = FakeSmtp { user: USER, offers: vec!["AUTH GSSAPI"], ..FakeSmtp::default() }.start();
    let failed = refused(&signing_in(&strange, PASSWORD, ""), LIMIT, &message(ADDRESS));
    assert!(failed.is_permanent && failed.words.contains("PLAIN or LOGIN"), "{failed:?}");
    assert!(!strange.verbs().contains(&"AUTH".to_owned()));
    for server in [wrong, none, strange] {
        assert!(server.seen().mails.is_empty() && !server.verbs().contains(&"DATA".to_owned()));
    }
}

#[test]
fn a_credential_that_cannot_be_read_connects_to_nothing() {
    let server = FakeSmtp { user: USER, ..FakeSmtp::default() }.start();
    let keys = signing_in(&server, PASSWORD, "");
    let file = server.password(PASSWORD);
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let failed = refused(&keys, LIMIT, &message(ADDRESS));
    assert!(failed.is_permanent && failed.words.contains("open to others"), "{failed:?}");
    assert!(failed.hint.contains("chmod 600"), "{failed:?}");
    std::fs::remove_file(file).unwrap();
    let failed = refused(&keys, LIMIT, &message(ADDRESS));
    assert!(failed.words.contains("is not there"), "{failed:?}");
    assert!(server.seen().commands.is_empty());
}

#[test]
fn an_address_that_is_none_connects_to_nothing() {
    let server = FakeSmtp::default().start();
    let long = format!("{}@example.com", "a".repeat(300));
    for address in [
        "ada@",
        "Ada <ada@example.com>",
        "ada@example.com (her)",
        "ada@example.com, eve@example.org",
        "ada@example.com\r\nRCPT TO:<eve@example.org>",
        "ada@example.com\nBcc: eve@example.org",
        "ada@example.com\0",
        "ada@example.com> SIZE=1",
        long.as_str(),
    ] {
        let failed = refused(&server.keys(""), LIMIT, &message(address));
        assert!(failed.is_permanent && !failed.may_be_sent, "{address}: {failed:?}");
    }
    assert!(server.seen().commands.is_empty());
    send(&server.keys(""), LIMIT, &message(ADDRESS)).unwrap(); // it is there, and takes a good one
}

#[test]
fn a_subject_with_line_breaks_begins_no_header() {
    let server = FakeSmtp::default().start();
    let mut message = message(ADDRESS);
    message.subject = "Your code\r\nBcc: eve@example.org\r\n\r\nAnother body".to_owned();
    send(&server.keys(""), LIMIT, &message).unwrap();
    let seen = server.seen();
    let (headers, _) = seen.mails[0].split_once("\r\n\r\n").unwrap();
    assert!(headers.contains("\r\nSubject: Your code Bcc: eve@example.org"), "{headers}");
    assert!(!headers.lines().any(|line| line.starts_with("Bcc")), "{headers}");
    assert_eq!(server.verbs().iter().filter(|verb| *verb == "RCPT").count(), 1);
}

#[test]
fn letters_beyond_ascii_need_a_server_that_takes_them() {
    let local = "josé@example.com";
    let without = FakeSmtp::default().start();
    let failed = refused(&without.keys(""), LIMIT, &message(local));
    assert!(failed.is_permanent && failed.words.contains("SMTPUTF8"), "{failed:?}");
    assert!(without.seen().mails.is_empty() && !without.verbs().contains(&"MAIL".to_owned()));
    send(&without.keys(""), LIMIT, &message("ada@münchen.example")).unwrap();
    assert!(without.seen().mails[0].contains("To: ada@xn--mnchen-3ya.example\r\n"));
    let with = FakeSmtp { offers: vec!["8BITMIME", "SMTPUTF8"], ..FakeSmtp::default() }.start();
    send(&with.keys(""), LIMIT, &message(local)).unwrap();
    let commands = with.seen().commands;
    assert!(commands.iter().any(|(_, text)| text == "MAIL FROM:<support@example.com> SMTPUTF8 BODY=8BITMIME"));
    assert!(commands.iter().any(|(_, text)| text == "RCPT TO:<josé@example.com>"), "{commands:?}");
}

#[test]
fn a_profile_with_a_mail_server_sends_to_no_telephone() {
    let server = FakeSmtp::default().start();
    let failed = refused(&server.keys(""), LIMIT, &message("+44 20 7946 0018"));
    assert!(failed.is_permanent && failed.hint.contains("[profiles.acme.senders.phone]"), "{failed:?}");
}
