//! What went wrong at the token endpoint, in words of our own.
//!
//! Every request to it carries a secret, and an answer may repeat the request: of an answer only codes and descriptions
//! are told that are known beforehand.

use oauth2::basic::BasicErrorResponseType;
use oauth2::{ErrorResponse, RequestTokenError};
use reqwest::Url;

use super::transport::Failed;
use crate::domain::{Error, Kind, Reason, Result};
use crate::net::https::{Quoting, no_answer};

/// The error codes of RFC 6749 (sections 4.1.2.1 and 5.2), RFC 7009, RFC 8628 (section 3.5), RFC 9126, RFC 9449 and
/// `OpenID` Connect Core (section 3.1.2.6).
const CODES: [&str; 25] = [
    "access_denied",
    "account_selection_required",
    "authorization_pending",
    "consent_required",
    "expired_token",
    "interaction_required",
    "invalid_client",
    "invalid_dpop_proof",
    "invalid_grant",
    "invalid_request",
    "invalid_request_object",
    "invalid_request_uri",
    "invalid_scope",
    "invalid_target",
    "invalid_token",
    "login_required",
    "request_not_supported",
    "server_error",
    "slow_down",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
    "use_dpop_nonce",
];
/// What Keycloak says beside a code (26.0 to 26.7), word for word; nothing else of a description is told.
const DESCRIPTIONS: [&str; 32] = [
    "Account disabled",
    "Account is not fully set up",
    "Account temporarily disabled",
    "Client disabled",
    "Client is not allowed to initiate OAuth 2.0 Device Authorization Grant. The flow is disabled for the client.",
    "Client not allowed for direct access grants",
    "Client not enabled to retrieve service account",
    "Client not found",
    "Client session not active",
    "Code is expired",
    "Code not valid",
    "HTTPS required",
    "Incorrect redirect_uri",
    "Invalid client credentials",
    "Invalid client or Invalid client credentials",
    "Invalid refresh token",
    "Invalid user credentials",
    "Maximum allowed refresh token reuse exceeded",
    "Missing parameter: code_challenge_method",
    "Missing parameter: grant_type",
    "Offline session not active",
    "Offline user session not found",
    "PKCE code verifier not specified",
    "PKCE verification failed",
    "Public client not allowed to retrieve service account",
    "Realm not enabled",
    "Refresh token expired",
    "Session doesn't have required client",
    "Session not active",
    "Stale token",
    "Token is not active",
    "User disabled",
];
/// Stands for a code that is none of the above.
const UNKNOWN: &str = "an error that has no standard code";

/// An error that a server answered with: its code, and what it says beside it, as far as both are known.
pub(super) struct Refused {
    code: &'static str,
    words: &'static str,
}

/// Takes the server's refusal out of an error; everything else is a failure.
pub(super) fn refused<R: ErrorResponse + 'static>(
    error: RequestTokenError<Failed, R>,
    url: &Url,
    read: impl FnOnce(&R) -> Refused,
) -> Result<Refused> {
    let host = url.host_str().unwrap_or_default();
    match error {
        RequestTokenError::ServerResponse(answer) => Ok(read(&answer)),
        RequestTokenError::Request(Failed::NoAnswer(error)) => Err(no_answer(error, url, Quoting::Forbidden)),
        RequestTokenError::Request(Failed::Unavailable(status, pause)) => {
            let told = Error::unavailable(format!("{host} lets nobody sign in at this moment: it answers {status}."))
                .hint("Try again in a while. Nothing was changed.");
            Err(pause.into_iter().fold(told, Error::retry_after))
        }
        RequestTokenError::Request(told @ Failed::SentOn(_)) => {
            let what = format!("{host} is not where agents sign in: {told}.");
            Err(Error::new(Kind::Usage, Reason::Configuration, what)
                .hint("If that is the server's right address, set it in the profile: url."))
        }
        RequestTokenError::Request(other) => {
            Err(Error::unavailable(format!("{host}: {other}."))
                .hint("Is it the right address? `tellonce doctor` looks."))
        }
        RequestTokenError::Parse(..) => Err(not_one(host)),
        // A page in its place, an empty answer: what stands before the server may give it for a while.
        RequestTokenError::Other(_) => {
            Err(Error::unavailable(format!("{host} does not answer as a sign-in server does: there is no JSON in it."))
                .hint("Try again in a while; if it stays so, check the profile's url: `tellonce profile show`."))
        }
    }
}

