//! The addresses of the app.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::app_state::App;
use super::browser_session::BrowserSessions;
use super::handlers::{choose_password, forgot_password, inbox, mailed_link, sign_in};
use super::pages::message_page;
use super::request_checks;
use super::workers::Workers;
use crate::domain::Result;

/// The longest form, in bytes. The longest password has 1024.
const MAX_FORM: usize = 16 * 1024;

/// Makes the router of the app on this port.
///
/// # Errors
/// Exit 1: the system gives no random bytes.
pub(super) fn router(workers: Workers, port: u16) -> Result<Router> {
    let app = App { workers, browsers: Arc::new(BrowserSessions::new(port)?) };
    Ok(Router::new()
        .route("/", get(sign_in::show))
        .route("/sign-in", post(sign_in::submit))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/session", get(sign_in::session_state))
        .route("/choose-password", get(choose_password::show).post(choose_password::submit))
        .route("/forgot-password", get(forgot_password::show).post(forgot_password::submit))
        .route("/inbox", get(inbox::show))
        .route("/reset", get(mailed_link::show).post(mailed_link::submit))
        .route("/app.js", get(|| async { asset("text/javascript; charset=utf-8", include_str!("assets/app.js")) }))
        .route("/style.css", get(|| async { asset("text/css; charset=utf-8", include_str!("assets/style.css")) }))
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
        .fallback(|| async { message_page(StatusCode::NOT_FOUND, "No such page", "There is no page at this address.") })
        .method_not_allowed_fallback(|| async {
            message_page(StatusCode::METHOD_NOT_ALLOWED, "Not that way", "This page cannot be used like that.")
        })
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(middleware::from_fn_with_state(port, request_checks::check))
        .with_state(app))
}

fn asset(media_type: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(media_type))], text).into_response()
}
