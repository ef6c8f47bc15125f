//! The addresses of the app, and what all pages share.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::browser_session::BrowserSessions;
use super::handlers::{choose_password, forgot_password, inbox, mailed_link, sign_in};
use super::pages::{PageError, message_page};
use super::request_checks;
use super::workers::Workers;
use crate::domain::Result;

/// The longest form, in bytes. The longest password has 1024.
const MAX_FORM: usize = 16 * 1024;

/// What every page works with.
#[derive(Clone)]
pub(super) struct App {
    pub(super) workers: Workers,
    pub(super) browsers: Arc<BrowserSessions>,
}

/// A browser that asks for a page: its cookie, and whether it has to be given it.
pub(super) struct Browser {
    pub(super) cookie: String,
    pub(super) is_new: bool,
}

impl App {
    /// Returns the browser of a request. One without a cookie gets a new one.
    pub(super) fn browser(&self, headers: &HeaderMap) -> Result<Browser, PageError> {
        match self.browsers.cookie(headers) {
            Some(cookie) => Ok(Browser { cookie, is_new: false }),
            None => Ok(Browser { cookie: BrowserSessions::fresh_cookie()?, is_new: true }),
        }
    }

    /// Adds the cookie to the answer.
    pub(super) fn with_cookie(&self, cookie: &str, mut response: Response) -> Result<Response, PageError> {
        let header = self.browsers.set_cookie(cookie)?;
        response.headers_mut().append(axum::http::header::SET_COOKIE, header);
        Ok(response)
    }

    /// Adds the cookie to the answer if the browser is new.
    pub(super) fn answer(&self, browser: &Browser, response: Response) -> Result<Response, PageError> {
        if browser.is_new { self.with_cookie(&browser.cookie, response) } else { Ok(response) }
    }

    /// Checks the token of a form, and returns the browser's cookie.
    ///
    /// # Errors
    /// The page to show: the form is not of this browser's newest page.
    pub(super) fn check_form(&self, headers: &HeaderMap, form_token: &str) -> Result<String, Box<Response>> {
        let cookie = self.browsers.cookie(headers).filter(|cookie| self.browsers.is_form_token(cookie, form_token));
        cookie.ok_or_else(|| {
            Box::new(message_page(
                StatusCode::FORBIDDEN,
                "This page is out of date",
                "Another tab signed in or out meanwhile. Nothing was changed. Start again.",
            ))
        })
    }
}

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