/// Something answers there that is not what the profile says.
fn not_one(host: &str) -> Error {
    let what = format!("{host} does not answer as a sign-in server does; a proxy may answer in its place.");
    Error::new(Kind::Usage, Reason::Configuration, what)
        .hint("Check the profile's url and realm: `tellonce profile show`.")
}

/// The failure of a token request.
pub(super) fn to_error(
    error: RequestTokenError<Failed, oauth2::basic::BasicErrorResponse>,
    url: &Url,
    client_id: &str,
) -> Error {
    match refused(error, url, known) {
        Ok(refusal) => refusal.failure(client_id),
        Err(failure) => failure,
    }
}

/// The server's words where it does not take a name and password (`invalid_grant`); everything else is a failure.
pub(super) fn not_taken(
    error: RequestTokenError<Failed, oauth2::basic::BasicErrorResponse>,
    url: &Url,
    client_id: &str,
) -> Result<&'static str> {
    let refusal = refused(error, url, known)?;
    if refusal.code == "invalid_grant" { Ok(refusal.words) } else { Err(refusal.failure(client_id)) }
}

fn known(answer: &oauth2::basic::BasicErrorResponse) -> Refused {
    let code = match answer.error() {
        BasicErrorResponseType::Extension(code) => code,
        other => other.as_ref(),
    };
    Refused::of(code, answer.error_description().map(String::as_str))
}

/// The description of a refusal, if it is one that Keycloak gives.
pub fn known_description(words: &str) -> Option<&'static str> {
    DESCRIPTIONS.into_iter().find(|known| *known == words)
}

impl Refused {
    /// What is known of an error code and of the server's words for it.
    pub(super) fn of(code: &str, words: Option<&str>) -> Self {
        let code = CODES.into_iter().find(|known| *known == code).unwrap_or(UNKNOWN);
        Self { words: words.and_then(known_description).unwrap_or(code), code }
    }

    /// The failure it means.
    pub(super) fn failure(&self, client_id: &str) -> Error {
        let Self { code, words } = self;
        let not_allowed = |reason, message: String| Error::new(Kind::NotAllowed, reason, message);
        match *code {
            "invalid_grant" => not_allowed(Reason::SessionOver, format!("Your session is over ({words})."))
                .hint("Sign in again: `tellonce login`."),
            "invalid_client" => not_allowed(
                Reason::SignInRefused,
                format!("The server does not take the client \"{client_id}\": {words}."),
            )
            .hint("Check client_id and credential in the profile, and the client at the server."),
            "unauthorized_client" => not_allowed(
                Reason::SignInRefused,
                format!("The client \"{client_id}\" may not sign in like this, or its secret is wrong: {words}."),
            )
            .hint("Switch it on at the server, or sign in another way: `tellonce login --web`, `--device`."),
            "access_denied" => not_allowed(Reason::SignInRefused, "The sign-in was refused in the browser.".to_owned()),
            "expired_token" => {
                not_allowed(Reason::SignInRefused, "The code ran out before anybody signed in with it.".to_owned())
                    .hint("Begin again: `tellonce login`.")
            }
            UNKNOWN => not_allowed(Reason::SignInRefused, format!("The server refused the sign-in with {UNKNOWN}."))
                .hint("The server's own log says more."),
            code => {
                let more = if *words == code { String::new() } else { format!(", {words}") };
                not_allowed(Reason::SignInRefused, format!("The server refused the sign-in: {code}{more}."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_beforehand_is_told() {
        for (code, words, expected) in [
            ("invalid_grant", Some("Session not active"), "Session not active"),
            ("invalid_grant", Some("Session not active s3cret"), "(invalid_grant)"),
            ("invalid_client", None, "invalid_client"),
            ("client_secret=s3cret", Some("s3cret"), UNKNOWN),
        ] {
            let told = Refused::of(code, words).failure("robot").told();
            assert!(told.contains(expected) && !told.contains("s3cret"), "{told}");
        }
        assert!(CODES.is_sorted() && DESCRIPTIONS.is_sorted());
    }
}
