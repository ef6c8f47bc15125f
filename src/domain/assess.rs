//! The first act: everything is read and checked, and the plan is made. It asks nobody and changes no user, so that it
//! can run on another machine than the agent's.

use std::marker::PhantomData;

use super::action::ActionKind;
use super::capabilities::Capabilities;
use super::customer::Customer;
use super::customer_facts::{CustomerFacts, gather_facts};
use super::error::{Error, Result};
use super::guards::{Guards, Requirement, ask_for};
use super::identify::{Match, check_id_is_unique, choose, match_customer};
use super::plan::Plan;
use super::ports::{AuditLog, Clock, Prompter, RandomSource};
use super::services::Services;
use super::session::Session;

/// The ports that an assessment needs: nobody is asked, and nothing is revealed.
pub struct AssessmentServices<'a> {
    /// The audit log, which is read, and told what became of attempts whose end is missing.
    pub audit: &'a mut dyn AuditLog,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Random bytes, to try whether the policy can be met.
    pub random: &'a mut dyn RandomSource,
    /// The profile's rules.
    pub guards: &'a Guards,
}

/// Whom a request is about.
#[derive(Clone, Debug)]
pub enum CustomerRef {
    /// Whoever has this id, username or e-mail address.
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

/// What an assessment needs to know before there is a plan.
#[derive(Debug)]
pub enum Need {
    /// Which of these customers is meant.
    Choice {
        /// The question.
        question: String,
        /// Those who may be meant.
        customers: Vec<Customer>,
        /// The error where the agent cannot choose.
        otherwise: Box<Error>,
    },
    /// Whether the lock-out is lifted as well.
    Unlock {
        /// The error where nobody can be asked, or where the agent says no.
        otherwise: Box<Error>,
    },
    /// A text that the profile requires.
    Text(Requirement),
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
    /// It can be done, and this is the plan.
    Planned(Box<Assessment<A>>),
    /// It takes answers first.
    Needs {
        /// The customer, once that is known.
        customer: Option<Box<Customer>>,
        /// What is missing.
        needs: Vec<Need>,
    },
}

/// A plan, and everything that it was made from.
pub struct Assessment<A: ActionKind> {
    plan: Plan,
    pub(super) facts: CustomerFacts,
    pub(super) capabilities: Capabilities,
    kind: PhantomData<A>,
}

impl<A: ActionKind> Assessment<A> {
    pub(super) const fn new(plan: Plan, facts: CustomerFacts, capabilities: Capabilities) -> Self {
        Self { plan, facts, capabilities, kind: PhantomData }
    }

    /// What the agent is asked to confirm.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The same with more to say on this machine before the agent confirms.
    pub(super) fn with_notices(mut self, notices: Vec<String>) -> Self {
        self.plan.notices.splice(0..0, notices);
        self
    }

    /// The same with what an earlier plan had to say.
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

/// Assesses one kind of change, as far as the request says enough.
///
/// # Errors
/// Those of [`ActionKind::assess`]: nobody is meant (exit 3), a missing right (4), several are meant (5), a rule (7), and
/// what cannot be read (7 or 8). Nothing was changed.
pub async fn assess<A: ActionKind>(
    services: &mut AssessmentServices<'_>,
    session: &Session,
    request: &A::Request,
) -> Result<Assessed<A>> {
    A::assess(services, session, request).await
}

/// Assesses until nothing is missing; asks the agent for what is.
pub(super) async fn assess_asking<A: ActionKind>(
    services: &mut Services<'_>,
    session: &Session,
    request: &mut A::Request,
) -> Result<Assessment<A>> {
    loop {
        let (customer, needs) = match assess::<A>(&mut services.for_assessment(), session, request).await? {
            Assessed::Planned(assessment) => {
                *A::customer(request) = CustomerRef::Found(Box::new(assessment.plan.customer.clone()));
                return Ok(*assessment);
            }
            Assessed::Needs { customer, needs } => (customer, needs),
        };
        if let Some(customer) = customer {
            *A::customer(request) = CustomerRef::Found(customer);
        }
        for need in needs {
            let answer = need.ask(services.prompter, services.guards)?;
            A::take(request, answer);
        }
    }
}

impl Need {
    /// Asks the agent.
    ///
    /// # Errors
    /// What the need says for where nobody can be asked, or where the agent says no.
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
            Self::Text(requirement) => Ok(Answer::Text(requirement, ask_for(requirement, guards, prompter)?)),
        }
    }
}

/// Finds the one customer whom the request is about. Returns the choice that the agent has to make where there are several.
pub(super) async fn find_customer(reference: &CustomerRef, session: &Session) -> Result<Result<Customer, Need>> {
    match reference {
        CustomerRef::Found(customer) => Ok(Ok((**customer).clone())),
        CustomerRef::Chosen(customer) => {
            check_id_is_unique(customer, session).await?;
            Ok(Ok((**customer).clone()))
        }
        CustomerRef::Named(text) => Ok(match match_customer(text, session).await? {
            Match::One(customer) => Ok(*customer),
            Match::Choice { question, customers, otherwise } => Err(Need::Choice { question, customers, otherwise }),
        }),
    }
}

/// Reads where the customer stands, what the audit log knows of them, and what the backend can do for them.
pub(super) async fn read_facts(
    services: &mut AssessmentServices<'_>,
    session: &Session,
    customer: &Customer,
) -> Result<(CustomerFacts, Capabilities)> {
    let facts = gather_facts(services.audit, session, customer).await?;
    let capabilities = session.backend().capabilities().await?; // of what was read just now, where the backend can
    Ok((facts, capabilities))
}
