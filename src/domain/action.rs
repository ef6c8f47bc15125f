//! What can be done to a user: as a value for plans and records, and as a type for intents.

use std::future::Future;

use serde::Serialize;

use super::after_failure::Broken;
use super::assess::{Answer, Assessed, Assessment, AssessmentServices, CustomerRef};
use super::customer::Customer;
use super::error::{Changed, Error, Reason, Result};
use super::execute::Execution;
use super::session::Session;
use super::user::{Stamp, UserSnapshot};

/// What is going to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Set a temporary password for a user.
    Set,
    /// Create the user, with a temporary password.
    CreateAndSet,
    /// Make a pending temporary password unusable.
    Withdraw,
}

impl Action {
    /// What the button says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Set => "Set Temporary Password",
            Self::CreateAndSet => "Create User and Set Temporary Password",
            Self::Withdraw => "Withdraw Temporary Password",
        }
    }

    /// The action's name in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::CreateAndSet => "create_and_set",
            Self::Withdraw => "withdraw",
        }
    }
}

/// Marks the intents to set a temporary password, for a user who exists or who is created with it.
#[derive(Debug)]
pub enum Reset {}

/// Marks the intents to withdraw a pending temporary password.
#[derive(Debug)]
pub enum Withdrawal {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Reset {}
    impl Sealed for super::Withdrawal {}
}

/// One kind of change, as a type: an intent for one kind does not open another.
///
/// It is sealed. Each kind is assessed, authorized and executed by the same three acts:
/// [`assess`](super::assess()), [`authorize`](super::authorize()) and [`execute`](super::execute()).
pub trait ActionKind: Sized + sealed::Sealed {
    /// What the agent asks for.
    type Request;
    /// What is left to tell once it is done.
    type Done;

    /// Reads everything that decides, refuses what must not be done, and plans the rest. Changes no user and asks nobody.
    fn assess(
        services: &mut AssessmentServices<'_>,
        session: &Session,
        request: &Self::Request,
    ) -> impl Future<Output = Result<Assessed<Self>>>;

    /// The customer whom the request names.
    fn customer(request: &mut Self::Request) -> &mut CustomerRef;

    /// Takes over what the agent answered to a [`Need`](super::Need).
    fn take(request: &mut Self::Request, answer: Answer);

    /// Makes the change, step by step. The first step that fails ends it.
    fn change(work: &mut Execution<'_, '_, Self>) -> impl Future<Output = Result<Self::Done, Broken>>;

    /// What a look at the user after a failure says: what became of the customer, and the stamp to record.
    fn became(assessment: &Assessment<Self>, changed: Changed, now: UserSnapshot) -> (Changed, Option<Stamp>);

    /// The error that the agent reads after a failure that changed something, or may have.
    fn explain(customer: &Customer, reason: Reason, changed: Changed, cause: Error) -> Error;
}
