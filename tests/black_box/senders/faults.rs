//! A mail server that hangs, drops, refuses or talks too early, at each stage.

use super::fixture::{ADDRESS, CODE, LIMIT, PASSWORD, SHORT, message, refused, send};
use crate::support::fake_smtp::{Act, FakeSmtp, RunningSmtp, Stage};
use crate::support::for_each_concurrently;

const STAGES: [Stage; 10] = [
    Stage::Accept,
    Stage::Greeting,
    Stage::Hello,
    Stage::StartTls,
    Stage::Handshake,
    Stage::Auth,
    Stage::Mail,
    Stage::Rcpt,
    Stage::Data,
    Stage::Content,
];

/// A server that does this, and the keys of a sender that comes as far as that.
fn acting(stage: Stage, act: Act) -> (RunningSmtp, String) {
    let start_tls = stage == Stage::StartTls;
    let user = Some(("tellonce", PASSWORD));
    let server = FakeSmtp { start_tls, user, ..FakeSmtp::acting(stage, act) }.start();
    let file = server.password(PASSWORD);
    let tls = if start_tls { "tls = 'starttls'\n" } else { "" };
    let keys = server.keys(&format!("username = 'tellonce'\ncredential = {{ file = '{}' }}\n{tls}", file.display()));
    (server, keys)
}

#[test]
fn a_server_that_hangs_is_given_up_wherever_it_does() {
    for_each_concurrently(STAGES, |stage| {
        let (server, keys) = acting(stage, Act::Hang);
        let failed = refused(&keys, SHORT, &message(ADDRESS));
        assert!(failed.words.contains("did not answer in time"), "{stage:?}: {failed:?}");
        assert!(!failed.is_permanent, "{stage:?}: {failed:?}");
        assert_eq!(failed.may_be_sent, stage == Stage::Content, "{stage:?}: {failed:?}");
        assert_eq!(server.seen().mails.len(), usize::from(stage == Stage::Content), "{stage:?}");
    });
}

/// The kernel answers no more connections than the queue of the socket holds.
#[test]
fn a_server_that_takes_no_connection_is_given_up() {
    super::fixture::wait(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(connected) = tokio::time::timeout(SHORT / 3, tokio::net::TcpStream::connect(address)).await {
            queued.push(connected.unwrap());
        }
        let keys = format!("[profiles.acme.senders.email]\nsmtp = '{address}'\nfrom = 'support@example.com'\n");
        let sender = super::fixture::open(&keys, SHORT / 3);
        let failed = sender.send(&message(ADDRESS)).await.unwrap_err();
        assert!(failed.words.contains("cannot be reached: it did not answer in time"), "{failed:?}");
        assert!(!failed.is_permanent && !failed.may_be_sent, "{failed:?}");
    });
}

#[test]
fn a_server_that_drops_may_have_the_message_only_after_its_end() {
    for_each_concurrently(STAGES, |stage| {
        let (_server, keys) = acting(stage, Act::Drop);
        let failed = refused(&keys, LIMIT, &message(ADDRESS));
        assert!(failed.words.contains("closed the connection"), "{stage:?}: {failed:?}");
        assert!(!failed.is_permanent, "{stage:?}: {failed:?}");
        assert_eq!(failed.may_be_sent, stage == Stage::Content, "{stage:?}: {failed:?}");
    });
}

#[test]
fn a_refusal_passes_or_stays_as_its_code_says_and_the_servers_text_is_not_shown() {
    let stages = [
        Stage::Greeting,
        Stage::Hello,
        Stage::StartTls,
        Stage::Auth,
        Stage::Mail,
        Stage::Rcpt,
        Stage::Data,
        Stage::Content,
    ];
    let cases = stages.into_iter().flat_map(|stage| [(stage, 421), (stage, 451), (stage, 550), (stage, 554)]);
    for_each_concurrently(cases, |(stage, code)| {
        let said = format!("{code}-5.7.1 <{ADDRESS}> {CODE}\r\n{code} {PASSWORD}\r\n");
        let (server, keys) = acting(stage, Act::Say(said));
        let failed = refused(&keys, LIMIT, &message(ADDRESS));
        assert!(failed.words.contains(&format!("({code}: ")), "{stage:?}: {failed:?}");
        assert_eq!(failed.is_permanent, code >= 500, "{stage:?} {code}: {failed:?}");
        assert!(!failed.may_be_sent, "{stage:?} {code}: {failed:?}");
        assert!(failed.words.starts_with(&format!("127.0.0.1:{} ", server.port)), "{failed:?}");
    });
}

