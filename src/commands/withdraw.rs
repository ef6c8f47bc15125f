//! `withdraw`: a pending temporary password is made unusable now.

use serde::Serialize;

use super::context::Context;
use super::sweep;
use crate::cli::WithdrawArgs;
use crate::domain::ports::Prompter;
use crate::domain::{Customer, ExitCode, Result, Services, SessionsEnded, Status, WithdrawalRequest, withdraw};

#[derive(Serialize)]
struct WithdrawnJson<'a> {
    schema: &'static str,
    backend: &'a str,
    customer: &'a Customer,
    status: Status,
    sessions_ended: SessionsEnded,
    attempt: &'a str,
}

/// Withdraws one, or with `--all` sweeps.
pub(super) async fn run(context: &mut Context, args: WithdrawArgs) -> Result<ExitCode> {
    let mut prompter = context.prompter(args.yes);
    context.refuse_practice_by_accident((prompter.can_ask() && !args.yes) || args.dry_run)?;
    if !args.yes && !args.dry_run && !prompter.can_ask() {
        return Err(context.nobody_can_confirm("A withdrawal"));
    }
    let case = context.case(args.case)?;
    let Some(customer) = args.customer else {
        return sweep::run(context, &case, args.older_than.unwrap_or_default(), args.dry_run, args.yes).await;
    };
    let request = WithdrawalRequest { customer: customer.into(), case, ..WithdrawalRequest::default() };
    let session = context.session().await?;
    let done = context
        .at_desk(&mut prompter, async |services: &mut Services<'_>| withdraw(services, &session, request).await)
        .await?;
    if context.json() {
        let object = WithdrawnJson {
            schema: "tellonce.withdraw/v1",
            backend: &context.profile.backend,
            customer: &done.customer,
            status: done.state.status(),
            sessions_ended: done.sessions_ended,
            attempt: done.attempt.as_str(),
        };
        return context.screen.json(&object);
    }
    context.screen.practice_banner(&context.profile.backend);
    let customer = &done.customer;
    let sessions = match done.sessions_ended {
        SessionsEnded::Count(_) | SessionsEnded::All => ", and their sessions are ended.",
        SessionsEnded::NotHere => ". What they have open already goes on: this backend has no sessions to end.",
    };
    context.screen.line(&format!("The temporary password of {} ({}) is dead{sessions}", customer.name, customer.id));
    context.screen.line(&format!(
        "They stay locked out ({}) until you issue another: tellonce reset {}",
        done.state.status(),
        customer.id
    ));
    Ok(ExitCode::DONE)
}
