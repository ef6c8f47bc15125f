//! Steps 1 to 4 of the reset, and no further: what a reset would do, for `bulk --dry-run`.

use super::customer_facts::gather_facts;
use super::error::Result;
use super::plan::Action;
use super::refuse::refuse;
use super::reset::{AT_LEAST, ResetRequest, customer_of};
use super::services::Services;
use super::session::Session;
use super::user::ResetTarget;

/// Says what a reset would do, and changes nothing.
///
/// # Errors
/// What the reset itself would refuse it for, with the same exit code.
pub async fn dry_run(services: &mut Services<'_>, session: &Session, mut request: ResetRequest) -> Result<Action> {
    session.backend().keep_alive(AT_LEAST).await?; // 1
    let customer = customer_of(&request, services, session).await?; // 2
    let facts = gather_facts(services.audit, session, &customer).await?; // 3
    let capabilities = session.backend().capabilities().await?;
    refuse(services, &facts, &capabilities, request.unlock)?; // 4
    services.check_generator(&customer, &facts)?;
    request.case.complete(services.guards, services.prompter)?;
    Ok(if matches!(facts.snapshot.target, ResetTarget::NewUser(_)) { Action::CreateAndSet } else { Action::Set })
}
