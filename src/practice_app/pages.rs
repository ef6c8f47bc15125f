//! The pages. A template writes every text escaped.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::rule_hints::RuleHint;
use crate::domain::Error;

/// The first page: the name and the temporary or own password.
#[derive(Template)]
#[template(path = "practice_app/sign_in.html")]
pub(super) struct SignInPage {
    pub(super) form_token: String,
    pub(super) name: String,
    pub(super) refusal: Option<String>,
    pub(super) notice: Option<&'static str>,
}

/// The second page: a password of their own, under the listed rules.
#[derive(Template)]
#[template(path = "practice_app/choose_password.html")]
pub(super) struct ChoosePasswordPage {
    pub(super) form_token: String,
    /// Where the form goes.
    pub(super) action: &'static str,
    /// The token of a mailed link, or empty.
    pub(super) link_token: String,
    /// Whether support is waiting for the choice: the script notices when it issues another password.
    pub(super) after_temporary: bool,
    pub(super) rules: Vec<RuleHint>,
    pub(super) refusals: Vec<String>,
}

/// The page of a customer who is signed in.
#[derive(Template)]
#[template(path = "practice_app/signed_in.html")]
pub(super) struct SignedInPage {
    pub(super) form_token: String,
    pub(super) name: String,
    pub(super) username: String,
    pub(super) is_updated: bool,
}

/// "Forgot Your Password?"
#[derive(Template)]
#[template(path = "practice_app/forgot_password.html")]
pub(super) struct ForgotPasswordPage {
    pub(super) form_token: String,
    pub(super) is_sent: bool,
}

/// One message of the inbox.
pub(super) struct InboxMail {
    pub(super) at: String,
    pub(super) to: String,
    /// The address of the page with what that address or number got.
    pub(super) inbox: String,
    /// Whether it went to a telephone.
    pub(super) is_text_message: bool,
    pub(super) subject: String,
    pub(super) body: String,
    /// The address of the link in it, on this app.
    pub(super) link: Option<String>,
}

/// The messages that the practice directory would have sent, newest first.
#[derive(Template)]
#[template(path = "practice_app/inbox.html")]
pub(super) struct InboxPage {
    pub(super) mails: Vec<InboxMail>,
    /// The address or number whose inbox it is; `None` for everybody's.
    pub(super) to: Option<String>,
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "practice_app/message.html")]
struct MessagePage<'a> {
    heading: &'a str,
    text: &'a str,
}

/// Renders a page with this status.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::debug!(%error, "a page could not be written");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be written.").into_response()
        }
    }
}

/// Renders a page that says one thing.
pub(super) fn message_page(status: StatusCode, heading: &str, text: &str) -> Response {
    page(status, &MessagePage { heading, text })
}

/// An error of the practice directory, as a page.
pub(super) struct PageError(pub(super) Error);

impl From<Error> for PageError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        tracing::debug!(failure = %self.0, "the practice directory did not do it");
        message_page(
            StatusCode::SERVICE_UNAVAILABLE,
            "The practice directory does not answer",
            &self.0.message_with_hint(),
        )
    }
}
