//! One file for each page: shows it, and takes its form.

pub(super) mod choose_password;
pub(super) mod forgot_password;
pub(super) mod inbox;
pub(super) mod mailed_link;
pub(super) mod sign_in;

use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;

use super::pages::{PageError, message_page};

/// The answer of a handler. An error is a page too.
type Answer = Result<Response, PageError>;

/// Says in plain words why a form cannot be read.
fn refused_form(rejection: &FormRejection) -> Response {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return message_page(StatusCode::PAYLOAD_TOO_LARGE, "Too long", "That form is too long. Nothing was changed.");
    }
    message_page(StatusCode::BAD_REQUEST, "Not understood", "That form cannot be read. Nothing was changed.")
}
