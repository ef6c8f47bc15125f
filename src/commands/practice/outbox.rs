//! `practice outbox`: shows the e-mails that the practice directory would have sent.

use anyhow::Result;
use serde::Serialize;

use super::directory;
use crate::backends::practice::Mail;
use crate::commands::context::Context;
use crate::domain::ExitCode;

#[derive(Serialize)]
struct OutboxJson<'a> {
    schema: &'static str,
    mails: &'a [Mail],
}

/// Shows each mail as it would have arrived, newest last.
pub(super) fn run(context: &mut Context) -> Result<ExitCode> {
    let mails = directory(context)?.outbox()?;
    if context.json() {
        return Ok(context.screen.json(&OutboxJson { schema: "tellonce.practice-outbox/v1", mails: &mails })?);
    }
    if mails.is_empty() {
        context.screen.notice("No e-mail was sent.");
    }
    for mail in &mails {
        context.screen.line(&format!("{}  to {}: {}", mail.at.strftime("%F %T UTC"), mail.to, mail.subject));
        for line in mail.body.lines() {
            context.screen.line(&format!("    {line}"));
        }
    }
    Ok(ExitCode::DONE)
}
