//! The second act: has the agent confirm the plan, and writes the intent down. From then on signals wait.

use super::act::Act;
use super::action::ActionKind;
use super::assess::assess_asking;
use super::assessment::Assessment;
use super::consent::Consent;
use super::error::{Changed, Error, Result};
use super::intent::Intent;
use super::limits::ResetLimits;
use super::ports::Interruptions;
use super::services::Services;
use super::session::Session;
use super::user::Stamp;

/// Makes signals wait for as long as it lives.
pub struct SignalHold<'a>(&'a dyn Interruptions);

impl<'a> SignalHold<'a> {
    fn new(interruptions: &'a dyn Interruptions) -> Self {
        interruptions.hold();
        Self(interruptions)
    }
}

impl Drop for SignalHold<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// An authorized change, which may be executed now.
pub struct Authorized<'a, A: ActionKind> {
    /// The permission, written down and synced.
    pub intent: Intent<A>,
    /// The assessment whose plan was confirmed.
    pub assessment: Assessment<A>,
    /// Makes signals wait until the attempt is over.
    pub hold: SignalHold<'a>,
}

/// Has the agent confirm the plan, and writes the intent (steps 6 and 7 of a reset).
///
/// If the agent was asked, everything is read again afterwards. A plan that has changed meanwhile is shown again.
///
/// # Errors
/// Exit 6: the agent said no. Exit 7: another process has used up a limit meanwhile. Exit 8: the intent could not be written. Those of [`Act::assess`]. Nothing was changed.
pub async fn authorize<'a, A: Act>(
    services: &mut Services<'a>,
    session: &Session,
    mut assessment: Assessment<A>,
    request: &mut A::Request,
) -> Result<Authorized<'a, A>> {
    let consent = loop {
        let decision = services.prompter.confirm(assessment.plan())?;
        let consent = Consent::to(assessment.plan(), decision)?;
        if !consent.was_asked() {
            break consent;
        }
        let again = assess_asking::<A>(services, session, request).await?.with_notices_of(&assessment);
        let is_the_same = *consent.digest() == again.plan().digest()?
            && Stamp::same_set(again.plan().stamp.as_ref(), assessment.plan().stamp.as_ref());
        let before = std::mem::replace(&mut assessment, again);
        if is_the_same {
            break consent;
        }
        assessment.note_changes_since(&before);
    };
    let hold = SignalHold::new(services.interruptions);
    let limits = if A::COUNTS_AS_RESET { services.guards.limits() } else { ResetLimits::default() };
    let written = services.audit.intend(session, assessment.plan(), &consent, limits).await.map_err(untouched)?;
    let receipt = written.map_err(|reached| reached.refusal(&assessment.plan().customer, session.agent()))?;
    tracing::debug!(attempt = %receipt.attempt(), "the intent is written");
    Ok(Authorized { intent: Intent::new(assessment.plan(), consent, receipt), assessment, hold })
}

/// Marks an error as one that changed nothing: the log may hold the intent, but the customer is untouched.
fn untouched(error: Error) -> Error {
    Error { changed: Changed::No, ..error }
}
