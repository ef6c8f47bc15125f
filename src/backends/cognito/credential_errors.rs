//! Explanations of credentials that could not be had.

use std::error::Error as StdError;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_types::error::metadata::ErrorMetadata;
use jiff::Timestamp;

use super::codes::is_code;
use super::http_client::Unanswered;
use crate::domain::{Error, Kind, Reason};

/// Says how an agent signs in to AWS.
pub(super) fn how_to_sign_in(profile: Option<&str>) -> String {
    profile.map_or_else(
        || {
            "Give AWS credentials: AWS_PROFILE or `aws_profile` names an AWS profile, `aws sso login` begins its session; `tellonce login` then says who you are."
                .to_owned()
        },
        |profile| format!("Begin its session with `aws sso login --profile {profile}`, or set the AWS profile up: `aws configure --profile {profile}`."),
    )
}

/// Where an error of credentials comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// This machine: its files and its environment.
    Machine,
    /// A service answered. Its text may repeat the request, which carried a token.
    Service,
}

/// Explains why the sources give no credentials.
pub(super) fn explain(profile: Option<&str>, error: CredentialsError, origin: Origin) -> Error {
    if let Some(unanswered) = find_unanswered(&error) {
        return unanswered.to_error();
    }
    let cause = root_cause(&error);
    let (cause, is_over) = match origin {
        Origin::Machine => (cause.clone(), cause.to_lowercase().contains("expired")),
        Origin::Service => {
            let code = code_in(&error, &cause);
            let is_over =
                matches!(code.as_deref(), Some("ExpiredToken" | "ExpiredTokenException" | "UnauthorizedException"));
            (format!("AWS refused them with {}", code.as_deref().unwrap_or("an unknown code")), is_over)
        }
    };
    let source = profile.map_or_else(|| "AWS".to_owned(), |profile| format!("The AWS profile \"{profile}\""));
    let (reason, message) = if is_over {
        (Reason::SessionOver, format!("{source}: the session is over ({cause})."))
    } else {
        (Reason::NotSignedIn, format!("{source} gives no credentials: {cause}."))
    };
    let explained = Error::new(Kind::NotAllowed, reason, message).hint(how_to_sign_in(profile));
    if origin == Origin::Service { explained } else { explained.because(error) }
}

/// Returns the code of a service's refusal, if it has the form of one.
fn code_in(error: &CredentialsError, cause: &str) -> Option<String> {
    let metadata = causes(error).find_map(<dyn StdError>::downcast_ref::<ErrorMetadata>);
    let code = metadata.map_or_else(|| cause.split(':').next(), ErrorMetadata::code);
    code.filter(|code| is_code(code)).map(str::to_owned)
}

/// Says that credentials end too soon, and cannot be renewed.
pub(super) fn ended(profile: Option<&str>, end: Option<Timestamp>) -> Error {
    let end = end.map_or_else(|| "now".to_owned(), |end| end.strftime("%F %T UTC").to_string());
    Error::new(Kind::NotAllowed, Reason::SessionOver, format!("Your AWS session ends at {end}, which is too soon."))
        .hint(how_to_sign_in(profile))
}

/// Says that the address of a service of credentials is empty (exit 2).
pub(super) fn empty_endpoint() -> Error {
    Error::usage("The address that AWS credentials would come from is empty.")
        .hint("Unset AWS_ENDPOINT_URL, or take endpoint_url out of AWS's own files, for AWS's own address.")
}

/// Says that the sources of credentials did not answer.
pub(super) fn took_too_long(profile: Option<&str>, limit: Duration) -> Error {
    let source = profile.map_or_else(|| "AWS".to_owned(), |profile| format!("The AWS profile \"{profile}\""));
    Error::unavailable(format!("{source} gave no credentials within {} s.", limit.as_secs()))
        .hint("Give it more time: `--timeout`. `tellonce doctor` looks.")
}

/// Finds what this tool's own client said of a request without an answer.
pub(super) fn find_unanswered<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Unanswered> {
    causes(error).find_map(<dyn StdError>::downcast_ref)
}

/// Returns an error and its causes, outermost first.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| StdError::source(*error))
}

/// Returns the innermost cause, which says what is wrong.
fn root_cause(error: &CredentialsError) -> String {
    let last = causes(error).last().map(ToString::to_string).unwrap_or_default();
    last.trim_end_matches('.').to_owned()
}
