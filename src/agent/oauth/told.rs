//! What went wrong at the token endpoint, in words.

use oauth2::basic::BasicErrorResponseType;
use oauth2::{ErrorResponse, RequestTokenError};
use reqwest::Url;

use super::transport::Failed;
use crate::agent::https::no_answer;
use crate::domain::{Answer, Failure, Kind, Reason};

/// An error that a server answered with: its code (RFC 6749 section 5.2) and its own words.
pub(super) struct Refused {
    code: String,
    words: String,
}

/// Takes the server's refusal out of an error; everything else is a failure.
pub(super) fn refused<R: ErrorResponse + 'static>(
    error: RequestTokenError<Failed, R>,
    url: &Url,
    read: impl FnOnce(&R) -> (String, Option<String>),
) -> Answer<Refused> {
    let host = url.host_str().unwrap_or_default();
    match error {
        RequestTokenError::ServerResponse(answer) => {
            let (code, words) = read(&answer);
            Ok(Refused::new(code, words))
        }
        RequestTokenError::Request(Failed::NoAnswer(error)) => Err(no_answer(error, url)),
        RequestTokenError::Request(Failed::Unavailable(status, pause)) => {
            let told = Failure::unavailable(format!("{host} lets nobody sign in at this moment: it answers {status}."))
                .hint("Try again in a while. Nothing was changed.");
            Err(pause.into_iter().fold(told, Failure::retry_after))
        }
        RequestTokenError::Request(told @ Failed::SentOn(_)) => {
            let what = format!("{host} is not where agents sign in: {told}.");
            Err(Failure::new(Kind::Usage, Reason::Configuration, what)
                .hint("If that is the server's right address, set it in the profile: url."))
        }
        RequestTokenError::Request(other) => {
            Err(Failure::unavailable(format!("{host}: {other}."))
                .hint("Is it the right address? `tellonce doctor` looks."))
        }
        RequestTokenError::Parse(_, body) => Err(not_one(url, &body)),
        // A page in its place, an empty answer: what stands before the server may give it for a while.
        RequestTokenError::Other(words) => {
            Err(Failure::unavailable(format!("{host} does not answer as a sign-in server does: {words}."))
                .hint("Try again in a while; if it stays so, check the profile's url: `tellonce profile show`."))
        }
    }
}

/// Something answers there that is not what the profile says: told with how it begins.
fn not_one(url: &Url, body: &[u8]) -> Failure {
    let begins: String = String::from_utf8_lossy(body).chars().take(60).collect();
    Failure::new(
        Kind::Usage,
        Reason::Configuration,
        format!("{url} does not answer as a sign-in server does; its answer begins with \"{}\".", begins.trim()),
    )
    .hint("Check the profile's url and realm: `tellonce profile show`.")
}

/// The failure of a token request.
pub(super) fn told(
    error: RequestTokenError<Failed, oauth2::basic::BasicErrorResponse>,
    url: &Url,
    client_id: &str,
) -> Failure {
    match refused(error, url, code_and_words) {
        Ok(refusal) => refusal.failure(client_id),
        Err(failure) => failure,
    }
}

/// The server's words where it does not take a name and password (`invalid_grant`); everything else is a failure.
pub(super) fn not_taken(
    error: RequestTokenError<Failed, oauth2::basic::BasicErrorResponse>,
    url: &Url,
    client_id: &str,
) -> Answer<String> {
    let refusal = refused(error, url, code_and_words)?;
    if refusal.code == "invalid_grant" { Ok(refusal.words) } else { Err(refusal.failure(client_id)) }
}

fn code_and_words(answer: &oauth2::basic::BasicErrorResponse) -> (String, Option<String>) {
    let code = match answer.error() {
        BasicErrorResponseType::Extension(code) => code.clone(),
        other => other.as_ref().to_owned(),
    };
    (code, answer.error_description().cloned())
}

impl Refused {
    /// An error code, and the server's own words for it.
    pub(super) fn new(code: String, words: Option<String>) -> Self {
        Self { words: words.unwrap_or_else(|| code.clone()), code }
    }

    /// The failure it means.
    pub(super) fn failure(&self, client_id: &str) -> Failure {
        let not_allowed = |reason, message: String| Failure::new(Kind::NotAllowed, reason, message);
        match self.code.as_str() {
            "invalid_grant" => not_allowed(Reason::SessionOver, format!("Your session is over ({}).", self.words))
                .hint("Sign in again: `tellonce login`."),
            "invalid_client" => not_allowed(
                Reason::SignInRefused,
                format!("The server does not take the client \"{client_id}\": {}.", self.words),
            )
            .hint("Check client_id and credential in the profile, and the client at the server."),
            "unauthorized_client" => not_allowed(
                Reason::SignInRefused,
                format!(
                    "The client \"{client_id}\" may not sign in like this, or its secret is wrong: {}.",
                    self.words
                ),
            )
            .hint("Switch it on at the server, or sign in another way: `tellonce login --web`, `--device`."),
            "access_denied" => not_allowed(Reason::SignInRefused, "The sign-in was refused in the browser.".to_owned()),
            "expired_token" => {
                not_allowed(Reason::SignInRefused, "The code ran out before anybody signed in with it.".to_owned())
                    .hint("Begin again: `tellonce login`.")
            }
            code => {
                not_allowed(Reason::SignInRefused, format!("The server refused the sign-in: {code}, {}.", self.words))
            }
        }
    }
}
