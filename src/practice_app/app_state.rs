//! What all pages share: the practice directory, and the browsers.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::browser_session::BrowserSessions;
use super::pages::{PageError, message_page};
use super::workers::Workers;

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
