//! Explanations of AWS's refusals.

use std::time::Duration;

use jiff::Timestamp;

use super::action::Action;
use super::codes::is_code;
use super::settings::CognitoSettings;
use crate::domain::{Error, Kind, Reason, Result};

/// A refusal of the service: its code, and its message, which no error quotes.
///
/// The message may repeat the request. It is only compared with what AWS documents.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: String,
}

impl Refusal {
    /// Whether it has this code.
    pub(super) fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// Whether its message contains a text, in any case.
    pub(super) fn says(&self, text: &str) -> bool {
        self.message.to_lowercase().contains(text)
    }
}

/// What a refusal is explained with.
pub(super) struct ErrorContext<'a> {
    pub(super) settings: &'a CognitoSettings,
    pub(super) action: Action,
    /// How far the server's clock is ahead of this machine's, in seconds.
    pub(super) clock_ahead: Option<i64>,
}

impl ErrorContext<'_> {
    /// Explains a refusal that has nothing to do with the customer: of the agent, the pool, or the clock. Returns `None` for
    /// any other.
    pub(super) fn explain(&self, refusal: &Refusal) -> Option<Error> {
        let not_allowed = |reason, message: String| Error::new(Kind::NotAllowed, reason, message);
        Some(match refusal.code.as_str() {
            "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => missing_right(self.action, self.settings),
            "UnrecognizedClientException" | "InvalidClientTokenId" | "AuthFailure" | "MissingAuthenticationToken" => {
                not_allowed(Reason::SignInRefused, "AWS does not know your access key.".to_owned())
                    .hint("It may be deleted, or of another partition. `aws sts get-caller-identity` tries it apart from tellonce.")
            }
            "ExpiredTokenException" | "ExpiredToken" => {
                not_allowed(Reason::SessionOver, "Your AWS session is over.".to_owned())
                    .hint(super::credential_errors::how_to_sign_in(self.settings.credentials.aws_profile.as_deref()))
            }
            "InvalidSignatureException" | "SignatureDoesNotMatch" | "RequestExpired" | "RequestTimeTooSkewed"
            | "IncompleteSignature" | "IncompleteSignatureException" => self.wrong_signature(refusal),
            "ResourceNotFoundException" if self.action.names_the_pool_alone() => self.no_such_pool(),
            _ => return None,
        })
    }

    /// Explains a signature that AWS refuses: the clock is wrong, or the secret is.
    fn wrong_signature(&self, refusal: &Refusal) -> Error {
        let is_time = refusal.code.starts_with("Request") || refusal.says("expired") || refusal.says("not yet current");
        if is_time {
            let ahead = self.clock_ahead.map_or_else(String::new, |ahead| {
                let which = if ahead < 0 { "ahead of" } else { "behind" };
                format!(" It is {} s {which} AWS's.", ahead.abs())
            });
            return Error::new(
                Kind::NotAllowed,
                Reason::SignInRefused,
                format!("AWS refuses this machine's clock.{ahead}"),
            )
            .hint("Set it right: AWS takes requests that are up to 5 minutes off.");
        }
        Error::new(
            Kind::NotAllowed,
            Reason::SignInRefused,
            "AWS refuses your secret access key: it is not the one of this access key.",
        )
        .hint("`aws configure` enters it again.")
    }

    fn no_such_pool(&self) -> Error {
        let CognitoSettings { user_pool, region, .. } = self.settings;
        let message = format!("There is no user pool {user_pool} in {region} in your AWS account.");
        Error::new(Kind::Usage, Reason::Configuration, message)
            .hint("Check user_pool, and whose account you are in: `tellonce profile show`, `tellonce whoami`.")
    }
}

/// Says that the agent lacks an IAM action (exit 4).
pub(super) fn missing_right(action: Action, settings: &CognitoSettings) -> Error {
    let message = format!(
        "You do not have the right to {} in the user pool {}: it takes {}.",
        action.right().describe(),
        settings.user_pool,
        action.name()
    );
    Error::new(Kind::NotAllowed, Reason::MissingRight, message)
        .hint("Ask whoever administers your IAM policy; `tellonce setup --print` prints the policy that agents need.")
}

/// Says that AWS took no more calls for now (exit 8).
pub(super) fn throttled(retry_after: Option<Duration>) -> Error {
    let error = Error::unavailable("The user pool's quota of calls is used up for now.")
        .hint("Try again shortly. In bulk, `--rate` keeps below the quota.");
    Error { reason: Reason::Throttled, retry_after, ..error }
}

/// Says that AWS failed (exit 8).
pub(super) fn internal(action: Action) -> Error {
    Error::unavailable(format!("AWS failed at {} by a fault of its own.", action.name())).hint("Try again shortly.")
}

/// Says that AWS refused a call that it has no known reason to refuse (exit 8). Its code is named if it has the form of one.
pub(super) fn unexpected(action: Action, code: &str) -> Error {
    let code = if is_code(code) { code } else { "an unknown code" };
    Error::unavailable(format!("AWS refused {} with {code}.", action.name()))
        .hint("CloudTrail has the call, with the reason.")
}

/// Says that the user was removed meanwhile (exit 8).
pub(super) fn user_gone<T>() -> Result<T> {
    Err(Error::unavailable("The user is gone: somebody removed it just now.").hint("Look again: `tellonce find`."))
}

/// Says that the operation used up its time (exit 8).
pub(super) fn too_long(limit: Duration) -> Error {
    Error::unavailable(format!("AWS took longer than {} s for this.", limit.as_secs()))
        .hint("Give it more time: `--timeout`.")
}

/// Returns how far the server's clock is ahead of this machine's, in seconds.
pub(super) fn clock_ahead(server: Option<Timestamp>) -> Option<i64> {
    server.map(|server| server.duration_since(Timestamp::now()).as_secs())
}
