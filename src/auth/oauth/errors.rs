//! The errors of the token endpoint.
//!
//! Every request to it carries a secret, and an answer may repeat the request. An error therefore quotes only codes and
//! descriptions that are listed here.

use oauth2::basic::BasicErrorResponseType;
use oauth2::{ErrorResponse, RequestTokenError};
use reqwest::Url;

use super::transport::TransportError;
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
/// Keycloak's error descriptions (26.0 to 26.7), word for word. No other description is quoted.
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
/// Stands for a code that is not in [`CODES`].
const UNKNOWN: &str = "an error that has no standard code";

/// A token error response: its code and its description, as far as both are known.
pub(super) struct Refusal {
    code: &'static str,
    /// The code again if the description is not known.
    description: &'static str,
}

/// Takes the server's refusal out of an error of the OAuth library. Any other error is returned as ours.
pub(super) fn into_refusal<R: ErrorResponse + 'static>(
    error: RequestTokenError<TransportError, R>,
    url: &Url,
    read: impl FnOnce(&R) -> Refusal,
) -> Result<Refusal> {
    let host = url.host_str().unwrap_or_default();
    match error {
        RequestTokenError::ServerResponse(answer) => Ok(read(&answer)),
        RequestTokenError::Request(TransportError::NoAnswer(error)) => Err(no_answer(error, url, Quoting::Forbidden)),
        RequestTokenError::Request(TransportError::Unavailable(status, retry_after)) => {
            let error = Error::unavailable(format!("{host} lets nobody sign in at this moment: it answers {status}."))
                .hint("Try again in a while. Nothing was changed.");
            Err(retry_after.into_iter().fold(error, Error::retry_after))
        }
        RequestTokenError::Request(redirect @ TransportError::Redirected(_)) => {
            let message = format!("{host} is not where agents sign in: {redirect}.");
            Err(Error::new(Kind::Usage, Reason::Configuration, message)
                .hint("If that is the server's right address, set it in the profile: url."))
        }
        RequestTokenError::Request(other) => {
            Err(Error::unavailable(format!("{host}: {other}."))
                .hint("Is it the right address? `tellonce doctor` looks."))
        }
        RequestTokenError::Parse(..) => Err(no_sign_in_server(host)),
        // A page or an empty answer may come from a proxy in front of the server, for a while.
        RequestTokenError::Other(_) => {
            Err(Error::unavailable(format!("{host} does not answer as a sign-in server does: there is no JSON in it."))
                .hint("Try again in a while; if it stays so, check the profile's url: `tellonce profile show`."))
        }
    }
}

/// Explains an answer that no OAuth server gives: the profile's address is wrong, or a proxy answers.
fn no_sign_in_server(host: &str) -> Error {
    let message = format!("{host} does not answer as a sign-in server does; a proxy may answer in its place.");
    Error::new(Kind::Usage, Reason::Configuration, message)
        .hint("Check the profile's url and realm: `tellonce profile show`.")
}

/// Explains the error of a token request.
pub(super) fn to_error(
    error: RequestTokenError<TransportError, oauth2::basic::BasicErrorResponse>,
    url: &Url,
    client_id: &str,
) -> Error {
    match into_refusal(error, url, known) {
        Ok(refusal) => refusal.to_error(client_id),
        Err(error) => error,
    }
}

/// Returns the server's description if it rejects a name and password (`invalid_grant`). Everything else is an error.
pub(super) fn password_refusal(
    error: RequestTokenError<TransportError, oauth2::basic::BasicErrorResponse>,
    url: &Url,
    client_id: &str,
) -> Result<&'static str> {
    let refusal = into_refusal(error, url, known)?;
    if refusal.code == "invalid_grant" { Ok(refusal.description) } else { Err(refusal.to_error(client_id)) }
}

fn known(answer: &oauth2::basic::BasicErrorResponse) -> Refusal {
    let code = match answer.error() {
        BasicErrorResponseType::Extension(code) => code,
        other => other.as_ref(),
    };
    Refusal::from_response(code, answer.error_description().map(String::as_str))
}

/// Returns an error description if it is one of Keycloak's.
pub(crate) fn known_description(description: &str) -> Option<&'static str> {
    DESCRIPTIONS.into_iter().find(|known| *known == description)
}

impl Refusal {
    /// Keeps an error code and its description as far as they are known.
    pub(super) fn from_response(code: &str, description: Option<&str>) -> Self {
        let code = CODES.into_iter().find(|known| *known == code).unwrap_or(UNKNOWN);
        Self { description: description.and_then(known_description).unwrap_or(code), code }
    }

    /// Explains the refusal.
    pub(super) fn to_error(&self, client_id: &str) -> Error {
        let Self { code, description } = self;
        let not_allowed = |reason, message: String| Error::new(Kind::NotAllowed, reason, message);
        match *code {
            "invalid_grant" => not_allowed(Reason::SessionOver, format!("Your session is over ({description})."))
                .hint("Sign in again: `tellonce login`."),
            "invalid_client" => not_allowed(
                Reason::SignInRefused,
                format!("The server rejects the client \"{client_id}\": {description}."),
            )
            .hint("Check client_id and credential in the profile, and the client at the server."),
            "unauthorized_client" => not_allowed(
                Reason::SignInRefused,
                format!("The client \"{client_id}\" may not sign in like this, or its secret is wrong: {description}."),
            )
            .hint("Switch it on at the server, or sign in another way: `tellonce login --web`, `--device`."),
            "access_denied" => not_allowed(Reason::SignInRefused, "The sign-in was refused in the browser.".to_owned()),
            "expired_token" => {
                not_allowed(Reason::SignInRefused, "The code expired before anybody signed in with it.".to_owned())
                    .hint("Begin again: `tellonce login`.")
            }
            UNKNOWN => not_allowed(Reason::SignInRefused, format!("The server refused the sign-in with {UNKNOWN}."))
                .hint("The server's own log says more."),
            code => {
                let more = if *description == code { String::new() } else { format!(", {description}") };
                not_allowed(Reason::SignInRefused, format!("The server refused the sign-in: {code}{more}."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_codes_and_descriptions_are_quoted() {
        for (code, description, expected) in [
            ("invalid_grant", Some("Session not active"), "Session not active"),
            ("invalid_grant", Some("Session not active s3cret"), "(invalid_grant)"),
            ("invalid_client", None, "invalid_client"),
            ("client_secret=s3cret", Some("s3cret"), UNKNOWN),
        ] {
            let shown = Refusal::from_response(code, description).to_error("robot").message_with_hint();
            assert!(shown.contains(expected) && !shown.contains("s3cret"), "{shown}");
        }
        assert!(CODES.is_sorted() && DESCRIPTIONS.is_sorted());
    }
}
