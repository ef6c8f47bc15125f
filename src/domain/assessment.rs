//! The parts of an assessment: the customer, the answers that it needs, and the plan.

use std::marker::PhantomData;

use super::action::ActionKind;
use super::capabilities::Capabilities;
use super::contact::Contacts;
use super::customer::Customer;
use super::customer_facts::CustomerFacts;
use super::error::{Error, Result};
use super::guards::{Guards, Requirement, ask_for};
use super::identify::choose;
use super::limits::LimitReached;
use super::plan::Plan;
use super::ports::{AuditLog, Clock, Prompter, RandomSource};
use super::user_profile::UserProfile;

/// The ports that an assessment needs, none of which asks anybody or reveals anything.
pub struct AssessmentServices<'a> {
    /// The audit log. An assessment reads it, and records what became of attempts whose end is missing.
    pub audit: &'a mut dyn AuditLog,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Random bytes, to test whether the policy can be met.
    pub random: &'a mut dyn RandomSource,
    /// The profile's rules.
    pub guards: &'a Guards,
}

/// The customer whom a request is about.
#[derive(Clone, Debug)]
pub enum CustomerRef {
    /// The customer with this id, username or e-mail address.
    Named(String),
    /// This customer, whom the agent chose from a list.
    Chosen(Box<Customer>),
    /// This customer, who was found before.
    Found(Box<Customer>),
}

impl Default for CustomerRef {
    fn default() -> Self {
        Self::Named(String::new())
    }
}

impl<T: Into<String>> From<T> for CustomerRef {
    fn from(name: T) -> Self {
        Self::Named(name.into())
    }
}

/// An answer that an assessment needs before there is a plan.
#[derive(Debug)]
pub enum Need {
    /// Which of these customers is meant.
    Choice {
        /// The question.
        question: String,
        /// The customers who may be meant.
        customers: Vec<Customer>,
        /// The error if the agent cannot choose.
        otherwise: Box<Error>,
    },
    /// Whether the lock-out is lifted as well.
    Unlock {
        /// The error if nobody can be asked, or if the agent says no.
        otherwise: Box<Error>,
    },
    /// A text that the profile requires.
    Text(Requirement),
    /// The verification of the caller, which the agent's own words do not replace.
    Verification {
        /// The customer.
        customer: Box<Customer>,
        /// The customer's user.
        user: Option<Box<UserProfile>>,
        /// What is on file for them.
        contacts: Box<Contacts>,
        /// The error if nobody can be asked.
        otherwise: Box<Error>,
    },
}

/// What the agent answered to a [`Need`].
#[derive(Debug)]
pub enum Answer {
    /// This customer is meant.
    Customer(Box<Customer>),
    /// The lock-out is lifted as well.
    Unlock,
    /// The text that the profile requires.
    Text(Requirement, String),
}

/// How an assessment ended.
pub enum Assessed<A: ActionKind> {
    /// The change can be made, and this is the plan.
    Planned(Box<Assessment<A>>),
    /// The assessment needs answers first.
    Needs {
        /// The customer, if the assessment has found one.
        customer: Option<Box<Customer>>,
        /// The missing answers.
        needs: Vec<Need>,
    },
    /// A limit refuses the change. Whoever meant to make it has that recorded.
    Refused {
        /// What was to be done.
        plan: Box<Plan>,
        /// The limit.
        reached: LimitReached,
    },
}

/// A plan, and everything that it was made from.
pub struct Assessment<A: ActionKind> {
    pub(super) plan: Plan,
    pub(super) facts: CustomerFacts,
    pub(super) capabilities: Capabilities,
    /// The length that the temporary password will have, in characters, as far as the policy is known.
    pub(super) password_length: usize,
    kind: PhantomData<A>,
}

impl<A: ActionKind> Assessment<A> {
    pub(super) const fn new(plan: Plan, facts: CustomerFacts, capabilities: Capabilities) -> Self {
        Self { plan, facts, capabilities, password_length: 0, kind: PhantomData }
    }

    /// Returns the plan, which the agent is asked to confirm.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Sets the length that the temporary password will have.
    pub(super) const fn with_password_length(mut self, length: usize) -> Self {
        self.password_length = length;
        self
    }

    /// Puts these notices of this machine before the notices of the plan.
    pub(super) fn with_notices(mut self, notices: Vec<String>) -> Self {
        self.plan.notices.splice(0..0, notices);
        self
    }

    /// Adds the notices of an earlier plan, before its own.
    pub(super) fn with_notices_of(mut self, earlier: &Self) -> Self {
        let new = std::mem::replace(&mut self.plan.notices, earlier.plan.notices.clone());
        for notice in new {
            if !self.plan.notices.contains(&notice) {
                self.plan.notices.push(notice);
            }
        }
        self
    }

    /// Adds a notice of what is different from the plan that the agent was asked about.
    pub(super) fn note_changes_since(&mut self, earlier: &Self) {
        let mut changes = self.plan.changes_since(&earlier.plan);
        if changes.is_empty() {
            changes.push("what is shown here is new".to_owned());
        }
        self.plan.notices.push(format!("Something changed while you were asked: {}.", changes.join(", and ")));
    }
}

impl Need {
    /// Asks the agent.
    ///
    /// # Errors
    /// The need's own error, if nobody can be asked or the agent says no.
    pub fn ask(self, prompter: &mut dyn Prompter, guards: &Guards) -> Result<Answer> {
        match self {
            Self::Choice { question, customers, otherwise } => {
                let chosen = choose(&question, customers, *otherwise, prompter)?;
                Ok(Answer::Customer(Box::new(chosen)))
            }
            Self::Unlock { otherwise } => {
                if !prompter.can_ask() {
                    return Err(*otherwise);
                }
                prompter.say(&otherwise.message);
                if prompter.yes("Lift the lock-out as well?", false)? { Ok(Answer::Unlock) } else { Err(*otherwise) }
            }
            Self::Verification { otherwise, .. } => Err(*otherwise),
            Self::Text(requirement) => Ok(Answer::Text(requirement, ask_for(requirement, guards, prompter)?)),
        }
    }
}
