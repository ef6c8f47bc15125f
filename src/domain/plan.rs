//! What the agent is asked to confirm, and the proof that they did.

use std::time::Duration;

use jiff::Timestamp;

use super::capabilities::Gap;
use super::customer::Customer;
use super::error::{Answer, Failure};
use super::history::Attempt;
use super::session::Place;
use super::status::State;
use super::user::Stamp;

/// What is going to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What the agent was told of the case, for the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// The ticket.
    pub ticket: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// How the caller was verified.
    pub verified: Option<String>,
}

/// Everything the confirmation shows.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The agent's own name.
    pub agent: String,
    /// Profile and backend.
    pub place: Place,
    /// The customer.
    pub customer: Customer,
    /// What will be done.
    pub action: Action,
    /// The status before.
    pub state: State,
    /// When the password was last set.
    pub stamp: Option<Stamp>,
    /// When the one that is pending now was issued; none pending: none.
    pub pending_since: Option<Timestamp>,
    /// Also lift a lock-out.
    pub unlock: bool,
    /// How long the temporary password is to last.
    pub lasts: Duration,
    /// Earlier resets of this customer in the last 24 hours, as this machine knows them.
    pub recent: Vec<Attempt>,
    /// Promises that this backend does not keep.
    pub gaps: Vec<Gap>,
    /// What else has to be said: what records the terminal, an attempt whose end is unknown.
    pub notices: Vec<String>,
    /// The case.
    pub case: Case,
}

/// The proof of a confirmation, or of `--yes`. It is used up by the intent.
#[derive(Debug)]
pub struct Consent {
    asked: bool,
}

impl Consent {
    /// The agent said yes when asked.
    pub const fn answered() -> Self {
        Self { asked: true }
    }

    /// The agent said `--yes` beforehand.
    pub const fn by_flag() -> Self {
        Self { asked: false }
    }

    /// Whether time passed at a question, so that what was read before it may be old.
    pub const fn was_asked(&self) -> bool {
        self.asked
    }
}

/// What a profile makes agents give with every reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// `--ticket`
    Ticket,
    /// `--reason`
    Reason,
    /// `--verified`
    Verified,
}

impl Requirement {
    /// The flag that gives it.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Ticket => "--ticket",
            Self::Reason => "--reason",
            Self::Verified => "--verified",
        }
    }

    const fn question(self) -> &'static str {
        match self {
            Self::Ticket => "Ticket",
            Self::Reason => "Reason",
            Self::Verified => "How was the caller verified",
        }
    }
}

impl Case {
    /// Asks for what the profile requires and the flags did not give.
    ///
    /// # Errors
    /// Exit 2 naming the flag where nobody can be asked, or where the answer is empty.
    pub fn complete(&mut self, required: &[Requirement], prompter: &mut dyn super::ports::Prompter) -> Answer<()> {
        for requirement in required {
            let place = match requirement {
                Requirement::Ticket => &mut self.ticket,
                Requirement::Reason => &mut self.reason,
                Requirement::Verified => &mut self.verified,
            };
            if place.as_deref().is_none_or(|given| given.trim().is_empty()) {
                let answer = prompter.line(requirement.question(), requirement.flag())?;
                if answer.trim().is_empty() {
                    let flag = requirement.flag();
                    return Err(Failure::missing_answer(
                        format!("This profile requires {flag} with every reset and withdrawal."),
                        format!("Add `{flag} …`."),
                    ));
                }
                *place = Some(answer);
            }
        }
        Ok(())
    }
}
