//! The first page, the page of a customer who is signed in, and signing out.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::super::app_state::App;
use super::super::browser_session::{BrowserSessions, Standing};
use super::super::pages::{SignInPage, SignedInPage, page};
use super::{Answer, refused_form};
use crate::backends::practice::SignIn;

/// What the page says on top, by the reason in its address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Reason {
    because: Option<String>,
}

impl Reason {
    /// Whether the customer has just chosen a password.
    fn is_updated(&self) -> bool {
        self.because.as_deref() == Some("updated")
    }

    /// Returns the sentence, or `None` for a reason that the app does not give.
    fn notice(&self) -> Option<&'static str> {
        match self.because.as_deref() {
            Some("ended") => Some("Your session has ended. Sign in again."),
            Some("signed-out") => Some("You are signed out."),
            Some("mailed") => Some("Your password is updated. Sign in with it."),
            _ => None,
        }
    }
}

/// Shows the first page, or who is signed in.
pub(in super::super) async fn show(
    State(app): State<App>,
    query: Result<Query<Reason>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    let browser = app.browser(&headers)?;
    let reason = query.map(|Query(reason)| reason).unwrap_or_default();
    match app.browsers.standing(&browser.cookie) {
        Some(Standing::MustChoose(_)) => Ok(Redirect::to("/choose-password").into_response()),
        Some(Standing::SignedIn(token)) => show_signed_in(&app, &browser.cookie, token, reason.is_updated()).await,
        None => {
            let form_token = app.browsers.form_token(&browser.cookie)?;
            let shown = SignInPage { form_token, name: String::new(), refusal: None, notice: reason.notice() };
            app.answer(&browser, page(StatusCode::OK, &shown))
        }
    }
}

async fn show_signed_in(app: &App, cookie: &str, token: Arc<Zeroizing<String>>, is_updated: bool) -> Answer {
    let Some(user) = app.workers.call(move |practice| practice.app_user(&token)).await? else {
        app.browsers.forget(cookie);
        return Ok(Redirect::to("/?because=ended").into_response());
    };
    let form_token = app.browsers.form_token(cookie)?;
    let shown = SignedInPage { form_token, name: user.name, username: user.username, is_updated };
    Ok(page(StatusCode::OK, &shown))
}

/// The form of the first page.
#[derive(Deserialize)]
pub(in super::super) struct SignInForm {
    form_token: String,
    name: String,
    password: Zeroizing<String>,
}

/// Signs in. A temporary password leads to the second page.
pub(in super::super) async fn submit(
    State(app): State<App>,
    headers: HeaderMap,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Answer {
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => return Ok(refused_form(&rejection)),
    };
    let cookie = match app.check_form(&headers, &form.form_token) {
        Ok(cookie) => cookie,
        Err(refusal) => return Ok(*refusal),
    };
    let (name, password) = (form.name.clone(), form.password);
    let outcome = app.workers.call(move |practice| practice.sign_in(&name, &password)).await?;
    let (standing, next) = match outcome {
        SignIn::SignedIn(session) => (Standing::SignedIn(Arc::new(session.token)), "/"),
        SignIn::ChangeRequired(ticket) => (Standing::MustChoose(Arc::new(ticket)), "/choose-password"),
        SignIn::Refused(refusal) => {
            let form_token = app.browsers.form_token(&cookie)?;
            let shown = SignInPage { form_token, name: form.name, refusal: Some(refusal), notice: None };
            return Ok(page(StatusCode::UNAUTHORIZED, &shown));
        }
    };
    // A cookie from before the sign-in must not be worth more after it (session fixation).
    if let Some(Standing::SignedIn(token)) = app.browsers.forget(&cookie) {
        app.workers.call(move |practice| practice.sign_out_of_app(&token)).await?;
    }
    let fresh = BrowserSessions::fresh_cookie()?;
    app.browsers.remember(fresh.clone(), standing);
    app.with_cookie(&fresh, Redirect::to(next).into_response())
}

/// A form that has only its token.
#[derive(Deserialize)]
pub(in super::super) struct TokenForm {
    form_token: String,
}

/// Signs out.
pub(in super::super) async fn sign_out(
    State(app): State<App>,
    headers: HeaderMap,
    form: Result<Form<TokenForm>, FormRejection>,
) -> Answer {
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => return Ok(refused_form(&rejection)),
    };
    let cookie = match app.check_form(&headers, &form.form_token) {
        Ok(cookie) => cookie,
        Err(refusal) => return Ok(*refusal),
    };
    if let Some(Standing::SignedIn(token)) = app.browsers.forget(&cookie) {
        app.workers.call(move |practice| practice.sign_out_of_app(&token)).await?;
    }
    app.with_cookie(&BrowserSessions::fresh_cookie()?, Redirect::to("/?because=signed-out").into_response())
}

/// Answers the script: 204 as long as the page that the browser shows still holds, 401 once it does not.
pub(in super::super) async fn session_state(State(app): State<App>, headers: HeaderMap) -> Answer {
    let standing = app.browsers.cookie(&headers).and_then(|cookie| app.browsers.standing(&cookie));
    let holds = match standing {
        Some(Standing::SignedIn(token)) => app.workers.call(move |practice| practice.app_user(&token)).await?.is_some(),
        Some(Standing::MustChoose(ticket)) => {
            app.workers.call(move |practice| practice.is_ticket_valid(&ticket)).await?
        }
        None => false,
    };
    let status = if holds { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED };
    Ok(Response::builder().status(status).body(axum::body::Body::empty()).unwrap_or_default())
}
