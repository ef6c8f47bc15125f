//! A service of the organisation as a sender.

use tellonce::domain::CheckState;

use super::fixture::{CODE, LIMIT, PASSWORD, SHORT, check, message, refused, send};
use super::http_service::{Answer, HttpService};
use crate::support::fake_smtp::write_secret;
use crate::support::for_each_concurrently;
use crate::support::test_certificates::{Authority, Validity};

const NUMBER: &str = "+44 20 7946 0018";

fn service(status: &str) -> HttpService {
    HttpService::start(None, Answer::Say(status.to_owned()))
}

fn keys(service: &HttpService) -> String {
    format!("[profiles.acme.senders.phone]\nwebhook = 'http://127.0.0.1:{}/send?key=hidden-key'\n", service.port)
}

#[test]
fn it_gets_the_message_with_the_token_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, token) = (folder.path().join("ca.pem"), folder.path().join("token"));
    let authority = Authority::new("tellonce test service CA");
    authority.write(&ca);
    write_secret(&token, PASSWORD);
    let tls = |name| Some(authority.server(name, Validity::Long));
    let service = HttpService::start(tls("localhost"), Answer::Say("202 Accepted".to_owned()));
    let more = format!("ca_cert = '{}'\ncredential = {{ file = '{}' }}\n", ca.display(), token.display());
    let at = |port| format!("[profiles.acme.senders.phone]\nwebhook = 'https://localhost:{port}/send'\n{more}");
    send(&at(service.port), LIMIT, &message(NUMBER)).unwrap();
    let call = service.calls().remove(0);
    assert!(call.head.starts_with("POST /send HTTP/1.1\r\n"), "{}", call.head);
    let head = call.head.to_ascii_lowercase();
    assert!(head.contains(&format!("authorization: bearer {PASSWORD}\r\n")), "{head}");
    assert!(head.contains("content-type: application/json\r\n"), "{head}");
    let given: serde_json::Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!((given["to"].as_str(), given["kind"].as_str()), (Some(NUMBER), Some("code")));
    assert!(given["text"].as_str().unwrap().contains(CODE));
    let other = HttpService::start(tls("another.example"), Answer::Say("200 OK".to_owned()));
    let failed = refused(&at(other.port), LIMIT, &message(NUMBER));
    assert!(failed.words.contains("cannot be trusted") && !failed.may_be_sent, "{failed:?}");
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    let failed = refused(&at(service.port), LIMIT, &message(NUMBER));
    assert!(failed.is_permanent && failed.hint.contains("chmod 600"), "{failed:?}");
    assert_eq!((service.calls().len(), other.calls().len()), (1, 0));
}

#[test]
fn its_status_decides_and_its_text_is_not_shown() {
    let cases = [
        ("400 Bad Request", true, false),
        ("401 Unauthorized", true, false),
        ("404 Not Found", true, false),
        ("408 Request Timeout", false, false),
        ("425 Too Early", false, false),
        ("429 Too Many Requests", false, false),
        ("500 Internal Server Error", false, true),
        ("502 Bad Gateway", false, true),
        ("503 Service Unavailable", false, true),
        ("503 Service Unavailable\r\nRetry-After: 5", false, false),
        ("504 Gateway Timeout", false, true),
        ("301 Moved Permanently\r\nLocation: /elsewhere", true, false),
        ("307 Temporary Redirect\r\nLocation: /elsewhere", true, false),
    ];
    for_each_concurrently(cases, |(status, is_permanent, may_be_sent)| {
        let service = service(&format!("{status}\r\nX-Quoted: {CODE}"));
        let failed = refused(&keys(&service), LIMIT, &message(NUMBER));
        assert_eq!((failed.is_permanent, failed.may_be_sent), (is_permanent, may_be_sent), "{status}: {failed:?}");
        assert!(failed.words.contains(&status[..3]) && !failed.words.contains("hidden-key"), "{failed:?}");
        assert_eq!(service.calls().len(), 1, "{status}: it is called once, and no redirect is followed");
    });
    for status in ["200 OK", "202 Accepted", "204 No Content"] {
        send(&keys(&service(status)), LIMIT, &message(NUMBER)).unwrap();
    }
}

#[test]
fn an_answer_that_is_lost_may_hide_a_message_that_was_sent() {
    for_each_concurrently([Answer::Drop, Answer::Hang], |answer| {
        let service = HttpService::start(None, answer);
        let failed = refused(&keys(&service), SHORT, &message(NUMBER));
        assert!(!failed.is_permanent && failed.may_be_sent, "{failed:?}");
        assert!(!failed.words.contains("hidden-key"), "{failed:?}");
        assert_eq!(service.calls().len(), 1);
    });
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("[profiles.acme.senders.phone]\nwebhook = 'http://{closed}/'\n");
    let failed = refused(&nobody, LIMIT, &message(NUMBER));
    assert!(!failed.is_permanent && !failed.may_be_sent && failed.words.contains("cannot be reached"), "{failed:?}");
}

#[test]
fn a_check_is_a_call_with_nobody_to_write_to() {
    let good = service("200 OK");
    let found = check(&keys(&good), LIMIT);
    assert_eq!((found.id.as_str(), found.state), ("sender phone", CheckState::Ok), "{}", found.words);
    assert!(found.words.ends_with("answered a check with 200; it was asked to send no message"), "{}", found.words);
    assert_eq!(good.calls()[0].body, "{\"schema\":\"tellonce.message/v1\",\"kind\":\"check\",\"channel\":\"phone\"}\n");
    let found = check(&keys(&service("401 Unauthorized")), LIMIT);
    assert_eq!(found.state, CheckState::Fault, "{}", found.words);
    assert!(found.words.contains("answered 401 (Unauthorized). Is the credential right?"), "{}", found.words);
}

#[test]
fn a_number_that_is_none_calls_nobody() {
    let service = service("200 OK");
    assert!(refused(&keys(&service), LIMIT, &message("12; DROP")).is_permanent);
    assert!(service.calls().is_empty());
}
