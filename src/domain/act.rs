//! What differs between the kinds of change, a reset, a withdrawal and an unlock, which share the three acts.

use std::future::Future;

use super::action::ActionKind;
use super::assessment::{Answer, Assessed, Assessment, AssessmentServices, CustomerRef};
use super::customer::Customer;
use super::error::{Changed, Error, Reason, Result};
use super::execution::{Broken, Execution};
use super::session::Session;
use super::user::{Stamp, UserSnapshot};

/// What becomes of the user's sessions after a failure that may have changed the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsAfterFailure {
    /// They are ended, for they may belong to somebody who had the earlier password.
    End,
    /// They go on, because the change is not about the password.
    Keep,
}

/// What one kind of change does in each of the three acts: [`assess`](super::assess()),
/// [`authorize`](super::authorize()) and [`execute`](super::execute()).
pub trait Act: ActionKind + Sized {
    /// What the agent asks for.
    type Request;
    /// The result of the change.
    type Done;
    /// What becomes of the user's sessions after a failure that may have changed the user.
    const SESSIONS_AFTER_FAILURE: SessionsAfterFailure;

    /// Reads everything that decides, refuses what must not be done, and plans the rest. Changes no user and asks nobody.
    fn assess(
        services: &mut AssessmentServices<'_>,
        session: &Session,
        request: &Self::Request,
    ) -> impl Future<Output = Result<Assessed<Self>>>;

    /// Returns the customer whom the request is about.
    fn customer(request: &mut Self::Request) -> &mut CustomerRef;

    /// Takes over what the agent answered to a [`Need`](super::Need).
    fn take(request: &mut Self::Request, answer: Answer);

    /// Makes the change, step by step. The first step that fails ends it.
    fn change(work: &mut Execution<'_, '_, Self>) -> impl Future<Output = Result<Self::Done, Broken>>;

    /// Concludes from a snapshot after a failure what became of the customer, and the stamp to record.
    fn state_after_failure(
        assessment: &Assessment<Self>,
        changed: Changed,
        now: UserSnapshot,
    ) -> (Changed, Option<Stamp>);

    /// Makes the error that the agent reads after a failure that changed something, or may have.
    fn explain(customer: &Customer, reason: Reason, changed: Changed, cause: Error) -> Error;
}