#[test]
fn an_answer_that_is_none_of_smtp_is_told() {
    for_each_concurrently([Stage::Greeting, Stage::Mail, Stage::Data, Stage::Content], |stage| {
        let (_server, keys) = acting(stage, Act::Say(format!("HTTP/1.1 400 {CODE}\r\n\r\n")));
        let failed = refused(&keys, LIMIT, &message(ADDRESS));
        assert!(failed.words.contains("not SMTP"), "{stage:?}: {failed:?}");
        assert_eq!(failed.may_be_sent, stage == Stage::Content, "{stage:?}: {failed:?}");
    });
    let (server, keys) = acting(Stage::Data, Act::Say("250 already\r\n".to_owned()));
    let failed = refused(&keys, LIMIT, &message(ADDRESS));
    assert!(failed.words.contains("not SMTP") && !failed.may_be_sent, "{failed:?}");
    assert!(server.seen().mails.is_empty());
}

#[test]
fn an_answer_without_an_end_is_given_up() {
    for start_tls in [false, true] {
        let endless = format!("250-{}\r\n", "x".repeat(100)).repeat(10_000);
        let server = FakeSmtp { start_tls, ..FakeSmtp::acting(Stage::Hello, Act::Say(endless)) }.start();
        let keys = server.keys(if start_tls { "tls = 'starttls'\n" } else { "" });
        let failed = refused(&keys, LIMIT, &message(ADDRESS));
        assert!(failed.words.contains("not SMTP"), "{failed:?}");
    }
}

#[test]
fn nothing_follows_where_starttls_is_not_offered_or_something_follows_it_in_clear() {
    for (stage, said, words, is_permanent) in [
        (Stage::Hello, "250-fake\r\n250 8BITMIME\r\n", "does not offer STARTTLS", true),
        (Stage::Hello, "250-fake\r\n250 XSTARTTLS\r\n", "does not offer STARTTLS", true),
        (Stage::StartTls, "454 not now\r\n", "refused STARTTLS (454", false),
        (Stage::StartTls, "220 go on\r\n250 injected\r\n", "sent text in clear", true),
    ] {
        let server = FakeSmtp { start_tls: true, ..FakeSmtp::acting(stage, Act::Say(said.to_owned())) }.start();
        let file = server.password(PASSWORD);
        let credential = format!("username = 'tellonce'\ncredential = {{ file = '{}' }}\n", file.display());
        let failed = refused(&server.keys(&format!("tls = 'starttls'\n{credential}")), LIMIT, &message(ADDRESS));
        assert!(failed.words.contains(words), "{failed:?}");
        assert_eq!(failed.is_permanent, is_permanent, "{failed:?}");
        let commands = server.seen().commands;
        assert!(commands.iter().all(|(_, text)| text.starts_with("EHLO") || text == "STARTTLS"), "{commands:?}");
    }
}

#[test]
fn the_wrong_kind_of_tls_is_told() {
    let (_server, keys) = acting(Stage::Accept, Act::Say("220 fake\r\n".to_owned()));
    let failed = refused(&keys, LIMIT, &message(ADDRESS));
    assert!(failed.is_permanent && failed.words.contains("did not agree on TLS"), "{failed:?}");
    assert!(failed.hint.contains("starttls"), "{failed:?}");
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let keys = format!("[profiles.acme.senders.email]\nsmtp = '{closed}'\nfrom = 'support@example.com'\n");
    let failed = refused(&keys, LIMIT, &message(ADDRESS));
    assert!(failed.words.contains("cannot be reached: ") && !failed.is_permanent, "{failed:?}");
}

#[test]
fn a_message_that_was_accepted_is_sent_whatever_follows() {
    for act in [Act::Drop, Act::Hang, Act::Say("550 no\r\n".to_owned()), Act::Say("nonsense".to_owned())] {
        let (server, keys) = acting(Stage::Quit, act);
        send(&keys, LIMIT, &message(ADDRESS)).unwrap();
        assert_eq!(server.seen().mails.len(), 1);
    }
}
