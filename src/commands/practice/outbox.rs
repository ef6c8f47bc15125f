//! `practice outbox`: shows the messages that the practice directory would have sent.

use anyhow::Result;
use serde::Serialize;

use super::directory;
use crate::backends::practice::Mail;
use crate::commands::context::Context;
use crate::domain::{Channel, ExitCode};

#[derive(Serialize)]
struct OutboxJson<'a> {
    schema: &'static str,
    mails: &'a [Mail],
}

/// Shows each message as it would have arrived, newest last.
pub(super) fn run(context: &mut Context) -> Result<ExitCode> {
    let mails = directory(context)?.outbox()?;
    if context.json() {
        return Ok(context.screen.json(&OutboxJson { schema: "tellonce.practice-outbox/v1", mails: &mails })?);
    }
    if mails.is_empty() {
        context.screen.notice("No message was sent.");
    }
    for mail in &mails {
        let way = if mail.channel == Channel::Phone { "text message to" } else { "to" };
        context.screen.line(&format!("{}  {way} {}: {}", mail.at.strftime("%F %T UTC"), mail.to, mail.subject));
        for line in mail.body.lines() {
            context.screen.line(&format!("    {line}"));
        }
    }
    Ok(ExitCode::DONE)
}
