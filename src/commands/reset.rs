//! `reset`: issues a temporary password.

use anyhow::{Result, bail};
use clap::Args;

use super::ask_missing;
use super::case_args::CaseArgs;
use super::context::Context;
use super::outbox;
use super::reveal_args::RevealArgs;
use crate::domain::ports::Prompter;
use crate::domain::{ExitCode, Issuance, Language, Particulars, Proof, ResetRequest, Services, reset};
use crate::terminal::{Effect, RevealTarget, reset_json};
use crate::texts::{Localization, PasswordIs};

/// Issue a temporary password: the main job
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce reset ada@example.com\n  tellonce reset C-1002 --ticket T-17 --verified 'called back'\n  tellonce --profile practice reset C-1001 --yes --reveal stdout | next-step"
)]
#[allow(clippy::struct_excessive_bools, reason = "independent flags of a command line")]
pub(super) struct ResetArgs {
    /// The customer: an id, username or e-mail address; at a terminal also part of a name, and asked for if left out
    customer: Option<String>,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
    /// Also lift a lock-out after failed attempts
    #[arg(long)]
    unlock: bool,
    /// What the agent was told of the case
    #[command(flatten)]
    case: CaseArgs,
    /// The language of the words beside the reveal and afterwards: en, de, or one that the profile's texts add
    #[arg(long, value_name = "LANG")]
    language: Option<Language>,
    /// The one reveal
    #[command(flatten)]
    pub(super) reveal: RevealArgs,
    /// Enter the customer if the directory does not know them
    #[arg(long, requires_all = ["email", "first_name", "last_name"])]
    create: bool,
    /// With --create: the e-mail address
    #[arg(long, value_name = "ADDRESS", requires = "create")]
    email: Option<String>,
    /// With --create: the given name
    #[arg(long, value_name = "NAME", requires = "create")]
    first_name: Option<String>,
    /// With --create: the family name
    #[arg(long, value_name = "NAME", requires = "create")]
    last_name: Option<String>,
}

/// Issues a temporary password and shows the next steps.
pub(super) async fn run(context: &mut Context, mut args: ResetArgs, early: RevealTarget) -> Result<ExitCode> {
    let localization = context.localization(args.language.take())?;
    let mut prompter = context.prompter(args.yes).in_language(localization.clone());
    let customer = ask_missing::customer(args.customer.take(), "reset", &mut prompter)?;
    context.refuse_practice_by_accident(prompter.can_ask() && !args.yes)?;
    if !args.yes && !prompter.can_ask() {
        bail!(context.nobody_can_confirm("A reset"));
    }
    let reveal = early.with(context.reveal_options(&args.reveal, localization.clone()))?;
    let is_terminal = reveal.is_terminal();
    let mut reveal = (context.decorators.reveal)(reveal.into_reveal());
    let request = request(context, customer, args)?;
    let session = context.session().await?;
    let issued = context
        .with_services(&mut prompter, async |services: &mut Services<'_>| {
            reset(services, &session, &mut *reveal, request).await
        })
        .await;
    outbox::deliver_after(context, &issued).await;
    let issuance = issued?;
    context.screen.note_effect(Effect::Revealed);
    if is_terminal && context.json() {
        context.screen.bytes(&reset_json(&issuance, None, &localization)?);
    } else if is_terminal {
        show_next_steps(context, &issuance, &localization);
    } else {
        context.screen.notice(&format!("{}: {}.", issuance.customer.id, issuance.state.describe()));
        if !context.json()
            && let (Proof::Restricted(_), Some(warning)) =
                (&issuance.proof, localization.proof_warning(&issuance.proof))
        {
            context.screen.warning(&warning);
        }
    }
    outbox::deliver_now(context).await;
    Ok(ExitCode::DONE)
}

fn request(context: &Context, customer: String, args: ResetArgs) -> Result<ResetRequest> {
    let create = match (args.create, args.email, args.first_name, args.last_name) {
        (true, Some(email), Some(first_name), Some(last_name)) => {
            Some(Particulars { email, first_name, last_name }.checked()?)
        }
        _ => None, // clap accepts these flags only together
    };
    Ok(ResetRequest { customer: customer.into(), create, unlock: args.unlock, case: context.case(args.case)? })
}

/// Shows the status and the next steps on the ordinary screen, without the password.
fn show_next_steps(context: &Context, issuance: &Issuance, localization: &Localization) {
    let (screen, customer) = (&context.screen, &issuance.customer);
    screen.practice_banner(&issuance.profile_ref.backend);
    let named = format!("{} ({})", customer.name, customer.id);
    screen.line(&localization.status_afterwards(&named, &issuance.state.describe(), issuance.user_created));
    for step in localization.next_steps(issuance, PasswordIs::Gone) {
        screen.line(&format!("  - {step}"));
    }
    if let Some(username) = &customer.username {
        let command = format!("tellonce status {} --watch", customer.id);
        screen.line(&localization.sign_in_afterwards(username, &command));
    }
}
