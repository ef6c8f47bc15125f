//! The page of a mailed link: a new password without the old one.

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::super::app_state::{App, Browser};
use super::super::pages::{ChoosePasswordPage, message_page, page};
use super::choose_password::{DIFFERENT, refusals, rules};
use super::{Answer, refused_form};
use crate::backends::practice::Redeem;

/// The link's own part.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Link {
    token: String,
}

/// Shows the page. Whether the link works is told when it is used.
pub(in super::super) async fn show(
    State(app): State<App>,
    query: Result<Query<Link>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    let link = query.map(|Query(link)| link).unwrap_or_default();
    let browser = app.browser(&headers)?;
    show_again(&app, &browser, link.token, StatusCode::OK, Vec::new()).await
}

async fn show_again(
    app: &App,
    browser: &Browser,
    link_token: String,
    status: StatusCode,
    refusals: Vec<String>,
) -> Answer {
    let shown = ChoosePasswordPage {
        form_token: app.browsers.form_token(&browser.cookie)?,
        action: "/reset",
        link_token,
        after_temporary: false,
        rules: rules(app).await?,
        refusals,
    };
    app.answer(browser, page(status, &shown))
}

/// The form of the page.
#[derive(Deserialize)]
pub(in super::super) struct LinkForm {
    form_token: String,
    link_token: Zeroizing<String>,
    new_password: Zeroizing<String>,
    new_password_again: Zeroizing<String>,
}

/// Sets the password by the link, which works once.
pub(in super::super) async fn submit(
    State(app): State<App>,
    headers: HeaderMap,
    form: Result<Form<LinkForm>, FormRejection>,
) -> Answer {
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => return Ok(refused_form(&rejection)),
    };
    let browser = match app.check_form(&headers, &form.form_token) {
        Ok(cookie) => Browser { cookie, is_new: false },
        Err(refusal) => return Ok(*refusal),
    };
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    if *form.new_password != *form.new_password_again {
        let refusals = vec![DIFFERENT.to_owned()];
        return show_again(&app, &browser, form.link_token.to_string(), unprocessable, refusals).await;
    }
    let (token, new) = (form.link_token.clone(), form.new_password);
    match app.workers.call(move |practice| practice.redeem(&token, &new)).await? {
        Redeem::Done => Ok(Redirect::to("/?because=mailed").into_response()),
        Redeem::Broken(broken) => {
            show_again(&app, &browser, form.link_token.to_string(), unprocessable, refusals(&broken)).await
        }
        Redeem::Refused(refusal) => Ok(message_page(StatusCode::CONFLICT, "This link does not work", &refusal)),
    }
}
