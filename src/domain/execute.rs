//! The third act: makes the change within its time limit, and settles a failure.

use super::act::Act;
use super::after_failure::settle;
use super::assessment::Assessment;
use super::error::{Error, Result};
use super::execution::{Broken, Execution};
use super::intent::Intent;
use super::services::Services;
use super::session::Session;
use super::time_limit::{Progress, within};

/// Makes the change that was authorized (steps 8 to 11 of a reset). It consumes the intent, which permits retries and
/// clean-up within this attempt only.
///
/// ```compile_fail,E0382
/// # use tellonce::domain::{Assessment, Intent, Reset, Result, Services, Session, execute};
/// async fn twice(
///     services: &mut Services<'_>, session: &Session, intent: Intent<Reset>,
///     one: Assessment<Reset>, two: Assessment<Reset>,
/// ) -> Result<()> {
///     execute(services, session, intent, one).await?;
///     execute(services, session, intent, two).await?;
///     Ok(())
/// }
/// ```
///
/// # Errors
/// The errors of each step. [`Error::changed`] says what became of the customer; if that is not "no", the exit code is
/// 9. Exit 1, with nothing changed: the intent was given for another plan.
pub async fn execute<A: Act>(
    services: &mut Services<'_>,
    session: &Session,
    intent: Intent<A>,
    assessment: Assessment<A>,
) -> Result<A::Done> {
    let progress = Progress::default();
    let (clock, limit) = (services.clock, services.interruptions.longest_hold());
    let is_same_plan = *intent.digest() == assessment.plan().digest()?;
    let done = if is_same_plan {
        let mut work = Execution { services, session, intent: &intent, assessment: &assessment, progress: &progress };
        within(clock, limit, A::change(&mut work)).await.unwrap_or_else(|| Err(Broken::given_up(&progress, limit)))
    } else {
        Err(Broken::at_change(Error::bug("The intent was given for another plan.")))
    };
    match done {
        Ok(done) => Ok(done),
        Err(broken) => Err(settle(services, session, &intent, &assessment, broken).await),
    }
}
