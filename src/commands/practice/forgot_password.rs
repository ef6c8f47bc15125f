//! `practice forgot-password`: resets a password by e-mail, as the customer.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::directory;
use crate::backends::practice::{Practice, Redeem};
use crate::commands::context::Context;
use crate::commands::login::first_line;
use crate::domain::ports::Prompter;
use crate::domain::{Error, ExitCode, Kind, Reason};

/// Ask for the self-service e-mail, or redeem its link
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce practice forgot-password ada@example.com\n  echo 'My-own-choice-7' | tellonce practice forgot-password --token TOKEN --password-stdin"
)]
pub(super) struct ForgotPasswordArgs {
    /// The e-mail address
    #[arg(required_unless_present = "token", conflicts_with = "token")]
    email: Option<String>,
    /// The token in the link that was mailed
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// With --token: read the new password from the first line of standard input
    #[arg(long, requires = "token")]
    password_stdin: bool,
}

#[derive(Serialize)]
struct ForgotPasswordJson {
    schema: &'static str,
    message: &'static str,
}

/// The answer to every address, so that it does not say which addresses have a user.
const MAIL_REQUESTED_MESSAGE: &str =
    "If there is a user with that address, an e-mail is on its way (see `tellonce practice outbox`).";

/// Asks for the e-mail, or redeems its token.
pub(super) fn run(context: &mut Context, args: &ForgotPasswordArgs) -> Result<ExitCode> {
    let directory = directory(context)?;
    if let Some(token) = &args.token {
        return redeem(context, &directory, token, args.password_stdin);
    }
    directory.forgot_password(args.email.as_deref().unwrap_or_default())?;
    show_message(context, MAIL_REQUESTED_MESSAGE)
}

fn show_message(context: &Context, message: &'static str) -> Result<ExitCode> {
    if context.json() {
        return Ok(context
            .screen
            .json(&ForgotPasswordJson { schema: "tellonce.practice-forgot-password/v1", message })?);
    }
    context.screen.line(message);
    Ok(ExitCode::DONE)
}

fn redeem(context: &Context, directory: &Practice, token: &str, from_stdin: bool) -> Result<ExitCode> {
    let new =
        if from_stdin { first_line()? } else { context.prompter(false).secret("New password", "--password-stdin")? };
    match directory.redeem(token, &new)? {
        Redeem::Done => show_message(context, "Password updated."),
        Redeem::Refused(why) => Err(Error::new(Kind::NotAllowed, Reason::SignInRefused, why).into()),
        Redeem::Broken(rules) => {
            let broken_rules: Vec<String> = rules.iter().map(crate::domain::Rule::describe).collect();
            Err(Error::refused(Reason::Policy, format!("That password cannot be used: {}.", broken_rules.join("; ")))
                .into())
        }
    }
}
