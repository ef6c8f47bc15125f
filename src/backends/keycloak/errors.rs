//! Explanations of the admin API's error responses.

use std::time::Duration;

use reqwest::{StatusCode, Url};

use super::claims::TokenRoles;
use super::refusal::Refusal;
use crate::domain::{Error, Kind, Reason, Result, Right};
use crate::net::https::{Quoting, origin};

/// The beginning of Keycloak's answer while it boots (503, text/plain; 26.7).
const BOOTS: &str = "Bootstrap in progress";

/// What an error response is explained with.
pub(super) struct ErrorContext<'a> {
    /// `…/admin/realms/REALM`.
    pub(super) url: &'a Url,
    /// The realm's name.
    pub(super) realm: &'a str,
    /// The roles that the caller's token carries.
    pub(super) roles: &'a TokenRoles,
    pub(super) quoting: Quoting,
}

/// Returns the server's host name, for messages.
pub(super) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// Returns the role of `realm-management` that gives a right.
pub(super) const fn role(right: Right) -> &'static str {
    match right {
        Right::FindCustomers => "view-users",
        Right::Sweep => "view-users and manage-users",
        _ => "manage-users",
    }
}

/// Says that the server rejects every token of this session (exit 4).
pub(super) fn session_over() -> Error {
    Error::new(Kind::NotAllowed, Reason::SessionOver, "Your session is over: the server does not take its token (401).")
        .hint("Sign in again: `tellonce login`.")
}

/// Says that the server refused a change which it has no known reason to refuse (exit 8).
pub(super) fn unexpected_status(status: StatusCode) -> Error {
    Error::unavailable(format!("The server refused the change: it answered {status}."))
        .hint("The reason is in the server's log.")
}

/// Says that the profile does not fit the server (exit 2).
pub(super) fn misconfigured(message: String) -> Error {
    Error::new(Kind::Usage, Reason::Configuration, message).hint("Check url and realm: `tellonce profile show`.")
}

/// Says that the operation used up its time before this call could begin (exit 8).
pub(super) fn too_long(url: &Url, limit: Duration) -> Error {
    Error::unavailable(format!("{} took longer than {} s for this.", host(url), limit.as_secs()))
        .hint("Give it more time: `--timeout`.")
}

impl ErrorContext<'_> {
    /// Explains a 404. Returns `None` if only the requested object is missing.
    pub(super) fn not_found(&self, body: &[u8]) -> Option<Error> {
        match parse_refusal(body).map(|refusal| refusal.error.unwrap_or_default()) {
            Some(text) if text.starts_with("Realm") => {
                Some(misconfigured(format!("{} has no realm \"{}\".", host(self.url), self.realm)))
            }
            Some(_) => None,
            None => Some(self.proxy_answers(StatusCode::NOT_FOUND, body)),
        }
    }

    /// Explains a 403: the right is missing, or a proxy refuses.
    pub(super) fn forbidden(&self, right: Right, body: &[u8]) -> Error {
        if parse_refusal(body).is_none() {
            return self.proxy_answers(StatusCode::FORBIDDEN, body);
        }
        let role = role(right);
        let (explanation, first) = self.roles.explain_refusal(role);
        let message = format!(
            "You do not have the right to {} in realm {} (403): it takes {role}. {explanation}",
            right.describe(),
            self.realm
        );
        let ask = "Ask the realm's administrator; docs/backends/keycloak.md lists the rights that agents need.";
        let hint = first.map_or_else(|| ask.to_owned(), |first| format!("{first} {ask}"));
        Error::new(Kind::NotAllowed, Reason::MissingRight, message.trim_end()).hint(hint)
    }

    /// Checks that a 401 may be about the token.
    ///
    /// # Errors
    /// Exit 2: a proxy refuses, and not Keycloak.
    pub(super) fn unauthorized(&self, body: &[u8]) -> Result<()> {
        if body.is_empty() || parse_refusal(body).is_some() {
            return Ok(());
        }
        Err(self.proxy_answers(StatusCode::UNAUTHORIZED, body))
    }

    /// Explains a status that no caller expects.
    pub(super) fn unexpected(&self, status: StatusCode, location: Option<&str>, body: &[u8]) -> Error {
        unexpected(self.url, status, location, body, self.quoting)
    }

    fn proxy_answers(&self, status: StatusCode, body: &[u8]) -> Error {
        proxy_answers(self.url, status, body)
    }
}

/// Parses a refusal of Keycloak's. Returns `None` for a proxy's body: a page, nothing, or other JSON.
fn parse_refusal(body: &[u8]) -> Option<Refusal> {
    serde_json::from_slice(body).ok().filter(Refusal::is_keycloaks)
}

/// Says that a proxy answers in Keycloak's place (exit 2).
pub(super) fn proxy_answers(url: &Url, status: StatusCode, body: &[u8]) -> Error {
    let at = url.origin().ascii_serialization();
    let message = format!(
        "A proxy answers for /admin at this address: {at} gives {} with status {status}, and Keycloak does not.",
        describe_body(body)
    );
    Error::new(Kind::Usage, Reason::Configuration, message).hint(
        "Have it pass /admin/realms on to Keycloak for agents, or set url to an address that reaches Keycloak: `tellonce profile show`.",
    )
}

