//! Answers that are no success, in words.

use std::time::Duration;

use reqwest::{StatusCode, Url};

use super::claims::TokenRoles;
use super::refusal::Refusal;
use crate::domain::{Error, Kind, Reason, Result, Right};
use crate::net::https::{Quoting, origin};

/// How Keycloak's answer begins while it boots (503, text/plain; 26.7).
const BOOTS: &str = "Bootstrap in progress";

/// What an answer is told by: where it came from, as whom it was asked, and whether it may be quoted.
pub(super) struct Told<'a> {
    /// `…/admin/realms/REALM`.
    pub(super) url: &'a Url,
    /// The realm's name.
    pub(super) realm: &'a str,
    pub(super) roles: &'a TokenRoles,
    pub(super) quoting: Quoting,
}

/// The server, as people call it.
pub(super) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// The role of `realm-management` that gives a right.
pub(super) const fn role(right: Right) -> &'static str {
    match right {
        Right::FindCustomers => "view-users",
        Right::Sweep => "view-users and manage-users",
        _ => "manage-users",
    }
}

/// The server takes no token of this session any more.
pub(super) fn session_over() -> Error {
    Error::new(Kind::NotAllowed, Reason::SessionOver, "Your session is over: the server does not take its token (401).")
        .hint("Sign in again: `tellonce login`.")
}

/// The profile does not fit what is there: exit 2.
pub(super) fn misconfigured(what: String) -> Error {
    Error::new(Kind::Usage, Reason::Configuration, what).hint("Check url and realm: `tellonce profile show`.")
}

/// The operation took all its time before this call could begin.
pub(super) fn too_long(url: &Url, limit: Duration) -> Error {
    Error::unavailable(format!("{} took longer than {} s for this.", host(url), limit.as_secs()))
        .hint("Give it more time: `--timeout`.")
}

impl Told<'_> {
    /// What a 404 says: none where only the thing asked for is missing.
    pub(super) fn not_found(&self, body: &[u8]) -> Option<Error> {
        match keycloaks(body).map(|refusal| refusal.error.unwrap_or_default()) {
            Some(words) if words.starts_with("Realm") => {
                Some(misconfigured(format!("{} has no realm \"{}\".", host(self.url), self.realm)))
            }
            Some(_) => None,
            None => Some(self.a_proxy_answers(StatusCode::NOT_FOUND, body)),
        }
    }

    /// What a 403 says: a right is missing, if it is Keycloak that refuses.
    pub(super) fn forbidden(&self, right: Right, body: &[u8]) -> Error {
        if keycloaks(body).is_none() {
            return self.a_proxy_answers(StatusCode::FORBIDDEN, body);
        }
        let role = role(right);
        let (more, first) = self.roles.why_missing(role);
        let message = format!(
            "You do not have the right to {} in realm {} (403): it takes {role}. {more}",
            right.words(),
            self.realm
        );
        let ask = "Ask the realm's administrator; docs/backends/keycloak.md lists the rights that agents need.";
        let hint = first.map_or_else(|| ask.to_owned(), |first| format!("{first} {ask}"));
        Error::new(Kind::NotAllowed, Reason::MissingRight, message.trim_end()).hint(hint)
    }

    /// Whether a 401 may be about the token.
    ///
    /// # Errors
    /// Exit 2: it is not Keycloak that refuses.
    pub(super) fn unauthorized(&self, body: &[u8]) -> Result<()> {
        if body.is_empty() || keycloaks(body).is_some() {
            return Ok(());
        }
        Err(self.a_proxy_answers(StatusCode::UNAUTHORIZED, body))
    }

    /// A status that nothing else explains.
    pub(super) fn unexpected(&self, status: StatusCode, location: Option<&str>, body: &[u8]) -> Error {
        unexpected(self.url, status, location, body, self.quoting)
    }

    fn a_proxy_answers(&self, status: StatusCode, body: &[u8]) -> Error {
        a_proxy_answers(self.url, status, body)
    }
}

/// The refusal, if its body is one of Keycloak's; what stands between answers a page, nothing, or JSON of its own.
fn keycloaks(body: &[u8]) -> Option<Refusal> {
    serde_json::from_slice(body).ok().filter(Refusal::is_keycloaks)
}

