//! Requests from elsewhere, and requests that make no sense: each gets a page in plain words, and changes nothing.

use std::io::Write;

use crate::support::TestEnvironment;
use crate::support::practice_app::{PracticeApp, form_token};

const HEADERS: [&str; 7] = [
    "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options: nosniff",
    "x-frame-options: DENY",
    "referrer-policy: same-origin",
    "cache-control: no-store",
    "cross-origin-opener-policy: same-origin",
    "cross-origin-resource-policy: same-origin",
];

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("nothing")
}

#[test]
fn every_answer_has_the_security_headers_and_no_page_an_outside_resource() {
    let env = TestEnvironment::new();
    let app = PracticeApp::start(&env, &[]);
    let host = format!("Host: 127.0.0.1:{}\r\nConnection: close\r\n", app.port());
    for (path, expected) in [
        ("/", "200"),
        ("/forgot-password", "200"),
        ("/inbox", "200"),
        ("/reset?token=x", "200"),
        ("/app.js", "200"),
        ("/style.css", "200"),
        ("/session", "401"),
        ("/nothing", "404"),
        ("/sign-in", "405"),
        ("/choose-password", "303"),
        ("/../../etc/passwd", "404"),
        ("/%00%ff", "404"),
    ] {
        let answer = app.exchange(&format!("GET {path} HTTP/1.1\r\n{host}\r\n"));
        assert_eq!(status(&answer), expected, "{path}: {answer}");
        for header in HEADERS {
            assert!(answer.contains(&format!("{header}\r\n")), "{path} lacks {header}: {answer}");
        }
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        assert!(
            !body.contains("http://")
                && !body.contains("https://")
                && !body.contains("style=")
                && !body.contains("onclick"),
            "{path}: {body}"
        );
    }
    let answer = app.exchange(&format!("GET / HTTP/1.1\r\n{host}\r\n"));
    let cookie = answer.lines().find(|line| line.starts_with("set-cookie: ")).expect("a cookie");
    assert!(cookie.starts_with(&format!("set-cookie: tellonce_practice_{}=", app.port())), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
}

#[test]
fn a_request_for_another_host_is_refused() {
    let env = TestEnvironment::new();
    let app = PracticeApp::start(&env, &[]);
    let port = app.port();
    for host in [
        format!("Host: evil.example:{port}\r\n"),
        "Host: evil.example\r\n".to_owned(),
        "Host: 127.0.0.1\r\n".to_owned(),
        format!("Host: 127.0.0.1:{port}.evil.example\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"),
        String::new(),
    ] {
        let answer = app.exchange(&format!("GET / HTTP/1.1\r\n{host}Connection: close\r\n\r\n"));
        assert!(["421", "400"].contains(&status(&answer)), "{host}: {answer}");
        assert!(!answer.contains("form_token"), "{host}: {answer}");
    }
    let absolute = format!("GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&app.exchange(&absolute)), "421");
    let named = app.exchange(&format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"));
    assert_eq!(status(&named), "200", "by its name, as a forwarded port is opened");
}

#[test]
fn a_form_from_another_site_or_another_browser_changes_nothing() {
    let env = TestEnvironment::signed_in("sam");
    let app = PracticeApp::start(&env, &[]);
    let temporary = env.issue("ada@example.com");
    let browser = app.browser();
    let token = form_token(&browser.open("/").text).unwrap().to_owned();
    let foreign = form_token(&app.browser().open("/").text).unwrap().to_owned();
    let (cookie, port) = (browser.cookie(), app.port());
    let send = |headers: &str, token: &str, cookie: &str| {
        let body = format!("form_token={token}&name=ada%40example.com&password={temporary}");
        app.exchange(&format!(
            "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{headers}{cookie}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    };
    let (ours, cookie) = (format!("Origin: http://127.0.0.1:{port}\r\n"), format!("Cookie: {cookie}\r\n"));
    for (headers, token, cookie) in [
        (String::new(), &token, cookie.as_str()),
        ("Origin: null\r\n".to_owned(), &token, &cookie),
        ("Origin: http://evil.example\r\n".to_owned(), &token, &cookie),
        (format!("Origin: http://localhost:{port}\r\n"), &token, &cookie),
        (format!("Origin: https://127.0.0.1:{port}\r\n"), &token, &cookie),
        (format!("{ours}Sec-Fetch-Site: cross-site\r\n"), &token, &cookie),
        (format!("{ours}Sec-Fetch-Site: same-site\r\n"), &token, &cookie),
        (ours.clone(), &foreign, &cookie),
        (ours.clone(), &String::new(), &cookie),
        (ours.clone(), &"é".repeat(32), &cookie),
        (ours.clone(), &token, ""),
        (ours.clone(), &token, "Cookie: tellonce_practice_1=x; ===; \u{1}\r\n"),
    ] {
        let answer = send(&headers, token, cookie);
        assert!(["403", "400"].contains(&status(&answer)), "{headers}{token}{cookie}: {answer}");
        assert!(!answer.contains("set-cookie"), "{answer}");
    }
    assert_eq!(status(&send(&ours, &token, &cookie)), "303", "the control: the same form from its own page");
}

#[test]
fn what_makes_no_sense_gets_a_page_and_holds_nobody_up() {
    let env = TestEnvironment::new();
    let app = PracticeApp::start(&env, &[]);
    let host = format!("Host: 127.0.0.1:{}\r\nConnection: close\r\nOrigin: {}\r\n", app.port(), app.origin());
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    for (request, expected) in [
        (format!("POST /sign-in HTTP/1.1\r\n{host}{form}Content-Length: 5\r\n\r\na=%ff"), "400"),
        (format!("POST /sign-in HTTP/1.1\r\n{host}Content-Type: text/plain\r\nContent-Length: 3\r\n\r\na=b"), "400"),
        (
            format!("POST /sign-in HTTP/1.1\r\n{host}{form}Content-Length: 10485760\r\n\r\n{}", "x".repeat(100_000)),
            "413",
        ),
        (format!("TRACE / HTTP/1.1\r\n{host}\r\n"), "405"),
        (format!("DELETE /inbox HTTP/1.1\r\n{host}\r\n"), "405"),
        (format!("BREW / HTTP/1.1\r\n{host}\r\n"), "405"),
        (format!("GET / HTTP/1.1\r\n{host}X: {}\r\n\r\n", "x".repeat(64 * 1024)), "431"),
        ("\r\n\r\nnonsense\r\n\r\n".to_owned(), "400"),
    ] {
        let answer = app.exchange(&request);
        assert_eq!(status(&answer), expected, "{}: {answer}", &request[..40.min(request.len())]);
    }
    let idle: Vec<_> = (0..300).map(|_| app.connect()).collect();
    let slow: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = app.connect();
            stream.write_all(b"GET / HTT").unwrap();
            stream
        })
        .collect();
    assert_eq!(app.browser().open("/").status, 200, "beside {} connections", idle.len() + slow.len());
}
