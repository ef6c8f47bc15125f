//! The second page: "Choose your own password" and "Update Password".

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::super::app_state::App;
use super::super::browser_session::Standing;
use super::super::pages::{ChoosePasswordPage, PageError, message_page, page};
use super::super::rule_hints::RuleHint;
use super::{Answer, refused_form};
use crate::backends::practice::{Change, Practice};
use crate::domain::Rule;

/// Why two passwords that differ cannot be used.
pub(super) const DIFFERENT: &str = "the two are not the same";

/// Shows the page to who has signed in with a temporary password.
pub(in super::super) async fn show(State(app): State<App>, headers: HeaderMap) -> Answer {
    let cookie = app.browsers.cookie(&headers);
    let standing = cookie.as_deref().and_then(|cookie| app.browsers.standing(cookie));
    match (cookie, standing) {
        (Some(cookie), Some(Standing::MustChoose(_))) => show_again(&app, &cookie, StatusCode::OK, Vec::new()).await,
        _ => Ok(Redirect::to("/").into_response()),
    }
}

async fn show_again(app: &App, cookie: &str, status: StatusCode, refusals: Vec<String>) -> Answer {
    let shown = ChoosePasswordPage {
        form_token: app.browsers.form_token(cookie)?,
        action: "/choose-password",
        link_token: String::new(),
        after_temporary: true,
        rules: rules(app).await?,
        refusals,
    };
    Ok(page(status, &shown))
}

/// Reads the rules of the practice directory as a page lists them.
pub(super) async fn rules(app: &App) -> Result<Vec<RuleHint>, PageError> {
    let policy = app.workers.call(Practice::policy).await?;
    Ok(policy.rules().map(RuleHint::from).collect())
}

/// Describes the rules that a password breaks.
pub(super) fn refusals(broken: &[Rule]) -> Vec<String> {
    broken.iter().map(Rule::describe).collect()
}

/// The form of the page.
#[derive(Deserialize)]
pub(in super::super) struct ChoosePasswordForm {
    form_token: String,
    new_password: Zeroizing<String>,
    new_password_again: Zeroizing<String>,
}

/// Presses "Update Password". Sent twice, the second finds the customer signed in.
pub(in super::super) async fn submit(
    State(app): State<App>,
    headers: HeaderMap,
    form: Result<Form<ChoosePasswordForm>, FormRejection>,
) -> Answer {
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => return Ok(refused_form(&rejection)),
    };
    let cookie = match app.check_form(&headers, &form.form_token) {
        Ok(cookie) => cookie,
        Err(refusal) => return Ok(*refusal),
    };
    let Some(Standing::MustChoose(ticket)) = app.browsers.standing(&cookie) else {
        return Ok(Redirect::to("/").into_response());
    };
    if *form.new_password != *form.new_password_again {
        return show_again(&app, &cookie, StatusCode::UNPROCESSABLE_ENTITY, vec![DIFFERENT.to_owned()]).await;
    }
    let new = form.new_password;
    match app.workers.call(move |practice| practice.change_password(&ticket, &new)).await? {
        Change::Done(session) => {
            app.browsers.remember(cookie, Standing::SignedIn(Arc::new(session.token)));
            Ok(Redirect::to("/?because=updated").into_response())
        }
        Change::Broken(broken) => show_again(&app, &cookie, StatusCode::UNPROCESSABLE_ENTITY, refusals(&broken)).await,
        Change::Refused(refusal) => {
            if matches!(app.browsers.standing(&cookie), Some(Standing::SignedIn(_))) {
                return Ok(Redirect::to("/").into_response()); // the same form was sent twice at once
            }
            app.browsers.forget(&cookie);
            Ok(message_page(StatusCode::CONFLICT, "The temporary password does not work any more", &refusal))
        }
    }
}
