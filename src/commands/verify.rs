//! `verify`: verifies a caller before anything is changed for them.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::ask_missing;
use super::context::Context;
use super::view::moment;
use crate::domain::{ChangeKind, Customer, ExitCode, Services, Verification, VerificationWay, VerifyRequest, verify};

/// Verify a caller: by a code sent to what is on file, or by a call to the number on file
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce verify ada@example.com\n  tellonce verify C-1001 --by callback\n  tellonce verify C-1001 --by code --to 1 --code-stdin < codes     a code in each line, as the customer gives it"
)]
pub(super) struct VerifyArgs {
    /// The customer: an id, username or e-mail address; asked for if left out at a terminal
    customer: Option<String>,
    /// What the verification is for: it serves one such change
    #[arg(long = "for", value_enum, value_name = "COMMAND", default_value_t = For::Reset)]
    purpose: For,
    /// How: a code that the customer reads to you, or a call by you to the number on file
    #[arg(long, value_enum, value_name = "WAY")]
    by: Option<By>,
    /// Which address or number on file, by its place in the list, from 1
    #[arg(long, value_name = "N")]
    to: Option<usize>,
    /// Read the code from standard input, a try in each line, instead of asking
    #[arg(long)]
    code_stdin: bool,
}

/// The command that a verification is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum For {
    /// A reset, also one that creates the user.
    Reset,
    /// A withdrawal.
    Withdraw,
    /// An unlock.
    Unlock,
}

/// The way to verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// The customer reads a code to the agent.
    Code,
    /// The agent calls the number on file.
    Callback,
}

#[derive(Serialize)]
struct VerifiedJson<'a> {
    schema: &'static str,
    backend: &'a str,
    customer: &'a Customer,
    verification: &'a Verification,
}

/// Verifies the caller, and says what can be done with it.
pub(super) async fn run(context: &mut Context, args: VerifyArgs) -> Result<ExitCode> {
    // Texts that cannot be used are refused before a code is counted as sent.
    let mut prompter = context.prompter(false).in_language(context.localization(None)?);
    let customer = ask_missing::customer(args.customer, "verify", &mut prompter)?;
    let request = VerifyRequest {
        customer: customer.into(),
        purpose: match args.purpose {
            For::Reset => ChangeKind::Reset,
            For::Withdraw => ChangeKind::Withdrawal,
            For::Unlock => ChangeKind::Unlocking,
        },
        by: args.by.map(|by| match by {
            By::Code => VerificationWay::Code,
            By::Callback => VerificationWay::Callback,
        }),
        to: args.to,
    };
    let session = context.session().await?;
    if args.code_stdin {
        prompter = prompter.with_codes_of_standard_input();
    }
    let (customer, verification) = context
        .with_services(&mut prompter, async |services: &mut Services<'_>| verify(services, &session, request).await)
        .await?;
    show(context, &customer, &verification)
}

fn show(context: &Context, customer: &Customer, verification: &Verification) -> Result<ExitCode> {
    if context.json() {
        let object =
            VerifiedJson { schema: "tellonce.verify/v1", backend: &context.profile.backend, customer, verification };
        return Ok(context.screen.json(&object)?);
    }
    context.screen.practice_banner(&context.profile.backend);
    let (name, id, how) = (&customer.name, &customer.id, verification.describe());
    context.screen.line(&format!("{name} ({id}) is verified {how}."));
    context.screen.line(&format!(
        "It serves one change by you, until {}. Next: tellonce {} {id}",
        moment(Some(verification.valid_until)),
        verification.purpose.name()
    ));
    Ok(ExitCode::DONE)
}
