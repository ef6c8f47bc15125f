//! Checks every request before a page sees it, and adds the security headers to every answer.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::pages::message_page;

/// How long one request may take, from its head to its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Headers of every answer. The policy begins with "nothing", and adds only what the pages use.
const HEADERS: [(HeaderName, &str); 8] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // With "no-referrer" a browser sends "Origin: null" with its own forms (Fetch standard, section 3.2).
    (REFERRER_POLICY, "same-origin"),
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// Refuses a request for another host or from another site, and one that takes too long. Adds the headers.
pub(super) async fn check(State(port): State<u16>, request: Request, next: Next) -> Response {
    let mut response = if !is_for_us(&request, port) {
        message_page(StatusCode::MISDIRECTED_REQUEST, "Wrong address", "Open the address that the terminal shows.")
    } else if !is_from_us(request.method(), request.headers(), port) {
        message_page(StatusCode::FORBIDDEN, "Not from here", "That form was sent by another site. Nothing was changed.")
    } else {
        match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => message_page(
                StatusCode::SERVICE_UNAVAILABLE,
                "That took too long",
                "The practice directory did not answer in time. Try again.",
            ),
        }
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether the request names this machine and port as its host. A page of another name that was made to resolve to this
/// machine (DNS rebinding) names that other host.
fn is_for_us(request: &Request, port: u16) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let target = request.uri().authority().map(axum::http::uri::Authority::as_str);
    host.to_str().is_ok_and(|host| is_our_name(host, port)) && target.is_none_or(|name| is_our_name(name, port))
}

fn is_our_name(host: &str, port: u16) -> bool {
    ["127.0.0.1", "localhost"].iter().any(|name| {
        let rest = host.get(..name.len()).filter(|head| head.eq_ignore_ascii_case(name)).map(|_| &host[name.len()..]);
        rest.is_some_and(|rest| rest == format!(":{port}") || (port == 80 && rest.is_empty()))
    })
}

/// Whether a request that may change something comes from a page of this app. Browsers send `Origin` with every POST
/// (Fetch standard, section 3.2); `Sec-Fetch-Site` says the same where it is sent.
fn is_from_us(method: &Method, headers: &HeaderMap, port: u16) -> bool {
    if method == Method::GET || method == Method::HEAD {
        return true;
    }
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let origin = text(ORIGIN).is_some_and(|origin| {
        origin.strip_prefix("http://").is_some_and(|host| is_our_name(host, port) && Some(host) == text(HOST))
    });
    let site = text(HeaderName::from_static("sec-fetch-site")).is_none_or(|site| site == "same-origin");
    origin && site
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_port_are_our_name() {
        for ours in ["127.0.0.1:8321", "localhost:8321", "LOCALHOST:8321"] {
            assert!(is_our_name(ours, 8321), "{ours}");
        }
        for other in [
            "127.0.0.1",
            "localhost",
            "127.0.0.1:8322",
            "evil.example:8321",
            "localhost.evil.example:8321",
            "",
            "127.0.0.1:8321.",
            "127.0.0.1:8321@evil.example",
        ] {
            assert!(!is_our_name(other, 8321), "{other}");
        }
        assert!(is_our_name("localhost", 80) && is_our_name("localhost:80", 80));
    }
}