/// Describes a body without quoting it.
fn describe_body(body: &[u8]) -> &'static str {
    let text = body.trim_ascii_start();
    match text.first() {
        None => "an empty answer",
        Some(b'<') => "a page",
        Some(_) if serde_json::from_slice::<serde_json::Value>(text).is_ok() => "JSON of another kind",
        Some(_) => "a text",
    }
}

/// Explains a successful answer that is not the expected JSON.
pub(super) fn unreadable(url: &Url, body: &[u8]) -> Error {
    Error::unavailable(format!("{} answered something that cannot be read: {}.", host(url), describe_body(body)))
        .hint("Does a proxy answer in its place? `tellonce doctor` looks.")
}

/// Explains a status that no caller expects.
pub(super) fn unexpected(
    url: &Url,
    status: StatusCode,
    location: Option<&str>,
    body: &[u8],
    quoting: Quoting,
) -> Error {
    if status.is_redirection() {
        let to = origin(location.unwrap_or_default());
        return Error::new(
            Kind::Usage,
            Reason::Configuration,
            format!("{} sends tellonce on to {to}; it does not go there with an agent's token.", host(url)),
        )
        .hint("If that is the server's right address, set it in the profile: url.");
    }
    let boots = body.starts_with(BOOTS.as_bytes());
    let refusal = parse_refusal(body);
    if refusal.is_none() && status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
        return proxy_answers(url, status, body);
    }
    let detail = match refusal {
        _ if boots => ": it is starting".to_owned(),
        Some(refusal) if quoting == Quoting::Allowed => format!(": {}", refusal.description()),
        Some(_) => String::new(),
        None if body.trim_ascii().is_empty() => String::new(),
        None => format!(" with {}, as a proxy or gateway in front of it does", describe_body(body)),
    };
    Error::unavailable(format!("{} answered {status}{detail}.", host(url)))
}

/// Says that the user was removed since it was read (exit 8).
pub(super) fn user_gone<T>() -> Result<T> {
    Err(Error::unavailable("The user is gone: somebody removed it just now.").hint("Look again: `tellonce find`."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn with_context<T>(quoting: Quoting, work: impl FnOnce(ErrorContext<'_>) -> T) -> T {
        let url: Url = "https://id/admin/realms/x".parse().unwrap();
        work(ErrorContext { url: &url, realm: "x", roles: &TokenRoles::unknown(), quoting })
    }

    #[test]
    fn a_missing_realm_a_missing_user_and_a_proxy_are_distinguished() {
        let explain = |body: &[u8]| with_context(Quoting::Allowed, |context| context.not_found(body));
        assert!(explain(br#"{"error":"User not found"}"#).is_none());
        assert!(explain(br#"{"error":"Realm not found."}"#).unwrap().message.contains("no realm \"x\""));
        assert!(explain(b"<html>nginx</html>").unwrap().message.contains("A proxy answers for /admin"));
    }

    #[test]
    fn the_body_says_whether_keycloak_or_a_proxy_refuses() {
        let forbidden =
            |body: &[u8]| with_context(Quoting::Allowed, |context| context.forbidden(Right::FindCustomers, body));
        let keycloak = forbidden(br#"{"error":"HTTP 403 Forbidden"}"#);
        assert!(keycloak.reason == Reason::MissingRight && keycloak.message.contains("view-users"), "{keycloak}");
        for body in [&b"<html>403 Forbidden</html>"[..], b"", b"denied", br#"{"message":"Forbidden"}"#, b"[]"] {
            let proxy = forbidden(body);
            assert_eq!(proxy.reason, Reason::Configuration, "{proxy}");
            assert!(
                proxy.message.contains("A proxy answers for /admin")
                    && !proxy.message_with_hint().contains("view-users")
            );
            assert!(!proxy.message.contains("denied"), "nothing of it is quoted: {proxy}");
        }
        with_context(Quoting::Allowed, |context| {
            assert!(context.unauthorized(br#"{"error":"HTTP 401 Unauthorized"}"#).is_ok());
            assert_eq!(context.unauthorized(b"<html>401</html>").unwrap_err().reason, Reason::Configuration);
        });
    }

    #[test]
    fn after_a_secret_was_sent_no_answer_is_quoted() {
        let body = br#"{"error":"unknown_error","error_description":"s3cret"}"#;
        let message = |quoting| {
            with_context(quoting, |context| context.unexpected(StatusCode::INTERNAL_SERVER_ERROR, None, body)).message
        };
        assert!(message(Quoting::Allowed).contains("s3cret"));
        assert!(!message(Quoting::Forbidden).contains("s3cret"));
        let elsewhere = Some("https://elsewhere/?value=s3cret");
        let redirect = with_context(Quoting::Allowed, |context| context.unexpected(StatusCode::FOUND, elsewhere, b""));
        let message = redirect.message;
        assert!(message.contains("https://elsewhere;") && !message.contains("s3cret"), "{message}");
    }
}
