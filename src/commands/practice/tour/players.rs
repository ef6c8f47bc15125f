//! The tour's agent, who answers as the story has it, and its reveal, which the tour reads as the agent would.

use std::cell::RefCell;
use std::rc::Rc;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::domain::ports::{Prompter, ReadyReveal, Reveal};
use crate::domain::{
    Customer, Decision, Delivery, Error, Issuance, Plan, Result, RevealSink, TemporaryPassword, sealed,
};

/// Answers the sign-in and the confirmation.
pub(super) struct Player {
    /// The password to sign in with.
    pub(super) password: &'static str,
    /// Whether the confirmation is answered yes.
    pub(super) confirms: bool,
    /// The plan that was shown last.
    pub(super) shown: Option<Plan>,
}

impl Player {
    /// Sam, who confirms.
    pub(super) const fn sam() -> Self {
        Self { password: "practice", confirms: true, shown: None }
    }
}

impl Prompter for Player {
    fn can_ask(&self) -> bool {
        false
    }

    fn choose(&mut self, _: &str, _: &[Customer]) -> Result<usize> {
        Ok(0)
    }

    fn confirm(&mut self, plan: &Plan) -> Result<Decision> {
        self.shown = Some(plan.clone());
        Ok(if self.confirms { Decision::Confirmed } else { Decision::Declined })
    }

    fn line(&mut self, _: &str, flag: &str) -> Result<String> {
        Err(Error::missing_answer("The tour has no answer to that.", format!("`{flag}`")))
    }

    fn secret(&mut self, _: &str, _: &str) -> Result<Zeroizing<String>> {
        Ok(Zeroizing::new(self.password.to_owned()))
    }

    fn yes(&mut self, _: &str, default: bool) -> Result<bool> {
        Ok(default)
    }

    fn say(&mut self, _: &str) {}
}

/// What the tour read at the reveal: nobody else keeps it, and it is wiped with the tour.
pub(super) type Read = Rc<RefCell<Vec<Zeroizing<String>>>>;

/// Hands the password to the tour, which plays both agent and customer.
pub(super) struct Handed {
    /// What was read, one entry a reveal.
    pub(super) read: Read,
}

impl Reveal for Handed {
    fn prepare(&mut self) -> Result<Box<dyn ReadyReveal>> {
        Ok(Box::new(Self { read: Rc::clone(&self.read) }))
    }
}

/// The tour's customer, who notes the password as it is read out.
struct TourCustomer;

impl sealed::Sealed for TourCustomer {}

impl RevealSink for TourCustomer {
    type Output = Zeroizing<String>;

    fn take(self, characters: &str) -> Zeroizing<String> {
        Zeroizing::new(characters.to_owned())
    }
}

#[async_trait(?Send)]
impl ReadyReveal for Handed {
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    async fn reveal(self: Box<Self>, password: TemporaryPassword, _: &Issuance) -> Delivery {
        self.read.borrow_mut().push(password.reveal(TourCustomer));
        Delivery::Shown
    }
}
