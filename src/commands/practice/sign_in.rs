//! `practice sign-in`: signs a customer in, as the app does.

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use zeroize::Zeroizing;

use super::directory;
use crate::backends::practice::{Change, ChangeTicket, Practice, SignIn};
use crate::commands::context::Context;
use crate::domain::ports::Prompter;
use crate::domain::{Error, ExitCode, Rule};
use crate::platform::secret_line;
use crate::terminal::TerminalPrompter;

/// Sign in as a customer, as the app does
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce practice sign-in ada@example.com\n  printf 'temporary\\nnew one\\n' | tellonce practice sign-in ada@example.com --password-stdin\n\nExit codes: 0 in, 4 refused, 7 a change is required or the new password was refused."
)]
pub(super) struct SignInArgs {
    /// The e-mail address or username
    #[arg(value_name = "EMAIL")]
    name: String,
    /// Read the password from the first line of standard input, and the new one, if asked for, from the second
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Serialize)]
struct SignInJson<'a> {
    schema: &'static str,
    result: &'static str,
    rules: Vec<String>,
    broken: Vec<&'static str>,
    message: &'a str,
}

/// What the app answers to the sign-in.
struct SignInOutcome {
    result: &'static str,
    code: ExitCode,
    broken: Vec<Rule>,
    message: String,
}

impl SignInOutcome {
    fn new(result: &'static str, code: ExitCode, message: impl Into<String>) -> Self {
        Self { result, code, broken: Vec::new(), message: message.into() }
    }
}

/// Signs in. If a new password is required, reads it and presses "Update Password".
pub(super) fn run(context: &mut Context, args: &SignInArgs) -> Result<ExitCode> {
    let directory = directory(context)?;
    let mut passwords = Passwords::new(context, args.password_stdin)?;
    let password = passwords.first()?;
    let outcome = match directory.sign_in(&args.name, &password)? {
        SignIn::SignedIn(_) => SignInOutcome::new("signed_in", ExitCode::DONE, "Signed in."),
        SignIn::Refused(why) => SignInOutcome::new("refused", ExitCode::NOT_ALLOWED, why),
        SignIn::ChangeRequired(ticket) => change(context, &directory, &mut passwords, &ticket)?,
    };
    if context.json() {
        let object = SignInJson {
            schema: "tellonce.practice-sign-in/v1",
            result: outcome.result,
            rules: directory.policy()?.describe(),
            broken: outcome.broken.iter().map(crate::domain::Rule::name).collect(),
            message: &outcome.message,
        };
        context.screen.json(&object)?;
    } else {
        context.screen.line(&outcome.message);
    }
    Ok(outcome.code)
}

/// Shows the app's second page: the rules, a new password, "Update Password". At a terminal the customer can retry.
fn change(
    context: &Context,
    directory: &Practice,
    passwords: &mut Passwords,
    ticket: &ChangeTicket,
) -> Result<SignInOutcome> {
    let rules = directory.policy()?.describe();
    if !context.json() {
        context.screen.line("Choose a new password. The rules:");
        for rule in &rules {
            context.screen.line(&format!("  - {rule}"));
        }
    }
    loop {
        let Some(new) = passwords.new_password()? else {
            return Ok(SignInOutcome::new("change_required", ExitCode::REFUSED, "A new password must be chosen."));
        };
        match directory.change_password(ticket, &new)? {
            Change::Done(_) => {
                return Ok(SignInOutcome::new("signed_in", ExitCode::DONE, "Password updated. Signed in."));
            }
            Change::Refused(why) => return Ok(SignInOutcome::new("refused", ExitCode::NOT_ALLOWED, why)),
            Change::Broken(broken) => {
                let broken_rules: Vec<String> = broken.iter().map(crate::domain::Rule::describe).collect();
                let message = format!("That password cannot be used: {}.", broken_rules.join("; "));
                if !passwords.can_retry() {
                    return Ok(SignInOutcome {
                        broken,
                        ..SignInOutcome::new("change_required", ExitCode::REFUSED, message)
                    });
                }
                context.screen.line(&message);
            }
        }
    }
}

/// The source of the customer's passwords: the keyboard, or two lines of standard input.
enum Passwords {
    Keyboard(Box<TerminalPrompter>),
    Lines,
}

impl Passwords {
    fn new(context: &Context, from_stdin: bool) -> Result<Self> {
        let prompter = context.prompter(false);
        if from_stdin {
            Ok(Self::Lines)
        } else if prompter.can_ask() {
            Ok(Self::Keyboard(Box::new(prompter)))
        } else {
            Err(Error::missing_answer(
                "The customer's password is asked for, and nobody can be asked.",
                "Give it on standard input: `--password-stdin`.",
            )
            .into())
        }
    }

    fn first(&mut self) -> Result<Zeroizing<String>> {
        match self {
            Self::Keyboard(prompter) => Ok(prompter.secret("Password", "--password-stdin")?),
            Self::Lines => {
                let line = secret_line()?;
                Ok(line.ok_or_else(|| Error::usage("Standard input has no password on its first line."))?)
            }
        }
    }

    fn new_password(&mut self) -> Result<Option<Zeroizing<String>>> {
        match self {
            Self::Lines => Ok(secret_line()?),
            Self::Keyboard(prompter) => loop {
                let new = prompter.secret("New password", "--password-stdin")?;
                let again =
                    prompter.secret("New password again, then \"Update Password\" with Enter", "--password-stdin")?;
                if *new == *again {
                    return Ok(Some(new));
                }
                prompter.say("The two are not the same. Once more.");
            },
        }
    }

    const fn can_retry(&self) -> bool {
        matches!(self, Self::Keyboard(_))
    }
}
