//! The third act: the change itself, within its time, and what is told where it fails.

use super::action::ActionKind;
use super::after_failure::{Broken, settle};
use super::assess::Assessment;
use super::error::{Error, Reason, Result};
use super::intent::Intent;
use super::ports::IdentityBackend;
use super::services::Services;
use super::session::Session;
use super::time_limit::{Progress, Reached, within};

/// One change that is going on: the intent, what it was given for, and how far it has come.
pub struct Execution<'e, 's, A: ActionKind> {
    pub(super) services: &'e mut Services<'s>,
    pub(super) session: &'e Session,
    pub(super) intent: &'e Intent<A>,
    pub(super) assessment: &'e Assessment<A>,
    progress: &'e Progress,
}

impl<'e, A: ActionKind> Execution<'e, '_, A> {
    /// The system that is changed.
    pub(super) fn backend(&self) -> &'e dyn IdentityBackend {
        self.session.backend()
    }

    /// Remembers the step that begins now.
    pub(super) fn reaches(&self, step: Reached) {
        self.progress.reaches(step);
    }

    /// Fails for a signal that came while the customer was being changed.
    pub(super) fn check_signals(&self) -> Result<()> {
        self.services.interruptions.caught().map_or(Ok(()), |signal| {
            let message = format!("Signal {signal} came while the password was being set.");
            Err(Error::new(super::error::Kind::NotDelivered, Reason::Interrupted, message))
        })
    }
}

/// Makes the change that was authorized (steps 8 to 11 of a reset). It uses the intent up, and keeps it for tries and
/// clean-up within this attempt.
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
/// Each step's own. [`Error::changed`] says what became of the customer; if that is not "no", the exit code is 9. Exit 1,
/// with nothing changed: the intent was given for another plan.
pub async fn execute<A: ActionKind>(
    services: &mut Services<'_>,
    session: &Session,
    intent: Intent<A>,
    assessment: Assessment<A>,
) -> Result<A::Done> {
    let progress = Progress::default();
    let (clock, limit) = (services.clock, services.interruptions.longest_hold());
    let is_its_plan = *intent.digest() == assessment.plan().digest()?;
    let done = if is_its_plan {
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