/// It is not Keycloak that refuses.
pub(super) fn a_proxy_answers(url: &Url, status: StatusCode, body: &[u8]) -> Error {
    let at = url.origin().ascii_serialization();
    let what = format!(
        "A proxy answers for /admin at this address: {at} gives {} with status {status}, and Keycloak does not.",
        shape(body)
    );
    Error::new(Kind::Usage, Reason::Configuration, what).hint(
        "Have it pass /admin/realms on to Keycloak for agents, or set url to an address that reaches Keycloak: `tellonce profile show`.",
    )
}

/// What a body is, without its text.
fn shape(body: &[u8]) -> &'static str {
    let text = body.trim_ascii_start();
    match text.first() {
        None => "an empty answer",
        Some(b'<') => "a page",
        Some(_) if serde_json::from_slice::<serde_json::Value>(text).is_ok() => "JSON of another kind",
        Some(_) => "a text",
    }
}

/// An answer that is not JSON of the kind that it should be.
pub(super) fn unreadable(url: &Url, body: &[u8]) -> Error {
    Error::unavailable(format!("{} answered something that cannot be read: {}.", host(url), shape(body)))
        .hint("Does a proxy answer in its place? `tellonce doctor` looks.")
}

/// A status that nothing else explains.
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
    let refusal = keycloaks(body);
    if refusal.is_none() && status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
        return a_proxy_answers(url, status, body);
    }
    let words = match refusal {
        _ if boots => ": it is starting".to_owned(),
        Some(refusal) if quoting == Quoting::Allowed => format!(": {}", refusal.description()),
        Some(_) => String::new(),
        None if body.trim_ascii().is_empty() => String::new(),
        None => format!(" with {}, as a proxy or gateway in front of it does", shape(body)),
    };
    Error::unavailable(format!("{} answered {status}{words}.", host(url)))
}

/// The one user that is meant, gone since it was looked at.
pub(super) fn gone<T>() -> Result<T> {
    Err(Error::unavailable("The user is gone: somebody removed it just now."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn with<T>(quoting: Quoting, work: impl FnOnce(Told<'_>) -> T) -> T {
        let url: Url = "https://id/admin/realms/x".parse().unwrap();
        work(Told { url: &url, realm: "x", roles: &TokenRoles::unknown(), quoting })
    }

    #[test]
    fn a_missing_realm_is_told_from_a_missing_user_and_from_no_keycloak() {
        let told = |body: &[u8]| with(Quoting::Allowed, |told| told.not_found(body));
        assert!(told(br#"{"error":"User not found"}"#).is_none());
        assert!(told(br#"{"error":"Realm not found."}"#).unwrap().message.contains("no realm \"x\""));
        assert!(told(b"<html>nginx</html>").unwrap().message.contains("A proxy answers for /admin"));
    }

    #[test]
    fn who_refuses_is_told_by_the_body() {
        let forbidden = |body: &[u8]| with(Quoting::Allowed, |told| told.forbidden(Right::FindCustomers, body));
        let keycloak = forbidden(br#"{"error":"HTTP 403 Forbidden"}"#);
        assert!(keycloak.reason == Reason::MissingRight && keycloak.message.contains("view-users"), "{keycloak}");
        for body in [&b"<html>403 Forbidden</html>"[..], b"", b"denied", br#"{"message":"Forbidden"}"#, b"[]"] {
            let proxy = forbidden(body);
            assert_eq!(proxy.reason, Reason::Configuration, "{proxy}");
            assert!(proxy.message.contains("A proxy answers for /admin") && !proxy.told().contains("view-users"));
            assert!(!proxy.message.contains("denied"), "nothing of it is quoted: {proxy}");
        }
        with(Quoting::Allowed, |told| {
            assert!(told.unauthorized(br#"{"error":"HTTP 401 Unauthorized"}"#).is_ok());
            assert_eq!(told.unauthorized(b"<html>401</html>").unwrap_err().reason, Reason::Configuration);
        });
    }

    #[test]
    fn after_a_secret_was_sent_no_answer_is_quoted() {
        let body = br#"{"error":"unknown_error","error_description":"s3cret"}"#;
        let told =
            |quoting| with(quoting, |told| told.unexpected(StatusCode::INTERNAL_SERVER_ERROR, None, body)).message;
        assert!(told(Quoting::Allowed).contains("s3cret"));
        assert!(!told(Quoting::Forbidden).contains("s3cret"));
        let elsewhere = Some("https://elsewhere/?value=s3cret");
        let told = with(Quoting::Allowed, |told| told.unexpected(StatusCode::FOUND, elsewhere, b"")).message;
        assert!(told.contains("https://elsewhere;") && !told.contains("s3cret"), "{told}");
    }
}
