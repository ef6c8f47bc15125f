//! `withdraw`: makes a pending temporary password unusable.

mod sweep;

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;

use super::ask_missing;
use super::case_args::CaseArgs;
use super::context::Context;
use super::outbox;
use crate::config::parse_duration;
use crate::domain::ports::Prompter;
use crate::domain::{
    Contact, Customer, ExitCode, Services, SessionsEnded, Status, UserProfile, Verification, WithdrawalRequest,
    Withdrawn, withdraw,
};
use crate::terminal::Effect;

/// Make a pending temporary password unusable now
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce withdraw C-1001 --reason 'wrong caller'\n  tellonce withdraw --older-than 24h --all --dry-run"
)]
pub(super) struct WithdrawArgs {
    /// The customer: an id, username or e-mail address; asked for if left out at a terminal
    customer: Option<String>,
    /// Everything this tool issued that has been pending for longer than --older-than
    #[arg(long, conflicts_with = "customer", requires = "older_than")]
    all: bool,
    /// With --all: how long it has been pending
    #[arg(long, value_name = "DURATION", requires = "all", value_parser = parse_duration)]
    older_than: Option<Duration>,
    /// With --all: say what would be withdrawn, and change nothing
    #[arg(long, requires = "all")]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
    /// What the agent was told of the case
    #[command(flatten)]
    case: CaseArgs,
}

#[derive(Serialize)]
struct WithdrawnJson<'a> {
    schema: &'static str,
    backend: &'a str,
    customer: &'a Customer,
    user: Option<&'a UserProfile>,
    differences: &'a [String],
    status: Status,
    sessions_ended: SessionsEnded,
    verification: Option<&'a Verification>,
    notified: Vec<String>,
    attempt: &'a str,
}

/// Withdraws one temporary password, or sweeps with `--all`.
pub(super) async fn run(context: &mut Context, args: WithdrawArgs) -> Result<ExitCode> {
    let mut prompter = context.prompter(args.yes).in_language(context.localization(None)?);
    let customer = if args.all { None } else { Some(ask_missing::customer(args.customer, "withdraw", &mut prompter)?) };
    context.refuse_practice_by_accident((prompter.can_ask() && !args.yes) || args.dry_run)?;
    if !args.yes && !args.dry_run && !prompter.can_ask() {
        bail!(context.nobody_can_confirm("A withdrawal"));
    }
    let case = context.case(args.case)?;
    let Some(customer) = customer else {
        return sweep::run(context, &case, args.older_than.unwrap_or_default(), args.dry_run, args.yes).await;
    };
    let request = WithdrawalRequest { customer: customer.into(), case, ..WithdrawalRequest::default() };
    let session = context.session().await?;
    let done = context
        .with_services(&mut prompter, async |services: &mut Services<'_>| withdraw(services, &session, request).await)
        .await;
    outbox::deliver_after(context, &done).await;
    let withdrawn = done?;
    context.screen.note_effect(Effect::Changed);
    show(context, &withdrawn)?;
    outbox::deliver_now(context).await;
    Ok(ExitCode::DONE)
}

fn show(context: &Context, withdrawn: &Withdrawn) -> Result<()> {
    if context.json() {
        let object = WithdrawnJson {
            schema: "tellonce.withdraw/v1",
            backend: &context.profile.backend,
            customer: &withdrawn.customer,
            user: withdrawn.user.as_ref(),
            differences: &withdrawn.differences,
            status: withdrawn.state.status(),
            sessions_ended: withdrawn.sessions_ended,
            verification: withdrawn.verification.as_ref(),
            notified: withdrawn.notified.iter().map(Contact::masked).collect(),
            attempt: withdrawn.attempt.as_str(),
        };
        context.screen.json(&object)?;
        return Ok(());
    }
    context.screen.practice_banner(&context.profile.backend);
    let customer = &withdrawn.customer;
    let sessions = match withdrawn.sessions_ended {
        SessionsEnded::Count(_) | SessionsEnded::All => ", and their sessions are ended.".to_owned(),
        SessionsEnded::AllBut(left) => format!(
            ". {left} of their sessions could not be ended: what they have open there goes on. `tellonce doctor` checks your rights."
        ),
        SessionsEnded::LeftOpen => {
            ". Their sessions are not ended, because you have no right to: what they have open goes on.".to_owned()
        }
        SessionsEnded::NotHere => {
            ". What they have open already goes on: this backend has no sessions to end.".to_owned()
        }
    };
    context.screen.line(&format!("The temporary password of {} ({}) is dead{sessions}", customer.name, customer.id));
    context.screen.line(&format!(
        "They stay locked out ({}) until you issue another: tellonce reset {}",
        withdrawn.state.status(),
        customer.id
    ));
    Ok(())
}
