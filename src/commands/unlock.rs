//! `unlock`: lifts a lock-out after failed attempts, without a new password.

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;

use super::ask_missing;
use super::case_args::CaseArgs;
use super::context::Context;
use super::outbox;
use crate::domain::ports::Prompter;
use crate::domain::{
    Contact, Customer, ExitCode, Services, State, Status, UnlockRequest, Unlocked, UserProfile, Verification, unlock,
};
use crate::terminal::Effect;

/// Lift a lock-out after failed attempts, without a new password
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce unlock ada@example.com\n  tellonce unlock C-1001 --ticket T-17 --verified 'called back'"
)]
pub(super) struct UnlockArgs {
    /// The customer: an id, username or e-mail address; asked for if left out at a terminal
    customer: Option<String>,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
    /// What the agent was told of the case
    #[command(flatten)]
    case: CaseArgs,
}

#[derive(Serialize)]
struct UnlockedJson<'a> {
    schema: &'static str,
    backend: &'a str,
    customer: &'a Customer,
    user: Option<&'a UserProfile>,
    differences: &'a [String],
    status: Status,
    change_required: Option<bool>,
    verification: Option<&'a Verification>,
    notified: Vec<String>,
    attempt: &'a str,
}

/// Lifts the lock-out of one customer, and says what stays as it was.
pub(super) async fn run(context: &mut Context, args: UnlockArgs) -> Result<ExitCode> {
    let mut prompter = context.prompter(args.yes).in_language(context.localization(None)?);
    let customer = ask_missing::customer(args.customer, "unlock", &mut prompter)?;
    context.refuse_practice_by_accident(prompter.can_ask() && !args.yes)?;
    if !args.yes && !prompter.can_ask() {
        bail!(context.nobody_can_confirm("An unlock"));
    }
    let request = UnlockRequest { customer: customer.into(), case: context.case(args.case)? };
    let session = context.session().await?;
    let done = context
        .with_services(&mut prompter, async |services: &mut Services<'_>| unlock(services, &session, request).await)
        .await;
    outbox::deliver_after(context, &done).await;
    let unlocked = done?;
    context.screen.note_effect(Effect::Changed);
    show(context, &unlocked)?;
    outbox::deliver_now(context).await;
    Ok(ExitCode::DONE)
}

fn show(context: &Context, unlocked: &Unlocked) -> Result<()> {
    if context.json() {
        let object = UnlockedJson {
            schema: "tellonce.unlock/v1",
            backend: &context.profile.backend,
            customer: &unlocked.customer,
            user: unlocked.user.as_ref(),
            differences: &unlocked.differences,
            status: unlocked.state.status(),
            change_required: unlocked.state.known_change_required(),
            verification: unlocked.verification.as_ref(),
            notified: unlocked.notified.iter().map(Contact::masked).collect(),
            attempt: unlocked.attempt.as_str(),
        };
        context.screen.json(&object)?;
        return Ok(());
    }
    context.screen.practice_banner(&context.profile.backend);
    let customer = &unlocked.customer;
    let state = unlocked.state.describe();
    context.screen.line(&format!("{} ({}) is not locked out any more. Status: {state}.", customer.name, customer.id));
    context.screen.line(&next_step(customer, &unlocked.state));
    Ok(())
}

/// Returns what the customer signs in with now.
fn next_step(customer: &Customer, state: &State) -> String {
    let id = &customer.id;
    if state.withdrawn == Some(true) || state.expired == Some(true) {
        format!("Their temporary password is still unusable. Issue another: tellonce reset {id}")
    } else if state.change_required {
        format!(
            "They still choose a new password at the next sign-in. If the temporary one is lost: tellonce reset {id}"
        )
    } else {
        format!("Their password is as it was. If they do not know it: tellonce reset {id}")
    }
}
