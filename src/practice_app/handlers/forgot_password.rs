//! "Forgot Your Password?": asks for the e-mail with a link.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::super::app_state::App;
use super::super::pages::{ForgotPasswordPage, page};
use super::{Answer, refused_form};

/// Shows the page.
pub(in super::super) async fn show(State(app): State<App>, headers: HeaderMap) -> Answer {
    let browser = app.browser(&headers)?;
    let form_token = app.browsers.form_token(&browser.cookie)?;
    app.answer(&browser, page(StatusCode::OK, &ForgotPasswordPage { form_token, is_sent: false }))
}

/// The form of the page.
#[derive(Deserialize)]
pub(in super::super) struct ForgotPasswordForm {
    form_token: String,
    email: String,
}

/// Asks for the e-mail. The answer is the same for every address, so that it does not tell who has a user.
pub(in super::super) async fn submit(
    State(app): State<App>,
    headers: HeaderMap,
    form: Result<Form<ForgotPasswordForm>, FormRejection>,
) -> Answer {
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => return Ok(refused_form(&rejection)),
    };
    let cookie = match app.check_form(&headers, &form.form_token) {
        Ok(cookie) => cookie,
        Err(refusal) => return Ok(*refusal),
    };
    app.workers.call(move |practice| practice.forgot_password(&form.email)).await?;
    let form_token = app.browsers.form_token(&cookie)?;
    Ok(page(StatusCode::OK, &ForgotPasswordPage { form_token, is_sent: true }))
}
