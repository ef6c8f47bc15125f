//! The inbox: every message that the practice directory would have sent, to whomever, or those to one address or number.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::app_state::App;
use super::super::pages::{InboxMail, InboxPage, page};
use super::Answer;
use crate::backends::practice::Mail;
use crate::domain::Channel;

/// How many messages are shown.
const MAX_MAILS: u32 = 100;

/// Whose inbox it is.
#[derive(Default, Deserialize)]
pub(in super::super) struct Inbox {
    /// The address or number. Everybody's if it is left out.
    to: Option<String>,
}

/// Shows the newest messages first.
pub(in super::super) async fn show(State(app): State<App>, query: Result<Query<Inbox>, QueryRejection>) -> Answer {
    let to = query.map(|Query(inbox)| inbox.to).unwrap_or_default().filter(|to| !to.trim().is_empty());
    let of = to.clone();
    let mails = app.workers.call(move |practice| practice.newest_mails(of.as_deref(), MAX_MAILS)).await?;
    Ok(page(StatusCode::OK, &InboxPage { mails: mails.into_iter().map(inbox_mail).collect(), to }))
}

fn inbox_mail(mail: Mail) -> InboxMail {
    let to: String = url::form_urlencoded::byte_serialize(mail.to.as_bytes()).collect();
    InboxMail {
        link: mail.token().map(|token| format!("/reset?token={token}")),
        at: mail.at.strftime("%F %T UTC").to_string(),
        inbox: format!("/inbox?to={to}"),
        is_text_message: mail.channel == Channel::Phone,
        to: mail.to,
        subject: mail.subject,
        body: mail.body,
    }
}
