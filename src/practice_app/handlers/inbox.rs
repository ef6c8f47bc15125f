//! The inbox: every mail that the practice directory would have sent, to whomever.

use axum::extract::State;
use axum::http::StatusCode;

use super::super::app_state::App;
use super::super::pages::{InboxMail, InboxPage, page};
use super::Answer;
use crate::backends::practice::Practice;

/// How many mails are shown.
const MAX_MAILS: usize = 100;

/// Shows the newest mails first.
pub(in super::super) async fn show(State(app): State<App>) -> Answer {
    let outbox = app.workers.call(Practice::outbox).await?;
    let mails = outbox.into_iter().rev().take(MAX_MAILS).map(|mail| InboxMail {
        link: mail.token().map(|token| format!("/reset?token={token}")),
        at: mail.at.strftime("%F %T UTC").to_string(),
        to: mail.to,
        subject: mail.subject,
        body: mail.body,
    });
    Ok(page(StatusCode::OK, &InboxPage { mails: mails.collect() }))
}
